"""The window's title: the spread first, so that a taskbar shows it."""

import contextlib
import time
import tkinter as tk
from collections.abc import Callable

from spreadwatch.core.snapshot import PairSnapshot
from spreadwatch.ui.kit import text
from spreadwatch.ui.kit.painter import Painter

_EVERY_S = 0.1
"""A taskbar that is redrawn 60 times a second costs the desktop more than the whole window."""


class Title:
    """Render one pair's spread and the badge. `is_due`: a newer title waits for a later frame.

    `flash` is asked each time for words that take its place at this moment; None for none.
    """

    def __init__(
        self, root: tk.Misc, painter: Painter, badge: str | None, flash: Callable[[], str | None] = lambda: None
    ) -> None:
        self.is_due = False
        self._flash = flash
        self._tk = root.tk
        self._painter = painter
        self.badge = badge
        self._words = ""
        self._changed_at = 0.0

    def render(self, pair: PairSnapshot) -> None:
        """Paint the title, throttled to ten times a second; the change to or from a dash at once."""
        words = self._flash() or text.title(pair.symbol, pair.spread.current, pair.places, self.badge)
        self.is_due = False
        if words == self._words:
            return
        now = time.monotonic()
        other_kind = words.startswith(text.NO_VALUE) != self._words.startswith(text.NO_VALUE)
        if other_kind or now - self._changed_at >= _EVERY_S:
            self._words, self._changed_at = words, now
            self._painter.change("wm", "title", ".", words)
        else:
            self.is_due = True

    def blank(self, symbol: str) -> None:
        """Show a dash at once, past the painter. Never raises."""
        self._words = ""
        with contextlib.suppress(tk.TclError):
            self._tk.call("wm", "title", ".", f"{text.NO_VALUE} {symbol} · spreadwatch")
