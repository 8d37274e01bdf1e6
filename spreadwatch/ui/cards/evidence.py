"""All that proves an extreme: laid over the window to read, and as JSON to copy."""

import json
import tkinter as tk
from collections.abc import Callable
from dataclasses import dataclass

from spreadwatch.core.numbers import MINUS, plain, split_symbol
from spreadwatch.core.quote import Quote, Side
from spreadwatch.core.snapshot import PairSnapshot, Snapshot, quote_to_json
from spreadwatch.core.spread import Extreme
from spreadwatch.ui.frame.shortcuts import BY_ACTION, is_apple, label
from spreadwatch.ui.kit import fonts, text
from spreadwatch.ui.kit.overlay import Panel
from spreadwatch.ui.kit.painter import Painter
from spreadwatch.ui.kit.widgets import frame, painted, still

_BRIGHT = {Side.SPOT: "Ask", Side.FUTURES: "Bid"}
LINES = ("Ask", "Ask quantity", "Bid", "Bid quantity", "Update id", "Exchange time", "Received", "Age then")


@dataclass(frozen=True, slots=True)
class Claim:
    """One extreme as the window shows it. `kind`: 'max' or 'min'; `window`: '1m' …, 'reset' since the reset."""

    symbol: str
    kind: str
    window: str
    extreme: Extreme
    places: int


Prove = Callable[[str, str, Extreme], None]
"""Shows the evidence of an extreme: kind, window and the extreme itself."""


class Evidence(Panel):
    """What was true when the extreme was found; it stays as it is while the market goes on."""

    fills = False

    def __init__(self, parent: tk.Misc, painter: Painter, pair: Callable[[], PairSnapshot]) -> None:
        """`pair` gives what is known of the symbol shown."""
        super().__init__(parent, painter)
        self._painter, self._pair = painter, pair
        self._utc = painter.utc
        self.claim: Claim | None = None
        self._place_head()
        self._place_table()
        px = painter.px
        made, self._skew = painted(self.card, painter, fonts.SMALL_WORDS, "muted", "card", chars=None)
        made.pack(anchor="w", pady=(px(8), 0))

    def _place_head(self) -> None:
        painter, px = self._painter, self._painter.px
        line = frame(self.card, painter, "card")
        line.pack(fill="x")
        title, self._title = painted(line, painter, fonts.CAPTION, "text", "card", chars=None)
        title.pack(side="left")
        keys = [label(BY_ACTION[action].keys[0], apple=is_apple(line)) for action in ("copy", "dismiss")]
        hint = still(line, painter, f"{keys[0]} copies JSON   {keys[1]} closes", fonts.SMALL_WORDS, "muted", "card")
        hint.pack(side="right", padx=(px(20), 0))
        line = frame(self.card, painter, "card")
        line.pack(fill="x", pady=(px(4), px(8)))
        value, self._value = painted(line, painter, fonts.FIGURE, "text", "card", chars=None)
        value.pack(side="left")
        time, self._time = painted(line, painter, fonts.SMALL_FIGURE, "muted", "card", chars=None)
        time.pack(side="left", padx=(px(14), 0))
        made, self._sum = painted(self.card, painter, fonts.SMALL_WORDS, "muted", "card", chars=None)
        made.pack(anchor="w", pady=(0, px(8)))

    def _place_table(self) -> None:
        painter, px = self._painter, self._painter.px
        table = frame(self.card, painter, "card")
        table.pack(fill="x")
        self._cells = {}
        for column, side in enumerate(Side, 1):
            caption = still(table, painter, side.upper(), fonts.CAPTION, "muted", "card")
            caption.grid(row=0, column=column, sticky="e", padx=(px(24), 0))
            for row, name in enumerate(LINES, 1):
                made, cell = painted(table, painter, fonts.SMALL_FIGURE, "muted", "card", chars=23, anchor="e")
                made.grid(row=row, column=column, sticky="e", padx=(px(24), 0), pady=px(1))
                self._cells[side, name] = cell
        for row, name in enumerate(LINES, 1):
            still(table, painter, name, fonts.SMALL_WORDS, "muted", "card").grid(row=row, column=0, sticky="w")
        table.columnconfigure(3, weight=1)

    def asked(self, snapshot: Snapshot | None, *, is_open: bool) -> bool | str:
        """Show the evidence of the maximum since the reset, then of the minimum, then none."""
        shown = self.claim.kind if is_open and self.claim else ""
        if shown == "min":
            return False
        pair = self._pair()
        kind, extreme = ("min", pair.spread.low) if shown else ("max", pair.spread.high)
        if extreme is None:
            return "no extremes yet"
        self.show(Claim(pair.symbol, kind, "reset", extreme, pair.places))
        return True

    def show(self, claim: Claim) -> None:
        """Paint the evidence of a claim."""
        self.claim = claim
        extreme, places = claim.extreme, claim.places
        name = {"max": "HIGHEST", "min": "LOWEST"}[claim.kind]
        self._title.show(f"{name} SPREAD OF {claim.symbol} {window_words(claim.window).upper()}", "text")
        currency = split_symbol(claim.symbol)[1]
        value = f"{text.signed(extreme.spread, places)} {currency}".rstrip()
        self._value.show(value, "up" if claim.kind == "max" else "down")
        zone = "UTC" if self._utc else "local time"
        self._time.show(f"{text.moment(extreme.at.wall_ms, utc=self._utc)} {zone}", "text")
        self._sum.show(sum_words(claim), "muted")
        self._skew.show(skew_words(extreme), "muted")
        for side, quote, age_ms in (
            (Side.SPOT, extreme.spot, extreme.spot_age_ms),
            (Side.FUTURES, extreme.futures, extreme.futures_age_ms),
        ):
            lines = quote_lines(quote, age_ms, places, utc=self._utc)
            for line, words in zip(LINES, lines, strict=True):
                self._cells[side, line].show(words, "text" if line == _BRIGHT[side] else "muted")

    def copy_text(self) -> tuple[str, str]:
        """Return the evidence shown as JSON, and a word for that; empty for none."""
        return to_json(self.claim) if self.claim else "", "evidence"


