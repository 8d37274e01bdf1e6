"""Saves what the chart shows: a new file each time, named after symbol and time."""

import contextlib
import itertools
import time
from collections.abc import Iterable
from pathlib import Path


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
