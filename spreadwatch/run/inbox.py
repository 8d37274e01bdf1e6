"""The bounded queue between sources and the market, and the pump that empties it on the owner's thread.

There is no backpressure on a live feed: what finds no room is dropped and counted. A replay waits instead. Snapshots
conflate what came between two of them; the model has seen every quote.
"""

import queue
import threading
import time
from collections.abc import Sequence

from spreadwatch.core.events import Batch, Clock, Dropped, Event, Link
from spreadwatch.core.market import Market
from spreadwatch.core.quote import Instant
from spreadwatch.core.snapshot import Snapshot

DRAIN_S = 0.012
"""Longest time one pump spends on events; what is left waits for the next frame."""

_IDLE_MS = 50
_ROOM_S = 0.002
_TRIES = 5


class Inbox:
    """Events on their way to the market. Any thread may put, one thread takes."""

    def __init__(self, batches: int) -> None:
        """Hold at most so many batches."""
        self._limit = batches
        self._queue: queue.Queue[Event] = queue.Queue()
        self._dropped = 0
        self._lock = threading.Lock()

    def put(self, event: Event) -> None:
        """Hand over an event without ever waiting: quotes that find no room are counted as dropped.

        News of a connection is rare and always finds room: without it a lost leg would look live.
        """
        if isinstance(event, Batch) and self._queue.qsize() >= self._limit:
            with self._lock:
                self._dropped += len(event.quotes)
        else:
            self._queue.put(event)

    def put_waiting(self, event: Event, stop: threading.Event) -> None:
        """Hand over an event, waiting for room until `stop` is set: for a replay, which must not lose any."""
        while self._queue.qsize() >= self._limit:
            if stop.wait(_ROOM_S):
                return
        self._queue.put(event)

    def empty(self) -> bool:
        """Tell whether nothing waits now."""
        return self._queue.empty() and not self._dropped

    def get(self) -> Event | None:
        """Take the next event, None when there is none now."""
        if self._dropped:
            with self._lock:
                lost, self._dropped = self._dropped, 0
            return Dropped(lost)
        try:
            return self._queue.get_nowait()
        except queue.Empty:
            return None


class Pump:
    """Move what has arrived into the market and freeze a snapshot. Owner's thread only."""

    def __init__(self, inbox: Inbox, market: Market, clock: Clock) -> None:
        """Serve `market` from `inbox`; `clock` tells the present of this source."""
        self.market = market
        self._inbox = inbox
        self._clock = clock
        self._latest: Snapshot | None = None
        self._again: list[Event] = []  # one at most
        self._shown: Sequence[str] | None = None
        self._refused: Event | None = None
        self._tries = 0

    def drain(self, budget_s: float = DRAIN_S) -> bool:
        """Apply waiting events for at most `budget_s` seconds; tell whether all were applied.

        What the market raises comes out; news of a connection is applied again at the next calls, a few times,
        because all that follows it depends on it.
        """
        deadline = time.perf_counter() + budget_s
        get, apply = self._inbox.get, self.market.apply
        while (event := self._again.pop() if self._again else get()) is not None:
            self._latest = None
            try:
                apply(event)
            except Exception:
                self._keep(event)
                raise
            if time.perf_counter() > deadline:
                return False
        return True

    def _keep(self, event: Event) -> None:
        """Keep an event that the market failed on, for another try."""
        self._tries = self._tries + 1 if event is self._refused else 1
        self._refused = event
        if isinstance(event, Link) and self._tries < _TRIES:
            self._again.append(event)

    def reset(self, symbol: str) -> None:
        """Forget the extremes of `symbol`; the next snapshot shows it."""
        self.market.reset(symbol)
        self._latest = None

    def show(self, symbols: Sequence[str] | None) -> None:
        """Let snapshots hold these symbols in full and of the others a row; None, as at first: all in full."""
        self._shown = symbols
        self._latest = None

    def add(self, symbol: str, shard: int, at: Instant) -> None:
        """Watch one more symbol, on the connections of a shard; the next snapshot shows it."""
        self.market.add(symbol, shard, at)
        self._latest = None

    def remove(self, symbol: str) -> None:
        """Watch a symbol no longer; the next snapshot shows it."""
        self.market.remove(symbol)
        self._latest = None

    def turn(self) -> Snapshot:
        """Drain within the budget, then return the snapshot of this moment.

        While nothing happens a snapshot is good for 50 ms: an idle window asks 60 times a second.
        """
        now = self._clock()
        latest = self._latest
        if latest is None or not self._inbox.empty() or not 0 <= now.since(latest.at) < _IDLE_MS:
            self.drain()
            self._latest = latest = self.market.snapshot(self._clock(), self._shown)
        return latest
