"""Real streams against the local exchange, without model and window: every event behind the sink, with its time.

A scenario is a function that sets up streams, lets a fault happen and asserts what was promised. `fails` runs it
once more on a broken program and wants it to fail.
"""

import itertools
import logging
import os
import random
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self
from unittest.mock import patch

import pytest

from spreadwatch.core.events import Batch, Event, Link, Phase
from spreadwatch.core.pair_name import market_of
from spreadwatch.core.quote import Instant, Quote, Side
from spreadwatch.feed import binance, stream
from spreadwatch.feed.fleet import quote_stream
from spreadwatch.feed.policy import StreamSettings
from spreadwatch.feed.stream import Stream
from spreadwatch.feed.watchdog import Watchdog
from tests.exchange.server import Exchange
from tests.faults import figures

SYMBOL = "ETHUSDT"
STREAM = "ethusdt@bookTicker"
SCALED = StreamSettings(silence_s=0.5, handshake_s=0.5, backoff_cap_s=0.5)
USUAL = StreamSettings(silence_s=3.0, handshake_s=5.0, backoff_cap_s=5.0)
_JOIN_S = 2.0
_numbers = itertools.count()

Mutants = Mapping[str, Callable[[], Iterable[AbstractContextManager[object]]]]
"""Names of broken programs, and the patches that break them."""


def fails(patches: Iterable[AbstractContextManager[object]], scenario: Callable[[], object]) -> None:
    """Run a scenario on a program broken by `patches`; fail unless the scenario notices."""
    with ExitStack() as stack:
        stack.enter_context(patch.dict(os.environ))
        os.environ.pop(figures.VARIABLE, None)  # what a broken program does is no figure of ours
        for one in patches:
            stack.enter_context(one)
        with pytest.raises(AssertionError):
            scenario()


