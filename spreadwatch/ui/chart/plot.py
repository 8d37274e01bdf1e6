"""The picture in the chart: grid, axes, the line, its extremes, the gaps and the present value."""

import math
import time
from collections.abc import Callable, Iterator
from decimal import Decimal

from spreadwatch.ui.chart.scene import Mark, Scene
from spreadwatch.ui.chart.trace import Polyline, filled_spans, held_until, polylines, shades
from spreadwatch.ui.chart.view import ValueRange
from spreadwatch.ui.kit import fonts, text
from spreadwatch.ui.kit.canvas_items import CanvasItems, Item
from spreadwatch.ui.kit.painter import Painter
from spreadwatch.ui.kit.theme import Role

_ROW_SPACE = 34  # least distance of two marks, in pixels at 96 dpi
_COLUMN_SPACE = 44  # and between two labels of the time axis


class Plot:
    """Paints scenes. `resize` first; a scene's frame must be `across` pixels wide."""

    def __init__(self, sheet: CanvasItems, painter: Painter) -> None:
        self.across = 1
        """The width of the plot without the labels on its right."""
        self.bottom = 1
        self._painter, self._px, self._sheet, self._utc = painter, painter.px, sheet, painter.utc
        self._line_height = int(sheet.canvas.tk.call("font", "metrics", fonts.SMALL_FIGURE, "-linespace"))
        self._word_height = int(sheet.canvas.tk.call("font", "metrics", fonts.SMALL_WORDS, "-linespace"))
        self._width = self._height = 1
        self._margin = 0
        self._values = ValueRange()
        self._scale = self._values.scale(0, 1)
        self._shade = sheet.area("shade")
        self._grid: list[tuple[Item, Item]] = []
        self._hours: list[Item] = []
        self._gap_words: list[Item] = []
        self._runs: list[Item] = []
        self._zero = sheet.line("faint")
        self._ceiling, self._floor = sheet.line("up", 1, (1, 3)), sheet.line("down", 1, (1, 3))
        self._level = sheet.line("accent", 1, (1, 3))
        self._tail = sheet.line("accent", 1.3)
        self._dots = sheet.dot("up"), sheet.dot("down")
        self._mark_words = sheet.text("up", fonts.SMALL_FIGURE, "s"), sheet.text("down", fonts.SMALL_FIGURE, "n")
        self._tag = sheet.area("accent")
        self._tag_words = sheet.text("card", fonts.SMALL_FIGURE, "e")
        self._empty = sheet.text("muted", fonts.WORDS, "center")
        self._last: Polyline = []

    # ----- geometry

    def resize(self, width: int, height: int) -> None:
        """Take the size of the canvas."""
        self._width, self._height = width, height
        self._fit()

    def _fit(self) -> None:
        self.across = max(self._width - self._margin, 1)
        self.bottom = max(self._height - self._line_height - self._px(6), 1)

    def widen(self, words: Iterator[str] | list[str]) -> bool:
        """Make room for labels on the right; tell whether it needed more, and the plot became narrower."""
        needed = max((self._painter.measure(fonts.SMALL_FIGURE, one) for one in words), default=0) + self._px(14)
        if needed <= self._margin:
            return False
        self._margin = needed
        self._fit()
        return True

    def narrow(self) -> None:
        """Give back the room of labels: other numbers come."""
        self._margin = 0
        self._fit()

    @property
    def _edge(self) -> int:
        """The room above and below the line, for the words at its extremes."""
        return self._line_height + self._px(7)

    def y(self, value: float) -> int:
        """Return the pixel of a value."""
        return self._scale.y(value)

    # ----- painting

    @property
    def settles(self) -> bool:
        """Whether the range of values still shrinks, so that the next paint will differ."""
        return self._values.settles

    def fits(self, scene: Scene) -> bool:
        """Tell whether all values in view lie within the range shown."""
        if scene.high is None or scene.low is None:
            return True
        return self._values.low <= float(scene.low[0]) and float(scene.high[0]) <= self._values.high

    def clear(self, words: str) -> None:
        """Show only a sentence."""
        for one in self._all():
            one.hide()
        self._empty.place(self._width // 2, self._height // 2)
        self._empty.write(words)

    def _all(self) -> Iterator[Item]:
        for label, line in self._grid:
            yield from (label, line)
        yield from (*self._hours, *self._gap_words, *self._runs, *self._dots, *self._mark_words)
        yield from (self._shade, self._zero, self._ceiling, self._floor, self._level, self._tail)
        yield from (self._tag, self._tag_words)

    def paint(self, scene: Scene, now_s: float, *, jump: bool) -> bool:
        """Paint all of a scene; `jump`: it shows other values than the one before. False: paint again, narrower."""
        self._empty.hide()
        self._follow(scene, now_s, jump=jump)
        if not self._paint_grid(scene):
            return False
        self._paint_times(scene)
        self._paint_gaps(scene)
        self._paint_line(scene)
        self._paint_extremes(scene)
        self._paint_last(scene)
        return True

    def paint_fresh(self, scene: Scene) -> bool:
        """Paint only the columns that still change, and the present value; False when that is not enough."""
        found = self._fresh_runs(scene)
        if len(found) > 1:
            return False
        self._place_tail(scene, found)
        self._paint_last(scene)
        return True

    def _follow(self, scene: Scene, now_s: float, *, jump: bool) -> None:
        if scene.high is None or scene.low is None:
            return
        low, high = float(scene.low[0]), float(scene.high[0])
        least = 4 * 10.0**-scene.places
        if high - low < least:
            middle = (high + low) / 2
            low, high = middle - least / 2, middle + least / 2
        self._values.follow(low, high, now_s, jump=jump)
        self._scale = self._values.scale(self._edge, self.bottom - self._edge)

    def _paint_grid(self, scene: Scene) -> bool:
        values, px = self._values, self._px
        marks: list[tuple[int, Decimal]] = []
        if scene.high is not None and values.high > values.low:
            per_pixel = 1 / self._scale.per_value
            low, high = values.low - self._edge * per_pixel, values.high + self._edge * per_pixel
            found = value_marks(low, high, px(_ROW_SPACE) * per_pixel, scene.places)
            half = self._line_height // 2
            marks = [(y, value) for value in found if half <= (y := self.y(float(value))) <= self.bottom - half // 2]
        words = [text.signed(value, scene.places) for _, value in marks]
        if self.widen([*words, *([text.signed(scene.last, scene.places)] if scene.last is not None else [])]):
            return False
        while len(self._grid) < len(marks):
            self._add_row()
        avoid = None if scene.last is None else self._tag_y(scene.last)
        for (label, line), (y, _), one in zip(self._grid, marks, words, strict=False):
            line.place(0, y, self.across, y)
            if avoid is not None and abs(avoid - y) < self._line_height + px(2):
                label.hide()
            else:
                label.place(self._width - px(4), y)
                label.write(one)
        for label, line in self._grid[len(marks) :]:
            label.hide()
            line.hide()
        if any(value == 0 for _, value in marks):
            self._zero.place(0, self.y(0.0), self.across, self.y(0.0))
        else:
            self._zero.hide()
        return True

    def _add_row(self) -> None:
        label, line = self._sheet.text("muted", fonts.SMALL_FIGURE, "e"), self._sheet.line("border")
        self._sheet.below(line, self._zero)
        self._sheet.below(label, self._zero)
        self._grid.append((label, line))

    def _paint_times(self, scene: Scene) -> None:
        frame, offset_ms = scene.frame, scene.wall_offset_ms
        per_pixel_ms = frame.span_ms / frame.across
        digits = len("00:00:00") if per_pixel_ms * self._px(_COLUMN_SPACE + 40) < 60_000 else len("00:00")
        width = self._painter.measure(fonts.SMALL_FIGURE, "0" * digits)
        least_ms = (width + self._px(_COLUMN_SPACE)) * per_pixel_ms
        found = time_marks(frame.from_ms + offset_ms, frame.to_ms + offset_ms, least_ms, utc=self._utc)
        shown = [(x, words) for t_ms, words in found if width / 2 <= (x := frame.x(t_ms - offset_ms)) <= self._width]
        while len(self._hours) < len(shown):
            self._hours.append(self._sheet.text("muted", fonts.SMALL_FIGURE, "n"))
        for item, (x, words) in zip(self._hours, shown, strict=False):
            item.place(min(x, self._width - width // 2 - 1), self.bottom + self._px(5))
            item.write(words)
        for item in self._hours[len(shown) :]:
            item.hide()

    def _paint_gaps(self, scene: Scene) -> None:
        frame, now_ms = scene.frame, scene.now_ms
        spans = shades(scene.gaps, frame, now_ms)
        if spans:
            self._shade.place(*filled_spans(spans, 0, self.bottom))
        else:
            self._shade.hide()
        shown = 0
        for gap in scene.gaps:
            left = max(frame.x(gap.from_ms), 0)
            right = min(frame.x(now_ms if gap.to_ms is None else gap.to_ms), frame.across)
            if right - left < self._word_height + self._px(2):
                continue
            length_ms = (now_ms if gap.to_ms is None else gap.to_ms) - gap.from_ms
            words = f"no data {text.age(max(length_ms, 0))}"
            if self._painter.measure(fonts.SMALL_WORDS, words) > self.bottom:
                continue
            if shown == len(self._gap_words):
                item = self._sheet.text("muted", fonts.SMALL_WORDS, "center", 90)
                self._sheet.below(item, self._zero)
                self._gap_words.append(item)
            wide = right - left > self._painter.measure(fonts.SMALL_WORDS, words) + self._px(16)
            item = self._gap_words[shown]
            item.place((left + right) // 2, self.bottom // 2)
            item.write(words)
            item.set("-angle", 0 if wide else 90)
            shown += 1
        for item in self._gap_words[shown:]:
            item.hide()

    def _paint_line(self, scene: Scene) -> None:
        before: Polyline = [] if scene.before is None else [0, self.y(float(scene.before))]
        found = polylines(scene.done, scene.frame, self._scale, self._gap_start(scene), before)
        self._last = found[-1] if found else []
        tail = self._fresh_runs(scene)
        full = found[:-1] + ([self._last] if len(self._last) > 2 else []) + tail[:-1]
        while len(self._runs) < len(full):
            item = self._sheet.line("accent", 1.3)
            self._sheet.below(item, self._tail)
            self._runs.append(item)
        for item, run in zip(self._runs, full, strict=False):
            item.tint(self._colour(scene))
            item.place(*held_until(run, run[-2]))
        for item in self._runs[len(full) :]:
            item.hide()
        self._place_tail(scene, tail)

    def _fresh_runs(self, scene: Scene) -> list[Polyline]:
        """Return the lines through the columns that still change, the first from where the others end."""
        return polylines(scene.fresh, scene.frame, self._scale, self._gap_start(scene), self._last[-2:])

    @staticmethod
    def _gap_start(scene: Scene) -> Callable[[int], int]:
        """Return what tells the pixel at which the gap before a column began."""
        frame = scene.frame

        def gap_x(index: int) -> int:
            end_ms = (index + 1) * frame.width_ms
            ended = [gap for gap in scene.gaps if gap.to_ms is not None and gap.to_ms < end_ms]
            return min(max(frame.x(ended[-1].from_ms), 0), frame.across) if ended else 0

        return gap_x

    def _place_tail(self, scene: Scene, found: list[Polyline]) -> None:
        if not found:
            self._tail.hide()
            return
        until = min(max(scene.frame.x(scene.holds_to_ms), 0), self.across)
        self._tail.tint(self._colour(scene))
        self._tail.place(*held_until(found[-1], until))

    def _paint_extremes(self, scene: Scene) -> None:
        rows = (self._ceiling, "max", scene.high), (self._floor, "min", scene.low)
        for number, (line, name, mark) in enumerate(rows):
            dot, words = self._dots[number], self._mark_words[number]
            if mark is None:
                for item in (line, dot, words):
                    item.hide()
            else:
                self._paint_extreme(scene, line, dot, words, name, mark)

    def _paint_extreme(self, scene: Scene, line: Item, dot: Item, words: Item, name: str, mark: Mark) -> None:
        px, (value, at_ms) = self._px, mark
        x, y, radius = min(max(scene.frame.x(at_ms), 0), self.across), self.y(float(value)), px(2.5)
        line.place(0, y, self.across, y)
        dot.place(x - radius, y - radius, x + radius + 1, y + radius + 1)
        label = f"{name} {text.signed(value, scene.places)}"
        half = self._painter.measure(fonts.SMALL_FIGURE, label) // 2 + px(2)
        words.write(label)
        words.place(min(max(x, half), max(self.across - half, half)), y - px(4) if name == "max" else y + px(4))

    def _paint_last(self, scene: Scene) -> None:
        px, half = self._px, self._line_height // 2 + self._px(1)
        y = None if scene.last is None else self._tag_y(scene.last)
        if scene.last is None or y is None:
            for item in (self._level, self._tag, self._tag_words):
                item.hide()
            return
        colour, left = self._colour(scene), self.across + px(2)
        self._level.tint(colour)
        self._level.place(0, y, self.across, y)
        self._tag.tint(colour)
        self._tag.place(left, y - half, self._width, y - half, self._width, y + half, left, y + half)
        self._tag_words.write(text.signed(scene.last, scene.places))
        self._tag_words.place(self._width - px(4), y)

    def _tag_y(self, value: Decimal) -> int | None:
        """Return the pixel of the present value, None when it is out of the range that is shown."""
        half, y = self._line_height // 2 + self._px(1), self.y(float(value))
        return y if half <= y <= self.bottom - half else None

    @staticmethod
    def _colour(scene: Scene) -> Role:
        return "reverse" if scene.reverse else "accent"


_S, _MIN, _H, _D = 1_000, 60_000, 3_600_000, 86_400_000
_TIME_STEPS_MS = (
    *(1 * _S, 2 * _S, 5 * _S, 10 * _S, 15 * _S, 30 * _S),
    *(1 * _MIN, 2 * _MIN, 5 * _MIN, 10 * _MIN, 15 * _MIN, 30 * _MIN),
    *(1 * _H, 2 * _H, 3 * _H, 6 * _H, 12 * _H, 1 * _D, 2 * _D, 7 * _D, 28 * _D),
)
_MOST = 64


def value_marks(low: float, high: float, least_step: float, places: int) -> list[Decimal]:
    """Return round values from `low` to `high`, at least `least_step` apart, in steps of 1, 2 or 5.

    No step is finer than the last of `places` decimals.
    """
    if not (math.isfinite(low) and math.isfinite(high)) or least_step <= 0:
        return []
    power = max(math.floor(math.log10(least_step)), -places)
    unit = Decimal(1).scaleb(power)
    step = next(unit * factor for factor in (1, 2, 5, 10, 20) if float(unit * factor) >= least_step)
    first = math.ceil(low / float(step))
    last = min(math.floor(high / float(step)), first + _MOST)
    return [number * step for number in range(first, last + 1)]


def time_marks(from_wall_ms: int, to_wall_ms: int, least_step_ms: float, *, utc: bool) -> list[tuple[int, str]]:
    """Return round times between two Unix ms, at least `least_step_ms` apart, with their labels."""
    step_ms = next((step for step in _TIME_STEPS_MS if step >= least_step_ms), None)
    if step_ms is None:
        return []
    ahead_ms = 0 if utc else _ahead_of_utc_ms(to_wall_ms)
    first = -(-(from_wall_ms + ahead_ms) // step_ms)
    last = min((to_wall_ms + ahead_ms) // step_ms, first + _MOST)
    times_ms = [number * step_ms - ahead_ms for number in range(first, last + 1)]
    return [(time_ms, _label(time_ms, step_ms, utc=utc)) for time_ms in times_ms]


def _ahead_of_utc_ms(wall_ms: int) -> int:
    try:
        return time.localtime(wall_ms // 1_000).tm_gmtoff * 1_000
    except (OverflowError, ValueError, OSError):
        return 0


def _label(wall_ms: int, step_ms: int, *, utc: bool) -> str:
    try:
        then = (time.gmtime if utc else time.localtime)(wall_ms // 1_000)
    except (OverflowError, ValueError, OSError):
        return ""
    if step_ms >= _D or (step_ms >= _MIN and then[3:6] == (0, 0, 0)):
        return time.strftime("%m-%d", then)
    return time.strftime("%H:%M" if step_ms >= _MIN else "%H:%M:%S", then)
