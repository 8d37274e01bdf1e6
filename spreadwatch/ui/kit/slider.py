"""A line of time with a thumb to drag."""

import tkinter as tk
from collections.abc import Callable

from spreadwatch.ui.kit.canvas_items import CanvasItems
from spreadwatch.ui.kit.painter import Painter

_WIDTH, _HEIGHT = 120, 20
_PAD, _RADIUS, _TROUGH = 8, 6, 4


class Slider:
    """Shows a moment between two; `chosen` hears of another one when the mouse lets go, or at a step."""

    def __init__(
        self, parent: tk.Misc, painter: Painter, first_ms: int, last_ms: int, chosen: Callable[[int], None]
    ) -> None:
        px = painter.px
        self.dragged_ms: int | None = None
        """Where the thumb is held, None while it is not."""
        self._painter = painter
        self._first_ms, self._span_ms = first_ms, max(last_ms - first_ms, 1)
        self._chosen = chosen
        self._at_ms = first_ms
        self.canvas = tk.Canvas(
            parent,
            width=px(_WIDTH),
            height=px(_HEIGHT),
            borderwidth=0,
            highlightthickness=px(1),
            takefocus=1,
            cursor="hand2",
        )
        painter.tint(self.canvas, background="background", highlightbackground="background", highlightcolor="accent")
        self._sheet = CanvasItems(self.canvas, painter)
        self._trough = self._sheet.line("border", _TROUGH)
        self._played = self._sheet.line("accent", _TROUGH)
        self._thumb = self._sheet.dot("text")
        self._palette = painter.palette
        self._bind()

    def _bind(self) -> None:
        canvas = self.canvas
        canvas.bind("<ButtonPress-1>", self._grab)
        canvas.bind("<B1-Motion>", lambda event: self._drag(event.x))
        canvas.bind("<ButtonRelease-1>", self._let_go)

    def show(self, position_ms: int, thumb_ms: int) -> None:
        """Paint how far it was played, and the thumb where it is bound for, or held."""
        if self._painter.palette is not self._palette:
            self._palette = self._painter.palette
            self._sheet.recolour()
        self._at_ms = thumb_ms
        px, middle = self._painter.px, self.canvas.winfo_height() // 2
        left, right = self._ends()
        self._trough.place(left, middle, right, middle)
        self._played.place(left, middle, self._x(position_ms), middle)
        x, radius = self._x(thumb_ms if self.dragged_ms is None else self.dragged_ms), px(_RADIUS)
        self._thumb.place(x - radius, middle - radius, x + radius, middle + radius)

    def _ends(self) -> tuple[int, int]:
        pad = self._painter.px(_PAD)
        return pad, max(self.canvas.winfo_width() - pad, pad + 1)

    def _x(self, at_ms: int) -> int:
        left, right = self._ends()
        return left + round((right - left) * min(max((at_ms - self._first_ms) / self._span_ms, 0), 1))

    def _grab(self, event: "tk.Event[tk.Misc]") -> None:
        self.canvas.focus_set()
        self._drag(event.x)

    def _drag(self, x: int) -> None:
        left, right = self._ends()
        share = min(max((x - left) / (right - left), 0), 1)
        self.dragged_ms = self._first_ms + round(self._span_ms * share)

    def _let_go(self, _event: "tk.Event[tk.Misc]") -> None:
        if self.dragged_ms is not None:
            self._at_ms, self.dragged_ms = self.dragged_ms, None
            self._chosen(self._at_ms)

    def step(self, step_ms: int) -> None:
        """Go so much further, not past the ends."""
        self._at_ms = min(max(self._at_ms + step_ms, self._first_ms), self._first_ms + self._span_ms)
        self._chosen(self._at_ms)
