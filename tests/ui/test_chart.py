"""The chart in a real window: mouse, keys, themes, densities, and how little it paints."""

import csv
import itertools
import tkinter as tk
from collections.abc import Callable, Iterator
from decimal import Decimal

import pytest

from spreadwatch.core.series import Series
from spreadwatch.ui.kit import theme
from spreadwatch.ui.kit.canvas_items import Item
from tests.ui.chart_scene import NOON_MS, ChartWindow, gappy, held, walk
from tests.ui.sight import check

BOTH = pytest.mark.parametrize("dpi", [96, 192])


@pytest.fixture
def window(screen: None) -> Iterator[ChartWindow]:
    made = ChartWindow()
    yield made
    made.close()


def texts(window: ChartWindow) -> list[str]:
    """Return the words of the canvas that can be seen."""
    canvas = window.chart.canvas
    return [of(canvas, item, "text") for item in seen(canvas) if kind(canvas, item) == "text"]


def of(canvas: tk.Canvas, item: int, option: str) -> str:
    return str(canvas.tk.call(str(canvas), "itemcget", item, f"-{option}"))


def kind(canvas: tk.Canvas, item: int) -> str:
    return str(canvas.tk.call(str(canvas), "type", item))


def seen(canvas: tk.Canvas) -> list[int]:
    return [item for item in canvas.find_all() if of(canvas, item, "state") != "hidden"]


def line_points(window: ChartWindow) -> set[tuple[float, float]]:
    """Return all points of the lines drawn in the colours of the spread and its reverse."""
    canvas, rim = window.chart.canvas, window.chart._rim._number
    colour = window.painter.palette["reverse" if window.chart._reverse else "accent"]
    points: set[tuple[float, float]] = set()
    for item in seen(canvas):
        if kind(canvas, item) == "line" and of(canvas, item, "fill") == colour:
            if of(canvas, item, "dash") or item == rim:
                continue
            coords = canvas.coords(item)
            points |= set(zip(coords[::2], coords[1::2], strict=True))
    return points


def is_hidden(item: Item) -> bool:
    return item._hidden


def caption(window: ChartWindow) -> str:
    return window.chart._bar._caption.words


def press(window: ChartWindow, key: str) -> None:
    window.chart.canvas.focus_force()
    window.root.update()
    window.chart.canvas.event_generate(f"<Key-{key}>")
    window.settle()


def wheel(window: ChartWindow, up: bool, x: int) -> None:
    window.chart.canvas.event_generate("<Button-4>" if up else "<Button-5>", x=x, y=50)
    window.settle()


