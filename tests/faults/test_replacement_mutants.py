"""Broken programs: the scenarios of test_replacement notice each of them."""

import time
from collections.abc import Callable, Iterable
from unittest.mock import patch

import pytest

from spreadwatch.core.events import Batch
from spreadwatch.core.quote import Instant
from spreadwatch.feed import stream
from spreadwatch.feed.parsing.quotes import QuoteParser
from spreadwatch.feed.policy import Policy
from spreadwatch.feed.reader import Reader, Successor
from spreadwatch.feed.stream import Stream
from tests.exchange.server import STALL, Connection
from tests.faults.streams import Mutants, fails
from tests.faults.test_replacement import (
    COMBINED,
    RAW,
    dies_in_overlap,
    mute_successor,
    noticed,
    replaced_often,
    stopped_in_overlap,
)


def _break_first(self: Stream) -> None:
    if self._reader is not None and time.monotonic() >= self._policy.renew_at_s:
        self._reader.connection.cut()


def _unordered(self: QuoteParser, payloads: Iterable[bytes], at: Instant) -> Batch:
    self.restart()
    return _batch(self, payloads, at)


_batch = QuoteParser.batch


def _deaf(self: QuoteParser, payloads: Iterable[bytes], at: Instant) -> Batch:
    batch = _batch(self, payloads, at)
    self.leaving = False
    return batch


def _forget(self: Stream) -> None:
    self._successor = None


def _stop(self: Stream) -> None:
    self._stopping.set()
    if self._reader is not None:
        self._reader.connection.cut()


class _Free:
    """A lock that never says no."""

    def acquire(self, **_: object) -> bool:
        return True

    def release(self) -> None:
        pass


_init = Stream.__init__


def _alone(self: Stream, *arguments: object, **options: object) -> None:
    _init(self, *arguments, **{**options, "renewing": _Free()})  # type: ignore[arg-type]


MUTANTS: Mutants = {
    "break before make": lambda: [patch.object(Stream, "_renew", _break_first)],
    "duplicates kept": lambda: [patch.object(QuoteParser, "batch", _unordered)],
    "both venues at once": lambda: [patch.object(Stream, "__init__", _alone)],
    "notice unheard": lambda: [patch.object(QuoteParser, "batch", _deaf)],
    "successor left behind": lambda: [
        patch.object(Stream, "_drop_successor", _forget),
        patch.object(Stream, "stop", _stop),
    ],
    "successor waited for without end": lambda: [patch.object(Policy, "is_late", lambda *_: False)],
    "no hand-over on loss": lambda: [patch.object(Stream, "_read", _read_without)],
    "old one left open": lambda: [patch.object(Stream, "_hand_over", _hand_over_leaky)],
}


def _read_without(self: Stream) -> object:
    while self._reader is not None and not self._stopping.is_set():
        failure = self._step(self._reader)
        if failure is not None:
            return failure
        self._renew()
    return stream._STOPPED


_leaked: list[Reader] = []


def _hand_over_leaky(self: Stream, successor: Successor) -> None:
    if self._reader is not None:
        _leaked.append(self._reader)
    self._reader, self._successor = successor.reader, None
    self._renewing.release()
    self._opened()


@pytest.mark.parametrize(
    ("mutant", "scenario"),
    [
        ("break before make", lambda: replaced_often(2.0)),
        ("duplicates kept", lambda: replaced_often(2.0)),
        ("both venues at once", lambda: replaced_often(2.0)),
        ("old one left open", lambda: replaced_often(2.0)),
        ("notice unheard", lambda: noticed(RAW)),
        ("notice unheard", lambda: noticed(COMBINED)),
        ("successor waited for without end", mute_successor),
        ("successor left behind", lambda: stopped_in_overlap(STALL)),
        ("no hand-over on loss", lambda: dies_in_overlap(Connection.rst)),
    ],
)
def test_mutants_are_noticed(mutant: str, scenario: Callable[[], None]) -> None:
    try:
        fails(MUTANTS[mutant](), scenario)
    finally:
        for reader in _leaked:
            reader.connection.close()
        _leaked.clear()
