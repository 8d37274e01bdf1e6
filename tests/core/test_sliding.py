"""Sliding extremes against brute force over the list of all samples."""

import random
from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from spreadwatch.core.sliding import SlidingExtremes
from spreadwatch.core.spread import Extreme
from tests.core.builders import FUTURES, HOUR_MS, SPOT, moment, quote

LONGEST_MS = 600
MINUTE_MS = 60_000
Samples = list[tuple[int, Decimal]]
Found = tuple[int, Decimal]

steps_ms = st.sampled_from([0, 0, 0, 1, 1, 2, 7, 99, 100, 101, 599, 600, 601, 5_000])
values = st.integers(-4, 4).map(lambda value: Decimal(value) / 2)
runs = st.lists(st.tuples(steps_ms, values), min_size=1, max_size=80)


def take(sliding: SlidingExtremes, t_ms: int, spread: Decimal) -> None:
    at = moment(t_ms)
    spot = quote(SPOT, t_ms + 1, "99", "100", moment(t_ms - 3))
    sliding.take(t_ms, spot, quote(FUTURES, t_ms + 1, "99", "100", moment(t_ms - 8)), spread, at)


def brute_force(samples: Samples, now_ms: int, length_ms: int) -> tuple[Found | None, Found | None]:
    """Return time and value of the first highest and the first lowest sample in the window."""
    inside = [sample for sample in samples if now_ms - sample[0] < length_ms]
    if not inside:
        return None, None
    high = max(value for _, value in inside)
    low = min(value for _, value in inside)
    return (
        next(sample for sample in inside if sample[1] == high),
        next(sample for sample in inside if sample[1] == low),
    )


def plain(extreme: Extreme | None) -> Found | None:
    return None if extreme is None else (extreme.at.mono_ms, extreme.spread)


def found(sliding: SlidingExtremes, now_ms: int, length_ms: int) -> tuple[Found | None, Found | None]:
    high, low = sliding.extremes(now_ms, length_ms)
    return plain(high), plain(low)


@settings(deadline=None, database=None, max_examples=400)
@given(runs, st.lists(st.integers(0, 1_300), max_size=4))
@example([(0, Decimal(2)), (0, Decimal(1)), (0, Decimal(3)), (0, Decimal(3)), (600, Decimal(3))], [0])
def test_every_window_has_the_extremes_of_brute_force(run: list[tuple[int, Decimal]], later_ms: list[int]) -> None:
    sliding, samples, t_ms = SlidingExtremes(LONGEST_MS), Samples(), 0
    for step_ms, value in run:
        t_ms += step_ms
        take(sliding, t_ms, value)
        samples.append((t_ms, value))
        for length_ms in (1, 2, 100, 333, LONGEST_MS):
            assert found(sliding, t_ms, length_ms) == brute_force(samples, t_ms, length_ms)
    for more_ms in later_ms:
        for length_ms in (1, 100, LONGEST_MS):
            assert found(sliding, t_ms + more_ms, length_ms) == brute_force(samples, t_ms + more_ms, length_ms)


@settings(deadline=None, database=None, max_examples=30)
@given(st.integers(0, 2**32), st.sampled_from([1, 2, 50]), st.sampled_from([300, 2_000]))
def test_equal_values_that_are_thinned_out_leave_the_value_exact_and_the_time_nearly(
    seed: int, most: int, pause_ms: int
) -> None:
    chance = random.Random(seed)
    sliding, samples, t_ms = SlidingExtremes(HOUR_MS), Samples(), 0
    for number in range(8_000):
        t_ms += chance.choice([0, 1, chance.randint(1, pause_ms), pause_ms])
        value = Decimal(chance.randint(-most, most))
        take(sliding, t_ms, value)
        samples.append((t_ms, value))
        if number % 500 == 499:
            for length_ms in (MINUTE_MS, 15 * MINUTE_MS, HOUR_MS):
                for now_ms in (t_ms, t_ms + 20_000, t_ms + 59_999):
                    compare_nearly(sliding, samples, now_ms, length_ms)


