"""All parts of the window, made and put in their places."""

import tkinter as tk
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property

from spreadwatch.core.quote import Side
from spreadwatch.core.snapshot import PairSnapshot
from spreadwatch.ui.alerts.alerts import Alerting
from spreadwatch.ui.cards.costs import Costs
from spreadwatch.ui.cards.evidence import Evidence
from spreadwatch.ui.cards.evidence_text import Prove
from spreadwatch.ui.cards.quote import QuoteCard
from spreadwatch.ui.cards.spread import SpreadCard
from spreadwatch.ui.chart.card import ChartPart
from spreadwatch.ui.frame import placeholders
from spreadwatch.ui.frame.guard import Part
from spreadwatch.ui.frame.header import Header
from spreadwatch.ui.frame.notice import Notice
from spreadwatch.ui.frame.playback_bar import HINTS, PlaybackBar
from spreadwatch.ui.frame.shortcut_list import ShortcutList
from spreadwatch.ui.frame.shortcuts import Action
from spreadwatch.ui.frame.status_bar import StatusBar
from spreadwatch.ui.frame.window import Window
from spreadwatch.ui.gaps.count import GapCount
from spreadwatch.ui.gaps.list import GapList
from spreadwatch.ui.kit.overlay import Overlay
from spreadwatch.ui.kit.painter import Painter
from spreadwatch.ui.kit.tooltip import Tooltip
from spreadwatch.ui.kit.widgets import Copy, frame
from spreadwatch.ui.options import Callbacks, WindowOptions
from spreadwatch.ui.selection import Focus
from spreadwatch.ui.watch.list import WatchList
from spreadwatch.ui.watch.symbol_box import SymbolBox


class Line(IntEnum):
    """The lines of the window from top to bottom."""

    HEADER = 0
    BANNER = 1
    SPREAD = 2
    QUOTES = 3
    COSTS = 4
    CHART = 5
    NOTICE = 6
    TRANSPORT = 7
    STATUS = 8


@dataclass(frozen=True, slots=True)
class Hooks:
    """What the parts ask of the window."""

    copy: Copy
    prove: Prove
    act: Callable[[Action], None]
    open_menu: Callable[[], None]
    choose: Callable[[str], None]
    add: Callable[[str], str | None]
    remove: Callable[[str], None]
    flush: Callable[[], object]
    say: Callable[[str, int], None]
    note: Callable[[str], None]
    symbol: Callable[[], str]
    recording: Callable[[], str]


