"""Payloads of the partial depth streams into books of the best twenty levels."""

from collections.abc import Iterable
from itertools import pairwise

import msgspec

from spreadwatch.core.depth import Level
from spreadwatch.core.events import Book, Books
from spreadwatch.core.quote import Instant, Side
from spreadwatch.feed.binance import Contract
from spreadwatch.feed.parsing.base import Parser
from spreadwatch.feed.parsing.quotes import NOT_A_QUOTE, Rejected, positive, reason_of, take_reply

_SUFFIX = "depth20@100ms"
_MAX_LEVELS = 20

_Side = list[tuple[str, str]]


class _Depth(msgspec.Struct):
    """Wire form of both sides: spot says bids and asks and no symbol, futures b and a."""

    bids: _Side = []
    asks: _Side = []
    b: _Side = []
    a: _Side = []


class _Envelope(msgspec.Struct):
    stream: str = ""
    data: _Depth | None = None


class BookParser(Parser):
    """Turn payloads of one side into books."""

    kind = _SUFFIX
    what = "book"

    def __init__(self, side: Side, contracts: Iterable[Contract]) -> None:
        """Take books of `contracts`."""
        super().__init__(contracts)
        self._side = side
        self._decode = msgspec.json.Decoder(_Envelope).decode

    def key_of(self, contract: Contract) -> str:
        """Return what a payload calls a contract."""
        return self.stream_of(contract)

    def again(self) -> "BookParser":
        """Return a parser of the same contracts for another connection."""
        return BookParser(self._side, list(self._contracts.values()))

    def batch(self, payloads: Iterable[bytes], at: Instant) -> Books:
        """Parse what one read brought, in combined-stream envelopes, received at `at`; the last book of each counts."""
        books: dict[str, Book] = {}
        rejects: list[str] = []
        for payload in payloads:
            try:
                wire = self._decode(payload)
                if wire.data is None or _SUFFIX not in wire.stream:
                    self.leaving |= take_reply(payload)
                elif contract := self._contracts.get(wire.stream):
                    books[wire.stream] = self._book(wire.data, contract, at)
            except (Rejected, *NOT_A_QUOTE) as fault:
                rejects.append(reason_of(fault))
        return Books(list(books.values()), bool(books), tuple(rejects))

    def _book(self, wire: _Depth, contract: Contract, at: Instant) -> Book:
        """Return a book per coin. Raises Rejected unless its prices fall and rise as those of a book."""
        bids = _levels(wire.bids or wire.b, contract.multiplier)
        asks = _levels(wire.asks or wire.a, contract.multiplier)
        prices = [price for price, _ in (*reversed(bids), *asks)]
        if any(after <= before for before, after in pairwise(prices)):
            raise Rejected("crossed")
        return Book(self._side, contract.symbol, bids, asks, at)


def _levels(side: _Side, multiplier: int) -> tuple[Level, ...]:
    if len(side) > _MAX_LEVELS:
        raise Rejected("too many levels")
    return tuple((positive(price) / multiplier, positive(quantity) * multiplier) for price, quantity in side)
