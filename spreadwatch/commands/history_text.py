"""Rows of cells as lines on a terminal, their columns below each other. Pure: whoever writes them encodes them."""

import re
from collections.abc import Iterable

from spreadwatch.commands.output import Write
from spreadwatch.core.answers_text import Row
from spreadwatch.core.numbers import GROUP, MINUS

_AMOUNT = re.compile(r"[+-]?\d+(\.\d+)?( \w+)?")
_NUMBER = re.compile(rf"[+\-{MINUS}]?\d[\d,.{GROUP}]*( \w+)?")


def aligned(rows: Iterable[Row], write: Write) -> list[str]:
    """Return rows as lines with their columns below each other: numbers to the right, words to the left."""
    cells = [[_written(text, write) for text in row] for row in rows]
    widths: dict[int, int] = {}
    for row in cells:
        for column, text in enumerate(row[:-1]):  # what comes last in a row needs no room
            widths[column] = max(widths.get(column, 0), len(text))
    return [
        "  ".join(_padded(text, widths.get(column, 0)) for column, text in enumerate(row)).rstrip() for row in cells
    ]


class Lines:
    """Lines that are written one by one: a column grows when it must, and never shrinks."""

    def __init__(self, write: Write) -> None:
        """Begin with narrow columns."""
        self._write = write
        self._widths: dict[int, int] = {}

    def line(self, row: Row) -> str:
        """Return the line of a row."""
        cells = [_written(text, self._write) for text in row]
        for column, text in enumerate(cells):
            if len(text) > self._widths.get(column, 0):
                self._widths[column] = len(text)
        return "  ".join(_padded(text, self._widths[column]) for column, text in enumerate(cells)).rstrip()


def _written(text: str, write: Write) -> str:
    return write(text) if _AMOUNT.fullmatch(text) else text


def _padded(text: str, width: int) -> str:
    return text.rjust(width) if _NUMBER.fullmatch(text) else text.ljust(width)
