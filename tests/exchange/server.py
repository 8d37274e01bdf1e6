"""A local exchange on loopback: spot and USD-M futures, streams and REST, which can be told to misbehave.

    with Exchange() as exchange:
        ...                                     # connect a client to exchange.spot_stream + "/stream"
        exchange.wait_subscribed("spot", "btcusdt@bookTicker")
        exchange.quote("spot", "BTCUSDT", "60000.00", "60000.01")

Real sockets, one daemon thread per connection, nothing left after the block. Venues are called "spot" and
"futures", the mark prices' part of futures "marks". Every method may be called from any thread.
"""

import json
import ssl
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from tests.exchange.capture import Serving, Source
from tests.exchange.connection import Answer, Close, Connection, usual_answer
from tests.exchange.frames import (
    STALL,
    Drip,
    EndlessHeader,
    Request,
    Response,
    Told,
    close_frame,
    encode,
    envelope,
    frame,
    futures_quote,
    handshake,
    http_response,
    spot_quote,
    stream_of,
)
from tests.exchange.rest import FUTURES_SYMBOLS, SPOT_SYMBOLS, Symbol
from tests.exchange.venue import JOIN_S, Venue

__all__ = [
    "STALL",
    "Close",
    "Connection",
    "Drip",
    "EndlessHeader",
    "Exchange",
    "Request",
    "Serving",
    "Symbol",
    "close_frame",
    "encode",
    "envelope",
    "frame",
    "handshake",
    "http_response",
]


