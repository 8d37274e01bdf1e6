"""The columns of a chart, asked of the series once each. Pure."""

from bisect import bisect_left
from decimal import Decimal
from operator import attrgetter

from msgspec import Struct

from spreadwatch.core.bars import Column
from spreadwatch.core.series import Series

_index = attrgetter("index")
_SPARE = 3  # how many times as many columns as are shown may be kept


class FloatColumn(Struct, gc=False, frozen=True):
    """A column as floats, for pixels; the exact one is `column`."""

    index: int
    begins: bool
    open: float
    high: float
    low: float
    close: float
    column: Column


class ColumnCache:
    """Keeps the columns that no later sample can change, and asks for the others each time."""

    def __init__(self) -> None:
        self.done: list[FloatColumn] = []
        """Columns in view that are complete, oldest first."""
        self.fresh: list[FloatColumn] = []
        """Columns in view that may still change, after those."""
        self._series: Series | None = None
        self._width_ms = 1
        self._reverse = False
        self._kept: list[FloatColumn] = []
        self._from = self._until = 0  # indices of the columns kept

    def look(self, series: Series, width_ms: int, first: int, count: int, *, reverse: bool) -> None:
        """Find the columns from index `first` on. Sets `done` and `fresh`."""
        same = series is self._series and width_ms == self._width_ms and reverse == self._reverse
        touches = self._from <= first + count and first <= self._until and self._from < self._until
        if not (same and touches) or len(self._kept) > _SPARE * count + 100:
            self._series, self._width_ms, self._reverse = series, width_ms, reverse
            self._kept, self._from, self._until = [], first, first
        stop = first + count
        last_ms = series.last_ms
        complete = min(last_ms // width_ms, stop) if last_ms is not None else first
        if first < self._from:
            self._kept = [*self._ask(series, first, self._from - first), *self._kept]
            self._from = first
        if complete > self._until:
            self._kept += self._ask(series, self._until, complete - self._until)
            self._until = complete
        begin, end = (bisect_left(self._kept, index, key=_index) for index in (first, min(stop, self._until)))
        self.done = self._kept[begin:end]
        rest = max(self._until, first)
        self.fresh = self._ask(series, rest, stop - rest) if stop > rest else []

    def _ask(self, series: Series, first: int, count: int) -> list[FloatColumn]:
        columns = series.columns(self._width_ms, first, count, reverse=self._reverse)
        return [as_floats(column) for column in columns]

    def at(self, index: int) -> FloatColumn | None:
        """Return the last column in view that is not after `index`, None when there is none."""
        for strokes in (self.fresh, self.done):
            number = bisect_left(strokes, index + 1, key=_index)
            if number:
                return strokes[number - 1]
        return None

    def extremes(self) -> tuple[tuple[Decimal, int], tuple[Decimal, int]] | None:
        """Return the highest and the lowest value in view, each with its time; None without a column."""
        strokes = self.done + self.fresh
        if not strokes:
            return None
        high = max(strokes, key=attrgetter("high")).high  # many columns of old time are equal as floats
        low = min(strokes, key=attrgetter("low")).low
        highest = max((one.column for one in strokes if one.high == high), key=attrgetter("high"))
        lowest = min((one.column for one in strokes if one.low == low), key=attrgetter("low"))
        return (highest.high, highest.high_ms), (lowest.low, lowest.low_ms)


def as_floats(column: Column) -> FloatColumn:
    """Return a column with its floats."""
    return FloatColumn(
        column.index,
        column.begins,
        float(column.open),
        float(column.high),
        float(column.low),
        float(column.close),
        column,
    )
