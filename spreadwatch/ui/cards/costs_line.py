"""What an entry costs, in one line of figures and one sentence: for whoever does not want to see it all."""

import tkinter as tk
from collections.abc import Callable
from decimal import Decimal

from spreadwatch.core.net import Net
from spreadwatch.core.numbers import bps_kept, exact, rounded
from spreadwatch.core.snapshot import PairSnapshot
from spreadwatch.ui.cards import funding_text, net_text
from spreadwatch.ui.kit import fonts, text
from spreadwatch.ui.kit.disclosure import Fold
from spreadwatch.ui.kit.painter import Painter
from spreadwatch.ui.kit.theme import Role
from spreadwatch.ui.kit.tooltip import Tooltip
from spreadwatch.ui.kit.widgets import Copy, Value, card, frame, still
from spreadwatch.ui.kit.wrapping import WrappedLine

_TIPS = {
    "Edge": "What an entry leaves after both taker fees. Above 0 it pays by itself.",
    "Round trip": "What entering and leaving at once costs, with all four taker fees.",
    "Funding": "What the next funding pays to who sold the future.",
    "My size": "The spread at the average prices of your own size.",
}


class CostsLine:
    """One pair's costs. Funding and size take room from the first news of them on."""

    def __init__(
        self, parent: tk.Misc, painter: Painter, copy: Copy, tooltip: Tooltip, unfold: Callable[[], None]
    ) -> None:
        px = painter.px
        self._painter = painter
        self.frame = card(parent, painter)
        self.fold = Fold(self.frame, painter, "AFTER FEES", unfold, is_open=False)
        self.fold.label.grid(row=0, column=0, sticky="w")
        self.values: dict[str, Value] = {}
        self._parts: dict[str, tk.Frame] = {}
        line = frame(self.frame, painter, "card")
        line.grid(row=0, column=1, sticky="e")
        for column, (name, words) in enumerate(_TIPS.items()):
            part = self._parts[name] = frame(line, painter, "card")
            caption = still(part, painter, name, fonts.SMALL_WORDS, "muted", "card")
            caption.grid(row=0, column=0)
            value = Value(part, painter, copy, fonts.SMALL_FIGURE, chars=5)
            value.label.grid(row=0, column=1, padx=(px(6), 0))
            part.grid(row=0, column=column, padx=(px(20), 0))
            tooltip.attach(caption, lambda words=words: words)  # type: ignore[misc]
            self.values[name] = value
        self._known: set[str] = set()
        for name in ("Funding", "My size"):
            self._parts[name].grid_remove()
        self._sentence = WrappedLine(self.frame, painter, fonts.SMALL_WORDS, "card", lines=1)
        self._sentence.label.grid(row=1, column=0, columnspan=2, sticky="ew", pady=(px(3), 0))
        self.frame.columnconfigure(1, weight=1)
        self._shown: tuple[object, ...] = ()

    def render(self, pair: PairSnapshot) -> None:
        """Paint one pair."""
        funding, depth = pair.funding, pair.depth
        rate = funding and (funding.rate, funding.is_live, funding.annualised)
        shown = (pair.symbol, pair.places, pair.net, rate, depth and (depth.spread, depth.too_thin))
        if shown == self._shown:
            return
        self._shown = ()  # until all of it is painted
        self._render_net(pair.net, pair)
        if funding is not None:
            self._appear("Funding")
            number = funding.annualised if funding.rate is None else funding.rate
            words = funding_text.annualised(funding) if funding.rate is None else funding_text.rate(funding)
            self._show("Funding", number, words, "text" if funding.is_live else "faint")
        else:
            self._show("Funding", None, "", "faint")
        if depth is not None:
            self._appear("My size")
            near = None if depth.spread is None else rounded(depth.spread, pair.places)
            self._show("My size", depth.spread, "" if near is None else text.signed(near, pair.places), "text")
            if depth.too_thin:
                self.values["My size"].show("too thin", "stale", "")
        else:
            self._show("My size", None, "", "faint")
        self._shown = shown

    def _render_net(self, net: Net | None, pair: PairSnapshot) -> None:
        edge = net.entry_edge_bps if net else None
        role: Role = "text" if not edge else "up" if edge > 0 else "down"
        self._show("Edge", edge, f"{text.bps(edge)} bps", role, bps_kept)
        cost = net.round_trip_bps if net else None
        self._show("Round trip", cost, f"{text.bps(cost)} bps".lstrip("+"), "text", bps_kept)
        self._sentence.show(net_text.sentence(net, pair.symbol, pair.places) if net else "", "muted")

    def _show(
        self,
        name: str,
        number: Decimal | None,
        words: str,
        role: Role,
        copied: Callable[[Decimal], str] = exact,
    ) -> None:
        if number is None:
            self.values[name].show(text.NO_VALUE, "faint", "")
        else:
            self.values[name].show(words, role, copied(number))

    def _appear(self, name: str) -> None:
        if name not in self._known:
            self._known.add(name)
            self._parts[name].grid()
            self._painter.resized = True
