"""Funding of the futures leg: mark and index, rate and carry, when the next one is due."""

import tkinter as tk
from decimal import Decimal

from spreadwatch.core.funding import Funding
from spreadwatch.core.numbers import exact
from spreadwatch.core.snapshot import PairSnapshot
from spreadwatch.ui.cards import amounts, funding_text
from spreadwatch.ui.kit import fonts, text
from spreadwatch.ui.kit.painter import Painter
from spreadwatch.ui.kit.theme import Role
from spreadwatch.ui.kit.tooltip import Tooltip
from spreadwatch.ui.kit.widgets import Copy, Value, frame, painted, still


class FundingPart:
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
        return funding_text.formula(self._funding) if self._funding else ""

    def render(self, pair: PairSnapshot) -> None:
        """Paint the funding of one pair."""
        self._funding = funding = pair.funding
        live = funding is not None and funding.is_live
        standing: Role = "muted" if live or funding is None else "stale"
        self._standing.show(funding_text.standing(funding), standing)
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
        names["Rate"].show(f"Rate {funding_text.interval(funding)}".rstrip(), "muted")
        for name, number in (("Mark", funding.mark), ("Index", funding.index)):
            if number is None:
                values[name].show(text.NO_VALUE, "faint", "")
            else:
                values[name].show(amounts.money(number, places), role, exact(number))
        values["Rate"].show(funding_text.rate(funding), role, _exact(funding.rate))
        values["Yearly"].show(funding_text.annualised(funding), role, _exact(funding.annualised))
        self._payback.show(funding_text.payback(funding), "muted" if role == "text" else "faint")


def _exact(number: Decimal | None) -> str:
    return "" if number is None else exact(number)
