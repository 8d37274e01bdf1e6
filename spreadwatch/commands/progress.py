"""A line on a terminal that tells how far something is; nothing anywhere else."""

import shutil
import time
from collections.abc import Callable
from typing import TextIO

_REPAINT_S = 0.1
_CELLS = 30


class ProgressBar:
    """Paint over one line, at most ten times a second. The main thread."""

    def __init__(self, out: TextIO | None, clock_s: Callable[[], float] = time.monotonic) -> None:
        """Paint to `out` if it is a terminal."""
        self._out = out if out is not None and out.isatty() else None
        self._clock_s = clock_s
        self._began_s = clock_s()
        self._painted_s = self._began_s
        self._width = 0

    def show(self, rows: int, share: float) -> None:
        """Tell that so many rows are done, which are such a share of all (0 to 1)."""
        now_s = self._clock_s()
        if self._out is None or now_s - self._painted_s < _REPAINT_S:
            return
        self._painted_s = now_s
        full = round(share * _CELLS)
        text = f"[{'#' * full}{'-' * (_CELLS - full)}] {share * 100:3.0f} %  {rows:,} rows"
        if share > 0:
            left_s = round((now_s - self._began_s) * (1 - share) / share)
            text += f"  {left_s // 60}:{left_s % 60:02} left"
        text = text[: shutil.get_terminal_size().columns - 1]  # it may not wrap
        self._out.write("\r" + text.ljust(self._width))
        self._out.flush()
        self._width = len(text)

    def clear(self) -> None:
        """Leave the line empty for what comes next."""
        if self._out is not None and self._width:
            self._out.write("\r" + " " * self._width + "\r")
            self._out.flush()
            self._width = 0
