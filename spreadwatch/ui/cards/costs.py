"""What an entry costs and earns: one line, or all of it: after fees on the left, funding and depth on the right."""

import tkinter as tk
from collections.abc import Callable
from decimal import Decimal
from functools import cached_property

from spreadwatch.core.net import Net
from spreadwatch.core.numbers import bps_kept, exact, rounded, split_symbol
from spreadwatch.core.snapshot import PairSnapshot
from spreadwatch.ui.cards import words as card_words
from spreadwatch.ui.cards.funding_and_size import FundingAndSizeCard
from spreadwatch.ui.kit import fonts, text
from spreadwatch.ui.kit.painter import Painter
from spreadwatch.ui.kit.theme import Role
from spreadwatch.ui.kit.tooltip import Tooltip
from spreadwatch.ui.kit.widgets import Copy, Disclosure, Value, card, frame, painted, still
from spreadwatch.ui.kit.wrapping import WrappedLine


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
    def line(self) -> "CostsLine":
        """The form of one line of figures and one sentence."""
        return CostsLine(self.frame, self._painter, self._copy, self._tooltip, self._fold)

    @cached_property
    def net(self) -> "AfterFeesCard":
        """The card on the left: both directions after fees."""
        return AfterFeesCard(self.frame, self._painter, self._copy, self._tooltip, self._fold)

    @cached_property
    def carry(self) -> FundingAndSizeCard:
        """The card on the right: funding, and the price of a size."""
        return FundingAndSizeCard(self.frame, self._painter, self._copy, self._tooltip)

    def show_all(self, shown: bool) -> None:
        """Show both cards, or the line, from the next paint on."""
        self.is_open = shown
        self._place()

    def render(self, pair: PairSnapshot) -> None:
        """Paint a pair's costs in the form that is shown."""
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
        self.fold = Disclosure(self.frame, painter, "AFTER FEES", unfold, is_open=False)
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
        """Paint a pair's edge, round trip, funding and size."""
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
            words = card_words.funding_yearly(funding) if funding.rate is None else card_words.funding_rate(funding)
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
        self._sentence.show(card_words.entry(net, pair.symbol, pair.places) if net else "", "muted")

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


_ENTRY = "Buy one coin on spot and sell it as a future. A low spread is good; the edge is what the fees leave."
_EXIT = "Sell the coin on spot and buy the future back: what unwinding brings, and what the fees leave."
_ROUND = "Entering and leaving at once, with all four taker fees."


class AfterFeesCard:
    """Both directions of one pair. While the pair is not live all numbers are dashes. Its caption calls `fold`."""

    def __init__(
        self, parent: tk.Misc, painter: Painter, copy: Copy, tooltip: Tooltip, fold: Callable[[], None]
    ) -> None:
        px = painter.px
        self.frame = card(parent, painter)
        self.fold = Disclosure(self.frame, painter, "AFTER FEES", fold, is_open=True)
        self.fold.label.grid(row=0, column=0, sticky="w")
        label, self._currency = painted(self.frame, painter, fonts.CAPTION, "muted", "card", anchor="e")
        label.grid(row=0, column=1, sticky="e", padx=(px(14), px(1)))
        for column, words in ((2, "BPS"), (3, "EDGE BPS")):
            caption = still(self.frame, painter, words, fonts.CAPTION, "muted", "card")
            caption.grid(row=0, column=column, sticky="e", padx=(px(14), px(1)))
        self.entry = _Direction(self.frame, 1, painter, copy, "Entry", chars=6)
        self.exit = _Direction(self.frame, 2, painter, copy, "Exit", chars=6)
        self.round_trip = _Direction(self.frame, 3, painter, copy, "Round trip", chars=6)
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
        """Paint both directions of a pair after fees; dashes while they are not known."""
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
            self._size.show(card_words.size_now(net, pair.symbol), "text")
            self._sentence.show(card_words.entry(net, pair.symbol, places), "muted")
        self._shown = shown


class _Direction:
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
        """Paint a direction's amount per coin, the same in bps, and its edge."""
        role: Role = "up" if edge_bps > 0 else "down" if edge_bps < 0 else "text"
        amount_value, bps_value, edge_value = self.values
        amount_value.show(text.signed(amount, places), "text", exact(amount, places))
        bps_value.show(text.bps(in_bps), "muted", bps_kept(in_bps))
        edge_value.show(text.bps(edge_bps), role, bps_kept(edge_bps))

    def show_cost(self, amount: Decimal, in_bps: Decimal, places: int) -> None:
        """Paint a cost, which has no edge."""
        amount_value, bps_value, edge_value = self.values
        amount_value.show(text.money(amount, places), "text", exact(amount, places))
        bps_value.show(text.bps(in_bps).lstrip("+"), "muted", bps_kept(in_bps))
        edge_value.show("", "faint", "")

    def clear(self) -> None:
        """Show that nothing is known now."""
        for value in self.values:
            value.show(text.NO_VALUE, "faint", "")
