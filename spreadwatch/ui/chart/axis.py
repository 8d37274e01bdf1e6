"""Where the chart's axes have their marks, and what these say. Pure."""

import math
import time
from decimal import Decimal

_S, _MIN, _H, _D = 1_000, 60_000, 3_600_000, 86_400_000
_TIME_STEPS_MS = (
    *(1 * _S, 2 * _S, 5 * _S, 10 * _S, 15 * _S, 30 * _S),
    *(1 * _MIN, 2 * _MIN, 5 * _MIN, 10 * _MIN, 15 * _MIN, 30 * _MIN),
    *(1 * _H, 2 * _H, 3 * _H, 6 * _H, 12 * _H, 1 * _D, 2 * _D, 7 * _D, 28 * _D),
)
_MOST = 64


def value_marks(low: float, high: float, least_step: float, places: int) -> list[Decimal]:
    """Return round values from `low` to `high`, at least `least_step` apart, in steps of 1, 2 or 5.

    No step is finer than the last of `places` decimals.
    """
    if not (math.isfinite(low) and math.isfinite(high)) or least_step <= 0:
        return []
    power = max(math.floor(math.log10(least_step)), -places)
    unit = Decimal(1).scaleb(power)
    step = next(unit * factor for factor in (1, 2, 5, 10, 20) if float(unit * factor) >= least_step)
    first = math.ceil(low / float(step))
    last = min(math.floor(high / float(step)), first + _MOST)
    return [number * step for number in range(first, last + 1)]


def time_marks(from_wall_ms: int, to_wall_ms: int, least_step_ms: float, *, utc: bool) -> list[tuple[int, str]]:
    """Return round times between two Unix ms, at least `least_step_ms` apart, with their labels."""
    step_ms = next((step for step in _TIME_STEPS_MS if step >= least_step_ms), None)
    if step_ms is None:
        return []
    ahead_ms = 0 if utc else _ahead_of_utc_ms(to_wall_ms)
    first = -(-(from_wall_ms + ahead_ms) // step_ms)
    last = min((to_wall_ms + ahead_ms) // step_ms, first + _MOST)
    times_ms = [number * step_ms - ahead_ms for number in range(first, last + 1)]
    return [(time_ms, _label(time_ms, step_ms, utc=utc)) for time_ms in times_ms]


def _ahead_of_utc_ms(wall_ms: int) -> int:
    try:
        return time.localtime(wall_ms // 1_000).tm_gmtoff * 1_000
    except (OverflowError, ValueError, OSError):
        return 0


def _label(wall_ms: int, step_ms: int, *, utc: bool) -> str:
    try:
        then = (time.gmtime if utc else time.localtime)(wall_ms // 1_000)
    except (OverflowError, ValueError, OSError):
        return ""
    if step_ms >= _D or (step_ms >= _MIN and then[3:6] == (0, 0, 0)):
        return time.strftime("%m-%d", then)
    return time.strftime("%H:%M" if step_ms >= _MIN else "%H:%M:%S", then)
