"""A run on something recorded, whose time a person can stop, turn back and hurry. No tkinter here."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from msgspec import Struct

from spreadwatch.config import Config
from spreadwatch.core.events import Batch, Event, Link
from spreadwatch.core.market import Market
from spreadwatch.core.pair_name import of_key, spot_symbol
from spreadwatch.core.quote import Side
from spreadwatch.core.snapshot import Snapshot
from spreadwatch.core.source import Source
from spreadwatch.core.times import utc
from spreadwatch.errors import CaptureError
from spreadwatch.feed import binance
from spreadwatch.run.inbox import DRAIN_S, Inbox, Pump
from spreadwatch.run.session import Session
from spreadwatch.sources.capture import Capture
from spreadwatch.sources.playhead import Playhead
from spreadwatch.sources.replay import Reel, Replay, capture_events, opened
from spreadwatch.storage.history import END_MS, History
from spreadwatch.storage.rows import StorageError
from spreadwatch.worker import Worker

_RUSH_S = 0.024
"""Longest time one turn spends on events on the way to somewhere: the window still answers 40 times a second."""

_RUSH_PAINT_S = 0.25

_WAIT_S = 0.001


class PlaybackPump(Pump):
    """Let events into the market as far as the playhead allows; what is left waits in the inbox."""

    def __init__(
        self,
        inbox: Inbox,
        market: Market,
        playhead: Playhead,
        rewind: Callable[[], Inbox],
        is_read: Callable[[], bool],
    ) -> None:
        """Serve `market` from `inbox`, in recorded time.

        `rewind` lets the events come again and returns their inbox; `is_read` tells whether all are in the inbox.
        """
        super().__init__(inbox, market, lambda: playhead.now)
        self._playhead = playhead
        self._rewind = rewind
        self._is_read = is_read
        self._last: Snapshot | None = None
        self._frozen_s = 0.0

    def drain(self, budget_s: float = DRAIN_S) -> bool:
        """Apply events for at most `budget_s` seconds; tell whether no more may be applied now."""
        playhead = self._playhead
        if playhead.must_rewind:
            self._inbox = self._rewind()
            self._again.clear()
            self._latest = None
            self.market.restart()
            playhead.rewound()
        limit_ms = playhead.limit_ms()
        if limit_ms is None:
            return True
        deadline = time.perf_counter() + budget_s
        while (event := self._next()) is not None:
            if isinstance(event, Batch | Link) and event.at.wall_ms > limit_ms:
                self._again.append(event)
                playhead.came_to(limit_ms)
                return True
            if self._moves_what_is_hunted(event):
                playhead.found()
                return True
            if time.perf_counter() > deadline:
                playhead.held_up()
                return False
        if self._is_read() and self._inbox.empty():
            playhead.ended()
        else:
            playhead.held_up()
        return True

    def _next(self) -> Event | None:
        return self._again.pop() if self._again else self._inbox.get()

    def _moves_what_is_hunted(self, event: Event) -> bool:
        """Apply an event; tell whether it moved the extreme that the playhead looks for."""
        playhead, market = self._playhead, self.market
        self._latest = None
        hunted = playhead.hunted if playhead.target_ms is None else None
        before = market.extremes(hunted) if hunted else None
        try:
            market.apply(event)
        except Exception:
            self._keep(event)
            raise
        if isinstance(event, Batch | Link):
            playhead.applied(event.at.wall_ms)
        if before is None or hunted is None:
            return False
        (high, low), (high_before, low_before) = market.extremes(hunted), before
        return high is not high_before or low is not low_before

    def turn(self) -> Snapshot:
        """Apply what is due, then return the snapshot of the moment reached; the same one while time stands.

        On the way to somewhere it is a little behind: painting all of that would take longer than getting there.
        """
        playhead = self._playhead
        self.drain(_RUSH_S if playhead.is_rushing else DRAIN_S)
        last, real_s = self._last, time.monotonic()
        if last is not None and playhead.is_rushing and real_s - self._frozen_s < _RUSH_PAINT_S:
            return last
        now, latest = playhead.now, self._latest
        if latest is None or latest.at != now:
            self._latest = self._last = latest = self.market.snapshot(now, self._shown)
            self._frozen_s = real_s
        return latest


class Playback(Session):
    """A session on a reel, under the control of `playhead`."""

    def __init__(
        self,
        reel: Reel,
        symbols: Iterable[str],
        settings: Config,
        speed: float | None,
        *,
        then_end: bool,
        real_s: Callable[[], float] = time.monotonic,
    ) -> None:
        """Play at `speed` times the recorded pace, None for as fast as it goes; `real_s` tells real seconds.

        With `then_end` the legs turn stale after the last event.
        """
        super().__init__(symbols, settings, None, lambda _: [], Source.REPLAY)
        self.playhead = Playhead(reel.first_ms, reel.last_ms, speed, real_s)
        self._reel = reel
        self._then_end = then_end
        self._replay = self._reader()
        self.pump = PlaybackPump(self.inbox, self.market, self.playhead, self._rewind, self._is_read)

    def _reader(self) -> Replay:
        return Replay(self._reel, self.inbox.put_waiting, then_end=self._then_end)

    def _recruit_all(self) -> list[Worker]:
        return [self._replay]

    def _is_read(self) -> bool:
        return self._replay.done.is_set()

    def _rewind(self) -> Inbox:
        """Read the reel again, into another inbox: what is still under way from before finds nobody."""
        self._replay.stop()
        self.workers = [worker for worker in self.workers if not worker.join(0)]
        self.inbox = Inbox(self.settings.feed.inbox_batches)
        self._replay = self._reader()
        self.launch(self._replay)
        return self.inbox

    def play_to_end(self) -> Snapshot:
        """Play without a window and return the last snapshot. Raises SpreadwatchError when not all could be read."""
        while not self.playhead.has_ended:
            if self.pump.drain():
                time.sleep(_WAIT_S)
        if self._replay.failure is not None:
            raise self._replay.failure
        return self.pump.turn()


class Playable(Struct, frozen=True):
    """What a replay plays, and how it is called. `faults` counts by reason what of a capture was skipped."""

    name: str
    symbols: tuple[str, ...]
    reel: Reel
    faults: Counter[str]


def of_capture(path: Path, chosen: Sequence[str], heartbeat: str, from_ms: int = 0, to_ms: int = END_MS) -> Playable:
    """Look through a capture for its symbols, or those `chosen`, from a moment up to, not including, another.

    Raises CaptureError when there is nothing to play.
    """
    capture = Capture(path)
    found, moments = set[tuple[Side, str]](), [END_MS, 0, END_MS, 0]
    for record in capture.records():
        at_ms = record.recv_ms
        moments[:2] = min(moments[0], at_ms), at_ms
        if from_ms <= at_ms < to_ms:
            moments[2:] = min(moments[2], at_ms), at_ms
            found.add((record.side, record.symbol))
    first_ms, last_ms = moments[2:]
    if moments[0] == END_MS:
        skipped = f" ({capture.faults.total()} unusable lines)" if capture.faults else ""
        raise CaptureError(
            f"{path} holds no bookTicker frame{skipped}: expected lines such as "
            '{"market":"spot","recv_ms":1723161254087,"raw":{…}}'
        )
    if first_ms > last_ms:
        raise CaptureError(_outside(str(path), moments[0], moments[1]))
    symbols = tuple(chosen) or _pairs(found)
    if relative := [key for key in symbols if of_key(key).is_relative]:
        raise CaptureError(f"{path} names a quarter by its day of delivery, such as BTCUSDT_261225, not {relative[0]}")
    contracts = {side: [binance.contract(side, symbol) for symbol in symbols] for side in Side}

    def events() -> Iterator[Event]:
        return capture_events(Capture(path), contracts, heartbeat, from_ms, to_ms)

    return Playable(str(path), symbols, Reel(first_ms, last_ms, events), capture.faults.copy())


def _pairs(found: set[tuple[Side, str]]) -> tuple[str, ...]:
    """Return the pairs of which legs were found, by side and name on the wire; a lonely spot leg is a perpetual's."""
    wires = {(side, wire) for side, wire in found if wire and "@" not in wire}
    futures = {binance.pair_of(wire) for side, wire in wires if side is Side.FUTURES}
    covered = {spot_symbol(key) for key in futures}
    keys = dict.fromkeys(map(binance.pair_of, sorted({wire for _, wire in wires})))
    return tuple(key for key in keys if key in futures or key not in covered)


def of_history(history: History, name: str, chosen: Sequence[str], from_ms: int = 0, to_ms: int = END_MS) -> Playable:
    """Take of a recording its symbols, or those `chosen`, from a moment up to, not including, another.

    Raises StorageError when there is nothing to play.
    """
    recorded = history.symbols()
    symbols = tuple(chosen or recorded)
    if missing := [symbol for symbol in symbols if symbol not in recorded]:
        raise StorageError(f"{name} holds no {', '.join(missing)}; it has {', '.join(recorded) or 'no quote yet'}")
    span = history.span()
    if span is None or not symbols:
        raise StorageError(f"{name} is empty: record something first")

    def events() -> Iterator[Event]:
        return opened(history.events(symbols, from_ms, to_ms))

    first = next((event.at.wall_ms for event in events() if isinstance(event, Batch | Link)), None)
    if first is None:
        raise StorageError(_outside(name, *span))
    return Playable(name, symbols, Reel(first, min(span[1], to_ms - 1), events), Counter())


def _outside(name: str, first_ms: int, last_ms: int) -> str:
    first, last = (utc(at_ms, "seconds") for at_ms in (first_ms, last_ms))
    return f"{name} holds nothing between those times: it goes from {first} to {last}"
