"""Payloads of the mark price stream into marks: funding, mark and index price of futures contracts."""

from decimal import Decimal, InvalidOperation

import msgspec

from spreadwatch.core.events import Mark, Marks
from spreadwatch.core.quote import Instant
from spreadwatch.feed.binance import Contract
from spreadwatch.feed.parsing.base import Envelope, EnvelopeParser, Rejected, positive

_SIGNED = frozenset("-0123456789.")


class _MarkPrice(msgspec.Struct):
    """Wire form. Source: the exchange's documents and frames captured on 2026-10-07."""

    s: str = ""
    p: str = ""
    i: str = ""
    r: str = ""
    T: int = 0


class MarkParser(EnvelopeParser[_MarkPrice, Mark, Marks]):
    """Turn payloads into marks."""

    kind = "markPrice@1s"
    what = "mark price"
    envelope = Envelope[_MarkPrice]

    def key_in(self, stream: str, data: _MarkPrice) -> str:
        """Return the exchange's name of the contract."""
        return data.s

    def value(self, data: _MarkPrice, contract: Contract, at: Instant) -> Mark:
        """Return a mark per coin. Raises Rejected for a number that is none."""
        mark = positive(data.p) / contract.multiplier
        index = positive(data.i) / contract.multiplier if data.i.strip("0.") else None
        if data.T <= 0 or not data.r:  # none is scheduled: a contract with delivery, or one that is being delisted
            return Mark(contract.symbol, mark, index, None, None, at)
        return Mark(contract.symbol, mark, index, _rate(data.r), data.T, at)

    def read(self, values: list[Mark], rejects: tuple[str, ...], repeated: tuple[str, ...]) -> Marks:
        """Return the marks of one read."""
        return Marks(values, bool(values), rejects, repeated)


def _rate(text: str) -> Decimal:
    if len(text) > 24 or not _SIGNED.issuperset(text):
        raise Rejected("not a number")
    try:
        return Decimal(text)
    except InvalidOperation:
        raise Rejected("not a number") from None
