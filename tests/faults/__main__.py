"""`python -m tests.faults [--long] [--seed N] [-k EXPR]`: run the fault suite and print its figures.

Needs neither root nor internet, takes at most 10 minutes (the long run: 40), as two processes. The exit code is not
0 when a test failed or a figure was missed.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.faults import figures

ROOT = Path(__file__).resolve().parents[2]
_FOLDER = Path(__file__).parent
_WAITING = ("attempts", "handshake_faults", "name_faults", "outage", "replacement", "replacement_mutants", "tls_faults")
_LIMIT_S, _LONG_LIMIT_S = 600.0, 2400.0


def main() -> int:
    """Return 0 when every test passed and every figure was kept."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--long", action="store_true", help="the soak of 10 minutes and every other long part too")
    parser.add_argument("--seed", type=int, help="repeat the random parts of a run")
    parser.add_argument("-k", metavar="EXPR", help="only the tests that match, as in pytest")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "figures.jsonl"
        path.touch()
        passed = _run_pytest(path, arguments)
        measured = figures.merge(path.read_text(encoding="utf-8").splitlines())
    print()
    print(figures.table(measured))
    missed = [one for one in measured if not one.kept]
    if missed:
        print(f"{len(missed)} of {len(measured)} figures missed")
    return 0 if passed and not missed else 1


def _run_pytest(path: Path, arguments: argparse.Namespace) -> bool:
    """Run all tests, those that mostly wait in a process of their own.

    It runs beside the others, or before them in the long run, whose 50,000 episodes leave no core to share.
    """
    environment = {**os.environ, figures.VARIABLE: str(path)}
    if arguments.long:
        environment[figures.LONG_VARIABLE] = "1"
    if arguments.seed is not None:
        environment[figures.SEED_VARIABLE] = str(arguments.seed)
    command = [sys.executable, "-m", "pytest", "--durations=10"]
    if arguments.k:
        command += ["-k", arguments.k]
    waiting = [str(_FOLDER / f"test_{name}.py") for name in _WAITING]
    others = [str(_FOLDER), *(f"--ignore={one}" for one in waiting)]
    limit_s = _LONG_LIMIT_S if arguments.long else _LIMIT_S
    with tempfile.TemporaryFile("w+", encoding="utf-8") as output:
        beside = subprocess.Popen([*command, *waiting], cwd=ROOT, env=environment, stdout=output, stderr=output)
        try:
            if arguments.long:
                beside.wait(limit_s)
            first = subprocess.run([*command, *others], cwd=ROOT, env=environment, timeout=limit_s, check=False)
            codes = first.returncode, beside.wait(limit_s)
        except subprocess.TimeoutExpired:
            print(f"the suite took more than {limit_s:g} s")
            return False
        finally:
            beside.kill()
            beside.wait()
            output.seek(0)
            print(output.read())
    ran = [code for code in codes if code != pytest.ExitCode.NO_TESTS_COLLECTED]
    return bool(ran) and not any(ran)


if __name__ == "__main__":
    sys.exit(main())
