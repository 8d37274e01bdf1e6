"""The figures that the tests measure, kept in one file of JSON lines and printed as a table at the end.

A test calls `note`; the command `python -m tests.faults` names the file in the environment, reads it back
after the run and prints it. Without that variable nothing is written.
"""

import json
import os
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from msgspec import Struct

VARIABLE = "SPREADWATCH_FIGURES"
LONG_VARIABLE = "SPREADWATCH_FAULTS_LONG"
SEED_VARIABLE = "SPREADWATCH_FAULTS_SEED"
_DEFAULT_SEED = 20250607

Better = Literal["lower", "higher", "total"]
"""lower: at most the limit, the highest counts · higher: at least, the lowest counts · total: at least, the sum."""

_lock = threading.Lock()


class Figure(Struct, frozen=True):
    """A promise, what was measured for it, and what it may be."""

    promise: str
    value: float
    unit: str
    limit: float
    better: Better

    @property
    def kept(self) -> bool:
        """Whether the promise is kept."""
        return self.value <= self.limit if self.better == "lower" else self.value >= self.limit


def note(promise: str, value: float, unit: str, limit: float, better: Better = "lower") -> bool:
    """Add a measured figure; tell whether it keeps the promise (a part of a total always does)."""
    figure = Figure(promise, value, unit, limit, better)
    path = os.environ.get(VARIABLE)
    if path:
        line = json.dumps([promise, value, unit, limit, better]) + "\n"
        with _lock, Path(path).open("a", encoding="utf-8") as file:
            file.write(line)
    return better == "total" or figure.kept


def is_long() -> bool:
    """Tell whether the long run was asked for."""
    return bool(os.environ.get(LONG_VARIABLE))


def seed() -> int:
    """Return the seed of everything random; print it with what it made."""
    return int(os.environ.get(SEED_VARIABLE) or _DEFAULT_SEED)


def merge(lines: Iterable[str]) -> list[Figure]:
    """Return one figure per promise, in the order of first notes: the worst of all, or their sum."""
    merged: dict[str, Figure] = {}
    for line in lines:
        figure = Figure(*json.loads(line))
        before = merged.get(figure.promise)
        if before is not None:
            values = before.value, figure.value
            total = max(values) if figure.better == "lower" else min(values)
            if figure.better == "total":
                total = sum(values)
            figure = Figure(figure.promise, total, figure.unit, figure.limit, figure.better)
        merged[figure.promise] = figure
    return list(merged.values())


def table(figures: Iterable[Figure]) -> str:
    """Return promise, limit, measured and ok in columns."""
    rows = [("promise", "limit", "measured", "ok")]
    for one in figures:
        sign = "≤" if one.better == "lower" else "≥"
        rows.append(
            (one.promise, f"{sign} {_text(one.limit)} {one.unit}", f"{_text(one.value)} {one.unit}", _ok(one.kept))
        )
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    return "\n".join("  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)) for row in rows)


def _ok(kept: bool) -> str:
    return "yes" if kept else "NO"


def _text(number: float) -> str:
    return f"{number:,.0f}" if number == int(number) else f"{number:,.3f}"
