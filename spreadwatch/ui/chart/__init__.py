"""The chart of the spread."""
