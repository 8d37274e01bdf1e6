"""All that proves an extreme: as lines to read, and as JSON to copy. Pure."""

import json
from collections.abc import Callable
from dataclasses import dataclass

from spreadwatch.core.quote import Quote
from spreadwatch.core.snapshot import plain, quote_to_json
from spreadwatch.core.spread import Extreme
from spreadwatch.ui.kit import text


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
    return f"spot ask {ask} {text.MINUS} futures bid {bid} = {text.signed(extreme.spread, places)}"


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


LINES = ("Ask", "Ask quantity", "Bid", "Bid quantity", "Update id", "Exchange time", "Received", "Age then")


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
