"""What brute force says of a capture, with the standard library alone: the law that the program is held against."""

import gzip
import json
from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

SILENCE_MS = 3_000
MARKETS = {"spot": "spot", "futures": "um"}

Rows = list[dict[str, Any]]
Sample = tuple[int, Decimal]
"""The ms at which a spread was seen, and the spread."""


class Figures(NamedTuple):
    """What is said of a spread: the last one, the highest and lowest with the ms in which they were first, how many."""

    current: Decimal
    high: Decimal
    high_at_ms: int
    low: Decimal
    low_at_ms: int
    samples: int


@lru_cache(2)
def lines_of(capture: Path) -> Rows:
    """Read a capture as plain JSON. Nobody may change what comes back."""
    content = capture.read_bytes()
    return [
        json.loads(line) for line in (gzip.decompress(content) if capture.suffix == ".gz" else content).splitlines()
    ]


def by_brute_force(rows: Sequence[dict[str, Any]], silence_ms: int = SILENCE_MS) -> list[Sample]:
    """Return every spread: after each quote at which both markets had spoken within the silence limit."""
    last: dict[str, tuple[int, dict[str, Any]]] = {}
    samples = []
    for row in rows:
        market, now_ms, raw = row["market"], row["recv_ms"], row["raw"]
        if market in last and raw["u"] <= last[market][1]["u"]:
            continue
        last[market] = (now_ms, raw)
        if len(last) == 2 and all(now_ms - heard_ms <= silence_ms for heard_ms, _ in last.values()):
            samples.append((now_ms, Decimal(last["spot"][1]["a"]) - Decimal(last["um"][1]["b"])))
    return samples


def figures_of(samples: Sequence[Sample]) -> Figures:
    """Return the figures of some spreads; of equals the first one counts."""
    high = max(samples, key=lambda sample: sample[1])
    low = min(samples, key=lambda sample: sample[1])
    return Figures(samples[-1][1], high[1], high[0], low[1], low[0], len(samples))


def figures(pair: Any) -> Figures:  # noqa: ANN401 - JSON
    """Return the figures in the JSON of a pair whose spread exists, numbers as numbers."""
    spread = pair["spread"]
    current, high, low = (Decimal(spread[name]) for name in ("current", "max", "min"))
    return Figures(current, high, spread["max_at_ms"], low, spread["min_at_ms"], spread["samples"])


def sent(rows: Sequence[dict[str, Any]]) -> dict[str, int]:
    """Return how many frames there are of each venue."""
    return {venue: sum(row["market"] == market for row in rows) for venue, market in MARKETS.items()}


def counts_of(rows: Sequence[dict[str, Any]]) -> dict[str, int]:
    """Return the counts of a pair to which all these frames came over two connections that stayed."""
    return sent(rows) | dict.fromkeys(("rejected", "repeated", "reconnects", "dropped"), 0)
