"""The percentile of the last hour against a count over the list of all samples."""

from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spreadwatch.core.sliding import SecondCloses
from tests.core.builders import HOUR_MS

Samples = list[tuple[int, Decimal]]

steps_ms = st.sampled_from([0, 0, 1, 300, 999, 1_000, 1_001, 1_500, 60_000, HOUR_MS - 1, HOUR_MS, HOUR_MS + 1_000])
values = st.integers(-4, 4).map(lambda value: Decimal(value) / 2)


def brute_force(samples: Samples, now_ms: int, value: Decimal) -> Decimal | None:
    """Return the share of the last hour's closes below the value, as a fraction rounded by hand."""
    closes = {t_ms // 1_000: spread for t_ms, spread in samples}  # the last one of a second stays
    now_s = now_ms // 1_000
    counted = [close for second, close in closes.items() if now_s - 3_600 <= second < now_s]
    if not counted:
        return None
    halves = sum(2 if close < value else 1 if close == value else 0 for close in counted)
    tenths = Fraction(halves * 1_000, 2 * len(counted))
    whole = Decimal(tenths.numerator) / Decimal(tenths.denominator)
    return whole.to_integral_value(ROUND_HALF_EVEN) / 10


@settings(deadline=None, database=None, max_examples=300)
@given(
    st.lists(st.tuples(steps_ms, values, st.booleans()), max_size=60),
    st.lists(st.tuples(steps_ms, values), max_size=5),
)
def test_the_percentile_is_that_of_brute_force(
    run: list[tuple[int, Decimal, bool]], later: list[tuple[int, Decimal]]
) -> None:
    closes, samples, t_ms = SecondCloses(), Samples(), 0
    for step_ms, value, look in run:
        t_ms += step_ms
        closes.take(t_ms, value)
        samples.append((t_ms, value))
        if look:
            assert closes.percentile(t_ms, value) == brute_force(samples, t_ms, value)
    for more_ms, value in later:
        t_ms += more_ms
        assert closes.percentile(t_ms, value) == brute_force(samples, t_ms, value)


@settings(deadline=None, database=None, max_examples=100)
@given(st.lists(st.tuples(st.sampled_from([0, 200, 700, 1_000]), values, st.integers(0, 2 * HOUR_MS)), max_size=40))
def test_a_look_ahead_changes_nothing(run: list[tuple[int, Decimal, int]]) -> None:
    looked_at, untouched, t_ms = SecondCloses(), SecondCloses(), 0
    for step_ms, value, ahead_ms in run:
        t_ms += step_ms
        for closes in (looked_at, untouched):
            closes.take(t_ms, value)
        looked_at.percentile(t_ms + ahead_ms, value)
    assert looked_at.percentile(t_ms, Decimal(0)) == untouched.percentile(t_ms, Decimal(0))


def test_there_is_none_before_the_first_full_second() -> None:
    closes = SecondCloses()
    assert closes.percentile(0, Decimal(1)) is None
    closes.take(100, Decimal(1))
    assert closes.percentile(999, Decimal(1)) is None
    assert closes.percentile(1_000, Decimal(1)) == Decimal("50.0")


@pytest.mark.parametrize(
    ("value", "percentile"),
    [("0", "0.0"), ("1", "16.7"), ("1.5", "33.3"), ("2", "50.0"), ("3", "83.3"), ("9", "100.0")],
)
def test_equal_closes_count_half(value: str, percentile: str) -> None:
    closes = SecondCloses()
    for second, close in enumerate(("3.0", "1", "2.00")):
        closes.take(second * 1_000, Decimal("77"))
        closes.take(second * 1_000 + 999, Decimal(close))
    closes.take(3_000, Decimal(55))
    assert str(closes.percentile(3_500, Decimal(value))) == percentile


def test_a_second_without_a_sample_does_not_count() -> None:
    closes = SecondCloses()
    closes.take(0, Decimal(1))
    closes.take(50_000, Decimal(3))
    assert closes.percentile(60_000, Decimal(2)) == Decimal(50)


def test_a_sample_that_comes_after_a_look_counts_in_the_next_one() -> None:
    closes = SecondCloses()
    closes.take(0, Decimal(1))
    assert closes.percentile(3_000, Decimal(2)) == Decimal(100)
    closes.take(500, Decimal(3))
    assert closes.percentile(3_000, Decimal(2)) == Decimal(0)
    closes.take(1_000, Decimal(1))
    closes.take(2_000, Decimal(1))
    assert closes.percentile(3_000, Decimal(2)) == Decimal("66.7")
    closes = SecondCloses()
    for t_ms, percentile in ((0, "100.0"), (1_000, "100.0")):
        closes.take(t_ms, Decimal(1))
        assert str(closes.percentile(5_000, Decimal(2))) == percentile
    for t_ms, percentile in ((2_000, "66.7"), (3_000, "50.0")):
        closes.take(t_ms, Decimal(3))
        assert str(closes.percentile(5_000, Decimal(2))) == percentile


def test_an_hour_is_all_that_is_kept_at_any_rate() -> None:
    closes = SecondCloses()
    for number in range(30_000):
        closes.take(number * 250, Decimal(number % 7))
    assert len(closes._by_time) == len(closes._by_value) == 3_600
