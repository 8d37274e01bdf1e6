"""A few threads that ask the recording, so that a slow disk or a frozen database never holds up the network."""

import asyncio
import logging
import queue
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from spreadwatch.errors import SpreadwatchError
from spreadwatch.worker import Worker

_WAITING = 2000

Answer = TypeVar("Answer")

log = logging.getLogger(__name__)


class UnansweredError(SpreadwatchError):
    """The recording did not answer in time, or too much is asked at once."""


class _Job:
    """One question and where its answer goes. `abandoned`: nobody waits for it any more."""

    __slots__ = ("abandoned", "future", "loop", "question")

    def __init__(self, question: Callable[[], Any], loop: asyncio.AbstractEventLoop) -> None:
        self.question = question
        self.loop = loop
        self.future: asyncio.Future[Any] = loop.create_future()
        self.abandoned = False

    def run(self) -> None:
        try:
            answer, failure = self.question(), None
        except Exception as error:  # noqa: BLE001 - a foreign callback: whoever asked judges it
            answer, failure = None, error
        try:
            self.loop.call_soon_threadsafe(self._deliver, answer, failure)
        except RuntimeError:
            log.info("an answer came after the service had ended")

    def _deliver(self, answer: object, failure: Exception | None) -> None:
        if self.future.done():
            return
        if failure is None:
            self.future.set_result(answer)
        else:
            self.future.set_exception(failure)


class QueryThreads:
    """So many daemon threads that run what they are handed, in order."""

    def __init__(self, count: int, limit_s: float) -> None:
        """Give each question at most `limit_s` seconds, the wait for a free thread included."""
        self._limit_s = limit_s
        self._jobs: queue.Queue[_Job | None] = queue.Queue(_WAITING)
        self._stopping = threading.Event()
        self._threads = [Worker(f"api-query-{number}", self._serve) for number in range(count)]

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Ask the threads to end; what waits is not asked any more. Returns at once. Any thread."""
        self._stopping.set()
        for _ in self._threads:
            try:
                self._jobs.put_nowait(None)
            except queue.Full:  # then there is enough to wake them
                return

    def join(self, limit_s: float) -> bool:
        """Wait at most `limit_s` seconds for their end; tell whether all ended."""
        ended = [thread.join(limit_s) for thread in self._threads]
        return all(ended)

    async def ask(self, question: Callable[[], Answer]) -> Answer:
        """Run `question` on one of the threads. Raises what it raises, or UnansweredError. The loop's thread only."""
        job = _Job(question, asyncio.get_running_loop())
        try:
            self._jobs.put_nowait(job)
        except queue.Full:
            raise UnansweredError("too many questions wait for the recording: ask again later") from None
        try:
            answer: Answer = await asyncio.wait_for(job.future, self._limit_s)
        except TimeoutError:
            raise UnansweredError(f"the recording did not answer within {self._limit_s:g} s: ask again later") from None
        finally:
            job.abandoned = True
        return answer

    def _serve(self) -> None:
        while (job := self._jobs.get()) is not None and not self._stopping.is_set():
            if not job.abandoned:
                job.run()