class SkippedTime:
    """A clock that jumps over every wait of a stream: minutes pass in milliseconds. For one stream at a time."""

    def __init__(self) -> None:
        self._ahead_s = 0.0
        self.waits: list[float] = []

    def monotonic(self) -> float:
        """Return seconds, the skipped ones included."""
        return time.monotonic() + self._ahead_s

    def skip(self, seconds: float) -> None:
        """Let time pass."""
        self.waits.append(seconds)
        self._ahead_s += seconds

    def now(self) -> Instant:
        """Return this moment on both clocks."""
        ahead_ms = round(self._ahead_s * 1000)
        return Instant(time.time_ns() // 1_000_000 + ahead_ms, time.monotonic_ns() // 1_000_000 + ahead_ms)


class Skipping(threading.Event):
    """A stream's stop event whose waits pass at once on the clock of `skipped`."""

    def __init__(self, skipped: SkippedTime) -> None:
        super().__init__()
        self._skipped = skipped

    def wait(self, timeout: float | None = None) -> bool:
        if timeout and not self.is_set():
            self._skipped.skip(timeout)
        return super().wait(0)


class _Errors(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.found.append(logging.Formatter().format(record))


def bases(exchange: Exchange, *venues: Side) -> dict[Side, str]:
    """Return the stream URLs of a local exchange."""
    urls = {Side.SPOT: exchange.spot_stream, Side.FUTURES: exchange.futures_stream}
    return {venue: urls[venue] for venue in venues or urls}


class Streams:
    """Streams of some venues and their watchdog, a context manager. Leaving it stops all and checks that nothing broke.

    `seen` holds every event with the `time.monotonic()` of its arrival, or that of `skipped`.
    """

    def __init__(
        self,
        urls: Mapping[Side, str],
        settings: StreamSettings = SCALED,
        *,
        ca_file: Path | None = None,
        skipped: SkippedTime | None = None,
    ) -> None:
        self.seen: list[tuple[float, Event]] = []
        self.stopped_s = 0.0
        self._changed = threading.Condition()
        self._skipped = skipped
        self._seconds = skipped.monotonic if skipped else time.monotonic
        clock = skipped.now if skipped else _now
        renewing = threading.Lock()
        self.streams = {
            venue: quote_stream(
                market_of(venue, SYMBOL),
                url,
                [binance.contract(venue, SYMBOL)],
                binance.contract(venue, "BTCUSDT"),
                settings=settings,
                ca_file=ca_file,
                sink=self._take,
                clock=clock,
                chance=random.Random(f"{figures.seed()} {venue} {next(_numbers)}").random,
                renewing=renewing,
            )
            for venue, url in urls.items()
        }
        self._workers = [*self.streams.values(), Watchdog(self.streams.values, clock)]
        self._faults: list[str] = []
        self._errors = _Errors()
        self._patches = ExitStack()

    def __enter__(self) -> Self:
        logging.getLogger("spreadwatch").addHandler(self._errors)
        if self._skipped is not None:
            self._patches.enter_context(patch.object(stream, "time", self._skipped))
        for worker in self._workers:
            if self._skipped is not None and isinstance(worker, Stream):
                worker._stopping = Skipping(self._skipped)
            worker.on_fault = self._faults.append
            worker.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        ended = self.stop()
        self._patches.close()
        logging.getLogger("spreadwatch").removeHandler(self._errors)
        if kind is None:
            assert not self._errors.found, self._errors.found
            assert not self._faults, self._faults
            assert ended, [thread.name for thread in threading.enumerate()]

    def stop(self) -> bool:
        """Stop every thread; tell whether they ended. `stopped_s` is how long that took."""
        began_s = time.monotonic()
        for worker in self._workers:
            worker.stop()
        ended = [worker.join(_JOIN_S) for worker in self._workers]
        self.stopped_s = self.stopped_s or time.monotonic() - began_s
        return all(ended)

    def _take(self, event: Event) -> None:
        with self._changed:
            self.seen.append((self._seconds(), event))
            self._changed.notify_all()

    def wait(self, done: Callable[[], object], limit_s: float = 5.0, what: str = "") -> None:
        """Wait for something behind the sink. Raises AssertionError after `limit_s` seconds."""
        deadline_s = time.monotonic() + limit_s
        with self._changed:
            while not done():
                left_s = deadline_s - time.monotonic()
                assert left_s > 0, f"not within {limit_s} s: {what}; {self.story()}"
                self._changed.wait(min(left_s, 0.02))

    def links(self, venue: Side, phase: Phase | None = None) -> list[tuple[float, Link]]:
        """Return what happened to a venue's connection."""
        with self._changed:
            seen = list(self.seen)
        links = [(at_s, event) for at_s, event in seen if isinstance(event, Link) and event.side is venue]
        return [(at_s, link) for at_s, link in links if phase in (None, link.phase)]

    def batches(self, venue: Side) -> list[tuple[float, Batch]]:
        """Return what a venue's reads brought."""
        with self._changed:
            seen = list(self.seen)
        return [(at_s, event) for at_s, event in seen if isinstance(event, Batch) and event.side is venue]

    def quotes(self, venue: Side) -> list[tuple[float, Quote]]:
        """Return a venue's quotes."""
        return [(at_s, quote) for at_s, batch in self.batches(venue) for quote in batch.quotes]

    def reasons(self, venue: Side) -> list[str]:
        """Return why a venue's connections were lost."""
        return [link.reason for _, link in self.links(venue, Phase.LOST)]

    def story(self) -> str:
        """Return the last links, for a failed assertion."""
        links = [event for _, event in self.seen if isinstance(event, Link)]
        return " | ".join(f"{link.side} {link.phase}: {link.reason}" for link in links[-6:])


def lone(url: str, skipped: SkippedTime, chance: Callable[[], float], settings: StreamSettings = USUAL) -> Stream:
    """Return a spot stream without a thread: `_run` may be called, and waits nowhere."""
    spot = Side.SPOT
    one = quote_stream(
        market_of(spot, SYMBOL),
        url,
        [binance.contract(spot, SYMBOL)],
        binance.contract(spot, "BTCUSDT"),
        settings=settings,
        ca_file=None,
        sink=lambda _: None,
        clock=skipped.now,
        chance=chance,
        renewing=threading.Lock(),
    )
    one._stopping = Skipping(skipped)
    return one


class Publisher:
    """Sends a quote of each venue every `interval_s` seconds with consecutive update ids, a context manager."""

    def __init__(self, exchange: Exchange, interval_s: float = 0.01, symbol: str = SYMBOL) -> None:
        self.paused = False
        self.sent_s: list[float] = []
        self._exchange, self._interval_s, self._symbol = exchange, interval_s, symbol
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="publisher", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join(_JOIN_S)

    def _run(self) -> None:
        number = 0
        while not self._stopping.wait(self._interval_s):
            if self.paused:
                continue
            number += 1
            bid, ask = f"{1000 + number % 97}.10", f"{1000 + number % 97}.20"
            for venue in ("spot", "futures"):
                self._exchange.quote(venue, self._symbol, bid, ask, u=number)
            self.sent_s.append(time.monotonic())


def _now() -> Instant:
    return Instant(time.time_ns() // 1_000_000, time.monotonic_ns() // 1_000_000)


def longest_gap_s(arrived_s: Sequence[float], sent_s: Sequence[float]) -> float:
    """Return the longest time without an arrival while something was being sent all the time.

    A pause of the sender, which shares this machine's processors, does not count.
    """
    longest_s = 0.0
    for begin_s, end_s in itertools.pairwise(arrived_s):
        if end_s - begin_s > longest_s:
            within = [begin_s, *(at_s for at_s in sent_s if begin_s < at_s < end_s), end_s]
            pause_s = max(after - before for before, after in itertools.pairwise(within))
            longest_s = max(longest_s, end_s - begin_s - (pause_s if len(within) > 2 else end_s - begin_s))
    return longest_s


def quantile(values: Iterable[float], share: float) -> float:
    """Return the value that `share` of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]
