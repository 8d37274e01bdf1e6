"""The line shows every extreme in its column and never crosses a gap; nothing here needs a window."""

import itertools
import time
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spreadwatch.core.bars import Break
from spreadwatch.core.series import ONE, Keep, Series
from spreadwatch.ui.chart import export
from spreadwatch.ui.chart.columns import ColumnCache
from spreadwatch.ui.chart.plot import time_marks, value_marks
from spreadwatch.ui.chart.scene import Scene, compose
from spreadwatch.ui.chart.trace import Polyline, filled_spans, held_until, polylines, shades
from spreadwatch.ui.chart.view import ALL, SPANS_MS, Frame, Scale, ValueRange, View

fast = settings(deadline=None, database=None, max_examples=150)
KEEP = Keep(((10, 60), (50, 60), (200, 60)), 20)
SCALE = Scale(500.0, 100.0)
DAY_MS = 86_400_000


@st.composite
def series(draw: st.DrawFn) -> Series:
    """Invent a series with gaps."""
    made, t_ms = Series(KEEP), draw(st.integers(0, 99))
    steps = st.lists(
        st.tuples(st.sampled_from([0, 1, 7, 30, 400]), st.integers(0, 9), st.integers(-300, 300)), min_size=1
    )
    for step_ms, is_gap, cents in draw(steps):
        t_ms += step_ms
        if is_gap == 0:
            made.gap(t_ms)
        else:
            made.take(t_ms, Decimal(cents) / 100, Decimal(-cents) / 100)
    if made.first_ms is None:
        made.take(t_ms, Decimal(1), Decimal(0))
    return made


