"""The rows that are compared between two checkouts: how one run of each goes, and what it gives.

The measured process is `guest.py`, the sender always this checkout's `sender.py`, made anew for each run: every
run gets the same frames in the same order. A run in which a quote was lost gives no figure but a ContenderError.
"""

import contextlib
import itertools
import os
import re
import signal
import time
from collections.abc import Callable, Generator, Iterator
from functools import cached_property
from pathlib import Path

from msgspec import Struct

from tests.bench.processes import GUEST, Answer, Children, ContenderError, Conversation
from tests.captures.files import RECORDED, Invented

_SETTLED_S = 0.5
_QUIET_S = 2.0  # after which the window wakes up less often
_CALM_S = 0.05
_LIMIT_S = 20.0
_COUNT = 20_000
_BURST = 5_000
_SILENT_S = 0.5  # before a burst; the others' turns make it longer than the second after which a window is quiet
_RECORDED_LAPS = 5
_COINS = 400
_RECORDER = "recorder"  # its thread
_PANELS = ("F3", "Control-f", "Control-g", "Control-k", "F1")
Values = dict[str, float]
Run = Generator[Values, None, None]
"""One run of a build: first it gets ready and gives nothing, then a lap for each time that it is asked."""


class Row(Struct, frozen=True):
    """One row of the command line: its figures by their names (words, unit), and how a build runs.

    `laps`: of each build in a round, in turns; what was busy beside them was so beside all of them.
    """

    figures: dict[str, tuple[str, str]]
    run: Callable[["Stage", Path], Run]
    laps: int = 4


class Stage:
    """Where runs take place. `capture`: a file of quotes of BTCUSDT.

    `lap_s`: how long a lap at a rate lasts; `late_s`: how much longer it may be held up and still count.
    """

    def __init__(
        self, children: Children, screen: str, lap_s: float, capture: Path | None = None, late_s: float = 0.25
    ) -> None:
        self.lap_s, self.late_s = lap_s, late_s
        self.children = children
        self._screen = screen
        self._capture = capture

    @cached_property
    def capture(self) -> Path:
        """Return a file of quotes of BTCUSDT: what was named, else recorded ones if there are any, or invented."""
        if self._capture is not None:
            return self._capture.resolve()
        recorded = RECORDED.bookticker
        return recorded if recorded.is_file() else Invented(self.children.folder).bookticker

    @contextlib.contextmanager
    def guest(self, root: Path, way: str, *arguments: str, urls: Answer | None = None) -> Iterator[Conversation]:
        """Run a checkout's program, and see that it is that checkout's. Raises ContenderError."""
        settings = {f"SPREADWATCH_{name.upper()}": str(url) for name, url in (urls or {}).items()}
        settings |= {"PYTHONPATH": str(root), "DISPLAY": self._screen, "SPREADWATCH_REMEMBER_GEOMETRY": "false"}
        with self.children.child("-P", GUEST, str(root), way, *arguments, **settings) as guest:
            file = Path(guest.words())
            if not file.is_relative_to(root):
                raise ContenderError(f"spreadwatch came from {file}, not from {root}")
            yield guest

    @contextlib.contextmanager
    def fed(
        self, root: Path, way: str, *arguments: str, symbols: str = "ETHUSDT", beat: str = "BTCUSDT", **options: str
    ) -> Iterator[tuple[Conversation, Conversation]]:
        """Run a program and its sender, up to the first quotes. `beat`: the symbol that keeps connections alive."""
        command = ["--symbols", symbols, "--heartbeat", beat, "--moving"]
        with (
            self.children.server("tests.bench.sender", *command) as sender,
            self.guest(root, way, *arguments, urls={**sender.line(), **options, "heartbeat_symbol": beat}) as guest,
        ):
            sender.ask("wait")
            yield sender, guest


def _calm(guest: Conversation, quotes: float) -> Answer:
    """Return what is read once so many quotes are taken. Raises ContenderError when they are not."""
    deadline = time.monotonic() + _LIMIT_S
    time.sleep(_CALM_S)
    while (read := guest.ask("read"))["quotes"] < quotes and time.monotonic() < deadline:
        time.sleep(_CALM_S)
    if read["quotes"] != quotes or read["dropped"]:
        raise ContenderError(f"{read['quotes']} quotes taken and {read['dropped']} dropped of {quotes} sent")
    return read


def _live(guest: Conversation, values: Values) -> Values:
    """Return the values if the pair is live now, so that every quote was a sample. Raises ContenderError."""
    if not guest.ask("read")["live"]:
        raise ContenderError("the pair is not live any more")
    return values


