"""One connection's thread: connect, read in bulk, parse, hand over; again after every loss.

Threads: `feed-spot`, `feed-futures` and the like run `Stream._run`. Beside each, `…-next` opens the successor
that replaces a connection before the exchange ends it, make-before-break. The watchdog's thread calls `check`, which
only cuts sockets; the reader wakes from that at once and does the rest. What is decided, and when, is in `policy`.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import websocket

from spreadwatch.core.events import Clock, Phase, Read, Sink
from spreadwatch.core.quote import Instant
from spreadwatch.feed.binance import Contract
from spreadwatch.feed.dial import WebSocketConnection
from spreadwatch.feed.health import Health, HealthReport
from spreadwatch.feed.parsing.base import Parser
from spreadwatch.feed.policy import REGION, Policy, Renewal, StreamSettings
from spreadwatch.feed.reader import Reader, Successor
from spreadwatch.feed.reasons import Failure, explain
from spreadwatch.feed.resolve import Resolver
from spreadwatch.feed.subscriptions import Subscriptions
from spreadwatch.worker import Worker

_STOPPED = Failure("told to stop")

log = logging.getLogger(__name__)


Tell = Callable[[Phase, str, Instant], None]
"""Hears that the connection entered a phase, why, and when."""


class Stream(Worker):
    """One connection of combined streams, kept up until `stop`."""

    def __init__(
        self,
        name: str,
        url: str,
        parser: Parser,
        *,
        settings: StreamSettings,
        ca_file: Path | None,
        sink: Sink,
        tell: Tell,
        clock: Clock,
        chance: Callable[[], float],
        renewing: threading.Lock,
    ) -> None:
        """Subscribe to the streams of `parser`, called `name` for a person, and put what it reads into `sink`.

        Streams that share the lock `renewing` never replace their connections at the same time.
        """
        super().__init__(f"feed-{name.replace(' ', '-')}")
        self.name = name
        self.failure: Failure | None = None
        """Why the last attempt or connection failed; None while none did. Any thread may read it."""
        self.health = Health(name)
        self._url = url
        self._ca_file = ca_file
        self._parser = parser
        self._subscriptions = Subscriptions(parser.streams())
        self._settings = settings
        self._sink = sink
        self._tell_phase = tell
        self._clock = clock
        self._renewing = renewing
        self._policy = Policy(settings, chance)
        self._resolver = Resolver()
        self._reader: Reader | None = None
        self._successor: Successor | None = None

    def watch(self, contracts: Iterable[Contract]) -> None:
        """Subscribe to more contracts, without reconnecting. Any thread."""
        contracts = list(contracts)
        for contract in contracts:
            self._parser.watch(contract)
        self._subscriptions.want(map(self._parser.stream_of, contracts))

    def keep_texts(self) -> None:
        """Let batches carry the wire's texts from now on. Any thread."""
        self._parser.keeps_texts = True

    def forget(self, contracts: Iterable[Contract]) -> None:
        """Unsubscribe from contracts, without reconnecting. Any thread."""
        contracts = list(contracts)
        parser = self._parser
        self._subscriptions.drop(parser.stream_of(contract) for contract in contracts if not parser.needs(contract))
        for contract in contracts:
            self._parser.forget(contract)

    def stop(self) -> None:
        """Ask the thread to end and wake it. Returns at once. Any thread."""
        super().stop()
        if successor := self._successor:
            successor.stop()
        if reader := self._reader:
            reader.connection.cut()

    def health_at(self, now: Instant) -> HealthReport:
        """Return the figures of the connection at `now`. Any thread."""
        return self.health.report(now)

    def barred(self) -> str | None:
        """Return the exchange's refusal of this location, None while there is none. Any thread."""
        failure = self.failure
        return failure.reason if failure is not None and failure.status == REGION else None

    def check(self, now: Instant) -> None:
        """Cut a connection that is silent or a handshake that takes too long. The watchdog's thread."""
        successor = self._successor
        if successor and not successor.finished.is_set() and self._policy.is_late(successor.began, now):
            successor.stop()
        reader = self._reader
        if reader is None or reader.cut_reason:
            return
        limit_s = self._policy.silent_s(reader.since, now, is_open=reader.is_open)
        if limit_s is not None:
            reader.cut_reason = (
                f"{self.name} sent no {self._parser.what} for {limit_s:g} s"
                if reader.is_open
                else f"{reader.connection.host} did not answer within {limit_s:g} s"
            )
            reader.connection.cut()

    def _run(self) -> None:
        while not self._stopping.wait(self._policy.attempt(time.monotonic())):
            try:
                self.failure = self._connect_and_read()
            except Exception:
                self._tell(Phase.LOST, "an error in this program ended the connection")
                raise
            if self._stopping.is_set():
                break
            self.health.closed(self.failure.reason)
            wait_s = self._policy.lost(time.monotonic(), self.failure.pause_s)
            again = f"; trying again in {wait_s:.0f} s" if wait_s >= 1 else "; trying again"
            log.warning("%s feed: %s%s", self.name, self.failure.reason, again)
            self._tell(Phase.LOST, self.failure.reason + again)
            self._stopping.wait(wait_s)

    def _connect_and_read(self) -> Failure:
        """Make one attempt and read until the connection, and all that replaced it, ends; return why it did."""
        self._parser.connect()
        reader = self._reader = Reader(self._new_connection(), self._take, self._clock)
        host = reader.connection.host
        before = f"{self.failure.reason}; " if self.failure else ""
        self._tell(Phase.OPENING, f"{before}connecting to {host}")
        try:
            if self._stopping.is_set():
                return _STOPPED
            reader.open(self._settings.handshake_s, self._subscriptions.begin(time.monotonic()))
            self._opened()
            log.info("%s feed: connected to %s", self.name, host)
            self._tell(Phase.OPEN, f"connected to {host}")
            failure = self._read()
        except (OSError, websocket.WebSocketException) as error:
            failure = self._explain(error, reader)
        finally:
            self._drop_successor()
            self._close()
        return failure

    def _read(self) -> Failure:
        """Read until the present connection ends and none is ready to take over; return why it did."""
        while self._reader is not None and not self._stopping.is_set():
            failure = self._step(self._reader)
            if failure is None:
                self._renew()
            elif self._successor is not None and self._successor.ready is not None:
                self._hand_over(self._successor)
            else:
                return failure
        return _STOPPED

    def _step(self, reader: Reader) -> Failure | None:
        try:
            failure = reader.step()
            if request := self._subscriptions.request(time.monotonic()):
                reader.connection.send(request)
        except (OSError, websocket.WebSocketException) as error:
            return self._explain(error, reader)
        if reader.cut_reason:
            if self._parser.is_behind:  # silent but for old quotes
                self._parser.restart()
            return Failure(reader.cut_reason)
        if symbol := self._parser.stuck(self._clock(), round(self._settings.silence_s * 1000)):
            self._parser.restart()
            return Failure(f"the update ids of {symbol} stay below the last one: the exchange may count anew")
        return failure

    def _explain(self, error: Exception, reader: Reader) -> Failure:
        if reader.cut_reason:
            return Failure(reader.cut_reason)
        return explain(error, reader.connection.host, self._settings.handshake_s)

    def _take(self, payloads: list[bytes], at: Instant) -> Read:
        """Parse what a read brought and hand it over."""
        batch = self._parser.batch(payloads, at)
        if batch.heard or batch.rejects or batch.repeated:
            self._sink(batch)
        self.health.took(batch, at, len(payloads))
        return batch

    def _renew(self) -> None:
        """Begin or go on to replace the connection, if its time has come."""
        successor, policy, now_s = self._successor, self._policy, time.monotonic()
        if self._parser.leaving:
            self._parser.leaving = False
            policy.leaving(now_s)
        if successor is None:
            if policy.may_begin(now_s) and self._renewing.acquire(blocking=False):
                self._begin_successor()
            return
        has_ended = successor.finished.is_set()  # asked first: it ends as it becomes ready
        step = policy.with_successor(successor.ready, self._clock(), has_ended=has_ended)
        if step is Renewal.HAND_OVER:
            self._hand_over(successor)
        elif step is Renewal.DROP:
            failure = successor.failure or _STOPPED
            if successor.failure is not None:
                log.warning("%s feed: no replacement yet: %s", self.name, failure.reason)
            self._drop_successor()
            policy.dropped(time.monotonic(), failure.pause_s)

    def _begin_successor(self) -> None:
        self._policy.begun(time.monotonic())
        if self._reader is not None:
            self._reader.connection.hurry()
        self._successor = Successor(
            f"{self._thread.name}-next",
            self._new_connection(),
            self._parser.again(),
            self._subscriptions.copy(),
            self._settings.handshake_s,
            self._clock,
        )
        self._successor.start()

    def _hand_over(self, successor: Successor) -> None:
        """Go on with the successor's connection, which delivers, and close the old one."""
        old, self._reader = self._reader, successor.reader
        self._successor = None
        self._renewing.release()
        self._opened()
        self._parser.connect()
        self._subscriptions.adopt(successor.subscriptions.asked, time.monotonic())
        successor.hand_over(self._take)
        if old is not None:
            old.connection.close()
        log.info("%s feed: the connection was replaced before its end", self.name)

    def _drop_successor(self) -> None:
        successor, self._successor = self._successor, None
        if successor is not None:
            successor.stop()
            successor.join(self._settings.handshake_s)
            successor.reader.connection.close()
            self._renewing.release()

    def _new_connection(self) -> WebSocketConnection:
        return WebSocketConnection(self._url, self._ca_file, self._resolver)

    def _opened(self) -> None:
        self.health.opened(self._clock())
        self._policy.opened(time.monotonic())

    def _close(self) -> None:
        reader, self._reader = self._reader, None
        if reader is not None:
            reader.connection.close()

    def _tell(self, phase: Phase, reason: str) -> None:
        self._tell_phase(phase, reason, self._clock())
