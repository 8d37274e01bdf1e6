"""`python -m tests.bench`: measure every figure of the section 'Speed' and print them as a table or as JSON.

Every ratio is taken within one round, in which the parties run one after the other, and the median over the
rounds is held against the bar: on a shared machine a single number means nothing. CPU times are those of
the whole process. `--seconds 1 --runs 1` is a quick look that proves nothing.
"""

import argparse
import json
import os
import platform
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from tests.bench import charting, lasting, receiving, storing, windows
from tests.bench.figures import Figure, as_json, table
from tests.bench.processes import Children, ContenderError, children
from tests.bench.receiving import Told

ROWS = ("receive", "snapshot", *windows.SCENES, "lasting", "chart", "record")


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 0 when every measured figure reaches its bar, 1 when one misses it."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--json", action="store_true", help="data instead of a table")
    parser.add_argument("--peers", metavar="PYTHON", help="an interpreter that has the other libraries")
    parser.add_argument("--only", metavar="ROW,…", default=",".join(ROWS), help=f"of {', '.join(ROWS)}")
    parser.add_argument("--seconds", type=float, default=10, help="length of a flood; scales the rest (10)")
    parser.add_argument("--runs", type=int, default=3, help="rounds (3)")
    options = parser.parse_args(arguments)
    wanted = set(options.only.split(","))
    if unknown := wanted - set(ROWS):
        parser.error(f"no such row: {', '.join(sorted(unknown))}; there are {', '.join(ROWS)}")
    if options.runs < 1 or not 0 < options.seconds <= 600:
        parser.error("--runs is at least 1, --seconds above 0 and at most 600")
    told = Told(options.seconds, options.runs, options.peers and str(Path(options.peers).absolute()))
    with children() as family:
        figures = _measure(family, told, wanted)
    print(json.dumps(_report(figures, told), indent=1) if options.json else _page(figures, told))
    return int(any(figure.passes is False for figure in figures))


def _measure(family: Children, told: Told, wanted: set[str]) -> list[Figure]:
    figures: list[Figure] = []
    steps: list[tuple[set[str], Callable[[set[str]], list[Figure]]]] = [
        (wanted & {"receive", "snapshot"}, lambda rows: receiving.measure(family, told, rows)),
        (wanted & {*windows.SCENES}, lambda rows: windows.measure(family, told, rows)),
        (wanted & {"lasting"}, lambda _: lasting.measure(family, told)),
        (wanted & {"chart"}, lambda _: charting.measure(family, told)),
        (wanted & {"record"}, lambda _: storing.measure(told)),
    ]
    for rows, measure in steps:
        if not rows:
            continue
        print(f"measuring {', '.join(row for row in ROWS if row in rows)} …", file=sys.stderr)
        try:
            figures += measure(rows)
        except ContenderError as error:
            figures.append(Figure(", ".join(sorted(rows)), "", None, [], str(error)))
    return figures


def _report(figures: list[Figure], told: Told) -> dict[str, object]:
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "system": platform.platform(),
        "cores": os.cpu_count(),
        "runs": told.runs,
        "seconds": told.seconds,
        "figures": as_json(figures),
    }


def _page(figures: list[Figure], told: Told) -> str:
    where = f"Python {platform.python_version()}, {platform.system()}, {os.cpu_count()} cores"
    how = f"{told.runs} interleaved runs of {told.seconds:g} s; the median counts; CPU of the whole process"
    return f"{where}\n{how}\n\n{table(figures)}"


if __name__ == "__main__":
    sys.exit(main())
