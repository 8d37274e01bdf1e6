"""Figures of a long run: memory, and the cost of a quote, after millions of them."""

from tests.bench.figures import Figure
from tests.bench.processes import Children
from tests.bench.receiving import Told

_QUOTES_PER_SECOND = 1_000_000  # of a run; 10 million for the usual 10 s
_EARLY, _LEVEL = 10_000, 100_000
_SLICE = 100_000
_ROUNDS_PER_RUN = 5
_MIB = 1 << 20


def measure(children: Children, told: Told) -> list[Figure]:
    """Return the figures of `lasting`."""
    last = max(int(_QUOTES_PER_SECOND * told.seconds), 2 * _LEVEL)
    with children.server("tests.bench.endurance") as old:
        level = old.ask(f"grow {_LEVEL}")["rss"]
        grown = old.ask(f"grow {last}")["rss"]
        early, late = [], []
        for _ in range(told.runs * _ROUNDS_PER_RUN):
            with children.server("tests.bench.endurance") as young:
                young.ask(f"grow {_EARLY}")
                early.append(_cost_ns(young.ask(f"cost {_SLICE}")))
                late.append(_cost_ns(old.ask(f"cost {_SLICE}")))
    ratios = [one / other for one, other in zip(late, early, strict=True)]
    millions = f"{last / 1e6:g} million quotes"
    return [
        Figure(
            f"memory after {millions}, above 100,000", " MiB", 5, [(grown - level) / _MIB], f"of {grown / _MIB:.1f}"
        ),
        Figure(f"cost per quote at {millions} ÷ at 10,000", " ×", 1.1, ratios, "old and new process in turns"),
        Figure("· cost per quote, no socket", " ns", None, late),
    ]


def _cost_ns(answer: dict[str, float]) -> float:
    return answer["cpu_s"] / answer["quotes"] * 1e9
