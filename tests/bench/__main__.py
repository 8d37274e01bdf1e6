"""`python -m tests.bench`: measure every figure of speed and print them as a table or as JSON.

`--against CHECKOUT` compares this checkout with another one instead: see pairs.py for what its ratios mean.

Every ratio is taken within one round, in which the parties run one after the other, and the median over the
rounds is held against the bar: on a shared machine a single number means nothing. CPU times are user + system
of the whole process. `--seconds 1 --runs 1` is a quick look that proves nothing.
"""

import argparse
import json
import os
import platform
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from tests.bench import against, charting, lasting, receiving, storing, windows
from tests.bench.figures import Figure, as_json, table
from tests.bench.processes import ROOT, Children, ContenderError, children, display
from tests.bench.receiving import Told
from tests.bench.rows import ROWS, Stage

FIGURES = ("receive", "snapshot", *windows.SCENES, "lasting", "chart", "record")
_SECONDS, _LAP_S = 10.0, 0.5
_BAR = 1.02


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 0 when every measured figure reaches its bar, 1 when one misses it."""
    parser = _parser()
    options = parser.parse_args(arguments)
    known = tuple(ROWS) if options.against else FIGURES
    wanted = [row for words in options.only or known for row in words.split(",")]
    if unknown := set(wanted) - set(known):
        parser.error(f"no such row: {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    seconds = options.seconds or (_LAP_S if options.against else _SECONDS)
    if min(options.runs, options.pairs) < 1 or not 0 < seconds <= 600:
        parser.error("--runs and --pairs are at least 1, --seconds above 0 and at most 600")
    if options.against is None:
        return _figures(options, wanted, seconds)
    try:
        plan = _plan(options, wanted)
    except ValueError as error:
        parser.error(str(error))
    return _compare(options, plan, seconds)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--json", action="store_true", help="data instead of a table")
    parser.add_argument("--only", metavar="ROW", nargs="+", action="extend", help=f"of {', '.join(FIGURES)}")
    parser.add_argument("--seconds", type=float, help="length of a flood (10), or of its laps against another (0.5)")
    parser.add_argument("--peers", metavar="PYTHON", help="an interpreter that has the other libraries")
    parser.add_argument("--runs", type=int, default=3, help="rounds (3)")
    other = parser.add_argument_group("against another checkout", f"rows: {', '.join(ROWS)}")
    other.add_argument("--against", metavar="CHECKOUT", type=Path, help="a clone of this repository at another commit")
    other.add_argument("--build", metavar="CHECKOUT", type=Path, default=ROOT, help="in place of this one as the new")
    other.add_argument("--pairs", type=int, default=against.ENOUGH, help="rounds of old, new and old again (15)")
    other.add_argument("--bar", metavar="[ROW=]X", action="append", default=[], help="largest new ÷ old (1.02)")
    other.add_argument("--capture", metavar="FILE", type=Path, help="quotes of BTCUSDT, in place of our own")
    return parser


def _plan(options: argparse.Namespace, wanted: list[str]) -> against.Plan:
    """Check what is to be compared. Raises ValueError with a sentence."""
    builds = options.build.resolve(), options.against.resolve()
    for root in builds:
        if not (root / "spreadwatch" / "__init__.py").is_file():
            raise ValueError(f"a clone of this repository is needed; there is no spreadwatch/ in {root}")
    if options.capture is not None and not options.capture.is_file():
        raise ValueError(f"there is no file {options.capture}")
    bars = {"": _BAR}
    for word in options.bar:
        row, _, bar = word.rpartition("=")
        if row not in ("", *ROWS) or not bar.replace(".", "", 1).isdecimal():
            raise ValueError(f"--bar takes a number, or one for a row as in idle=0.45; this is {word!r}")
        bars[row] = float(bar)
    return against.Plan(*builds, wanted, options.pairs, bars)


def _compare(options: argparse.Namespace, plan: against.Plan, seconds: float) -> int:
    with children() as family, display() as screen:
        outcome = against.measure(Stage(family, screen, seconds, options.capture), plan)
    where = {**_where(), "seconds": seconds}
    print(json.dumps(against.report(outcome, plan, where), indent=1) if options.json else against.page(outcome, plan))
    return int(not outcome.holds)


def _figures(options: argparse.Namespace, wanted: Sequence[str], seconds: float) -> int:
    told = Told(seconds, options.runs, options.peers and str(Path(options.peers).absolute()))
    with children() as family:
        figures = _measure(family, told, set(wanted))
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
        print(f"measuring {', '.join(row for row in FIGURES if row in rows)} …", file=sys.stderr)
        try:
            figures += measure(rows)
        except ContenderError as error:
            figures.append(Figure(", ".join(sorted(rows)), "", None, [], str(error)))
    return figures


def _where() -> dict[str, object]:
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "system": platform.platform(),
        "cores": os.cpu_count(),
    }


def _report(figures: list[Figure], told: Told) -> dict[str, object]:
    return {**_where(), "runs": told.runs, "seconds": told.seconds, "figures": as_json(figures)}


def _page(figures: list[Figure], told: Told) -> str:
    where = f"Python {platform.python_version()}, {platform.system()}, {os.cpu_count()} cores"
    how = f"{told.runs} interleaved runs of {told.seconds:g} s; the median counts; CPU of the whole process"
    return f"{where}\n{how}\n\n{table(figures)}"


if __name__ == "__main__":
    sys.exit(main())
