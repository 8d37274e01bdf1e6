"""The card of what holding the position earns and what one's own size costs: funding, and depth."""

import tkinter as tk
from decimal import Decimal

from spreadwatch.core.funding import Funding
from spreadwatch.core.numbers import exact, rounded
from spreadwatch.core.snapshot import PairSnapshot
from spreadwatch.ui.cards import words as card_words
from spreadwatch.ui.kit import fonts, text
from spreadwatch.ui.kit.painter import Painter
from spreadwatch.ui.kit.theme import Role
from spreadwatch.ui.kit.tooltip import Tooltip
from spreadwatch.ui.kit.widgets import Copy, Value, card, frame, painted, still


class FundingAndSizeCard:
    """Funding above, depth below; each appears with the first news of it, and stays."""

    def __init__(self, parent: tk.Misc, painter: Painter, copy: Copy, tooltip: Tooltip) -> None:
        px = painter.px
        self._painter = painter
        self.frame = card(parent, painter)
        self.funding = FundingFigures(self.frame, painter, copy, tooltip)
        self.depth = SizeFigures(self.frame, painter, copy)
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
        """Paint what is known of a pair's funding and size; each takes room from its first news on."""
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


class FundingFigures:
    """One pair's funding. Numbers that are not live are greyed, and their age is told."""

    def __init__(self, parent: tk.Misc, painter: Painter, copy: Copy, tooltip: Tooltip) -> None:
        px = painter.px
        self.frame = made = frame(parent, painter, "card")
        still(made, painter, "FUNDING", fonts.CAPTION, "muted", "card").grid(row=0, column=0, columnspan=2, sticky="w")
        label, self._standing = painted(made, painter, fonts.SMALL_WORDS, "muted", "card", anchor="e")
        label.grid(row=0, column=2, columnspan=2, sticky="e")
        self.values: dict[str, Value] = {}
        self._names = {}
        for number, name in enumerate(("Mark", "Index", "Rate", "Yearly")):
            row, column = 1 + number // 2, number % 2 * 2
            label, self._names[name] = painted(made, painter, fonts.SMALL_WORDS, "muted", "card")
            label.grid(row=row, column=column, sticky="w", padx=(px(16) if column else 0, 0))
            value = Value(made, painter, copy, fonts.SMALL_FIGURE, chars=9)
            value.label.grid(row=row, column=column + 1, sticky="e", padx=(px(8), 0))
            self.values[name] = value
        label, self._payback = painted(made, painter, fonts.SMALL_WORDS, "muted", "card")
        label.grid(row=3, column=0, columnspan=4, sticky="w")
        made.columnconfigure((1, 3), weight=1)
        self._funding: Funding | None = None
        for name in ("Rate", "Yearly"):
            tooltip.attach(self.values[name].label, self._formula)
        self._shown: tuple[object, ...] = ()

    def _formula(self) -> str:
        return card_words.funding_formula(self._funding) if self._funding else ""

    def render(self, pair: PairSnapshot) -> None:
        """Paint the funding of one pair."""
        self._funding = funding = pair.funding
        live = funding is not None and funding.is_live
        standing: Role = "muted" if live or funding is None else "stale"
        self._standing.show(card_words.funding_due(funding), standing)
        news = funding and (funding.mark, funding.index, funding.rate, funding.annualised, funding.payback, live)
        scheduled = funding and (funding.next_in_ms is not None, funding.interval_h, funding.interval_assumed)
        shown = (pair.symbol, pair.places, news, scheduled)
        if shown == self._shown:
            return
        self._shown = ()  # until all of it is painted
        self._render_numbers(funding, pair.places, "text" if live else "faint")
        self._shown = shown

    def _render_numbers(self, funding: Funding | None, places: int, role: Role) -> None:
        names, values = self._names, self.values
        for name in ("Mark", "Index", "Yearly"):
            names[name].show(name, "muted")
        if funding is None:
            names["Rate"].show("Rate", "muted")
            for value in values.values():
                value.show(text.NO_VALUE, "faint", "")
            self._payback.show("", "faint")
            return
        names["Rate"].show(f"Rate {card_words.funding_interval(funding)}".rstrip(), "muted")
        for name, number in (("Mark", funding.mark), ("Index", funding.index)):
            if number is None:
                values[name].show(text.NO_VALUE, "faint", "")
            else:
                values[name].show(text.money(number, places), role, exact(number))
        values["Rate"].show(card_words.funding_rate(funding), role, _exact(funding.rate))
        values["Yearly"].show(card_words.funding_yearly(funding), role, _exact(funding.annualised))
        self._payback.show(card_words.funding_payback(funding), "muted" if role == "text" else "faint")


def _exact(number: Decimal | None) -> str:
    return "" if number is None else exact(number)


class SizeFigures:
    """One pair at a size. A book that does not hold it is named in place of the spread."""

    def __init__(self, parent: tk.Misc, painter: Painter, copy: Copy) -> None:
        px = painter.px
        self.frame = made = frame(parent, painter, "card")
        still(made, painter, "MY SIZE", fonts.CAPTION, "muted", "card").grid(row=0, column=0, columnspan=2, sticky="w")
        label, self._title = painted(made, painter, fonts.SMALL_WORDS, "muted", "card", anchor="e")
        label.grid(row=0, column=2, columnspan=2, sticky="e")
        self.values: dict[str, Value] = {}
        for number, name in enumerate(("Spot ask", "Futures bid", "Spread", "Best quotes")):
            row, column = 1 + number // 2, number % 2 * 2
            words = still(made, painter, name, fonts.SMALL_WORDS, "muted", "card")
            words.grid(row=row, column=column, sticky="w", padx=(px(16) if column else 0, 0))
            value = Value(made, painter, copy, fonts.SMALL_FIGURE, chars=8)
            value.label.grid(row=row, column=column + 1, sticky="e", padx=(px(8), 0))
            self.values[name] = value
        label, self._problem = painted(made, painter, fonts.SMALL_WORDS, "stale", "card")
        label.grid(row=3, column=0, columnspan=4, sticky="w")
        made.columnconfigure((1, 3), weight=1)
        self._shown: tuple[object, ...] = ()

    def render(self, pair: PairSnapshot) -> None:
        """Paint what a pair's size trades at, or which book is too thin for it."""
        depth, top = pair.depth, pair.spread.current
        key = depth and (depth.size_quote, depth.spot_ask, depth.futures_bid, depth.spread, depth.too_thin)
        shown = (pair.symbol, pair.places, key, top)
        if shown == self._shown:
            return
        self._shown = ()  # until all of it is painted
        places = pair.places
        self._title.show(card_words.size_title(depth, pair.symbol) if depth else "", "muted")
        self._show("Spot ask", depth.spot_ask if depth else None, places, "muted")
        self._show("Futures bid", depth.futures_bid if depth else None, places, "muted")
        self._show("Spread", depth.spread if depth else None, places, "text", is_signed=True)
        self._show("Best quotes", top, places, "muted", is_signed=True)
        self._problem.show(text.sentence(card_words.thin(depth)) if depth else "", "stale")
        self._shown = shown

    def _show(self, name: str, number: Decimal | None, places: int, role: Role, *, is_signed: bool = False) -> None:
        if number is None:
            self.values[name].show(text.NO_VALUE, "faint", "")
            return
        near = rounded(number, places)
        words = text.signed(near, places) if is_signed else text.price(near, places)
        self.values[name].show(words, role, exact(number))
