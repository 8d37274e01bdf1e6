"""What an entry costs and earns: one line, or all of it: after fees on the left, funding and depth on the right."""

import tkinter as tk
from collections.abc import Callable

from spreadwatch.core.snapshot import PairSnapshot
from spreadwatch.ui.carry_card import CarryCard
from spreadwatch.ui.costs_line import CostsLine
from spreadwatch.ui.net_card import NetCard
from spreadwatch.ui.painter import Painter
from spreadwatch.ui.tooltip import Tooltip
from spreadwatch.ui.widgets import Copy, frame


class Costs:
    """The line, or two cards in its place. The second one takes room from the first news for it on."""

    def __init__(
        self, parent: tk.Misc, painter: Painter, copy: Copy, tooltip: Tooltip, fold: Callable[[], None]
    ) -> None:
        """Begin as the line; `fold` is asked for by a press on either caption."""
        self._painter = painter
        self._gap = painter.px(5)
        self.is_open = False
        self.frame = frame(parent, painter, "background")
        self.line = CostsLine(self.frame, painter, copy, tooltip, fold)
        self.net = NetCard(self.frame, painter, copy, tooltip, fold)
        self.carry = CarryCard(self.frame, painter, copy, tooltip)
        self._has_carry = False
        self._place()

    def show_all(self, shown: bool) -> None:
        """Show both cards, or the line, from the next paint on."""
        self.is_open = shown
        self._place()

    def render(self, pair: PairSnapshot) -> None:
        """Paint one pair."""
        if not self.is_open:
            self.line.render(pair)
            return
        self.net.render(pair)
        self.carry.render(pair)
        if self.carry.has_news and not self._has_carry:
            self._has_carry = True
            self._place()

    def _place(self) -> None:
        self._painter.resized = True
        for made in (self.line.frame, self.net.frame, self.carry.frame):
            made.grid_forget()
        self.frame.columnconfigure((0, 1), weight=0, uniform="")
        shown = [self.line.frame]
        if self.is_open:
            shown = [self.net.frame, *([self.carry.frame] if self._has_carry else [])]
        for column, made in enumerate(shown):
            left = self._gap if column else 0
            right = self._gap if len(shown) > column + 1 else 0
            made.grid(row=0, column=column, sticky="nsew", padx=(left, right))
        self.frame.columnconfigure(tuple(range(len(shown))), weight=1, uniform="costs" if len(shown) > 1 else "")
