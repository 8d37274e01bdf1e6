"""Shared by all tests: what fails every one of them, the program as a process, captures written by hand.

A test that reads `caplog` judges the log itself; in all others an ERROR of the program is a failure.
"""

import json
import logging
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import hypothesis
import pytest

from spreadwatch.core.events import Batch, Clock, Event, Link, Phase
from spreadwatch.core.events import Sink as SinkType
from spreadwatch.core.market import Market
from spreadwatch.core.pair_name import market_of
from spreadwatch.core.quote import Instant, Quote, Side
from spreadwatch.core.snapshot import PairSnapshot
from spreadwatch.feed import binance, clock
from spreadwatch.feed.fleet import quote_stream
from spreadwatch.feed.policy import StreamSettings
from spreadwatch.feed.stream import Stream
from spreadwatch.feed.watchdog import Watchdog
from tests.captures.files import DATA, RECORDED, Invented, Minutes
from tests.exchange.client import tidy_exchange
from tests.exchange.server import Exchange
from tests.leftovers import Errors, end_of_all_but, threads_of_ours
from tests.ui.screen import xvfb

ROOT = Path(__file__).parents[1]
hypothesis.settings.register_profile("unhurried", deadline=None)  # how long an example takes is no claim of it
hypothesis.settings.load_profile("unhurried")
PATIENCE_S = 20.0
"""Longest wait for what must happen; a guard against hanging, not a claim."""
_STRANGE_VARIABLES = ("SPREADWATCH_", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT", "PYTHON")


def wait_for(condition: Callable[[], object], limit_s: float = PATIENCE_S) -> None:
    """Look every 5 ms until `condition` holds. Fails after `limit_s` seconds."""
    deadline = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < deadline, f"not within {limit_s:g} s"
        time.sleep(0.005)


@pytest.fixture(autouse=True)
def nothing_goes_wrong(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test in which a thread died, an ERROR was logged or a thread of the program is left behind."""
    errors, dead, shared = Errors(), list[str](), threads_of_ours()
    logger = logging.getLogger("spreadwatch")
    before = threading.excepthook

    def died(failure: threading.ExceptHookArgs) -> None:
        dead.append(f"{failure.thread and failure.thread.name}: {failure.exc_value!r}")
        before(failure)

    threading.excepthook = died
    logger.addHandler(errors)
    yield
    logger.removeHandler(errors)
    threading.excepthook = before
    end_of_all_but(shared)
    assert dead == []
    assert "caplog" in request.fixturenames or errors.messages == []


@pytest.fixture(autouse=True, scope="module")
def nothing_is_left_of_a_module() -> Iterator[None]:
    """Fail where a thread is left behind that the tests of a module shared."""
    shared = threads_of_ours()
    yield
    end_of_all_but(shared)


@pytest.fixture
def exchange() -> Iterator[Exchange]:
    """Run the local exchange without a heartbeat."""
    yield from tidy_exchange()


@pytest.fixture
def busy_exchange() -> Iterator[Exchange]:
    """Run the local exchange with a BTCUSDT quote on both venues every 50 ms."""
    with Exchange(heartbeat=0.05) as busy:
        yield busy


# ----- what a source hands over


class Sink:
    """Keeps what is handed over. Call it from any thread."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._changed = threading.Condition()

    def __call__(self, event: Event) -> None:
        with self._changed:
            self.events.append(event)
            self._changed.notify_all()

    def wait(self, condition: Callable[[], bool], limit_s: float = PATIENCE_S) -> None:
        """Wait until `condition`, asked after each event, holds."""
        with self._changed:
            assert self._changed.wait_for(condition, limit_s), f"not within {limit_s:g} s: {self.events[-5:]}"

    def wait_link(self, phase: Phase, count: int = 1) -> Link:
        """Wait for the `count`-th link of a phase and return it."""
        self.wait(lambda: len(self.links(phase)) >= count)
        return self.links(phase)[count - 1]

    def wait_quotes(self, count: int) -> list[Quote]:
        """Wait for so many quotes and return all."""
        self.wait(lambda: len(self.quotes()) >= count)
        return self.quotes()

    def batches(self) -> list[Batch]:
        """Return all batches so far."""
        return [event for event in list(self.events) if isinstance(event, Batch)]

    def last_batch(self) -> Batch | None:
        """Return the newest batch."""
        return next((event for event in reversed(self.events) if isinstance(event, Batch)), None)

    def quotes(self) -> list[Quote]:
        """Return all quotes so far."""
        return [quote for batch in self.batches() for quote in batch.quotes]

    def links(self, *phases: Phase) -> list[Link]:
        """Return all links of these phases so far."""
        return [event for event in list(self.events) if isinstance(event, Link) and event.phase in phases]

    def pair(self, symbol: str = "ETHUSDT", *, at: Instant | None = None, silence_ms: int = 30_000) -> PairSnapshot:
        """Return what the model makes of it all at a moment, now if None."""
        market = Market([symbol], silence_ms)
        for event in list(self.events):
            market.apply(event)
        return market.snapshot(at or clock.now()).pairs[0]


@pytest.fixture
def sink() -> Sink:
    """Return an empty sink."""
    return Sink()


# ----- streams


class Feeds:
    """Makes streams of an exchange, and stops them after the test. They never wait before they try again."""

    def __init__(self, exchange: Exchange, sink: Sink) -> None:
        self.exchange = exchange
        self.sink = sink
        self.streams: list[Stream] = []
        self._watchdogs: list[Watchdog] = []
        self._renewing = threading.Lock()

    def start(
        self,
        venue: Side = Side.SPOT,
        *,
        symbols: Sequence[str] = ("ETHUSDT",),
        silence_s: float = 30,
        handshake_s: float = 30,
        renew_s: float = 3600,
        ca_file: Path | None = None,
        sink: SinkType | None = None,
        now: Clock = clock.now,
        watched: bool = True,
    ) -> Stream:
        """Start a stream of `symbols` with BTCUSDT as its heartbeat, and a watchdog of its own."""
        stream = quote_stream(
            market_of(venue, "ETHUSDT"),
            self.exchange.spot_stream if venue is Side.SPOT else self.exchange.futures_stream,
            [binance.contract(venue, symbol) for symbol in symbols],
            binance.contract(venue, "BTCUSDT"),
            settings=StreamSettings(silence_s, handshake_s, 5, renew_s),
            ca_file=ca_file,
            sink=sink or self.sink,
            clock=now,
            chance=lambda: 0.0,
            renewing=self._renewing,
        )
        self.streams.append(stream)
        stream.start()
        if watched:
            self._watchdogs.append(Watchdog(lambda: [stream], now))
            self._watchdogs[-1].start()
        return stream

    def stop(self) -> None:
        """Stop all; fails when one stays."""
        workers = [*self.streams, *self._watchdogs]
        for worker in workers:
            worker.stop()
        assert [worker for worker in workers if not worker.join(PATIENCE_S)] == []


@pytest.fixture
def feeds(exchange: Exchange, sink: Sink) -> Iterator[Feeds]:
    """Return a maker of streams of the quiet exchange."""
    made = Feeds(exchange, sink)
    yield made
    made.stop()


@pytest.fixture
def busy_feeds(busy_exchange: Exchange, sink: Sink) -> Iterator[Feeds]:
    """Return a maker of streams of the exchange with a heartbeat."""
    made = Feeds(busy_exchange, sink)
    yield made
    made.stop()


# ----- captures


class Tape:
    """A capture written by hand: time goes on by 10 ms a line, update ids by one."""

    def __init__(self, folder: Path) -> None:
        self.lines: list[bytes] = []
        self.at_ms = 1_723_161_254_000
        self._folder = folder
        self._update_id = 100

    def spot(self, bid: str, ask: str, **changes: Any) -> Self:  # noqa: ANN401 - JSON
        """Add a spot quote; `changes` replace fields of the payload, None removes one."""
        return self._quote("spot", bid, ask, {}, changes)

    def um(self, bid: str, ask: str, **changes: Any) -> Self:  # noqa: ANN401 - JSON
        """Add a futures quote likewise."""
        return self._quote("um", bid, ask, {"e": "bookTicker", "T": self.at_ms - 12, "E": self.at_ms - 11}, changes)

    def _quote(self, market: str, bid: str, ask: str, more: dict[str, Any], changes: dict[str, Any]) -> Self:
        self._update_id += 1
        payload = more | {"u": self._update_id, "s": "BTCUSDT", "b": bid, "B": "1.5", "a": ask, "A": "2.5"} | changes
        raw = {name: value for name, value in payload.items() if value is not None}
        return self.line(json.dumps({"market": market, "recv_ms": self.at_ms, "raw": raw}))

    def line(self, text: str | bytes) -> Self:
        """Add any line."""
        self.lines.append(text.encode() if isinstance(text, str) else text)
        self.at_ms += 10
        return self

    @property
    def content(self) -> bytes:
        """The file's bytes."""
        return b"".join(line + b"\n" for line in self.lines)

    def save(self, name: str = "capture.jsonl", content: bytes | None = None) -> Path:
        """Write the file, or any `content` in its place."""
        path = self._folder / name
        path.write_bytes(self.content if content is None else content)
        return path


@pytest.fixture
def tape(tmp_path: Path) -> Tape:
    """Return an empty capture."""
    return Tape(tmp_path)


@pytest.fixture(scope="session")
def invented(tmp_path_factory: pytest.TempPathFactory) -> Minutes:
    """Return invented minutes, written once for the run."""
    return Invented(tmp_path_factory.mktemp("invented"))


@pytest.fixture(params=["invented", *(["recorded"] if DATA.exists() else [])])
def minutes(request: pytest.FixtureRequest, invented: Minutes) -> Minutes:
    """Return minutes of two markets as captures: the invented ones, and where they are the recorded ones as well."""
    return invented if request.param == "invented" else RECORDED


@pytest.fixture
def recorded(minutes: Minutes) -> Path:
    """Return the capture of these minutes with the quotes alone."""
    return minutes.bookticker


# ----- the program as a process


@dataclass(frozen=True, slots=True)
class Finished:
    """What a run of the program came to."""

    code: int
    out: str
    err: str

    @property
    def snapshots(self) -> list[Any]:
        """The JSON objects printed."""
        return [json.loads(line) for line in self.out.splitlines()]


class Program:
    """Runs `python -m spreadwatch` in an empty folder with nothing but the given settings; warnings are errors."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        ours = {name: value for name, value in os.environ.items() if not name.upper().startswith(_STRANGE_VARIABLES)}
        homes = {name: str(folder / "home") for name in ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME")}
        self.environment = {**ours, **homes, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error"}
        self.environment["PYTHONDONTWRITEBYTECODE"] = "1"
        self.environment.pop("DISPLAY", None)
        self._running: list[subprocess.Popen[str]] = []

    def connect(self, exchange: Exchange) -> Self:
        """Let the following runs use a local exchange."""
        for name in ("spot_stream", "futures_stream", "spot_rest", "futures_rest"):
            self.environment["SPREADWATCH_" + name.upper()] = getattr(exchange, name)
        return self

    def start(self, *arguments: object, **options: Any) -> subprocess.Popen[str]:  # noqa: ANN401 - Popen's
        """Start it; what still runs after the test is killed. `command` is in place of the module."""
        command = options.pop("command", ("-m", "spreadwatch"))
        pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        process = subprocess.Popen(
            [sys.executable, *command, *map(str, arguments)],
            cwd=self.folder,
            env=self.environment,
            **pipes | {"encoding": "utf-8"} | options,
        )
        self._running.append(process)
        return process

    def run(self, *arguments: object, **options: Any) -> Finished:  # noqa: ANN401 - Popen's
        """Run it to its end."""
        return self.finish(self.start(*arguments, **options))

    def finish(self, process: subprocess.Popen[str], limit_s: float = PATIENCE_S) -> Finished:
        """Wait for a process to end by itself."""
        out, err = process.communicate(timeout=limit_s)
        return Finished(process.returncode, out or "", err or "")

    def interrupt(self, process: subprocess.Popen[str]) -> tuple[Finished, float]:
        """Press Ctrl-C; return how it ended and the seconds that took."""
        process.send_signal(signal.SIGINT)
        began = time.monotonic()
        finished = self.finish(process)
        return finished, time.monotonic() - began

    def kill(self) -> None:
        """End what still runs and print what it said, for the report of a test that failed."""
        for process in self._running:
            if process.poll() is None:
                process.kill()
            print(process.communicate()[1])


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    """Return the program, without a display."""
    folder = tmp_path / "empty"
    (folder / "home").mkdir(parents=True)
    made = Program(folder)
    yield made
    made.kill()


@pytest.fixture(scope="session")
def display() -> Iterator[str]:
    """Name a display for windows: a server of its own on Linux, else the desktop's (empty)."""
    if not sys.platform.startswith("linux"):
        yield ""
        return
    if shutil.which("Xvfb") is None:
        pytest.skip("needs Xvfb")
    with xvfb(96) as name:
        yield name


@pytest.fixture
def screen(display: str, program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this test and its programs open windows."""
    if display:
        monkeypatch.setenv("DISPLAY", display)
        program.environment["DISPLAY"] = display