@st.composite
def frames(draw: st.DrawFn, end_ms: int = 6_000) -> Frame:
    """Invent a view on an evenly divided axis."""
    across, span_ms = draw(st.integers(40, 400)), draw(st.integers(60, 6_000))
    width_ms = Series(KEEP).width_for(span_ms / across)
    to_ms = (draw(st.integers(0, end_ms)) // width_ms + 1) * width_ms
    return Frame(to_ms - span_ms, span_ms, width_ms, across)


def scene_of(made: Series, frame: Frame, cache: ColumnCache | None = None) -> Scene:
    now_ms = max(made.last_ms or 0, frame.to_ms - 1)
    return compose(cache or ColumnCache(), made, frame, now_ms, 0, 2, None, reverse=False)


def lines(scene: Scene) -> list[Polyline]:
    """Return all lines of a scene, put together as the plot does."""
    frame = scene.frame

    def gap_x(index: int) -> int:
        ended = [gap for gap in scene.gaps if gap.to_ms is not None and gap.to_ms < (index + 1) * frame.width_ms]
        return min(max(frame.x(ended[-1].from_ms), 0), frame.across) if ended else 0

    before = [] if scene.before is None else [0, SCALE.y(float(scene.before))]
    found = polylines([*scene.done, *scene.fresh], frame, SCALE, gap_x, before)
    if found:
        found[-1] = held_until(found[-1], min(max(frame.x(scene.holds_to_ms), 0), frame.across))
    return found


@fast
@given(series(), frames())
def test_no_line_crosses_a_gap(made: Series, frame: Frame) -> None:
    scene = scene_of(made, frame)
    for run in lines(scene):
        for left, right in itertools.pairwise(run[::2]):
            for gap in scene.gaps:
                end_ms = frame.to_ms if gap.to_ms is None else gap.to_ms
                # A line may share the pixels, and the column, in which the gap begins and ends.
                slack = 1 + -(-frame.width_ms * frame.across // frame.span_ms)
                inside = frame.x(end_ms) - frame.x(gap.from_ms) > 2 * slack
                over = left <= frame.x(gap.from_ms) + slack and right >= frame.x(end_ms) - slack
                assert not (inside and over), (run, gap)


@fast
@given(series(), frames())
def test_the_highest_and_lowest_of_each_column_are_points_of_a_line(made: Series, frame: Frame) -> None:
    scene = scene_of(made, frame)
    points = {(run[at], run[at + 1]) for run in lines(scene) for at in range(0, len(run), 2)}
    for column in made.columns(frame.width_ms, frame.first, frame.count):
        x = max(frame.x(column.index * frame.width_ms), 0)
        for value in (column.high, column.low, column.close):
            assert (x, SCALE.y(float(value))) in points


@fast
@given(series(), frames())
def test_lines_run_from_left_to_right_and_turn_only_where_there_are_values(made: Series, frame: Frame) -> None:
    scene = scene_of(made, frame)
    known = {SCALE.y(float(value)) for one in [*scene.done, *scene.fresh] for value in
             (one.column.open, one.column.high, one.column.low, one.column.close)}  # fmt: skip
    if scene.before is not None:
        known.add(SCALE.y(float(scene.before)))
    for run in lines(scene):
        assert run[::2] == sorted(run[::2])
        assert len(run) >= 2
        assert set(run[1::2]) <= known


@fast
@given(st.lists(st.tuples(series(), frames()), min_size=1, max_size=2), st.lists(frames(), max_size=6))
def test_the_cache_gives_what_the_series_gives(first: list[tuple[Series, Frame]], later: list[Frame]) -> None:
    cache, made = ColumnCache(), first[0][0]
    width_ms = first[0][1].width_ms
    for number, frame in enumerate([one for _, one in first] + later):
        start, count = frame.from_ms // width_ms, max(frame.span_ms // width_ms, 1)
        cache.look(made, width_ms, start, count, reverse=False)
        assert [one.column for one in [*cache.done, *cache.fresh]] == made.columns(width_ms, start, count)
        made.take((made.last_ms or 0) + 13 * number, Decimal(number), Decimal(0))


def test_what_came_since_the_last_look_is_found() -> None:
    cache, made = ColumnCache(), Series()
    for t_ms in range(0, 60_000, 20):
        made.take(t_ms, Decimal(t_ms % 700), Decimal(0))
        if t_ms % 1_700 == 0:
            first = t_ms // 100 - 200
            cache.look(made, 100, first, 201, reverse=False)
            assert [one.column for one in [*cache.done, *cache.fresh]] == made.columns(100, first, 201)
            assert len(cache.fresh) <= 1


@fast
@given(frames(), st.integers(0, 6_000))
def test_a_place_does_not_depend_on_the_view_but_for_its_left_edge(frame: Frame, t_ms: int) -> None:
    moved = Frame(frame.from_ms + frame.width_ms, frame.span_ms, frame.width_ms, frame.across)
    assert frame.x(t_ms) - moved.x(t_ms) == frame.x(moved.from_ms)
    assert frame.x(frame.from_ms) == 0
    assert frame.x(frame.to_ms) == frame.across


def test_shades_are_cut_to_the_view_and_joined_where_they_meet() -> None:
    frame = Frame(0, 1_000, 10, 100)
    gaps = [Break(-50, 20), Break(100, 101), Break(105, 130), Break(990, None)]
    assert shades(gaps, frame, 5_000) == [(0, 2), (10, 13), (99, 100)]
    assert filled_spans([(0, 2)], 0, 9) == [0, 9, 0, 0, 2, 0, 2, 9]


# ----- the view


@fast
@given(st.integers(0, 400_000), st.floats(0.2, 5), st.floats(0, 1))
def test_zooming_leaves_what_is_under_the_mouse_in_its_place(back_ms: int, factor: float, share: float) -> None:
    view, now_ms = View(), 10_000_000
    view.pan(-back_ms / 300_000, 0, now_ms)
    span_ms, end_ms = view.span_ms(0, now_ms), view.end_ms(now_ms)
    still_ms = end_ms - (1 - share) * span_ms
    view.zoom(factor, share, 0, now_ms)
    if not view.is_live:
        assert view.end_ms(now_ms) - (1 - share) * view.span_ms(0, now_ms) == pytest.approx(still_ms, abs=2)
    else:
        assert still_ms + (1 - share) * view.span_ms(0, now_ms) >= now_ms - 2


def test_a_view_moved_to_the_past_stays_there_and_one_moved_to_the_present_follows_it() -> None:
    view = View()
    view.pan(-0.5, 0, 1_000_000)
    assert (view.end_ms(1_000_000), view.end_ms(1_100_000)) == (850_000, 850_000)
    view.pan(0.4, 0, 1_100_000)
    assert view.end_ms(1_150_000) == 970_000
    view.pan(9, 0, 1_100_000)
    assert view.end_ms(1_150_000) == 1_150_000
    view.pan(-99, 0, 1_100_000)
    assert view.end_ms(1_100_000) == 150_000
    view.follow()
    assert view.end_ms(1_200_000) == 1_200_000


@pytest.mark.parametrize("name", SPANS_MS)
def test_a_window_has_its_length(name: str) -> None:
    view = View()
    view.choose(name)
    assert view.span_ms(0, 5) == SPANS_MS[name]
    assert "LAST" in view.title


@fast
@given(st.integers(0, 10 * DAY_MS))
def test_all_shows_all_and_wastes_little(age_ms: int) -> None:
    view = View()
    view.choose(ALL)
    wanted_ms = max(age_ms, 60_000)
    assert wanted_ms <= view.span_ms(7, age_ms + 7) <= wanted_ms * 17 / 16


def test_values_widen_at_once_and_shrink_slowly_to_the_end() -> None:
    shown = ValueRange()
    heights: list[float] = []
    shown.follow(0.0, 1.0, 0.0, jump=True)
    shown.follow(-5.0, 1.0, 0.1, jump=False)
    assert (shown.low, shown.high) == (-5.0, 1.0)
    now_s = 0.1
    while not heights or shown.settles:
        now_s += 0.1
        shown.follow(0.0, 1.0, now_s, jump=False)
        heights.append(shown.high - shown.low)
        assert now_s < 60
    assert heights == sorted(heights, reverse=True)
    assert heights[5] > 4
    assert heights[-1] == 1.0


# ----- axes and export


@fast
@given(st.floats(-1e6, 1e6), st.floats(1e-6, 1e6), st.integers(2, 12), st.integers(0, 8))
def test_value_marks_are_round_and_apart(low: float, height: float, rows: int, places: int) -> None:
    marks = value_marks(low, low + height, height / rows, places)
    assert len(marks) <= rows + 1
    for mark, following in itertools.pairwise(marks):
        assert float(following - mark) >= height / rows * 0.999
        assert (following - mark).normalize().as_tuple().digits in ((1,), (2,), (5,))
    for mark in marks:
        assert -mark.as_tuple().exponent <= places  # type: ignore[operator]


@pytest.mark.parametrize("bad", [(float("nan"), 1.0, 0.1), (0.0, float("inf"), 0.1), (0.0, 1.0, 0.0)])
def test_values_that_are_none_have_no_marks(bad: tuple[float, float, float]) -> None:
    assert value_marks(*bad, 2) == []


def test_time_marks_are_round_times_of_day() -> None:
    start_ms = 1_775_174_340_000  # 2026-04-02 23:59:00 UTC
    assert [words for _, words in time_marks(start_ms, start_ms + 150_000, 50_000, utc=True)] == [
        *("23:59", "04-03", "00:01")
    ]
    assert [words for _, words in time_marks(start_ms, start_ms + 30_000, 9_000, utc=True)] == [
        *("23:59:00", "23:59:10", "23:59:20", "23:59:30")
    ]
    assert time_marks(start_ms, start_ms + 1, 1e15, utc=True) == []
    assert [words for _, words in time_marks(10**24, 10**24 + 999, 999, utc=True)] in ([""], [])


def test_local_marks_are_round_in_local_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "XXX-05:30")
    time.tzset()
    try:
        marks = time_marks(1_775_174_340_000, 1_775_174_340_000 + DAY_MS, 6 * 3_600_000, utc=False)
        assert [words for _, words in marks] == ["06:00", "12:00", "18:00", "04-04"]
    finally:
        monkeypatch.undo()
        time.tzset()


def test_an_export_has_a_row_per_bar_with_exact_decimals() -> None:
    made = Series()
    made.take(0, Decimal("-1.30"), Decimal("-1.3300"))
    made.take(1, Decimal("-1.1234567890123456789"), Decimal("1E+3"))
    made.gap(10)
    made.take(70, Decimal(0), Decimal(-1))
    header, one, other = export.lines(made, 0, 100, 1_775_134_927_000, 2)
    assert header.startswith("time_utc,from_ms,to_ms,samples,after_gap,spread_open,spread_high,spread_high_at_ms")
    assert one == (
        "2026-04-02T13:02:07.000,1775134927000,1775134927001,2,1,"
        "-1.30,-1.1234567890123456789,1775134927001,-1.30,1775134927000,-1.1234567890123456789,"
        "-1.33,1000.00,1775134927001,-1.33,1775134927000,1000.00\r\n"
    )
    assert other.split(",")[4:6] == ["1", "0.00"]
    assert all(line.count(",") == header.count(",") for line in (one, other))


def test_a_view_that_ends_in_a_gap_holds_no_value_over_it() -> None:
    made = Series(ONE)
    for t_ms in (*range(0, 2_000, 100), *range(9_000, 12_000, 100)):
        if t_ms == 9_000:
            made.gap(2_500)
        made.take(t_ms, Decimal(1), Decimal(0))
    scene = scene_of(made, Frame(0, 5_000, 50, 100))
    assert lines(scene)[-1][-2] == scene.frame.x(2_500)
