"""A capture as a source: the recorded frames through the same sink, in recorded order, at any speed.

The recorded receive times are the clock: gaps pass as empty batches, so a silent stretch is stale
in a replay as it was live. Runs on thread `replay`.
"""

import logging
import threading
import time
from collections.abc import Callable

from spreadwatch.core.events import Batch, Event, Link, Phase
from spreadwatch.core.quote import Instant, Venue
from spreadwatch.feed.binance import Contract
from spreadwatch.feed.capture import Capture, batches
from spreadwatch.feed.worker import Worker

_TICK_S = 0.016

log = logging.getLogger(__name__)

WaitingSink = Callable[[Event, threading.Event], None]
"""Takes an event, waiting for room until the event given with it is set: a replay loses nothing."""


class Replay(Worker):
    """Play a capture once."""

    restartable = False

    def __init__(
        self,
        capture: Capture,
        contracts: dict[Venue, list[Contract]],
        sink: WaitingSink,
        speed: float | None,
        *,
        done: threading.Event,
        then_end: bool,
        heartbeat: str | None = None,
    ) -> None:
        """Play at `speed` times the recorded pace, None for as fast as it goes.

        Quotes of the symbol `heartbeat` prove a connection alive, watched or not.
        `done` is set after the last event was handed over.
        With `then_end` the legs turn stale after the last frame, as it befits a window that stays open.
        """
        super().__init__("replay")
        self._done = done
        self._capture = capture
        self._contracts = contracts
        self._heartbeat = heartbeat
        self._sink = sink
        self._speed = speed
        self._then_end = then_end

    def _run(self) -> None:
        try:
            last = self._play()
            if last is not None and self._then_end:
                self._link(Phase.LOST, "the recording has ended", last)
        finally:
            self._done.set()

    def _play(self) -> Instant | None:
        """Hand over every batch at its time; return the last moment."""
        last: Instant | None = None
        began_s = time.monotonic()
        began_ms = 0
        for batch in batches(self._capture, self._contracts, self._heartbeat):
            if last is None:
                began_ms = batch.at.wall_ms
                self._link(Phase.OPEN, "replaying", batch.at)
            if self._speed is not None:
                self._wait(batch, began_s, began_ms)
            if self._stopping.is_set():
                break
            self._sink(batch, self._stopping)
            last = batch.at
        return last

    def _wait(self, batch: Batch, began_s: float, began_ms: int) -> None:
        """Let recorded time pass up to `batch`, telling the market of it."""
        speed = self._speed or 1.0
        due_s = began_s + (batch.at.wall_ms - began_ms) / 1000 / speed
        while (left_s := due_s - time.monotonic()) > 0:
            if self._stopping.wait(min(left_s, _TICK_S)):
                return
            passed_ms = min(began_ms + int((time.monotonic() - began_s) * 1000 * speed), batch.at.wall_ms)
            self._sink(Batch(batch.venue, Instant(passed_ms, passed_ms), [], heard=False), self._stopping)

    def _link(self, phase: Phase, reason: str, at: Instant) -> None:
        for venue in Venue:
            self._sink(Link(venue, phase, reason, at), self._stopping)
