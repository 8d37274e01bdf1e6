"""Everything that can go wrong outside the program, as a tree.

A message says what was expected, what came, and what to do. The command line prints it as it is, without a
traceback, and ends with the class's `exit_code`. Anything that is not in this tree is a bug (exit code 1).

    SpreadwatchError           1
    ├── UsageError             2  arguments that do not go together
    ├── ConfigError            2  settings that are not allowed, all of them at once
    ├── CaptureError           2  a capture file that cannot be read
    ├── StorageError           2  a recording that cannot be opened, written or read now (storage)
    │   └── Refusal            2  a store that is not ours to write: another's, newer, or being written (storage)
    ├── ServeError             2  a service that may not be offered so, or a port that is taken (api)
    ├── NoDisplayError         3  no tkinter, or no screen to open a window on
    ├── UnreachableError       4  the exchange does not answer
    ├── RegionError            5  the exchange answers, and refuses this region (HTTP 451)
    ├── UnavailableError       1  a question over HTTP that cannot be answered as things are (api)
    ├── UnansweredError        1  a question that the recording did not answer in time (api)
    ├── UnknownError           1  a question over HTTP about a pair that is not watched (api)
    └── NotToldError           1  an alert that a way of telling did not get out (notify)
        └── StoppedError       1  one that was given up because the program ends (notify)

What never ends the program is told where it happens: to who asked over HTTP, in the window, in the log.
"""

from collections.abc import Iterable
from typing import ClassVar

INTERRUPTED = 130
"""The exit code of Ctrl-C: that of a program which a signal 2 ended, as shells count it."""


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
