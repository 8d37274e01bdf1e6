"""Answers of a recording as JSON objects, the same as those of the HTTP service. Pure.

Decimals are strings, exact; a moment is UTC as text, or Unix ms where the name ends in `_ms`; nothing known is null,
for a price "N/A".
"""

from collections.abc import Iterable

from spreadwatch.commands.times import MINUTE_MS, iso
from spreadwatch.core.snapshot import plain
from spreadwatch.storage.answers import Bar, Price, PriceRange, SpreadRange, SpreadValue
from spreadwatch.storage.rows import GapRow

NOT_AVAILABLE = "N/A"

Json = dict[str, object]


def price(symbol: str, asked_ms: int, found: Price | None) -> Json:
    """Tell the price that held at a moment."""
    return {
        "symbol": symbol,
        "timestamp": iso(asked_ms),
        "price": plain(found.price) if found else NOT_AVAILABLE,
        "actual_timestamp": iso(found.at_ms) if found else None,
        "source": found.source if found else None,
    }


def step(one: Price) -> Json:
    """Tell one of many prices and since when it held."""
    return {"symbol": one.symbol, "timestamp": iso(one.at_ms), "price": plain(one.price), "source": one.source}


def price_range(symbol: str, asked_ms: int, found: PriceRange | None) -> Json:
    """Tell high and low of the minute in which a moment lies."""
    return {
        "symbol": symbol,
        "minute": iso(asked_ms, "minutes"),
        "high": plain(found.high) if found else None,
        "low": plain(found.low) if found else None,
        "source": found.source if found else None,
    }


def spread(symbol: str, asked_ms: int, found: SpreadValue | None) -> Json:
    """Tell the spread that held at a moment."""
    return {
        "symbol": symbol,
        "asked_ms": asked_ms,
        "spread": plain(found.spread) if found else None,
        "at_ms": found.at_ms if found else None,
        "source": found.source if found else None,
    }


def spread_range(symbol: str, asked_ms: int, found: SpreadRange | None) -> Json:
    """Tell high and low of the spread in the minute in which a moment lies."""
    return {
        "symbol": symbol,
        "minute": iso(asked_ms, "minutes"),
        "minute_ms": asked_ms - asked_ms % MINUTE_MS,
        "high": plain(found.high) if found else None,
        "low": plain(found.low) if found else None,
        "samples": found.samples if found else 0,
    }


def bar(one: Bar) -> Json:
    """Tell one second of a spread."""
    numbers = {name: plain(getattr(one, name)) for name in ("open", "high", "low", "close")}
    return {"symbol": one.symbol, "second": one.second, **numbers, "samples": one.samples}


def gaps(symbol: str, from_ms: int, to_ms: int, found: Iterable[GapRow]) -> Json:
    """Tell the gaps of both legs; the end of one that lasts is null. `more` is for the service, which tells fewer."""
    rows = [
        {"venue": gap.venue.value, "start_ms": gap.start_ms, "end_ms": gap.end_ms, "reason": gap.reason}
        for gap in found
    ]
    return {"symbol": symbol, "from_ms": from_ms, "to_ms": to_ms, "gaps": rows, "more": False}
