"""The line at the bottom: ages, updates per second, what went wrong so far; brief feedback on the right."""

import tkinter as tk
from collections import deque
from collections.abc import Callable
from functools import partial

from spreadwatch.core.leg import State
from spreadwatch.core.snapshot import LegSnapshot, PairSnapshot
from spreadwatch.ui.kit import fonts, text, theme
from spreadwatch.ui.kit.painter import Painter
from spreadwatch.ui.kit.theme import Role
from spreadwatch.ui.kit.widgets import frame, painted, still

REPAINT_MS = 200
"""Ages change all the time; five times a second is often enough to read them, and costs nothing."""

_BREAKS = 3
"""The column of what a click explains: gaps and reconnects."""

_FILLED, _HOLLOW = "\N{BLACK CIRCLE}", "\N{WHITE CIRCLE}"


class StatusBar:
    """Render one pair's ages and counts."""

    def __init__(
        self,
        parent: tk.Misc,
        painter: Painter,
        show_shortcuts: Callable[[], None],
        show_gaps: Callable[[], None],
        recording: Callable[[], str],
    ) -> None:
        px = painter.px
        self.frame = frame(parent, painter, "background")
        self._cells = []
        for column, chars in enumerate((10, 12, 11, 0, 0)):
            label, cell = painted(self.frame, painter, fonts.SMALL_WORDS, "muted", "background", chars=chars)
            label.grid(row=0, column=column, sticky="w", padx=(0, px(10)))
            self._cells.append(cell)
            if column == _BREAKS:
                label.configure(cursor="hand2")
                label.bind("<Button-1>", lambda _event: show_gaps())
        words = fonts.SMALL_WORDS
        feedback, self._feedback = painted(self.frame, painter, words, "text", "background", chars=None, anchor="e")
        feedback.configure(width=1)  # long words must not make the window wider
        feedback.grid(row=0, column=5, sticky="ew", padx=(0, px(14)))
        feedback.bind("<Configure>", self._resized)
        self._measure = partial(painter.measure, words)
        self._said, self._width = "", 0
        self._cover, self._long = painted(self.frame, painter, words, "text", "background", chars=None, anchor="e")
        times = "UTC" if painter.utc else "local time"
        still(self.frame, painter, times, fonts.SMALL_WORDS, "muted", "background").grid(row=0, column=7)
        label, self._record = painted(self.frame, painter, words, "down", "background", chars=0)
        label.grid(row=0, column=6, padx=(0, px(10)))
        self._recording = recording
        keys = still(self.frame, painter, "F1 shortcuts", fonts.SMALL_WORDS, "muted", "background")
        keys.grid(row=0, column=8, padx=(px(14), 0))
        keys.configure(cursor="hand2")
        keys.bind("<Button-1>", lambda _event: show_shortcuts())
        self.frame.columnconfigure(5, weight=1)
        self._rate = Rate()
        self._symbol = ""
        self._shown: tuple[object, ...] = ()

    def render(self, pair: PairSnapshot, gaps: int) -> None:
        """Paint ages and counts, throttled to five times a second of the pair's own clock.

        `gaps`: those after the start.
        """
        if pair.symbol != self._symbol:
            self._symbol, self._rate = pair.symbol, Rate()
        counts, mono_ms = pair.counts, pair.at.mono_ms
        per_second = self._rate.take(counts.spot + counts.futures, mono_ms)
        problems = (gaps, counts.reconnects, counts.rejected, counts.dropped)
        record = self._recording()
        shown = (mono_ms // REPAINT_MS, pair.symbol, pair.spot.state, pair.futures.state, problems, record)
        if shown == self._shown:
            return
        self._shown = ()  # until all of it is painted
        spot, futures, rate, breaks, losses = self._cells
        spot.show(*_leg_words(pair.spot))
        futures.show(*_leg_words(pair.futures))
        rate.show("" if per_second is None else f"{text.count(round(per_second))} updates/s", "muted")
        breaks.show(_breaks(gaps, counts.reconnects), "muted")
        losses.show(_losses(counts.rejected, counts.dropped), "down" if counts.dropped else "muted")
        self._record.show(record, "down")
        self._shown = shown

    def say(self, words: str) -> None:
        """Show brief feedback, over all else in the bar if it is long; the caller takes it away again."""
        self._said = words
        if self._measure(words) <= self._width:
            self._feedback.show(words, "text")
            self._cover.place_forget()
        else:
            self._long.show(text.shortened(words, self.frame.winfo_width(), self._measure), "text")
            self._cover.place(relwidth=1, relheight=1)

    def _resized(self, event: "tk.Event[tk.Misc]") -> None:
        if event.width != self._width:
            self._width = event.width
            self.say(self._said)


def _leg_words(leg: LegSnapshot) -> tuple[str, Role]:
    """Return what the bar says of a leg, and in which colour."""
    if leg.state is State.LIVE:
        return f"{_FILLED} {leg.side} {text.age(leg.age_ms)}", "muted"
    # The card above has room for the word 'connecting'; this bar would keep its width for ever.
    words = text.NO_VALUE if leg.state is State.CONNECTING else f"{leg.state} {text.age(leg.age_ms)}"
    return f"{_HOLLOW} {leg.side} {words}", theme.STATE_ROLES[leg.state]


def _breaks(gaps: int, reconnects: int) -> str:
    """Return how often a leg was not live; empty for never."""
    words = []
    if gaps:
        words.append(text.counted(gaps, "gap", "gaps"))
    if reconnects:
        words.append(text.counted(reconnects, "reconnect", "reconnects"))
    return " · ".join(words)


def _losses(rejected: int, dropped: int) -> str:
    """Return what was not taken; empty for nothing."""
    words = []
    if rejected:
        words.append(f"{text.count(rejected)} rejected")
    if dropped:
        words.append(f"{text.count(dropped)} dropped")
    return " · ".join(words)


WINDOW_MS = 2_000
_STEP_MS = 100
_ENOUGH_MS = 500


class Rate:
    """Average over the last two seconds."""

    def __init__(self) -> None:
        self._seen: deque[tuple[int, int]] = deque()

    def take(self, total: int, mono_ms: int) -> float | None:
        """Take a running total at `mono_ms` and return the rate per second; None while too little is known."""
        seen = self._seen
        if not total:
            return None
        if seen and (total < seen[-1][1] or mono_ms < seen[-1][0]):
            seen.clear()
        if not seen or mono_ms - seen[-1][0] >= _STEP_MS:
            seen.append((mono_ms, total))
        while len(seen) > 2 and mono_ms - seen[1][0] >= WINDOW_MS:
            seen.popleft()
        since_ms = mono_ms - seen[0][0]
        return (total - seen[0][1]) * 1_000 / since_ms if since_ms >= _ENOUGH_MS else None
