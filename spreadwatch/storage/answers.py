"""What a recording answers: frozen values with exact decimals. Times are Unix ms."""

from decimal import Decimal
from typing import Literal

from msgspec import Struct

from spreadwatch.core.quote import Instant, Quote
from spreadwatch.storage.rows import EXACT, Leg, QuoteRow, TradeRow, per_coin

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
    """A spread in quote currency, and when it last was a sample. `source`: raw quotes, or the bar of a second."""

    symbol: str
    at_ms: int
    spread: Decimal
    source: Literal["quotes", "bars"]


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


class StoredQuote(Struct, frozen=True, gc=False):
    """A quote with its leg. `run` is the number of its run in this store."""

    leg: Leg
    row: QuoteRow
    run: int

    @property
    def mid(self) -> Decimal:
        """The middle of bid and ask per coin, exact."""
        both = EXACT.add(Decimal(self.row.bid), Decimal(self.row.ask))
        return EXACT.divide(both, Decimal(2 * self.leg.multiplier))

    def quote(self) -> Quote:
        """Return it as the parser gave it out."""
        row, coins = self.row, self.leg.multiplier
        bid, bid_qty, ask, ask_qty = Decimal(row.bid), Decimal(row.bid_qty), Decimal(row.ask), Decimal(row.ask_qty)
        if coins != 1:
            bid, ask, bid_qty, ask_qty = bid / coins, ask / coins, bid_qty * coins, ask_qty * coins
        at = Instant(row.received_ms, row.received_ms)
        leg = self.leg
        return Quote(leg.venue, leg.symbol, bid, bid_qty, ask, ask_qty, row.update_id, row.exchange_ms, at)


class StoredTrade(Struct, frozen=True, gc=False):
    """A spot trade with its leg. `run` is the number of its run in this store."""

    leg: Leg
    row: TradeRow
    run: int

    @property
    def price(self) -> Decimal:
        """The price per coin, exact."""
        return per_coin(self.row.price, self.leg.multiplier)
