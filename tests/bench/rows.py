"""The rows that are compared between two checkouts: how one run of each goes, and what it gives.

The measured process is `guest.py`, the sender always this checkout's `sender.py`, made anew for each run: every
run gets the same frames in the same order. A run in which a quote was lost gives no figure but a ContenderError.
"""

import contextlib
import math
import os
import re
import signal
import statistics
import time
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path

from msgspec import Struct

from tests.bench.processes import GUEST, Answer, Children, ContenderError, Conversation
from tests.captures.files import RECORDED, Invented

_SETTLED_S = 0.5
_QUIET_S = 2.0  # after which the window wakes up less often
_CALM_S = 0.1
_BEHIND = 1.05
_LIMIT_S = 60.0
_COUNT = 100_000
_BURST = 5_000
_BURSTS_PER_S = 2.5
_COINS = 400
_RECORDER = "recorder"  # its thread
_PANELS = ("F3", "Control-f", "Control-g", "Control-k", "F1")
Values = dict[str, float]


class Row(Struct, frozen=True):
    """One row of the command line: its figures by their names (words, unit), and how to take them once.

    `rounds`: per pair asked for. What is short strays more, and more of it costs little.
    """

    figures: dict[str, tuple[str, str]]
    play: Callable[["Stage", Path], Values]
    rounds: int = 1


