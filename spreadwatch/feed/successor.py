"""The connection that will replace one before it ends: opened beside it, handed over once it delivers."""

import threading

import websocket

from spreadwatch.core.events import Clock
from spreadwatch.core.quote import Instant
from spreadwatch.feed.reader import Reader
from spreadwatch.feed.reasons import Failure, explain
from spreadwatch.feed.worker import Worker


class Successor(Worker):
    """Open a reader's connection and read until its first quote; then somebody else goes on with it.

    Thread `feed-<venue>-next`. After `finished`: `ready` is set, or `failure` tells why not.
    """

    def __init__(self, name: str, reader: Reader, request: str, limit_s: float, clock: Clock) -> None:
        """Give the handshake `limit_s` seconds and the first quote as many again."""
        super().__init__(name)
        self.reader = reader
        self.ready: Instant | None = None
        self.failure: Failure | None = None
        self.finished = threading.Event()
        self._request = request
        self._limit_s = limit_s
        self._clock = clock
        self._began = clock()

    def stop(self) -> None:
        """Give up, at once. Any thread."""
        super().stop()
        self.reader.connection.cut()

    def overdue(self, now: Instant) -> bool:
        """Tell whether it took too long and must be cut."""
        return not self.finished.is_set() and now.since(self._began) > 2 * self._limit_s * 1000

    def _run(self) -> None:
        try:
            self.reader.open(self._limit_s, self._request)
            while self.failure is None and self.reader.delivered is None and not self._stopping.is_set():
                self.failure = self.reader.step()
            self.ready = self.reader.delivered
        except (OSError, websocket.WebSocketException) as error:
            self.failure = explain(error, self.reader.connection.host, self._limit_s)
        finally:
            self.finished.set()