def _start(stage: Stage, root: Path) -> Run:
    yield {}
    while True:
        with stage.guest(root, "start", "--symbol", "btcusdt") as guest:
            _, status, used = os.wait4(guest.process.pid, 0)
            guest.process.returncode = os.waitstatus_to_exitcode(status)
            if status:
                raise ContenderError(f"exit code {guest.process.returncode}: {guest.said()[-200:]}")
        yield {"cpu_ms": (used.ru_utime + used.ru_stime) * 1_000}


def _panels(stage: Stage, root: Path) -> Run:
    yield {}
    while True:
        with stage.fed(root, "window", "--symbol", "ethusdt") as (sender, guest):
            sender.ask("quote")
            time.sleep(_SETTLED_S)
            cpu_s = 0.0
            for key in _PANELS:
                pressed = guest.ask(f"press {key}")
                if not pressed["grown"]:
                    raise ContenderError(f"{key} opened nothing")
                cpu_s += pressed["cpu_s"]
        yield {"cpu_ms": cpu_s * 1_000}


def _idle(stage: Stage, root: Path) -> Run:
    with stage.fed(root, "window", "--symbol", "ethusdt") as (sender, guest):
        sender.ask("quote")
        time.sleep(_QUIET_S)
        yield {}
        while True:
            before = guest.ask("read")
            time.sleep(stage.lap_s)
            yield _live(guest, {"cpu": _share(before, guest.ask("read"))})


def _share(before: Answer, after: Answer) -> float:
    return float((after["cpu_s"] - before["cpu_s"]) / (after["wall_s"] - before["wall_s"]) * 100)


def _flood(rate: int) -> Callable[[Stage, Path], Run]:
    """Return a run of the window with one symbol."""

    def run(stage: Stage, root: Path) -> Run:
        with stage.fed(root, "window", "--symbol", "ethusdt") as feed:
            yield from _paced_laps(stage, *feed, rate, "ETHUSDT")

    return run


def _crowd(stage: Stage, root: Path) -> Run:
    shown = "COIN0USDT"
    with stage.fed(root, "window", "--all", "--symbol", shown, symbols=str(_COINS)) as feed:
        time.sleep(_QUIET_S)
        yield from _paced_laps(stage, *feed, 40_000, shown)


def _paced_laps(stage: Stage, sender: Conversation, guest: Conversation, rate: int, shown: str) -> Run:
    """Watch a window at a rate, whose first symbol is `shown`."""
    before = _calm(guest, _paced(stage, sender, rate)[shown])
    yield {}
    while True:
        before = guest.ask("read")
        sent = _paced(stage, sender, rate)
        read = guest.ask("read")
        after = _calm(guest, before["quotes"] + sent[shown])
        yield _live(guest, {"cpu": _share(before, read), "mib": after["resident"] / (1 << 20)})


def _paced(stage: Stage, sender: Conversation, rate: int) -> Answer:
    """Send a lap at a rate and return how many quotes that were by symbol. Raises ContenderError if it was late."""
    told = _sent(sender, f"rate {rate} {stage.lap_s}")
    sent: Answer = told["sent"]
    if told["seconds"] > stage.lap_s + stage.late_s:
        raise ContenderError(f"the sender reached only {sum(sent.values()) / told['seconds']:,.0f}/s of {rate:,}/s")
    return sent


def _sent(sender: Conversation, what: str) -> Answer:
    """Let something be sent. Raises ContenderError when not all of it was taken."""
    told = sender.ask(what)
    if told["unheard"] or not told["sent"]:
        raise ContenderError(f"nobody took {told['unheard'] or 'any'} of the frames: a connection was lost")
    return told


def _receive(stage: Stage, root: Path) -> Run:
    arguments = ("watch", "--symbol", "ethusdt", "--json", "--interval", "100000")
    with stage.fed(root, "received", *arguments) as (sender, guest):
        yield {}
        while True:
            sender.ask(f"load {_COUNT}")
            yield _divided(sender, guest, "send")


def _snapshot(stage: Stage, root: Path) -> Run:
    with stage.fed(root, "unpainted", "--symbol", "ethusdt") as (sender, guest):
        yield {}
        while True:
            sender.ask(f"load {_COUNT}")
            yield _live(guest, _divided(sender, guest, "mix"))


def _recorded(stage: Stage, root: Path) -> Run:
    with stage.fed(root, "unpainted", "--symbol", "btcusdt", symbols="BTCUSDT", beat="ETHUSDT") as (sender, guest):
        loaded = sender.ask(f"load {stage.capture}")
        yield {}
        while True:
            yield _live(guest, _divided(sender, guest, f"mix {loaded['frames'] // _RECORDED_LAPS}"))


def _divided(sender: Conversation, guest: Conversation, how: str) -> Values:
    """Let what was loaded be sent as fast as it is taken, and return what a quote cost."""
    before = guest.ask("read")
    quotes = sum(_sent(sender, how)["sent"].values())
    after = _calm(guest, before["quotes"] + quotes)
    return {"ns": (after["cpu_s"] - before["cpu_s"]) / quotes * 1e9}


