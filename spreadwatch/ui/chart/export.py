"""A stretch of the spread as CSV, exact decimals, times in UTC; and the file it is saved to, a new one each time."""

import contextlib
import itertools
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from spreadwatch.core.numbers import exact
from spreadwatch.core.series import Series
from spreadwatch.core.times import iso

_SIDES = ("open", "high", "high_at_ms", "low", "low_at_ms", "close")
HEADER = ",".join(
    ["time_utc", "from_ms", "to_ms", "samples", "after_gap"]
    + [f"{name}_{side}" for name in ("spread", "reverse") for side in _SIDES]
)


def lines(series: Series, from_ms: int, to_ms: int, wall_offset_ms: int, places: int) -> Iterator[str]:
    """Yield the header and a line per bar of an interval, each ended by CRLF. Times of the series + offset = Unix ms.

    The bars are the finest that are kept. `after_gap` is 1 when just before the bar there was no live spread.
    """
    yield HEADER + "\r\n"
    for bar in series.bars(from_ms, to_ms):
        fields = [
            iso(bar.open_ms + wall_offset_ms, "milliseconds"),
            str(bar.open_ms + wall_offset_ms),
            str(bar.close_ms + wall_offset_ms),
            str(bar.samples),
            "1" if bar.begins else "0",
        ]
        for side in (bar.entry, bar.reverse):
            fields += [
                exact(side.open, places),
                exact(side.high, places),
                str(side.high_ms + wall_offset_ms),
                exact(side.low, places),
                str(side.low_ms + wall_offset_ms),
                exact(side.close, places),
            ]
        yield ",".join(fields) + "\r\n"


def save(folder: Path, symbol: str, at_ms: int, lines: Iterable[str]) -> Path:
    """Write lines that carry their ends to a file of `folder` that was not there before; return its path.

    `at_ms`: Unix ms, in UTC a part of the name. Raises OSError; then nothing is left behind.
    """
    folder.mkdir(parents=True, exist_ok=True)
    name = f"spread-{symbol}-{time.strftime('%Y%m%d-%H%M%S', time.gmtime(at_ms / 1_000))}"
    for number in itertools.count(1):
        path = folder / (f"{name}.csv" if number == 1 else f"{name}-{number}.csv")
        with contextlib.suppress(FileExistsError), path.open("x", encoding="utf-8", newline="") as file:
            try:
                file.writelines(lines)
            except OSError:
                path.unlink(missing_ok=True)
                raise
            return path
    raise AssertionError
