"""Answers as JSON objects: decimals as strings, exact; a moment in UTC as text, or as Unix ms where named so. Pure."""

from collections.abc import Iterable, Sequence

from spreadwatch.api.parameters import MINUTE_MS, iso, iso_minute
from spreadwatch.api.questions import (
    BarAnswer,
    GapAnswer,
    PriceAnswer,
    PriceRangeAnswer,
    SpreadAnswer,
    SpreadRangeAnswer,
)
from spreadwatch.core.snapshot import Snapshot, plain, to_json

NOT_AVAILABLE = "N/A"
"""In place of a price that nobody knows."""

Json = dict[str, object]


def price(symbol: str, asked_ms: int, found: PriceAnswer | None) -> Json:
    """Answer what the price was at a moment."""
    return {
        "symbol": symbol,
        "timestamp": iso(asked_ms),
        "price": plain(found.price) if found else NOT_AVAILABLE,
        "actual_timestamp": iso(found.at_ms) if found else None,
        "source": found.source if found else None,
    }


def price_range(symbol: str, asked_ms: int, found: PriceRangeAnswer | None) -> Json:
    """Answer what was highest and lowest in a minute."""
    return {
        "symbol": symbol,
        "minute": iso_minute(asked_ms),
        "high": plain(found.high) if found else None,
        "low": plain(found.low) if found else None,
        "source": found.source if found else None,
    }


def spread(symbol: str, asked_ms: int, found: SpreadAnswer | None) -> Json:
    """Answer what the spread was at a moment."""
    return {
        "symbol": symbol,
        "asked_ms": asked_ms,
        "spread": plain(found.spread) if found else None,
        "at_ms": found.at_ms if found else None,
        "source": found.source if found else None,
    }


def spread_range(symbol: str, asked_ms: int, found: SpreadRangeAnswer | None) -> Json:
    """Answer which spread was highest and lowest in a minute."""
    return {
        "symbol": symbol,
        "minute": iso_minute(asked_ms),
        "minute_ms": asked_ms - asked_ms % MINUTE_MS,
        "high": plain(found.high) if found else None,
        "low": plain(found.low) if found else None,
        "samples": found.samples if found else 0,
    }


def bars(symbol: str, from_ms: int, to_ms: int, found: Iterable[BarAnswer]) -> Json:
    """Answer the one-second bars of a spread."""
    rows = [
        {
            "second": bar.second,
            "open": plain(bar.open),
            "high": plain(bar.high),
            "low": plain(bar.low),
            "close": plain(bar.close),
            "samples": bar.samples,
        }
        for bar in found
    ]
    return {"symbol": symbol, "from_ms": from_ms, "to_ms": to_ms, "bars": rows}


def gaps(symbol: str, from_ms: int, to_ms: int, found: Sequence[GapAnswer], most: int) -> Json:
    """Answer the gaps of both legs: the last `most` of them; `more` says whether there were others before."""
    rows = [
        {"venue": gap.venue.value, "start_ms": gap.start_ms, "end_ms": gap.end_ms, "reason": gap.reason}
        for gap in found[-most:]
    ]
    return {"symbol": symbol, "from_ms": from_ms, "to_ms": to_ms, "gaps": rows, "more": len(found) > most}


def snapshot(found: Snapshot) -> Json:
    """Answer with every watched symbol, each as the documented snapshot object."""
    return {
        "at_ms": found.at.wall_ms,
        "pairs": [to_json(pair) for pair in found.pairs],
        "faults": list(found.faults),
    }
