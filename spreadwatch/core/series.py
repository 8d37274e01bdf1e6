"""The spread of one symbol over time: exact bars of several widths, and when there was no live spread.

Pure: times come in with the samples, in ms of an axis that never goes back. Memory is bounded for ever: old
time is kept in wider bars, and the widest widen when they are too many. Not thread-safe: one thread owns it.
"""

import math
from bisect import bisect_left
from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise
from operator import attrgetter

from msgspec import Struct

from spreadwatch.core.bars import Bar, Break, Column, Level, Ohlc, close_ms_of, open_ms_of, points, scatter

_NEVER_MS = -(1 << 62)
_ALWAYS_MS = 1 << 62
_from_ms = attrgetter("from_ms")


class Keep(Struct, frozen=True):
    """How much a series keeps. `levels`: width of its bars in ms and how many, finest first.

    Each width is a multiple of the one before. The last level widens instead of forgetting. `gaps`: how many
    of the last gaps are kept, at most half of the last level; what is older than these is forgotten.
    """

    levels: tuple[tuple[int, int], ...]
    gaps: int


ONE = Keep(((50, 6_600), (250, 4_400), (1_000, 7_200), (5_000, 5_000)), 1_000)
"""For a few symbols: 5.5 min in bars of 50 ms, 18 min of 250 ms, 2 h of 1 s, all of 5 s or more."""
MANY = Keep(((1_000, 130), (5_000, 80), (30_000, 125), (60_000, 64)), 24)
"""For hundreds of symbols: half a MiB each at most."""


