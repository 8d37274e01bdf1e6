"""Answers as JSON objects, the same from the terminal and over HTTP. Pure.

Decimals are strings, exact; a moment is UTC as text, or Unix ms where the name ends in `_ms`; nothing known is null,
for a price "N/A".
"""

from collections.abc import Iterable, Sequence

from spreadwatch.core.answers import Bar, Price, PriceRange, RecordedGap, SpreadRange, SpreadValue
from spreadwatch.core.numbers import plain
from spreadwatch.core.snapshot import Snapshot, to_json
from spreadwatch.core.times import MINUTE_MS, utc

NOT_AVAILABLE = "N/A"

Json = dict[str, object]


def price(symbol: str, asked_ms: int, found: Price | None) -> Json:
    """Tell the price that held at a moment."""
    return {
        "symbol": symbol,
        "timestamp": utc(asked_ms),
        "price": plain(found.price) if found else NOT_AVAILABLE,
        "actual_timestamp": utc(found.at_ms) if found else None,
        "source": found.source if found else None,
    }


def step(one: Price) -> Json:
    """Tell one of many prices and since when it held."""
    return {"symbol": one.symbol, "timestamp": utc(one.at_ms), "price": plain(one.price), "source": one.source}


def price_range(symbol: str, asked_ms: int, found: PriceRange | None) -> Json:
    """Tell high and low of the minute in which a moment lies."""
    return {
        "symbol": symbol,
        "minute": utc(asked_ms, "minutes"),
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
        "minute": utc(asked_ms, "minutes"),
        "minute_ms": asked_ms - asked_ms % MINUTE_MS,
        "high": plain(found.high) if found else None,
        "low": plain(found.low) if found else None,
        "samples": found.samples if found else 0,
    }


def bar(one: Bar) -> Json:
    """Tell one second of a spread."""
    return {"symbol": one.symbol, **_second(one)}


def bars(symbol: str, from_ms: int, to_ms: int, found: Iterable[Bar]) -> Json:
    """Tell the one-second bars of a spread."""
    return {"symbol": symbol, "from_ms": from_ms, "to_ms": to_ms, "bars": [_second(one) for one in found]}


def _second(one: Bar) -> Json:
    numbers = {name: plain(getattr(one, name)) for name in ("open", "high", "low", "close")}
    return {"second": one.second, **numbers, "samples": one.samples}


def gaps(symbol: str, from_ms: int, to_ms: int, found: Sequence[RecordedGap], most: int | None = None) -> Json:
    """Tell the gaps of both legs, the end of one that lasts as null: the last `most`, None for all.

    `more` says whether there were others before.
    """
    kept = found if most is None else found[-most:]
    rows = [
        {"venue": gap.side.value, "start_ms": gap.start_ms, "end_ms": gap.end_ms, "reason": gap.reason} for gap in kept
    ]
    more = len(kept) < len(found)
    return {"symbol": symbol, "from_ms": from_ms, "to_ms": to_ms, "gaps": rows, "more": more}


def snapshot(found: Snapshot) -> Json:
    """Tell every watched symbol, each as the documented snapshot object."""
    return {
        "at_ms": found.at.wall_ms,
        "pairs": [to_json(pair) for pair in found.pairs],
        "faults": list(found.faults),
    }
