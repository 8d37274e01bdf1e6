"""Staleness: a thread looks at every connection 20 times a second and cuts those that say nothing."""

from collections.abc import Callable, Iterable
from typing import Protocol

from spreadwatch.core.events import Clock
from spreadwatch.core.quote import Instant
from spreadwatch.worker import Worker

_PERIOD_S = 0.05


class Watchable(Protocol):
    """What a watchdog can look at."""

    def check(self, now: Instant) -> None:
        """Cut the connection if it is silent at `now`. Must not block."""


class Watchdog(Worker):
    """Thread `feed-watchdog`: calls `check` on each stream until stopped."""

    def __init__(self, streams: Callable[[], Iterable[Watchable]], clock: Clock) -> None:
        """Look at what `streams` gives at the time, with the time of `clock`."""
        super().__init__("feed-watchdog")
        self._streams = streams
        self._clock = clock

    def _run(self) -> None:
        while not self._stopping.wait(_PERIOD_S):
            for stream in self._streams():
                try:
                    stream.check(self._clock())
                except Exception as error:  # noqa: BLE001 - logged; the other streams must be watched all the same
                    self._failed(error, "it goes on")
