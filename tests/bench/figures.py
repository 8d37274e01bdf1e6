"""A measured figure, its bar, and the table they make."""

import statistics
from collections.abc import Iterable
from typing import Any

from msgspec import Struct


class Figure(Struct, frozen=True):
    """One line of the table. `values`: one per run; `bar`: the largest median that passes, None: for information.

    `unit` is written behind each number. A figure without values was not measured; `note` says why.
    """

    name: str
    unit: str
    bar: float | None
    values: list[float]
    note: str = ""

    @property
    def median(self) -> float | None:
        """The middle value, None without values."""
        return statistics.median(self.values) if self.values else None

    @property
    def passes(self) -> bool | None:
        """Whether the median reaches the bar; None without bar or values."""
        return None if self.bar is None or self.median is None else self.median <= self.bar


def table(figures: Iterable[Figure]) -> str:
    """Return the figures as text for people."""
    rows = [("figure", "must reach", "median", "min – max", "")]
    for one in figures:
        bar = "" if one.bar is None else f"≤ {shortened(one.bar)}{one.unit}"
        if one.median is None:
            rows.append((one.name, bar, "not measured", one.note, ""))
            continue
        verdict = {True: "pass", False: "MISS", None: ""}[one.passes]
        spread = f"{shortened(min(one.values))} – {shortened(max(one.values))}"
        note = f"{verdict}  {one.note}".strip()
        rows.append((one.name, bar, f"{shortened(one.median)}{one.unit}", spread, note))
    widths = [max(len(row[column]) for row in rows if row[2] != "not measured") for column in range(4)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, (*widths, 0), strict=True)) for row in rows
    )


def as_json(figures: Iterable[Figure]) -> list[dict[str, Any]]:
    """Return the figures as data for programs."""
    return [
        {
            "figure": one.name,
            "unit": one.unit.strip(),
            "must_reach": one.bar,
            "median": one.median,
            "values": one.values,
            "passes": one.passes,
            "note": one.note,
        }
        for one in figures
    ]


def shortened(value: float) -> str:
    """Write a number with as many digits as a reader needs."""
    if value == 0:
        return "0"
    digits = 0 if abs(value) >= 1000 else 1 if abs(value) >= 10 else 2 if abs(value) >= 1 else 3
    return f"{value:,.{digits}f}"