def drag(window: ChartWindow, pixels: int) -> None:
    canvas, start = window.chart.canvas, 300
    canvas.event_generate("<ButtonPress-1>", x=start, y=50)
    for step in range(1, 6):
        canvas.event_generate("<B1-Motion>", x=start + pixels * step // 5, y=50, state=0x100)
    canvas.event_generate("<ButtonRelease-1>", x=start + pixels, y=50)
    window.settle()


def span(window: ChartWindow) -> int:
    view = window.chart.view()
    assert view is not None
    return view[1] - view[0]


def end(window: ChartWindow) -> int:
    view = window.chart.view()
    assert view is not None
    return view[1]


@BOTH
def test_every_extreme_is_drawn_in_its_column_and_marked(window: ChartWindow) -> None:
    series = gappy()
    window.show(series)
    scene, plot = window.chart._scene, window.chart._plot
    assert scene is not None
    points = line_points(window)
    for column in series.columns(scene.frame.width_ms, scene.frame.first, scene.frame.count):
        x = max(scene.frame.x(column.index * scene.frame.width_ms), 0)
        assert (x, plot.y(float(column.high))) in points
        assert (x, plot.y(float(column.low))) in points
    spike = max(bar.entry.high for bar in series.bars(*window.chart.view() or (0, 0)))
    assert f"max −{-spike}" in texts(window)


@BOTH
def test_a_gap_says_its_length_and_nothing_is_drawn_in_it(window: ChartWindow) -> None:
    window.show(gappy())
    scene = window.chart._scene
    assert scene is not None
    assert "no data 16 s" in texts(window)
    gap = scene.gaps[-1]
    assert gap.to_ms is not None
    left, right = scene.frame.x(gap.from_ms), scene.frame.x(gap.to_ms)
    assert not [x for x, _ in line_points(window) if left + 1 < x < right - 1]
    canvas = window.chart.canvas
    for item in canvas.find_enclosed(left, -99, right, 9_999):
        assert kind(canvas, item) == "text"


def test_while_there_is_no_live_spread_the_last_one_is_not_shown_as_the_present(window: ChartWindow) -> None:
    series = walk(60, 20)
    window.chart.choose("1m")
    window.show(series)
    assert is_hidden(window.chart._plot._tag_words) is False
    window.show(series, 70_000, lost_ms=63_000)  # the series was not told yet
    assert is_hidden(window.chart._plot._tag_words)
    assert "no data 7.0 s" in texts(window)
    scene = window.chart._scene
    assert scene is not None
    assert max(x for x, _ in line_points(window)) == scene.frame.x(63_000)
    series.gap(63_000)
    window.show(series, 71_000)
    assert "no data 8.0 s" in texts(window)
    series.take(72_000, Decimal(1), Decimal(0))
    window.show(series)
    assert "+1.00" in texts(window)


@BOTH
def test_the_wheel_zooms_around_the_mouse(window: ChartWindow) -> None:
    window.show(walk(400, 10))
    frame = window.chart._scene.frame  # type: ignore[union-attr]
    before_ms = frame.time(200)
    wheel(window, True, 200)
    assert span(window) == 240_000
    frame = window.chart._scene.frame  # type: ignore[union-attr]
    assert abs(frame.time(200) - before_ms) <= 2 * frame.width_ms
    wheel(window, False, 200)
    wheel(window, False, 200)
    assert span(window) == 375_000


def test_dragging_moves_to_the_past_and_a_double_click_leads_back(window: ChartWindow) -> None:
    window.show(walk(900, 10))
    frame = window.chart._scene.frame  # type: ignore[union-attr]
    drag(window, 150)
    moved_ms = 150 * frame.span_ms // frame.across
    assert abs(end(window) - (900_000 - moved_ms)) <= 3 * frame.width_ms
    assert "–" in caption(window)
    assert window.chart._bar.live.label.winfo_ismapped()
    stays_ms = end(window)
    window.show(window.chart._subject.series, 905_000)  # type: ignore[union-attr]
    assert end(window) == stays_ms
    for _ in range(2):
        window.chart.canvas.event_generate("<ButtonPress-1>", x=310, y=50)
        window.chart.canvas.event_generate("<ButtonRelease-1>", x=310, y=50)
    window.settle()
    assert end(window) >= 905_000
    assert caption(window) == "LAST 5 MINUTES"
    assert not window.chart._bar.live.label.winfo_ismapped()


@BOTH
def test_everything_can_be_reached_by_keys(window: ChartWindow) -> None:
    window.show(walk(900, 10))
    steps: tuple[tuple[str, Callable[[], bool]], ...] = (
        ("plus", lambda: span(window) == 240_000),
        ("minus", lambda: span(window) == 300_000),
        ("Left", lambda: end(window) < 870_000),
        ("Left", lambda: end(window) < 830_000),
        ("Right", lambda: 830_000 < end(window) < 870_000),
        ("Home", lambda: end(window) > 899_000),
        ("Left", lambda: end(window) < 870_000),
        ("0", lambda: end(window) > 899_000),
        ("v", lambda: caption(window).endswith("REVERSE")),
        ("v", lambda: not caption(window).endswith("REVERSE")),
    )
    for key, reached_it in steps:
        press(window, key)
        assert reached_it(), key
    reached = []
    for _ in range(9):
        widget = window.root.focus_get()
        reached.append(str(widget))
        assert isinstance(widget, tk.Widget)
        following: tk.Misc | None = widget.tk_focusNext()
        assert following is not None
        following.focus_force()
        window.root.update()
    assert len(set(reached)) == 8  # the canvas, reverse, CSV, five windows


@BOTH
@pytest.mark.parametrize(("name", "span_ms"), [("1m", 60_000), ("15m", 900_000), ("1h", 3_600_000)])
def test_a_button_chooses_its_window(window: ChartWindow, name: str, span_ms: int) -> None:
    window.show(walk(100, 10))
    label = window.chart._bar.windows[name].label
    label.focus_force()
    window.root.update()
    label.event_generate("<Return>")
    window.settle()
    assert span(window) == span_ms
    assert label.cget("background") == window.painter.palette["border"]
    assert window.chart._bar.windows["5m"].label.cget("background") == window.painter.palette["card"]


def test_the_crosshair_tells_time_and_value_and_that_there_is_none_in_a_gap(window: ChartWindow) -> None:
    series = gappy()
    window.show(series)
    canvas, frame = window.chart.canvas, window.chart._scene.frame  # type: ignore[union-attr]

    def at(t_ms: int) -> str:
        canvas.event_generate("<Motion>", x=frame.x(t_ms), y=60)
        window.settle()
        return window.chart._crosshair._words._words

    bar = next(iter(series.bars(330_000, 330_050)))
    x_ms = frame.time(frame.x(330_400))
    assert f"−{-bar.entry.high}" in at(330_400)
    assert at(330_400).startswith("13:07:3")
    assert x_ms // 1_000 == 330
    assert at(258_000).endswith("no data")
    canvas.event_generate("<Leave>")
    window.settle()
    assert all(is_hidden(item) for item in window.chart._crosshair._lines)


def test_the_reverse_is_another_line(window: ChartWindow) -> None:
    series = walk(100, 10)
    window.show(series)
    window.chart.toggle_reverse()
    window.settle()
    last = series.last(reverse=True)
    assert last is not None
    assert f"−{-last}" in texts(window)
    assert line_points(window)


@BOTH
def test_a_change_of_theme_recolours_everything(window: ChartWindow) -> None:
    window.show(gappy())
    window.chart.canvas.event_generate("<Motion>", x=300, y=60)
    window.settle()
    dark = set(theme.PALETTES["dark"].values())
    window.retheme("light")
    canvas = window.chart.canvas
    colours = {of(canvas, item, "fill") for item in canvas.find_all()} | {canvas.cget("background")}
    assert colours <= set(theme.PALETTES["light"].values())
    assert not colours & dark
    for choice in window.chart._bar.windows.values():
        assert choice.label.cget("background") in theme.PALETTES["light"].values()


@BOTH
@pytest.mark.parametrize("width", [600, 761, 1_250])
@pytest.mark.parametrize(
    "make", [gappy, lambda: walk(300, 10, start="-1234567.30"), lambda: held("0.00"), Series], ids=str
)
def test_nothing_is_clipped_at_any_size(window: ChartWindow, width: int, make: Callable[[], Series]) -> None:
    window.resize(width, 260)
    window.show(make())
    window.chart.pan(-0.3)
    window.settle()
    check(window.root)
    canvas = window.chart.canvas
    shown = []
    for item in seen(canvas):
        if kind(canvas, item) != "text":
            continue
        left, top, right, bottom = canvas.bbox(item)
        assert left >= -1, of(canvas, item, "text")
        assert top >= -1, of(canvas, item, "text")
        assert right <= canvas.winfo_width() + 1, of(canvas, item, "text")
        assert bottom <= canvas.winfo_height() + 1, of(canvas, item, "text")
        shown.append((left + 1, top + 2, right - 1, bottom - 2, of(canvas, item, "text")))
    axis = [one for one in shown if not one[4].startswith(("no data", "max", "min"))]
    for one, other in itertools.combinations(axis, 2):
        assert one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1], (one, other)


