"""Payloads of one venue into quotes: every foreign text becomes a valid quote or a counted reject."""

from collections.abc import Iterable
from decimal import Decimal, InvalidOperation

import msgspec

from spreadwatch.core.events import Batch
from spreadwatch.core.quote import Instant, Quote, Venue
from spreadwatch.feed.binance import Contract

_MEMORY = 4096
_MAX_UPDATE_ID = 1 << 62


class Rejected(Exception):  # noqa: N818 - an outcome, not an error
    """A payload that is not a valid quote; the message is the reason it is counted under."""


class _BookTicker(msgspec.Struct, gc=False):
    """Wire form. Spot sends no T; an absent field keeps its default, which no valid quote has."""

    s: str = ""
    u: int = 0
    b: str = ""
    B: str = ""
    a: str = ""
    A: str = ""
    T: int | None = None


class _Envelope(msgspec.Struct, gc=False):
    """Wire form of a combined stream's message, and of the replies to requests."""

    data: _BookTicker | None = None
    result: object = msgspec.UNSET
    error: object = msgspec.UNSET
    code: object = msgspec.UNSET


def positive(text: str) -> Decimal:
    """Return the exact value of a plain decimal text above zero. Raises Rejected with the reason."""
    # Decimal alone would take 1e5, 1_0, NaN, blanks and the digits of every script.
    if text.strip("0123456789."):
        raise Rejected("negative" if text.startswith("-") else "not a number")
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
    """Turn the payloads of one venue into batches. Not thread-safe."""

    def __init__(self, venue: Venue, contracts: Iterable[Contract], unseen: Iterable[Contract] = ()) -> None:
        """Take quotes of `contracts`; those of `unseen`, the heartbeat, count as life and go no further."""
        self.venue = venue
        self._contracts = {contract.wire: contract for contract in contracts}
        self._heartbeats = {contract.wire: contract for contract in unseen}
        self._prices = _Prices()
        self._decode_envelope = msgspec.json.Decoder(_Envelope).decode
        self._decode_raw = msgspec.json.Decoder(_BookTicker).decode

    def batch(self, payloads: Iterable[bytes], at: Instant) -> Batch:
        """Parse what one read brought, in combined-stream envelopes, received at `at`."""
        quotes: list[Quote] = []
        rejects: list[str] = []
        heard = False
        decode, contracts, quote_of = self._decode_envelope, self._contracts, self._quote
        for payload in payloads:
            try:
                message = decode(payload)
                ticker = message.data
                if ticker is None:
                    if message.result is msgspec.UNSET and message.error is msgspec.UNSET:
                        rejects.append("missing field" if message.code is msgspec.UNSET else "error reply")
                    elif message.error is not msgspec.UNSET:
                        rejects.append("error reply")
                    continue
                contract = contracts.get(ticker.s)
                if contract is None:
                    self._check_heartbeat(ticker, at)
                else:
                    quotes.append(quote_of(ticker, contract, at))
                heard = True
            except Rejected as reject:
                rejects.append(str(reject))
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as fault:
                rejects.append("wrong type" if isinstance(fault, msgspec.ValidationError) else "not JSON")
        return Batch(self.venue, at, quotes, heard, tuple(rejects))

    def quote(self, raw: bytes | msgspec.Raw, at: Instant) -> Quote:
        """Parse one payload without envelope, as a capture holds it. Raises Rejected with the reason."""
        try:
            ticker = self._decode_raw(raw)
        except msgspec.ValidationError:
            raise Rejected("wrong type") from None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise Rejected("not JSON") from None
        contract = self._contracts.get(ticker.s)
        if contract is None:
            raise Rejected("foreign symbol" if ticker.s else "missing field")
        return self._quote(ticker, contract, at)

    def _check_heartbeat(self, ticker: _BookTicker, at: Instant) -> None:
        contract = self._heartbeats.get(ticker.s)
        if contract is None:
            raise Rejected("foreign symbol" if ticker.s else "missing field")
        self._quote(ticker, contract, at)

    def _quote(self, ticker: _BookTicker, contract: Contract, at: Instant) -> Quote:
        bid, ask = self._prices[ticker.b], self._prices[ticker.a]
        bid_qty, ask_qty = positive(ticker.B), positive(ticker.A)
        if bid >= ask:
            raise Rejected("locked" if bid == ask else "crossed")
        if not 0 < ticker.u < _MAX_UPDATE_ID:
            raise Rejected("missing field" if ticker.u == 0 else "update id out of range")
        if contract.multiplier != 1:
            bid, ask = bid / contract.multiplier, ask / contract.multiplier
            bid_qty, ask_qty = bid_qty * contract.multiplier, ask_qty * contract.multiplier
        return Quote(self.venue, contract.symbol, bid, bid_qty, ask, ask_qty, ticker.u, ticker.T, at)
