"""The recorder: takes what feeds hand over and stores it, on thread `recorder`, a batch every tenth of a second.

`put` is called on the feeds' threads. It appends to a deque and adds to a number, so a feed never waits for a
disk. What finds no room is counted and becomes a gap. Everything else here runs on the recorder's thread.
"""

import logging
import threading
import time
import uuid
from collections import deque
from collections.abc import Collection, Iterable, Mapping

from msgspec import Struct

from spreadwatch.core.events import Batch, Clock, Event, Link, Naming, Trade, Trades
from spreadwatch.core.quote import Side
from spreadwatch.storage.chunker import Assembler, is_empty
from spreadwatch.storage.rows import Chunk, Limits, Named, Run, StorageError, Store
from spreadwatch.worker import Worker

ROW_BYTES = 1000
"""What one waiting quote takes of memory at most: the border bounds its texts."""

_CHUNK_ROWS = 5_000
"""Of one commit: a slow database must answer to it in time."""

_RETRY_S = 1.0
_PRUNE_S = 2.0

log = logging.getLogger(__name__)


class RecorderSettings(Struct, frozen=True):
    """`rows` and `size_bytes` bound what may wait to be stored. `commit_s`: seconds between two commits."""

    commit_s: float = 0.1
    rows: int = 200_000
    size_bytes: int = 128 << 20
    changes_only: bool = False
    limits: Limits = Limits()


class RecorderStatus(Struct, frozen=True):
    """`sentence` says what the recorder does, or what keeps it from it (then `well` is False).

    `stored`: quotes and trades of this run that are safe; `waiting`: that are not yet; `dropped`: that found no room.
    """

    well: bool
    sentence: str
    stored: int
    waiting: int
    dropped: int


