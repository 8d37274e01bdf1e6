"""From columns to the pixels of a line that never crosses a gap. Pure."""

from collections.abc import Callable, Iterable, Sequence

from spreadwatch.core.bars import Break
from spreadwatch.ui.chart.columns import FloatColumn
from spreadwatch.ui.chart.view import Frame, Scale

Polyline = list[int]
"""x, y, x, y … of a line without a gap."""


def polylines(
    strokes: Iterable[FloatColumn], frame: Frame, scale: Scale, gap_x: Callable[[int], int], before: Polyline
) -> list[Polyline]:
    """Return the lines through columns; the first one goes on from `before`.

    A value holds until the next one, and until a gap: `gap_x` tells where the gap before a column began.
    """
    run = before
    found = [run]
    base, step, across, span_ms = (
        frame.from_ms * frame.across // frame.span_ms,
        frame.width_ms,
        frame.across,
        frame.span_ms,
    )
    zero, per_value = scale.zero + 0.5, scale.per_value
    for one in strokes:
        x = max(one.index * step * across // span_ms - base, 0)
        if one.begins:
            if run:
                _hold(run, gap_x(one.index))
            run = []
            found.append(run)
        at = int(zero - one.open * per_value)
        if run and run[-1] != at and x - run[-2] > 1:
            run += (x, run[-1], x, at)
        else:
            run += (x, at)
        if one.high != one.low:
            high, low = int(zero - one.high * per_value), int(zero - one.low * per_value)
            if high != low:
                run += _upright(x, at, high, low, int(zero - one.close * per_value))
    return [one for one in found if one]


def _upright(x: int, at: int, high: int, low: int, close: int) -> tuple[int, ...]:
    """Return the points that follow the first one of a column, few as they may be."""
    if at in (high, low):
        far = low if at == high else high
        return (x, far) if close == far else (x, far, x, close)
    if close == high:
        return x, low, x, high
    if close == low:
        return x, high, x, low
    return x, high, x, low, x, close


def _hold(run: Polyline, x: int) -> None:
    """Let the last value of a run hold up to `x`."""
    if x > run[-2]:
        run += (x, run[-1])


def held_until(run: Polyline, x: int) -> Polyline:
    """Return a run whose last value holds up to `x`; a line has at least two points."""
    if len(run) == 2 or x > run[-2]:
        return [*run, max(x, run[-2] + 1), run[-1]]
    return run


def shades(gaps: Sequence[Break], frame: Frame, now_ms: int) -> list[tuple[int, int]]:
    """Return from which to which pixel each gap in view reaches: at least one pixel; those that meet are joined."""
    found: list[tuple[int, int]] = []
    for gap in gaps:
        left = max(frame.x(gap.from_ms), 0)
        right = min(max(frame.x(now_ms if gap.to_ms is None else gap.to_ms), left + 1), frame.across)
        if right <= left:
            continue
        if found and left <= found[-1][1]:
            found[-1] = (found[-1][0], max(right, found[-1][1]))
        else:
            found.append((left, right))
    return found


def filled_spans(spans: Sequence[tuple[int, int]], top: int, bottom: int) -> list[int]:
    """Return one polygon that fills all these spans of x from `top` to `bottom`."""
    points: list[int] = []
    for left, right in spans:
        points += (left, bottom, left, top, right, top, right, bottom)
    return points
