"""One way out, and its lane: the queue and the threads that keep it from holding up anything else."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Protocol

from spreadwatch.core.alerts import Alert
from spreadwatch.errors import SpreadwatchError
from spreadwatch.worker import Worker

log = logging.getLogger(__name__)

Tell = Callable[[str], None]
"""Takes a sentence about what failed. Called from any thread."""


class NotToldError(SpreadwatchError):
    """An alert could not be told. The message is a sentence that holds no secret."""


class StoppedError(NotToldError):
    """The program ends, so it was given up. Nobody is told."""


class Way(Protocol):
    """A way for an alert to leave the program.

    `at_once`: how many may be under way together. `waiting`: how many may wait for their turn. `skips`: what
    finds no room is of no interest any more, so nobody is told.
    """

    name: str
    at_once: int
    waiting: int
    skips: bool

    def send(self, alert: Alert, stopping: threading.Event) -> None:
        """Tell it within the way's own limit, and give up soon after `stopping` is set.

        Raises NotToldError. Called from several threads.
        """


class Lane:
    """The queue of one way, and its threads, made when they are needed."""

    def __init__(self, way: Way, tell: Tell) -> None:
        """Tell what fails, each sentence once until the way works again."""
        self.way = way
        self._tell = tell
        self._told: set[str] = set()
        self._stopping = threading.Event()
        self._changed = threading.Condition()
        self._waiting: deque[Alert] = deque()
        self._idle = 0
        self._threads: list[Worker] = []

    def put(self, alert: Alert) -> None:
        """Take an alert, or drop it when too many wait. Never waits for anything. Any thread."""
        with self._changed:
            if self._stopping.is_set():
                return
            is_full = len(self._waiting) >= self.way.waiting
            if not is_full:
                self._waiting.append(alert)
                self._changed.notify()
                if len(self._waiting) > self._idle and len(self._threads) < self.way.at_once:
                    self._start_thread()
        if is_full and not self.way.skips:
            self._tell_once(f"more alerts came than the {self.way.name} can take; some were not told that way")

    def _start_thread(self) -> None:
        thread = Worker(f"notify-{self.way.name}", self._top)
        self._threads.append(thread)
        thread.start()

    def stop(self) -> None:
        """Drop what waits and give up what is under way. Returns at once. Any thread."""
        self._stopping.set()
        with self._changed:
            self._waiting.clear()
            self._changed.notify_all()

    def join(self, limit_s: float) -> bool:
        """Wait at most `limit_s` seconds for the end of each thread; tell whether all ended."""
        deadline = time.monotonic() + limit_s
        ended = [thread.join(max(deadline - time.monotonic(), 0.0)) for thread in self._threads]
        return all(ended)

    def _top(self) -> None:
        while (alert := self._next()) is not None:
            try:
                self.way.send(alert, self._stopping)
                self._told.clear()
            except StoppedError:
                return
            except NotToldError as error:
                self._tell_once(str(error))
            except Exception as error:
                log.exception("the %s failed", self.way.name)
                self._tell_once(f"an error in this program kept an alert from the {self.way.name} ({_kind(error)})")

    def _next(self) -> Alert | None:
        with self._changed:
            self._idle += 1
            self._changed.wait_for(lambda: self._waiting or self._stopping.is_set())
            self._idle -= 1
            return None if self._stopping.is_set() else self._waiting.popleft()

    def _tell_once(self, sentence: str) -> None:
        if sentence not in self._told:
            self._told.add(sentence)
            log.warning("%s", sentence)
            self._tell(sentence)


def _kind(error: Exception) -> str:
    return type(error).__name__
