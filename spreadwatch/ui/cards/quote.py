"""The card of one side: best ask and bid with their quantities, and the time of the last quote."""

import tkinter as tk
from decimal import Decimal

from spreadwatch.core.leg import State
from spreadwatch.core.numbers import exact, significant_places, split_symbol
from spreadwatch.core.pair_name import PERPETUAL, of_key
from spreadwatch.core.quote import Quote, Side
from spreadwatch.core.snapshot import LegSnapshot, PairSnapshot
from spreadwatch.ui.kit import fonts, text, theme
from spreadwatch.ui.kit.painter import Painter
from spreadwatch.ui.kit.theme import Role
from spreadwatch.ui.kit.widgets import Copy, Value, card, frame, painted, still

_MARK = "\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}"


class QuoteCard:
    """One leg of a pair. The price that makes the spread is bright; a leg that is not live is greyed, with its age."""

    def __init__(self, parent: tk.Misc, painter: Painter, copy: Copy, side: Side) -> None:
        px = painter.px
        self.side = side
        self.frame = card(parent, painter)
        self._utc = painter.utc
        self._place_title(painter)
        self.ask = _PriceLine(self.frame, 1, painter, copy, "Ask", used=side is Side.SPOT)
        self.bid = _PriceLine(self.frame, 2, painter, copy, "Bid", used=side is Side.FUTURES)
        foot = frame(self.frame, painter, "card")
        foot.grid(row=3, column=0, columnspan=4, sticky="ew", pady=(px(4), 0))
        label, self._standing = painted(foot, painter, fonts.SMALL_WORDS, "muted", "card")
        label.grid(row=0, column=0, sticky="w")
        label, self._clock_name = painted(foot, painter, fonts.SMALL_WORDS, "muted", "card", anchor="e")
        label.grid(row=0, column=1, sticky="e", padx=(px(14), px(8)))
        label, self._time = painted(foot, painter, fonts.SMALL_FIGURE, "muted", "card", chars=8, anchor="e")
        label.grid(row=0, column=2, sticky="e", padx=(0, px(1)))
        foot.columnconfigure(1, weight=1)
        self.frame.columnconfigure(1, weight=1, minsize=px(40))
        self._symbol = ""
        self._qty_places = 0
        self._shown: tuple[object, ...] = ()

    def _place_title(self, painter: Painter) -> None:
        px = painter.px
        title = frame(self.frame, painter, "card")
        title.grid(row=0, column=0, columnspan=3, sticky="w", pady=(0, px(2)))
        still(title, painter, self.side.value.upper(), fonts.CAPTION, "muted", "card").grid(row=0, column=0)
        label, self._contract = painted(title, painter, fonts.CAPTION, "muted", "card", chars=None)
        if self.side is Side.FUTURES:
            label.grid(row=0, column=1, padx=(px(7), 0))
            self._contract.show(_contract(PERPETUAL), "muted")
        label, self._unit = painted(self.frame, painter, fonts.CAPTION, "muted", "card", anchor="e")
        label.grid(row=0, column=3, sticky="e", padx=(px(12), px(1)), pady=(0, px(2)))

    def render(self, pair: PairSnapshot) -> None:
        """Paint this card's leg of a pair."""
        leg = pair.spot if self.side is Side.SPOT else pair.futures
        live = leg.state is State.LIVE
        self._standing.show("Last quote" if live else _standing(leg), "muted" if live else theme.STATE_ROLES[leg.state])
        shown = (pair.symbol, pair.state, leg.state, leg.quote, leg.places)
        if shown == self._shown:
            return
        self._shown = ()  # until all of it is painted
        if pair.symbol != self._symbol:
            self._symbol, self._qty_places = pair.symbol, 0
            base = split_symbol(pair.symbol)[0]
            self._unit.show(f"QTY {base}", "muted")
            if self.side is Side.FUTURES:
                self._contract.show(_contract(of_key(pair.symbol).contract), "muted")
        self._render_quote(leg, pair)
        self._shown = shown

    def _render_quote(self, leg: LegSnapshot, pair: PairSnapshot) -> None:
        quote = leg.quote
        live, makes_spread = leg.state is State.LIVE, pair.state is State.LIVE
        if quote is None:
            for line in (self.ask, self.bid):
                line.clear()
        else:
            self._qty_places = max(
                self._qty_places, significant_places(quote.ask_qty), significant_places(quote.bid_qty)
            )
            qty_places = self._qty_places
            self.ask.show(quote.ask, quote.ask_qty, leg.places, qty_places, live=live, makes_spread=makes_spread)
            self.bid.show(quote.bid, quote.bid_qty, leg.places, qty_places, live=live, makes_spread=makes_spread)
        self._render_time(quote, pair.at.wall_ms, live=live)

    def _render_time(self, quote: Quote | None, now_ms: int, *, live: bool) -> None:
        if quote is None:
            self._clock_name.show("", "faint")
            self._time.show("", "faint")
            return
        role: Role = "muted" if live else "faint"
        by_exchange = quote.exchange_ms is not None
        at_ms = quote.received.wall_ms if quote.exchange_ms is None else quote.exchange_ms
        self._clock_name.show("exchange" if by_exchange else "received", role)
        self._time.show(text.clock(at_ms, now_ms, utc=self._utc), role)


def _contract(contract: str) -> str:
    """Return what a card calls a contract: 'USD-M current quarter', 'USD-M quarter 261225'."""
    return f"USD-M {'quarter ' if contract.isdecimal() else ''}{contract.replace('_', ' ')}"


def _standing(leg: LegSnapshot) -> str:
    """Say that a leg is not live, and how old its numbers are."""
    state = leg.state.value.upper()
    return state if leg.age_ms is None else f"{state} · {text.age(leg.age_ms)} ago"


class _PriceLine:
    """One side of a quote. `used`: the spread is made of it."""

    def __init__(self, parent: tk.Misc, row: int, painter: Painter, copy: Copy, name: str, *, used: bool) -> None:
        px = painter.px
        self._used = used
        label, self._name = painted(parent, painter, fonts.WORDS, "muted", "card")
        label.grid(row=row, column=0, sticky="w")
        self._name.show(name, "muted")
        prices = frame(parent, painter, "card")
        prices.grid(row=row, column=1, columnspan=2, sticky="e")
        label, self._mark = painted(prices, painter, fonts.FIGURE, "text", "card", chars=1)
        label.grid(row=0, column=0, padx=(0, px(8)))
        self.price = Value(prices, painter, copy, fonts.FIGURE, chars=8)
        self.price.label.grid(row=0, column=1)
        self.qty = Value(parent, painter, copy, fonts.SMALL_FIGURE, chars=8)
        self.qty.label.grid(row=row, column=3, sticky="e", padx=(px(14), 0))

    def show(
        self, price: Decimal, qty: Decimal, places: int, qty_places: int, *, live: bool, makes_spread: bool
    ) -> None:
        """Paint a price and its quantity."""
        bright = self._used and makes_spread
        role: Role = "text" if bright else "muted" if live else "faint"
        self._name.show(self._name.words, role)
        self._mark.show(_MARK if bright else "", "text")
        self.price.show(text.price(price, places), role, exact(price, places))
        self.qty.show(text.price(qty, qty_places), role, exact(qty, 0))

    def clear(self) -> None:
        """Show that there is no quote."""
        self._name.show(self._name.words, "faint")
        self._mark.show("", "text")
        self.price.show(text.NO_VALUE, "faint", "")
        self.qty.show(text.NO_VALUE, "faint", "")
