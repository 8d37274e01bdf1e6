"""What is answered to who asks for prices and spreads: frozen values with exact decimals. Times are Unix ms."""

from decimal import Decimal
from typing import Literal

from msgspec import Struct

from spreadwatch.core.quote import Side

Source = Literal["trade", "mid"]
"""Where a price comes from: the last spot trade, or the middle of the spot quote."""


class Price(Struct, frozen=True):
    """A spot price per coin, and the moment since which it held."""

    symbol: str
    at_ms: int
    price: Decimal
    source: Source


class PriceRange(Struct, frozen=True):
    """Highest and lowest spot price of the minute that begins at `minute_ms`."""

    symbol: str
    minute_ms: int
    high: Decimal
    low: Decimal
    source: Source


class SpreadValue(Struct, frozen=True):
    """A spread in quote currency, and when it last was a sample.

    `source`: raw quotes, the bar of a second, or what is live now.
    """

    symbol: str
    at_ms: int
    spread: Decimal
    source: Literal["quotes", "bars", "live"]


class SpreadRange(Struct, frozen=True):
    """Highest and lowest spread of the minute that begins at `minute_ms`."""

    symbol: str
    minute_ms: int
    high: Decimal
    low: Decimal
    samples: int


class Bar(Struct, frozen=True):
    """One Unix second of a spread. `close_ms` is the moment of its last sample."""

    symbol: str
    second: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    close_ms: int
    samples: int


class RecordedGap(Struct, frozen=True, array_like=True):
    """From `start_ms` up to `end_ms` a leg was not live or not stored. `end_ms` is None while it lasts."""

    side: Side
    symbol: str
    start_ms: int
    end_ms: int | None
    reason: str
