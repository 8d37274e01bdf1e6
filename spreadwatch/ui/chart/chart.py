"""The card with the chart of one symbol's spread over time."""

import time
import tkinter as tk
from collections.abc import Callable, Iterator

from spreadwatch.core.series import Series
from spreadwatch.ui.chart import export
from spreadwatch.ui.chart.bar import ChartBar
from spreadwatch.ui.chart.columns import ColumnCache
from spreadwatch.ui.chart.crosshair import Crosshair
from spreadwatch.ui.chart.mouse import ChartMouse
from spreadwatch.ui.chart.plot import Plot
from spreadwatch.ui.chart.scene import Scene, compose
from spreadwatch.ui.chart.view import ALL, Frame, View
from spreadwatch.ui.kit import text
from spreadwatch.ui.kit.canvas_items import CanvasItems
from spreadwatch.ui.kit.painter import Painter
from spreadwatch.ui.kit.widgets import card

_WIDTH, _HEIGHT = 360, 130
_EVERY_S = 0.095
"""The least time between two paints of something that only went on."""
_PAN_STEP = 0.15
_ZOOM_STEP = 1.25
_WAITING = "The line begins with the first live spread."

Export = Callable[[Iterator[str]], None]
"""Takes the lines of a CSV file, each with its line end, and puts them somewhere at once."""


class _Subject:
    """What was given to render."""

    def __init__(self, series: Series, now_ms: int, wall_offset_ms: int, places: int, lost_ms: int | None) -> None:
        self.series = series
        self.now_ms = max(now_ms, series.last_ms or now_ms)
        self.wall_offset_ms = wall_offset_ms
        self.places = places
        self.lost_ms = lost_ms

    @property
    def first_ms(self) -> int:
        return self.now_ms if self.series.first_ms is None else self.series.first_ms


