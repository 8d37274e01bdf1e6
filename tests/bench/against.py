"""`python -m tests.bench --against CHECKOUT`: this checkout and another one in the same rounds, row by row."""

import contextlib
import itertools
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct

from tests.bench.figures import shortened
from tests.bench.pairs import Comparison, Verdict
from tests.bench.processes import ContenderError
from tests.bench.rows import ROWS, Run, Stage, Values

ENOUGH = 15
"""Pairs from which on a median proves something."""

_ORDERS = tuple(itertools.permutations(("new", "old", "again")))


class Plan(Struct, frozen=True):
    """What the command line asked for. `bars`: largest ratio by row, "" for all others."""

    new: Path
    old: Path
    rows: list[str]
    pairs: int
    bars: dict[str, float]

    @property
    def builds(self) -> dict[str, Path]:
        """Both checkouts by their names."""
        return {"new": self.new, "old": self.old}


class Outcome(Struct, frozen=True):
    """What was found: a comparison per figure, and of the rows that gave none the reason."""

    found: list[Comparison]
    failed: dict[str, str]

    @property
    def holds(self) -> bool:
        """Whether every row was measured and none missed its bar."""
        return not self.failed and all(one.verdict is not Verdict.MISSED for one in self.found)


def measure(stage: Stage, plan: Plan) -> Outcome:
    """Run every row's rounds."""
    found: list[Comparison] = []
    failed: dict[str, str] = {}
    for row in plan.rows:
        print(f"measuring {row} …", file=sys.stderr)
        try:
            found += _row(stage, plan, row)
        except ContenderError as error:
            failed[row] = str(error)
    return Outcome(found, failed)


def _row(stage: Stage, plan: Plan, name: str) -> list[Comparison]:
    row = ROWS[name]
    roots = {"new": plan.new, "old": plan.old, "again": plan.old}

    def begin(build: str) -> Run:
        return row.run(stage, roots[build])

    list(complete_rounds(begin, 1, 1))  # so that everything is compiled and in the disk's cache
    rounds = list(complete_rounds(begin, plan.pairs, row.laps))
    bar = plan.bars.get(name, plan.bars[""])
    return [
        Comparison(title, unit, bar, *([one[build][figure] for one in rounds] for build in roots))
        for figure, (title, unit) in row.figures.items()
    ]


def complete_rounds(begin: Callable[[str], Run], pairs: int, laps: int) -> Iterator[Mapping[str, Values]]:
    """Yield so many rounds in which all three builds gave figures.

    Raises ContenderError once more than as many did not.
    """
    failures = done = 0
    orders = itertools.cycle(_ORDERS)
    while done < pairs:
        try:
            values = one_round(begin, next(orders), laps)
        except ContenderError:
            failures += 1
            if failures > pairs:
                raise
            continue
        done += 1
        yield values


def one_round(begin: Callable[[str], Run], order: Sequence[str], laps: int) -> Mapping[str, Values]:
    """Let each build begin, then each run its laps in turns, each turn led by the next one; return their medians."""
    taken: dict[str, list[Values]] = {build: [] for build in order}
    with contextlib.ExitStack() as ending:
        runs: dict[str, Run] = {}
        for build in order:
            runs[build] = begin(build)
            ending.callback(runs[build].close)
            next(runs[build])
        for lap in range(laps):
            lead = lap % len(order)
            for build in (*order[lead:], *order[:lead]):
                taken[build].append(next(runs[build]))
    return {
        build: {figure: statistics.median(lap[figure] for lap in values) for figure in values[0]}
        for build, values in taken.items()
    }


def commit_of(root: Path) -> str:
    """Name a checkout's commit, with a + when files differ from it; "" where git does not tell."""
    words = subprocess.run(
        ["git", "-C", str(root), "describe", "--always", "--dirty=+", "--exclude=*"],
        capture_output=True,
        text=True,
        check=False,
    )
    return words.stdout.strip()


def table(found: Iterable[Comparison]) -> str:
    """Return the comparisons as text for people."""
    rows = [("row", "old", "new", "new ÷ old", "A/A band", "bar", "")]
    for one in found:
        low, high = one.band
        old, new = (f"{shortened(statistics.median(values))} {one.unit}" for values in (one.old, one.new))
        rows.append(
            (
                one.row,
                old,
                new,
                f"{one.ratio:.3f} ×",
                f"{low:.3f} – {high:.3f}",
                f"{one.bar:g}",
                one.verdict,
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)


def report(outcome: Outcome, plan: Plan, where: Mapping[str, object]) -> dict[str, Any]:
    """Return the outcome as data for programs."""
    rows = [
        {
            "row": one.row,
            "unit": one.unit,
            "ratio": one.ratio,
            "band": one.band,
            "bar": one.bar,
            "verdict": one.verdict.value,
            "new": one.new,
            "old": one.old,
            "again": one.again,
        }
        for one in outcome.found
    ]
    builds = {
        name: {"from": str(root / "spreadwatch"), "commit": commit_of(root)} for name, root in plan.builds.items()
    }
    return {**where, **builds, "pairs": plan.pairs, "rows": rows, "failed": outcome.failed}


def page(outcome: Outcome, plan: Plan) -> str:
    """Return the outcome as text for people."""
    few = "" if plan.pairs >= ENOUGH else f"; fewer than {ENOUGH} prove nothing"
    lines = [
        *(f"{name}: {root / 'spreadwatch'} at {commit_of(root)}" for name, root in plan.builds.items()),
        f"{plan.pairs} rounds of old, new and old again; medians; user + system of the measured process{few}",
        "A/A band: where the median of so many old ÷ old falls in 95 % of all cases",
        "",
    ]
    if outcome.found:
        lines.append(table(outcome.found))
    lines += [f"{row}: not measured: {reason}" for row, reason in outcome.failed.items()]
    return "\n".join(lines)
