"""The toolkit: painting, widgets, theme, sizes, words. Imports nothing else of ui."""
