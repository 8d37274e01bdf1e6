"""A capture or a recording as a source: its events through the same inbox as live ones, in recorded order.

How fast they are applied is the business of whoever empties the inbox. Runs on thread `replay`.
"""

import threading
from collections.abc import Callable, Iterable, Iterator

from msgspec import Struct

from spreadwatch.core.events import Batch, Event, Fault, Link, Phase
from spreadwatch.core.quote import Instant, Side
from spreadwatch.errors import SpreadwatchError
from spreadwatch.feed.binance import Contract
from spreadwatch.sources.capture import Capture, batches
from spreadwatch.worker import Worker

_REPLAYING = "replaying"

WaitingSink = Callable[[Event, threading.Event], None]
"""Takes an event, waiting for room until the event given with it is set: a replay loses nothing."""


class Reel(Struct, frozen=True):
    """Something recorded, to be played any number of times.

    `events` begins anew with each call; what it raises of the world's failures ends the replay with a sentence.
    """

    first_ms: int
    last_ms: int
    events: Callable[[], Iterator[Event]]


class Replay(Worker):
    """Read a reel once."""

    restartable = False

    def __init__(self, reel: Reel, sink: WaitingSink, *, then_end: bool) -> None:
        """Hand over every event of `reel`.

        With `then_end` the legs turn stale after the last one, as it befits a window that stays open.
        """
        super().__init__("replay")
        self.done = threading.Event()
        """Set after the last event was handed over."""
        self.failure: SpreadwatchError | None = None
        """Why not all could be read, None while it can. Read it after `done`."""
        self._reel = reel
        self._sink = sink
        self._then_end = then_end
        self._last: Instant | None = None

    def _run(self) -> None:
        reason = "the recording has ended"
        try:
            self._play()
        except SpreadwatchError as error:
            self.failure, reason = error, "the recording cannot be read any further"
            self._sink(Fault(str(error)), self._stopping)
        finally:
            if self._last is not None and self._then_end and not self._stopping.is_set():
                for link in links(Phase.LOST, reason, self._last):
                    self._sink(link, self._stopping)
            self.done.set()

    def _play(self) -> None:
        for event in self._reel.events():
            if self._stopping.is_set():
                return
            self._sink(event, self._stopping)
            if isinstance(event, Batch | Link):
                self._last = event.at


def links(phase: Phase, reason: str, at: Instant) -> list[Link]:
    """Return the news that both connections entered a phase."""
    return [Link(side, phase, reason, at) for side in Side]


def opened(events: Iterable[Event]) -> Iterator[Event]:
    """Yield the events of a recording that may begin anywhere.

    A side that is first heard of by what it sent had an open connection: that is told before. What a recording
    tells of its connections itself stays as it is.
    """
    known: set[Side] = set()
    for event in events:
        if isinstance(event, Batch | Link) and event.side not in known:
            known.add(event.side)
            if isinstance(event, Batch):
                yield Link(event.side, Phase.OPEN, _REPLAYING, event.at)
        yield event


def capture_events(
    capture: Capture,
    contracts: dict[Side, list[Contract]],
    heartbeat: str | None = None,
    from_ms: int = 0,
    to_ms: int | None = None,
) -> Iterator[Event]:
    """Yield what was received from a moment up to, not including, another; None: up to the end.

    Quotes of the symbol `heartbeat` prove a connection alive, watched or not.
    """
    found = _between(batches(capture, contracts, heartbeat), from_ms, to_ms)
    for first in found:
        yield from links(Phase.OPEN, _REPLAYING, first.at)
        yield first
        yield from found


def _between(found: Iterable[Batch], from_ms: int, to_ms: int | None) -> Iterator[Batch]:
    for batch in found:
        if to_ms is not None and batch.at.wall_ms >= to_ms:
            return
        if batch.at.wall_ms >= from_ms:
            yield batch
