"""Answers of a recording as cells of a line, numbers in ASCII. Pure."""

from decimal import Decimal

from spreadwatch.core.answers import Bar, Price, PriceRange, RecordedGap, SeriesTrust, SpreadRange, SpreadValue
from spreadwatch.core.numbers import plain, split_symbol
from spreadwatch.core.times import length, utc

Row = tuple[str, ...]

_SOURCES = {"trade": "spot trade", "mid": "spot mid", "quotes": "of quotes", "bars": "of one-second bars"}


def price(symbol: str, asked_ms: int, found: Price | None, *, newest: bool) -> Row:
    """Return the cells of the price at a moment, or of the newest."""
    if found is None:
        return symbol, "N/A", _nothing("price", asked_ms, newest=newest)
    return symbol, amount(found.price, symbol), _SOURCES[found.source], _since(found.at_ms, asked_ms, newest=newest)


def step(one: Price) -> Row:
    """Return the cells of one of many prices: the moment since which it held comes first."""
    return _exactly(one.at_ms), one.symbol, amount(one.price, one.symbol), _SOURCES[one.source]


def spread(symbol: str, asked_ms: int, found: SpreadValue | None, *, newest: bool) -> Row:
    """Return the cells of the spread at a moment, or of the newest."""
    if found is None:
        return symbol, "N/A", _nothing("spread", asked_ms, newest=newest)
    return symbol, signed(found.spread, symbol), _SOURCES[found.source], _since(found.at_ms, asked_ms, newest=newest)


def price_range(symbol: str, asked_ms: int, found: PriceRange | None) -> Row:
    """Return the cells of high and low of a minute."""
    minute = utc(asked_ms, "minutes")
    if found is None:
        return symbol, minute, "N/A", "no price was recorded in this minute"
    return (
        symbol,
        minute,
        "high",
        amount(found.high, symbol),
        "low",
        amount(found.low, symbol),
        _SOURCES[found.source],
    )


def spread_range(symbol: str, asked_ms: int, found: SpreadRange | None) -> Row:
    """Return the cells of high and low of the spread in a minute."""
    minute = utc(asked_ms, "minutes")
    if found is None:
        return symbol, minute, "N/A", "no spread was recorded in this minute"
    high, low = signed(found.high, symbol), signed(found.low, symbol)
    return symbol, minute, "high", high, "low", low, f"{found.samples:,} samples"


def bar(one: Bar) -> Row:
    """Return the cells of a second of the spread."""
    first, high, low, last = (signed(number, one.symbol) for number in (one.open, one.high, one.low, one.close))
    words = ("open", first, "high", high, "low", low, "close", last, f"{one.samples:,} samples")
    return utc(one.second * 1000, "seconds"), one.symbol, *words


def gap(one: RecordedGap) -> Row:
    """Return the cells of a gap."""
    lasted = "still open" if one.end_ms is None else length(one.end_ms - one.start_ms)
    return one.symbol, one.side.value, _exactly(one.start_ms), lasted, one.reason


def series_trust(found: SeriesTrust) -> Row:
    """Return the cells of what is known of a series."""
    wrong = (
        (found.floats, "with a float"),
        (found.impossible, "with what no number can be"),
        (found.crossed, "with a bid not below the ask"),
        (found.far, "with a price far from both neighbours"),
        (found.rewritten, "left by a version that damaged others"),
    )
    said = "can be trusted"
    if found.first_ms is not None and found.last_ms is not None:
        counts = ", ".join(f"{count:,} {words}" for count, words in wrong if count)
        said = f"cannot be trusted from {_exactly(found.first_ms)} to {_exactly(found.last_ms)}: {counts}"
    return found.symbol, found.side.value, found.kind, f"{found.rows:,} rows", said


def amount(number: Decimal, symbol: str) -> str:
    """Write a price exactly, with its currency where the symbol's name tells it."""
    return f"{plain(number)} {split_symbol(symbol)[1]}".rstrip()


def signed(number: Decimal, symbol: str) -> str:
    """Write a spread exactly, with its sign and currency."""
    return ("+" if number > 0 else "") + amount(number, symbol)


def _exactly(at_ms: int) -> str:
    return utc(at_ms, "milliseconds")


def _since(at_ms: int, asked_ms: int, *, newest: bool) -> str:
    distance = length(max(asked_ms - at_ms, 0))
    return f"{_exactly(at_ms)}  {distance} {'ago' if newest else 'before'}"


def _nothing(what: str, asked_ms: int, *, newest: bool) -> str:
    return f"no {what} is recorded" if newest else f"no {what} is recorded at or before {utc(asked_ms)}"
