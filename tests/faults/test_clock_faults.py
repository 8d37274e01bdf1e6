"""Clocks that jump, machines that sleep, an exchange whose clock is wrong: nothing old is called live."""

import os
import random
import signal
import threading
import time
from collections.abc import Callable

import pytest

from spreadwatch.core.quote import Instant
from spreadwatch.feed import clock
from tests.exchange.server import Exchange
from tests.faults import figures
from tests.faults.feeder import VENUES, Feeder
from tests.faults.harness import Errors, Rig, scaled
from tests.faults.mutants import MUTANTS
from tests.faults.program import Program, urls_of
from tests.faults.scenario import RECOVER_S, Fault, Kind, run
from tests.faults.trial import EPISODES, LIES
from tests.faults.truth import BrokenPromiseError

_REAL = clock.now  # the rig replaces it
_HOUR_MS = 3_600_000
_SILENCE_S = 1.0


class JumpingClock:
    """The machine's clocks; the wall clock can be set."""

    def __init__(self) -> None:
        self.offset_ms = 0

    def __call__(self) -> Instant:
        real = _REAL()
        return Instant(real.wall_ms + self.offset_ms, real.mono_ms)


def _jump(offset_ms: int) -> Callable[[Rig, JumpingClock], None]:
    """Set the wall clock: quotes go on, and a connection that falls silent at that moment is found out."""

    def scenario(rig: Rig, now: JumpingClock) -> None:
        def inject(rig: Rig, venue: str, _chance: random.Random) -> None:
            rig.spoil(venue, first=lambda one: one.mute())
            now.offset_ms += offset_ms

        run(rig, Fault(Kind.SILENT, inject, "", ""), "spot", random.Random(0))
        rig.until_live(RECOVER_S)
        now.offset_ms += offset_ms
        time.sleep(rig.silence_s / 2)
        rig.until_live(RECOVER_S)

    return scenario


def _sleep(rig: Rig, now: JumpingClock) -> None:
    """An hour goes by on the wall clock alone: what is shown first is stale, then it recovers."""
    with rig.hold("spot"), rig.hold("futures"):
        now.offset_ms += _HOUR_MS
        rig.until(lambda: not any(map(rig.is_live, VENUES)), rig.silence_s / 2, "both legs stale after the sleep")
    rig.until_live(RECOVER_S)


def _there_and_back(rig: Rig, now: JumpingClock) -> None:
    for offset_ms in (_HOUR_MS, -_HOUR_MS, -_HOUR_MS, _HOUR_MS):
        _jump(offset_ms)(rig, now)


_CLOCK_FAULTS: dict[str, tuple[Callable[[Rig, JumpingClock], None], str]] = {
    "an hour ahead": (_jump(_HOUR_MS), "sleep_unnoticed"),
    "an hour back": (_jump(-_HOUR_MS), "wall_clock_only"),
    "there and back": (_there_and_back, "wall_clock_only"),
    "a sleep": (_sleep, "monotonic_only"),
}


@pytest.mark.parametrize("name", _CLOCK_FAULTS)
def test_the_program_stands(name: str) -> None:
    now = JumpingClock()
    with scaled(), Errors() as errors, Rig(now=now) as rig:
        rig.until_live()
        _CLOCK_FAULTS[name][0](rig, now)
        rig.check_lies()
    assert not errors.kinds
    figures.note(EPISODES, 1, "episodes", 10_000, "total")


@pytest.mark.parametrize("name", _CLOCK_FAULTS)
def test_a_mutant_does_not_stand(name: str) -> None:
    scenario, mutant = _CLOCK_FAULTS[name]
    now = JumpingClock()
    with scaled(), MUTANTS[mutant](), Rig(now=now) as rig:
        rig.until_live()
        with pytest.raises(BrokenPromiseError):
            scenario(rig, now)


def _latencies(offset_ms: int) -> list[int]:
    with scaled(), Rig(clock_offset_ms=offset_ms) as rig:
        rig.until_live()
        rig.until(lambda: rig.pair.counts.futures > 20, 5.0, "twenty quotes")
        report = rig.streams["futures"].health.report(clock.now())
    assert report.offset_ms is not None
    assert abs(report.offset_ms + offset_ms) < 2000
    return [number for number in (report.latency_p50_ms, report.latency_p99_ms) if number is not None]


@pytest.mark.parametrize("offset_ms", [-_HOUR_MS, _HOUR_MS])
def test_an_exchange_whose_clock_is_wrong_has_an_offset_and_no_negative_latency(offset_ms: int) -> None:
    assert all(0 <= latency_ms < 2000 for latency_ms in _latencies(offset_ms))


@pytest.mark.parametrize("offset_ms", [-_HOUR_MS, _HOUR_MS])
def test_a_mutant_that_trusts_the_exchanges_clock_does_not_stand(offset_ms: int) -> None:
    with MUTANTS["latency_as_it_comes"]():
        assert not all(0 <= latency_ms < 2000 for latency_ms in _latencies(offset_ms))


class _Wake:
    """What the program prints after it was stopped and continued."""

    def __init__(self, mutant: str | None, stopped_s: float) -> None:
        self.old_shown_live: list[object] = []
        self.first_state = ""
        with Exchange() as exchange:
            feeder = Feeder(exchange, 0.01)
            feeder.start()
            settings = {"SILENCE_S": _SILENCE_S, "BACKOFF_CAP_S": 0.5}
            try:
                with Program(
                    urls_of(exchange), mutant=mutant, interval_s=0.02, truths=feeder.truths, settings=settings
                ) as program:
                    self._stop_and_continue(program, feeder, stopped_s)
            finally:
                feeder.stop()

    def _stop_and_continue(self, program: Program, feeder: Feeder, stopped_s: float) -> None:
        program.until(program.is_live, 10.0, "live")
        os.kill(program.process.pid, signal.SIGSTOP)
        time.sleep(0.3)  # what it had printed is read
        states: list[str] = []
        limit: list[int] = []
        judged = threading.Lock()

        def on_line(line: dict[str, dict[str, object] | str]) -> None:
            with judged:
                states.append(str(line["state"]))
                for venue in VENUES:
                    leg = line[venue]
                    assert isinstance(leg, dict)
                    if leg["state"] == "live" and int(str(leg["update_id"])) < limit[0]:
                        self.old_shown_live.append(line)

        time.sleep(stopped_s - 0.3 - 2 * _SILENCE_S)
        feeder.held.update(VENUES)  # what waits in the socket is too old when the process goes on
        time.sleep(2 * _SILENCE_S)
        limit.append(feeder.next_id())
        program.on_line = on_line
        os.kill(program.process.pid, signal.SIGCONT)
        time.sleep(0.5)
        feeder.held.clear()
        self.back_s = program.until(lambda: len(states) > 3 and program.is_live(), 10.0, "live again") + 0.5
        self.first_state = states[0]
        self.lies = program.lies


def test_after_a_stop_nothing_older_is_shown_as_live() -> None:
    wake = _Wake(None, 10.0 if figures.is_long() else 4.0)
    figures.note(LIES, len(wake.old_shown_live) + len(wake.lies), "lies", 0)
    figures.note("first output after a wake is stale", float(wake.first_state != "live"), "yes", 1, "higher")
    assert wake.old_shown_live == []
    assert wake.lies == []
    assert wake.first_state != "live"
    assert figures.note("continued process to first new quote", wake.back_s, "s", 6.0)


def test_a_mutant_shows_what_waited_in_the_socket() -> None:
    assert _Wake("sleep_unnoticed", 4.0).old_shown_live != []
