"""A thread: named, daemon, stopped by an event it waits on, joined with a deadline."""

import logging
import threading
import traceback
from collections.abc import Callable

from spreadwatch.core.quote import Instant

log = logging.getLogger(__name__)


_RESTART_S = 1.0


class Worker:
    """Base of everything that runs on a thread of its own. A subclass implements `_run`, or hands in a `body`.

    A `_run` that raises is a bug: it is logged once per kind, told to `on_fault` in a sentence, and run again
    after a second if it is `restartable`.
    """

    restartable = True

    def __init__(self, name: str, body: Callable[[], object] | None = None) -> None:
        """Give the thread its name; a `body` is run once, in place of `_run`."""
        self.on_fault: Callable[[str], None] = _ignore
        self._body = body
        if body is not None:
            self.restartable = False
        self._seen: set[str] = set()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._top, name=name, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Ask the thread to end. Returns at once. Any thread."""
        self._stopping.set()

    def join(self, limit_s: float) -> bool:
        """Wait at most `limit_s` seconds for the thread's end; tell whether it ended."""
        if self._thread.ident is not None:
            self._thread.join(limit_s)
        return not self.is_alive()

    def is_alive(self) -> bool:
        """Tell whether the thread runs now. Any thread."""
        return self._thread.is_alive()

    def health_at(self, now: Instant) -> object | None:
        """Return the figures of its connection; None for a worker without one. Any thread."""
        return None

    def barred(self) -> str | None:
        """Return the sentence with which the exchange refused this location, None while it did not. Any thread."""
        return None

    def _top(self) -> None:
        while not self._stopping.is_set():
            try:
                self._run()
            except Exception as error:  # noqa: BLE001 - the top of a thread: logged and told
                self._failed(error, "it was started again" if self.restartable else "it has ended")
            else:
                return
            if not self.restartable or self._stopping.wait(_RESTART_S):
                return

    def _failed(self, error: Exception, and_then: str) -> None:
        """Log a bug once per kind and tell it."""
        name = self._thread.name
        kind = f"{type(error).__name__} in {traceback.extract_tb(error.__traceback__)[-1]}"
        if kind not in self._seen:
            self._seen.add(kind)
            log.error("thread %s failed", name, exc_info=error)
        self.on_fault(f"an error in this program stopped {name} ({type(error).__name__}); {and_then}")

    def _run(self) -> None:
        if self._body is None:
            raise NotImplementedError
        self._body()


def _ignore(_: str) -> None:
    """Tell nobody."""
