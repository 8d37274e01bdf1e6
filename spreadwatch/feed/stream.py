"""One venue's thread: connect, read in bulk, parse, hand over; again after every loss.

Threads: `feed-spot` and `feed-futures` run `Stream._run`. The watchdog's thread calls `check`, which only
cuts the socket; the reader wakes from that at once and does the rest.
"""

import logging
import ssl
import time
from collections.abc import Callable

import websocket
from msgspec import Struct

from spreadwatch.core.events import Clock, Link, Phase, Sink
from spreadwatch.core.quote import Instant, Venue
from spreadwatch.feed import binance
from spreadwatch.feed.backoff import Attempts, delays
from spreadwatch.feed.dial import Connection
from spreadwatch.feed.frames import Close, FrameDecoder, Ping, Violation
from spreadwatch.feed.messages import QuoteParser
from spreadwatch.feed.reasons import Failure, explain
from spreadwatch.feed.worker import Worker

_FIRST_DELAY_S = 0.5
_PROVEN_S = 30.0  # of good data, before the backoff starts from its beginning again
_ENDED = Failure("the exchange closed the connection without a word")

log = logging.getLogger(__name__)


class StreamSettings(Struct, frozen=True):
    """How long, in seconds, silence, a handshake and the wait between attempts may last."""

    silence_s: float
    handshake_s: float
    backoff_cap_s: float


class Stream(Worker):
    """A venue's connection, kept up until `stop`."""

    def __init__(
        self,
        venue: Venue,
        base_url: str,
        contracts: list[binance.Contract],
        heartbeat: binance.Contract,
        *,
        settings: StreamSettings,
        tls: ssl.SSLContext,
        sink: Sink,
        clock: Clock,
        chance: Callable[[], float],
    ) -> None:
        """Subscribe to `contracts` and to `heartbeat`, the busy symbol that proves a connection alive."""
        super().__init__(f"feed-{venue}")
        self.venue = venue
        self.failure: Failure | None = None
        """Why the last attempt or connection failed; None while none did. Any thread may read it."""
        self._url = binance.stream_url(venue, base_url)
        self._tls = tls
        wires = dict.fromkeys([*(contract.wire for contract in contracts), heartbeat.wire])
        self._streams = [binance.book_ticker(wire) for wire in wires]
        unseen = [heartbeat] if heartbeat not in contracts else []
        self._parser = QuoteParser(venue, contracts, unseen)
        self._settings = settings
        self._sink = sink
        self._clock = clock
        self._chance = chance
        self._attempts = Attempts()
        self._connection: Connection | None = None
        self._since: Instant = clock()  # of the attempt, or of the last valid quote once open
        self._open = False
        self._cut_reason: str | None = None

    def stop(self) -> None:
        """Ask the thread to end and wake it. Returns at once. Any thread."""
        super().stop()
        if connection := self._connection:
            connection.cut()

    def check(self, now: Instant) -> None:
        """Cut a connection that is silent or a handshake that takes too long. The watchdog's thread."""
        connection = self._connection
        if connection is None or self._cut_reason:
            return
        limit_s = self._settings.silence_s if self._open else self._settings.handshake_s
        if now.since(self._since) > limit_s * 1000:
            self._cut_reason = (
                f"{self.venue} sent no quote for {limit_s:g} s"
                if self._open
                else f"{connection.host} did not answer within {limit_s:g} s"
            )
            connection.cut()

    def _run(self) -> None:
        waits = delays(_FIRST_DELAY_S, self._settings.backoff_cap_s, self._chance)
        while not self._stopping.is_set():
            self._stopping.wait(self._attempts.pause(time.monotonic()))
            if self._stopping.is_set():
                break
            opened_s = time.monotonic()
            try:
                self.failure = self._connect_and_read()
            except Exception:
                log.exception("%s feed: a bug ended the connection", self.venue)
                self.failure = Failure("an error in this program ended the connection: see the log")
            if self._stopping.is_set():
                break
            if self._proven(opened_s):
                waits = delays(_FIRST_DELAY_S, self._settings.backoff_cap_s, self._chance)
            wait_s = max(next(waits), self.failure.pause_s)
            again = f"; trying again in {wait_s:.0f} s" if wait_s >= 1 else "; trying again"
            log.warning("%s feed: %s%s", self.venue, self.failure.reason, again)
            self._tell(Phase.LOST, self.failure.reason + again)
            self._stopping.wait(wait_s)

    def _proven(self, opened_s: float) -> bool:
        """Tell whether the connection that just ended had been good for long enough."""
        return self._open and time.monotonic() - opened_s > _PROVEN_S

    def _connect_and_read(self) -> Failure:
        """Make one attempt and read until the connection ends; return why it did."""
        connection = Connection(self._url, self._tls)
        before = f"{self.failure.reason}; " if self.failure else ""
        self._tell(Phase.OPENING, f"{before}connecting to {connection.host}")
        self._open, self._cut_reason, self._since = False, None, self._clock()
        self._connection = connection
        try:
            if self._stopping.is_set():
                return _ENDED
            connection.open(self._settings.handshake_s)
            connection.send(binance.subscribe(self._streams, 1))
            self._since, self._open = self._clock(), True
            log.info("%s feed: connected to %s", self.venue, connection.host)
            self._tell(Phase.OPEN, f"connected to {connection.host}")
            failure = self._read(connection)
        except (OSError, websocket.WebSocketException) as error:
            failure = explain(error, connection.host, self._settings.handshake_s)
        finally:
            self._connection = None
            connection.close()
        return Failure(self._cut_reason) if self._cut_reason else failure

    def _read(self, connection: Connection) -> Failure:
        """Hand over every quote until the connection ends; return why it did."""
        decoder = FrameDecoder()
        while not self._stopping.is_set():
            try:
                data = connection.recv()
            except TimeoutError:
                continue
            at = self._clock()
            if not data:
                break
            payloads: list[bytes] = []
            control: list[Ping | Close | Violation] = []
            for message in decoder.feed(data):
                if isinstance(message, bytes):
                    payloads.append(message)
                else:
                    control.append(message)
            if payloads:
                self._hand_over(payloads, at)
            if control and (failure := _obey(control, connection)):
                return failure
        return _ENDED

    def _hand_over(self, payloads: list[bytes], at: Instant) -> None:
        batch = self._parser.batch(payloads, at)
        if batch.heard:
            self._since = at
        if batch.heard or batch.rejects:
            self._sink(batch)

    def _tell(self, phase: Phase, reason: str) -> None:
        self._sink(Link(self.venue, phase, reason, self._clock()))


def _obey(control: list[Ping | Close | Violation], connection: Connection) -> Failure | None:
    """Answer pings; return why the connection is over, None if it is not."""
    last = control[-1]
    if isinstance(last, Ping):  # the last one answers for all: pongs count against the request limit
        connection.pong(last.payload)
        return None
    if isinstance(last, Violation):
        return Failure(f"the exchange broke the protocol: {last.reason}")
    words = f": {last.reason}" if last.reason else ""
    code = "" if last.code is None else f" ({last.code})"
    return Failure(f"the exchange closed the connection{code}{words}")
