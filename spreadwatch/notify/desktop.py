"""A notification of the desktop by the optional package desktop-notifier, in a process of its own.

What the package talks to (D-Bus, macOS's notification centre) may hang, and a process can be ended.
"""

import sys
import threading
from importlib.util import find_spec
from pathlib import Path

import msgspec

from spreadwatch.core.alert_json import sentence
from spreadwatch.core.alerts import Alert
from spreadwatch.notify import child
from spreadwatch.notify.way import NotToldError

_SCRIPT = Path(__file__).with_name("desktop_script.py")


class Desktop:
    """Show one notification per alert."""

    name = "desktop notification"
    at_once = 1
    waiting = 20
    skips = False

    def __init__(self, limit_s: float) -> None:
        """Give up after `limit_s` seconds."""
        self._limit_s = limit_s

    def send(self, alert: Alert, stopping: threading.Event) -> None:
        """Show it."""
        if find_spec("desktop_notifier") is None:
            raise NotToldError(
                "no desktop notification was shown: the package desktop-notifier is missing; "
                'install it with pip install "spreadwatch[notify]"'
            )
        given = msgspec.json.encode([f"{alert.symbol} · spreadwatch", sentence(alert)])
        command = (sys.executable, "-P", str(_SCRIPT))
        child.run(command, given, self._limit_s, stopping, name="the desktop's notification service")
