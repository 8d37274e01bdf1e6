"""A sentence that wraps at the width it is given, in room that is kept free for it."""

import tkinter as tk
from functools import partial

from spreadwatch.ui.kit import text
from spreadwatch.ui.kit.painter import Painter
from spreadwatch.ui.kit.theme import Role
from spreadwatch.ui.kit.widgets import painted


class WrappedLine:
    """Words in a label that keeps room for `lines` lines, and takes more when the words need it."""

    def __init__(self, parent: tk.Misc, painter: Painter, font: str, ground: Role, lines: int) -> None:
        self.label, self._cell = painted(parent, painter, font, "muted", ground, chars=None)
        # One digit wide by its own wish: its text must not keep the window from being made narrower.
        self.label.configure(justify="left", anchor="nw", width=1, height=lines)
        self._painter = painter
        self._font = font
        self._least = self._lines = lines
        self._width = 0
        self.label.bind("<Configure>", self._resized)

    @property
    def words(self) -> str:
        """What is shown."""
        return self._cell.words

    def show(self, words: str, role: Role) -> None:
        """Show a sentence; empty for none."""
        changed = words != self._cell.words
        self._cell.show(words, role)
        if changed:
            self._make_room()

    def shrink(self) -> None:
        """Give back the room that the present words do not need."""
        self._lines = 0
        self._make_room()

    def _resized(self, event: "tk.Event[tk.Misc]") -> None:
        if event.width != self._width:
            self._width = event.width
            self._lines = 0  # what was kept free belonged to the other width
            self._painter.configure(str(self.label), "-wraplength", event.width)
            self._make_room()

    def _make_room(self) -> None:
        if self._width <= 1:
            return
        measure = partial(self._painter.measure, self._font)
        lines = max(self._least, text.wrapped_lines(self._cell.words, self._width, measure))
        if lines > self._lines:
            self._lines = lines
            self._painter.resized = True
            self._painter.configure(str(self.label), "-height", lines)
