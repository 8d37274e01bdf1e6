"""Payloads of one side into quotes: every foreign text becomes a valid quote or a counted reject."""

import threading
from collections.abc import Iterable
from decimal import Decimal
from typing import Annotated

import msgspec

from spreadwatch.core.events import Batch
from spreadwatch.core.quote import Instant, Quote, Side
from spreadwatch.feed.binance import Contract
from spreadwatch.feed.parsing.base import NOT_A_VALUE, Parser, Rejected, positive, reason_of, take_reply

_MEMORY = 16384
_LAST_MS = 1 << 43  # a Unix time of the year 2248: no clock of an exchange is there
_END_OF_IDS = 1 << 62


class _BookTicker(msgspec.Struct, gc=False):
    """Wire form, in the wire's order, which is read fastest.

    Spot sends no T; an absent field keeps its default, which no valid quote has.
    """

    u: Annotated[int, msgspec.Meta(lt=_END_OF_IDS)] = 0
    s: str = ""
    b: str = ""
    B: str = ""
    a: str = ""
    A: str = ""
    T: Annotated[int, msgspec.Meta(gt=0, lt=_LAST_MS)] | None = None


class _Envelope(msgspec.Struct, gc=False):
    """Wire form of a combined stream's message, no more of it than a quote needs: each field costs time."""

    data: _BookTicker | None = None


class _NumberMemory(dict[str, Decimal]):
    """Text -> positive number; remembers the last few thousand, because prices and sizes repeat within seconds."""

    def __missing__(self, text: str) -> Decimal:
        number = positive(text)
        if len(self) >= _MEMORY:
            self.clear()
        self[text] = number
        return number


class QuoteParser(Parser):
    """Turn the payloads of one side into batches, in the order of its update ids."""

    kind = "bookTicker"

    def __init__(
        self, side: Side, contracts: Iterable[Contract], unseen: Iterable[Contract] = (), shard: int = 0
    ) -> None:
        """Take quotes of `contracts`; those of `unseen`, the heartbeat, count as life and go no further.

        `shard` numbers the connection among those of its side.
        """
        watched, unseen = list(contracts), list(unseen)
        super().__init__(side, (*watched, *unseen))
        self._shard = shard
        self._unseen = tuple(unseen)
        self._heartbeats = {contract.wire for contract in unseen} - {contract.wire for contract in watched}
        self._numbers = _NumberMemory()
        self._last_ids = dict.fromkeys(self._contracts, 0)
        self._ids_lock = threading.Lock()
        self._behind: dict[str, Instant] = {}
        self._decode = msgspec.json.Decoder(_Envelope).decode

    def again(self) -> "QuoteParser":
        """Return a parser of the same contracts for another connection."""
        watched = [one for wire, one in list(self._contracts.items()) if wire not in self._heartbeats]
        parser = QuoteParser(self.side, watched, self._unseen, self._shard)
        parser.keeps_texts = self.keeps_texts
        return parser

    def watch(self, contract: Contract) -> None:
        """Take one more contract."""
        with self._ids_lock:
            self._last_ids.setdefault(contract.wire, 0)
        self._contracts[contract.wire] = contract
        self._heartbeats.discard(contract.wire)

    def forget(self, contract: Contract) -> None:
        """Let a contract's quotes, those that are under way too, go no further."""
        self._heartbeats.add(contract.wire)

    def needs(self, contract: Contract) -> bool:
        """Tell whether a contract is the heartbeat."""
        return any(contract.wire == one.wire for one in self._unseen)

    def connect(self) -> None:
        """Begin with a new connection. What is old stays old: a server may be behind the one before."""
        super().connect()
        self._behind.clear()

    def restart(self) -> None:
        """Forget the update ids, because the exchange has begun to count anew."""
        with self._ids_lock:
            self._last_ids = dict.fromkeys(self._last_ids, 0)

    @property
    def is_behind(self) -> bool:  # type: ignore[override]
        """Whether some symbol sent only update ids below its last since it last sent a new one."""
        return bool(self._behind)

    def stuck(self, at: Instant, limit_ms: int) -> str | None:
        """Name a symbol that for over `limit_ms` sent nothing but update ids below its last; None if none did."""
        if not self._behind:
            return None
        return next((symbol for symbol, since in self._behind.items() if at.since(since) > limit_ms), None)

    def raw_batch(self, payloads: Iterable[bytes], at: Instant) -> Batch:
        """Parse payloads without envelope, as a capture holds them, received at `at`."""
        return self.batch((b'{"data":%b}' % payload for payload in payloads), at)

    def batch(self, payloads: Iterable[bytes], at: Instant) -> Batch:
        """Parse what one read brought, in combined-stream envelopes, received at `at`.

        The hot path of the program, so written out in one piece.
        """
        quotes: list[Quote] = []
        rejects: list[str] = []
        repeated: list[str] = []
        heard = False
        side, decode, numbers, behind = self.side, self._decode, self._numbers, self._behind
        contracts, heartbeats, last_ids = self._contracts, self._heartbeats, self._last_ids
        texts: list[tuple[str, str, str, str]] | None = [] if self.keeps_texts else None
        for payload in payloads:
            try:
                payload.isascii() or payload.decode()  # raises: msgspec looks only into the fields it reads
                ticker = decode(payload).data
                if ticker is None or (contract := contracts.get(ticker.s)) is None:
                    self._take_other(payload, ticker)
                    continue
                bid, ask = numbers[ticker.b], numbers[ticker.a]
                bid_qty, ask_qty = numbers[ticker.B], numbers[ticker.A]
                wire, update_id = contract.wire, ticker.u
                if bid >= ask or update_id <= last_ids[wire]:
                    _check(bid, ask, update_id)  # raises unless it is a valid quote that comes late
                    if update_id < last_ids[wire]:
                        behind.setdefault(wire, at)
                    repeated.append(contract.symbol)
                    continue
            except (Rejected, *NOT_A_VALUE) as fault:
                rejects.append(reason_of(fault))
                continue
            last_ids[wire] = update_id
            heard = True
            if behind:
                behind.pop(wire, None)
            if heartbeats and wire in heartbeats:
                continue
            if contract.multiplier != 1:
                bid, ask = bid / contract.multiplier, ask / contract.multiplier
                bid_qty, ask_qty = bid_qty * contract.multiplier, ask_qty * contract.multiplier
            quotes.append(Quote(side, contract.symbol, bid, bid_qty, ask, ask_qty, update_id, ticker.T, at))
            if texts is not None:
                texts.append((ticker.b, ticker.B, ticker.a, ticker.A))
        kept = None if texts is None else tuple(texts)
        return Batch(side, at, quotes, heard, tuple(rejects), tuple(repeated), self._shard, kept)

    def _take_other(self, payload: bytes, ticker: _BookTicker | None) -> None:
        """Take an acknowledgement or a notice. Raises Rejected for anything else."""
        if ticker is not None and ticker.s:
            raise Rejected("foreign symbol")
        self.leaving |= take_reply(payload)


def _check(bid: Decimal, ask: Decimal, update_id: int) -> None:
    """Raise Rejected with the reason unless the numbers of a quote go together."""
    if bid >= ask:
        raise Rejected("locked" if bid == ask else "crossed")
    if update_id <= 0:
        raise Rejected("negative" if update_id else "missing field")
