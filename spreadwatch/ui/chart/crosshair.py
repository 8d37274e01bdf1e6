"""The crosshair of the chart: the time and the value under the mouse."""

from collections.abc import Callable

from spreadwatch.ui.chart.columns import FloatColumn
from spreadwatch.ui.chart.scene import Scene
from spreadwatch.ui.kit import fonts, text
from spreadwatch.ui.kit.canvas_items import CanvasItems
from spreadwatch.ui.kit.painter import Painter

_SEPARATOR = "   "


class Crosshair:
    """Two lines through what is under the mouse, and its time and value in words."""

    def __init__(self, sheet: CanvasItems, painter: Painter) -> None:
        self.at: tuple[int, int] | None = None
        """Where the mouse is, None when it is elsewhere."""
        self._painter, self._px, self._utc = painter, painter.px, painter.utc
        self._line_height = int(sheet.canvas.tk.call("font", "metrics", fonts.SMALL_FIGURE, "-linespace"))
        self._lines = sheet.line("muted"), sheet.line("muted")
        self._rim, self._box = sheet.area("border"), sheet.area("background")
        self._words = sheet.text("text", fonts.SMALL_FIGURE, "w")

    def hide(self) -> None:
        """Take it from the picture."""
        for item in (*self._lines, self._rim, self._box, self._words):
            item.hide()

    def paint(self, scene: Scene, stroke: FloatColumn | None, bottom: int, y: Callable[[float], int]) -> None:
        """Show what is under the mouse; `stroke`: the last column up to there."""
        frame = scene.frame
        if self.at is None or not (0 <= self.at[0] < frame.across and 0 <= self.at[1] <= bottom):
            self.hide()
            return
        x = self.at[0]
        t_ms = frame.time(x)
        value, words = _value(scene, stroke, t_ms)
        upright, across = self._lines
        upright.place(x, 0, x, bottom)
        if value is None:
            across.hide()
        else:
            across.place(0, y(value), frame.across, y(value))
        wall_ms = t_ms + scene.wall_offset_ms
        clock = text.clock(wall_ms, scene.now_ms + scene.wall_offset_ms, utc=self._utc)
        self._paint_box(x, frame.across, clock + (_SEPARATOR + words if words else ""))

    def _paint_box(self, x: int, across: int, words: str) -> None:
        px = self._px
        width = self._painter.measure(fonts.SMALL_FIGURE, words) + px(12)
        height, rim = self._line_height + px(6), px(1)
        left = x - px(5) - width if x >= width + px(5) else x + px(5)
        left = max(min(left, across - width), 0)
        self._rim.place(*_corners(left, 0, left + width, height))
        self._box.place(*_corners(left + rim, rim, left + width - rim, height - rim))
        self._words.write(words)
        self._words.place(left + px(6), height // 2)


def _value(scene: Scene, stroke: FloatColumn | None, t_ms: int) -> tuple[float | None, str]:
    """Return the value at a time, for the eye, and in words; a column that holds several gives lowest and highest."""
    places = scene.places
    index = t_ms // scene.frame.width_ms
    if stroke is not None and stroke.index == index:
        column = stroke.column
        if column.low == column.high:
            return stroke.close, text.signed(column.close, places)
        return stroke.close, f"{text.signed(column.low, places)} … {text.signed(column.high, places)}"
    if any(gap.from_ms <= t_ms and (gap.to_ms is None or t_ms < gap.to_ms) for gap in scene.gaps):
        return None, "no data" if t_ms <= scene.now_ms else ""
    held = scene.before if stroke is None else stroke.column.close
    if held is None or t_ms > scene.now_ms:
        return None, ""
    return float(held), text.signed(held, places)


def _corners(left: int, top: int, right: int, bottom: int) -> tuple[int, ...]:
    return left, top, right, top, right, bottom, left, bottom
