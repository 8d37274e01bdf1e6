"""Attempts to connect: never more than 70 per venue in five minutes, whatever the server does."""

import json
import os
import random
import subprocess
import sys
import threading
import time
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from unittest.mock import patch

import pytest

from spreadwatch.core.events import Phase
from spreadwatch.core.quote import Side
from spreadwatch.feed.policy import Attempts, delays
from tests.exchange.server import Connection, Exchange, encode, frame, http_response
from tests.faults import figures
from tests.faults.streams import STREAM, USUAL, Mutants, SkippedTime, Streams, bases, fails

SPOT, FUTURES = Side.SPOT, Side.FUTURES
ROOT = Path(__file__).resolve().parents[2]
_REAL_S = 30.0
_WINDOW_S = 300.0
_MOST = 70
_PROMISE = "attempts per venue in 5 min"
_SHUTTING = frame(b'{"e":"serverShutdown","E":1770123456789}')


def busiest(times: Sequence[float]) -> int:
    """Return how many of the ordered times lie in the busiest five minutes."""
    return max((bisect_left(times, at_s + _WINDOW_S) - index for index, at_s in enumerate(times)), default=0)


def _check(times: Sequence[float]) -> None:
    most = busiest(times)
    figures.note(_PROMISE, most, "attempts", _MOST)
    assert most <= _MOST, f"{most} attempts in {_WINDOW_S:g} s"


def arithmetic(lasts: Callable[[random.Random], float]) -> None:
    """A day of attempts that last as long as `lasts` says, on the pacing alone."""
    chance = random.Random(figures.seed())
    attempts, waits = Attempts(), delays(0.5, 5.0, chance.random)
    now_s, times = 0.0, []
    while now_s < 86400:
        now_s += attempts.pause(now_s)
        times.append(now_s)
        lasted_s = lasts(chance)
        if lasted_s > 30:
            waits = delays(0.5, 5.0, chance.random)
        now_s += lasted_s + next(waits)
    _check(times)


LASTING: dict[str, Callable[[random.Random], float]] = {
    "nothing": lambda _: 0.0,
    "one second": lambda _: 1.0,
    "up to five seconds": lambda chance: chance.random() * 5,
    "now short, now long": lambda chance: chance.choice((0.0, 0.0, 0.0, 31.0, 300.0)),
}


@pytest.mark.parametrize("case", LASTING)
def test_the_pacing_keeps_the_budget(case: str) -> None:
    arithmetic(LASTING[case])


def _dies(skipped: SkippedTime, after_s: float) -> Callable[[Connection, bytes], bytes | None]:
    """Answer a subscription with a quote, and end the connection `after_s` later on the skipped clock."""

    def answer(connection: Connection, _: bytes) -> None:
        quote = {"s": "ETHUSDT", "u": 1, "b": "1", "B": "1", "a": "2", "A": "1"}
        connection.send_raw(connection.wrap(STREAM, encode(quote)))
        skipped.skip(after_s)
        connection.fin()

    return answer


def _refuse(exchange: Exchange, _: SkippedTime) -> None:
    exchange.refuse("spot")


BAD: dict[str, Callable[[Exchange, SkippedTime], None]] = {
    "refuses at once": _refuse,
    "accepts and dies at once": lambda exchange, _: exchange.accept("spot", b""),
    "hangs up on the request": lambda exchange, _: exchange.upgrade("spot", b""),
    "has trouble (503)": lambda exchange, _: exchange.upgrade("spot", http_response(503)),
    "dies after the first quote": lambda exchange, time: exchange.answer("spot", _dies(time, 0.0)),
    "dies after 1 s": lambda exchange, time: exchange.answer("spot", _dies(time, 1.0)),
    "dies after 31 s": lambda exchange, time: exchange.answer("spot", _dies(time, 31.0)),
}


