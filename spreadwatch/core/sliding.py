"""What windows of time know of a spread: highest and lowest, exact on every sample, and a percentile.

Pure: times come in with the samples, so a replay gives the same numbers as live.
"""

from bisect import bisect_left, bisect_right, insort
from collections import deque
from decimal import Decimal
from operator import itemgetter

from spreadwatch.core.quote import Instant, Quote
from spreadwatch.core.spread import Extreme

WINDOWS = (("1m", 60_000), ("15m", 900_000), ("1h", 3_600_000))
"""Names and lengths in ms of the sliding extremes, shortest first."""

KEPT_S = 3_600
"""How many seconds the percentile looks back."""

_STEP = Decimal("0.1")

_Entry = tuple[int, Decimal, Quote, Quote, Instant]
"""A sample: ms on the time axis, spread, spot, futures, moment."""

_Pair = tuple[Extreme | None, Extreme | None]

_SWEEP_MS = 1_000
_MANY = 2_048
_FINENESS = 64
_time_of = itemgetter(0)


class SlidingExtremes:
    """Keep what can still become the highest or lowest spread of any window up to `longest_ms`.

    Each side is a queue in which a sample stays as long as no later one is beyond it, so the values only fall
    (rise) or stay from the oldest to the newest, and the first one young enough is the extreme of a window.

    The value is always exact, and of equal ones the first in the window stays. Only where a spread stands still or
    comes back to the same value so often that a side holds over 2,048 samples, equal ones are thinned out, the old
    ones more: then, once the first of them has left the window, the time of the next may be late by up to a 64th
    of the window.

    Memory at any rate of samples: on each side one a ms at most, and no more than some 4,000 and four times as many
    as there are different values between the extreme and now. A sample takes amortised constant time.
    """

    __slots__ = ("_built", "_highs", "_last", "_longest_ms", "_lows", "_many", "_sweep_ms")

    def __init__(self, longest_ms: int) -> None:
        self._longest_ms = longest_ms
        self._highs: deque[_Entry] = deque()
        self._lows: deque[_Entry] = deque()
        self._last = Decimal(0)
        self._sweep_ms = 0
        self._many = _MANY
        self._built: dict[int, tuple[_Entry, _Entry, _Pair]] = {}

    def take(self, t_ms: int, spot: Quote, futures: Quote, spread: Decimal, at: Instant) -> None:
        """Take the spread of two quotes that are both live at `at`, which is `t_ms` on an axis that never goes back."""
        if t_ms >= self._sweep_ms:
            self._sweep(t_ms)
        highs, lows, last = self._highs, self._lows, self._last
        self._last = spread
        entry = (t_ms, spread, spot, futures, at)
        if not highs:
            highs.append(entry)
            lows.append(entry)
        # Samples of one ms leave every window together: of those only the first extreme one counts.
        elif spread > last:
            if lows[-1][0] != t_ms:
                lows.append(entry)
            _put_high(highs, entry)
        elif spread < last:
            if highs[-1][0] != t_ms:
                highs.append(entry)
            _put_low(lows, entry)
        elif highs[-1][0] != t_ms:  # both sides end with the same ms
            highs.append(entry)
            lows.append(entry)

    def _sweep(self, t_ms: int) -> None:
        """Drop what is too old for every window, and thin out equal values where there are too many."""
        self._sweep_ms = t_ms + _SWEEP_MS
        last_out_ms = t_ms - self._longest_ms
        for side in (self._highs, self._lows):
            while side and side[0][0] <= last_out_ms:
                side.popleft()
        if len(self._highs) > self._many or len(self._lows) > self._many:
            self._highs, self._lows = _thinned(self._highs, t_ms), _thinned(self._lows, t_ms)
            self._many = max(2 * len(self._highs), 2 * len(self._lows), _MANY)

    def extremes(self, now_ms: int, length_ms: int) -> _Pair:
        """Return the highest and the lowest spread of the last `length_ms`, None where there was no sample.

        A sample is in the window while less than `length_ms` have gone by since. The same objects as before as long
        as nothing changed. Raises ValueError for a window longer than the longest.
        """
        if length_ms > self._longest_ms:
            raise ValueError(f"a window of {length_ms} ms, but only {self._longest_ms} ms are kept")
        oldest_ms = now_ms - length_ms + 1
        place = bisect_left(self._highs, oldest_ms, key=_time_of)
        if place == len(self._highs):
            return None, None
        high = self._highs[place]
        low = self._lows[bisect_left(self._lows, oldest_ms, key=_time_of)]
        built = self._built.get(length_ms)
        if built is None or built[0] is not high or built[1] is not low:
            built = self._built[length_ms] = (high, low, (_extreme(high), _extreme(low)))
        return built[2]


def _put_high(highs: deque[_Entry], entry: _Entry) -> None:
    spread = entry[1]
    while highs and highs[-1][1] < spread:
        highs.pop()
    if not highs or highs[-1][0] != entry[0]:
        highs.append(entry)


def _put_low(lows: deque[_Entry], entry: _Entry) -> None:
    spread = entry[1]
    while lows and lows[-1][1] > spread:
        lows.pop()
    if not lows or lows[-1][0] != entry[0]:
        lows.append(entry)


def _thinned(side: deque[_Entry], t_ms: int) -> deque[_Entry]:
    """Return a side without those of equal values that lie close together for their age at `t_ms`."""
    kept: list[_Entry] = []
    for entry in side:
        if len(kept) > 1:
            before = kept[-2]
            is_close = (entry[0] - before[0]) * _FINENESS <= t_ms - entry[0]
            if is_close and before[1] == entry[1] == kept[-1][1]:
                kept[-1] = entry
                continue
        kept.append(entry)
    return deque(kept)


def _extreme(entry: _Entry) -> Extreme:
    _, spread, spot, futures, at = entry
    return Extreme(spread, at, spot, futures, at.since(spot.received), at.since(futures.received))


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
        """Keep the last spread of the second that ended, and drop those that are too old."""
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
