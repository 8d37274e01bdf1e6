"""Where the settings say that recordings are, and the recorder of a session."""

import logging
from pathlib import Path

import platformdirs

from spreadwatch.config import Config
from spreadwatch.core.events import Clock, Event, Fault, Sink
from spreadwatch.core.quote import Side
from spreadwatch.run.session import Session
from spreadwatch.storage import stores
from spreadwatch.storage.history import History
from spreadwatch.storage.recorder import Recorder, RecorderSettings, RecorderStatus
from spreadwatch.storage.rows import Limits, StorageError
from spreadwatch.storage.stores import Place

_STOP_S = 5.0
_DAY_MS = 86_400_000
_MOST = 199  # what one connection per side carries: the order of arrival is known within one only

log = logging.getLogger(__name__)


def place_of(settings: Config, badge: str | None = None) -> Place:
    """Return where the recording is; what is not live, named by its badge, has a file of its own."""
    if settings.record.path:
        path = Path(settings.record.path)
    else:
        folder = platformdirs.user_data_path("spreadwatch", appauthor=False)
        path = folder / (f"{badge.lower()}.sqlite" if badge else "recording.sqlite")
    return Place(path, settings.record.dsn)


def where(settings: Config, badge: str | None = None) -> str:
    """Return where a recording goes, for a person: never with a password."""
    place = place_of(settings, badge)
    return stores.name_of(place) if place.dsn else str(place.path)


def open_history(settings: Config, badge: str | None = None) -> History:
    """Open the recording to ask it. Raises StorageError with a sentence that helps."""
    return stores.open_history(place_of(settings, badge))


class Recording:
    """A recorder that can be switched on and off while the program runs. The main thread, except `tap`: any."""

    def __init__(self, settings: Config, clock: Clock, sink: Sink) -> None:
        """Begin switched off; a recorder that cannot go on is told to `sink` in a sentence."""
        self._settings = settings
        self._clock = clock
        self._sink = sink
        self._recorder: Recorder | None = None
        self._told: str | None = None

    @property
    def is_on(self) -> bool:
        """Whether it records."""
        return self._recorder is not None

    def tap(self, event: Event) -> None:
        """Record an event if it is on. Never blocks a feed."""
        recorder = self._recorder
        if recorder is not None:
            recorder.put(event)

    def begin(self, session: Session) -> None:
        """Switch on for the symbols that a session watches now. Raises StorageError."""
        record = self._settings.record
        if session.badge and (session.badge != "DEMO" or record.dsn):
            raise StorageError(f"{session.badge.lower()}: what is not live is not recorded here")
        if self._settings.all or len(session.symbols) > _MOST:
            raise StorageError(f"at most {_MOST} symbols can be recorded at once: name them with --symbol")
        options = RecorderSettings(
            changes_only=record.changes_only,
            limits=Limits(
                age_ms=round(record.keep_days * _DAY_MS) or None, size_bytes=record.keep_mb * 1_000_000 or None
            ),
        )
        try:
            store = stores.open_store(place_of(self._settings, session.badge))
        except OSError as error:
            place = where(self._settings, session.badge)
            raise StorageError(f"cannot record to {place}: {error.strerror or error}") from error
        silence_ms = round(self._settings.feed.silence_s * 1000)
        contracts = session.contracts()
        awaited = set(session.symbols) - {one.symbol for one in contracts[Side.FUTURES]}
        recorder = Recorder(store, contracts, silence_ms, self._clock, options, awaited)
        for link in session.market.open_links():
            recorder.put(link)
        recorder.start()
        session.keep_texts()
        self._recorder = recorder

    def ready(self, limit_s: float) -> None:
        """Wait until the recording is open. Raises StorageError when it cannot be."""
        if self._recorder is not None:
            self._recorder.ready(limit_s)

    def status(self) -> RecorderStatus | None:
        """Return what the recorder does, None while it is off; a new trouble is told to the sink too."""
        if self._recorder is None:
            return None
        status = self._recorder.status()
        trouble = None if status.well else status.sentence
        if trouble != self._told:
            self._told = trouble
            if trouble:
                self._sink(Fault(f"Recording: {trouble}"))
        return status

    def end(self) -> RecorderStatus | None:
        """Switch off, once what waits is stored; return the last status, None if it was off."""
        recorder, self._recorder = self._recorder, None
        if recorder is None:
            return None
        recorder.stop()
        if not recorder.join(_STOP_S):
            log.warning("the recorder did not end within %g s", _STOP_S)
        return recorder.status()
