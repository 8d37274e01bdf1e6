"""Canvas items that go to Tcl only when they changed, with all else that changed in the frame."""

import tkinter as tk
from collections.abc import Sequence
from typing import Literal

from spreadwatch.ui.kit.painter import Painter
from spreadwatch.ui.kit.theme import Role

Anchor = Literal["w", "e", "center", "n", "s", "nw", "sw", "ne", "se"]
_AWAY = (-9, -9, -9, -9)


class Item:
    """One item of a canvas. It is hidden until it is placed."""

    __slots__ = ("_coords", "_hidden", "_number", "_path", "_role", "_words", "painter")

    def __init__(self, painter: Painter, canvas: tk.Canvas, number: int, role: Role) -> None:
        self.painter = painter
        self._path = str(canvas)
        self._number = number
        self._role: Role = role
        self._coords: tuple[int, ...] = ()
        self._words = ""
        self._hidden = True

    def place(self, *coords: int) -> None:
        """Draw it here."""
        if coords != self._coords:
            self._coords = coords
            self.painter.change(self._path, "coords", self._number, *coords)
        if self._hidden:
            self._hidden = False
            self._change("-state", "normal")

    def write(self, words: str) -> None:
        """Set the text of a text item."""
        if words != self._words:
            self._words = words
            self._change("-text", words)

    def tint(self, role: Role) -> None:
        """Draw it in another colour."""
        if role != self._role:
            self._role = role
            self.recolour()

    def recolour(self) -> None:
        """Take the colour of its role from the painter's palette."""
        self._change("-fill", self.painter.palette[self._role])

    def hide(self) -> None:
        """Take it from the picture."""
        if not self._hidden:
            self._hidden = True
            self._change("-state", "hidden")

    def set(self, option: str, value: str | int) -> None:
        """Set any other option."""
        self._change(option, value)

    def _change(self, option: str, value: str | int) -> None:
        self.painter.change(self._path, "itemconfigure", self._number, option, value)


class CanvasItems:
    """Makes the items of a canvas, the later ones above the earlier ones."""

    def __init__(self, canvas: tk.Canvas, painter: Painter) -> None:
        self.canvas = canvas
        self.painter = painter
        self._items: list[Item] = []

    def line(self, role: Role, width: float = 1, dash: Sequence[int] = ()) -> Item:
        """Make a line; `dash` and `width` in pixels at 96 dpi."""
        px = self.painter.px
        number = self.canvas.create_line(
            *_AWAY,
            width=px(width),
            dash=tuple(px(length) for length in dash),
            state="hidden",
            capstyle="butt",
            joinstyle="bevel",
        )
        return self._keep(number, role)

    def area(self, role: Role) -> Item:
        """Make a filled polygon without an outline."""
        return self._keep(self.canvas.create_polygon(*_AWAY, *_AWAY, state="hidden", width=0), role)

    def dot(self, role: Role) -> Item:
        """Make a filled ellipse."""
        return self._keep(self.canvas.create_oval(*_AWAY, width=0, state="hidden"), role)

    def text(self, role: Role, font: str, anchor: Anchor, angle: int = 0) -> Item:
        """Make a text."""
        number = self.canvas.create_text(-9, -9, font=font, anchor=anchor, angle=angle, state="hidden")
        return self._keep(number, role)

    def below(self, item: Item, other: Item) -> None:
        """Put an item right below another one."""
        self.canvas.tag_lower(item._number, other._number)  # noqa: SLF001  of this module

    def recolour(self) -> None:
        """Take all colours from the painter's palette."""
        for item in self._items:
            item.recolour()

    def _keep(self, number: int, role: Role) -> Item:
        item = Item(self.painter, self.canvas, number, role)
        item.recolour()
        self._items.append(item)
        return item