class Parts:
    """Makes every part. What belongs to the full window only is hidden in the compact one."""

    def __init__(
        self,
        window: Window,
        painter: Painter,
        options: WindowOptions,
        callbacks: Callbacks,
        hooks: Hooks,
        gap_count: GapCount,
    ) -> None:
        self._window, self._painter, self._hooks, self._utc = window, painter, hooks, options.utc
        self._gap_count = gap_count
        self._candidates = callbacks.candidates
        root, px, utc = window.root, window.px, options.utc
        self.body = body = frame(root, painter, "background")
        body.pack(fill="both", expand=True, padx=px(14), pady=(px(12), px(8)))
        self.tooltip = Tooltip(root, painter)
        self.header = Header(body, painter, options.badge, lambda: hooks.act("reset"), hooks.open_menu)
        self.spread_card = SpreadCard(body, painter, hooks.copy, hooks.prove, utc=utc)
        self.quotes = frame(body, painter, "background")
        self.spot_card = QuoteCard(self.quotes, painter, hooks.copy, Side.SPOT, utc=utc)
        self.futures_card = QuoteCard(self.quotes, painter, hooks.copy, Side.FUTURES, utc=utc)
        self.costs = Costs(body, painter, hooks.copy, self.tooltip, lambda: hooks.act("costs"))
        self.costs.show_all(window.costs)
        self.chart = ChartPart(body, painter, options, callbacks, hooks.flush, hooks.say, hooks.note)
        self.watch_list = WatchList(body, painter, hooks.choose, hooks.remove, hooks.flush)
        self.notice = Notice(body, painter)
        self.status_bar = StatusBar(
            body, painter, lambda: hooks.act("shortcuts"), lambda: hooks.act("gaps"), hooks.recording, utc=utc
        )
        playback = callbacks.playback
        self.playhead = PlaybackBar(body, painter, playback, utc=utc) if playback else None
        self.alerting = Alerting(
            *(root, body, painter, options, callbacks, hooks.symbol),
            *(lambda: hooks.act("alerts"), hooks.copy, hooks.flush, hooks.note),
        )
        spread = self.spread_card
        self.overlay = Overlay(window, body, spread.frame, spread.side, self.watch_list.frame)
        self._has_list = False
        self._arrange()

    # ----- what is laid over the window, made when it is first asked for

    @cached_property
    def shortcut_list(self) -> ShortcutList:
        """Every key."""
        return ShortcutList(self._window.root, self._painter, HINTS if self.playhead else ())

    @cached_property
    def gap_list(self) -> GapList:
        """The gaps of all symbols."""
        return GapList(self._window.root, self._painter, self._gap_count, self._hooks.flush, utc=self._utc)

    @cached_property
    def evidence(self) -> Evidence:
        """What proves an extreme."""
        return Evidence(self._window.root, self._painter, utc=self._utc)

    @cached_property
    def symbol_box(self) -> SymbolBox:
        """Where a symbol is typed."""
        return SymbolBox(self._window.root, self._painter, self._candidates, self._hooks.add, self._hooks.flush)

    # ----- where everything is

    def _arrange(self) -> None:
        px, body = self._window.px, self.body
        gap = (px(10), 0)
        self._put(self.header.frame, Line.HEADER, pady=0, span=2)
        self._put(self.alerting.banner.frame, Line.BANNER, pady=gap, span=2)
        self._put(self.spread_card.frame, Line.SPREAD, pady=(px(11), 0))
        self._put(self.quotes, Line.QUOTES, pady=gap)
        self._put(self.costs.frame, Line.COSTS, pady=gap)
        self._put(self.chart.frame, Line.CHART, pady=gap)
        self._put(self.notice.frame, Line.NOTICE, pady=gap, span=2)
        if self.playhead:
            self._put(self.playhead.frame, Line.TRANSPORT, pady=gap, span=2)
        self._put(self.status_bar.frame, Line.STATUS, pady=gap, span=2)
        rows = Line.CHART - Line.SPREAD + 1
        beside = self.watch_list.frame
        beside.grid(row=Line.SPREAD, column=1, rowspan=rows, sticky="nsew", padx=(px(10), 0), pady=(px(11), 0))
        for hidden in (self.alerting.banner.frame, self.notice.frame, beside):
            hidden.grid_remove()
        self.spot_card.frame.grid(row=0, column=0, sticky="nsew", padx=(0, px(5)))
        self.futures_card.frame.grid(row=0, column=1, sticky="nsew", padx=(px(5), 0))
        self.quotes.columnconfigure((0, 1), weight=1, uniform="quotes")
        self.quotes.rowconfigure(0, weight=1)
        body.columnconfigure(0, weight=1)

    def _put(self, part: tk.Misc, line: Line, *, pady: int | tuple[int, int], span: int = 1) -> None:
        sticky = "nsew" if span == 1 else "ew"
        part.tk.call("grid", part, "-row", line, "-column", 0, "-columnspan", span, "-sticky", sticky, "-pady", pady)

    def show_form(self) -> None:
        """Show the parts of the present form, full or compact."""
        compact = self._window.compact
        self.header.set_compact(compact)
        self.spread_card.set_compact(compact)
        playhead = [self.playhead.frame] if self.playhead else []
        for part in (self.quotes, self.costs.frame, self.chart.frame, self.status_bar.frame, *playhead):
            _show(part, shown=not compact)
        # The line that takes all room that is left.
        self.body.rowconfigure(Line.SPREAD, weight=int(compact))
        self.body.rowconfigure(Line.CHART, weight=int(not compact))
        _show(self.watch_list.frame, shown=self._has_list and not compact)

    # ----- what paints

    def of_the_pair(self, focus: Focus) -> tuple[Part, ...]:
        """Return what paints the pair in the present form."""
        always: tuple[Part, ...] = (
            lambda pair: self.header.render(pair, focus.position()),
            self.spread_card.render,
        )
        if self._window.compact:
            return always
        return (
            *always,
            self.spot_card.render,
            self.futures_card.render,
            self.costs.render,
            lambda pair: self.status_bar.render(pair, self._gap_count.later),
        )

    def asides(self, focus: Focus) -> tuple[Part, ...]:
        """Return what is painted every time, for it shows more than the pair."""
        if self._window.compact:
            return ()

        def chart(pair: PairSnapshot) -> None:
            self.chart.render(pair, focus.snapshot.gaps if focus.snapshot else ())

        def rows(pair: PairSnapshot) -> None:
            shown = focus.rows()
            self.watch_list.render(
                placeholders.broken_rows(shown) if pair.reason is placeholders.BROKEN else shown, focus.symbol
            )

        return (chart, rows) if self._has_list else (chart,)

    # ----- what is shown

    def show_costs(self, shown: bool, pair: PairSnapshot, flush: Callable[[], object]) -> None:
        """Show all that costs, or one line of it, and make the window so much higher or lower."""
        frame, height = self.costs.frame, self._window.root.winfo_height()
        before = frame.winfo_reqheight()
        self._window.costs = shown
        self.costs.show_all(shown)
        self.costs.render(pair)
        flush()
        frame.update_idletasks()
        flush()  # where its sentences wrap, which is known by now
        self._window.set_height(height + frame.winfo_reqheight() - before)

    def render_playback(self, symbol: str) -> str | None:
        """Paint the controls of a replay; return the badge of the moment, None without controls."""
        if self.playhead is None:
            return None
        self.playhead.render(symbol)
        self.header.show_badge(self.playhead.badge)
        return self.playhead.badge

    def show_list(self, shown: bool) -> None:
        """Put the watch list beside the rest, or take it away, and make the window so much wider or narrower."""
        if shown == self._has_list:
            return
        self._has_list = shown
        beside = self.watch_list.frame
        beside.update_idletasks()
        _show(beside, shown=shown and not self._window.compact)
        self._window.set_aside(beside.winfo_reqwidth() + self._window.px(10) if shown else 0)

    @property
    def has_list(self) -> bool:
        """Whether the full window shows the watch list."""
        return self._has_list


def _show(part: tk.Widget, *, shown: bool) -> None:
    if shown:
        part.grid()
    else:
        part.grid_remove()
