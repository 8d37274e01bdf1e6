"""One connection from its handshake to its end, a read at a time; and the thread that opens the next one beside it."""

import threading
import time
from collections.abc import Callable
from typing import cast

import websocket

from spreadwatch.core.events import Clock, Read
from spreadwatch.core.quote import Instant
from spreadwatch.feed.dial import WebSocketConnection
from spreadwatch.feed.frames import Close, FrameDecoder, Ping, Violation
from spreadwatch.feed.parsing.base import Parser
from spreadwatch.feed.reasons import Failure, explain, one_line
from spreadwatch.feed.subscriptions import Subscriptions
from spreadwatch.worker import Worker

_FROZEN_MS = 1500
"""A read returns after half a second at the latest; when more than this went by, the machine slept in between."""

_HEAVY_S = 0.005
"""Processor time of one read, under 1 ms for market data, from which on the reader is throttled and sleeps as long
again: two readers that are flooded with empty frames would leave the screen no time. The exchange feels that as
backpressure."""

_ENDED = Failure("the exchange closed the connection without a word")

_Control = Ping | Close | Violation

Take = Callable[[list[bytes], Instant], Read]
"""Takes the payloads of one read and returns what was in them."""


class Reader:
    """Read from one connection. One thread at a time; `connection.cut` ends it from any."""

    def __init__(self, connection: WebSocketConnection, take: Take, clock: Clock) -> None:
        """Hand what arrives on `connection` to `take`."""
        self.connection = connection
        self.delivered: Instant | None = None
        """When the last valid quote came, a repeated one too; None before the first. Any thread may read it."""
        self.since: Instant = clock()
        """The last valid, new quote, or before it the moment the connection opened or was begun."""
        self.cut_reason: str | None = None
        """Why the watchdog cut the connection; None unless it did."""
        self.is_open = False
        self._decoder = FrameDecoder()
        self.take = take
        """Where payloads go. The reading thread."""
        self._clock = clock
        self._last_step: Instant = self.since

    def open(self, limit_s: float, request: str) -> None:
        """Connect within `limit_s` seconds and send `request`. Raises what the connection raises."""
        self.connection.open(limit_s)
        self.connection.send(request)
        self.since = self._last_step = self._clock()
        self.is_open = True

    def step(self) -> Failure | None:
        """Read once, for half a second at most; return why the connection is over, None if it is not.

        Raises OSError or websocket.WebSocketException.
        """
        try:
            data: bytes | None = self.connection.recv()
        except TimeoutError:
            data = None
        at = self._clock()
        slept_ms = at.since(self._last_step)
        self._last_step = at
        if slept_ms > _FROZEN_MS:  # what the system kept for us meanwhile is as old as that
            return Failure(f"this machine slept, or the program was stopped, for {slept_ms / 1000:.0f} s")
        if data is None:
            return None
        if not data:
            return _ENDED
        began_s = time.thread_time()
        failure = self._digest(data, at)
        spent_s = time.thread_time() - began_s
        if spent_s > _HEAVY_S:
            time.sleep(spent_s)
        return failure

    def _digest(self, data: bytes, at: Instant) -> Failure | None:
        """Take what a read brought; return why the connection is over, None if it is not."""
        messages = self._decoder.feed(data)
        control: list[_Control] = []
        if self._decoder.rare:
            control = [message for message in messages if not isinstance(message, bytes)]
            messages = [message for message in messages if isinstance(message, bytes)]
        if payloads := cast(list[bytes], messages):
            batch = self.take(payloads, at)
            if batch.heard:
                self.since = at
            if batch.heard or batch.repeated:
                self.delivered = at
        return self._obey(control) if control else None

    def _obey(self, control: list[_Control]) -> Failure | None:
        """Answer pings; return why the connection is over, None if it is not."""
        last = control[-1]
        if isinstance(last, Ping):  # the last one answers for all: pongs count against the request limit
            self.connection.pong(last.payload)
            return None
        if isinstance(last, Violation):
            return Failure(f"the exchange broke the protocol: {last.reason}")
        words = f": {one_line(last.reason)}" if last.reason else ""
        code = "" if last.code is None else f" ({last.code})"
        return Failure(f"the exchange closed the connection{code}{words}")


class Successor(Worker):
    """Open a reader's connection and read until its first quote; then somebody else goes on with it.

    That is make-before-break: the connection that it will replace serves until then. What it brings meanwhile is held
    back, because the old connection may be slower, and the quotes that are still under way on it would come too late.

    Thread `feed-<side>-next`. After `finished`: `ready` is set, or `failure` tells why not.
    """

    def __init__(
        self,
        name: str,
        connection: WebSocketConnection,
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
