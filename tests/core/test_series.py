"""What is drawn equals what was sampled, column by column, however it is stored."""

import random
import tracemalloc
from collections import defaultdict
from decimal import Decimal
from itertools import groupby, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct

from spreadwatch.core.bars import Bar, Column
from spreadwatch.core.series import MANY, ONE, Keep, Series

fast = settings(deadline=None, database=None, max_examples=150)

SMALL = Keep(((4, 12), (8, 16), (32, 8)), 3)
ROOMY = Keep(((4, 10_000), (8, 10_000), (32, 10_000)), 1_000)


class Sample(Struct, frozen=True):
    t_ms: int
    entry: Decimal
    reverse: Decimal


class Lost(Struct, frozen=True):
    t_ms: int


Story = list[Sample | Lost]


@st.composite
def stories(draw: st.DrawFn, longest: int = 120) -> Story:
    """Invent samples and losses of the spread, many of them within one ms."""
    t_ms, story = draw(st.integers(0, 50)), []
    cents = st.integers(-300, 300).map(lambda cents: Decimal(cents) / 100)
    steps = st.sampled_from([0, 0, 1, 1, 2, 3, 5, 9, 40, 200])
    for step, is_loss, entry, wide in draw(
        st.lists(st.tuples(steps, st.integers(0, 7), cents, cents), min_size=1, max_size=longest)
    ):
        t_ms += step
        story.append(Lost(t_ms) if is_loss == 0 else Sample(t_ms, entry, entry - abs(wide)))
    return story


def told(story: Story, keep: Keep) -> Series:
    series = Series(keep)
    for one in story:
        if isinstance(one, Lost):
            series.gap(one.t_ms)
        else:
            series.take(one.t_ms, one.entry, one.reverse)
    return series


def runs(story: Story) -> list[list[Sample]]:
    """Return the samples cut at the gaps that have a length, by brute force."""
    found: list[list[Sample]] = [[]]
    lost_ms: int | None = None
    for one in story:
        if isinstance(one, Lost):
            lost_ms = one.t_ms if lost_ms is None else lost_ms
        else:
            if lost_ms is not None and lost_ms < one.t_ms and found[-1]:
                found.append([])
            lost_ms = None
            found[-1].append(one)
    return [run for run in found if run]


def value(sample: Sample, *, reverse: bool) -> Decimal:
    return sample.reverse if reverse else sample.entry


