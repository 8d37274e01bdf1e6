"""Figures of the real window: floods, a burst, quiet, and its start."""

import time
from collections.abc import Callable
from typing import Any

from tests.bench.figures import Figure
from tests.bench.processes import GUEST, ROOT, Answer, Children, ContenderError, display
from tests.bench.receiving import Told

POLL_MS = 16.0
_BURSTS = 10
_BARE = "import os, tkinter; tkinter.Tk().update(); os._exit(0)"
_BARE_LOOP = """
import json, time, tkinter
root = tkinter.Tk()
root.update()
def turn():
    root.tk.call("after", 16, command)
command = root.register(turn)
turn()
cpu, wall = time.process_time(), time.perf_counter()
root.after(%d, root.quit)
root.mainloop()
print(json.dumps({"cpu": (time.process_time() - cpu) / (time.perf_counter() - wall) * 100}))
"""
_STARTS_PER_RUN = 4
SCENES = ("20k", "100k", "burst", "1k", "idle", "start")


class Studio:
    """Runs the scenes round after round, and keeps what each gave."""

    def __init__(self, children: Children, told: Told, screen: str) -> None:
        self.answers: dict[str, list[Answer]] = {}
        self.notes: dict[str, str] = {}
        self._children = children
        self._told = told
        self._screen = screen

    def play(self, scene: str) -> None:
        """Run one scene. A failure is kept as a note."""
        seconds = f"--seconds={self._told.seconds:g}"
        play: dict[str, Callable[[], Answer]] = {
            "20k": lambda: self._window("flood", "--rate=20000", seconds),
            "100k": lambda: self._window("flood", "--rate=100000", seconds),
            "burst": lambda: self._window("burst", f"--bursts={_BURSTS}"),
            "1k": lambda: self._window("flood", "--rate=1000", seconds),
            "idle": self._idle,
            "start": self._start,
        }
        try:
            self.answers.setdefault(scene, []).append(play[scene]())
        except ContenderError as error:
            self.notes[scene] = str(error)

    def values(self, scene: str, name: str) -> list[float]:
        """Return a figure of every run of a scene; a list in an answer counts whole."""
        found: list[float] = []
        for answer in self.answers.get(scene, []):
            value = answer[name]
            found += value if isinstance(value, list) else [value]
        return found

    def _window(self, *arguments: str) -> Answer:
        limit_s = 90 + 2 * self._told.seconds
        return self._children.figures("tests.bench.window", *arguments, limit_s=limit_s, display=self._screen)

    def _idle(self) -> Answer:
        answer = self._window("idle", f"--seconds={self._told.seconds:g}")
        script = _BARE_LOOP % round(self._told.seconds * 500)
        bare: Any = self._children.run("-c", script, display=self._screen)
        return {**answer, "bare": float(bare.partition(":")[2].strip(" }\n"))}

    def _start(self) -> Answer:
        ours, bare = [], []
        for _ in range(_STARTS_PER_RUN):
            bare.append(self._timed("-c", _BARE))
            ours.append(self._timed("-P", GUEST, str(ROOT), "start", "--symbol", "btcusdt"))
        return {
            "ours_ms": ours,
            "bare_ms": bare,
            "ratio": [one / other for one, other in zip(ours, bare, strict=True)],
        }

    def warm_up(self) -> None:
        """Start both once, so that every module is compiled and in the disk's cache."""
        self._timed("-c", _BARE)
        self._timed("-P", GUEST, str(ROOT), "start", "--symbol", "btcusdt")

    def _timed(self, *command: str) -> float:
        began = time.perf_counter()
        self._children.run(*command, display=self._screen, limit_s=30)
        return (time.perf_counter() - began) * 1_000


def measure(children: Children, told: Told, wanted: set[str]) -> list[Figure]:
    """Return the figures of the wanted scenes."""
    scenes = [scene for scene in SCENES if scene in wanted]
    with display() as screen:
        studio = Studio(children, told, screen)
        if "start" in wanted:
            studio.warm_up()
        for _ in range(told.runs):
            for scene in scenes:
                studio.play(scene)
    make = {"20k": _flood, "100k": _flood, "burst": _burst, "1k": _calm, "idle": _idle, "start": _start}
    return [figure for scene in scenes for figure in make[scene](studio, scene)]


def _flood(studio: Studio, scene: str) -> list[Figure]:
    is_fast = scene == "100k"
    label_bar = 1.5 * POLL_MS if is_fast else POLL_MS + 6
    title = f"window at {'100' if is_fast else '20'},000 messages/s"
    rows: list[tuple[str, str, float | None, str]] = [
        (f"{title}: quotes lost", "", 0, "lost"),
        ("· extremes missed", "", 0, "missed"),
        ("· CPU of the process", " %", None if is_fast else 40, "cpu"),
        ("· quote to label, p99", " ms", label_bar, "label_p99_ms"),
        ("· quote to label, p50", " ms", None, "label_p50_ms"),
        ("· quote to label, worst", " ms", None, "label_max_ms"),
        ("· after() late, p99", " ms", 5 if is_fast else None, "late_p99_ms"),
        ("· frames painted", " /s", None, "frames_per_s"),
        ("· rate the exchange reached", " /s", None, "rate"),
    ]
    return _figures(studio, scene, rows)


def _burst(studio: Studio, scene: str) -> list[Figure]:
    values = studio.values(scene, "painted_ms")
    note = f"{sum(value <= 40 for value in values)} of {len(values)} bursts within 40 ms" if values else ""
    note = studio.notes.get(scene, note)
    return [Figure("burst of 5,000 + 5,000, sent to painted", " ms", 40, values, note)]


def _calm(studio: Studio, scene: str) -> list[Figure]:
    rows: list[tuple[str, str, float | None, str]] = [
        ("window at 1,000 messages/s: CPU", " %", None, "cpu"),
        ("· frames painted", " /s", None, "frames_per_s"),
        ("· quotes lost", "", None, "lost"),
    ]
    return _figures(studio, scene, rows)


def _idle(studio: Studio, scene: str) -> list[Figure]:
    rows: list[tuple[str, str, float | None, str]] = [
        ("window idle: CPU", " %", 1, "cpu"),
        ("· frames", " /s", None, "frames_per_s"),
        ("· of it an empty after(16) loop", " %", None, "bare"),
    ]
    return _figures(studio, scene, rows)


def _start(studio: Studio, scene: str) -> list[Figure]:
    rows: list[tuple[str, str, float | None, str]] = [
        ("start to first painted window", " ms", None, "ours_ms"),
        ("· a bare tkinter.Tk()", " ms", None, "bare_ms"),
        ("· ratio", " ×", 3, "ratio"),
    ]
    return _figures(studio, scene, rows)


def _figures(studio: Studio, scene: str, rows: list[tuple[str, str, float | None, str]]) -> list[Figure]:
    note = studio.notes.get(scene, "")
    return [Figure(title, unit, bar, studio.values(scene, name), note) for title, unit, bar, name in rows]
