"""The card of what holding the position earns and what one's own size costs: funding, and depth."""

import tkinter as tk

from spreadwatch.core.snapshot import PairSnapshot
from spreadwatch.ui.cards.depth_part import DepthPart
from spreadwatch.ui.cards.funding_part import FundingPart
from spreadwatch.ui.kit.painter import Painter
from spreadwatch.ui.kit.tooltip import Tooltip
from spreadwatch.ui.kit.widgets import Copy, card


class CarryCard:
    """Funding above, depth below; each appears with the first news of it, and stays."""

    def __init__(self, parent: tk.Misc, painter: Painter, copy: Copy, tooltip: Tooltip) -> None:
        px = painter.px
        self._painter = painter
        self.frame = card(parent, painter)
        self.funding = FundingPart(self.frame, painter, copy, tooltip)
        self.depth = DepthPart(self.frame, painter, copy)
        self.funding.frame.grid(row=0, column=0, sticky="ew")
        self.depth.frame.grid(row=1, column=0, sticky="ew", pady=(px(8), 0))
        self.frame.columnconfigure(0, weight=1)
        for part in (self.funding, self.depth):
            part.frame.grid_remove()
        self._has_funding = self._has_depth = False

    @property
    def has_news(self) -> bool:
        """Whether there ever was anything to show."""
        return self._has_funding or self._has_depth

    def render(self, pair: PairSnapshot) -> None:
        """Paint one pair."""
        if pair.funding is not None and not self._has_funding:
            self._has_funding = self._painter.resized = True
            self.funding.frame.grid()
        if pair.depth is not None and not self._has_depth:
            self._has_depth = self._painter.resized = True
            self.depth.frame.grid()
        if self._has_funding:
            self.funding.render(pair)
        if self._has_depth:
            self.depth.render(pair)