def brute(story: Story, width_ms: int, *, reverse: bool) -> list[tuple[int, bool, Decimal, Decimal, Decimal, Decimal]]:
    found = []
    for run in runs(story):
        begins = True
        for index, group in groupby(run, lambda sample: sample.t_ms // width_ms):
            values = [value(sample, reverse=reverse) for sample in group]
            found.append((index, begins, values[0], max(values), min(values), values[-1]))
            begins = False
    return found


def plain(column: Column) -> tuple[int, bool, Decimal, Decimal, Decimal, Decimal]:
    return column.index, column.begins, column.open, column.high, column.low, column.close


@fast
@given(stories(), st.sampled_from([4, 8, 12, 16, 32, 64, 320]), st.booleans())
def test_columns_in_which_bars_fit_evenly_equal_the_samples(story: Story, width_ms: int, reverse: bool) -> None:
    columns = told(story, ROOMY).columns(width_ms, 0, 10_000, reverse=reverse)
    assert [plain(column) for column in columns] == brute(story, width_ms, reverse=reverse)


@fast
@given(stories(), st.integers(1, 40), st.booleans())
def test_any_column_of_any_width_shows_only_samples_of_its_own_time(story: Story, width_ms: int, reverse: bool) -> None:
    seen: dict[int, set[Decimal]] = defaultdict(set)
    for one in story:
        if isinstance(one, Sample):
            seen[one.t_ms // width_ms].add(value(one, reverse=reverse))
    columns = told(story, SMALL).columns(width_ms, 0, 100_000, reverse=reverse)
    for column in columns:
        assert {column.open, column.high, column.low, column.close} <= seen[column.index]
        assert column.low <= min(column.open, column.close) <= max(column.open, column.close) <= column.high
        assert column.high_ms // width_ms == column.low_ms // width_ms == column.index
    assert [column.index for column in columns] == sorted(column.index for column in columns)


@fast
@given(stories(), st.integers(1, 400), st.booleans())
def test_the_highest_and_lowest_of_all_time_are_in_their_columns(story: Story, width_ms: int, reverse: bool) -> None:
    gaps_kept = Keep((*SMALL.levels[:2], (32, 400)), 200)
    samples = [one for run in runs(story) for one in run]
    columns = told(story, gaps_kept).columns(width_ms, 0, 100_000, reverse=reverse)
    assert bool(columns) == bool(samples)
    if samples:
        high = max(samples, key=lambda one: value(one, reverse=reverse))
        low = min(samples, key=lambda one: value(one, reverse=reverse))
        highest = max(columns, key=lambda column: column.high)
        lowest = min(columns, key=lambda column: column.low)
        assert (highest.high, highest.high_ms) == (value(high, reverse=reverse), high.t_ms)
        assert (lowest.low, lowest.low_ms) == (value(low, reverse=reverse), low.t_ms)


@fast
@given(stories(), st.integers(1, 40))
def test_no_column_reaches_over_a_gap(story: Story, width_ms: int) -> None:
    series = told(story, SMALL)
    columns = series.columns(width_ms, 0, 100_000)
    for gap in series.gaps(0, 1 << 40):
        if gap.to_ms is None:
            assert all(max(one.high_ms, one.low_ms) <= gap.from_ms for one in columns)
            continue
        after = [one for one in columns if min(one.high_ms, one.low_ms) >= gap.to_ms]
        before = [one for one in columns if max(one.high_ms, one.low_ms) <= gap.from_ms]
        if before:
            assert after[0].begins
        assert len(before) + len(after) == len(columns)


@fast
@given(stories(), st.integers(0, 600), st.integers(0, 600))
def test_exported_bars_hold_every_sample_once(story: Story, one_ms: int, other_ms: int) -> None:
    from_ms, to_ms = sorted((one_ms, other_ms))
    series = told(story, Keep((*SMALL.levels[:2], (32, 400)), 200))
    samples = [one for one in story if isinstance(one, Sample)]
    bars = list(series.bars(0, 1 << 40))
    assert sum(bar.samples for bar in bars) == len(samples) == series.samples
    at = 0
    for bar in bars:
        mine = samples[at : at + bar.samples]
        at += bar.samples
        assert (bar.open_ms, bar.close_ms) == (mine[0].t_ms, mine[-1].t_ms)
        for side, values in (
            (bar.entry, [one.entry for one in mine]),
            (bar.reverse, [one.reverse for one in mine]),
        ):
            assert (side.open, side.high, side.low, side.close) == (values[0], max(values), min(values), values[-1])
    assert list(series.bars(from_ms, to_ms)) == [
        bar for bar in bars if bar.open_ms < to_ms and bar.close_ms >= from_ms and from_ms < to_ms
    ]


@fast
@given(stories(), st.integers(0, 900), st.booleans())
def test_the_value_in_force_is_that_of_the_last_sample_unless_there_was_a_gap(
    story: Story, at_ms: int, reverse: bool
) -> None:
    expected = None
    for number, one in enumerate(story):
        if one.t_ms >= at_ms:
            break
        if isinstance(one, Sample):
            expected = value(one, reverse=reverse)
        else:
            end_ms = next((later.t_ms for later in story[number:] if isinstance(later, Sample)), None)
            expected = expected if end_ms == one.t_ms else None
    series = told(story, Keep(((1, 10_000), (32, 400)), 200))
    assert series.held(at_ms, reverse=reverse) == expected


@fast
@given(stories())
def test_the_gaps_are_those_between_the_samples(story: Story) -> None:
    series = told(story, ROOMY)
    cut = runs(story)
    ends = [(before[-1].t_ms, after[0].t_ms) for before, after in pairwise(cut)]
    found = series.gaps(0, 1 << 40)
    assert [gap.to_ms for gap in found if gap.to_ms is not None] == [end for _, end in ends]
    for gap, (start_ms, _) in zip(found, ends, strict=False):
        assert gap.from_ms >= start_ms
    assert (series.lost_ms is not None) == (bool(found) and found[-1].to_ms is None)


@fast
@given(stories(longest=400))
def test_what_is_kept_is_bounded_and_reaches_to_the_end(story: Story) -> None:
    series = told(story, SMALL)
    bars = list(series.bars(0, 1 << 40))
    assert len(bars) <= 12 + 16 + 8 + 3
    assert len(series.gaps(0, 1 << 40)) <= SMALL.gaps
    samples = [one for run in runs(story) for one in run]
    if samples:
        assert bars[-1].close_ms == samples[-1].t_ms
        assert series.first_ms is not None
        assert bars[0].open_ms == series.first_ms


@pytest.mark.parametrize("least_ms", [0.4, 3, 24, 26, 92.3, 461.5, 1384.6, 5538.4, 18461, 110_000])
def test_the_width_of_columns_is_at_least_that_asked_for_and_at_most_double(least_ms: float) -> None:
    for keep in (ONE, MANY):
        width_ms = Series(keep).width_for(least_ms)
        assert least_ms <= width_ms <= max(2 * least_ms, 1)


@pytest.mark.parametrize("keep", [Keep(((4, 9), (6, 9)), 2), Keep(((4, 9), (8, 9)), 5), Keep(((4, 9),), 0)])
def test_levels_that_do_not_fit_are_refused(keep: Keep) -> None:
    with pytest.raises(ValueError, match=r"multiple|gap"):
        Series(keep)


def test_a_gap_before_the_first_sample_is_none() -> None:
    series = told([Lost(5), Sample(9, Decimal(1), Decimal(0))], ONE)
    assert series.gaps(0, 100) == []
    assert series.first_ms == series.last_ms == 9


def walk(count: int, step_ms: int) -> Series:
    """Return a series that took a random walk in cents."""
    chance, cents = random.Random(7), -130
    series = Series(MANY if step_ms > 10 else ONE)
    for number in range(count):
        cents += chance.choice((-1, 0, 1))
        series.take(number * step_ms, Decimal(cents) / 100, Decimal(cents - 5) / 100)
    return series


@pytest.mark.parametrize(("count", "step_ms", "limit_mib"), [(400_000, 9, 30), (60_000, 400, 0.5)])
def test_an_hour_and_a_day_stay_within_their_memory(count: int, step_ms: int, limit_mib: float) -> None:
    tracemalloc.start()
    try:
        series = walk(count, step_ms)
        used = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert used / 2**20 <= limit_mib
    assert sum(bar.samples for bar in series.bars(0, 1 << 40)) == count


def test_a_spike_of_one_sample_is_seen_hours_later_at_any_width() -> None:
    series, spike = Series(ONE), Decimal("99.5")
    for number in range(40_000):
        entry = spike if number == 777 else Decimal(number % 7)
        series.take(number * 400, entry, entry - 1)
    for width_ms in (1, 17, 50, 461, 1_500, 6_000, 30_000, 1_000_000):
        [column] = [one for one in series.columns(width_ms, 0, 20_000_000) if one.high == spike]
        assert column.high_ms == 777 * 400


def test_a_bar_says_which_samples_it_holds() -> None:
    series = told([Sample(0, Decimal("1.50"), Decimal(1)), Sample(3, Decimal("0.5"), Decimal(0))], SMALL)
    [bar] = series.bars(0, 4)
    assert isinstance(bar, Bar)
    assert (bar.entry.high_ms, bar.entry.low_ms, bar.samples) == (0, 3, 2)
