"""A compact table of extremes: highest and lowest spread of each window of time, and since the reset."""

import tkinter as tk

from spreadwatch.core.numbers import exact
from spreadwatch.core.snapshot import PairSnapshot, WindowExtremes
from spreadwatch.core.spread import Extreme
from spreadwatch.ui.cards.evidence import Prove
from spreadwatch.ui.kit import fonts, text
from spreadwatch.ui.kit.painter import Painter
from spreadwatch.ui.kit.theme import Role
from spreadwatch.ui.kit.widgets import Copy, Value, frame, painted, still


class WindowTable:
    """A row per window. A click on a number opens its evidence."""

    def __init__(self, parent: tk.Misc, painter: Painter, copy: Copy, prove: Prove) -> None:
        px = painter.px
        self.frame = frame(parent, painter, "card")
        self._painter = painter
        self._copy = copy
        self._prove = prove
        self._utc = painter.utc
        for column, words in ((1, "MAX"), (3, "MIN")):
            caption = still(self.frame, painter, words, fonts.CAPTION, "muted", "card")
            caption.grid(row=0, column=column, sticky="e", padx=(px(14), px(1)))
        self.rows: list[_TableRow] = []

    def render(self, pair: PairSnapshot) -> None:
        """Paint the windows of a pair and its extremes since the reset."""
        spread, places, now_ms = pair.spread, pair.places, pair.at.wall_ms
        windows = (*pair.windows, WindowExtremes("reset", spread.high, spread.low))
        while len(self.rows) < len(windows):
            row = _TableRow(self.frame, 1 + len(self.rows), self._painter, self._copy, self._prove)
            self.rows.append(row)
            self._painter.resized = True
        for row, window in zip(self.rows, windows, strict=False):
            row.render(window, places, now_ms)


class _TableRow:
    """One window's name, and its two extremes with their times."""

    def __init__(self, parent: tk.Misc, row: int, painter: Painter, copy: Copy, prove: Prove) -> None:
        px = painter.px
        self._utc = painter.utc
        self._prove = prove
        self._window = ""
        self._extremes: dict[str, Extreme | None] = {}
        label, self._name = painted(parent, painter, fonts.SMALL_WORDS, "muted", "card")
        label.grid(row=row, column=0, sticky="w")
        self.values: dict[str, Value] = {}
        self._times = {}
        for column, kind in ((1, "max"), (3, "min")):
            value = Value(
                parent,
                painter,
                copy,
                fonts.SMALL_FIGURE,
                chars=5,
                press=lambda kind=kind: self.press(kind),  # type: ignore[misc]
            )
            value.label.grid(row=row, column=column, sticky="e", padx=(px(14), 0))
            label, self._times[kind] = painted(
                parent, painter, fonts.SMALL_FIGURE, "faint", "card", chars=8, anchor="e"
            )
            label.grid(row=row, column=column + 1, sticky="e", padx=(px(7), 0))
            self.values[kind] = value
        self._shown: dict[str, tuple[object, ...]] = {}

    def press(self, kind: str) -> None:
        """Show the evidence of 'max' or 'min'."""
        if (extreme := self._extremes.get(kind)) is not None:
            self._prove(kind, self._window, extreme)

    def render(self, window: WindowExtremes, places: int, now_ms: int) -> None:
        """Paint one window; a dash where it holds no sample."""
        self._window = window.name
        self._name.show(window.name, "muted")
        self._render_one("max", window.high, "up", places, now_ms)
        self._render_one("min", window.low, "down", places, now_ms)

    def _render_one(self, kind: str, extreme: Extreme | None, role: Role, places: int, now_ms: int) -> None:
        self._extremes[kind] = extreme
        shown = (extreme, places, now_ms // 60_000)
        before = self._shown.get(kind)
        if before and before[0] is extreme and before[1:] == shown[1:]:
            return
        self._shown.pop(kind, None)  # until all of it is painted
        if extreme is None:
            self.values[kind].show(text.NO_VALUE, "faint", "")
            self._times[kind].show("", "faint")
        else:
            words, copied = text.signed(extreme.spread, places), exact(extreme.spread, places)
            self.values[kind].show(words, role, copied)
            self._times[kind].show(text.clock(extreme.at.wall_ms, now_ms, utc=self._utc), "muted")
        self._shown[kind] = shown
