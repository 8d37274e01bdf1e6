"""The window is closed in every state: it is gone at once, and the process soon after, without an error."""

import os
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from spreadwatch.core.quote import Side
from tests.exchange.flood import Flood
from tests.exchange.flood import run as run_flood
from tests.exchange.server import STALL, Exchange, frame, http_response
from tests.faults import figures
from tests.faults.streams import Publisher
from tests.faults.x11 import Screen

ROOT = Path(__file__).resolve().parents[2]
_WINDOW_S, _PROCESS_S = 0.3, 2.0
_F1 = 0xFFBE
_BOTH = tuple(str(venue) for venue in Side)
_SILENCE_S = 0.6
_HANG = """
import socket, threading
known = socket.getaddrinfo
def look_up(host, *rest, **more):
    if str(host).endswith(".test"):
        threading.Event().wait()
    return known(host, *rest, **more)
socket.getaddrinfo = look_up
"""
_NORMAL = "import sys; from spreadwatch.cli import main; sys.exit(main())"


class Run:
    """The program on a screen of its own and a local exchange."""

    def __init__(self, exchange: Exchange, screen: Screen, folder: Path) -> None:
        self.exchange, self.screen, self.folder = exchange, screen, folder
        self.window = 0
        self.bases = {
            "SPOT_STREAM": exchange.spot_stream,
            "FUTURES_STREAM": exchange.futures_stream,
            "SPOT_REST": exchange.spot_rest,
            "FUTURES_REST": exchange.futures_rest,
        }

    def wait_title(self, live: bool) -> None:
        """Wait until the title shows a number, or none."""
        deadline_s = time.monotonic() + 15
        while time.monotonic() < deadline_s:
            if self.screen.title(self.window).startswith("\N{EM DASH}") is not live:
                return
            time.sleep(0.01)
        raise AssertionError(f"title {self.screen.title(self.window)!r} within 15 s")

    def environment(self) -> dict[str, str]:
        """Return what the program sees."""
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "LD_LIBRARY_PATH") if name in os.environ}
        names = {f"SPREADWATCH_{name}": url for name, url in self.bases.items()}
        places = {name: str(self.folder) for name in ("HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME")}
        python = {"PYTHONPATH": os.pathsep.join([str(self.folder), str(ROOT)]), "PYTHONWARNINGS": "error"}
        return {
            **kept, **names, **places, **python,
            "DISPLAY": self.screen.display, "SPREADWATCH_SILENCE_S": str(_SILENCE_S), "SPREADWATCH_SYMBOLS": "ETHUSDT",
        }  # fmt: skip


Reach = Callable[[Run], None]
Prepare = Callable[[Run], None]


def _nothing(_: Run) -> None:
    pass


def _stall(run: Run) -> None:
    for venue in _BOTH:
        run.exchange.accept(venue, STALL)


def _refuse(run: Run) -> None:
    for venue in _BOTH:
        run.exchange.refuse(venue)


def _bar(run: Run) -> None:
    for venue in _BOTH:
        run.exchange.upgrade(venue, http_response(451))


def _hide_names(run: Run) -> None:
    (run.folder / "sitecustomize.py").write_text(_HANG)
    run.bases = {
        name: f"{'https' if 'REST' in name else 'wss'}://{name.lower().replace('_', '-')}.test" for name in run.bases
    }


def _attempted(run: Run) -> None:
    run.exchange.wait_until(lambda: all(run.exchange.attempts(venue) for venue in _BOTH), 10)
    time.sleep(0.1)


def _soon(_: Run) -> None:
    time.sleep(0.5)


def _live(run: Run) -> None:
    run.wait_title(live=True)


def _mid_frame(run: Run) -> None:
    run.wait_title(live=True)
    for venue in _BOTH:
        run.exchange.send_raw(venue, frame(b"x" * 400)[:200])


def _overlap(run: Run) -> None:
    run.wait_title(live=True)
    for venue in _BOTH:
        run.exchange.upgrade(venue, STALL)
    before = len(run.exchange.attempts("spot"))
    run.exchange.send_raw("spot", frame(b'{"e":"serverShutdown","E":1}'))
    run.exchange.wait_until(lambda: len(run.exchange.attempts("spot")) > before)


def _stale(run: Run) -> None:
    run.wait_title(live=True)
    for venue in _BOTH:
        run.exchange.upgrade(venue, STALL)
        run.exchange.mute(venue)
    run.wait_title(live=False)


def _shortcuts(run: Run) -> None:
    run.wait_title(live=True)
    before = run.screen.pixels(run.window)
    run.screen.press(run.window, _F1)
    deadline_s = time.monotonic() + 3
    while time.monotonic() < deadline_s:
        after = run.screen.pixels(run.window)
        pairs = zip(memoryview(before)[::37], memoryview(after)[::37], strict=False)
        if sum(one != other for one, other in pairs) > len(before) / 37 / 10:
            return  # the list lies over the cards
        time.sleep(0.02)
    raise AssertionError("F1 did not open the list")


