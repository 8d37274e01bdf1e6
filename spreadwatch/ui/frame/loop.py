"""The one after() loop: ask for a snapshot, paint it, come back."""

import math
import time
import tkinter as tk
from collections.abc import Callable

from spreadwatch.core.snapshot import Snapshot

FASTEST_MS = 1_000 / 60
"""No screen shows more than 60 paints a second to an eye that reads numbers."""

QUIET_MS = 23
_QUIET_AFTER_S = 1.0
"""While no quote comes, waking up is all that this program costs, so it wakes up a little less often. The
first quotes after such a silence, be they thousands, are still on the screen within 40 ms."""


class Loop:
    """Call `turn` and `render` every `frame_ms`, from start to start, until stopped.

    What either raises goes to `failed`, and the loop lives on.
    """

    def __init__(
        self,
        root: tk.Misc,
        frame_ms: float,
        turn: Callable[[], Snapshot],
        render: Callable[[Snapshot], None],
        failed: Callable[[Exception], None],
    ) -> None:
        self._tk = root.tk
        self._period_ms = max(frame_ms, FASTEST_MS)
        self._turn = turn
        self._render = render
        self._failed = failed
        self._command = root.register(self._frame)  # once: `root.after` would make and delete one every frame
        self._timer: str | None = None
        self._stopped = True
        self._taken = -1
        self._last_quote_at = 0.0

    def start(self) -> None:
        """Begin with the next event of the main loop."""
        self._stopped = False
        self._arm(1)

    def stop(self) -> None:
        """Cancel what is armed. May be called at any time, also from within a turn."""
        self._stopped = True
        if self._timer is not None:
            self._tk.call("after", "cancel", self._timer)
            self._timer = None

    def _arm(self, delay_ms: int) -> None:
        self._timer = str(self._tk.call("after", delay_ms, self._command))

    def _frame(self) -> None:
        began = time.perf_counter()
        self._timer = None
        period_ms = self._period_ms
        try:
            snapshot = self._turn()
            self._render(snapshot)
            if self._is_quiet(snapshot, began):
                period_ms = max(period_ms, QUIET_MS)
        except Exception as error:  # noqa: BLE001  the display must outlive any bug
            self._failed(error)
        finally:
            if not self._stopped:
                worked_ms = (time.perf_counter() - began) * 1_000
                # At least 1 ms: with 0 Tk would never find the time to redraw.
                self._arm(max(math.ceil(period_ms - worked_ms), 1))

    def _is_quiet(self, snapshot: Snapshot, now_s: float) -> bool:
        taken = 0
        for pair in snapshot.pairs:
            taken += pair.counts.spot + pair.counts.futures
        if taken != self._taken:
            self._taken, self._last_quote_at = taken, now_s
        return now_s - self._last_quote_at > _QUIET_AFTER_S
