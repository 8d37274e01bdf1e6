"""Payloads of the mark price stream into marks: funding, mark and index price of futures contracts."""

from collections.abc import Iterable
from decimal import Decimal, InvalidOperation

import msgspec

from spreadwatch.core.events import Mark, Marks
from spreadwatch.core.quote import Instant
from spreadwatch.feed.binance import Contract
from spreadwatch.feed.parsing.base import Parser
from spreadwatch.feed.parsing.quotes import NOT_A_QUOTE, Rejected, positive, reason_of, take_reply

_SIGNED = frozenset("-0123456789.")


class _MarkPrice(msgspec.Struct):
    """Wire form. Source: the exchange's documents and frames captured on 2026-10-07."""

    s: str = ""
    p: str = ""
    i: str = ""
    r: str = ""
    T: int = 0


class _Envelope(msgspec.Struct):
    data: _MarkPrice | None = None


class MarkParser(Parser):
    """Turn payloads into marks."""

    kind = "markPrice@1s"
    what = "mark price"

    def __init__(self, contracts: Iterable[Contract]) -> None:
        """Take marks of `contracts`."""
        super().__init__(contracts)
        self._decode = msgspec.json.Decoder(_Envelope).decode

    def batch(self, payloads: Iterable[bytes], at: Instant) -> Marks:
        """Parse what one read brought, in combined-stream envelopes, received at `at`."""
        marks: list[Mark] = []
        rejects: list[str] = []
        for payload in payloads:
            try:
                wire = self._decode(payload).data
                if wire is None or not wire.s:
                    self.leaving |= take_reply(payload)
                elif contract := self._contracts.get(wire.s):
                    marks.append(_mark(wire, contract, at))
            except (Rejected, *NOT_A_QUOTE) as fault:
                rejects.append(reason_of(fault))
        return Marks(marks, bool(marks), tuple(rejects))


def _mark(wire: _MarkPrice, contract: Contract, at: Instant) -> Mark:
    """Return a mark per coin. Raises Rejected for a number that is none."""
    mark = positive(wire.p) / contract.multiplier
    index = positive(wire.i) / contract.multiplier if wire.i.strip("0.") else None
    if wire.T <= 0 or not wire.r:  # none is scheduled: a contract with delivery, or one that is being delisted
        return Mark(contract.symbol, mark, index, None, None, at)
    return Mark(contract.symbol, mark, index, _rate(wire.r), wire.T, at)


def _rate(text: str) -> Decimal:
    if len(text) > 24 or not _SIGNED.issuperset(text):
        raise Rejected("not a number")
    try:
        return Decimal(text)
    except InvalidOperation:
        raise Rejected("not a number") from None
