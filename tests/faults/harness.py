"""A rig: the real program without a window, on the local exchange, with a feeder and the independent sampler.

The program's parts come from app.live and are served by the `watch` command, as on a terminal. Times are
scaled down where `scaled()` is in force: the silence limit from 3 s to 0.3 s, the backoff likewise.
"""

import contextlib
import json
import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from decimal import Decimal
from io import StringIO
from types import TracebackType
from typing import Self
from unittest import mock

import msgspec

from spreadwatch import app, worker
from spreadwatch.commands.output import JsonLines
from spreadwatch.commands.watch import WatchOptions, watch
from spreadwatch.config import Config, Endpoints, Feed
from spreadwatch.core.alerts import Direction, Number, Rule
from spreadwatch.core.events import Clock
from spreadwatch.core.snapshot import LegSnapshot, PairSnapshot, Snapshot, to_json
from spreadwatch.feed import clock, policy, stream
from spreadwatch.feed.policy import Attempts
from tests.exchange.server import Exchange
from tests.faults.feeder import SYMBOL, VENUES, Feeder
from tests.faults.sampler import Sampler
from tests.faults.truth import BrokenPromiseError, PairClaim, claim_of_alert, claim_of_json, claim_of_snapshot

SILENCE_S = 0.3
GRACE_S = 0.25
"""Scaled runs: how long after the limit a leg may be live. 1 s would be 0.1 s, but threads do not scale."""

_POLL_S = 0.002
_STARVED_S = 0.02
_JSON_EVERY = 16


class Stopped(Exception):  # noqa: N818 - an outcome, not an error
    """The rig ends its loop."""


@contextlib.contextmanager
def scaled() -> Iterator[None]:
    """Make the program's fixed waits a tenth or less, so that many episodes fit into a second."""
    with (
        mock.patch.object(policy, "_FIRST_DELAY_S", 0.02),
        mock.patch.object(policy, "_PROVEN_S", 0.0),
        mock.patch.object(worker, "_RESTART_S", 0.1),
    ):
        yield


