"""All that one picture of the chart depends on, put together from a series and a view."""

from decimal import Decimal

from msgspec import Struct

from spreadwatch.core.bars import Break
from spreadwatch.core.series import Series
from spreadwatch.ui.chart.columns import ColumnCache, FloatColumn
from spreadwatch.ui.chart.view import Frame

Mark = tuple[Decimal, int]
"""A value and its time."""


class Scene(Struct):
    """What is in view. Times in ms of the series.

    `before`: the value in force at the left edge, None without one. `lost_ms`: since when there is no live
    spread, None while there is one. `last`: the present value, None while there is none.
    """

    frame: Frame
    now_ms: int
    wall_offset_ms: int
    places: int
    reverse: bool
    done: list[FloatColumn]
    fresh: list[FloatColumn]
    before: Decimal | None
    high: Mark | None
    low: Mark | None
    gaps: list[Break]
    lost_ms: int | None
    last: Decimal | None

    @property
    def holds_to_ms(self) -> int:
        """Until when the last value in view holds: the present, or a gap that goes on at the right edge."""
        if self.gaps:
            gap, columns_end_ms = self.gaps[-1], (self.frame.first + self.frame.count) * self.frame.width_ms
            if gap.to_ms is None or gap.to_ms >= columns_end_ms:
                return min(gap.from_ms, self.now_ms)
        return self.now_ms


def compose(
    cache: ColumnCache,
    series: Series,
    frame: Frame,
    now_ms: int,
    wall_offset_ms: int,
    places: int,
    lost_ms: int | None,
    *,
    reverse: bool,
) -> Scene:
    """Return the scene of a frame. `lost_ms`: a gap that the series may not know of yet."""
    cache.look(series, frame.width_ms, frame.first, frame.count, reverse=reverse)
    before = series.held(frame.first * frame.width_ms, reverse=reverse)
    gaps = series.gaps(frame.from_ms, frame.to_ms)
    lost_ms = _lost(series, lost_ms)
    if lost_ms is not None and series.lost_ms is None:
        gaps = [*gaps, Break(lost_ms, None)]
    marks = cache.extremes()
    high = low = None
    if marks is not None:
        high, low = marks
    if before is not None:
        edge = (before, frame.first * frame.width_ms)
        high = edge if high is None or before >= high[0] else high
        low = edge if low is None or before <= low[0] else low
    return Scene(
        frame=frame,
        now_ms=now_ms,
        wall_offset_ms=wall_offset_ms,
        places=places,
        reverse=reverse,
        done=cache.done,
        fresh=cache.fresh,
        before=before,
        high=high,
        low=low,
        gaps=gaps,
        lost_ms=lost_ms,
        last=None if lost_ms is not None else series.last(reverse=reverse),
    )


def _lost(series: Series, lost_ms: int | None) -> int | None:
    """Return since when there is no live spread, as far as anybody knows."""
    if series.lost_ms is not None or lost_ms is None:
        return series.lost_ms
    return max(lost_ms, series.last_ms or lost_ms)
