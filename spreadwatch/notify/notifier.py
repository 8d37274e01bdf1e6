"""All the ways that the settings ask for, as one."""

import time
from collections.abc import Callable, Sequence
from decimal import Decimal

from spreadwatch.config import Notify
from spreadwatch.core.alerts import Alert, Direction, Number, Rule
from spreadwatch.core.pair_name import spot_symbol
from spreadwatch.core.quote import Instant, Quote, Side
from spreadwatch.core.source import Source
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


Maker = Callable[[Notify, Connect], Way | None]

WAYS: dict[str, Maker] = {
    "sound": lambda chosen, _: Sound(chosen.sound, chosen.timeout_s) if chosen.sound else None,
    "desktop": lambda chosen, _: Desktop(chosen.timeout_s) if chosen.desktop else None,
    "command": lambda chosen, _: Command(chosen.command, chosen.timeout_s) if chosen.command else None,
    "webhook": lambda chosen, connect: (
        Webhook(chosen.webhook_url, chosen.timeout_s, connect) if chosen.webhook_url else None
    ),
}
"""Name of a way -> how to make it of the settings, None where they do not ask for it."""


def ways(settings: Notify, connect: Connect = connect_checked, *, with_desktop: bool = True) -> list[Way]:
    """Return the ways that are switched on. `with_desktop`: False where the window itself does that (Tk 9)."""
    made = [make(settings, connect) for name, make in WAYS.items() if with_desktop or name != "desktop"]
    return [way for way in made if way is not None]


def sample(symbol: str, now: Instant, source: Source) -> Alert:
    """Return an invented alert at `now` that says it is a test, with serial 0: it proves the ways, not the market."""
    rule = Rule("TEST, not the market", symbol, Number.SPREAD, Direction.BELOW, Decimal("-1.00"), Decimal("-0.50"))
    one = Decimal(1)
    spot = Quote(Side.SPOT, spot_symbol(symbol), Decimal("99.99"), one, Decimal("100.00"), one, 1, None, now)
    futures = Quote(Side.FUTURES, symbol, Decimal("101.30"), one, Decimal("101.31"), one, 1, None, now)
    return Alert(0, rule, symbol, spot.ask - futures.bid, now, spot, futures, 0, 0, source)