class Errors(logging.Handler):
    """Collects what the program logged as ERROR, and threads that died."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.kinds: Counter[str] = Counter()

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        self.kinds[f"{record.getMessage()}: {error!r}"] += 1

    def __enter__(self) -> Self:
        logging.getLogger("spreadwatch").addHandler(self)
        self._hook = threading.excepthook
        threading.excepthook = self._died
        return self

    def __exit__(self, *_: object) -> None:
        logging.getLogger("spreadwatch").removeHandler(self)
        threading.excepthook = self._hook

    def _died(self, failure: threading.ExceptHookArgs) -> None:
        self.kinds[f"a thread died: {failure.exc_value!r}"] += 1


class _Screen(JsonLines):
    """Stands where the terminal stands: keeps the last snapshot, and its JSON now and then."""

    def __init__(self, stopping: threading.Event) -> None:
        super().__init__(StringIO())
        self._stopping = stopping
        self.frozen = threading.Lock()
        """Who holds it freezes the main loop."""
        self.last: Snapshot | None = None
        self.json: bytes | None = None
        self.turns = 0

    def show(self, snapshot: Snapshot) -> None:
        with self.frozen:
            pass
        self.last = snapshot
        self.turns += 1
        if self.turns % _JSON_EVERY == 0:
            self.json = msgspec.json.encode(to_json(snapshot.pairs[0]))
        if self._stopping.is_set():
            raise Stopped


_RULES = tuple(  # around the spread of a steady feeder, which swings by a cent
    Rule(f"within {hold_s:g} s", SYMBOL, Number.SPREAD, side, level, rearm, hold_s)
    for side, level, rearm in (
        (Direction.BELOW, Decimal("-1.30"), Decimal("-1.28")),
        (Direction.ABOVE, Decimal("-1.28"), Decimal("-1.30")),
    )
    for hold_s in (0.0, 0.6)  # the longer one can only end in a silence
)


class Rig:
    """The program, the exchange, the feeder and the sampler, as a context manager."""

    outlives = True
    """Whether the main loop goes on after an exception, as the window's does (ui/loop.py)."""

    def __init__(
        self,
        *,
        silence_s: float = SILENCE_S,
        handshake_s: float = 0.5,
        backoff_cap_s: float = 0.1,
        grace_s: float = GRACE_S,
        pace_s: float = 0.01,
        inbox_batches: int = 100_000,
        now: Clock = clock.now,
        unlimited: bool = True,
        clock_offset_ms: int = 0,
        rest: bytes | None = None,
    ) -> None:
        """`unlimited` lifts the budget of attempts; `clock_offset_ms` is the exchange's clock minus ours.

        `rest` is what the exchange answers to every REST request, None for the truth.
        """
        self.silence_s, self.grace_s = silence_s, grace_s
        self.exchange = Exchange(clock_offset_ms=clock_offset_ms)
        self.feeder = Feeder(self.exchange, pace_s)
        self.line, self.end, self.spoil = self.feeder.line, self.feeder.end, self.feeder.spoil
        self.hold, self.send = self.feeder.hold, self.feeder.send
        self._feed = Feed(
            silence_s=silence_s, handshake_s=handshake_s, backoff_cap_s=backoff_cap_s, inbox_batches=inbox_batches
        )
        self._now = now
        self._unlimited = unlimited
        if rest is not None:
            for venue in VENUES:
                self.exchange.rest(venue, rest)
        self._stopping = threading.Event()
        self._screen = _Screen(self._stopping)
        self.sampler = Sampler(self._look, self.feeder.truths, silence_s, grace_s, self._new_alerts)
        self._last_alert = 0
        self._thread = threading.Thread(target=self._serve, name="rig-main", daemon=True)

    def __enter__(self) -> Self:
        self.exchange.__enter__()
        endpoints = Endpoints(
            self.exchange.spot_stream, self.exchange.futures_stream, self.exchange.spot_rest, self.exchange.futures_rest
        )
        self.streams: dict[str, stream.Stream] = {}
        with mock.patch.object(clock, "now", self._now):
            self.session = app.live(Config((SYMBOL,), feed=self._feed, endpoints=endpoints, alerts=_RULES))
            self._launch = self.session.launch
            self.session.launch = self._prepare  # type: ignore[method-assign]
            self.feeder.start()
            self.session.start()
        self._thread.start()
        self.sampler.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.sampler.stop()
        self._stopping.set()
        self._thread.join(5)
        self.session.stop()
        self.feeder.stop()
        self.exchange.__exit__(kind, error, trace)

    def _prepare(self, worker: worker.Worker) -> None:
        if isinstance(worker, stream.Stream):
            self.streams[worker.name] = worker
            if self._unlimited:
                worker._policy._attempts = Attempts(10**9, 0.001)
        self._launch(worker)

    def _serve(self) -> None:
        while not self._stopping.is_set():
            try:
                watch(self.session.turn, self._screen, WatchOptions(0.001, None, once=False), self.session.check)
            except Stopped:
                return
            except Exception:  # noqa: BLE001 - see `outlives`
                if not self.outlives:
                    return
                self._stopping.wait(0.016)

    # What the program shows

    @property
    def snapshot(self) -> Snapshot | None:
        """The last snapshot shown."""
        return self._screen.last

    @property
    def pair(self) -> PairSnapshot:
        """The pair in it."""
        snapshot = self._screen.last
        if snapshot is None:
            raise BrokenPromiseError("nothing was shown yet")
        return snapshot.pairs[0]

    def leg(self, venue: str) -> LegSnapshot:
        """One side of it."""
        return self.pair.spot if venue == "spot" else self.pair.futures

    def is_live(self, venue: str) -> bool:
        """Tell whether a leg is shown as live."""
        return self._screen.last is not None and self.leg(venue).state.value == "live"

    def _look(self) -> PairClaim | None:
        line, self._screen.json = self._screen.json, None
        if line is not None:
            return claim_of_json(json.loads(line))
        snapshot = self._screen.last
        return None if snapshot is None else claim_of_snapshot(snapshot.pairs[0])

    def _new_alerts(self) -> list[tuple[float, PairClaim]]:
        """Return the alerts since the last call, oldest first."""
        snapshot = self._screen.last
        new = [alert for alert in (snapshot.alerts if snapshot else ()) if alert.serial > self._last_alert]
        if new:
            self._last_alert = new[-1].serial
        return [(alert.at.mono_ms / 1000, claim_of_alert(alert)) for alert in new]

    def reasons(self, venue: str) -> Counter[str]:
        """Return why connections ended so far, counted."""
        return Counter(self.streams[venue].health.report(self._now()).reasons)

    def clock_s(self) -> float:
        """Return the monotonic time in seconds."""
        return time.monotonic()

    # Waiting

    def until(self, predicate: Callable[[], bool], limit_s: float, what: str) -> float:
        """Wait for something the program does and return the seconds it took.

        Time in which this machine let this thread wait does not count against the limit.
        """
        began_s = last_s = time.monotonic()
        counted_s = 0.0
        while not predicate():
            if counted_s > limit_s:
                raise BrokenPromiseError(f"not within {limit_s:g} s: {what}; shown: {self.words()}")
            time.sleep(_POLL_S)
            now_s = time.monotonic()
            counted_s += min(now_s - last_s, _STARVED_S)
            last_s = now_s
        return last_s - began_s

    def until_live(self, limit_s: float = 5.0) -> float:
        """Wait until both legs are live."""
        return self.until(lambda: all(map(self.is_live, VENUES)), limit_s, "both legs live")

    def words(self) -> str:
        """Say what is shown, for a failure's text."""
        snapshot = self.snapshot
        if snapshot is None:
            return "nothing"
        pair = snapshot.pairs[0]
        legs = (f"{leg.side} {leg.state} ({leg.reason})" for leg in (pair.spot, pair.futures))
        return "; ".join([*legs, f"rejects {snapshot.rejects}", f"counts {pair.counts}"])

    def check_lies(self) -> None:
        """Raise when the sampler saw a lie."""
        if self.sampler.lie_count:
            raise BrokenPromiseError(f"{self.sampler.lie_count} lies: {self.sampler.lies}")

    @contextlib.contextmanager
    def freeze(self) -> Iterator[None]:
        """Let the main loop hang; what is shown meanwhile is not judged."""
        self.sampler.paused = True
        with self._screen.frozen:
            yield
        turns = self._screen.turns
        self.until(lambda: self._screen.turns > turns + 2, 5.0, "the main loop goes on")
        self.sampler.paused = False
