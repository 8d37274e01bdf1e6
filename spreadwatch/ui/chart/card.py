"""The chart in the window: which series it draws, since when that is lost, and where it is saved."""

import tkinter as tk
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Protocol

from spreadwatch.core.gaps import Gap
from spreadwatch.core.leg import State
from spreadwatch.core.quote import Instant
from spreadwatch.core.series import Series
from spreadwatch.core.snapshot import PairSnapshot
from spreadwatch.ui.chart import export
from spreadwatch.ui.chart.chart import Chart
from spreadwatch.ui.frame.shortcuts import SHORTCUTS, Action
from spreadwatch.ui.kit.painter import Painter

_READ_MS = 8_000


class Past(Protocol):
    """What the chart asks of the program. `export_folder`: where charts are saved."""

    @property
    def export_folder(self) -> Path: ...  # noqa: D102

    def series(self, symbol: str) -> Series | None:
        """Return the past of a symbol, None for one that is not watched."""

    def axis_ms(self, at: Instant) -> int:
        """Return where a moment is on the axis of every series."""


class ChartCard:
    """Renders one pair's past. `say` shows words for so many ms, `note` a problem."""

    def __init__(
        self,
        parent: tk.Misc,
        painter: Painter,
        past: Past,
        say: Callable[[str, int], None],
        note: Callable[[str], None],
    ) -> None:
        self.chart = Chart(parent, painter, self._save)
        self.frame = self.chart.frame
        self._past, self._say, self._note = past, say, note
        self._symbol = ""
        self._now_ms: int | None = None
        self._offset_ms = 0

    def render(self, pair: PairSnapshot, gaps: Iterable[Gap], *, is_known: bool) -> None:
        """Paint one pair, as lost since the gap that lasts, or since its last good moment while nothing `is_known`."""
        self._symbol = pair.symbol
        series = self._past.series(pair.symbol)
        is_known = is_known and pair.at.wall_ms > 0
        if is_known:
            self._now_ms = self._past.axis_ms(pair.at)
            self._offset_ms = pair.at.wall_ms - self._now_ms
        if series is None:
            self.chart.render(None, 0, 0, pair.places)
            return
        now_ms = (series.last_ms or 0) if self._now_ms is None else self._now_ms
        lost_ms = None
        if pair.state is not State.LIVE and series.lost_ms is None:
            lost_ms = now_ms
            for gap in gaps if is_known else ():
                if gap.end is None and gap.symbol == pair.symbol:
                    lost_ms = min(lost_ms, self._past.axis_ms(gap.start))
        self.chart.render(series, now_ms, self._offset_ms, pair.places, lost_ms)

    def actions(self) -> dict[Action, Callable[[], None]]:
        """Return what keys and menu do with the chart."""
        chart = self.chart
        spans = [one.action for one in SHORTCUTS if one.action.startswith("chart_")]
        return {
            **{action: partial(chart.choose, action.removeprefix("chart_")) for action in spans},
            "zoom_in": chart.zoom_in,
            "zoom_out": chart.zoom_out,
            "live": chart.back_to_live,
            "reverse": chart.toggle_reverse,
            "export": self.export,
        }

    def export(self) -> None:
        """Save what is in view."""
        if self.chart.view() is None:
            self._say("no chart to save yet", _READ_MS)
        else:
            self.chart.export_visible()

    def _save(self, lines: Iterator[str]) -> None:
        folder = self._past.export_folder
        at_ms = (self._now_ms or 0) + self._offset_ms
        try:
            path = export.save(folder, self._symbol, at_ms, lines)
        except OSError as error:
            problem = error.strerror or type(error).__name__
            self._note(f"The chart was not saved: {folder} cannot be written ({problem}).")
        else:
            self._say(f"saved {path.name} in {_short(path.parent)}", _READ_MS)


def _short(folder: Path) -> str:
    """Write a folder with ~ for the person's own."""
    try:
        return str(Path("~") / folder.relative_to(Path.home()))
    except (ValueError, RuntimeError):
        return str(folder)
