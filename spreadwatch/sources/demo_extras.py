"""Invented funding and books that go with the demo's quotes. Pure: the same quotes give the same values."""

from decimal import Decimal

from spreadwatch.core.depth import Level
from spreadwatch.core.events import Book, Mark
from spreadwatch.core.quote import Instant, Quote

INTERVAL_H = 8
_HOUR_MS = 3_600_000
_LEVELS = 20
_PER_BPS = Decimal("0.000025")  # the rate follows the basis, as it does on a market
_RATE_STEP = Decimal("1E-8")
_TICK = Decimal("0.01")


def mark_of(spot: Quote, futures: Quote, at: Instant) -> Mark:
    """Return the mark that fits two quotes: mid prices, and a rate that grows with the basis."""
    index, mark = (spot.bid + spot.ask) / 2, (futures.bid + futures.ask) / 2
    basis_bps = (mark - index) / index * 10_000
    period_ms = INTERVAL_H * _HOUR_MS
    next_ms = (at.wall_ms // period_ms + 1) * period_ms
    return Mark(futures.symbol, mark, index, (basis_bps * _PER_BPS).quantize(_RATE_STEP), next_ms, at)


def book_of(quote: Quote) -> Book:
    """Return twenty levels around a quote, a tick apart, each larger than the one before."""
    bids = _side(quote.bid, quote.bid_qty, -_TICK)
    return Book(quote.side, quote.symbol, bids, _side(quote.ask, quote.ask_qty, _TICK), quote.received)


def _side(price: Decimal, quantity: Decimal, step: Decimal) -> tuple[Level, ...]:
    return tuple((price + step * number, quantity + quantity * number / 4) for number in range(_LEVELS))