def window_words(window: str) -> str:
    """Write over which time an extreme was found."""
    return {"reset": "since the reset", "session": "of this session"}.get(window, f"of the last {window}")


def skew_ms(extreme: Extreme) -> int:
    """Return how many ms the spot quote came after the futures quote; below 0 when it came before."""
    return extreme.spot.received.wall_ms - extreme.futures.received.wall_ms


def skew_words(extreme: Extreme) -> str:
    """Say how far apart both quotes arrived."""
    ms = skew_ms(extreme)
    if not ms:
        return "Both quotes arrived in the same millisecond."
    late, early = ("Spot", "futures") if ms > 0 else ("Futures", "spot")
    return f"{late} quoted {text.age(abs(ms))} after {early}."


def sum_words(claim: Claim) -> str:
    """Write the subtraction that makes the spread."""
    extreme, places = claim.extreme, claim.places
    ask, bid = text.price(extreme.spot.ask, places), text.price(extreme.futures.bid, places)
    return f"spot ask {ask} {MINUS} futures bid {bid} = {text.signed(extreme.spread, places)}"


def quote_lines(quote: Quote, age_ms: int, places: int, *, utc: bool) -> tuple[str, ...]:
    """Write one leg's column, in the order of `LINES`."""
    sent = text.NO_VALUE if quote.exchange_ms is None else text.moment(quote.exchange_ms, utc=utc)
    return (
        text.price(quote.ask, places),
        text.price(quote.ask_qty, 0),
        text.price(quote.bid, places),
        text.price(quote.bid_qty, 0),
        f"{quote.update_id}",
        sent,
        text.moment(quote.received.wall_ms, utc=utc),
        text.age(age_ms),
    )


def to_json(claim: Claim) -> str:
    """Return the evidence as a JSON object: decimals as strings, times Unix ms, ages and skew in ms."""
    extreme = claim.extreme
    evidence = {
        "symbol": claim.symbol,
        "extreme": claim.kind,
        "window": claim.window,
        "spread": plain(extreme.spread),
        "at_ms": extreme.at.wall_ms,
        "spot": quote_to_json(extreme.spot, extreme.spot_age_ms),
        "futures": quote_to_json(extreme.futures, extreme.futures_age_ms),
        "skew_ms": skew_ms(extreme),
    }
    return json.dumps(evidence, indent=2)
