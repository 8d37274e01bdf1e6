"""What the mouse and the keys do on the chart's canvas."""

import tkinter as tk
from typing import Protocol

from spreadwatch.ui.frame.shortcuts import CHART, bind_keys

_STEP = 120  # Tk's delta of one notch; touchpads send parts of it
_FINEST = 0.2


class Movable(Protocol):
    """What the mouse and the keys move. Pixels are those of the canvas."""

    def point(self, at: tuple[int, int] | None) -> None:
        """Show what is under the mouse; None: it is elsewhere."""

    def zoom(self, factor: float, x: int | None = None) -> None:
        """Show `factor` times as much time. What is at the pixel `x` stays there; None: the right edge."""

    def zoom_in(self, x: int | None = None) -> None:
        """Show less time, more closely."""

    def zoom_out(self, x: int | None = None) -> None:
        """Show more time."""

    def drag(self, pixels: int) -> None:
        """Move the picture by so many pixels to the right."""

    def pan_left(self) -> None:
        """Show earlier time."""

    def pan_right(self) -> None:
        """Show later time."""

    def back_to_live(self) -> None:
        """Follow the present again."""

    def toggle_reverse(self) -> None:
        """Show the reverse instead of the entry, or the entry again."""


class ChartMouse:
    """Binds a canvas: wheel zooms around the mouse, with Shift it moves; drag moves; a double click goes to live."""

    def __init__(self, canvas: tk.Canvas, chart: Movable) -> None:
        self._canvas, self._chart = canvas, chart
        self._dragged_x: int | None = None
        canvas.bind("<Motion>", lambda event: chart.point(self._at(event)))
        canvas.bind("<Leave>", lambda _event: chart.point(None))
        canvas.bind("<ButtonPress-1>", self._pressed)
        canvas.bind("<B1-Motion>", self._dragging)
        canvas.bind("<ButtonRelease-1>", self._released)
        canvas.bind("<Double-Button-1>", lambda _event: chart.back_to_live())
        canvas.bind("<MouseWheel>", self._wheel)
        canvas.bind("<Shift-MouseWheel>", self._wheel_sideways)
        if tk.TkVersion < 9 and canvas.tk.call("tk", "windowingsystem") == "x11":
            canvas.bind("<Button-4>", lambda event: chart.zoom_in(self._at(event)[0]))
            canvas.bind("<Button-5>", lambda event: chart.zoom_out(self._at(event)[0]))
            canvas.bind("<Shift-Button-4>", lambda _event: chart.pan_left())
            canvas.bind("<Shift-Button-5>", lambda _event: chart.pan_right())
        bind_keys(
            canvas,
            CHART,
            {
                "earlier": chart.pan_left,
                "later": chart.pan_right,
                "to_live": chart.back_to_live,
                "zoom_in": chart.zoom_in,
                "zoom_out": chart.zoom_out,
                "live": chart.back_to_live,
                "reverse": chart.toggle_reverse,
            },
        )

    def _at(self, event: "tk.Event[tk.Misc]") -> tuple[int, int]:
        return int(self._canvas.canvasx(event.x)), int(self._canvas.canvasy(event.y))

    def _pressed(self, event: "tk.Event[tk.Misc]") -> None:
        self._canvas.focus_set()
        self._dragged_x = event.x

    def _dragging(self, event: "tk.Event[tk.Misc]") -> None:
        if self._dragged_x is not None and event.x != self._dragged_x:
            self._chart.drag(event.x - self._dragged_x)
            self._dragged_x = event.x
        self._chart.point(self._at(event))

    def _released(self, _event: "tk.Event[tk.Misc]") -> None:
        self._dragged_x = None

    def _wheel(self, event: "tk.Event[tk.Misc]") -> str:
        notches = event.delta / _STEP if abs(event.delta) >= _STEP * _FINEST else event.delta
        self._chart.zoom(1.25 ** -max(min(notches, 4.0), -4.0), self._at(event)[0])
        return "break"

    def _wheel_sideways(self, event: "tk.Event[tk.Misc]") -> str:
        if event.delta > 0:
            self._chart.pan_left()
        else:
            self._chart.pan_right()
        return "break"
