"""A sound file, played by whatever this system plays sounds with."""

import shutil
import sys
import threading
import time

from spreadwatch.core.alerts import Alert
from spreadwatch.notify import child
from spreadwatch.notify.way import NotToldError, StoppedError

_PLAYERS = (
    ("afplay",),
    ("pw-play",),
    ("paplay",),
    ("aplay", "-q"),
    ("ffplay", "-nodisp", "-autoexit", "-loglevel", "quiet"),
    ("play", "-q"),
)


class Sound:
    """Play a file. While it plays, alerts do not pile up behind it."""

    name = "sound"
    at_once = 1
    waiting = 1
    skips = True

    def __init__(self, path: str, limit_s: float) -> None:
        """Cut it after `limit_s` seconds."""
        self._path = path
        self._limit_s = limit_s

    def send(self, alert: Alert, stopping: threading.Event) -> None:
        """Play it by the first player that can."""
        if sys.platform == "win32":
            self._play_on_windows()
            return
        players = [(found, *rest) for name, *rest in _PLAYERS if (found := shutil.which(name))]
        if not players:
            names = ", ".join(name for name, *_ in _PLAYERS)
            raise NotToldError(f"no sound was played: none of {names} is installed; install one of them")
        deadline = time.monotonic() + self._limit_s
        for number, player in enumerate(players, start=1):
            left_s = max(deadline - time.monotonic(), 0.0)
            try:
                child.run((*player, self._path), b"", left_s, stopping, name=f"the sound player {player[0]}")
            except StoppedError:
                raise
            except NotToldError:
                if number == len(players) or time.monotonic() >= deadline:
                    raise
            else:
                return

    def _play_on_windows(self) -> None:
        if sys.platform == "win32":
            import winsound

            try:
                winsound.PlaySound(self._path, winsound.SND_FILENAME | winsound.SND_ASYNC | winsound.SND_NODEFAULT)
            except RuntimeError:
                raise NotToldError("no sound was played: Windows plays .wav files only") from None
