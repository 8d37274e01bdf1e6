"""A thread of the feed room: named, daemon, stopped by an event it waits on, joined with a deadline."""

import logging
import threading

log = logging.getLogger(__name__)


class Worker:
    """Base of everything here that runs on a thread of its own. Subclasses implement `_run`."""

    def __init__(self, name: str) -> None:
        """Give the thread its name."""
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
        return not self._thread.is_alive()

    def _top(self) -> None:
        try:
            self._run()
        except Exception:
            log.exception("thread %s died of a bug", self._thread.name)

    def _run(self) -> None:
        raise NotImplementedError
