"""Notifiers that are stopped after the test, and listeners for what they tell."""

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from spreadwatch.notify.notifier import Notifier
from spreadwatch.notify.way import Way
from tests.conftest import PATIENCE_S, wait_for

Start = Callable[..., Notifier]


class Told:
    """Keeps the sentences. Call it from any thread."""

    def __init__(self) -> None:
        self.sentences: list[str] = []

    def __call__(self, sentence: str) -> None:
        self.sentences.append(sentence)

    def wait(self, count: int = 1) -> list[str]:
        """Wait for so many sentences and return all."""
        wait_for(lambda: len(self.sentences) >= count)
        return list(self.sentences)


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def notify(told: Told) -> Iterator[Start]:
    """Make notifiers of some ways; all their threads must end after the test."""
    made: list[Notifier] = []

    def start(*ways: Way) -> Notifier:
        made.append(Notifier(ways, told))
        return made[-1]

    yield start
    for one in made:
        one.stop()
    assert [one for one in made if not one.join(PATIENCE_S)] == []
    wait_for(lambda: not [each.name for each in threading.enumerate() if each.name.startswith("notify")])


def seconds_of(action: Callable[[], object]) -> float:
    """Return how long something takes."""
    began = time.monotonic()
    action()
    return time.monotonic() - began
