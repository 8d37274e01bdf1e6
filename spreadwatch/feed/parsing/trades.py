"""Payloads of the trade stream into trades, for the recorder."""

from collections.abc import Iterable
from typing import Annotated

import msgspec

from spreadwatch.core.events import Trade, Trades
from spreadwatch.core.quote import Instant, Side
from spreadwatch.feed.binance import Contract
from spreadwatch.feed.parsing.base import Envelope, EnvelopeParser, positive

_END_OF_IDS = 1 << 62
_LAST_MS = 1 << 43


class _Trade(msgspec.Struct):
    """Wire form."""

    s: str = ""
    t: Annotated[int, msgspec.Meta(ge=0, lt=_END_OF_IDS)] = -1
    p: str = ""
    q: str = ""
    T: Annotated[int, msgspec.Meta(ge=0, lt=_LAST_MS)] = 0


class TradeParser(EnvelopeParser[_Trade, Trade, Trades]):
    """Turn payloads into trades, each once: its id must be above the last one."""

    kind = "trade"
    what = "trade"
    envelope = Envelope[_Trade]

    def __init__(self, side: Side, contracts: Iterable[Contract]) -> None:
        """Take trades of `contracts`."""
        super().__init__(side, contracts)
        self._last_ids: dict[str, int] = {}

    def key_in(self, stream: str, data: _Trade) -> str:
        """Return the exchange's name of the contract."""
        return data.s

    def value(self, data: _Trade, contract: Contract, at: Instant) -> Trade | None:
        """Return a trade, its numbers as they are on the wire. Raises Rejected for a number that is none."""
        for number in (data.p, data.q):
            positive(number)
        if data.t <= self._last_ids.get(data.s, -1):
            return None
        self._last_ids[data.s] = data.t
        return Trade(contract.symbol, data.t, data.p, data.q, data.T, at)

    def read(self, values: list[Trade], rejects: tuple[str, ...], repeated: tuple[str, ...]) -> Trades:
        """Return the trades of one read."""
        return Trades(values, bool(values), rejects, repeated)
