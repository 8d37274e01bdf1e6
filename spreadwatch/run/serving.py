"""The HTTP service of a session: what is live, and the recording once there is one."""

import logging
import threading

from spreadwatch.api.server import Server
from spreadwatch.api.settings import ServeSettings
from spreadwatch.core.snapshot import Snapshot
from spreadwatch.run.recording import open_history, place_of
from spreadwatch.run.session import Session
from spreadwatch.storage.history import History

_STOP_S = 1.0

log = logging.getLogger(__name__)


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
        """Raise ServeError for what may not be offered."""
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

    def _opened(self) -> History:
        """Return the recording, opened at the first question that finds one. Any thread."""
        with self._lock:
            if self._history is None:
                self._history = open_history(self._session.settings, self._session.badge)
            return self._history