class Recorder(Worker):
    """Record one run into one store, from `start` to `stop`. Events that were put before `start` are stored too."""

    def __init__(
        self,
        store: Store,
        contracts: Mapping[Side, Iterable[Named]],
        silence_ms: int,
        clock: Clock,
        settings: RecorderSettings | None = None,
        awaited: Collection[str] = frozenset(),
    ) -> None:
        """Record what `contracts` names; `silence_ms` is the market's.

        `awaited`: the pairs, by their keys, whose futures contracts only a listing tells.
        """
        super().__init__("recorder")
        self._settings = settings or RecorderSettings()
        self._store = store
        self._clock = clock
        start = clock()
        self.run = Run(str(uuid.uuid4()), start.wall_ms)
        changes_only = self._settings.changes_only
        self._assembler = Assembler(self.run, start, contracts, silence_ms, awaited=awaited, changes_only=changes_only)
        self._limit = min(self._settings.rows, self._settings.size_bytes // ROW_BYTES)
        self._events: deque[Batch | Link | Trade | Naming] = deque()
        self._put = dict.fromkeys([*Side, None], 0)  # each counted by one thread only
        self._taken = 0
        self._losses: dict[tuple[Side, str], tuple[int, int, int]] = {}
        self._losing = threading.Lock()
        self._dropped = self._stored = self._held = 0
        self._fault: str | None = None
        self._failed_open: StorageError | None = None
        self._is_open = False
        self._opened = threading.Event()
        self._pending: Chunk | None = None
        self._pending_weight = 0
        self._retry_at_s = self._prune_at_s = 0.0

    def ready(self, limit_s: float) -> None:
        """Wait until the store is open. Raises StorageError when it is refused or cannot be opened. Any thread."""
        if not self._opened.wait(limit_s):
            raise StorageError(f"the recording could not be opened within {limit_s:g} s")
        if self._failed_open is not None and not self._is_open:
            raise self._failed_open

    def put(self, event: Event) -> None:
        """Hand over an event without ever waiting: quotes that find no room are counted as dropped.

        Safe from any thread, as long as batches of one side come from one thread at a time.
        """
        if isinstance(event, Batch):
            weight = len(event.quotes) or 1
            if not self._has_room(weight):
                self._lose(event.side, event.at.wall_ms, [quote.symbol for quote in event.quotes])
                return
            self._put[event.side] += weight
            self._events.append(event)
        elif isinstance(event, Link | Naming):
            self._events.append(event)
        elif isinstance(event, Trades):
            for trade in event.trades:
                self.put_trade(trade)

    def put_trade(self, trade: Trade) -> None:
        """Hand over a spot trade likewise. One thread at a time."""
        if self._has_room(1):
            self._put[None] += 1
            self._events.append(trade)
        else:
            self._lose(Side.SPOT, trade.received.wall_ms, [trade.symbol])

    def status(self) -> RecorderStatus:
        """Return what it does at this moment. Any thread."""
        fault, note = self._fault, self._store.note() if self._is_open else None
        waiting = sum(self._put.values()) - self._taken
        sentence = fault or note or ("recording" if self._is_open else "opening the recording")
        return RecorderStatus(not (fault or note), sentence, self._stored, max(waiting, 0), self._dropped)

    def _has_room(self, weight: int) -> bool:
        return sum(self._put.values()) - self._taken + weight <= self._limit

    def _lose(self, side: Side, at_ms: int, symbols: list[str]) -> None:
        with self._losing:
            self._dropped += len(symbols)
            for symbol in symbols:
                first_ms, _, count = self._losses.get((side, symbol), (at_ms, 0, 0))
                self._losses[side, symbol] = (first_ms, at_ms + 1, count + 1)

    def _top(self) -> None:
        super()._top()
        self._store.close()

    def _failed(self, error: Exception, and_then: str) -> None:
        super()._failed(error, and_then)
        self._fault = f"an error in this program stopped the recorder ({type(error).__name__}); it begins again"
        self._give_up_pending()

    def _give_up_pending(self) -> None:
        """Count what was at hand as lost: it may be what failed."""
        chunk, self._pending = self._pending, None
        for leg, rows in chunk.quotes if chunk else ():
            reason = f"an error in this program lost {len(rows)} quotes"
            self._assembler.lost(leg.side, leg.symbol, rows[0].received_ms, rows[-1].received_ms + 1, reason)
        self._dropped += self._pending_weight
        self._taken += self._pending_weight
        self._pending_weight = 0

    def _run(self) -> None:
        stopping = False
        while not stopping:
            stopping = self._stopping.wait(self._settings.commit_s)
            if not self._is_open and not self._open():
                continue
            while self._store_some(last=stopping) and self._pending is None:
                pass
            self._prune()
        if self._pending is not None:
            log.warning("%d quotes could not be stored before the end: %s", self._pending_weight, self._fault)

    def _open(self) -> bool:
        if time.monotonic() < self._retry_at_s and not self._stopping.is_set():
            return False
        try:
            self._store.open(self.run)
        except StorageError as error:
            self._paused(error)
            self._failed_open = error
        else:
            self._is_open, self._fault = True, None
            log.info("recording, run %s", self.run.uuid)
        self._opened.set()
        return self._is_open

    def _store_some(self, *, last: bool) -> bool:
        """Store one chunk; tell whether there may be more to store now."""
        if self._pending is None:
            self._collect(last=last)
        elif time.monotonic() < self._retry_at_s and not last:
            return False
        chunk = self._pending
        if chunk is None:
            return False
        try:
            self._store.write(chunk)
        except StorageError as error:
            self._paused(error)
            return False
        if self._fault:
            log.info("recording again")
        self._fault, self._pending = None, None
        self._stored += chunk.rows
        self._taken += self._pending_weight
        self._pending_weight = 0
        return bool(self._events)

    def _collect(self, *, last: bool) -> None:
        """Make a chunk of what waits, with at most so many rows."""
        take, events = self._assembler.take, self._events
        while events and self._pending_weight < _CHUNK_ROWS:
            event = events.popleft()
            if isinstance(event, Batch):
                self._pending_weight += len(event.quotes) or 1
            elif isinstance(event, Trade):
                self._pending_weight += 1
            take(event)
        if self._losses and not events:
            self._tell_losses()
        chunk = self._assembler.chunk(last=last and not events)
        if is_empty(chunk):
            self._taken += self._pending_weight
            self._pending_weight = 0
        else:
            self._pending = chunk

    def _tell_losses(self) -> None:
        with self._losing:
            losses, self._losses = self._losses, {}
        for (side, symbol), (from_ms, to_ms, count) in losses.items():
            reason = f"the recorder had no room for {count} quotes"
            self._assembler.lost(side, symbol, from_ms, to_ms, reason)

    def _paused(self, error: StorageError) -> None:
        sentence = str(error)
        if self._fault != sentence:
            log.warning("recording paused: %s", sentence)
        self._fault = sentence
        self._retry_at_s = time.monotonic() + _RETRY_S

    def _prune(self) -> None:
        limits = self._settings.limits
        if not self._is_open or self._fault or time.monotonic() < self._prune_at_s:
            return
        try:
            more = self._store.prune(limits, self._clock().wall_ms)
        except StorageError as error:
            self._paused(error)
            more = False
        self._prune_at_s = time.monotonic() + (0 if more else _PRUNE_S)