class Chart:
    """Draws a series. Its actions, such as `zoom_in`, are for keys; those of its canvas, and the mouse, it binds."""

    def __init__(self, parent: tk.Misc, painter: Painter, export: Export) -> None:
        self.frame = card(parent, painter)
        self._painter, self._export, self._utc = painter, export, painter.utc
        px = painter.px
        self._bar = ChartBar(
            self.frame, painter, self.choose, self.back_to_live, self.toggle_reverse, self.export_visible
        )
        self._bar.frame.pack(fill="x", pady=(0, px(6)))
        self.canvas = tk.Canvas(
            self.frame,
            width=px(_WIDTH),
            height=px(_HEIGHT),
            borderwidth=0,
            highlightthickness=0,
            takefocus=1,
        )
        painter.tint(self.canvas, background="card")
        self.canvas.pack(fill="both", expand=True)
        self._sheet = CanvasItems(self.canvas, painter)
        self._plot = Plot(self._sheet, painter)
        self._crosshair = Crosshair(self._sheet, painter)
        self._rim = self._sheet.line("accent")
        self._view_state, self._cache = View(), ColumnCache()
        self._reverse = False
        self._has_focus = False
        self._subject: _Subject | None = None
        self._scene: Scene | None = None
        self._seen: tuple[object, ...] = ()
        self._shape: tuple[object, ...] = ()
        self._painted_at_s = 0.0
        self._jump = True
        self._palette = painter.palette
        self.canvas.bind("<Configure>", self._resized)
        for event in ("<FocusIn>", "<FocusOut>"):
            self.canvas.bind(event, self._focused)
        ChartMouse(self.canvas, self)
        self._show_caption()

    # ----- painting

    def render(
        self,
        series: Series | None,
        now_ms: int,
        wall_offset_ms: int,
        places: int,
        lost_ms: int | None = None,
    ) -> None:
        """Paint what changed since the last time, throttled to about ten times a second.

        `now_ms` is on the series' axis, `wall_offset_ms` makes Unix ms of it, `places` are the decimals of labels.
        `lost_ms`: since when there is no live spread, where the series was not told of that gap; None: it was.
        """
        if series is None:
            self._subject = None
        else:
            before = self._subject
            self._subject = _Subject(series, now_ms, wall_offset_ms, places, lost_ms)
            if before is None or before.series is not series or before.places != places:
                self._plot.narrow()
                self._start_anew()
            elif (lost_ms is None) != (before.lost_ms is None):
                self._seen = ()  # at once: what is over must not look as if it went on
        if self._painter.palette is not self._palette:
            self.recolour()
        self._paint()

    def recolour(self) -> None:
        """Take the colours of the painter's palette, after a change of theme."""
        self._palette = self._painter.palette
        self._sheet.recolour()
        self._bar.recolour()

    def view(self) -> tuple[int, int] | None:
        """Return the stretch of time in view, in ms of the series; None while nothing is shown."""
        return None if self._scene is None else (self._scene.frame.from_ms, self._scene.frame.to_ms)

    def _start_anew(self) -> None:
        """Fit the values at once the next time, and paint without delay."""
        self._jump = True
        self._seen = ()

    def _paint(self) -> None:
        subject = self._subject
        if subject is None or subject.series.first_ms is None:
            if self._seen != ("empty",):
                self._scene, self._seen = None, ("empty",)
                self._plot.clear("" if subject is None else _WAITING)
                self._crosshair.hide()
                self._show_caption()
            return
        now_s = time.monotonic()
        if self._seen and now_s - self._painted_at_s < _EVERY_S:
            return
        frame = self._frame(subject)
        seen = (
            frame,
            subject.series.samples,
            subject.series.lost_ms,
            subject.lost_ms,
            subject.wall_offset_ms,
            frame.x(subject.now_ms) if self._view_state.is_live else 0,
            subject.now_ms // 1_000 if subject.series.lost_ms is not None or subject.lost_ms is not None else 0,
        )
        if seen == self._seen and not self._plot.settles:
            return
        self._seen, self._painted_at_s = seen, now_s
        self._paint_frame(subject, frame, now_s)

    def _paint_frame(self, subject: _Subject, frame: Frame, now_s: float) -> None:
        self._scene = scene = self._compose(subject, frame)
        done = scene.done[-1].index if scene.done else None
        shape = (
            frame,
            scene.high,
            scene.low,
            len(scene.gaps),
            scene.lost_ms,
            done,
            scene.wall_offset_ms,
            self._reverse,
        )
        moves = self._jump or shape != self._shape or scene.lost_ms is not None
        if moves or self._plot.settles or not self._plot.fits(scene) or not self._plot.paint_fresh(scene):
            while not self._plot.paint(scene, now_s, jump=self._jump):
                self._scene = scene = self._compose(subject, self._frame(subject))
            self._shape = shape
            self._jump = False
            self._show_caption()
        self._paint_crosshair()

    def _compose(self, subject: _Subject, frame: Frame) -> Scene:
        return compose(
            self._cache,
            subject.series,
            frame,
            subject.now_ms,
            subject.wall_offset_ms,
            subject.places,
            subject.lost_ms,
            reverse=self._reverse,
        )

    def _frame(self, subject: _Subject) -> Frame:
        """Lay the view on the pixels. Its right edge is an edge of a column, so it moves column by column."""
        first_ms, now_ms, across = subject.first_ms, subject.now_ms, self._plot.across
        span_ms = self._view_state.span_ms(first_ms, now_ms)
        width_ms = subject.series.width_for(span_ms / across)
        to_ms = (self._view_state.end_ms(now_ms) // width_ms + 1) * width_ms
        return Frame(to_ms - span_ms, span_ms, width_ms, across)

    def _show_caption(self) -> None:
        view = self._view_state
        words = view.title
        if view.name == ALL and view.is_live and self._subject is not None:
            words += f" · {text.age(self._subject.now_ms - self._subject.first_ms).upper()}"
        if not words and self._scene is not None:
            frame, offset_ms = self._scene.frame, self._scene.wall_offset_ms
            if view.is_live:
                words = f"LAST {text.age(frame.span_ms).upper()}"
            else:
                now_ms = self._scene.now_ms + offset_ms
                ends = (text.clock(t_ms + offset_ms, now_ms, utc=self._utc) for t_ms in (frame.from_ms, frame.to_ms))
                words = " – ".join(ends)
        self._bar.show(
            f"{words} · REVERSE" if self._reverse else words,
            view.name if view.is_live else None,
            live=view.is_live,
            reverse=self._reverse,
        )

    def _resized(self, event: "tk.Event[tk.Misc]") -> None:
        self._plot.resize(event.width, event.height)
        self._frame_focus()
        self._seen, self._shape = (), ()
        self._paint()
        self._painter.flush_now()

    def _focused(self, event: "tk.Event[tk.Misc]") -> None:
        self._has_focus = event.type is tk.EventType.FocusIn
        self._frame_focus()
        self._painter.flush_now()

    def _frame_focus(self) -> None:
        """Show a frame while the keys act here."""
        if not self._has_focus:
            self._rim.hide()
            return
        right, bottom = self.canvas.winfo_width() - 1, self.canvas.winfo_height() - 1
        self._rim.place(0, 0, right, 0, right, bottom, 0, bottom, 0, 0)

    # ----- the mouse

    def point(self, at: tuple[int, int] | None) -> None:
        """Show what is under the mouse; None: it is elsewhere."""
        self._crosshair.at = at
        if self._scene is not None:
            self._paint_crosshair()
            self._painter.flush_now()

    def _paint_crosshair(self) -> None:
        scene, at = self._scene, self._crosshair.at
        if scene is None or at is None:
            self._crosshair.hide()
            return
        index = scene.frame.time(at[0]) // scene.frame.width_ms
        self._crosshair.paint(scene, self._cache.at(index), self._plot.bottom, self._plot.y)

    # ----- actions

    def choose(self, name: str) -> None:
        """Show one of `view.WINDOWS` up to the present."""
        self._view_state.choose(name)
        self._moved()

    def zoom(self, factor: float, x: int | None = None) -> None:
        """Show `factor` times as much time. What is at the pixel `x` stays there; None: the right edge."""
        subject = self._subject
        if subject is not None:
            share = 1.0 if x is None else min(max(x / self._plot.across, 0.0), 1.0)
            self._view_state.zoom(factor, share, subject.first_ms, subject.now_ms)
            self._moved()

    def zoom_in(self, x: int | None = None) -> None:
        """Show less time, more closely."""
        self.zoom(1 / _ZOOM_STEP, x)

    def zoom_out(self, x: int | None = None) -> None:
        """Show more time."""
        self.zoom(_ZOOM_STEP, x)

    def pan(self, share: float) -> None:
        """Move by so much of the width: later when positive."""
        subject = self._subject
        if subject is not None:
            self._view_state.pan(share, subject.first_ms, subject.now_ms)
            self._moved()

    def drag(self, pixels: int) -> None:
        """Move the picture by so many pixels to the right."""
        self.pan(-pixels / self._plot.across)

    def pan_left(self) -> None:
        """Show earlier time."""
        self.pan(-_PAN_STEP)

    def pan_right(self) -> None:
        """Show later time."""
        self.pan(_PAN_STEP)

    def back_to_live(self) -> None:
        """Follow the present again."""
        self._view_state.follow()
        self._moved()

    def toggle_reverse(self) -> None:
        """Show the reverse instead of the entry, or the entry again."""
        self._reverse = not self._reverse
        self._moved()

    def export_visible(self) -> None:
        """Hand the bars in view to the export."""
        subject, scene = self._subject, self._scene
        if subject is None or scene is None:
            return
        frame = scene.frame
        self._export(export.lines(subject.series, frame.from_ms, frame.to_ms, subject.wall_offset_ms, subject.places))

    def _moved(self) -> None:
        self._start_anew()
        self._paint()
        self._show_caption()
        self._painter.flush_now()
