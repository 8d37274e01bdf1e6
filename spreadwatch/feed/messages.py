"""Payloads of one venue into quotes: every foreign text becomes a valid quote or a counted reject."""

from collections.abc import Callable, Iterable
from decimal import Decimal, InvalidOperation
from typing import Annotated

import msgspec

from spreadwatch.core.events import Batch
from spreadwatch.core.quote import Instant, Quote, Venue
from spreadwatch.feed.binance import Contract

_MEMORY = 4096
_MAX_DIGITS = 24  # what Decimal adds and scales exactly, with room to spare
_LAST_MS = 1 << 43  # a Unix time of the year 2248: no clock of an exchange is there
_MAX_UPDATE_ID = 1 << 62
_LEAVING = "serverShutdown"


class Rejected(Exception):  # noqa: N818 - an outcome, not an error
    """A payload that is not a valid quote; the message is the reason it is counted under."""


class _Repeated(Exception):  # noqa: N818 - an outcome, not an error
    """A quote whose update id is not above the last one; the argument is its symbol."""


_NOT_A_QUOTE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class _BookTicker(msgspec.Struct, gc=False):
    """Wire form. Spot sends no T; an absent field keeps its default, which no valid quote has."""

    s: str = ""
    u: int = 0
    b: str = ""
    B: str = ""
    a: str = ""
    A: str = ""
    T: Annotated[int, msgspec.Meta(gt=0, lt=_LAST_MS)] | None = None


class _Envelope(msgspec.Struct, gc=False):
    """Wire form of a combined stream's message, and of the replies to requests."""

    stream: str = ""
    data: _BookTicker | None = None
    e: str = ""
    result: object = msgspec.UNSET
    error: object = msgspec.UNSET
    code: object = msgspec.UNSET


def positive(text: str) -> Decimal:
    """Return the exact value of a plain decimal text above zero. Raises Rejected with the reason."""
    # Decimal alone would take 1e5, 1_0, NaN, blanks and the digits of every script.
    if text.strip("0123456789."):
        raise Rejected("negative" if text.startswith("-") else "not a number")
    if len(text) > _MAX_DIGITS:
        raise Rejected("too many digits")
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise Rejected("not a number" if text else "missing field") from None
    if not number:
        raise Rejected("zero")
    return number


class _Prices(dict[str, Decimal]):
    """Text -> price; remembers the last few thousand, because prices repeat within seconds."""

    def __missing__(self, text: str) -> Decimal:
        price = positive(text)
        if len(self) >= _MEMORY:
            self.clear()
        self[text] = price
        return price


class QuoteParser:
    """Turn the payloads of one venue into batches, in the order of its update ids. Not thread-safe."""

    def __init__(self, venue: Venue, contracts: Iterable[Contract], unseen: Iterable[Contract] = ()) -> None:
        """Take quotes of `contracts`; those of `unseen`, the heartbeat, count as life and go no further."""
        self.venue = venue
        self.leaving = False
        """Whether the exchange gave notice that it will close the connection."""
        self._contracts = {contract.wire: contract for contract in contracts}
        self._heartbeats = {contract.wire: contract for contract in unseen}
        self._prices = _Prices()
        self._last_ids: dict[str, int] = {}
        self._behind: dict[str, Instant] = {}
        self._decode_envelope = msgspec.json.Decoder(_Envelope).decode
        self._decode_raw = msgspec.json.Decoder(_BookTicker).decode

    def connect(self) -> None:
        """Begin with a new connection. What is old stays old: a server may be behind the one before."""
        self.leaving = False
        self._behind.clear()

    def restart(self) -> None:
        """Forget the update ids, because the exchange has begun to count anew."""
        self._last_ids.clear()

    def stuck(self, at: Instant, limit_ms: int) -> str | None:
        """Name a symbol that for over `limit_ms` sent nothing but update ids below its last; None if none did."""
        if not self._behind:
            return None
        return next((symbol for symbol, since in self._behind.items() if at.since(since) > limit_ms), None)

    def batch(self, payloads: Iterable[bytes], at: Instant) -> Batch:
        """Parse what one read brought, in combined-stream envelopes, received at `at`."""
        return self._batch(payloads, at, self._enveloped)

    def raw_batch(self, payloads: Iterable[bytes | msgspec.Raw], at: Instant) -> Batch:
        """Parse payloads without envelope, as a capture holds them, received at `at`."""
        return self._batch(payloads, at, self._decode_raw)

    def _batch(
        self,
        payloads: Iterable[bytes | msgspec.Raw],
        at: Instant,
        decode: Callable[[bytes | msgspec.Raw], _BookTicker | None],
    ) -> Batch:
        quotes: list[Quote] = []
        rejects: list[str] = []
        repeated: list[str] = []
        heard = False
        take = self._take
        for payload in payloads:
            try:
                ticker = decode(payload)
                if ticker is None:
                    continue
                quote = take(ticker, at)
            except _Repeated as old:
                repeated.append(old.args[0])
            except (Rejected, *_NOT_A_QUOTE) as fault:
                rejects.append(_reason(fault))
            else:
                heard = True
                if quote is not None:
                    quotes.append(quote)
        return Batch(self.venue, at, quotes, heard, tuple(rejects), tuple(repeated))

    def _enveloped(self, payload: bytes | msgspec.Raw) -> _BookTicker | None:
        """Return what an envelope holds, None for an acknowledgement or a notice. Raises Rejected."""
        message = self._decode_envelope(payload)
        ticker = message.data
        if ticker is None:
            if message.e == _LEAVING:
                self.leaving = True
            else:
                _check_reply(message)
        elif not ticker.s and message.stream.endswith(_LEAVING):
            self.leaving = True
            return None
        return ticker

    def _take(self, ticker: _BookTicker, at: Instant) -> Quote | None:
        """Return a valid, new quote; None if it is the heartbeat's. Raises Rejected or _Repeated."""
        wire, update_id = ticker.s, ticker.u
        contract = self._contracts.get(wire) or self._heartbeats.get(wire)
        if contract is None:
            raise Rejected("foreign symbol" if wire else "missing field")
        bid, ask = self._prices[ticker.b], self._prices[ticker.a]
        bid_qty, ask_qty = positive(ticker.B), positive(ticker.A)
        if bid >= ask:
            raise Rejected("locked" if bid == ask else "crossed")
        if not 0 < update_id < _MAX_UPDATE_ID:
            raise Rejected("missing field" if update_id == 0 else "update id out of range")
        if update_id <= self._last_ids.get(wire, 0):
            self._behind.setdefault(wire, at)
            raise _Repeated(contract.symbol)
        self._last_ids[wire] = update_id
        if self._behind:
            self._behind.pop(wire, None)
        if wire not in self._contracts:
            return None
        if contract.multiplier != 1:
            bid, ask = bid / contract.multiplier, ask / contract.multiplier
            bid_qty, ask_qty = bid_qty * contract.multiplier, ask_qty * contract.multiplier
        return Quote(self.venue, contract.symbol, bid, bid_qty, ask, ask_qty, update_id, ticker.T, at)


def _check_reply(message: _Envelope) -> None:
    """Take the reply to a request. Raises Rejected unless it is an acknowledgement."""
    if message.error is not msgspec.UNSET or message.code is not msgspec.UNSET:
        raise Rejected("error reply")
    if message.result is msgspec.UNSET:
        raise Rejected("missing field")


def _reason(fault: Exception) -> str:
    if isinstance(fault, Rejected):
        return str(fault)
    return "wrong type" if isinstance(fault, msgspec.ValidationError) else "not JSON"
