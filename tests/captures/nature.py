"""What makes minutes of a market demanding, measured over the lines of a capture."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import pairwise
from statistics import median

from msgspec import Struct

from tests.captures.oracle import MARKETS, Rows, Sample, by_brute_force

HALF_SECOND_MS = 500
PAINT_MS = 16


class Nature(Struct, frozen=True):
    """Figures of a capture. Shares are of 1, times in ms, spreads in quote currency."""

    frames: int
    repeating: float
    """Share of the quotes that repeat both prices of the one before."""
    most_in_a_ms: int
    most_in_a_second: int
    longest_pause_ms: int
    spread_values: int
    sign_changes: int
    widest_of_median: float
    """The widest spread, in medians."""
    half_seconds: bool
    """Whether a look every half second misses both extremes, whenever it begins."""
    paints: int
    """Minutes in which the newest quote per painted frame gives a wrong high or low."""
    minutes: int


def nature(rows: Rows) -> Nature:
    """Measure a capture of quotes."""
    samples = by_brute_force(rows)
    spreads = [spread for _, spread in samples]
    own = [[row for row in rows if row["market"] == market] for market in MARKETS.values()]
    pairs = [pair for market in own for pair in pairwise(market)]
    minutes: dict[int, list[Sample]] = defaultdict(list)
    for sample in samples:
        minutes[sample[0] // 60_000].append(sample)
    return Nature(
        frames=len(rows),
        repeating=sum(all(one["raw"][side] == next_["raw"][side] for side in "ba") for one, next_ in pairs) / len(rows),
        most_in_a_ms=max(Counter(row["recv_ms"] for row in rows).values()),
        most_in_a_second=max(Counter(row["recv_ms"] // 1_000 for row in rows).values()),
        longest_pause_ms=max(next_["recv_ms"] - one["recv_ms"] for one, next_ in pairs),
        spread_values=len(set(spreads)),
        sign_changes=sum((one < 0) != (next_ < 0) for one, next_ in pairwise(spreads)),
        widest_of_median=float(max(spreads) / median(spreads)),
        half_seconds=all(_misses_both(samples, phase_ms) for phase_ms in range(0, HALF_SECOND_MS, 50)),
        paints=sum(_extremes(_newest(minute, PAINT_MS)) != _extremes(minute) for minute in minutes.values()),
        minutes=len(minutes),
    )


def _misses_both(samples: Sequence[Sample], phase_ms: int) -> bool:
    seen, truth = _extremes(_newest(samples, HALF_SECOND_MS, samples[0][0] - phase_ms)), _extremes(samples)
    return seen[0] < truth[0] and seen[1] > truth[1]


def _newest(samples: Iterable[Sample], every_ms: int, zero_ms: int = 0) -> list[Sample]:
    """Return the last sample of each stretch of time."""
    return list({(sample[0] - zero_ms) // every_ms: sample for sample in samples}.values())


def _extremes(samples: Iterable[Sample]) -> tuple[Decimal, Decimal]:
    spreads = [spread for _, spread in samples]
    return max(spreads), min(spreads)
