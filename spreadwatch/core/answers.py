"""What is answered to who asks for prices and spreads: frozen values with exact decimals. Times are Unix ms."""

from decimal import Decimal
from typing import Literal

from msgspec import Struct

from spreadwatch.core.quote import Side
from spreadwatch.core.source import Source

PriceBasis = Literal["trade", "mid"]
"""Where a price comes from: the last spot trade, or the middle of the spot quote."""

SpreadBasis = Literal["quotes", "bars"]
"""What of a recording a spread comes from: raw quotes, or the bar of a second."""

RowKind = Literal["quotes", "trades"]


class Price(Struct, frozen=True):
    """A spot price per coin, and the moment since which it held. `source`: the run's where that is not live."""

    symbol: str
    at_ms: int
    price: Decimal
    source: PriceBasis | Source


class PriceRange(Struct, frozen=True):
    """Highest and lowest spot price of the minute that begins at `minute_ms`."""

    symbol: str
    minute_ms: int
    high: Decimal
    low: Decimal
    source: PriceBasis


class SpreadValue(Struct, frozen=True):
    """A spread in quote currency, and when it last was a sample.

    `source`: what of a recording, or of what kind the run is whose present it is.
    """

    symbol: str
    at_ms: int
    spread: Decimal
    source: SpreadBasis | Source


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


class SeriesTrust(Struct, frozen=True):
    """What is known of the numbers of one series of so many rows.

    `floats`: rows with a float, which is never written. `impossible`: with zero, a negative or too large a number, or
    none. `crossed`: with a bid that is not below its ask. `far`: with a price far from both of its neighbours.
    `rewritten`: as only a faulty version leaves them, which damaged others. The moments are those of
    the first and the last of all these rows.
    """

    symbol: str
    side: Side
    kind: RowKind
    rows: int
    floats: int = 0
    impossible: int = 0
    crossed: int = 0
    far: int = 0
    rewritten: int = 0
    first_ms: int | None = None
    last_ms: int | None = None

    @property
    def trusted(self) -> bool:
        """Whether nothing is known to be wrong."""
        return self.first_ms is None
