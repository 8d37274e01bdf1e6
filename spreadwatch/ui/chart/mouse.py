"""What the mouse and the keys do on the chart's canvas."""

import tkinter as tk
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spreadwatch.ui.chart.chart import Chart

_STEP = 120  # Tk's delta of one notch; touchpads send parts of it
_FINEST = 0.2


class ChartMouse:
    """Binds a canvas: wheel zooms around the mouse, with Shift it moves; drag moves; a double click goes to live."""

    def __init__(self, canvas: tk.Canvas, chart: "Chart") -> None:
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
        keys: dict[str, Callable[[], None]] = {
            "Left": chart.pan_left,
            "Right": chart.pan_right,
            "plus": chart.zoom_in,
            "equal": chart.zoom_in,
            "KP_Add": chart.zoom_in,
            "minus": chart.zoom_out,
            "KP_Subtract": chart.zoom_out,
            "Home": chart.back_to_live,
            "0": chart.back_to_live,
            "v": chart.toggle_reverse,
            "V": chart.toggle_reverse,
        }
        for key, act in keys.items():
            canvas.bind(f"<Key-{key}>", _handler(act))

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


def _handler(act: Callable[[], None]) -> "Callable[[tk.Event[tk.Misc]], str]":
    def handle(_event: "tk.Event[tk.Misc]") -> str:
        act()
        return "break"

    return handle
