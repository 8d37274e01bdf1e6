"""A recording and a live program to ask, both by brute force; and the service as a client sees it."""

import http.client
import json
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from spreadwatch.api.present import Live
from spreadwatch.api.server import Server
from spreadwatch.api.settings import ServeSettings
from spreadwatch.core.answers import Bar, Price, PriceRange, RecordedGap, SpreadRange, SpreadValue
from spreadwatch.core.questions import Archive
from spreadwatch.core.quote import Side
from spreadwatch.core.snapshot import Snapshot
from tests.core.builders import FUTURES, SPOT, Scene

MINUTE_MS = 60_000
NOON_MS = 1_783_080_000_000
"""2026-07-03T12:00:00 UTC."""


Row = tuple[str, int, Decimal]


@dataclass
class ListArchive:
    """Answers by walking through lists of (symbol, Unix ms, value). `before` runs before each answer."""

    prices: list[Row] = field(default_factory=list)
    spreads: list[Row] = field(default_factory=list)
    known_gaps: list[RecordedGap] = field(default_factory=list)
    failure: Exception | None = None
    hold: threading.Event | None = None

    def _check(self) -> None:
        if self.hold is not None:
            assert self.hold.wait(30)
        if self.failure is not None:
            raise self.failure

    def symbols(self) -> list[str]:
        self._check()
        return sorted({row[0] for row in self.prices + self.spreads})

    def latest(self, symbol: str) -> Price | None:
        return self.at(symbol, 1 << 60)

    def at(self, symbol: str, at_ms: int) -> Price | None:
        self._check()
        found = [row for row in self.prices if row[0] == symbol and row[1] <= at_ms]
        return Price(*max(found, key=lambda row: row[1]), "mid") if found else None

    def between(self, symbol: str, from_ms: int, to_ms: int) -> list[Price]:
        self._check()
        return [Price(*row, "mid") for row in self.prices if row[0] == symbol and from_ms <= row[1] < to_ms]

    def minmax(self, symbol: str, minute_ms: int) -> PriceRange | None:
        self._check()
        minute = minute_ms // MINUTE_MS
        found = [row[2] for row in self.prices if row[0] == symbol and row[1] // MINUTE_MS == minute]
        return PriceRange(symbol, minute * MINUTE_MS, max(found), min(found), "mid") if found else None

    def spread_latest(self, symbol: str) -> SpreadValue | None:
        return self.spread_at(symbol, 1 << 60)

    def spread_at(self, symbol: str, at_ms: int) -> SpreadValue | None:
        self._check()
        found = [row for row in self.spreads if row[0] == symbol and row[1] <= at_ms]
        return SpreadValue(*max(found, key=lambda row: row[1]), "quotes") if found else None

    def spread_minmax(self, symbol: str, minute_ms: int) -> SpreadRange | None:
        self._check()
        minute = minute_ms // MINUTE_MS
        found = [row[2] for row in self.spreads if row[0] == symbol and row[1] // MINUTE_MS == minute]
        return SpreadRange(symbol, minute * MINUTE_MS, max(found), min(found), len(found)) if found else None

    def bars(self, symbol: str, from_ms: int, to_ms: int) -> Iterator[Bar]:
        self._check()
        seconds: dict[int, list[Decimal]] = {}
        for name, at_ms, value in self.spreads:
            if name == symbol and from_ms <= at_ms // 1000 * 1000 < to_ms:
                seconds.setdefault(at_ms // 1000, []).append(value)
        for second, values in sorted(seconds.items()):
            yield Bar(symbol, second, values[0], max(values), min(values), values[-1], second * 1000, len(values))

    def gaps(self, symbol: str, from_ms: int, to_ms: int) -> Sequence[RecordedGap]:
        self._check()
        found = [gap for gap in self.known_gaps if gap.symbol == symbol]
        return [gap for gap in found if gap.start_ms < to_ms and (gap.end_ms is None or gap.end_ms > from_ms)]


class SceneLive:
    """A live program told in short words: spot 99/100, futures 99/101 until somebody says otherwise."""

    def __init__(self, start_ms: int = NOON_MS) -> None:
        self.scene = Scene()
        self.scene.wall_ahead_ms = start_ms
        self.now_ms = 0
        self.sentence: str | None = None
        self.current: Snapshot | None = None
        self.say(SPOT, "99.00", "100.00")
        self.say(FUTURES, "99.00", "101.00")

    def say(self, venue: Side, bid: str, ask: str) -> None:
        """Let a quote come 10 ms later."""
        self.now_ms += 10
        self.scene.say(venue, self.now_ms, bid, ask)
        self.look()

    def look(self, after_ms: int = 0) -> None:
        """Freeze a snapshot so many ms later."""
        self.now_ms += after_ms
        self.current = self.scene.market.snapshot(self.scene.at(self.now_ms))

    def latest(self) -> Snapshot | None:
        return self.current

    def health(self) -> str | None:
        return self.sentence


@dataclass(frozen=True)
class Got:
    """An answer."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:  # noqa: ANN401 - JSON
        assert self.headers["content-type"] == "application/json"
        return json.loads(self.body)


class Client:
    """Asks one service over real sockets, a new connection each time."""

    def __init__(self, server: Server) -> None:
        assert server.address is not None
        self.server = server
        self.host, self.port = server.address

    def ask(self, target: str, method: str = "GET", **headers: str) -> Got:
        """Send one request; underscores in header names become dashes."""
        with closing(http.client.HTTPConnection(self.host, self.port, timeout=20)) as connection:
            sent = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, target, headers=sent)
            answer = connection.getresponse()
            found = {name.lower(): value for name, value in answer.getheaders()}
            return Got(answer.status, found, answer.read())

    def raw(self, sent: bytes, limit_s: float = 20) -> bytes:
        """Send bytes and return all that comes until the server closes."""
        with self.dial(limit_s) as connection:
            connection.sendall(sent)
            return read_all(connection)

    def dial(self, limit_s: float = 20) -> socket.socket:
        """Open a connection."""
        return socket.create_connection((self.host, self.port), timeout=limit_s)


def read_all(connection: socket.socket) -> bytes:
    """Read to the end; a reset is an end too."""
    found = b""
    try:
        while more := connection.recv(65536):
            found += more
    except ConnectionResetError:
        pass
    return found


@contextmanager
def serving(
    archive: Archive | None = None,
    live: Live | None = None,
    settings: ServeSettings | None = None,
) -> Iterator[Client]:
    """Run a service on a free port; it must end in time and leave no thread."""
    server = Server(settings or ServeSettings(port=0), (lambda: archive) if archive else None, live)
    before = set(threading.enumerate())
    server.start()
    try:
        yield Client(server)
    finally:
        server.stop()
        assert server.join(10)
        assert [one.name for one in set(threading.enumerate()) - before if one.name.startswith("api")] == []