def test_the_least_size_follows_the_density(
    normal_screen: str | None, dense_screen: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = []
    for name in (normal_screen, dense_screen):
        assert name
        monkeypatch.setenv("DISPLAY", name)
        one = ChartWindow()
        sizes.append((one.chart.frame.winfo_reqwidth(), one.chart.frame.winfo_reqheight()))
        one.close()
    assert sizes[1] == pytest.approx([2 * length for length in sizes[0]], rel=0.06)


def test_nothing_is_painted_when_nothing_changed_and_little_when_only_the_end_did(
    window: ChartWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    series = walk(400, 20)
    window.show(series, 400_010)
    handed: list[int] = []
    flush = window.painter.flush

    def counted() -> int:
        handed.append(len(window.painter._pending))
        return flush()

    monkeypatch.setattr(window.painter, "flush", counted)
    window.show(series, 400_010)
    window.show(series, 400_011)
    assert sum(handed) == 0
    handed.clear()
    series.take(400_020, series.last() or Decimal(0), Decimal(0))
    window.show(series)
    assert 0 < sum(handed) <= 3
    handed.clear()
    for t_ms in range(400_021, 400_040):  # within the least time between two paints
        series.take(t_ms, Decimal(-1), Decimal(0))
        window.chart.render(series, t_ms, NOON_MS, 2)
    window.painter.flush()
    assert sum(handed) == 0


def test_a_spike_that_comes_now_is_in_the_picture_at_once(window: ChartWindow) -> None:
    series = walk(400, 20)
    window.show(series)
    series.take(400_001, Decimal("7.77"), Decimal(0))
    series.take(400_002, Decimal("-1.30"), Decimal(0))
    window.show(series)
    assert "max +7.77" in texts(window)
    scene, plot = window.chart._scene, window.chart._plot
    assert scene is not None
    assert plot.y(7.77) in {y for _, y in line_points(window)}
    assert plot.y(7.77) >= 0


def test_the_export_is_what_is_in_view(window: ChartWindow) -> None:
    window.show(gappy())
    window.chart.choose("1m")
    label = window.chart._bar.export.label
    label.event_generate("<Button-1>")
    window.settle()
    rows = list(csv.DictReader(window.exported))
    view = window.chart.view()
    assert view is not None
    assert view[0] + NOON_MS <= int(rows[0]["to_ms"])
    assert int(rows[-1]["from_ms"]) < view[1] + NOON_MS
    assert len(rows) > 1_000
    assert all(Decimal(row["spread_low"]) <= Decimal(row["spread_high"]) for row in rows)


def test_without_a_series_there_is_nothing_and_without_a_sample_a_sentence(window: ChartWindow) -> None:
    window.show(None)
    assert [words for words in texts(window) if words] == []
    window.show(Series())
    assert texts(window) == ["The line begins with the first live spread."]
    for act in (window.chart.zoom_in, window.chart.pan_left, window.chart.export_visible, window.chart.toggle_reverse):
        act()
    window.settle()
    window.show(held("1.00"), 5_000)
    assert "The line begins with the first live spread." not in texts(window)
    window.show(None)
    assert [words for words in texts(window) if words] == []
    assert window.chart.view() is None


def test_another_series_begins_with_its_own_values_and_room(window: ChartWindow) -> None:
    window.show(walk(300, 10, start="-1234567.30"))
    across = window.chart._plot.across
    window.show(walk(300, 10))
    assert window.chart._plot.across > across
    assert window.chart._plot._values.low > -100
