"""What pairs of runs prove: the ratio new ÷ old, how far old ÷ old strays, and the verdict. Pure.

A round runs the old build, the new one and the old one again, in an order that changes from round to round.
Its pair is new ÷ old, its A/A pair the second old run ÷ the first: the same division by the same run, so if new
were no different from old, both would spread alike. The ratio is the median over the pairs. The band is where
the median of so many A/A pairs falls in 95 % of all cases: so far from 1 are 95 % of the medians of resamples, drawn
with repetition from the A/A pairs and their reciprocals, for which of two equal runs was the first is chance.
A single pair strays much further than a median; a band of single pairs would hide a slowdown of its own width.
"""

import math
import random
import statistics
from collections.abc import Sequence
from enum import StrEnum

from msgspec import Struct

_RESAMPLES = 4_000
_CENTRAL = 0.95


class Verdict(StrEnum):
    """What a ratio means beside its bar."""

    REACHED = "reached"
    IN_BAND = "in the A/A band"
    MISSED = "MISSED"


class Comparison(Struct, frozen=True):
    """One row: what each round measured of the new build, the old one, and the old one again.

    `unit` is that of the three; `bar` the largest ratio that passes.
    """

    row: str
    unit: str
    bar: float
    new: list[float]
    old: list[float]
    again: list[float]

    @property
    def ratios(self) -> list[float]:
        """New ÷ old of each round."""
        return [one / other for one, other in zip(self.new, self.old, strict=True)]

    @property
    def alike(self) -> list[float]:
        """Old ÷ old of each round."""
        return [one / other for one, other in zip(self.again, self.old, strict=True)]

    @property
    def ratio(self) -> float:
        """The median of new ÷ old."""
        return statistics.median(self.ratios)

    @property
    def band(self) -> tuple[float, float]:
        """The A/A band: its lower and its upper end."""
        return band(self.alike)

    @property
    def verdict(self) -> Verdict:
        """Whether the ratio reaches the bar. A bar below 1 asks for a gain, which no noise excuses from."""
        if self.ratio <= self.bar:
            return Verdict.REACHED
        return Verdict.IN_BAND if self.bar >= 1 and self.ratio <= self.band[1] else Verdict.MISSED


def band(alike: Sequence[float]) -> tuple[float, float]:
    """Return between which values the median of so many A/A pairs falls in 95 % of all cases: 1 ÷ x and x."""
    logs = [math.log(ratio) for ratio in alike]
    both_ways = [*logs, *(-one for one in logs)]
    chance = random.Random(len(logs))  # the same pairs, the same band
    strayed = sorted(abs(statistics.median(chance.choices(both_ways, k=len(logs)))) for _ in range(_RESAMPLES))
    high = math.exp(strayed[round(_RESAMPLES * _CENTRAL)])
    return 1 / high, high
