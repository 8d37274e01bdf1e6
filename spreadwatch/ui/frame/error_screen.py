"""The last resort: what takes the place of the whole window when its parts can no longer be painted."""

import logging
import tkinter as tk

from spreadwatch.ui.frame import placeholders
from spreadwatch.ui.frame.shortcuts import BY_ACTION, is_apple, label
from spreadwatch.ui.kit import fonts, text
from spreadwatch.ui.kit.painter import Painter
from spreadwatch.ui.kit.widgets import card, frame, still

logger = logging.getLogger(__name__)

_PILL = "\N{WHITE CIRCLE} STALE"


class ErrorScreen:
    """Made beforehand, looks like the window of a stale pair, and comes by plain Tcl calls, past the painter.

    `body`, which fills the window, is taken off the screen meanwhile: what nobody can repaint nobody sees.
    """

    def __init__(self, root: tk.Misc, painter: Painter, body: tk.Misc, badge: str | None) -> None:
        px = painter.px
        self.is_shown = False
        self._tk = root.tk
        self._body = str(body)
        self._packing = root.tk.splitlist(root.tk.call("pack", "info", body))
        self.frame = frame(root, painter, "background")
        self.frame.grid_columnconfigure(0, weight=1)
        self.frame.grid_rowconfigure(1, weight=1)
        head = frame(self.frame, painter, "background")
        head.grid(row=0, column=0, sticky="w")
        head.grid_rowconfigure(0, minsize=px(31))
        symbol = still(head, painter, "", fonts.SYMBOL, "text", "background")
        symbol.grid(row=0, column=0)
        self._symbol = str(symbol)
        if badge:
            mark = still(head, painter, badge, fonts.CAPTION, "badge_text", "badge")
            mark.configure(padx=px(8), pady=px(2))
            mark.grid(row=0, column=1, padx=(px(12), 0))
        pill = still(head, painter, _PILL, fonts.CAPTION, "stale", "background")
        pill.grid(row=0, column=2, padx=(px(7 if badge else 13), 0))
        self._place_card(painter)

    def _place_card(self, painter: Painter) -> None:
        px = painter.px
        inside = card(self.frame, painter)
        inside.grid(row=1, column=0, sticky="nsew", pady=(px(11), 0))
        inside.grid_columnconfigure(0, weight=1)
        inside.grid_rowconfigure(1, weight=1)
        still(inside, painter, "SPREAD", fonts.CAPTION, "muted", "card").grid(row=0, column=0, sticky="w")
        dash = still(inside, painter, text.NO_VALUE, fonts.GIANT, "faint", "card")
        dash.grid(row=1, column=0, columnspan=2, sticky="w")
        reason = still(inside, painter, text.sentence(placeholders.BROKEN), fonts.SMALL_WORDS, "stale", "card")
        reason.grid(row=2, column=0, columnspan=2, sticky="w", pady=(px(2), 0))
        shortcut = BY_ACTION["diagnostics"]
        words = f"{label(shortcut.keys[0], apple=is_apple(inside))} {shortcut.words.lower()}"
        hint = still(inside, painter, words, fonts.SMALL_WORDS, "muted", "card")
        hint.grid(row=0, column=1, sticky="e", padx=(px(14), 0))

    def show(self, symbol: str) -> None:
        """Take the place of everything. Never raises."""
        self._call(self._symbol, "configure", "-text", symbol)
        if not self.is_shown:
            self.is_shown = True
            self._call("pack", "forget", self._body)
            self._call("pack", str(self.frame), *self._packing)
            self._call("update", "idletasks")

    def remove(self) -> None:
        """Bring the window back."""
        self.is_shown = False
        self._call("pack", "forget", str(self.frame))
        self._call("pack", self._body, *self._packing)

    def _call(self, *command: object) -> None:
        try:
            self._tk.call(*command)
        except tk.TclError as error:
            logger.warning("the cover: %s", error)
