"""Mutants: the program with one protecting piece broken, as context managers under which a fault's test must fail.

They patch classes and modules of this process, so a rig has to be made inside of them.
"""

import contextlib
import threading
import time
from collections.abc import Iterable, Iterator
from typing import Any
from unittest import mock

import msgspec

from spreadwatch import worker
from spreadwatch.core.events import Batch, Event, Link, Phase
from spreadwatch.core.leg import Leg, State
from spreadwatch.core.market import Market
from spreadwatch.core.quote import Instant
from spreadwatch.feed import dial, health, listing, reader, watchdog
from spreadwatch.feed.listing import ListingLoader
from spreadwatch.feed.parsing.quotes import QuoteParser
from spreadwatch.feed.reader import Reader
from spreadwatch.feed.stream import Stream
from spreadwatch.run.inbox import Inbox, Pump
from tests.faults import mutants_of_parsing
from tests.faults.mutants_of_parsing import Mutant


def _deaf_watchdog() -> contextlib.AbstractContextManager[object]:
    """Nobody cuts a silent connection."""
    return mock.patch.object(Stream, "check", return_value=None)


@contextlib.contextmanager
def _silence_is_live() -> Iterator[None]:
    """A leg is live as long as its connection is open, and nobody cuts that."""

    def state(self: Leg, now: Instant) -> tuple[State, str | None]:
        live = self.fresh and self.line.phase is Phase.OPEN
        return (State.LIVE, None) if live else (State.STALE, self.line.reason)

    with _deaf_watchdog(), mock.patch.object(Leg, "state", state):
        yield


def _loss_untold() -> contextlib.AbstractContextManager[object]:
    """The market is not told that a connection was lost."""

    def tell(self: Stream, phase: Phase, reason: str) -> None:
        if phase is Phase.OPEN:
            self._tell_phase(phase, reason, self._clock())

    return mock.patch.object(Stream, "_tell", tell)


def _end_is_nothing() -> contextlib.AbstractContextManager[object]:
    """The end of a connection, orderly or not, is taken for a read without data."""
    recv = dial.WebSocketConnection.recv

    def endless(self: dial.WebSocketConnection) -> bytes:
        try:
            data = recv(self)
        except ConnectionError:
            data = b""
        if not data:
            time.sleep(0.01)
            raise TimeoutError
        return data

    return mock.patch.object(dial.WebSocketConnection, "recv", endless)


def _anything_is_life() -> contextlib.AbstractContextManager[object]:
    """Whatever the exchange sends counts as a sign of life: pings, acknowledgements, garbage."""
    step, batch = Reader.step, QuoteParser.batch

    def lively(self: Reader) -> object:
        before = self._last_step
        failure = step(self)
        if self._last_step != before:
            self.since = self._last_step
        return failure

    def heard(self: QuoteParser, payloads: Iterable[bytes], at: Instant) -> Batch:
        return msgspec.structs.replace(batch(self, payloads, at), heard=True)

    stack = contextlib.ExitStack()
    stack.enter_context(mock.patch.object(Reader, "step", lively))
    stack.enter_context(mock.patch.object(QuoteParser, "batch", heard))
    return stack


@contextlib.contextmanager
def _deaf_and_never_stuck() -> Iterator[None]:
    """Nobody looks whether quotes are new."""
    with _deaf_watchdog(), mutants_of_parsing.MUTANTS["never_stuck"]():
        yield


def _no_pong() -> contextlib.AbstractContextManager[object]:
    """Pings are not answered."""
    return mock.patch.object(reader.Reader, "_obey", return_value=None)


def _wall_clock_only() -> contextlib.AbstractContextManager[object]:
    """Ages are differences of the wall clock."""
    return mock.patch.object(Instant, "since", lambda self, earlier: self.wall_ms - earlier.wall_ms)


def _monotonic_only() -> contextlib.AbstractContextManager[object]:
    """Ages are differences of the clock that stands still while a laptop sleeps."""
    return mock.patch.object(Instant, "since", lambda self, earlier: self.mono_ms - earlier.mono_ms)


@contextlib.contextmanager
def _sleep_unnoticed() -> Iterator[None]:
    """A process that was stopped takes what waited in the socket for new."""
    with mock.patch.object(reader, "_FROZEN_MS", 10**12), _deaf_watchdog():
        yield


def _latency_as_it_comes() -> contextlib.AbstractContextManager[object]:
    """Latency is the difference of two clocks."""
    return mock.patch.object(health, "_quantile", lambda transits, share: transits[int(len(transits) * share)])


@contextlib.contextmanager
def _threads_die() -> Iterator[None]:
    """An exception ends its thread."""

    def watch(self: watchdog.Watchdog) -> None:
        while not self._stopping.wait(0.05):
            for one in self._streams():
                one.check(self._clock())

    with (
        mock.patch.object(worker.Worker, "_top", lambda self: self._run()),
        mock.patch.object(watchdog.Watchdog, "_run", watch),
    ):
        yield


def _trusts_the_listing() -> contextlib.AbstractContextManager[object]:
    """A symbol list that cannot be read raises."""

    load = ListingLoader._load

    def gullible(self: ListingLoader, *arguments: Any, **options: Any) -> bool:  # noqa: ANN401 - passed on
        with mock.patch.object(listing, "_Unreachable", ()):
            return load(self, *arguments, **options)

    return mock.patch.object(ListingLoader, "_load", gullible)


def _full_inbox_loses_all() -> contextlib.AbstractContextManager[object]:
    """An inbox that was full once drops whatever comes."""
    put = Inbox.put

    def forgetful(self: Inbox, event: Event) -> None:
        if self._dropped or self._queue.qsize() >= self._limit:
            self._limit = 0
            self._dropped += 1
        else:
            put(self, event)

    return mock.patch.object(Inbox, "put", forgetful)


def _slow_pump() -> contextlib.AbstractContextManager[object]:
    """Ten events a turn, however many wait."""

    def drain(self: Pump, budget_s: float = 0.0) -> bool:
        for _ in range(10):
            event = self._inbox.get()
            if event is not None:
                self.market.apply(event)
        return True

    return mock.patch.object(Pump, "drain", drain)


def _main_loop_waits() -> contextlib.AbstractContextManager[object]:
    """The main loop waits for more when there was something."""
    drain = Pump.drain

    def patient(self: Pump, budget_s: float = 0.0) -> bool:
        waits = self._inbox._queue.qsize() > 0
        done = drain(self)
        time.sleep(0.15 if waits else 0)
        return done

    return mock.patch.object(Pump, "drain", patient)


def _links_ignored() -> contextlib.AbstractContextManager[object]:
    """A leg stays live over the loss of its connection and the next one's opening."""
    apply = Market.apply

    def deaf(self: Market, event: Event) -> None:
        if not isinstance(event, Link) or self._group(event.shard).lines[event.side].opens == 0:
            apply(self, event)

    return mock.patch.object(Market, "apply", deaf)


@contextlib.contextmanager
def _leaks() -> Iterator[None]:
    """Connections are never closed, and a thread stays behind for each."""
    kept: list[object] = []
    release = threading.Event()

    def close(self: dial.WebSocketConnection) -> None:
        kept.append((self, bytearray(1 << 20)))
        threading.Thread(target=release.wait, daemon=True).start()

    with mock.patch.object(dial.WebSocketConnection, "close", close):
        yield
    release.set()


MUTANTS: dict[str, Mutant] = {**mutants_of_parsing.MUTANTS, **mutants_of_parsing.named(dict(globals()), __name__)}
"""Every mutant by its name."""
