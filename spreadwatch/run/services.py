"""What goes on beside a session: alerts on their way out, the recording, the web page. The same for every front.

Each loads its modules when it is wanted: what they import, which speaks to the network and to databases, delays
no window.
"""

import logging
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import structs

from spreadwatch.config import rule_from_texts
from spreadwatch.core.alert_json import sentence
from spreadwatch.core.alerts import Alert, Rule
from spreadwatch.core.events import Fault
from spreadwatch.core.snapshot import Snapshot
from spreadwatch.core.source import Source
from spreadwatch.errors import SpreadwatchError, UsageError
from spreadwatch.feed import clock
from spreadwatch.run.session import Session
from spreadwatch.worker import Worker

if TYPE_CHECKING:
    from spreadwatch.notify.notifier import Notifier
    from spreadwatch.run.recording import Recording
    from spreadwatch.storage.history import History
    from spreadwatch.storage.recorder import RecorderStatus

_STOP_S = 1.0

log = logging.getLogger(__name__)


class Services:
    """The services of one session. The main thread; every method but the `begin_`s and `close` returns at once."""

    def __init__(self, session: Session, tell: Callable[[str], object] | None = None) -> None:
        """Give each alert's sentence to `tell`, such as the terminal's; what fails later is a fault in the inbox."""
        self._session = session
        self._tell = tell
        self._notifier: Notifier | None = None
        self._serial = 0
        self._recording: Recording | None = None
        self._serving: Serving | None = None
        session.watchers.append(self._watch)

    # ----- life

    def open(self, *, with_desktop: bool = True) -> None:
        """Make the ways out that the settings ask for. `with_desktop`: False where the window notifies the desktop.

        Raises ConfigError for a ca_file without a certificate.
        """
        if self._session.settings.notify.leaves_program:
            self._notifier = _notifier(self._session, with_desktop=with_desktop)

    def close(self) -> "RecorderStatus | None":
        """End all of them, in seconds at most; return what was recorded, None where nothing was."""
        serving, self._serving = self._serving, None
        if serving is not None:
            serving.stop()
        recording, self._recording = self._recording, None
        status = recording.end() if recording is not None else None
        if self._notifier is not None:
            self._notifier.stop()
            if not self._notifier.join(_STOP_S):
                log.info("a way of an alert did not end in time and is left behind")
        return status

    # ----- alerts

    def rules(self) -> tuple[Rule, ...]:
        """Return the rules in force."""
        return self._session.market.alerts.rules

    def add_rule(self, texts: Mapping[str, str]) -> str | None:
        """Watch one more rule, given as texts by the names of its fields; a sentence says why not."""
        rule = rule_from_texts(texts)
        if isinstance(rule, str):
            return rule
        if any(other.name == rule.name for other in self.rules()):
            return f'Another rule has the name "{rule.name}": give this one a name of its own.'
        if rule.symbol is not None:
            rule = structs.replace(rule, symbol=self._session.key_of(rule.symbol))
            if rule.symbol not in self._session.symbols:
                return f'{rule.symbol} is not watched: watch it first, or write "all".'
        self._session.market.alerts.add(rule)
        return None

    def remove_rule(self, rule: Rule) -> str | None:
        """Watch a rule no longer; a sentence says why not."""
        try:
            self._session.market.alerts.remove(rule)
        except ValueError:
            return f'There is no rule "{rule.name}" any more.'
        return None

    def test_alert(self, symbol: str) -> Alert:
        """Send an invented alert on every way, also where quotes are not live, and return it."""
        from spreadwatch.notify.notifier import sample

        alert = sample(symbol, clock.now(), self._session.source)
        self._say(alert)
        if self._notifier is not None:
            self._notifier.put(alert)
        return alert

    def _watch(self, snapshot: Snapshot) -> None:
        """Send the alerts that are new."""
        alerts = snapshot.alerts
        if alerts and alerts[-1].serial > self._serial:
            for alert in alerts:
                if alert.serial > self._serial:
                    self._send(alert)
            self._serial = alerts[-1].serial

    def _send(self, alert: Alert) -> None:
        """Tell an alert here, and elsewhere if its quotes are live: others would act upon a demo or a replay."""
        self._say(alert)
        if self._notifier is not None and self._session.source is Source.LIVE:
            self._notifier.put(alert)

    def _say(self, alert: Alert) -> None:
        log.info("alert %s", sentence(alert))
        if self._tell is not None:
            self._tell(sentence(alert))

    # ----- recording and web page

    def begin_recording(self) -> str:
        """Switch the recording on; return a few words. Raises StorageError when it is refused."""
        from spreadwatch.run.recording import Recording, where

        recording = Recording(self._session.settings, clock.now, self._session.sink)
        recording.begin(self._session)
        self._session.taps.append(recording.tap)
        self._recording = recording
        return f"recording to {where(self._session.settings, self._session.badge)}"

    def recording_ready(self, limit_s: float) -> None:
        """Wait until the recording, if it is on, is open. Raises StorageError when it cannot be."""
        if self._recording is not None:
            self._recording.ready(limit_s)

    def recorder_status(self) -> "RecorderStatus | None":
        """Return what the recorder does, None while it is off."""
        return self._recording.status() if self._recording is not None else None

    def begin_serving(self) -> str:
        """Switch the web page on; return a few words. Raises UsageError or ServeError when it cannot be offered."""
        serving = Serving(self._session)
        serving.start()
        self._serving = serving
        return f"web page at {serving.url}"

    @property
    def url(self) -> str | None:
        """The address of the web page, None while it is off."""
        return self._serving.url if self._serving is not None else None

    # ----- what a window can switch

    def switch_on_as_set(self) -> None:
        """Switch on what the settings ask for; what does not go is a fault in the inbox."""
        settings = self._session.settings
        for wanted, name in ((settings.record.enabled, "record"), (settings.serve.enabled, "serve")):
            if wanted:
                self.switch(name)

    def is_on(self, name: str) -> bool:
        """Tell whether "record" or "serve" is on."""
        return (self._recording if name == "record" else self._serving) is not None

    def switch(self, name: str) -> str:
        """Turn "record" or "serve" on or off; say what came of it."""
        if self.is_on(name):
            return self._end_recording() if name == "record" else self._end_serving()
        try:
            return self.begin_recording() if name == "record" else self.begin_serving()
        except SpreadwatchError as error:
            self._session.sink(Fault(str(error)))
            return "it could not be switched on"

    def recording_words(self) -> str:
        """Return what the recorder does in a few words, empty while it is off."""
        status = self.recorder_status()
        if status is None:
            return ""
        return f"● REC {status.stored:,}" if status.well else "● REC waits"

    def _end_recording(self) -> str:
        recording, self._recording = self._recording, None
        if recording is not None:
            self._session.taps.remove(recording.tap)
            # A database that does not answer may take seconds.
            Worker("recorder-end", recording.end).start()
        return "recording ended"

    def _end_serving(self) -> str:
        serving, self._serving = self._serving, None
        if serving is not None:
            serving.stop()
        return "the web page is off"


