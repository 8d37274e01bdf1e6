"""Contender: the real window on a real live session, measured from within its own process.

    python -m tests.bench.window flood --rate 20000 --seconds 10
    python -m tests.bench.window burst --count 5000 --bursts 10
    python -m tests.bench.window idle --seconds 10

It starts its exchange as a process of its own, opens the window as the program does, prints one JSON line.
"""

import argparse
import json
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from spreadwatch import app
from spreadwatch.core.snapshot import Snapshot
from spreadwatch.run.services import Services
from spreadwatch.ui import dashboard
from tests.bench.probe import Probe, quantile
from tests.bench.snapshot import settings

_SETTLED_S = 0.5
_LIMIT_S = 60.0
Figures = dict[str, Any]


class Server:
    """The exchange's process. Its first line holds the URLs."""

    def __init__(self, *command: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", *command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.urls = self.line()

    def line(self) -> Figures:
        """Wait for the next line."""
        assert self._process.stdout
        words = json.loads(self._process.stdout.readline())
        assert isinstance(words, dict)
        return words

    def ask(self, words: str) -> Figures:
        """Send a line and wait for the answer."""
        assert self._process.stdin
        self._process.stdin.write(words + "\n")
        self._process.stdin.flush()
        return self.line()

    def stop(self) -> None:
        """End the process."""
        assert self._process.stdin
        self._process.stdin.close()
        try:
            self._process.wait(15)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def cpu_share(seconds: float) -> float:
    """Wait so long and return the share of a core that this process used, in percent."""
    cpu_s, wall_s = time.process_time(), time.perf_counter()
    threading.Event().wait(seconds)
    return (time.process_time() - cpu_s) / (time.perf_counter() - wall_s) * 100


def flood(server: Server, probe: Probe, options: argparse.Namespace) -> Figures:
    """Watch a flood from its first quote to its last."""
    _wait_for(lambda: probe.pair is not None and probe.pair.counts.futures > 0)
    threading.Event().wait(min(_SETTLED_S, options.seconds / 4))
    share = cpu_share(max(options.seconds - 2 * _SETTLED_S, options.seconds / 4))
    done = server.line()
    threading.Event().wait(0.2)
    pair = probe.pair
    assert pair is not None
    counts, spread = pair.counts, pair.spread
    shown = {"max": spread.high and spread.high.spread, "min": spread.low and spread.low.spread}
    return {
        "lost": sum(done["sent"].values()) - counts.spot - counts.futures,
        "dropped": counts.dropped,
        "missed": sum(shown[name] != Decimal(done[name]) for name in ("max", "min")),
        "cpu": share,
        "rate": done["rate"],
        **_times(probe),
    }


def burst(server: Server, probe: Probe, options: argparse.Namespace) -> Figures:
    """Send bursts at random moments of the frame, and time each until it is painted."""
    _wait_for(lambda: probe.pair is not None and probe.pair.reason is not None and "waiting" in probe.pair.reason)
    threading.Event().wait(_SETTLED_S)
    server.ask("wait")
    painted_ms = []
    for _ in range(options.bursts + 1):
        probe.await_quotes(2 * options.count)
        sent = server.ask(f"burst {options.count}")
        if not probe.reached.wait(_LIMIT_S):
            raise TimeoutError("a burst was never painted")
        painted_ms.append((probe.reached_ns - sent["at_ns"]) / 1e6)
        threading.Event().wait(0.2 + random.random() / 10)
    return {"painted_ms": painted_ms[1:]}  # the first one also drew every digit for the first time


def idle(server: Server, probe: Probe, options: argparse.Namespace) -> Figures:
    """Watch a live pair whose coin says nothing: a heartbeat a second on each connection, ages that tick."""
    _wait_for(lambda: probe.pair is not None)
    server.ask("wait")
    server.ask("quote")
    _wait_for(lambda: probe.pair is not None and probe.pair.spread.current is not None)
    threading.Event().wait(3 * _SETTLED_S)
    share = cpu_share(options.seconds)
    assert probe.pair is not None
    if probe.pair.spread.current is None:
        raise AssertionError(f"the pair is not live any more: {probe.pair.reason}")
    return {"cpu": share, **_times(probe)}


def _times(probe: Probe) -> Figures:
    turns, label = probe.turns, probe.label_ms
    return {
        "label_p50_ms": quantile(label, 0.5),
        "label_p99_ms": quantile(label, 0.99),
        "label_max_ms": max((value for value, _ in label), default=0.0),
        "late_p99_ms": quantile([(value, 1) for value in probe.late_ms], 0.99),
        "frames_per_s": (len(turns) - 1) / (turns[-1] - turns[0]),
    }


def _wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _LIMIT_S
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError("the window never got there")
        threading.Event().wait(0.02)


_SCENES = {
    "flood": (flood, "BTCUSDT", "tests.exchange.flood --json --rate={rate} --seconds={seconds}"),
    "burst": (burst, "BTCUSDT", "tests.bench.sender --symbols=BTCUSDT"),
    "idle": (idle, "ETHUSDT", "tests.bench.sender --symbols=ETHUSDT --heartbeat=BTCUSDT"),
}


def main() -> int:
    """Play one scene, print its figures."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.window", description=__doc__)
    parser.add_argument("scene", choices=_SCENES)
    parser.add_argument("--rate", type=float, default=20_000)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--count", type=int, default=5_000)
    parser.add_argument("--bursts", type=int, default=10)
    options = parser.parse_args()
    play, symbol, command = _SCENES[options.scene]
    server = Server(*command.format_map(vars(options)).split())
    try:
        figures = _open(server, symbol, lambda probe: play(server, probe, options))
    finally:
        server.stop()
    print(json.dumps(figures))
    return 0 if "failure" not in figures else 1


def _open(server: Server, symbol: str, play: Callable[[Probe], Figures]) -> Figures:
    """Open the window as the program does, and let `play` direct from a thread of its own."""
    config = settings(server.urls, symbol)
    session = app.live(config)
    probe = Probe(session)
    figures: Figures = {}

    class Watched(dashboard.Dashboard):
        def render(self, snapshot: Snapshot) -> None:
            super().render(snapshot)
            probe.painted(snapshot, self.root)
            if probe.over:
                self.close()

    def direct() -> None:
        try:
            figures.update(play(probe))
        except Exception as error:  # noqa: BLE001 - told to the parent
            figures["failure"] = f"{type(error).__name__}: {error}"
        probe.over = True

    dashboard.Dashboard = Watched  # type: ignore[misc]
    window = app._open_dashboard(session, config, Services(session))
    director = threading.Thread(target=direct, name="bench-director", daemon=True)
    try:
        window.show()
        session.start()
        director.start()
        window.run(probe.turn)
    finally:
        session.stop()
    director.join(_LIMIT_S)
    return figures


if __name__ == "__main__":
    sys.exit(main())
