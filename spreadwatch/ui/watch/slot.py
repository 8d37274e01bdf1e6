"""One drawn line of the watch list: text items on its canvas, painted when they get another row."""

import tkinter as tk
from collections.abc import Iterator
from functools import partial

from spreadwatch.core.leg import State
from spreadwatch.core.snapshot import Row
from spreadwatch.ui.kit import fonts, text, theme
from spreadwatch.ui.kit.painter import Painter
from spreadwatch.ui.kit.theme import Role
from spreadwatch.ui.watch import columns as list_columns
from spreadwatch.ui.watch.columns import COLUMNS


class Slot:
    """A place in the list that can be seen. `row`: what it shows, None for nothing."""

    __slots__ = ("_canvas", "_items", "_painter", "_path", "_room", "_shown", "row")

    def __init__(self, canvas: tk.Canvas, painter: Painter, places: list[tuple[int, str]], room: int, y: int) -> None:
        """Draw at the height `y`, the columns at `places`; a symbol has `room` pixels."""
        self.row: Row | None = None
        self._painter = painter
        self._canvas = canvas
        self._path = str(canvas)
        self._room = room
        self._items = [
            int(canvas.tk.call(self._path, "create", "text", x, y, "-anchor", anchor, "-font", _font(number)))
            for number, (x, anchor) in enumerate(places)
        ]
        self._shown: list[tuple[str, Role]] = [("", "text")] * len(COLUMNS)

    def show(self, row: Row) -> None:
        """Paint what changed of a row."""
        painter, shown = self._painter, self._shown
        palette = painter.palette
        for number, (column, item) in enumerate(zip(COLUMNS, self._items, strict=True)):
            words = column.words(row)
            if number == list_columns.SYMBOL:
                words = text.shortened(words, self._room, partial(painter.measure, fonts.SMALL_WORDS))
            now = words, _role(row, number, words)
            if now != shown[number]:
                shown[number] = now
                painter.change(self._path, "itemconfigure", item, "-text", words, "-fill", palette[now[1]])
        self.row = row

    def clear(self) -> None:
        """Show nothing."""
        if self.row is not None:
            self.row = None
            self._shown = [("", "text")] * len(COLUMNS)
            for command in self.all():
                self._painter.change(*command)

    def all(self) -> Iterator[tuple[str | int, ...]]:
        """Yield the commands that paint it whatever was painted before."""
        for item, (words, role) in zip(self._items, self._shown, strict=True):
            yield self._path, "itemconfigure", item, "-text", words, "-fill", self._painter.palette[role]

    def remove(self) -> None:
        """Take it off the canvas."""
        self._canvas.delete(*self._items)


def _font(column: int) -> str:
    return fonts.SMALL_FIGURE if COLUMNS[column].is_number else fonts.SMALL_WORDS


def _role(row: Row, column: int, words: str) -> Role:
    if column == list_columns.STATE:
        return theme.STATE_ROLES[row.state]
    if words == text.NO_VALUE:
        return "faint"
    if column == list_columns.EDGE and row.edge_bps:
        return "up" if row.edge_bps > 0 else "down"
    if column in (list_columns.SYMBOL, list_columns.SPREAD):
        return "text" if row.state is State.LIVE else "muted"
    return "muted"
