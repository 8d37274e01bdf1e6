"""The line on top: symbol, state, badge, and the two buttons."""

import tkinter as tk
from collections.abc import Callable
from tkinter import ttk

from spreadwatch.core.leg import State
from spreadwatch.core.snapshot import PairSnapshot
from spreadwatch.ui.kit import fonts, theme
from spreadwatch.ui.kit.painter import Painter
from spreadwatch.ui.kit.widgets import frame, painted

_FILLED, _HOLLOW = "\N{BLACK CIRCLE}", "\N{WHITE CIRCLE}"
_MENU = "\N{MIDLINE HORIZONTAL ELLIPSIS}"


class Header:
    """Symbol, badge and state pill on the left, buttons on the right; in compact mode only the menu button."""

    def __init__(self, parent: tk.Misc, painter: Painter, badge: str | None, reset: Callable[[], None]) -> None:
        px = painter.px
        self.frame = frame(parent, painter, "background")
        symbol, self._symbol = painted(self.frame, painter, fonts.SYMBOL, "text", "background", chars=None)
        position, self._position = painted(self.frame, painter, fonts.SMALL_WORDS, "muted", "background", chars=None)
        state, self._state = painted(self.frame, painter, fonts.CAPTION, "waiting", "background")
        feedback, self._feedback = painted(self.frame, painter, fonts.SMALL_WORDS, "text", "background", anchor="e")
        symbol.grid(row=0, column=0)
        position.grid(row=0, column=1, padx=(px(6), 0))
        state.grid(row=0, column=3, padx=(px(7), 0))
        if badge:
            label, self._badge = painted(self.frame, painter, fonts.CAPTION, "badge_text", "badge", anchor="center")
            label.configure(padx=px(8), pady=px(2))
            self.show_badge(badge)
            label.grid(row=0, column=2, padx=(px(6), 0))
        feedback.grid(row=0, column=4, sticky="e", padx=px(10))
        self._reset = ttk.Button(self.frame, text="Reset max/min", style=theme.BUTTON, command=reset)
        self._reset.grid(row=0, column=5, padx=(0, px(6)))
        self.menu_button = ttk.Button(self.frame, text=_MENU, style=theme.BUTTON)
        self.menu_button.grid(row=0, column=6)
        self.frame.columnconfigure(4, weight=1)
        self.frame.rowconfigure(0, minsize=px(31))

    def render(self, pair: PairSnapshot, position: str) -> None:
        """Paint the symbol, its `position` among several ('1/3', else empty) and the state."""
        self._symbol.show(pair.symbol, "text")
        self._position.show(position, "muted")
        dot = _FILLED if pair.state is State.LIVE else _HOLLOW
        self._state.show(f"{dot} {pair.state.value.upper()}", theme.STATE_ROLES[pair.state])

    def show_badge(self, words: str) -> None:
        """Name the source anew, in a header that was made with a badge."""
        self._badge.show(words, "badge_text")

    def say(self, words: str) -> None:
        """Show brief feedback, for when the status bar is out of sight."""
        self._feedback.show(words, "text")

    def set_compact(self, compact: bool) -> None:
        """Hide or show what the compact window has no room for."""
        if compact:
            self._reset.grid_remove()
        else:
            self._reset.grid()
            self._feedback.show("", "text")
