"""Where the present spread stands within the last hour: the last spread of each second, and a percentile.

Pure: times come in with the samples, so a replay gives the same numbers as live.
"""

from bisect import bisect_left, bisect_right, insort
from collections import deque
from decimal import Decimal

KEPT_S = 3_600
"""How many seconds the percentile looks back."""

_STEP = Decimal("0.1")


class SecondCloses:
    """Keep the last spread of each of the last KEPT_S seconds in which there was one.

    Seconds count on a time axis that never goes back. Memory: two numbers a second, for an hour.
    """

    __slots__ = ("_answer", "_by_time", "_by_value", "_close", "_ends_ms", "_second")

    def __init__(self) -> None:
        self._by_time: deque[tuple[int, Decimal]] = deque()
        self._by_value: list[Decimal] = []
        self._second = 0  # the one that _close is of, so far
        self._close: Decimal | None = None
        self._ends_ms = 0
        self._answer: tuple[tuple[int, Decimal, Decimal], Decimal | None] | None = None

    def take(self, t_ms: int, spread: Decimal) -> None:
        """Take a spread at `t_ms` on the time axis."""
        if t_ms >= self._ends_ms:
            self._begin(t_ms // 1_000)
        self._close = spread

    def _begin(self, second: int) -> None:
        """Put the close of the second that ended to the others, and drop those that are too old."""
        if self._close is not None:
            self._by_time.append((self._second, self._close))
            insort(self._by_value, self._close)
        while self._by_time and self._by_time[0][0] < second - KEPT_S:
            _, close = self._by_time.popleft()
            del self._by_value[bisect_left(self._by_value, close)]
        self._second, self._ends_ms = second, (second + 1) * 1_000
        self._answer = None

    def percentile(self, now_ms: int, value: Decimal) -> Decimal | None:
        """Return how much of the last hour was below `value`, 0 to 100 in steps of 0.1; equal counts half.

        Counts the seconds before the present one that had a spread, each with its last; None when there is none.
        """
        close, now_s = self._close, now_ms // 1_000
        if close is None:
            return None
        asked = (now_s, value, close)
        if self._answer is None or self._answer[0] != asked:
            self._answer = (asked, self._compute(now_s, value, close))
        return self._answer[1]

    def _compute(self, now_s: int, value: Decimal, close: Decimal) -> Decimal | None:
        count = len(self._by_value)
        below = bisect_left(self._by_value, value)
        up_to = bisect_right(self._by_value, value)
        oldest_s = now_s - KEPT_S
        for second, old in self._by_time:  # none in a lively market; kept until the next sample proves them old
            if second >= oldest_s:
                break
            count, below, up_to = count - 1, below - (old < value), up_to - (old <= value)
        if oldest_s <= self._second < now_s:
            count, below, up_to = count + 1, below + (close < value), up_to + (close <= value)
        return (Decimal(50 * (below + up_to)) / count).quantize(_STEP) if count else None
