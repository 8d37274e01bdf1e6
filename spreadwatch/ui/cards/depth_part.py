"""What one's own size trades at: average prices of both legs, and the spread of them beside that of the best quotes."""

import tkinter as tk
from decimal import Decimal

from spreadwatch.core.numbers import exact, rounded
from spreadwatch.core.snapshot import PairSnapshot
from spreadwatch.ui.cards import net_text
from spreadwatch.ui.kit import fonts, text
from spreadwatch.ui.kit.painter import Painter
from spreadwatch.ui.kit.theme import Role
from spreadwatch.ui.kit.widgets import Copy, Value, frame, painted, still


class DepthPart:
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
        """Paint one pair."""
        depth, top = pair.depth, pair.spread.current
        key = depth and (depth.size_quote, depth.spot_ask, depth.futures_bid, depth.spread, depth.too_thin)
        shown = (pair.symbol, pair.places, key, top)
        if shown == self._shown:
            return
        self._shown = ()  # until all of it is painted
        places = pair.places
        self._title.show(net_text.size_title(depth, pair.symbol) if depth else "", "muted")
        self._show("Spot ask", depth.spot_ask if depth else None, places, "muted")
        self._show("Futures bid", depth.futures_bid if depth else None, places, "muted")
        self._show("Spread", depth.spread if depth else None, places, "text", is_signed=True)
        self._show("Best quotes", top, places, "muted", is_signed=True)
        self._problem.show(text.sentence(net_text.thin(depth)) if depth else "", "stale")
        self._shown = shown

    def _show(self, name: str, number: Decimal | None, places: int, role: Role, *, is_signed: bool = False) -> None:
        if number is None:
            self.values[name].show(text.NO_VALUE, "faint", "")
            return
        near = rounded(number, places)
        words = text.signed(near, places) if is_signed else text.price(near, places)
        self.values[name].show(words, role, exact(number))
