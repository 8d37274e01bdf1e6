"""All the ways that the settings ask for, as one."""

import time
from collections.abc import Sequence

from spreadwatch.config import Notify
from spreadwatch.core.alerts import Alert
from spreadwatch.notify.command import Command
from spreadwatch.notify.desktop import Desktop
from spreadwatch.notify.sound import Sound
from spreadwatch.notify.way import Lane, Tell, Way
from spreadwatch.notify.webhook import Connect, Webhook, connect_checked


class Notifier:
    """Hand every alert to every way. No method waits, apart from `join`."""

    def __init__(self, ways: Sequence[Way], tell: Tell) -> None:
        """Tell what fails in a sentence, from any thread."""
        self._lanes = [Lane(way, tell) for way in ways]

    def put(self, alert: Alert) -> None:
        """Send an alert on its ways. Any thread."""
        for lane in self._lanes:
            lane.put(alert)

    def stop(self) -> None:
        """Give up all that waits or is under way, programs that run included. Any thread."""
        for lane in self._lanes:
            lane.stop()

    def join(self, limit_s: float) -> bool:
        """Wait at most `limit_s` seconds for the end of all threads; tell whether they ended."""
        deadline = time.monotonic() + limit_s
        ended = [lane.join(max(deadline - time.monotonic(), 0.0)) for lane in self._lanes]
        return all(ended)


def ways(settings: Notify, connect: Connect = connect_checked, *, with_desktop: bool = True) -> list[Way]:
    """Return the ways that are switched on. `with_desktop`: False where the window itself does that (Tk 9)."""
    limit_s = settings.timeout_s
    found: list[Way] = []
    if settings.sound:
        found.append(Sound(settings.sound, limit_s))
    if settings.desktop and with_desktop:
        found.append(Desktop(limit_s))
    if settings.command:
        found.append(Command(settings.command, limit_s))
    if settings.webhook_url:
        found.append(Webhook(settings.webhook_url, limit_s, connect))
    return found
