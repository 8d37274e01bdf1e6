"""Bars and columns of a spread: open, high, low and close of a stretch of time, exact. Pure."""

from bisect import bisect_left
from decimal import Decimal
from operator import attrgetter

from msgspec import Struct

open_ms_of = attrgetter("open_ms")
close_ms_of = attrgetter("close_ms")


class Ohlc(Struct, gc=False):
    """Open, high, low, close of the entry or the reverse in quote currency; when the high and low came first."""

    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    high_ms: int
    low_ms: int


class Bar(Struct, gc=False):
    """All samples from `open_ms` to `close_ms`, the times of its first and last one. Not to be changed outside.

    `begins`: just before its first sample there was no live spread.
    """

    open_ms: int
    close_ms: int
    samples: int
    begins: bool
    entry: Ohlc
    reverse: Ohlc


class Column(Struct, gc=False):
    """What happened from `index * width` to `(index + 1) * width` ms; two of an index when a gap lies between.

    `begins`: as in a bar.
    """

    index: int
    begins: bool
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    high_ms: int
    low_ms: int


class Break(Struct):
    """An interval without a live spread; `to_ms` is None while it lasts."""

    from_ms: int
    to_ms: int | None


class Level:
    """Bars of one width. `open` still grows; it holds what came before the open bars of finer levels."""

    __slots__ = ("bars", "kept", "open", "trimmed", "width_ms")

    def __init__(self, width_ms: int, kept: int) -> None:
        self.width_ms = width_ms
        self.kept = kept
        self.bars: list[Bar] = []
        self.open: Bar | None = None
        self.trimmed = False

    def add(self, bar: Bar) -> Bar | None:
        """Take a finished finer bar; return the bar of this level that it finished, None when it goes on."""
        before = self.open
        if before is None:
            self.open = copy(bar)
        elif bar.begins or bar.open_ms // self.width_ms != before.open_ms // self.width_ms:
            self.bars.append(before)
            self.open = copy(bar)
            return before
        else:
            merge(before, bar)
        return None

    def trim(self) -> None:
        """Forget the oldest bars when there are too many."""
        if len(self.bars) > self.kept:
            del self.bars[: max(self.kept // 8, 1)]
            self.trimmed = True

    def widen(self) -> None:
        """Join neighbours into wider bars when there are too many. Gaps stay between."""
        while len(self.bars) > self.kept:
            self.width_ms *= 2
            joined: list[Bar] = []
            for bar in self.bars:
                if joined and not bar.begins and bar.open_ms // self.width_ms == joined[-1].open_ms // self.width_ms:
                    merge(joined[-1], bar)
                else:
                    joined.append(bar)
            self.bars = joined

    def forget(self, before_ms: int) -> None:
        """Forget the bars that began before a time."""
        del self.bars[: bisect_left(self.bars, before_ms, key=open_ms_of)]


def copy(bar: Bar) -> Bar:
    """Return a bar of its own with the same numbers."""
    one, other = bar.entry, bar.reverse
    return Bar(
        bar.open_ms,
        bar.close_ms,
        bar.samples,
        bar.begins,
        Ohlc(one.open, one.high, one.low, one.close, one.high_ms, one.low_ms),
        Ohlc(other.open, other.high, other.low, other.close, other.high_ms, other.low_ms),
    )


def merge(bar: Bar, later: Bar) -> None:
    """Add what came later to a bar."""
    bar.close_ms = later.close_ms
    bar.samples += later.samples
    for side, more in ((bar.entry, later.entry), (bar.reverse, later.reverse)):
        if more.high > side.high:
            side.high, side.high_ms = more.high, more.high_ms
        if more.low < side.low:
            side.low, side.low_ms = more.low, more.low_ms
        side.close = more.close


def points(bar: Bar, *, reverse: bool) -> list[tuple[int, Decimal]]:
    """Return what is known of the samples of a bar, oldest first."""
    side = bar.reverse if reverse else bar.entry
    between = [(side.high_ms, side.high), (side.low_ms, side.low)]
    if side.low_ms < side.high_ms:
        between.reverse()
    return [(bar.open_ms, side.open), *between, (bar.close_ms, side.close)]


def scatter(found: list[Column], bar: Bar, width_ms: int, wanted: range, *, reverse: bool) -> None:
    """Give each point of a bar to the column of its time."""
    begins = bar.begins
    for t_ms, value in points(bar, reverse=reverse):
        at = t_ms // width_ms
        if at not in wanted:
            begins = False
            continue
        if begins or not found or found[-1].index != at:
            found.append(Column(at, begins, value, value, value, value, t_ms, t_ms))
        else:
            column = found[-1]
            if value > column.high:
                column.high, column.high_ms = value, t_ms
            if value < column.low:
                column.low, column.low_ms = value, t_ms
            column.close = value
        begins = False
