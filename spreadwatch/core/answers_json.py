"""Answers as JSON objects, the same from the terminal and over HTTP. Pure.

Decimals are strings, exact; a moment is UTC as text, or Unix ms where the name ends in `_ms`; nothing known is null,
for a price "N/A".
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, TypedDict, get_args

from spreadwatch.core.answers import (
    Bar,
    Price,
    PriceBasis,
    PriceRange,
    RecordedGap,
    RowKind,
    SeriesTrust,
    SpreadBasis,
    SpreadRange,
    SpreadValue,
)
from spreadwatch.core.numbers import plain
from spreadwatch.core.pair_name import of_key, spot_symbol
from spreadwatch.core.quote import Side
from spreadwatch.core.snapshot import Contract, Exact, PairJson, Snapshot, Wire, to_json
from spreadwatch.core.source import Source
from spreadwatch.core.times import MINUTE_MS, utc

NOT_AVAILABLE = "N/A"

Json = Mapping[str, object]

_SECOND = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z"
Moment = Annotated[str, Wire("UTC, such as 2026-07-03T08:30:36Z or 2026-07-03T08:30:36.125Z", f"^{_SECOND}$")]
Minute = Annotated[str, Wire("UTC, such as 2026-07-03T08:30Z", r"^\d{4}-\d\d-\d\dT\d\d:\d\dZ$")]
KnownPrice = Annotated[str, Wire('an exact decimal as text, or "N/A"', r"^(-?\d+(\.\d+)?|N/A)$")]
PriceSource = Annotated[
    str,
    Wire(
        '"trade": last spot trade; "mid": middle of the spot quote; "demo", "replay": the middle in such a run',
        choices=(*get_args(PriceBasis), Source.DEMO, Source.REPLAY),
    ),
]
SpreadSource = Annotated[
    str,
    Wire(
        '"quotes": of recorded quotes; "bars": of a second\'s bar; "live", "demo", "replay": the present of such a run',
        choices=(*get_args(SpreadBasis), *Source),
    ),
]


class NameJson(TypedDict):
    """What a pair is called."""

    symbol: str
    contract: Contract


class PriceJson(TypedDict):
    """The spot price that held at a moment, and since when."""

    symbol: str
    timestamp: Moment
    price: KnownPrice
    actual_timestamp: Moment | None
    source: PriceSource | None


class StepJson(TypedDict):
    """One of many prices, and since when it held."""

    symbol: str
    timestamp: Moment
    price: Exact
    source: PriceSource


class PriceRangeJson(TypedDict):
    """High and low of a minute."""

    symbol: str
    minute: Minute
    high: Exact | None
    low: Exact | None
    source: PriceSource | None


class SpreadJson(TypedDict):
    """The spread that held at a moment, and when it last was a sample."""

    symbol: str
    contract: Contract
    asked_ms: int
    spread: Exact | None
    at_ms: int | None
    source: SpreadSource | None


class SpreadRangeJson(TypedDict):
    """High and low of the spread in a minute."""

    symbol: str
    contract: Contract
    minute: Minute
    minute_ms: int
    high: Exact | None
    low: Exact | None
    samples: int


class SecondJson(TypedDict):
    """One Unix second of a spread."""

    second: int
    open: Exact
    high: Exact
    low: Exact
    close: Exact
    samples: int


class BarJson(SecondJson):
    """The same with its pair."""

    symbol: str
    contract: Contract


class BarsJson(TypedDict):
    """The one-second bars of a spread that begin in a time."""

    symbol: str
    contract: Contract
    from_ms: int
    to_ms: int
    bars: list[SecondJson]


class GapJson(TypedDict):
    """A time in which a leg was not live. `end_ms`: null while it lasts."""

    venue: Annotated[str, Side]
    start_ms: int
    end_ms: int | None
    reason: str


class GapsJson(TypedDict):
    """The gaps of both legs that touch a time. `more`: there were others before."""

    symbol: str
    contract: Contract
    from_ms: int
    to_ms: int
    gaps: list[GapJson]
    more: bool


class SeriesTrustJson(TypedDict):
    """What is known of the numbers of a series: its rows, and how many of them are wrong in which way."""

    symbol: str
    venue: Annotated[str, Side]
    kind: Annotated[str, Wire("what its rows are", choices=get_args(RowKind))]
    rows: int
    trusted: bool
    floats: int
    impossible: int
    crossed: int
    far: int
    rewritten: int
    first_ms: int | None
    last_ms: int | None


class SnapshotJson(TypedDict):
    """Every watched pair. `source`: where all of it comes from.

    `faults`: what failed in the program itself, a sentence each.
    """

    at_ms: int
    source: Annotated[str, Source]
    pairs: list[PairJson]
    faults: list[str]


def named(key: str) -> NameJson:
    """Tell which pair a key is of."""
    name = of_key(key)
    return {"symbol": name.symbol, "contract": name.contract}


def price(symbol: str, asked_ms: int, found: Price | None) -> PriceJson:
    """Tell the price that held at a moment."""
    return {
        "symbol": spot_symbol(symbol),
        "timestamp": utc(asked_ms),
        "price": plain(found.price) if found else NOT_AVAILABLE,
        "actual_timestamp": utc(found.at_ms) if found else None,
        "source": str(found.source) if found else None,
    }


def step(one: Price) -> StepJson:
    """Tell one of many prices and since when it held."""
    return {
        "symbol": spot_symbol(one.symbol),
        "timestamp": utc(one.at_ms),
        "price": plain(one.price),
        "source": str(one.source),
    }


def price_range(symbol: str, asked_ms: int, found: PriceRange | None) -> PriceRangeJson:
    """Tell high and low of the minute in which a moment lies."""
    return {
        "symbol": spot_symbol(symbol),
        "minute": utc(asked_ms, "minutes"),
        "high": plain(found.high) if found else None,
        "low": plain(found.low) if found else None,
        "source": found.source if found else None,
    }


def spread(symbol: str, asked_ms: int, found: SpreadValue | None) -> SpreadJson:
    """Tell the spread that held at a moment."""
    return {
        **named(found.symbol if found else symbol),
        "asked_ms": asked_ms,
        "spread": plain(found.spread) if found else None,
        "at_ms": found.at_ms if found else None,
        "source": str(found.source) if found else None,
    }


def spread_range(symbol: str, asked_ms: int, found: SpreadRange | None) -> SpreadRangeJson:
    """Tell high and low of the spread in the minute in which a moment lies."""
    return {
        **named(found.symbol if found else symbol),
        "minute": utc(asked_ms, "minutes"),
        "minute_ms": asked_ms - asked_ms % MINUTE_MS,
        "high": plain(found.high) if found else None,
        "low": plain(found.low) if found else None,
        "samples": found.samples if found else 0,
    }


def bar(one: Bar) -> BarJson:
    """Tell one second of a spread."""
    return {**named(one.symbol), **_second(one)}


def bars(symbol: str, from_ms: int, to_ms: int, found: Iterable[Bar]) -> BarsJson:
    """Tell the one-second bars of a spread."""
    return {**named(symbol), "from_ms": from_ms, "to_ms": to_ms, "bars": [_second(one) for one in found]}


def _second(one: Bar) -> SecondJson:
    return {
        "second": one.second,
        "open": plain(one.open),
        "high": plain(one.high),
        "low": plain(one.low),
        "close": plain(one.close),
        "samples": one.samples,
    }


def gaps(symbol: str, from_ms: int, to_ms: int, found: Sequence[RecordedGap], most: int | None = None) -> GapsJson:
    """Tell the gaps of both legs, the end of one that lasts as null: the last `most`, None for all.

    `more` says whether there were others before.
    """
    kept = found if most is None else found[-most:]
    rows: list[GapJson] = [
        {"venue": gap.side.value, "start_ms": gap.start_ms, "end_ms": gap.end_ms, "reason": gap.reason} for gap in kept
    ]
    more = len(kept) < len(found)
    return {**named(symbol), "from_ms": from_ms, "to_ms": to_ms, "gaps": rows, "more": more}


def series_trust(found: SeriesTrust) -> SeriesTrustJson:
    """Tell what is known of the numbers of a series."""
    return {
        "symbol": found.symbol,
        "venue": found.side.value,
        "kind": found.kind,
        "rows": found.rows,
        "trusted": found.trusted,
        "floats": found.floats,
        "impossible": found.impossible,
        "crossed": found.crossed,
        "far": found.far,
        "rewritten": found.rewritten,
        "first_ms": found.first_ms,
        "last_ms": found.last_ms,
    }


def snapshot(found: Snapshot) -> SnapshotJson:
    """Tell every watched symbol, each as the documented snapshot object."""
    return {
        "at_ms": found.at.wall_ms,
        "source": found.source.value,
        "pairs": [to_json(pair) for pair in found.pairs],
        "faults": list(found.faults),
    }
