"""`python -m tests.faults.victim [--mutant NAME] [--eager] ARGUMENTS…`: the program as a process, or a mutant of it.

With --eager its budget of attempts to connect is lifted, so that a fault can strike it often.
"""

import argparse
import contextlib
import sys

from spreadwatch import cli
from spreadwatch.feed.backoff import Attempts
from tests.faults.mutants import MUTANTS


def main() -> int:
    """Return the program's exit code."""
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--mutant")
    parser.add_argument("--eager", action="store_true")
    own, rest = parser.parse_known_args()
    if own.eager:
        Attempts.__init__.__defaults__ = (10**9, 0.001)
    with MUTANTS[own.mutant]() if own.mutant else contextlib.nullcontext():
        return cli.main(rest)


if __name__ == "__main__":
    sys.exit(main())
