from hypothesis import given
from hypothesis import strategies as st

from spreadwatch.ui.frame.status_bar import Rate


def test_the_rate_needs_half_a_second() -> None:
    rate = Rate()
    assert rate.take(1, 1_000) is None
    assert rate.take(5, 1_400) is None
    assert rate.take(11, 1_500) == 20


def test_the_rate_follows_the_last_two_seconds() -> None:
    rate = Rate()
    for step in range(100):
        rate.take(1_000 + step * 5, step * 100)
    for step in range(100, 130):
        last = rate.take(1_500, step * 100)
    assert last == 0


def test_nothing_yet_is_no_sample() -> None:
    rate = Rate()
    rate.take(0, 0)
    rate.take(10, 1_000_000)
    assert rate.take(20, 1_001_000) == 10


def test_a_clock_or_a_total_that_goes_back_begins_anew() -> None:
    rate = Rate()
    rate.take(10, 1_000)
    rate.take(20, 2_000)
    assert rate.take(5, 3_000) is None
    assert rate.take(6, 500) is None


@given(st.lists(st.tuples(st.integers(0, 1_000), st.integers(0, 5_000)), max_size=100))
def test_the_rate_is_never_negative_and_keeps_little(steps: list[tuple[int, int]]) -> None:
    rate, total, now_ms = Rate(), 1, 0
    for more, later_ms in steps:
        total, now_ms = total + more, now_ms + later_ms
        per_second = rate.take(total, now_ms)
        assert per_second is None or per_second >= 0
        assert len(rate._seen) <= 23
