"""The pieces the cards are made of: a card, still and painted words, a value to copy, a caption to open; and menus."""

import tkinter as tk
from collections.abc import Callable
from typing import Literal

from spreadwatch.ui.kit import fonts
from spreadwatch.ui.kit.painter import Cell, Painter
from spreadwatch.ui.kit.theme import Role

Copy = Callable[[str, str], None]
"""Takes a value's exact text for the clipboard, and the text shown, for the feedback."""

Anchor = Literal["w", "e", "center"]


def frame(parent: tk.Misc, painter: Painter, ground: Role) -> tk.Frame:
    """Return an empty frame."""
    made = tk.Frame(parent, borderwidth=0, highlightthickness=0)
    painter.tint(made, background=ground)
    return made


def card(parent: tk.Misc, painter: Painter) -> tk.Frame:
    """Return a bordered frame."""
    px = painter.px
    made = tk.Frame(parent, borderwidth=0, highlightthickness=px(1), padx=px(14), pady=px(10))
    painter.tint(made, background="card", highlightbackground="border", highlightcolor="border")
    return made


def dress_menu(menu: tk.Menu, painter: Painter) -> None:
    """Give a menu the colours of the theme of this moment."""
    palette, px = painter.palette, painter.px
    menu.configure(
        background=palette["hover"],
        foreground=palette["text"],
        activebackground=palette["border"],
        activeforeground=palette["text"],
        selectcolor=palette["accent"],
        borderwidth=px(1),
        activeborderwidth=px(3),
    )


def still(parent: tk.Misc, painter: Painter, words: str, font: str, role: Role, ground: Role) -> tk.Label:
    """Return words that never change."""
    made = _label(parent, font, "w")
    made.configure(text=words)
    painter.tint(made, background=ground, foreground=role)
    return made


def painted(
    parent: tk.Misc,
    painter: Painter,
    font: str,
    role: Role,
    ground: Role,
    *,
    chars: int | None = 0,
    anchor: Anchor = "w",
) -> tuple[tk.Label, Cell]:
    """Return a label whose words change, and the cell that paints it; `chars` as in `Painter.cell`."""
    made = _label(parent, font, anchor)
    painter.tint(made, background=ground)
    return made, painter.cell(made, role, chars)


def _label(parent: tk.Misc, font: str, anchor: Anchor) -> tk.Label:
    return tk.Label(parent, font=font, anchor=anchor, borderwidth=0, highlightthickness=0, padx=0, pady=0)


class Value:
    """A number on a card. A click on it, or Return when it has the focus, copies its exact text.

    With `press`, that is called instead.
    """

    def __init__(
        self,
        parent: tk.Misc,
        painter: Painter,
        copy: Copy,
        font: str,
        *,
        chars: int,
        anchor: Anchor = "e",
        press: Callable[[], None] | None = None,
    ) -> None:
        self.label, self.cell = painted(parent, painter, font, "muted", "card", chars=chars, anchor=anchor)
        self._copy = copy
        self._press = press or self.copy
        self._exact = ""
        self.label.configure(cursor="hand2", takefocus=1, highlightthickness=painter.px(1))
        painter.tint(self.label, highlightbackground="card", highlightcolor="accent")
        for event in ("<Button-1>", "<Return>", "<KP_Enter>", "<space>"):
            self.label.bind(event, self._pressed)

    def show(self, words: str, role: Role, exact: str) -> None:
        """Show a text; `exact` is what a copy gives, empty when there is nothing to copy."""
        self._exact = exact
        self.cell.show(words, role)

    def copy(self) -> None:
        """Copy the exact text to the clipboard."""
        self._copy(self._exact, self.cell.words)

    def _pressed(self, _event: "tk.Event[tk.Misc]") -> str:
        self._press()
        return "break"


_OPEN, _CLOSED = "\N{BLACK DOWN-POINTING SMALL TRIANGLE}", "\N{BLACK RIGHT-POINTING SMALL TRIANGLE}"


class Disclosure:
    """Acts on a click, or on Return and the space bar when it has the focus."""

    def __init__(
        self, parent: tk.Misc, painter: Painter, words: str, act: Callable[[], None], *, is_open: bool
    ) -> None:
        self._value = Value(parent, painter, _copy_nothing, fonts.CAPTION, chars=0, anchor="w", press=act)
        self._value.show(f"{words} {_OPEN if is_open else _CLOSED}", "muted", "")
        self.label = self._value.label


def _copy_nothing(_exact: str, _words: str) -> None:
    return
