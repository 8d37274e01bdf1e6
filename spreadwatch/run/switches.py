"""What a window can switch on and off while it runs: the recording, and the service with the web page."""

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from spreadwatch.core.events import Fault
from spreadwatch.errors import SpreadwatchError, UsageError
from spreadwatch.feed import clock
from spreadwatch.run.session import Session

if TYPE_CHECKING:
    from spreadwatch.run.recording import Recording
    from spreadwatch.run.serving import Serving


def open_service(session: Session) -> "Serving":
    """Return the service of a session, not begun. Raises UsageError or ServeError when it cannot be offered."""
    try:
        from spreadwatch.run.serving import Serving
    except ModuleNotFoundError as error:
        raise UsageError(f"the service needs more packages ({error}): pip install 'spreadwatch[api]'") from error
    return Serving(session)


class Switches:
    """The recording and the service of one session. The main thread; their modules load when they are wanted."""

    def __init__(self, session: Session) -> None:
        """Begin with both off."""
        self._session = session
        self._recording: Recording | None = None
        self._serving: Serving | None = None

    def open(self) -> None:
        """Switch on what the settings ask for; what does not go is told in the window."""
        settings = self._session.settings
        for wanted, begin in ((settings.record.enabled, self._record), (settings.serve.enabled, self._serve)):
            if wanted:
                self._try(begin)

    def close(self) -> None:
        """Switch both off; what was recorded is stored first."""
        if self._serving is not None:
            self._serving.stop()
            self._serving = None
        if self._recording is not None:
            self._recording.end()
            self._recording = None

    def is_on(self, name: str) -> bool:
        """Tell whether "record" or "serve" is on."""
        return (self._recording if name == "record" else self._serving) is not None

    def switch(self, name: str) -> str:
        """Turn "record" or "serve" on or off; say what came of it."""
        if name == "record":
            return self._stop_recording() if self._recording else self._try(self._record)
        return self._stop_serving() if self._serving else self._try(self._serve)

    def words(self) -> str:
        """Return what the recorder does in a few words, empty while it is off."""
        status = self._recording.status() if self._recording else None
        if status is None:
            return ""
        return f"● REC {status.stored:,}" if status.well else "● REC waits"

    def _try(self, begin: Callable[[], str]) -> str:
        try:
            return begin()
        except SpreadwatchError as error:
            self._session.sink(Fault(str(error)))
            return "it could not be switched on"

    def _record(self) -> str:
        from spreadwatch.run.recording import Recording, where

        recording = Recording(self._session.settings, clock.now, self._session.sink)
        recording.begin(self._session)
        self._session.taps.append(recording.tap)
        self._recording = recording
        return f"recording to {where(self._session.settings, self._session.badge)}"

    def _stop_recording(self) -> str:
        recording, self._recording = self._recording, None
        if recording is None:
            return ""
        self._session.taps.remove(recording.tap)
        # A database that does not answer may take seconds.
        threading.Thread(target=recording.end, name="recorder-end", daemon=True).start()
        return "recording ended"

    def _serve(self) -> str:
        serving = open_service(self._session)
        serving.start()
        self._serving = serving
        return f"web page at {serving.url}"

    def _stop_serving(self) -> str:
        serving, self._serving = self._serving, None
        if serving is not None:
            serving.stop()
        return "the web page is off"
