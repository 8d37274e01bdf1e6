"""A program of the user's, which gets the evidence as JSON on standard input."""

import threading
from collections.abc import Sequence

import msgspec

from spreadwatch.core.alert_json import alert_to_json
from spreadwatch.core.alerts import Alert
from spreadwatch.notify import child


class Command:
    """Run a list of arguments, never through a shell, once per alert."""

    name = "command"
    at_once = 4
    waiting = 100
    skips = False

    def __init__(self, arguments: Sequence[str], limit_s: float) -> None:
        """End a run after `limit_s` seconds."""
        self._arguments = tuple(arguments)
        self._limit_s = limit_s

    def send(self, alert: Alert, stopping: threading.Event) -> None:
        """Run it; one line of JSON is all it gets."""
        given = msgspec.json.encode(alert_to_json(alert)) + b"\n"
        child.run(self._arguments, given, self._limit_s, stopping, name="the command for alerts")