def _apply(stage: Stage, root: Path) -> Run:
    with stage.guest(root, "apply", "replay", str(stage.capture), "--json", "--speed", "max") as guest:
        guest.line()
        yield {}
        while True:
            applied = guest.ask("apply")
            yield {"ns": applied["cpu_s"] / applied["quotes"] * 1e9}


def _burst(stage: Stage, root: Path) -> Run:
    with stage.fed(root, "window", "--symbol", "ethusdt") as feed:
        time.sleep(_SETTLED_S)
        _one_burst(*feed)  # which drew every digit for the first time
        yield {}
        for turn in itertools.count():
            time.sleep(_SILENT_S + turn % 16 / 1_000)  # at any moment of a frame
            yield _one_burst(*feed)


def _one_burst(sender: Conversation, guest: Conversation) -> Values:
    cpu_s = guest.ask("read")["cpu_s"]
    guest.ask(f"await {2 * _BURST}")
    sent = _sent(sender, f"burst {_BURST}")
    painted = guest.line()
    return {"cpu_ms": (painted["cpu_s"] - cpu_s) * 1e3, "ms": (painted["at_ns"] - sent["at_ns"]) / 1e6}


def _record(stage: Stage, root: Path) -> Run:
    path = str(stage.children.place("recording.db"))
    with stage.fed(root, "untouched", "record", "--symbol", "ethusdt", record_path=path) as (sender, guest):
        sent = 0
        yield {}
        while True:
            before = guest.ask("read")
            quotes = sum(_paced(stage, sender, 20_000).values())
            after = _stored(guest)
            sent += quotes
            thread_s = after["threads"][_RECORDER] - before["threads"][_RECORDER]
            values = {"us": (after["cpu_s"] - before["cpu_s"]) / quotes * 1e6, "thread_us": thread_s / quotes * 1e6}
            try:
                yield values
            except GeneratorExit:
                _check_stored(guest, sent)
                raise


def _stored(guest: Conversation) -> Answer:
    """Return what is read once the recorder's thread has nothing left to do."""
    last_s, read = -1.0, guest.ask("read")
    while (now_s := read["threads"][_RECORDER]) > last_s + _CALM_S / 100:
        time.sleep(2 * _CALM_S)
        last_s, read = now_s, guest.ask("read")
    return read


def _check_stored(guest: Conversation, sent: int) -> None:
    """End a recording as Ctrl-C does. Raises ContenderError when not every quote was stored."""
    guest.process.send_signal(signal.SIGINT)
    guest.process.wait(_LIMIT_S)
    found = re.findall(r"([\d,]+) quotes and trades stored, 0 waiting$", guest.said(), re.MULTILINE)
    if not found or int(found[-1].replace(",", "")) != sent:
        raise ContenderError(f"not all of {sent} quotes were stored: {guest.said()[-200:]}")


_MEMORY = ("· its memory", "MiB")
ROWS = {
    "start": Row({"cpu_ms": ("start to the first painted window, CPU", "ms")}, _start),
    "panels": Row({"cpu_ms": ("five panels opened for the first time, CPU", "ms")}, _panels, 3),
    "idle": Row({"cpu": ("window idle, CPU", "%")}, _idle),
    "receive": Row({"ns": ("receive + parse, CPU per message", "ns")}, _receive, 6),
    "snapshot": Row({"ns": ("socket to snapshot, CPU per quote", "ns")}, _snapshot, 6),
    "recorded": Row({"ns": ("· the same on recorded frames", "ns")}, _recorded, _RECORDED_LAPS),
    "apply": Row({"ns": ("Market.apply on recorded frames, CPU per quote", "ns")}, _apply, 6),
    "1k": Row({"cpu": ("window at 1,000/s, CPU", "%"), "mib": _MEMORY}, _flood(1_000)),
    "20k": Row({"cpu": ("window at 20,000/s, CPU", "%"), "mib": _MEMORY}, _flood(20_000)),
    "60k": Row({"cpu": ("window at 60,000/s, CPU", "%"), "mib": _MEMORY}, _flood(60_000)),
    "400": Row({"cpu": ("window on 400 symbols at 40,000/s, CPU", "%"), "mib": _MEMORY}, _crowd),
    "burst": Row(
        {"cpu_ms": ("burst of 5,000 + 5,000 until painted, CPU", "ms"), "ms": ("· from sent to painted", "ms")}, _burst
    ),
    "record": Row(
        {"us": ("record into SQLite at 20,000/s, CPU per quote", "µs"), "thread_us": ("· its own thread", "µs")},
        _record,
    ),
}
