"""Alerts on their way out of the program, and the rules that a person adds and removes while it runs."""

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from spreadwatch.config import Config, rule_from_texts
from spreadwatch.core.alert_json import sentence
from spreadwatch.core.alerts import Alert, Rule
from spreadwatch.core.events import Fault
from spreadwatch.core.snapshot import Snapshot
from spreadwatch.feed import clock
from spreadwatch.run.session import Session

if TYPE_CHECKING:
    from spreadwatch.notify.notifier import Notifier

_STOP_S = 1.0

log = logging.getLogger(__name__)


class Alarms:
    """The alerts of one session. Everything but `stop` belongs to the thread of its pump, and returns at once.

    Call `open` when what it loads, which speaks to the network, delays nobody: after the window is shown.
    """

    def __init__(self, session: Session, tell: Callable[[str], object] | None = None) -> None:
        """Give each alert's sentence to `tell`, such as the terminal's; what fails on a way is a fault in the inbox."""
        self._session = session
        self._tell = tell
        self._notifier: Notifier | None = None
        self._serial = 0

    def open(self, *, with_desktop: bool = True) -> None:
        """Make the ways that the settings ask for. `with_desktop`: False where the window itself notifies the desktop.

        Raises ConfigError for a ca_file without a certificate.
        """
        chosen = self._session.settings.notify
        if chosen.sound or chosen.desktop or chosen.command or chosen.webhook_url:
            self._notifier = _notifier(self._session, with_desktop=with_desktop)

    def turn(self) -> Snapshot:
        """Take what arrived, send the alerts that are new, and return the snapshot of this moment."""
        snapshot = self._session.turn()
        alerts = snapshot.alerts
        if alerts and alerts[-1].serial > self._serial:
            for alert in alerts:
                if alert.serial > self._serial:
                    self._send(alert)
            self._serial = alerts[-1].serial
        return snapshot

    def test(self, symbol: str) -> Alert:
        """Send an invented alert on every way, and return it."""
        from spreadwatch.notify.sample import sample

        alert = sample(symbol, clock.now())
        self._send(alert)
        return alert

    def _send(self, alert: Alert) -> None:
        log.info("alert %s", sentence(alert))
        if self._tell is not None:
            self._tell(sentence(alert))
        if self._notifier is not None:
            self._notifier.put(alert)

    def stop(self) -> None:
        """Give up what is under way; wait a second at most. Any thread."""
        if self._notifier is not None:
            self._notifier.stop()
            if not self._notifier.join(_STOP_S):
                log.info("a way of an alert did not end in time and is left behind")

    # ----- the rules

    def rules(self) -> tuple[Rule, ...]:
        """Return the rules in force."""
        return self._session.market.alerts.rules

    def add(self, texts: Mapping[str, str]) -> str | None:
        """Watch one more rule, given as texts by the names of its fields; a sentence says why not."""
        rule = rule_from_texts(texts)
        if isinstance(rule, str):
            return rule
        if any(other.name == rule.name for other in self.rules()):
            return f'Another rule has the name "{rule.name}": give this one a name of its own.'
        if rule.symbol is not None and rule.symbol not in self._session.symbols:
            return f'{rule.symbol} is not watched: watch it first, or write "all".'
        self._session.market.alerts.add(rule)
        return None

    def remove(self, rule: Rule) -> str | None:
        """Watch a rule no longer; a sentence says why not."""
        try:
            self._session.market.alerts.remove(rule)
        except ValueError:
            return f'There is no rule "{rule.name}" any more.'
        return None


def _notifier(session: Session, *, with_desktop: bool) -> "Notifier":
    import http.client

    from spreadwatch.feed.dial import tls_context
    from spreadwatch.notify.notifier import Notifier, ways

    settings: Config = session.settings
    ca_file = settings.feed.ca_file
    context = tls_context(Path(ca_file) if ca_file else None)

    def connect(host: str, port: int, timeout_s: float) -> http.client.HTTPSConnection:
        return http.client.HTTPSConnection(host, port, timeout=timeout_s, context=context)

    found = ways(settings.notify, connect, with_desktop=with_desktop)
    return Notifier(found, lambda words: session.inbox.put(Fault(words)))
