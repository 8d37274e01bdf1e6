"""The list of gaps."""
