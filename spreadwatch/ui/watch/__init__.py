"""The watch list and the field in which a symbol is typed."""
