"""The list of gaps: when a leg was not live, for how long, and why."""

import time
import tkinter as tk

from spreadwatch.core.snapshot import Snapshot
from spreadwatch.ui.frame.shortcuts import BY_ACTION, is_apple, label
from spreadwatch.ui.gaps import words as gap_words
from spreadwatch.ui.gaps.words import GapCount, GapRow
from spreadwatch.ui.kit import fonts, text
from spreadwatch.ui.kit.overlay import Panel
from spreadwatch.ui.kit.painter import Painter
from spreadwatch.ui.kit.table import Table, TableColumn, Texts
from spreadwatch.ui.kit.widgets import frame, painted

_LEAST_ROWS = 8
_REASON_WIDTH = 300
_EVERY_S = 1.0
_COLUMNS = (
    TableColumn("SYMBOL", fonts.SMALL_WORDS, "", gap=18, widens=True),
    TableColumn("LEG", fonts.SMALL_WORDS, "futures", gap=18, widens=True),
    TableColumn("LENGTH", fonts.SMALL_WORDS, "still open 00 min", gap=18, widens=True),
    TableColumn("REASON", fonts.SMALL_WORDS, "", gap=18),
)


class GapList(Panel):
    """The newest gaps, as many as fit, and how many there were. While open it is painted once a second."""

    def __init__(self, parent: tk.Misc, painter: Painter, gap_count: GapCount) -> None:
        super().__init__(parent, painter)
        self._painter = painter
        self._gap_count = gap_count
        self._utc = painter.utc
        self._snapshot: Snapshot | None = None
        self._painted_at = 0.0
        self._place_caption()
        clock = TableColumn("UTC" if painter.utc else "LOCAL TIME", fonts.SMALL_FIGURE, "00:00:00", gap=0, widens=True)
        self.table = Table(self.card, painter, (clock, *_COLUMNS), _LEAST_ROWS, self._resized, least_last=_REASON_WIDTH)
        self.table.frame.pack(fill="both", expand=True)

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

    # ----- painting

    def render(self, snapshot: Snapshot | None, *, at_once: bool = False) -> None:
        """Paint the gaps, throttled to once a second unless `at_once`; None: there is no snapshot yet."""
        self._snapshot = snapshot
        now_s = time.monotonic()
        if not at_once and now_s - self._painted_at < _EVERY_S:
            return
        self._painted_at = now_s
        gaps = snapshot.gaps if snapshot else ()
        self._title.show(f"GAPS {text.count(self._gap_count.total)}", "text")
        self._remark.show(gap_words.remark(self._gap_count.total, self._gap_count.starting), "muted")
        self._hint.show(self._hint_words if gaps else "", "muted")
        self._render_rows()

    def _render_rows(self) -> None:
        snapshot = self._snapshot
        gaps = gap_words.newest(snapshot.gaps, self.table.room) if snapshot else []
        rows = [_texts(gap_words.row(gap, snapshot.at, utc=self._utc)) for gap in gaps] if snapshot else []
        self.table.show(rows, gap_words.without_gaps(snapshot))

    def _resized(self) -> None:
        self._render_rows()
        self._painter.flush_now()

    def copy_text(self) -> tuple[str, str]:
        """Return all the gaps that are kept as text, oldest first, and how many they are in words."""
        if self._snapshot is None or not self._snapshot.gaps:
            return "", text.counted(0, "gap", "gaps")
        gaps = self._snapshot.gaps
        return gap_words.table(gaps, self._snapshot.at), text.counted(len(gaps), "gap", "gaps")


def _texts(row: GapRow) -> Texts:
    return (
        (row.start, "muted"),
        (row.symbol, "text"),
        (row.leg, "text"),
        (row.length, "stale" if row.lasts else "text"),
        (row.reason, "muted"),
    )
