"""What a test may not leave: an ERROR in the log, or a thread of the program."""

import logging
import threading
import time

_OURS = ("feed-", "demo", "replay", "recorder", "notify", "api")


class Errors(logging.Handler):
    """Keeps what the program logs as an ERROR."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.messages: list[str] = []
        self.setFormatter(logging.Formatter("%(name)s: %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(self.format(record))


def threads_of_ours() -> set[threading.Thread]:
    """Return the program's threads that live."""
    return {thread for thread in threading.enumerate() if thread.name.startswith(_OURS)}


def end_of_all_but(shared: set[threading.Thread]) -> None:
    """Fail unless all threads of the program but these end soon."""
    deadline = time.monotonic() + 3
    while (left := threads_of_ours() - shared) and time.monotonic() < deadline:
        time.sleep(0.005)
    assert [thread.name for thread in left] == []
