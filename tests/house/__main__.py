"""`python -m tests.house`: measure how the package is laid out, hold it against the bars, list what fails.

The figures, and how each is counted, are those of bars.py, shape.py, handing.py and way.py. `--list NAME` shows
all that a figure is made of, whether or not it holds. Needs Xvfb for the way of a quote.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence

from tests.house.bars import BARS, TABLES, Bar
from tests.house.handing import Handing
from tests.house.shape import Figure, House
from tests.house.source import PACKAGE

_WAY_S = 60


def way() -> dict[str, Figure]:
    """Trace a quote in the running program. Raises AssertionError with what it said where it never came through."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.house.way"],
        cwd=PACKAGE.parent,
        capture_output=True,
        text=True,
        timeout=_WAY_S,
        check=False,
    )
    if done.returncode:
        raise AssertionError(f"the quote did not come through: {done.stdout}{done.stderr}")
    entered = json.loads(done.stdout.splitlines()[-1])
    rooms = dict.fromkeys(name.removesuffix(".py").split("/")[0] for name in entered)
    lines = [f"{name}: {why}" for name, why in entered.items()]
    return {"rooms": Figure(len(rooms), tuple(rooms)), "way": Figure(len(lines), tuple(lines))}


def measure(wanted: Sequence[str]) -> dict[str, Figure]:
    """Return the figures wanted, by their names in BARS."""
    house = House(PACKAGE, TABLES)
    figures = {**house.figures(), "handing": Handing(house).figure()}
    if {"rooms", "way"} & set(wanted):
        figures |= way()
    return {name: figures[name] for name in wanted}


def holds(figure: Figure, bar: Bar) -> bool:
    """Tell whether a figure is at or under its bar."""
    return figure.value <= bar.most


def page(figures: dict[str, Figure], listed: Sequence[str] = ()) -> str:
    """Return the table, and below it what makes each figure that fails, or that is to be listed."""
    rows, lists = [f"{'':<72}{'now':>8}{'':<3}{'at most':>8}"], []
    for name, figure in figures.items():
        bar = BARS[name]
        told = "holds" if holds(figure, bar) else "FAILS"
        rows.append(f"{name:<10}{bar.title:<62}{figure.value:>8g}{bar.unit:<3}{bar.most:>8g}{bar.unit:<3}{told}")
        if figure.lines and (name in listed or not holds(figure, bar)):
            lists.append("\n".join([f"\n{name}: {bar.title}", *(f"  {line}" for line in figure.lines)]))
    return "\n".join([*rows, *lists])


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 0 when every figure holds, else 1."""
    parser = argparse.ArgumentParser(prog="python -m tests.house", description=__doc__)
    parser.add_argument("--only", metavar="NAME,…", default=",".join(BARS), help=f"of {', '.join(BARS)}")
    parser.add_argument("--list", metavar="NAME,…", default="", help="show all that these are made of")
    options = parser.parse_args(arguments)
    wanted, listed = options.only.split(","), [name for name in options.list.split(",") if name]
    if unknown := {*wanted, *listed} - set(BARS):
        parser.error(f"no such figure: {', '.join(sorted(unknown))}; there are {', '.join(BARS)}")
    figures = measure(wanted)
    print(page(figures, listed))
    return int(not all(holds(figure, BARS[name]) for name, figure in figures.items()))


if __name__ == "__main__":
    sys.exit(main())