class Exchange:
    """The local exchange, a context manager.

    `heartbeat`: seconds between BTCUSDT quotes on both venues. `ping_interval`: seconds between server pings.
    `tls`: a server context; URLs then begin with wss and https and name localhost. `clock_offset_ms`: the
    exchange's clock minus ours, in /time and in futures quotes. `changed` is notified on every event.
    `intervals`: hours between fundings in /fundingInfo.
    """

    def __init__(
        self,
        *,
        heartbeat: float | None = None,
        ping_interval: float | None = None,
        tls: ssl.SSLContext | None = None,
        spot_symbols: Sequence[Symbol] = SPOT_SYMBOLS,
        futures_symbols: Sequence[Symbol] = FUTURES_SYMBOLS,
        intervals: Mapping[str, int] | None = None,
        clock_offset_ms: int = 0,
    ) -> None:
        self.tls = tls
        self.intervals = dict(intervals or {})
        self.clock_offset_ms = clock_offset_ms
        self.changed = threading.Condition()
        self.stopping = threading.Event()
        self._heartbeat_s, self._ping_interval_s = heartbeat, ping_interval
        self._venues = {
            "spot": Venue("spot", self, spot_symbols),
            "futures": Venue("futures", self, futures_symbols),
            "marks": Venue("marks", self, ()),  # the room /market, behind the listener of futures
        }
        self._threads: list[threading.Thread] = []
        self._last_u: dict[tuple[str, str], int] = {}
        self._beats = 0

    def __enter__(self) -> Self:
        for name in ("spot", "futures"):
            self._venues[name].listen()
            if self._heartbeat_s is not None:
                self._every(self._heartbeat_s, name, "heartbeat", self._beat)
            if self._ping_interval_s is not None:
                self._every(self._ping_interval_s, name, "ping", self.ping)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stopping.set()
        for venue in self._venues.values():
            venue.refuse()
            venue.hang_up()
        for thread in self._threads:
            thread.join(JOIN_S)

    def room_of(self, venue: Venue, request: Request) -> Venue:
        """Return where an upgrade leads that came in at a venue's listener."""
        return self._venues["marks"] if request.path.startswith("/market") else venue

    # URLs

    @property
    def spot_stream(self) -> str:
        """Base URL of spot streams, for /stream and /ws."""
        return self._url("ws", "spot")

    @property
    def futures_stream(self) -> str:
        """Base URL of futures streams, for /public/stream and its neighbours."""
        return self._url("ws", "futures")

    @property
    def spot_rest(self) -> str:
        """Base URL of spot REST, for /api/v3/..."""
        return self._url("http", "spot")

    @property
    def futures_rest(self) -> str:
        """Base URL of futures REST, for /fapi/v1/..."""
        return self._url("http", "futures")

    def _url(self, scheme: str, venue: str) -> str:
        host = f"{scheme}://127.0.0.1" if self.tls is None else f"{scheme}s://localhost"
        return f"{host}:{self._venues[venue].port}"

    # What it saw

    def now_ms(self) -> int:
        """Tell the exchange's clock, Unix ms."""
        return time.time_ns() // 1_000_000 + self.clock_offset_ms

    def connections(self, venue: str) -> list[Connection]:
        """All WebSocket connections so far, oldest first, closed ones too (`is_open`)."""
        with self.changed:
            return list(self._venues[venue].connections)

    def attempts(self, venue: str) -> list[float]:
        """Monotonic times of all TCP accepts, REST included."""
        with self.changed:
            return list(self._venues[venue].attempts)

    def requests(self, venue: str) -> list[Request]:
        """All HTTP requests so far, upgrades included."""
        with self.changed:
            return list(self._venues[venue].requests)

    def wait_until(self, predicate: Callable[[], bool], timeout: float = 5) -> None:
        """Wait for something seen by the exchange (seconds). Raises TimeoutError."""
        with self.changed:
            if not self.changed.wait_for(predicate, timeout):
                raise TimeoutError(f"not within {timeout} s")

    def wait_subscribed(self, venue: str, stream: str, timeout: float = 5, count: int = 1) -> Connection:
        """Return the `count`-th connection that ever subscribed to a stream. Raises TimeoutError."""

        def subscribed() -> list[Connection]:
            return [one for one in self._venues[venue].connections if stream in one.ever_subscribed]

        with self.changed:
            if not self.changed.wait_for(lambda: len(subscribed()) >= count, timeout):
                raise TimeoutError(f"{len(subscribed())} of {count} subscribed to {stream} on {venue}")
            return subscribed()[count - 1]

    # Sending; each returns the number of connections that took it

    def send(self, venue: str, payload: Mapping[str, Any] | bytes, stream: str | None = None) -> int:
        """Push a payload to those subscribed to its stream (derived if None); bytes stay unchanged."""
        name = stream or stream_of(json.loads(payload) if isinstance(payload, bytes) else payload)
        raw = encode(payload)
        return sum(one.send_raw(one.wrap(name, raw)) for one in self.connections(venue) if one.takes(name))

    def quote(
        self,
        venue: str,
        symbol: str,
        bid: object,
        ask: object,
        bid_qty: object = "1",
        ask_qty: object = "1",
        u: int | None = None,
    ) -> int:
        """Push a bookTicker quote, numbers as `str` writes them; `u` increases by symbol."""
        with self.changed:
            last = self._last_u.get((venue, symbol), 400900216)
            u = last + 1 if u is None else u
            self._last_u[venue, symbol] = max(last, u)
        texts = str(bid), str(bid_qty), str(ask), str(ask_qty)
        if venue == "spot":
            return self.send(venue, spot_quote(symbol, u, *texts))
        return self.send(venue, futures_quote(symbol, u, *texts, self.now_ms()))

    def send_raw(self, venue: str, raw: bytes) -> int:
        """Put bytes on the wire of every connection with a subscription."""
        return sum(one.send_raw(raw) for one in self.connections(venue) if one.is_open and one.subscriptions)

    def ping(self, venue: str, payload: bytes = b"") -> int:
        """Ping every connection."""
        return sum(one.ping(payload) for one in self._open(venue))

    def serve_capture(
        self, source: Source, speed: float | None = None, *, background: bool = False, in_step: bool = False
    ) -> Serving:
        """Serve a capture in its order: `speed` 1 = as recorded, None = as fast as the sockets take it.

        Two sockets keep no order between them. With `in_step` every change of venue waits for a pong, so a
        client that answers a ping after it has handed over what came before sees the recorded order.
        The handle that is returned has counted it all, or with `background` will have after `join`.
        """
        serving = Serving(self, source, speed, in_step=in_step)
        if background:
            thread = threading.Thread(target=serving.run, name="exchange-capture", daemon=True)
            serving.thread = thread
            self._threads.append(thread)
            thread.start()
        else:
            serving.run()
        return serving

    # Misbehaving

    def upgrade(self, venue: str, response: Response, times: int | None = None) -> None:
        """Answer following upgrades with `response` until told otherwise, or `times` times. None = normal."""
        self._venues[venue].on_upgrade.tell(response, times)

    def rest(self, venue: str, response: Response, times: int | None = None) -> None:
        """Answer following REST requests likewise."""
        self._venues[venue].on_rest.tell(response, times)

    def accept(self, venue: str, response: Told | None, times: int | None = None) -> None:
        """Give a response right after TCP accept, before TLS and before any request is read."""
        self._venues[venue].on_accept.tell(response, times)

    def answer(self, venue: str, reply: Answer | None) -> None:
        """Answer clients' JSON with `reply(connection, message)`; None = normal.

        Subscriptions take effect whatever the reply.
        """
        self._venues[venue].answer = reply or usual_answer

    def heartbeat(self, venue: str, on: bool) -> None:
        """Switch the heartbeat of a venue."""
        self._venues[venue].heartbeat_on = on

    def fin(self, venue: str) -> None:
        """End all open connections with a bare FIN."""
        for one in self._open(venue):
            one.fin()

    def rst(self, venue: str) -> None:
        """Reset all open connections."""
        for one in self._open(venue):
            one.rst()

    def close(self, venue: str, code: int | None = 1000, reason: str = "", end_tcp: bool = True) -> None:
        """Close all open connections with a close frame; see Connection.close."""
        for one in self._open(venue):
            one.close(code, reason, end_tcp)

    def mute(self, venue: str, on: bool = True) -> None:
        """Half-open silence on all connections open now."""
        for one in self._open(venue):
            one.mute(on)

    def refuse(self, venue: str) -> None:
        """Refuse new connections; open ones go on. `start` ends it."""
        self._venues[venue].refuse()

    def stop(self, venue: str) -> None:
        """Go down: refuse new connections and end the open ones."""
        self._venues[venue].refuse()
        self._venues[venue].hang_up()

    def start(self, venue: str) -> None:
        """Listen again, on the same port."""
        self._venues[venue].listen()

    def _open(self, venue: str) -> list[Connection]:
        return [one for one in self.connections(venue) if one.is_open]

    def _every(self, interval_s: float, venue: str, what: str, action: Callable[[str], object]) -> None:
        def run() -> None:
            while not self.stopping.wait(interval_s):
                action(venue)

        thread = threading.Thread(target=run, name=f"exchange-{venue}-{what}", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _beat(self, venue: str) -> None:
        if self._venues[venue].heartbeat_on:
            self._beats += 1
            self.quote(venue, "BTCUSDT", "60000.00", "60000.10", bid_qty=f"1.{self._beats % 1000:03}")
