"""When a stream attempts, waits, renews and is called dead: no thread, no socket, no clock."""

from collections.abc import Callable
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spreadwatch.core.quote import Instant
from spreadwatch.feed.policy import (
    REGION,
    Attempts,
    Policy,
    Renewal,
    StreamSettings,
    delays,
    pause_s,
    renewal_s,
)

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


# ----- what a status forbids


@given(st.integers(300, 599), st.none() | st.floats(0, 3 * 86400))
def test_no_pause_is_negative_and_a_bar_is_never_shortened(status: int, asked_s: float | None) -> None:
    found_s = pause_s(status, asked_s)
    assert found_s >= (asked_s or 0.0)
    if status in (403, REGION):
        assert found_s >= 300
    elif asked_s is not None:
        assert found_s == asked_s


def test_what_asks_to_slow_down_is_left_alone_even_without_a_header() -> None:
    assert [pause_s(status, None) for status in (403, 418, 429, 451, 503)] == [300, 120, 10, 300, 0]


# ----- a stream's decisions, a moment each


def decide(chance: Callable[[], float] = lambda: 0.5, **settings: float) -> Policy:
    usual = {"silence_s": 3.0, "handshake_s": 5.0, "backoff_cap_s": 5.0}
    return Policy(StreamSettings(**{**usual, **settings}), chance)


def losses(policy: Policy, lasted_s: float, count: int, *, opens: bool) -> list[float]:
    """Return the waits after so many attempts that last as long as that."""
    now_s, waits = 0.0, []
    for _ in range(count):
        now_s += policy.attempt(now_s)
        if opens:
            policy.opened(now_s)
        now_s += lasted_s
        waits.append(policy.lost(now_s, 0.0))
        now_s += waits[-1]
    return waits


def test_a_connection_that_served_begins_the_backoff_anew() -> None:
    assert losses(decide(), 31.0, 4, opens=True) == [0.25] * 4
    assert losses(decide(), 29.0, 4, opens=True) == [0.25, 0.5, 1.0, 2.0]
    assert losses(decide(), 31.0, 4, opens=False) == [0.25, 0.5, 1.0, 2.0], "an attempt that hung is no service"


@fast
@given(st.lists(st.tuples(st.floats(0, 400), st.booleans(), st.floats(0, 200)), min_size=1, max_size=60))
def test_no_attempt_is_made_before_the_exchange_allows_one(lives: list[tuple[float, bool, float]]) -> None:
    policy, now_s, allowed_s = decide(), 0.0, 0.0
    for lasted_s, opens, asked_s in lives:
        now_s += policy.attempt(now_s)
        assert now_s >= allowed_s - 1e-6
        if opens:
            policy.opened(now_s)
        now_s += lasted_s
        allowed_s = max(allowed_s, now_s + asked_s)
        now_s += policy.lost(now_s, asked_s)


@fast
@given(st.floats(0, 40), st.booleans(), st.integers(0, 3))
def test_connections_and_successors_share_one_rate_limit(lasts_s: float, opens: bool, successors: int) -> None:
    policy, now_s, made = decide(), 0.0, list[float]()
    while now_s < 1000:
        now_s += policy.attempt(now_s)
        made.append(now_s)
        if opens:
            policy.opened(now_s)
            for _ in range(successors):
                policy.leaving(now_s)
                if policy.may_begin(now_s):
                    policy.begun(now_s)
                    made.append(now_s)
        now_s += lasts_s
        now_s += policy.lost(now_s, 0.0)
    for start_s in made:
        assert sum(start_s <= moment_s < start_s + 300 for moment_s in made) <= 70


# ----- staleness


@pytest.mark.parametrize(("is_open", "limit_s"), [(True, 3.0), (False, 5.0)])
def test_a_connection_is_silent_after_its_limit_and_not_at_it(is_open: bool, limit_s: float) -> None:
    policy, since = decide(), Instant(1000, 1000)
    at_ms = 1000 + round(limit_s * 1000)
    assert policy.silent_s(since, Instant(at_ms, at_ms), is_open=is_open) is None
    assert policy.silent_s(since, Instant(at_ms + 1, at_ms), is_open=is_open) == limit_s
    assert policy.silent_s(since, Instant(at_ms, at_ms + 1), is_open=is_open) == limit_s


def test_a_successor_has_a_handshake_and_as_long_again() -> None:
    policy, began = decide(), Instant(0, 0)
    assert not policy.is_late(began, Instant(10_000, 10_000))
    assert policy.is_late(began, Instant(10_001, 0))


# ----- make-before-break


@given(st.floats(1.0, 1e6), st.floats(0, 1, exclude_max=True))
def test_a_connection_is_renewed_around_its_time_and_before_the_exchange_ends_it(renew_s: float, chance: float) -> None:
    after_s = renewal_s(renew_s, chance)
    assert 0 < after_s <= 23.5 * 3600 + 1e-6
    assert abs(after_s - renew_s) <= renew_s / 46 + 1e-6 or renew_s > 23 * 3600


def test_renewals_of_23_h_lie_within_an_hour_and_spread_whatever_is_asked_for() -> None:
    hours = [renewal_s(renew_s, chance) / 3600 for renew_s in (23 * 3600.0, 1e6) for chance in (0.0, 0.5, 1.0)]
    assert hours == pytest.approx([22.5, 23.0, 23.5] * 2)


def test_a_successor_is_due_at_its_time_or_at_a_notice() -> None:
    policy = decide(renew_s=100.0)
    policy.opened(0.0)
    assert [policy.may_begin(now_s) for now_s in (0.0, 99.9, 100.0)] == [False, False, True]
    policy.leaving(7.0)
    assert policy.may_begin(7.0)


def test_a_successor_that_was_refused_is_due_again_when_that_is_allowed() -> None:
    policy = decide()
    policy.leaving(0.0)
    policy.dropped(1.0, 0.0)
    assert [policy.may_begin(now_s) for now_s in (10.9, 11.0)] == [False, True]
    policy.dropped(20.0, 120.0)
    assert [policy.may_begin(now_s) for now_s in (139.9, 140.0)] == [False, True]
    assert policy.lost(50.0, 0.0) == 90.0, "a lost connection waits for the same permission"


READY = Instant(5000, 5000)


@pytest.mark.parametrize(
    ("ready", "after_ms", "has_ended", "step"),
    [
        (None, 0, False, Renewal.NOTHING),
        (None, 0, True, Renewal.DROP),
        (READY, 99, True, Renewal.NOTHING),
        (READY, 100, True, Renewal.HAND_OVER),
        (READY, 100, False, Renewal.HAND_OVER),
    ],
)
def test_the_old_connection_goes_only_once_the_new_one_delivers(
    ready: Instant | None, after_ms: int, has_ended: bool, step: Renewal
) -> None:
    now = Instant(5000 + after_ms, 5000 + after_ms)
    assert decide().with_successor(ready, now, has_ended=has_ended) is step
