"""Contender: the window on every coin of a crowded exchange, scrolled, sorted and changed while it runs.

    python -m tests.bench.many --symbols 400 --rate 10000 --seconds 10

Starts its exchange as a process of its own, opens the window as the program does with `--all`, prints one
JSON line.
"""

import argparse
import dataclasses
import json
import sys
import threading
import time
from typing import Any

from spreadwatch import app
from spreadwatch.core.snapshot import Snapshot
from spreadwatch.run.services import Services
from spreadwatch.run.session import Session
from spreadwatch.ui import dashboard
from tests.bench.snapshot import settings
from tests.bench.window import Server

_FRAME_MS = 16
_LIMIT_S = 120.0
_CHANGED = 50


class Visitor:
    """Does in the main thread, between two paints, what a restless trader does."""

    def __init__(self, session: Session) -> None:
        self.over = False
        self.gaps_ms: list[float] = []
        self.refused: list[str] = []
        self._session = session
        self._frames = 0
        self._last_s: float | None = None
        self._removed: list[str] = []

    def visit(self, window: dashboard.Dashboard) -> None:
        """Scroll and step at every tenth frame; take fifty coins away once and bring them back."""
        now_s = time.perf_counter()
        if self._last_s is not None and self._frames > 0:
            self.gaps_ms.append((now_s - self._last_s) * 1_000 - _FRAME_MS)
        self._last_s = now_s
        if self._frames == 0 and len(self._session.symbols) < _CHANGED:
            return  # not all are there
        self._frames += 1
        if self._frames % 10 == 0:
            window.root.event_generate("<Button-5>" if self._frames % 200 < 150 else "<Button-4>", x=40, y=300)
        if self._frames % 30 == 0:
            window.root.event_generate("<Down>")
        if self._frames == 150:
            self._removed = list(self._session.symbols[-_CHANGED:])
            self.refused += filter(None, map(self._session.remove, self._removed))
        if self._frames == 300:
            self.refused += filter(None, map(self._session.add, self._removed))

    def untouched(self) -> list[str]:
        """Return the coins that were watched all the time."""
        return [symbol for symbol in self._session.symbols if symbol not in self._removed]


def play(server: Server, session: Session, visitor: Visitor, options: argparse.Namespace) -> dict[str, Any]:
    """Wait for the crowd, watch it, and count."""
    deadline = time.monotonic() + _LIMIT_S
    while len(session.symbols) < options.symbols or session.market.latest.wall_ms == 0:
        if time.monotonic() > deadline:
            raise TimeoutError(f"only {len(session.symbols)} coins")
        threading.Event().wait(0.05)
    threading.Event().wait(1.0)
    connections = server.ask("wait")["connections"]
    visitor.gaps_ms.clear()
    cpu_s = time.process_time()
    done = server.ask(f"rate {options.rate} {options.seconds}")
    cpu_s = time.process_time() - cpu_s
    gaps_ms = sorted(visitor.gaps_ms)
    threading.Event().wait(0.5)
    lost = 0
    for symbol in done["sent"].keys() & set(visitor.untouched()):
        pair = session.market._pairs[symbol]
        lost += abs(done["sent"][symbol] - pair.spot.accepted - pair.futures.accepted)
    return {
        "lost": lost,
        "dropped": session.market._dropped,
        "cpu": cpu_s / done["seconds"] * 100,
        "stall_p999_ms": gaps_ms[int(len(gaps_ms) * 0.999)],
        "stall_max_ms": gaps_ms[-1],
        "frames": len(gaps_ms),
        "refused": visitor.refused,
        "connections": connections,
        "rate": sum(done["sent"].values()) / done["seconds"],
    }


def main() -> int:
    """Open the window as the program does, and let `play` watch from a thread of its own."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.many", description=__doc__)
    parser.add_argument("--symbols", type=int, default=400)
    parser.add_argument("--rate", type=float, default=10_000)
    parser.add_argument("--seconds", type=float, default=10)
    options = parser.parse_args()
    server = Server("tests.bench.sender", f"--symbols={options.symbols}", "--heartbeat=BTCUSDT")
    config = dataclasses.replace(settings(server.urls), all=True)
    session = app.live(config)
    visitor = Visitor(session)
    figures: dict[str, Any] = {}

    class Watched(dashboard.Dashboard):
        def render(self, snapshot: Snapshot) -> None:
            super().render(snapshot)
            if visitor.over:
                self.close()
            else:
                visitor.visit(self)

    def direct() -> None:
        try:
            figures.update(play(server, session, visitor, options))
        except Exception as error:  # noqa: BLE001 - told to the parent
            figures["failure"] = f"{type(error).__name__}: {error}"
        visitor.over = True

    dashboard.Dashboard = Watched  # type: ignore[misc]
    window = app._open_dashboard(session, config, Services(session))
    director = threading.Thread(target=direct, name="bench-director", daemon=True)
    try:
        session.show(session.symbols[:1])
        window.show()
        session.start()
        director.start()
        window.run(session.turn)
    finally:
        session.stop()
        server.stop()
    director.join(10)
    print(json.dumps(figures))
    return 0 if "failure" not in figures else 1


if __name__ == "__main__":
    sys.exit(main())
