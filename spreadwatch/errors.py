"""Everything that can go wrong outside the program, as a tree.

A message says what was expected, what came, and what to do. The command line prints it as it is, without a
traceback, and ends with the class's `exit_code`. Anything that is not in this tree is a bug (exit code 1).

    SpreadwatchError
    ├── UsageError          2  arguments that do not go together
    ├── ConfigError         2  settings that are not allowed, all of them at once
    ├── CaptureError        2  a capture file that cannot be read
    ├── NoDisplayError      3  no tkinter, or no screen to open a window on
    ├── UnreachableError    4  the exchange does not answer
    └── RegionError         5  the exchange answers, and refuses this region (HTTP 451)
"""

from collections.abc import Iterable
from typing import ClassVar


class SpreadwatchError(Exception):
    """A failure of the outside world. Catch this one to catch them all."""

    exit_code: ClassVar[int] = 1


class UsageError(SpreadwatchError):
    """The command line asks for something that does not exist or does not go together."""

    exit_code = 2


class ConfigError(SpreadwatchError):
    """Settings that are not allowed. `faults` holds a sentence for each; `str()` lists them, one per line."""

    exit_code = 2

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults: tuple[str, ...] = tuple(faults)
        super().__init__(self.faults)

    def __str__(self) -> str:
        return "\n".join(self.faults)


class CaptureError(SpreadwatchError):
    """A capture that cannot be replayed: missing, not readable, or not JSON Lines of frames."""

    exit_code = 2


class NoDisplayError(SpreadwatchError):
    """No window is possible here: Python has no tkinter, or there is no display."""

    exit_code = 3


class UnreachableError(SpreadwatchError):
    """The exchange cannot be reached: name lookup, connection, TLS or handshake failed, or nothing came."""

    exit_code = 4


class RegionError(SpreadwatchError):
    """The exchange refuses connections from this region (HTTP 451). Trying again does not help."""

    exit_code = 5
