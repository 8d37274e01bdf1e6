"""What holds at this moment: the newest snapshot, whether it may be called live, and prices made of it."""

import time
from decimal import Context, Decimal, Inexact
from typing import Protocol

from spreadwatch.core.answers import Price, SpreadValue
from spreadwatch.core.leg import State
from spreadwatch.core.snapshot import PairSnapshot, Snapshot
from spreadwatch.core.source import Source

_TRADE_OLD_MS = 60_000
_EXACT = Context(prec=200, traps=[Inexact])


class Live(Protocol):
    """What the program watches now. Any thread."""

    def latest(self) -> Snapshot | None:
        """Return the newest snapshot, None before the first. Never blocks."""

    def health(self) -> str | None:
        """Return what is wrong in the program, in words; None when nothing is. Never blocks."""


class Present:
    """Looks at what is live. One thread: the service's."""

    def __init__(self, live: Live | None, still_s: float) -> None:
        """Call it stale when no new snapshot was seen for `still_s` seconds."""
        self._live = live
        self._still_s = still_s
        self._seen: Snapshot | None = None
        self._seen_s = time.monotonic()

    @property
    def watched(self) -> bool:
        """Whether there is anything live at all, or only a recording."""
        return self._live is not None

    def look(self) -> Snapshot | None:
        """Return the newest snapshot. Called several times a second by the service itself."""
        found = self._live.latest() if self._live else None
        if found is not self._seen:
            self._seen, self._seen_s = found, time.monotonic()
        return found

    def trouble(self) -> str | None:
        """Return why the present figures may not be relied on, in words; None when they may."""
        found = self.look()
        if self._live is None:
            return None
        still_s = time.monotonic() - self._seen_s
        if still_s > self._still_s:
            return f"the program has not renewed its figures for {still_s:.0f} s"
        if found is None:
            return "waiting for the first figures"
        if sentence := self._live.health():
            return sentence
        stale = [f"{pair.symbol} {pair.state.value}: {pair.reason}" for pair in found.pairs if not _live(pair)]
        return "; ".join(stale) or None

    def pair(self, symbol: str) -> PairSnapshot | None:
        """Return what the newest snapshot says of a symbol, None when it is not watched."""
        found = self.look()
        return next((pair for pair in found.pairs if pair.symbol == symbol), None) if found else None

    def price(self, symbol: str) -> Price | None:
        """Return the middle of the spot quote, None while that is not live."""
        pair = self.pair(symbol)
        if pair is None or pair.spot.state is not State.LIVE or pair.spot.quote is None:
            return None
        quote = pair.spot.quote
        mid = _EXACT.divide(_EXACT.add(quote.bid, quote.ask), Decimal(2))
        return Price(symbol, quote.received.wall_ms, mid, "mid" if pair.source is Source.LIVE else pair.source)

    def spread(self, symbol: str) -> SpreadValue | None:
        """Return the spread, None while it does not exist."""
        pair = self.pair(symbol)
        if pair is None or pair.spread.current is None or pair.spot.quote is None or pair.futures.quote is None:
            return None
        at_ms = max(pair.spot.quote.received.wall_ms, pair.futures.quote.received.wall_ms)
        return SpreadValue(symbol, at_ms, pair.spread.current, pair.source)


def newer(recorded: Price | None, live: Price | None) -> Price | None:
    """Choose the latest price: a trade stands before a mid unless it is a minute older; else the newer one."""
    if recorded is None or live is None:
        return recorded or live
    patience_ms = _TRADE_OLD_MS if recorded.source == "trade" else 0
    return live if live.at_ms > recorded.at_ms + patience_ms else recorded


def _live(pair: PairSnapshot) -> bool:
    return pair.state is State.LIVE
