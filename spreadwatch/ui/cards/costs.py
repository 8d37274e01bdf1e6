"""What an entry costs and earns: one line, or all of it: after fees on the left, funding and depth on the right."""

import tkinter as tk
from collections.abc import Callable
from functools import cached_property

from spreadwatch.core.snapshot import PairSnapshot
from spreadwatch.ui.cards.costs_line import CostsLine
from spreadwatch.ui.cards.fees import NetCard
from spreadwatch.ui.cards.funding_and_size import CarryCard
from spreadwatch.ui.kit.painter import Painter
from spreadwatch.ui.kit.tooltip import Tooltip
from spreadwatch.ui.kit.widgets import Copy, frame


class Costs:
    """The line, or two cards in its place, each made when it is first shown; `show_all` says which.

    The second card takes room from the first news for it on.
    """

    def __init__(
        self, parent: tk.Misc, painter: Painter, copy: Copy, tooltip: Tooltip, fold: Callable[[], None]
    ) -> None:
        """Begin as neither; `fold` is asked for by a press on either caption."""
        self._painter, self._copy, self._tooltip, self._fold = painter, copy, tooltip, fold
        self._gap = painter.px(5)
        self.is_open = False
        self.frame = frame(parent, painter, "background")
        self._has_carry = False

    @cached_property
    def line(self) -> CostsLine:
        """All in one line."""
        return CostsLine(self.frame, self._painter, self._copy, self._tooltip, self._fold)

    @cached_property
    def net(self) -> NetCard:
        """What an entry leaves after fees."""
        return NetCard(self.frame, self._painter, self._copy, self._tooltip, self._fold)

    @cached_property
    def carry(self) -> CarryCard:
        """Funding, and the price of a size."""
        return CarryCard(self.frame, self._painter, self._copy, self._tooltip)

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
        for made in self.frame.grid_slaves():
            made.grid_forget()
        self.frame.columnconfigure((0, 1), weight=0, uniform="")
        shown = [self.net.frame if self.is_open else self.line.frame]
        if self.is_open and self._has_carry:
            shown.append(self.carry.frame)
        for column, made in enumerate(shown):
            left = self._gap if column else 0
            right = self._gap if len(shown) > column + 1 else 0
            made.grid(row=0, column=column, sticky="nsew", padx=(left, right))
        self.frame.columnconfigure(tuple(range(len(shown))), weight=1, uniform="costs" if len(shown) > 1 else "")
