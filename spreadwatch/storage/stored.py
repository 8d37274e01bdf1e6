"""Quotes and trades as they come out of a store, with exact decimals."""

from decimal import Decimal

from msgspec import Struct

from spreadwatch.core.quote import Instant, Quote
from spreadwatch.storage.rows import EXACT, QuoteRow, StoredLeg, TradeRow, per_coin


class StoredQuote(Struct, frozen=True, gc=False):
    """A quote with its leg. `run` is the number of its run in this store."""

    leg: StoredLeg
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
        return Quote(leg.side, leg.symbol, bid, bid_qty, ask, ask_qty, row.update_id, row.exchange_ms, at)


class StoredTrade(Struct, frozen=True, gc=False):
    """A spot trade with its leg. `run` is the number of its run in this store."""

    leg: StoredLeg
    row: TradeRow
    run: int

    @property
    def price(self) -> Decimal:
        """The price per coin, exact."""
        return per_coin(self.row.price, self.leg.multiplier)
