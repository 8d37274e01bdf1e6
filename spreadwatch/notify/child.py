"""Run a program with a limit: fed on standard input, its output thrown away, killed with all that it started."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence

from spreadwatch.notify.way import NotToldError, StoppedError

_LOOK_S = 0.02
_GRACE_S = 0.2


def run(
    arguments: Sequence[str], given: bytes, limit_s: float, stopping: threading.Event, *, name: str, accept: int = 0
) -> None:
    """Run a program to its end; `name` is how a sentence calls it.

    Raises NotToldError when it cannot be started, ends with another code than `accept`, or takes longer than
    `limit_s` seconds, StoppedError when `stopping` was set before it ended. It is dead then.
    """
    try:
        process = subprocess.Popen(  # noqa: S603  the user's own program, without a shell
            arguments,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except OSError as error:
        raise NotToldError(f"{name} cannot be started ({error.strerror or type(error).__name__})") from None
    deadline = time.monotonic() + limit_s
    try:
        with contextlib.suppress(OSError):  # it need not read
            _feed(process, given)
        while process.poll() is None:
            if stopping.wait(_LOOK_S):
                raise StoppedError
            if time.monotonic() > deadline:
                raise NotToldError(f"{name} was still running after {limit_s:.3g} s and was ended")
    finally:
        _end(process)
    if process.returncode != accept:
        raise NotToldError(f"{name} ended with code {process.returncode}; run it by hand to see why")


def _feed(process: "subprocess.Popen[bytes]", given: bytes) -> None:
    """Write what fits into a pipe without a reader, so this never waits."""
    assert process.stdin is not None  # noqa: S101
    try:
        os.write(process.stdin.fileno(), given)
    finally:
        process.stdin.close()


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Ask a program that still runs to end, then make it."""
    if process.poll() is not None:
        return
    _signal(process, hard=False)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(_GRACE_S)
    _signal(process, hard=True)  # also what it started and left behind
    with contextlib.suppress(subprocess.TimeoutExpired):  # a dead disk can keep even a killed one
        process.wait(_GRACE_S)


def _signal(process: "subprocess.Popen[bytes]", *, hard: bool) -> None:
    if sys.platform == "win32":
        process.kill()
    else:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL if hard else signal.SIGTERM)
