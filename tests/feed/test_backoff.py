"""Waits between attempts to connect, and the budget of attempts."""

from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spreadwatch.feed.backoff import Attempts, delays

fast = settings(deadline=None, database=None)
seconds = st.floats(0.001, 1000, allow_nan=False)


@fast
@given(seconds, seconds, st.lists(st.floats(0, 1, exclude_max=True), min_size=1, max_size=40))
def test_a_wait_is_never_negative_and_never_above_its_limit(
    first_s: float, more_s: float, chances: list[float]
) -> None:
    cap_s = first_s + more_s
    waits = list(islice(delays(first_s, cap_s, iter(chances).__next__), len(chances)))
    for number, wait_s in enumerate(waits):
        assert 0 <= wait_s <= min(first_s * 2**number, cap_s)


def test_limits_double_from_the_first_to_the_cap_and_stay_there() -> None:
    assert list(islice(delays(0.5, 5.0, lambda: 1.0), 7)) == [0.5, 1.0, 2.0, 4.0, 5.0, 5.0, 5.0]


def test_chance_spreads_the_waits_over_the_whole_range() -> None:
    chances = iter([0.0, 0.5, 0.25])
    assert list(islice(delays(1.0, 8.0, chances.__next__), 3)) == [0.0, 1.0, 1.0]


def test_an_outage_of_years_does_not_overflow() -> None:
    last_s = next(islice(delays(0.5, 5.0, lambda: 0.5), 100_000, None))
    assert last_s == pytest.approx(2.5)


def attempts_made(quick_s: float, until_s: float) -> list[float]:
    """Return the moments of the attempts of a client that tries again `quick_s` after each one."""
    budget, now_s, made = Attempts(), 0.0, list[float]()
    while now_s < until_s:
        now_s += budget.pause(now_s)
        made.append(now_s)
        now_s += quick_s
    return made


@fast
@given(st.floats(0.001, 20, allow_nan=False))
def test_no_five_minutes_see_more_than_seventy_attempts(quick_s: float) -> None:
    made = attempts_made(quick_s, 1000.0)
    for start_s in made:
        assert sum(start_s <= moment_s < start_s + 300 for moment_s in made) <= 70


def test_a_patient_client_never_waits_for_the_budget() -> None:
    budget = Attempts()
    assert all(budget.pause(moment_s) == 0 for moment_s in range(0, 3000, 5))


def test_a_few_attempts_at_once_are_free_and_the_budget_comes_back() -> None:
    budget = Attempts(burst=3, refill_s=5.0)
    assert [budget.pause(0.0) for _ in range(3)] == [0, 0, 0]
    assert budget.pause(0.0) == 5.0
    assert budget.pause(100.0) == 0
