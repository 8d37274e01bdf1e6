"""Payloads of the spot trade stream into trades, for the recorder."""

from collections.abc import Iterable
from typing import Annotated

import msgspec

from spreadwatch.core.events import Trade, Trades
from spreadwatch.core.quote import Instant
from spreadwatch.feed.binance import Contract
from spreadwatch.feed.parsing.base import Parser
from spreadwatch.feed.parsing.quotes import NOT_A_QUOTE, Rejected, positive, reason_of, take_reply

_END_OF_IDS = 1 << 62
_LAST_MS = 1 << 43


class _Trade(msgspec.Struct):
    """Wire form."""

    s: str = ""
    t: Annotated[int, msgspec.Meta(ge=0, lt=_END_OF_IDS)] = -1
    p: str = ""
    q: str = ""
    T: Annotated[int, msgspec.Meta(ge=0, lt=_LAST_MS)] = 0


class _Envelope(msgspec.Struct):
    data: _Trade | None = None


class TradeParser(Parser):
    """Turn payloads into trades, each once: its id must be above the last one."""

    kind = "trade"
    what = "trade"

    def __init__(self, contracts: Iterable[Contract]) -> None:
        """Take trades of `contracts`."""
        super().__init__(contracts)
        self._last_ids: dict[str, int] = {}
        self._decode = msgspec.json.Decoder(_Envelope).decode

    def batch(self, payloads: Iterable[bytes], at: Instant) -> Trades:
        """Parse what one read brought, in combined-stream envelopes, received at `at`."""
        trades: list[Trade] = []
        rejects: list[str] = []
        repeated: list[str] = []
        for payload in payloads:
            try:
                wire = self._decode(payload).data
                if wire is None or not wire.s:
                    self.leaving |= take_reply(payload)
                elif contract := self._contracts.get(wire.s):
                    positive(wire.p), positive(wire.q)
                    if wire.t <= self._last_ids.get(wire.s, -1):
                        repeated.append(contract.symbol)
                        continue
                    self._last_ids[wire.s] = wire.t
                    trades.append(Trade(contract.symbol, wire.t, wire.p, wire.q, wire.T, at))
            except (Rejected, *NOT_A_QUOTE) as fault:
                rejects.append(reason_of(fault))
        return Trades(trades, bool(trades), tuple(rejects), tuple(repeated))
