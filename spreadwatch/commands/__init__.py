"""The headless commands: the same program minus the window. Data goes to stdout, words to stderr."""