def minutes(case: str) -> None:
    """Eleven minutes on the skipped clock against a server that does not serve, on real sockets."""
    skipped = SkippedTime()
    with Exchange() as exchange:
        BAD[case](exchange, skipped)
        with Streams(bases(exchange, SPOT), USUAL, skipped=skipped) as streams:
            began_s = skipped.monotonic()
            streams.wait(lambda: skipped.monotonic() - began_s > 660, 20.0, "eleven minutes")
            streams.stop()
            times = [at_s for at_s, _ in streams.links(SPOT, Phase.OPENING)]
    assert len(times) > 15, times
    _check(times)


@pytest.mark.parametrize("case", BAD)
def test_a_server_that_does_not_serve_is_not_stormed(case: str) -> None:
    minutes(case)


def shutdowns(late_s: float, seconds: float = 6.0) -> None:
    """Every connection says, `late_s` after its first quote, that it will be closed."""
    ending = threading.Event()
    timers: list[threading.Timer] = []

    def answer(connection: Connection, _: bytes) -> None:
        quote = {"s": "ETHUSDT", "u": len(exchange.connections("spot")), "b": "1", "B": "1", "a": "2", "A": "1"}
        connection.send_raw(connection.wrap(STREAM, encode(quote)))
        timers.append(threading.Timer(late_s, connection.send_raw, [_SHUTTING]))
        timers[-1].start()

    with Exchange(heartbeat=0.05) as exchange:
        exchange.answer("spot", answer)
        with Streams(bases(exchange, SPOT), USUAL) as streams:
            ending.wait(seconds)
            streams.stop()
        made = len(exchange.attempts("spot"))
        for timer in timers:
            timer.cancel()
            timer.join()
    allowed = 10 + seconds / 5 + 1
    per_window = made * _WINDOW_S / seconds if made > allowed else made
    figures.note(f"{_PROMISE}, every connection announces its end", per_window, "attempts", _MOST)
    assert made <= allowed, f"{made} attempts in {seconds} s"


def test_announced_ends_do_not_make_a_storm() -> None:
    shutdowns(0.25)


@pytest.fixture(scope="module", autouse=True)
def real_run() -> Iterator["subprocess.Popen[bytes]"]:
    """Run half a minute in real time beside this module's other tests, which turn the clock of their own process."""
    command = [sys.executable, "-m", "tests.faults.test_attempts"]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(ROOT)}
    ) as run:
        yield run
        run.kill()


def _half_a_minute() -> None:
    """Print how many attempts each venue saw."""
    with Exchange() as exchange:
        exchange.upgrade("spot", b"")
        exchange.accept("futures", b"")
        with Streams(bases(exchange), USUAL) as streams:
            time.sleep(_REAL_S)
            streams.stop()
        print(json.dumps([len(exchange.attempts(venue)) for venue in ("spot", "futures")]))


MUTANTS: Mutants = {
    "no budget": lambda: [patch.object(Attempts, "pause", lambda *_: 0.0)],
}


@pytest.mark.parametrize("case", ["nothing", "one second"])
def test_arithmetic_without_a_budget_is_noticed(case: str) -> None:
    fails(MUTANTS["no budget"](), lambda: arithmetic(LASTING[case]))


@pytest.mark.parametrize("case", [case for case in BAD if "31" not in case])
def test_a_storm_is_noticed(case: str) -> None:
    fails(MUTANTS["no budget"](), lambda: minutes(case))


def test_half_a_minute_in_real_time(real_run: "subprocess.Popen[bytes]") -> None:
    words, _ = real_run.communicate(timeout=_REAL_S + 30)
    counts = json.loads(words)
    most = max(counts)
    # The first ten may come at once, whatever is above them goes on at its pace.
    extrapolated = 10 + (most - 10) * _WINDOW_S / _REAL_S if most > 10 else most * _WINDOW_S / _REAL_S
    assert min(counts) >= 5, counts
    assert figures.note(f"{_PROMISE}, {_REAL_S:g} s extrapolated", extrapolated, "attempts", _MOST), counts


if __name__ == "__main__":
    _half_a_minute()
