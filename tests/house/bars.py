"""What the house has to hold, and the few inner names that measuring it needs: all in this one place."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bar:
    """The most that a figure may be. `unit` follows the number. `held`: the tests hold it, not only the report."""

    title: str
    most: float
    unit: str = ""
    held: bool = False


BARS = {
    "top": Bar("names at the top of the package", 18, held=True),
    "folders": Bar("folders with too many files", 0, held=True),
    "rooms": Bar("rooms from socket to label", 4, held=True),
    "way": Bar("modules that one quote enters from socket to label", 20, held=True),
    "circles": Bar("circles of imports", 0, held=True),
    "single": Bar("modules with exactly one importer", 43, " %", held=True),
    "halves": Bar("pairs of a module and its only importer that fit in one file", 0, held=True),
    "classes": Bar("class names in two rooms", 0, held=True),
    "handing": Bar("hand-over points between program and window", 20, held=True),
    "files": Bar("files that are too long", 0, held=True),
    "functions": Bar("functions that are too long", 0, held=True),
    "typed": Bar("functions without all their types", 0, held=True),
    "lines": Bar("lines of the package", 24_119),
    "hidden": Bar("merges that only hide names: a * import, a file filled to the brim", 0, held=True),
}

FOLDERS = {"feed": 20, "core": 28}
"""The most files of a folder, by its path in the package; any other holds MOST_FILES."""

MOST_FILES = 16
ONE_FILE_LINES = 400
"""Two halves that have no more lines together are one file: its head and its imports then stand once."""

BRIM_LINES = 390

TABLES = {
    "feed/kinds.py": "KINDS",
    "notify/notifier.py": "WAYS",
    "storage/stores.py": "STORES",
    "ui/panels.py": "PANELS",
}
"""Tables of `name -> how to open`: the module's path in the package and the name that holds its rows.

A file that a row names has one importer because it is one row, so it is not held against the house. A table is no
half of the one module that asks it either: it is where the next row goes.
"""

ENTRIES = {"__main__.py"}
"""Files that Python itself asks for, so that they cannot be one with what they start."""

WINDOW = "Dashboard"
"""The class that the program makes a window of: what its constructor takes is what passes between the two."""

ONE_POINT = {"Player"}
"""Protocols that count as the one member that hands them over, as they did when 47 points were counted."""