class Series:
    """Give it every sample and the beginning of every gap; ask for columns to draw and bars to export."""

    __slots__ = ("_bar", "_breaks", "_finished", "_gaps_kept", "_levels", "_until_ms", "first_ms")

    def __init__(self, keep: Keep = ONE) -> None:
        """Raise ValueError for widths or counts that do not fit together."""
        widths = [width for width, _ in keep.levels]
        if any(wide % fine for fine, wide in pairwise(widths)) or min(widths) < 1:
            raise ValueError(f"each width must be a multiple of the one before: {widths}")
        if not 2 <= keep.gaps * 2 <= keep.levels[-1][1]:  # else widening could not make room
            raise ValueError(f"keep from 1 gap to half as many as the {keep.levels[-1][1]} widest bars: {keep.gaps}")
        self.first_ms: int | None = None
        """When the first sample came; None before it."""
        self._levels = [Level(width_ms, kept) for width_ms, kept in keep.levels]
        self._gaps_kept = keep.gaps
        self._breaks: list[Break] = []
        self._bar: Bar | None = None
        self._until_ms = _NEVER_MS
        self._finished = 0

    # ----- what comes in

    def take(self, t_ms: int, entry: Decimal, reverse: Decimal) -> None:
        """Take one sample of the spread in both directions, not older than the one before. Ends a gap."""
        bar = self._bar
        if bar is None or t_ms >= self._until_ms:
            self._begin(t_ms, entry, reverse)
            return
        side = bar.entry
        if entry > side.high:
            side.high = entry
            side.high_ms = t_ms
        elif entry < side.low:
            side.low = entry
            side.low_ms = t_ms
        side.close = entry
        side = bar.reverse
        if reverse > side.high:
            side.high = reverse
            side.high_ms = t_ms
        elif reverse < side.low:
            side.low = reverse
            side.low_ms = t_ms
        side.close = reverse
        bar.close_ms = t_ms
        bar.samples += 1

    def gap(self, from_ms: int) -> None:
        """Note that there is no live spread from `from_ms` on, until the next sample.

        One that lasts goes on. Before the first sample there is nothing that a gap could interrupt.
        """
        if self._bar is None or self._until_ms == _NEVER_MS:
            return
        self._until_ms = _NEVER_MS
        self._breaks.append(Break(max(from_ms, self._bar.close_ms), None))
        if len(self._breaks) > self._gaps_kept:
            forgotten_ms = self._breaks.pop(0).to_ms
            for level in self._levels:
                level.forget(forgotten_ms or _NEVER_MS)
            self.first_ms = forgotten_ms

    def _begin(self, t_ms: int, entry: Decimal, reverse: Decimal) -> None:
        begins = self._until_ms == _NEVER_MS
        if self._bar is None:
            self.first_ms = t_ms
        else:
            self._finish(self._bar)
            if begins and self._breaks[-1].from_ms >= t_ms:  # a gap without length is none
                self._breaks.pop()
                begins = False
            elif begins:
                self._breaks[-1].to_ms = t_ms
        self._bar = Bar(
            t_ms,
            t_ms,
            1,
            begins,
            Ohlc(entry, entry, entry, entry, t_ms, t_ms),
            Ohlc(reverse, reverse, reverse, reverse, t_ms, t_ms),
        )
        width_ms = self._levels[0].width_ms
        self._until_ms = (t_ms // width_ms + 1) * width_ms

    def _finish(self, bar: Bar) -> None:
        self._finished += bar.samples
        finest, *coarser = self._levels
        finest.bars.append(bar)
        finest.trim()
        for level in coarser:
            finished = level.add(bar)
            if finished is None:
                return
            if level is coarser[-1]:
                level.widen()
            else:
                level.trim()
            bar = finished

    # ----- what goes out

    @property
    def samples(self) -> int:
        """How many samples it took: another number, other columns."""
        return self._finished + (self._bar.samples if self._bar else 0)

    @property
    def last_ms(self) -> int | None:
        """When the last sample came; None before the first."""
        return self._bar.close_ms if self._bar else None

    @property
    def lost_ms(self) -> int | None:
        """Since when there has been no live spread; None while there is one, or none was yet."""
        return self._breaks[-1].from_ms if self._breaks and self._breaks[-1].to_ms is None else None

    def last(self, *, reverse: bool = False) -> Decimal | None:
        """Return the value of the last sample, None before the first. It is an old one while a gap lasts."""
        if self._bar is None:
            return None
        return self._bar.reverse.close if reverse else self._bar.entry.close

    def held(self, at_ms: int, *, reverse: bool = False) -> Decimal | None:
        """Return the value in force just before `at_ms`, None where there was no live spread."""
        number = bisect_left(self._breaks, at_ms, key=_from_ms)
        if number:
            end_ms = self._breaks[number - 1].to_ms
            if end_ms is None or end_ms >= at_ms:
                return None
        before = None
        for before in self.bars(at_ms - 1, at_ms):  # noqa: B007  the last one counts
            pass
        if before is None:
            before = self._last_before(at_ms)
        if before is None:
            return None
        known = [value for t_ms, value in points(before, reverse=reverse) if t_ms < at_ms]
        return known[-1] if known else None

    def gaps(self, from_ms: int, to_ms: int) -> list[Break]:
        """Return the gaps that are kept and touch an interval, oldest first."""
        number = bisect_left(self._breaks, from_ms, key=_from_ms)
        if number and (self._breaks[number - 1].to_ms or _ALWAYS_MS) > from_ms:
            number -= 1
        return self._breaks[number : bisect_left(self._breaks, to_ms, key=_from_ms)]

    def width_for(self, least_ms: float) -> int:
        """Return the width in ms of columns, at least `least_ms`, in which bars fit evenly.

        Columns of this width are exact wherever the bars of theirs are still kept.
        """
        least = max(math.ceil(least_ms), 1)
        fits = [level.width_ms for level in self._levels if level.width_ms * 2 <= least]
        unit = fits[-1] if fits else self._levels[0].width_ms
        return -(-least // unit) * unit if least * 2 >= unit else least

    def columns(self, width_ms: int, first: int, count: int, *, reverse: bool = False) -> list[Column]:
        """Return the columns with samples from index `first` on, oldest first.

        Each value was sampled within its column. Where bars are wider than that (old time, looked at closely),
        a bar gives what it knows, its open, high, low and close, each to the column of its time.
        """
        found: list[Column] = []
        index, stop = first - 1, first + count
        for bar in self.bars(first * width_ms, stop * width_ms, width_ms):
            side = bar.reverse if reverse else bar.entry
            at = bar.open_ms // width_ms
            if at != bar.close_ms // width_ms:
                scatter(found, bar, width_ms, range(first, stop), reverse=reverse)
                index = found[-1].index if found else index
            elif at == index and not bar.begins:
                column = found[-1]
                if side.high > column.high:
                    column.high, column.high_ms = side.high, side.high_ms
                if side.low < column.low:
                    column.low, column.low_ms = side.low, side.low_ms
                column.close = side.close
            else:
                index = at
                found.append(
                    Column(at, bar.begins, side.open, side.high, side.low, side.close, side.high_ms, side.low_ms)
                )
        return found

    def bars(self, from_ms: int, to_ms: int, width_ms: int = 1) -> Iterator[Bar]:
        """Yield bars with samples in an interval, oldest first; each sample is in one bar.

        They are the coarsest that fit evenly into `width_ms`, or where there are none, the finest kept. Take no
        sample while this goes on.
        """
        portions = []
        upper_ms = to_ms
        for number in range(self._level_for(width_ms), len(self._levels)):
            lower_ms = self._reach_ms(number)
            if lower_ms < upper_ms:
                portions.append((number, lower_ms, upper_ms))
                upper_ms = lower_ms
            if lower_ms <= from_ms:
                break
        for number, lower_ms, upper_ms in reversed(portions):
            yield from self._between(number, lower_ms, upper_ms, from_ms)

    def _level_for(self, width_ms: int) -> int:
        fits = [number for number, level in enumerate(self._levels) if width_ms % level.width_ms == 0]
        return fits[-1] if fits else 0

    def _reach_ms(self, number: int) -> int:
        """Return from when on a level has everything, at an edge between the bars of the next level."""
        level = self._levels[number]
        if not level.trimmed or not level.bars:
            return _NEVER_MS
        coarser_ms = self._levels[number + 1].width_ms
        return -(-level.bars[0].open_ms // coarser_ms) * coarser_ms

    def _between(self, number: int, lower_ms: int, upper_ms: int, from_ms: int) -> Iterator[Bar]:
        """Yield a level's bars that begin from `lower_ms` to `upper_ms` and reach `from_ms`, then the open ones."""
        stored = self._levels[number].bars
        begin = max(bisect_left(stored, lower_ms, key=open_ms_of), bisect_left(stored, from_ms, key=close_ms_of))
        yield from stored[begin : bisect_left(stored, upper_ms, key=open_ms_of)]
        for bar in self._open_bars(number):
            if lower_ms <= bar.open_ms < upper_ms and bar.close_ms >= from_ms:
                yield bar

    def _open_bars(self, number: int) -> Iterator[Bar]:
        for level in reversed(self._levels[1 : number + 1]):
            if level.open is not None:
                yield level.open
        if self._bar is not None:
            yield self._bar

    def _last_before(self, at_ms: int) -> Bar | None:
        """Return the last bar that ended before `at_ms`, of the finest level that has one."""
        for number, level in enumerate(self._levels):
            for bar in reversed([*self._open_bars(number)]):
                if bar.close_ms < at_ms:
                    return bar
            if index := bisect_left(level.bars, at_ms, key=close_ms_of):
                return level.bars[index - 1]
        return None
