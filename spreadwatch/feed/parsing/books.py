"""Payloads of the partial depth streams into books of the best twenty levels."""

from itertools import pairwise

import msgspec

from spreadwatch.core.depth import Level
from spreadwatch.core.events import Book, Books
from spreadwatch.core.quote import Instant
from spreadwatch.feed.binance import Contract
from spreadwatch.feed.parsing.base import Envelope, EnvelopeParser, Rejected, positive

_SUFFIX = "depth20@100ms"
_MAX_LEVELS = 20

_Side = list[tuple[str, str]]


class _Depth(msgspec.Struct):
    """Wire form of both sides: spot says bids and asks and no symbol, futures b and a."""

    bids: _Side = []
    asks: _Side = []
    b: _Side = []
    a: _Side = []


class BookParser(EnvelopeParser[_Depth, Book, Books]):
    """Turn payloads of one side into books. The stream's name tells the contract: spot's payloads do not."""

    kind = _SUFFIX
    what = "book"
    envelope = Envelope[_Depth]

    def key_of(self, contract: Contract) -> str:
        """Return the name of a contract's stream."""
        return self.stream_of(contract)

    def key_in(self, stream: str, data: _Depth) -> str:
        """Return the name of the stream."""
        return stream if _SUFFIX in stream else ""

    def value(self, data: _Depth, contract: Contract, at: Instant) -> Book:
        """Return a book per coin. Raises Rejected unless its prices fall and rise as those of a book."""
        bids = _levels(data.bids or data.b, contract.multiplier)
        asks = _levels(data.asks or data.a, contract.multiplier)
        prices = [price for price, _ in (*reversed(bids), *asks)]
        if any(after <= before for before, after in pairwise(prices)):
            raise Rejected("crossed")
        return Book(self.side, contract.symbol, bids, asks, at)

    def read(self, values: list[Book], rejects: tuple[str, ...], repeated: tuple[str, ...]) -> Books:
        """Return the books of one read, the last one of each symbol."""
        last = {book.symbol: book for book in values}
        return Books(list(last.values()), bool(last), rejects, repeated)


def _levels(side: _Side, multiplier: int) -> tuple[Level, ...]:
    if len(side) > _MAX_LEVELS:
        raise Rejected("too many levels")
    return tuple((positive(price) / multiplier, positive(quantity) * multiplier) for price, quantity in side)