STATES: dict[str, tuple[Prepare, Reach]] = {
    "before connecting": (_nothing, _nothing),
    "name server hangs": (_hide_names, _soon),
    "handshake stalls": (_stall, _attempted),
    "backoff": (_refuse, _soon),
    "barred (451)": (_bar, _attempted),
    "live": (_nothing, _live),
    "mid-frame": (_nothing, _mid_frame),
    "flood": (_nothing, _live),
    "successor overlap": (_nothing, _overlap),
    "stale": (_nothing, _stale),
    "F1 open": (_nothing, _shortcuts),
}


@contextmanager
def _sending(exchange: Exchange, state: str) -> Iterator[None]:
    if state != "flood":
        with Publisher(exchange, 0.02):
            yield
        return
    flood = Flood("ETHUSDT", figures.seed())
    thread = threading.Thread(
        target=run_flood, args=(exchange, flood), kwargs={"rate": 10_000, "seconds": 4.0}, name="flood", daemon=True
    )
    thread.start()
    yield
    exchange.stopping.set()
    for venue in _BOTH:
        exchange.stop(venue)
    thread.join(20)


def quit_once(screen: Screen, state: str, code: str | None = None) -> tuple[float, float]:
    """Bring the program into a state and close its window; return the seconds to its end and to the process's."""
    prepare, reach = STATES[state]
    with ExitStack() as stack:
        exchange = stack.enter_context(Exchange())
        stack.enter_context(_sending(exchange, state))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
        errors = stack.enter_context((folder / "stderr").open("w+"))
        run = Run(exchange, screen, folder)
        prepare(run)
        command = [sys.executable, "-c", code] if code else [sys.executable, "-m", "spreadwatch"]
        process = subprocess.Popen(command, env=run.environment(), cwd=folder, stdin=subprocess.DEVNULL, stderr=errors)
        stack.callback(_end, process)
        run.window = screen.window(20)
        reach(run)
        began_s = time.monotonic()
        screen.close(run.window)
        window_s = screen.wait_gone(run.window, 5.0)
        try:
            status = process.wait(6)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{state}: the process lives on 6 s after its window") from None
        process_s = time.monotonic() - began_s
        errors.seek(0)
        words = errors.read()
        assert status == 0, f"{state}: exit code {status}\n{words}"
        assert "Traceback" not in words, words
        assert "invalid command name" not in words, words
        assert " ERROR " not in words, words
    return window_s, process_s


def _end(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is None:
        process.kill()
        process.wait()


def check(state: str, window_s: float, process_s: float) -> None:
    """Assert what is promised of closing."""
    figures.note("quit: window gone", window_s, "s", _WINDOW_S)
    figures.note("quit: process ended", process_s, "s", _PROCESS_S)
    assert window_s <= _WINDOW_S, f"{state}: the window was there for {window_s:.2f} s"
    assert process_s <= _PROCESS_S, f"{state}: the process lived for {process_s:.2f} s"


@pytest.mark.timeout(900)
def test_the_window_can_be_closed_in_every_state() -> None:
    times = 19 if figures.is_long() else 2
    states = [state for _ in range(times) for state in STATES]
    failures: list[str] = []

    def work(mine: list[str]) -> int:
        done = 0
        with Screen() as screen:
            for state in mine:
                try:
                    check(state, *quit_once(screen, state))
                    done += 1
                except AssertionError as error:
                    failures.append(f"{state}: {error}")
        return done

    with ThreadPoolExecutor(2) as pool:
        done = sum(pool.map(work, [states[::2], states[1::2]]))
    figures.note("quit: clean of all tried", done, f"of {len(states)}", len(states), "higher")
    assert not failures, "\n".join(failures)


MUTANTS: dict[str, tuple[str, str]] = {  # the program that is broken, and the state in which it shows
    "threads waited for": (
        "handshake stalls",
        """
        from spreadwatch.worker import Worker
        Worker.join = lambda self, _: self._thread.join(4) or True
        """,
    ),
    "threads that are no daemons": (
        "name server hangs",
        """
        import threading
        start = threading.Thread.start
        def stay(self):
            self.daemon = False
            start(self)
        threading.Thread.start = stay
        """,
    ),
    "window after the threads": (
        "live",
        """
        import time
        from spreadwatch.ui.frame.window import MainWindow
        destroy = MainWindow.destroy
        MainWindow.destroy = lambda self: time.sleep(0.5) or destroy(self)
        """,
    ),
    "an error on the way out": (
        "live",
        """
        from spreadwatch.app import Session
        stop = Session.stop
        def fail(self):
            stop(self)
            raise RuntimeError("broken on purpose")
        Session.stop = fail
        """,
    ),
    "close unheard": (
        "live",
        """
        from spreadwatch.ui.dashboard import Dashboard
        Dashboard.close = lambda self: None
        """,
    ),
}


def test_mutants_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(figures.VARIABLE, raising=False)  # what a broken program does is no figure of ours

    def unnoticed(mutants: list[str]) -> list[str]:
        found = []
        with Screen() as screen:
            for mutant in mutants:
                state, patch = MUTANTS[mutant]
                try:
                    check(state, *quit_once(screen, state, f"{textwrap.dedent(patch)}\n{_NORMAL}"))
                except AssertionError:
                    continue
                found.append(mutant)
        return found

    with ThreadPoolExecutor(2) as pool:
        names = list(MUTANTS)
        assert not [one for found in pool.map(unnoticed, [names[::2], names[1::2]]) for one in found]
