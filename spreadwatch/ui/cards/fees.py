"""The card of both directions after fees: entry, exit, the round trip, and the size that is there now."""

import tkinter as tk
from collections.abc import Callable
from decimal import Decimal

from spreadwatch.core.numbers import bps_kept, exact, split_symbol
from spreadwatch.core.snapshot import PairSnapshot
from spreadwatch.ui.cards import amounts, net_text
from spreadwatch.ui.kit import fonts, text
from spreadwatch.ui.kit.disclosure import Fold
from spreadwatch.ui.kit.painter import Painter
from spreadwatch.ui.kit.theme import Role
from spreadwatch.ui.kit.tooltip import Tooltip
from spreadwatch.ui.kit.widgets import Copy, Value, card, frame, painted, still
from spreadwatch.ui.kit.wrapping import WrappedLine

_ENTRY = "Buy one coin on spot and sell it as a future. A low spread is good; the edge is what the fees leave."
_EXIT = "Sell the coin on spot and buy the future back: what unwinding brings, and what the fees leave."
_ROUND = "Entering and leaving at once, with all four taker fees."


class NetCard:
    """Both directions of one pair. While the pair is not live all numbers are dashes. Its caption calls `fold`."""

    def __init__(
        self, parent: tk.Misc, painter: Painter, copy: Copy, tooltip: Tooltip, fold: Callable[[], None]
    ) -> None:
        px = painter.px
        self.frame = card(parent, painter)
        self.fold = Fold(self.frame, painter, "AFTER FEES", fold, is_open=True)
        self.fold.label.grid(row=0, column=0, sticky="w")
        label, self._currency = painted(self.frame, painter, fonts.CAPTION, "muted", "card", anchor="e")
        label.grid(row=0, column=1, sticky="e", padx=(px(14), px(1)))
        for column, words in ((2, "BPS"), (3, "EDGE BPS")):
            caption = still(self.frame, painter, words, fonts.CAPTION, "muted", "card")
            caption.grid(row=0, column=column, sticky="e", padx=(px(14), px(1)))
        self.entry = _Line(self.frame, 1, painter, copy, "Entry", chars=6)
        self.exit = _Line(self.frame, 2, painter, copy, "Exit", chars=6)
        self.round_trip = _Line(self.frame, 3, painter, copy, "Round trip", chars=6)
        for line, words in ((self.entry, _ENTRY), (self.exit, _EXIT), (self.round_trip, _ROUND)):
            tooltip.attach(line.name, lambda words=words: words)  # type: ignore[misc]
        foot = frame(self.frame, painter, "card")
        foot.grid(row=4, column=0, columnspan=4, sticky="ew", pady=(px(2), 0))
        label, self._limit = painted(foot, painter, fonts.SMALL_WORDS, "muted", "card")
        label.grid(row=0, column=0, sticky="w")
        label, self._size = painted(foot, painter, fonts.SMALL_FIGURE, "muted", "card", anchor="e")
        label.grid(row=0, column=1, sticky="e", padx=(px(14), px(1)))
        foot.columnconfigure(1, weight=1)
        self._sentence = WrappedLine(self.frame, painter, fonts.SMALL_WORDS, "card", lines=2)
        self._sentence.label.grid(row=5, column=0, columnspan=4, sticky="new", pady=(px(6), 0))
        self.frame.columnconfigure(0, weight=1)
        self.frame.rowconfigure(5, weight=1)
        self._shown: tuple[object, ...] = ()

    def render(self, pair: PairSnapshot) -> None:
        """Paint one pair."""
        net, places = pair.net, pair.places
        shown = (pair.symbol, places, net)
        if shown == self._shown:
            return
        self._shown = ()  # until all of it is painted
        self._currency.show(split_symbol(pair.symbol)[1], "muted")
        if net is None:
            for line in (self.entry, self.exit, self.round_trip):
                line.clear()
            self._limit.show("Size now", "muted")
            self._size.show(text.NO_VALUE, "faint")
            self._sentence.show("", "muted")
        else:
            self.entry.show(net.entry, net.entry_bps, net.entry_edge_bps, places)
            self.exit.show(net.reverse, net.reverse_bps, net.reverse_edge_bps, places)
            self.round_trip.show_cost(net.round_trip, net.round_trip_bps, places)
            self._limit.show(f"Size now, {net.limiting} limits", "muted")
            self._size.show(net_text.size(net, pair.symbol), "text")
            self._sentence.show(net_text.sentence(net, pair.symbol, places), "muted")
        self._shown = shown


class _Line:
    """One direction: its amount per coin, the same in bps, and the edge."""

    def __init__(self, parent: tk.Misc, row: int, painter: Painter, copy: Copy, name: str, *, chars: int) -> None:
        px = painter.px
        self.name = still(parent, painter, name, fonts.SMALL_WORDS, "muted", "card")
        self.name.grid(row=row, column=0, sticky="w")
        self.values = []
        for column in (1, 2, 3):
            value = Value(parent, painter, copy, fonts.SMALL_FIGURE, chars=chars)
            value.label.grid(row=row, column=column, sticky="e", padx=(px(14), 0))
            self.values.append(value)

    def show(self, amount: Decimal, in_bps: Decimal, edge_bps: Decimal, places: int) -> None:
        """Paint a direction."""
        role: Role = "up" if edge_bps > 0 else "down" if edge_bps < 0 else "text"
        amount_value, bps_value, edge_value = self.values
        amount_value.show(text.signed(amount, places), "text", exact(amount, places))
        bps_value.show(text.bps(in_bps), "muted", bps_kept(in_bps))
        edge_value.show(text.bps(edge_bps), role, bps_kept(edge_bps))

    def show_cost(self, amount: Decimal, in_bps: Decimal, places: int) -> None:
        """Paint a cost, which has no edge."""
        amount_value, bps_value, edge_value = self.values
        amount_value.show(amounts.money(amount, places), "text", exact(amount, places))
        bps_value.show(text.bps(in_bps).lstrip("+"), "muted", bps_kept(in_bps))
        edge_value.show("", "faint", "")

    def clear(self) -> None:
        """Show that nothing is known now."""
        for value in self.values:
            value.show(text.NO_VALUE, "faint", "")