@pytest.mark.parametrize("step", [1, -1])
def test_thinning_out_merges_no_different_values(step: int) -> None:
    sliding, samples = SlidingExtremes(HOUR_MS), Samples()
    for number in range(6_000):
        value = Decimal(step * (number // 5))
        take(sliding, number * 500, value)
        samples.append((number * 500, value))
    assert entries(sliding) < 6_000
    for length_s in range(1, 3_600, 17):
        compare_nearly(sliding, samples, 6_000 * 500, length_s * 1_000)


def compare_nearly(sliding: SlidingExtremes, samples: Samples, now_ms: int, length_ms: int) -> None:
    exact = brute_force(samples, now_ms, length_ms)
    for ours, first in zip(found(sliding, now_ms, length_ms), exact, strict=True):
        assert (ours is None) == (first is None)
        if ours is not None and first is not None:
            assert ours in samples
            assert ours[1] == first[1]
            assert 0 <= ours[0] - first[0] <= length_ms / 64


def test_an_extreme_holds_its_evidence() -> None:
    sliding = SlidingExtremes(LONGEST_MS)
    spot, futures = quote(SPOT, 1, "99", "100", moment(10)), quote(FUTURES, 2, "98", "99", moment(25))
    sliding.take(30, spot, futures, Decimal(2), moment(30))
    high, low = sliding.extremes(31, 100)
    assert high == low == Extreme(Decimal(2), moment(30), spot, futures, 20, 5)


def test_of_equal_values_the_first_stays_until_it_leaves_the_window() -> None:
    sliding = SlidingExtremes(LONGEST_MS)
    for t_ms in (0, 40, 80):
        take(sliding, t_ms, Decimal(5))
    highs = [plain(sliding.extremes(now_ms, 100)[0]) for now_ms in (80, 99, 100, 140, 180)]
    assert [high and high[0] for high in highs] == [0, 0, 40, 80, None]


def test_what_did_not_change_is_the_same_object() -> None:
    sliding = SlidingExtremes(LONGEST_MS)
    take(sliding, 0, Decimal(5))
    take(sliding, 10, Decimal(1))
    before = sliding.extremes(20, 100)
    take(sliding, 30, Decimal(3))
    assert sliding.extremes(40, 100) is before
    take(sliding, 50, Decimal(6))
    assert plain(sliding.extremes(50, 100)[0]) == (50, Decimal(6))


def test_a_look_changes_nothing() -> None:
    sliding = SlidingExtremes(LONGEST_MS)
    take(sliding, 0, Decimal(5))
    assert sliding.extremes(10 * LONGEST_MS, LONGEST_MS) == (None, None)
    assert found(sliding, 5, LONGEST_MS) == ((0, Decimal(5)), (0, Decimal(5)))


def test_a_window_longer_than_what_is_kept_is_refused() -> None:
    with pytest.raises(ValueError, match="601"):
        SlidingExtremes(600).extremes(0, 601)


def entries(sliding: SlidingExtremes) -> int:
    return max(len(sliding._highs), len(sliding._lows))


@pytest.mark.parametrize("step", [1, 0, -1])
def test_a_hundred_samples_a_ms_keep_one_a_ms(step: int) -> None:
    sliding, most = SlidingExtremes(200), 0
    for number in range(200_000):
        take(sliding, number // 100, Decimal(step * number))
        most = max(most, entries(sliding))
    assert 200 <= most <= 200 + 1_000


@pytest.mark.parametrize("levels", [1, 2, 5])
def test_a_spread_that_stays_or_comes_back_for_hours_is_kept_in_few_samples(levels: int) -> None:
    sliding, most = SlidingExtremes(HOUR_MS), 0
    for number in range(150_000):
        take(sliding, number * 50, Decimal(number % levels))
        most = max(most, entries(sliding))
    assert 2_048 < most <= 4_000
    assert sliding.extremes(150_000 * 50, HOUR_MS)[0] is not None
