"""Run a module of one checkout, with nothing of another, at a clock that the comparison sets.

    python launch.py ROOT CLOCK MODULE [ARGUMENT]...

ROOT holds the packages `spreadwatch` and `tests` that are to run; it is an error when others come. CLOCK is a file
of eight bytes, Unix nanoseconds, read anew each time: it is the wall clock and the monotonic clock by which the
program stamps what it receives. What waits, and how long, goes by the machine's own clocks.
"""

import importlib
import mmap
import os
import runpy
import sys
import time
from pathlib import Path

FOREIGN = 99
"""The exit code when a package came from elsewhere."""


def _set_clock(path: str) -> None:
    with open(path, "rb") as file:  # noqa: PTH123 - mapped for as long as the process lives
        shared = mmap.mmap(file.fileno(), 8, prot=mmap.PROT_READ)

    def now_ns() -> int:
        return int.from_bytes(shared[:8], "little")

    time.time_ns = now_ns
    time.monotonic_ns = now_ns


def main() -> None:
    """Check where the packages are from, then become the module."""
    root, clock, module, *arguments = sys.argv[1:]
    sys.path[0] = root
    os.environ["PYTHONPATH"] = root  # for the processes that it starts
    for name in dict.fromkeys(("spreadwatch", module.partition(".")[0])):
        found = importlib.import_module(name).__file__ or ""
        if not Path(found).is_relative_to(root):
            sys.stderr.write(f"{name} is from {found}, not from {root}\n")
            sys.exit(FOREIGN)
    _set_clock(clock)
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
