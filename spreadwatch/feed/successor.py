"""The connection that will replace one before it ends: opened beside it, handed over once it delivers.

What it brings meanwhile is held back: the old connection may be slower, and the quotes that are still under
way on it would come too late.
"""

import threading
import time

import websocket

from spreadwatch.core.events import Clock, Read
from spreadwatch.core.quote import Instant
from spreadwatch.feed.dial import Connection
from spreadwatch.feed.parsing.base import Parser
from spreadwatch.feed.reader import Reader, Take
from spreadwatch.feed.reasons import Failure, explain
from spreadwatch.feed.subscriptions import Subscriptions
from spreadwatch.worker import Worker


class Successor(Worker):
    """Open a reader's connection and read until its first quote; then somebody else goes on with it.

    Thread `feed-<side>-next`. After `finished`: `ready` is set, or `failure` tells why not.
    """

    def __init__(
        self,
        name: str,
        connection: Connection,
        parser: Parser,
        subscriptions: Subscriptions,
        limit_s: float,
        clock: Clock,
    ) -> None:
        """Give the handshake `limit_s` seconds and the first quote as many again; `parser` judges what comes."""
        super().__init__(name)
        self.reader = Reader(connection, self._hold, clock)
        self.ready: Instant | None = None
        self.failure: Failure | None = None
        self.finished = threading.Event()
        self.subscriptions = subscriptions
        self._limit_s = limit_s
        self.began = clock()
        """The moment it was made."""
        self._parser = parser
        self._held: list[tuple[list[bytes], Instant]] = []

    def stop(self) -> None:
        """Give up, at once. Any thread."""
        super().stop()
        self.reader.connection.cut()

    def hand_over(self, take: Take) -> None:
        """Let `take` have what was held back and all that will come. After `ready`, the thread that goes on."""
        for payloads, at in self._held:
            take(payloads, at)
        self.reader.take = take

    def _hold(self, payloads: list[bytes], at: Instant) -> Read:
        self._held.append((payloads, at))
        return self._parser.batch(payloads, at)

    def _run(self) -> None:
        try:
            self.reader.open(self._limit_s, self.subscriptions.begin(time.monotonic()))
            while self.failure is None and self.reader.delivered is None and not self._stopping.is_set():
                self.failure = self.reader.step()
            self.ready = self.reader.delivered
        except (OSError, websocket.WebSocketException) as error:
            self.failure = explain(error, self.reader.connection.host, self._limit_s)
        finally:
            self.finished.set()