def _notifier(session: Session, *, with_desktop: bool) -> "Notifier":
    import http.client

    from spreadwatch.feed.dial import tls_context
    from spreadwatch.notify.notifier import Notifier, ways

    ca_file = session.settings.feed.ca_file
    context = tls_context(Path(ca_file) if ca_file else None)

    def connect(host: str, port: int, timeout_s: float) -> http.client.HTTPSConnection:
        return http.client.HTTPSConnection(host, port, timeout=timeout_s, context=context)

    found = ways(session.settings.notify, connect, with_desktop=with_desktop)
    return Notifier(found, lambda words: session.inbox.put(Fault(words)))


class SessionView:
    """What a session watches. Any thread."""

    def __init__(self, session: Session) -> None:
        """Read the newest snapshot of `session`."""
        self._session = session

    def latest(self) -> Snapshot | None:
        """Return the newest snapshot, None before the first."""
        return self._session.latest

    def health(self) -> str | None:
        """Return the program's own faults in words, None without any."""
        snapshot = self._session.latest
        return " ".join(snapshot.faults) or None if snapshot else None


class Serving:
    """The service of a session, from `start` to `stop`."""

    def __init__(self, session: Session) -> None:
        """Raise ServeError for what may not be offered, UsageError where packages are missing."""
        try:
            from spreadwatch.api.server import Server
            from spreadwatch.api.settings import ServeSettings
        except ModuleNotFoundError as error:
            raise UsageError(f"the service needs more packages ({error}): pip install 'spreadwatch[api]'") from error
        from spreadwatch.run.recording import place_of

        serve = session.settings.serve
        record = session.settings.record
        place = place_of(session.settings, session.badge)
        has_recording = record.enabled or bool(place.dsn) or place.path.is_file()
        self._session = session
        self._lock = threading.Lock()
        self._history: History | None = None
        # To name another address is the explicit wish; without a token it is refused all the same.
        settings = ServeSettings(
            host=serve.address, port=serve.port, exposed=True, token=serve.token or None, usual=session.usual
        )
        self._server = Server(settings, self._opened if has_recording else None, SessionView(session))
        session.show_all()

    @property
    def url(self) -> str:
        """The address of its page."""
        return self._server.url

    def start(self) -> None:
        """Begin, and return once it listens. Raises ServeError, for one when the port is taken."""
        self._server.start()

    def stop(self) -> None:
        """End it, within a second."""
        self._server.stop()
        if not self._server.join(_STOP_S):
            log.info("the service did not end in time and is left behind")
        with self._lock:
            if self._history is not None:
                self._history.close()
                self._history = None

    def _opened(self) -> "History":
        """Return the recording, opened at the first question that finds one. Any thread."""
        with self._lock:
            if self._history is None:
                from spreadwatch.run.recording import open_history

                self._history = open_history(self._session.settings, self._session.badge)
            return self._history
