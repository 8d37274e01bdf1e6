"""All parts of the window, made and put in their places."""

import tkinter as tk
from collections.abc import Callable
from enum import IntEnum

from spreadwatch.core.quote import Side
from spreadwatch.core.snapshot import PairSnapshot
from spreadwatch.ui.alerts.alerts import WindowAlerts
from spreadwatch.ui.cards.costs import Costs
from spreadwatch.ui.cards.evidence import Prove
from spreadwatch.ui.cards.quote import QuoteCard
from spreadwatch.ui.cards.spread import SpreadCard
from spreadwatch.ui.chart.card import ChartCard
from spreadwatch.ui.frame import placeholders
from spreadwatch.ui.frame.feedback import Feedback
from spreadwatch.ui.frame.guard import Render
from spreadwatch.ui.frame.header import Header
from spreadwatch.ui.frame.notice import Notice
from spreadwatch.ui.frame.playback_bar import PlaybackBar
from spreadwatch.ui.frame.shortcuts import Action
from spreadwatch.ui.frame.status_bar import StatusBar
from spreadwatch.ui.frame.window import MainWindow
from spreadwatch.ui.gaps.words import GapCount
from spreadwatch.ui.kit.overlay import Overlay
from spreadwatch.ui.kit.painter import Painter
from spreadwatch.ui.kit.tooltip import Tooltip
from spreadwatch.ui.kit.widgets import frame
from spreadwatch.ui.program import Program
from spreadwatch.ui.selection import Selection
from spreadwatch.ui.watch.list import WatchList


class Band(IntEnum):
    """The bands of the window from top to bottom."""

    HEADER = 0
    BANNER = 1
    SPREAD = 2
    QUOTES = 3
    COSTS = 4
    CHART = 5
    NOTICE = 6
    PLAYBACK = 7
    STATUS = 8


