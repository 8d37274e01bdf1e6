"""Figures of the chart: a sample, a repaint, memory, and every extreme, after an hour of 1,000 samples a second."""

from tests.bench.figures import Figure
from tests.bench.processes import Children, display
from tests.bench.receiving import Told

_MINUTES_PER_SECOND = 6.0  # of a run; an hour for the usual 10 s


def measure(children: Children, told: Told) -> list[Figure]:
    """Return the figures of `chart`."""
    minutes = _MINUTES_PER_SECOND * told.seconds
    limit_s = 60 + 4 * minutes
    with display() as screen:
        answers = [
            children.figures("tests.bench.chart", f"{minutes:g}", limit_s=limit_s, display=screen)
            for _ in range(told.runs)
        ]
    return [
        Figure(
            f"chart after {minutes:g} min of 1,000/s: repaint at 700 px",
            " ms",
            4,
            [paint_ms for answer in answers for paint_ms in answer["paint_ms"]],
            "all five windows, until X has it",
        ),
        Figure("· a sample", " µs", 0.6, [answer["take_us"] for answer in answers]),
        Figure("· memory", " MiB", 30, [answer["mib"] for answer in answers], "seconds' extremes to check it in it"),
        Figure("· extremes not in their column", "", 0, [answer["missed"] for answer in answers]),
    ]
