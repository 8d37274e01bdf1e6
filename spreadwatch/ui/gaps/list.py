"""The list of gaps: when a leg was not live, for how long, and why."""

import time
import tkinter as tk
from collections.abc import Callable
from functools import partial

from spreadwatch.core.gaps import Gap
from spreadwatch.core.snapshot import Snapshot
from spreadwatch.ui.frame.shortcuts import BY_ACTION, is_apple, label
from spreadwatch.ui.gaps import words as gap_words
from spreadwatch.ui.gaps.words import GapCount, GapRow
from spreadwatch.ui.kit import fonts, text
from spreadwatch.ui.kit.overlay import Panel
from spreadwatch.ui.kit.painter import Cell, Painter
from spreadwatch.ui.kit.widgets import frame, painted

_LEAST_ROWS = 8
_REASON_WIDTH = 300
_EVERY_S = 1.0
_COLUMNS = (
    ("", fonts.SMALL_FIGURE, "00:00:00"),
    ("SYMBOL", fonts.SMALL_WORDS, ""),
    ("LEG", fonts.SMALL_WORDS, "futures"),
    ("LENGTH", fonts.SMALL_WORDS, "still open 00 min"),
)
"""Caption, font and the widest usual text, whose room is kept free. The reason takes what is left."""


class GapList(Panel):
    """The newest gaps, as many as fit, and how many there were. While open it is painted once a second."""

    def __init__(self, parent: tk.Misc, painter: Painter, gap_count: GapCount, changed: Callable[[], object]) -> None:
        """Call `changed` after painting something outside of `render`."""
        super().__init__(parent, painter)
        self._painter = painter
        self._gap_count = gap_count
        self._changed = changed
        self._utc = painter.utc
        self._snapshot: Snapshot | None = None
        self._painted_at = 0.0
        self._place_caption()
        px = painter.px
        self.table = frame(self.card, painter, "card")
        self.table.pack(fill="both", expand=True)
        self._row_height = px(5) + max(
            int(self.table.tk.call("font", "metrics", font, "-linespace"))
            for font in (fonts.SMALL_FIGURE, fonts.SMALL_WORDS)
        )
        self._gap = px(18)
        self._rows: list[_Row] = []
        self._reason_width = px(_REASON_WIDTH)
        self._place_captions()
        # It asks for the least it can do with, and shows more rows when it is given more.
        self.table.grid_propagate(False)
        self.table.configure(width=self._least_width(), height=(1 + _LEAST_ROWS) * self._row_height)
        self.table.bind("<Configure>", lambda _event: self._resized())

    def _place_caption(self) -> None:
        painter, px = self._painter, self._painter.px
        line = frame(self.card, painter, "card")
        line.pack(fill="x", pady=(0, px(8)))
        title, self._title = painted(line, painter, fonts.CAPTION, "text", "card", chars=None)
        title.pack(side="left")
        remark, self._remark = painted(line, painter, fonts.CAPTION, "muted", "card", chars=None)
        remark.pack(side="left", padx=(px(10), 0))
        hint, self._hint = painted(line, painter, fonts.SMALL_WORDS, "muted", "card", chars=None)
        hint.pack(side="right")
        self._hint_words = f"{label(BY_ACTION['copy'].keys[0], apple=is_apple(line))} copies all"

    def _place_captions(self) -> None:
        self._captions = []
        names = ("UTC" if self._utc else "LOCAL TIME", *(name for name, _, _ in _COLUMNS[1:]), "REASON")
        for column, name in enumerate(names):
            caption, cell = painted(self.table, self._painter, fonts.CAPTION, "faint", "card", chars=None)
            caption.grid(row=0, column=column, sticky="ew", padx=(self._gap if column else 0, 0))
            self._captions.append((cell, name))
        caption.bind("<Configure>", self._reason_resized)  # the last one is as wide as the reasons may be
        empty, self._empty = painted(self.table, self._painter, fonts.WORDS, "muted", "card", chars=None)
        empty.grid(row=0, column=0, columnspan=len(names), sticky="w")
        self.table.rowconfigure(0, minsize=self._row_height)
        for column, (_, font, usual) in enumerate(_COLUMNS):
            width = self._painter.measure(font, usual) + (self._gap if column else 0)
            self.table.columnconfigure(column, minsize=width)
        self.table.columnconfigure(len(_COLUMNS), weight=1)

    def _least_width(self) -> int:
        usual = sum(self._painter.measure(font, words or "0000USDT") + self._gap for _, font, words in _COLUMNS)
        return usual + self._painter.px(_REASON_WIDTH)

    # ----- painting

    def render(self, snapshot: Snapshot | None, *, at_once: bool = False) -> None:
        """Paint the gaps, at most once a second unless `at_once`; None: there is no snapshot yet."""
        self._snapshot = snapshot
        now_s = time.monotonic()
        if not at_once and now_s - self._painted_at < _EVERY_S:
            return
        self._painted_at = now_s
        gaps = snapshot.gaps if snapshot else ()
        self._title.show(f"GAPS {text.count(self._gap_count.total)}", "text")
        self._remark.show(gap_words.remark(self._gap_count.total, self._gap_count.starting), "muted")
        self._empty.show("" if gaps else gap_words.without_gaps(snapshot), "muted")
        self._hint.show(self._hint_words if gaps else "", "muted")
        for cell, name in self._captions:
            cell.show(name if gaps else "", "faint")
        self._render_rows()

    def _render_rows(self) -> None:
        gaps: list[Gap] = []
        if self._snapshot is not None:
            room = max(self.table.winfo_height() // self._row_height - 1, _LEAST_ROWS)
            gaps = gap_words.newest(self._snapshot.gaps, room)
            while len(self._rows) < len(gaps):
                self._rows.append(_Row(self.table, self._painter, 1 + len(self._rows), self._row_height, self._gap))
            for row, gap in zip(self._rows, gaps, strict=False):
                row.render(gap_words.row(gap, self._snapshot.at, utc=self._utc), self._reason_width)
        for row in self._rows[len(gaps) :]:
            row.hide()

    def _resized(self) -> None:
        self._render_rows()
        self._changed()

    def _reason_resized(self, event: "tk.Event[tk.Misc]") -> None:
        if event.width != self._reason_width:
            self._reason_width = event.width
            self._resized()

    def copy_text(self) -> tuple[str, str]:
        """Return all the gaps that are kept as text, oldest first, and how many they are in words."""
        if self._snapshot is None or not self._snapshot.gaps:
            return "", text.counted(0, "gap", "gaps")
        gaps = self._snapshot.gaps
        return gap_words.table(gaps, self._snapshot.at), text.counted(len(gaps), "gap", "gaps")


class _Row:
    """The labels of one gap."""

    def __init__(self, table: tk.Misc, painter: Painter, number: int, height: int, gap: int) -> None:
        self._painter = painter
        self._labels = []
        self._cells: list[Cell] = []
        for column, font in enumerate((*(font for _, font, _ in _COLUMNS), fonts.SMALL_WORDS)):
            made, cell = painted(table, painter, font, "muted", "card", chars=None)
            made.grid(row=number, column=column, sticky="ew", padx=(gap if column else 0, 0))
            self._labels.append(made)
            self._cells.append(cell)
        self._labels[-1].configure(width=1)  # a long reason must not push the other columns together
        table.grid_rowconfigure(number, minsize=height)
        self._is_shown = True

    def render(self, row: GapRow, reason_width: int) -> None:
        """Paint one gap, its reason cut to a width in pixels."""
        if not self._is_shown:
            self._is_shown = True
            for one in self._labels:
                one.grid()
        start, symbol, leg, length, reason = self._cells
        start.show(row.start, "muted")
        symbol.show(row.symbol, "text")
        leg.show(row.leg, "text")
        length.show(row.length, "stale" if row.lasts else "text")
        measure = partial(self._painter.measure, fonts.SMALL_WORDS)
        reason.show(text.shortened(row.reason, reason_width, measure), "muted")

    def hide(self) -> None:
        """Take the row away."""
        if self._is_shown:
            self._is_shown = False
            for one in self._labels:
                one.grid_remove()