class Layout:
    """Makes every part. What belongs to the full window only is hidden in the compact one."""

    def __init__(
        self,
        window: MainWindow,
        painter: Painter,
        program: Program,
        selection: Selection,
        feedback: Feedback,
        act: Callable[[Action], None],
        choose: Callable[[str], None],
        prove: Prove,
    ) -> None:
        """`act` does what a key would, `choose` shows a symbol, `prove` the evidence of an extreme."""
        self.window, self.painter, self._selection = window, painter, selection
        self.gap_count = GapCount()
        root, px, copy = window.root, window.px, feedback.copy
        self.body = body = frame(root, painter, "background")
        body.pack(fill="both", expand=True, padx=px(14), pady=(px(12), px(8)))
        tooltip = Tooltip(root, painter)
        self.header = Header(body, painter, program.badge, lambda: act("reset"))
        self.spread_card = spread = SpreadCard(body, painter, copy, prove)
        self.quotes = frame(body, painter, "background")
        self.spot_card = QuoteCard(self.quotes, painter, copy, Side.SPOT)
        self.futures_card = QuoteCard(self.quotes, painter, copy, Side.FUTURES)
        self.costs = Costs(body, painter, copy, tooltip, lambda: act("costs"))
        self.costs.show_all(window.costs)
        self.chart = ChartCard(body, painter, program, feedback.say, feedback.note)
        self.watch_list = WatchList(body, painter, choose, lambda: act("remove"))
        self.notice = Notice(body, painter)
        self.status_bar = StatusBar(
            body, painter, lambda: act("shortcuts"), lambda: act("gaps"), lambda: program.switched("record") or ""
        )
        self.playback = PlaybackBar(body, painter, program.player) if program.player else None
        self.alerts = WindowAlerts(
            root, body, painter, lambda: act("alerts"), feedback.note, is_live=program.badge is None
        )
        self.overlay = Overlay(window, body, spread.frame, spread.side, self.watch_list.frame)
        self._has_list = False
        self._arrange()

    # ----- where everything is

    def _arrange(self) -> None:
        px, body = self.window.px, self.body
        gap = (px(10), 0)
        self._put(self.header.frame, Band.HEADER, pady=0, span=2)
        self._put(self.alerts.banner.frame, Band.BANNER, pady=gap, span=2)
        self._put(self.spread_card.frame, Band.SPREAD, pady=(px(11), 0))
        self._put(self.quotes, Band.QUOTES, pady=gap)
        self._put(self.costs.frame, Band.COSTS, pady=gap)
        self._put(self.chart.frame, Band.CHART, pady=gap)
        self._put(self.notice.frame, Band.NOTICE, pady=gap, span=2)
        if self.playback:
            self._put(self.playback.frame, Band.PLAYBACK, pady=gap, span=2)
        self._put(self.status_bar.frame, Band.STATUS, pady=gap, span=2)
        rows = Band.CHART - Band.SPREAD + 1
        beside = self.watch_list.frame
        beside.grid(row=Band.SPREAD, column=1, rowspan=rows, sticky="nsew", padx=(px(10), 0), pady=(px(11), 0))
        for hidden in (self.alerts.banner.frame, self.notice.frame, beside):
            hidden.grid_remove()
        self.spot_card.frame.grid(row=0, column=0, sticky="nsew", padx=(0, px(5)))
        self.futures_card.frame.grid(row=0, column=1, sticky="nsew", padx=(px(5), 0))
        self.quotes.columnconfigure((0, 1), weight=1, uniform="quotes")
        self.quotes.rowconfigure(0, weight=1)
        body.columnconfigure(0, weight=1)

    def _put(self, part: tk.Misc, line: Band, *, pady: int | tuple[int, int], span: int = 1) -> None:
        sticky = "nsew" if span == 1 else "ew"
        part.tk.call("grid", part, "-row", line, "-column", 0, "-columnspan", span, "-sticky", sticky, "-pady", pady)

    def show_form(self) -> None:
        """Show the parts of the present form, full or compact."""
        compact = self.window.compact
        self.header.set_compact(compact)
        self.spread_card.set_compact(compact)
        playback = [self.playback.frame] if self.playback else []
        for part in (self.quotes, self.costs.frame, self.chart.frame, self.status_bar.frame, *playback):
            _show(part, shown=not compact)
        # The line that takes all room that is left.
        self.body.rowconfigure(Band.SPREAD, weight=int(compact))
        self.body.rowconfigure(Band.CHART, weight=int(not compact))
        _show(self.watch_list.frame, shown=self._has_list and not compact)

    # ----- what paints

    def of_the_pair(self) -> tuple[Render, ...]:
        """Return what paints the pair in the present form."""
        always: tuple[Render, ...] = (
            lambda pair: self.header.render(pair, self._selection.position()),
            self.spread_card.render,
        )
        if self.window.compact:
            return always
        return (
            *always,
            self.spot_card.render,
            self.futures_card.render,
            self.costs.render,
            lambda pair: self.status_bar.render(pair, self.gap_count.later),
        )

    def asides(self) -> tuple[Render, ...]:
        """Return what is painted every time, for it shows more than the pair."""
        if self.window.compact:
            return ()

        return (self._render_chart, self._render_list) if self._has_list else (self._render_chart,)

    def _render_chart(self, pair: PairSnapshot) -> None:
        snapshot = self._selection.snapshot
        is_known = pair.reason is not placeholders.BROKEN
        self.chart.render(pair, snapshot.gaps if snapshot else (), is_known=is_known)

    def _render_list(self, pair: PairSnapshot) -> None:
        rows = self._selection.rows()
        is_known = pair.reason is not placeholders.BROKEN
        self.watch_list.render(rows if is_known else placeholders.broken_rows(rows), self._selection.symbol)

    # ----- what is shown

    def show_costs(self, shown: bool, pair: PairSnapshot) -> None:
        """Show all that costs, or one line of it, and make the window so much higher or lower."""
        frame, height = self.costs.frame, self.window.root.winfo_height()
        before = frame.winfo_reqheight()
        self.window.costs = shown
        self.costs.show_all(shown)
        self.costs.render(pair)
        self.painter.flush_now()
        frame.update_idletasks()
        self.painter.flush_now()  # where its sentences wrap, which is known by now
        self.window.set_height(height + frame.winfo_reqheight() - before)

    def render_playback(self, symbol: str) -> str | None:
        """Paint the controls of a replay; return the badge of the moment, None without controls."""
        if self.playback is None:
            return None
        self.playback.render(symbol)
        self.header.show_badge(self.playback.badge)
        return self.playback.badge

    def show_list(self, shown: bool) -> None:
        """Put the watch list beside the rest, or take it away, and make the window so much wider or narrower."""
        if shown == self._has_list:
            return
        self._has_list = shown
        beside = self.watch_list.frame
        beside.update_idletasks()
        _show(beside, shown=shown and not self.window.compact)
        self.window.set_aside(beside.winfo_reqwidth() + self.window.px(10) if shown else 0)

    @property
    def has_list(self) -> bool:
        """Whether the full window shows the watch list."""
        return self._has_list


def _show(part: tk.Widget, *, shown: bool) -> None:
    if shown:
        part.grid()
    else:
        part.grid_remove()
