"""`python -m tests.faults.victim [--mutant NAME] [--eager] ARGUMENTS…`: the program as a process, or a mutant of it.

With --eager its budget of attempts to connect is lifted, so that a fault can strike it often. Whenever its main
loop began a turn more than 20 ms after the one before, a line on stderr says when (monotonic) and how long it was.
"""

import argparse
import contextlib
import sys
import time
from unittest import mock

from spreadwatch import cli
from spreadwatch.core.snapshot import Snapshot
from spreadwatch.feed.policy import Attempts
from spreadwatch.run.inbox import Pump
from tests.faults.mutants import MUTANTS

STALL = "the main loop stood still:"
_TOLD_S = 0.020


def main() -> int:
    """Return the program's exit code."""
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--mutant")
    parser.add_argument("--eager", action="store_true")
    own, rest = parser.parse_known_args()
    if own.eager:
        Attempts.__init__.__defaults__ = (10**9, 0.001)
    with _stalls_told(), MUTANTS[own.mutant]() if own.mutant else contextlib.nullcontext():
        return cli.main(rest)


def _stalls_told() -> contextlib.AbstractContextManager[object]:
    turn, before_s = Pump.turn, time.monotonic()

    def timed(self: Pump) -> Snapshot:
        nonlocal before_s
        now_s = time.monotonic()
        if now_s - before_s > _TOLD_S:
            sys.stderr.write(f"{STALL} {now_s:.3f} {(now_s - before_s) * 1000:.0f}\n")
        before_s = now_s
        return turn(self)

    return mock.patch.object(Pump, "turn", timed)


if __name__ == "__main__":
    sys.exit(main())
