"""The HTTP service of a session: what is live, and the recording once there is one."""

import logging
import threading
from collections.abc import Iterable, Sequence

from spreadwatch.api.server import Server
from spreadwatch.api.settings import ServeSettings
from spreadwatch.config import Config
from spreadwatch.core.answers import Bar, Price, PriceRange, RecordedGap, SpreadRange, SpreadValue
from spreadwatch.core.snapshot import Snapshot
from spreadwatch.run.recording import open_history, place_of
from spreadwatch.run.session import Session
from spreadwatch.storage.history import History

_STOP_S = 1.0

log = logging.getLogger(__name__)


class Later:
    """The recording of the settings, opened at the first question that finds one. Any thread."""

    def __init__(self, settings: Config, badge: str | None) -> None:
        """Open nothing yet."""
        self._settings, self._badge = settings, badge
        self._lock = threading.Lock()
        self._history: History | None = None

    def _open(self) -> History:
        with self._lock:
            if self._history is None:
                self._history = open_history(self._settings, self._badge)
            return self._history

    def close(self) -> None:
        """Let go of the recording."""
        with self._lock:
            if self._history is not None:
                self._history.close()
                self._history = None

    def symbols(self) -> Sequence[str]:
        """Ask it."""
        return self._open().symbols()

    def latest(self, symbol: str) -> Price | None:
        """Ask it."""
        return self._open().latest(symbol)

    def at(self, symbol: str, at_ms: int) -> Price | None:
        """Ask it."""
        return self._open().at(symbol, at_ms)

    def minmax(self, symbol: str, minute_ms: int) -> PriceRange | None:
        """Ask it."""
        return self._open().minmax(symbol, minute_ms)

    def spread_latest(self, symbol: str) -> SpreadValue | None:
        """Ask it."""
        return self._open().spread_latest(symbol)

    def spread_at(self, symbol: str, at_ms: int) -> SpreadValue | None:
        """Ask it."""
        return self._open().spread_at(symbol, at_ms)

    def spread_minmax(self, symbol: str, minute_ms: int) -> SpreadRange | None:
        """Ask it."""
        return self._open().spread_minmax(symbol, minute_ms)

    def bars(self, symbol: str, from_ms: int, to_ms: int) -> Iterable[Bar]:
        """Ask it."""
        return self._open().bars(symbol, from_ms, to_ms)

    def gaps(self, symbol: str, from_ms: int, to_ms: int) -> Sequence[RecordedGap]:
        """Ask it."""
        return self._open().gaps(symbol, from_ms, to_ms)


class Watched:
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
        self._archive = Later(session.settings, session.badge) if has_recording else None
        # To name another address is the explicit wish; without a token it is refused all the same.
        settings = ServeSettings(host=serve.address, port=serve.port, exposed=True, token=serve.token or None)
        self._server = Server(settings, self._archive, Watched(session))
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
        if self._archive is not None:
            self._archive.close()
