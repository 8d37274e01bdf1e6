"""What is measured inside the window's process, at a cost of under a microsecond per batch and frame.

Definitions. A quote reaches its label when `render()` of the first snapshot that includes it has returned;
the time counts from the receive stamp of its socket read, which is floored to a whole millisecond, so a
figure is up to 1 ms too large, never too small. Every quote counts, also one that a later quote of the same
frame overwrote: its part in counts and extremes is on the screen. Lateness is when a turn began after the
moment that its `after()` was armed for.
"""

import threading
import time
from collections.abc import Callable
from typing import Any

from spreadwatch.core.events import Batch, Event
from spreadwatch.core.snapshot import PairSnapshot, Snapshot
from spreadwatch.run.session import Session
from spreadwatch.ui.frame import loop

Weighted = tuple[float, int]


class Probe:
    """Watches one session and its window. `reached` is set once so many quotes are painted as were waited for."""

    def __init__(self, session: Session) -> None:
        self.late_ms: list[float] = []
        self.label_ms: list[Weighted] = []
        self.turns: list[float] = []
        self.pair: PairSnapshot | None = None
        self.reached = threading.Event()
        self.reached_ns = 0
        self.over = False
        """Set it, and the window closes after its next paint."""
        self._awaited: int | None = None
        self._due: float | None = None
        self._waiting: list[tuple[int, int]] = []
        self._session = session
        self._apply = session.market.apply
        session.market.apply = self._note  # type: ignore[method-assign]
        self._hook_after()

    def _note(self, event: Event) -> None:
        self._apply(event)
        if isinstance(event, Batch) and event.quotes:
            self._waiting.append((event.at.mono_ms, len(event.quotes)))

    def _hook_after(self) -> None:
        arm: Callable[..., None] = loop.Loop._arm

        def armed(one: loop.Loop, delay_ms: int) -> None:
            self._due = time.perf_counter() + delay_ms / 1_000
            arm(one, delay_ms)

        loop.Loop._arm = armed  # type: ignore[assignment,method-assign]

    def turn(self) -> Snapshot:
        """Stand in for the pump's turn."""
        began = time.perf_counter()
        if self._due is not None:
            self.late_ms.append(max(began - self._due, 0) * 1_000)
        self.turns.append(began)
        return self._session.turn()

    def painted(self, snapshot: Snapshot, root: Any) -> None:  # noqa: ANN401 - tkinter.Tk
        """Take note that `render()` of `snapshot` has returned."""
        self.pair = snapshot.pairs[0]
        counts = self.pair.counts
        if self._awaited is not None and counts.spot + counts.futures >= self._awaited:
            root.update_idletasks()  # a burst counts as painted once Tk has drawn it
            self.reached_ns = time.monotonic_ns()
            self._awaited = None
            self.reached.set()
        if self._waiting:
            now_ms = time.monotonic_ns() / 1e6
            self.label_ms += [(now_ms - at_ms, quotes) for at_ms, quotes in self._waiting]
            self._waiting.clear()

    def await_quotes(self, more: int) -> None:
        """Let `reached` tell when so many more quotes are painted."""
        assert self.pair is not None
        self.reached.clear()
        self._awaited = self.pair.counts.spot + self.pair.counts.futures + more


def quantile(samples: list[Weighted], share: float) -> float:
    """Return the smallest value that at least `share` of the weight does not exceed; 0 without samples."""
    limit = sum(weight for _, weight in samples) * share
    total = 0
    for value, weight in sorted(samples):
        total += weight
        if total >= limit:
            return value
    return 0.0