class Stage:
    """Where runs take place. `seconds`: how long a run at a rate lasts. `capture`: a file of quotes of BTCUSDT."""

    def __init__(self, children: Children, screen: str, seconds: float, capture: Path | None = None) -> None:
        self.seconds = seconds
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
        self, root: Path, way: str, *arguments: str, symbols: str = "ETHUSDT", heartbeat: bool = True, **options: str
    ) -> Iterator[tuple[Conversation, Conversation]]:
        """Run a program and its sender, up to the first quotes."""
        command = ["--symbols", symbols, *(["--heartbeat=1"] if heartbeat else []), "--moving"]
        with (
            self.children.server("tests.bench.sender", *command) as sender,
            self.guest(root, way, *arguments, urls={**sender.line(), **options}) as guest,
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


def _start(stage: Stage, root: Path) -> Values:
    with stage.guest(root, "start", "--symbol", "btcusdt") as guest:
        _, status, used = os.wait4(guest.process.pid, 0)
        guest.process.returncode = os.waitstatus_to_exitcode(status)
        if status:
            raise ContenderError(f"exit code {guest.process.returncode}: {guest.said()[-200:]}")
    return {"cpu_ms": (used.ru_utime + used.ru_stime) * 1_000}


def _idle(stage: Stage, root: Path) -> Values:
    with stage.fed(root, "window", "--symbol", "ethusdt") as (sender, guest):
        sender.ask("quote")
        time.sleep(_QUIET_S)
        before = guest.ask("read")
        time.sleep(stage.seconds)
        return _live(guest, {"cpu": _share(before, guest.ask("read"))})


def _share(before: Answer, after: Answer) -> float:
    return float((after["cpu_s"] - before["cpu_s"]) / (after["wall_s"] - before["wall_s"]) * 100)


def _flood(rate: int) -> Callable[[Stage, Path], Values]:
    def play(stage: Stage, root: Path) -> Values:
        with stage.fed(root, "window", "--symbol", "ethusdt") as (sender, guest):
            warm = _paced(sender, rate, _SETTLED_S)
            before = _calm(guest, sum(warm.values()))
            sent = _paced(sender, rate, stage.seconds)
            read = guest.ask("read")
            after = _calm(guest, before["quotes"] + sum(sent.values()))
        return {"cpu": _share(before, read), "mib": after["resident"] / (1 << 20)}

    return play


def _paced(sender: Conversation, rate: int, seconds: float) -> Answer:
    """Send at a rate and return how many quotes that were by symbol. Raises ContenderError if it took longer."""
    told = sender.ask(f"rate {rate} {seconds}")
    sent: Answer = told["sent"]
    if told["seconds"] > seconds * _BEHIND + _CALM_S:
        raise ContenderError(f"the sender reached only {sum(sent.values()) / told['seconds']:,.0f}/s of {rate:,}/s")
    return sent


def _receive(stage: Stage, root: Path) -> Values:
    arguments = ("watch", "--symbol", "ethusdt", "--json", "--interval", "100000")
    with stage.fed(root, "received", *arguments, heartbeat=False) as (sender, guest):
        return _whole(sender, guest, str(_COUNT), "send")


def _snapshot(stage: Stage, root: Path) -> Values:
    with stage.fed(root, "unpainted", "--symbol", "ethusdt") as (sender, guest):
        return _live(guest, _whole(sender, guest, str(_COUNT), "mix"))


def _recorded(stage: Stage, root: Path) -> Values:
    with stage.fed(root, "unpainted", "--symbol", "btcusdt", symbols="BTCUSDT", heartbeat=False) as (sender, guest):
        return _live(guest, _whole(sender, guest, str(stage.capture), "mix"))


def _live(guest: Conversation, values: Values) -> Values:
    """Return the values if the pair is live now, so that every quote was a sample. Raises ContenderError."""
    if not guest.ask("read")["live"]:
        raise ContenderError("the pair is not live any more")
    return values


def _whole(sender: Conversation, guest: Conversation, what: str, how: str) -> Values:
    """Send all at once, and divide."""
    sender.ask(f"load {what}")
    before = guest.ask("read")
    quotes = sum(sender.ask(how)["sent"].values())
    after = _calm(guest, before["quotes"] + quotes)
    return {"ns": (after["cpu_s"] - before["cpu_s"]) / quotes * 1e9}


def _apply(stage: Stage, root: Path) -> Values:
    with stage.guest(root, "apply", "replay", str(stage.capture), "--json", "--speed", "max") as guest:
        applied = guest.line()
    return {"ns": applied["cpu_s"] / applied["quotes"] * 1e9}


def _burst(stage: Stage, root: Path) -> Values:
    shown_ms, cpu_ms = [], []
    with stage.fed(root, "window", "--symbol", "ethusdt") as (sender, guest):
        for turn in range(1 + math.ceil(_BURSTS_PER_S * stage.seconds)):
            time.sleep(_QUIET_S / 2 + turn / 100)
            cpu_s = guest.ask("read")["cpu_s"]
            guest.ask(f"await {2 * _BURST}")
            at_ns = sender.ask(f"burst {_BURST}")["at_ns"]
            painted = guest.line()
            shown_ms.append((painted["at_ns"] - at_ns) / 1e6)
            cpu_ms.append((painted["cpu_s"] - cpu_s) * 1e3)
    # The first one also drew every digit for the first time.
    return {"cpu_ms": statistics.median(cpu_ms[1:]), "ms": statistics.median(shown_ms[1:])}


def _panels(stage: Stage, root: Path) -> Values:
    with stage.fed(root, "window", "--symbol", "ethusdt") as (sender, guest):
        sender.ask("quote")
        time.sleep(_SETTLED_S)
        cpu_s = 0.0
        for key in _PANELS:
            pressed = guest.ask(f"press {key}")
            if not pressed["grown"]:
                raise ContenderError(f"{key} opened nothing")
            cpu_s += pressed["cpu_s"]
    return {"cpu_ms": cpu_s * 1_000}


def _record(stage: Stage, root: Path) -> Values:
    path = str(stage.children.place("recording.db"))
    with stage.fed(root, "untouched", "record", "--symbol", "ethusdt", record_path=path) as (sender, guest):
        before = guest.ask("read")
        quotes = sum(_paced(sender, 20_000, stage.seconds).values())
        stored_s = _settled(guest) - before["threads"][_RECORDER]
        guest.process.send_signal(signal.SIGINT)
        _, status, used = os.wait4(guest.process.pid, 0)
        guest.process.returncode = os.waitstatus_to_exitcode(status)
        found = re.findall(r"([\d,]+) quotes and trades stored, 0 waiting", guest.said())
    stored = int(found[-1].replace(",", "")) if found else 0
    if stored != quotes:
        raise ContenderError(f"{stored} quotes stored of {quotes}: {guest.said()[-200:]}")
    cpu_s = used.ru_utime + used.ru_stime - before["cpu_s"]
    return {"us": cpu_s / quotes * 1e6, "thread_us": stored_s / quotes * 1e6}


def _settled(guest: Conversation) -> float:
    """Return the CPU time of the recorder's thread once it has nothing left to do."""
    last_s, now_s = -1.0, 0.0
    while now_s > last_s + _CALM_S / 100:
        time.sleep(3 * _CALM_S)
        last_s, now_s = now_s, guest.ask("read")["threads"][_RECORDER]
    return now_s


def _crowd(stage: Stage, root: Path) -> Values:
    shown = "COIN0USDT"
    with stage.fed(root, "window", "--all", "--symbol", shown, symbols=str(_COINS)) as (sender, guest):
        time.sleep(_QUIET_S)
        warm = _paced(sender, 40_000, _SETTLED_S)
        before = _calm(guest, warm[shown])
        sent = _paced(sender, 40_000, stage.seconds)
        read = guest.ask("read")
        after = _calm(guest, before["quotes"] + sent[shown])
    return {"cpu": _share(before, read), "mib": after["resident"] / (1 << 20)}


ROWS = {
    "start": Row({"cpu_ms": ("start to the first painted window, CPU", "ms")}, _start, 3),
    "panels": Row({"cpu_ms": ("five panels opened for the first time, CPU", "ms")}, _panels, 2),
    "idle": Row({"cpu": ("window idle, CPU", "%")}, _idle),
    "receive": Row({"ns": ("receive + parse, CPU per message", "ns")}, _receive, 3),
    "snapshot": Row({"ns": ("socket to snapshot, CPU per quote", "ns")}, _snapshot, 2),
    "recorded": Row({"ns": ("· the same on recorded frames", "ns")}, _recorded, 2),
    "apply": Row({"ns": ("Market.apply on recorded frames, CPU per quote", "ns")}, _apply, 2),
    "1k": Row({"cpu": ("window at 1,000/s, CPU", "%"), "mib": ("· its memory", "MiB")}, _flood(1_000)),
    "20k": Row({"cpu": ("window at 20,000/s, CPU", "%")}, _flood(20_000)),
    "60k": Row({"cpu": ("window at 60,000/s, CPU", "%")}, _flood(60_000)),
    "400": Row({"cpu": ("window on 400 symbols at 40,000/s, CPU", "%"), "mib": ("· its memory", "MiB")}, _crowd),
    "burst": Row(
        {"cpu_ms": ("burst of 5,000 + 5,000 until painted, CPU", "ms"), "ms": ("· from sent to painted", "ms")}, _burst
    ),
    "record": Row(
        {"us": ("record into SQLite at 20,000/s, CPU per quote", "µs"), "thread_us": ("· its own thread", "µs")},
        _record,
    ),
}
