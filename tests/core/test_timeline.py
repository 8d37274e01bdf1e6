"""One axis of time out of two clocks."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spreadwatch.core.quote import JUMP_MS, Instant, Timeline
from tests.core.builders import HOUR_MS, moment

WALL_MS = 1_700_000_000_000
fast = settings(deadline=None, database=None)


def test_the_axis_begins_at_the_first_moment_and_runs_with_the_clocks() -> None:
    timeline = Timeline()
    assert [timeline.elapsed_ms(moment(ms, WALL_MS)) for ms in (50, 50, 51, 4_000)] == [0, 0, 1, 3_950]


def test_the_recorded_times_of_a_replay_are_the_axis() -> None:
    timeline = Timeline()
    assert [timeline.elapsed_ms(Instant(WALL_MS + ms, WALL_MS + ms)) for ms in (0, 7, HOUR_MS)] == [0, 7, HOUR_MS]


def test_a_sleep_counts() -> None:
    timeline = Timeline()
    timeline.elapsed_ms(moment(100))
    assert timeline.elapsed_ms(moment(110, HOUR_MS)) == HOUR_MS + 10
    assert timeline.elapsed_ms(moment(120, 3 * HOUR_MS)) == 3 * HOUR_MS + 20


def test_a_wall_clock_that_is_set_back_changes_nothing() -> None:
    timeline = Timeline()
    timeline.elapsed_ms(moment(100))
    assert timeline.elapsed_ms(moment(110, -HOUR_MS)) == 10
    assert timeline.elapsed_ms(moment(120, -HOUR_MS)) == 20


def test_a_sleep_after_the_wall_clock_was_set_back_counts_in_full() -> None:
    timeline = Timeline()
    timeline.elapsed_ms(moment(100))
    timeline.elapsed_ms(moment(110, -HOUR_MS))
    assert timeline.elapsed_ms(moment(120, -HOUR_MS + 5_000)) == 5_020


@pytest.mark.parametrize("ahead_ms", [JUMP_MS, -JUMP_MS])
def test_a_small_shift_between_the_clocks_is_no_sleep(ahead_ms: int) -> None:
    timeline = Timeline()
    timeline.elapsed_ms(moment(0))
    assert timeline.peek_ms(moment(10, ahead_ms)) == timeline.elapsed_ms(moment(10, ahead_ms)) == 10


def test_a_moment_that_comes_late_does_not_turn_time_back() -> None:
    timeline = Timeline()
    assert [timeline.elapsed_ms(moment(ms)) for ms in (0, 30, 28, 31)] == [0, 30, 30, 31]


def test_a_look_keeps_nothing() -> None:
    timeline = Timeline()
    assert timeline.peek_ms(moment(500)) == 0
    timeline.elapsed_ms(moment(100))
    assert timeline.peek_ms(moment(110, HOUR_MS)) == HOUR_MS + 10
    assert timeline.peek_ms(moment(90)) == -10
    assert timeline.elapsed_ms(moment(110)) == 10


@fast
@given(st.lists(st.tuples(st.integers(0, 40), st.integers(-1, 1)), max_size=300))
def test_rounding_jitter_never_adds_up(steps: list[tuple[int, int]]) -> None:
    timeline, mono_ms = Timeline(), 0
    timeline.elapsed_ms(moment(0, WALL_MS))
    for step_ms, jitter_ms in steps:
        mono_ms += step_ms
        assert timeline.elapsed_ms(moment(mono_ms, WALL_MS + jitter_ms)) == mono_ms


@fast
@given(
    st.lists(
        st.tuples(
            st.integers(-5, 3_000),
            st.sampled_from([0, 0, 0, 0, -HOUR_MS, -2 * JUMP_MS, JUMP_MS + 100, 7_000, HOUR_MS]),
            st.integers(-20, 20),
        ),
        max_size=60,
    )
)
def test_the_axis_is_the_running_time_and_the_sleeps_and_never_goes_back(steps: list[tuple[int, int, int]]) -> None:
    """Jitter is left out of account by at most its own size per jump."""
    timeline = Timeline()
    mono_ms = ahead_ms = slept_ms = jumps = 0
    timeline.elapsed_ms(moment(0))
    latest_ms = before_ms = 0
    for step_ms, jump_ms, jitter_ms in steps:
        mono_ms += step_ms
        ahead_ms += jump_ms
        slept_ms += max(jump_ms, 0)
        jumps += jump_ms != 0
        latest_ms = max(latest_ms, mono_ms + slept_ms)
        at = moment(mono_ms, ahead_ms + jitter_ms)
        looked_ms, elapsed_ms = timeline.peek_ms(at), timeline.elapsed_ms(at)
        assert elapsed_ms == max(looked_ms, before_ms)
        assert abs(elapsed_ms - latest_ms) <= 40 * jumps
        before_ms = elapsed_ms
