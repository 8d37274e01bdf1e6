"""A long time under load and faults: nothing piles up, nothing is late, nothing goes wrong unseen."""

import json
import random
import subprocess
import sys
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.exchange.server import Connection, Exchange, frame
from tests.faults import figures
from tests.faults.feeder import VENUES, Feeder, be_silent
from tests.faults.program import Program, Resources, Urls, urls_of
from tests.faults.trial import EPISODES, LIES

ROOT = Path(__file__).resolve().parents[2]
_MEMORY_MIB = 5.0
_PACE_S, _AT_ONCE = 0.01, 5  # 1,000 messages a second from both venues
_LAG_MS = 250

_ENDS: list[Callable[[Connection], object]] = [
    lambda one: one.fin(),
    lambda one: one.rst(),
    lambda one: one.close(1001),
    lambda one: one.close(1008, end_tcp=False),
    lambda one: one.send_raw(frame(b"", rsv=1)),
    lambda one: one.send_raw(frame(b"x", length=1 << 62)),
]
_SPOILS: list[Callable[[Connection], object]] = [
    lambda one: one.mute(),
    lambda one: one.send_raw(frame(b"x" * 1000)[:500]),
    lambda one: one.send_raw(frame(b"{") * 1000),
]


class _Soak:
    """The program under load, with a fault every now and then."""

    def __init__(self, seconds: float, every_s: float, mutant: str | None = None) -> None:
        self.faults = 0
        with Exchange() as exchange:
            feeder = Feeder(exchange, _PACE_S)

            def several(one: Connection) -> None:
                for _ in range(_AT_ONCE):
                    feeder.quote(one)

            feeder.default = dict.fromkeys(VENUES, several)
            feeder.start()
            try:
                with Program(
                    urls_of(exchange),
                    mutant=mutant,
                    interval_s=0.05,
                    truths=feeder.truths,
                    settings={"SILENCE_S": 1, "BACKOFF_CAP_S": 0.5},
                ) as program:
                    self._run(program, feeder, seconds, every_s)
            finally:
                feeder.stop()
        self.errors = [line for line in program.errors.splitlines() if "Traceback" in line or "ERROR" in line]

    def _run(self, program: Program, feeder: Feeder, seconds: float, every_s: float) -> None:
        chance = random.Random(figures.seed())
        program.until(program.is_live, 10.0, "live")
        for how in (*_ENDS, *_SPOILS):  # whatever is made once is made now
            self._fault(program, feeder, chance.choice(VENUES), how)
        time.sleep(3.0)
        self.before = program.resources()
        began_s = time.monotonic()
        while time.monotonic() - began_s < seconds:
            self._fault(program, feeder, chance.choice(VENUES), chance.choice([*_ENDS, *_SPOILS]))
            time.sleep(max(every_s - 0.2, 0.0))
        program.until(program.is_live, 10.0, "live at the end")
        time.sleep(1.5)
        self.after = program.resources()
        self.lies, self.lie_count, self.last = program.lies, program.lie_count, program.last or {}
        self.per_second = self._taken(program) / (time.monotonic() - began_s)

    def _fault(self, program: Program, feeder: Feeder, venue: str, how: Callable[[Connection], object]) -> None:
        program.until(lambda: feeder.current(venue) is not None and program.is_live(), 10.0, "live again")
        self.faults += 1
        (feeder.end if how in _ENDS else _spoil(feeder))(venue, how)
        time.sleep(0.2)

    def _taken(self, program: Program) -> int:
        counts = (program.last or {})["counts"]
        return int(counts["spot"]) + int(counts["futures"])

    def drift(self) -> Resources:
        """Return what it holds more than in the beginning."""
        return Resources(
            self.after.rss_mib - self.before.rss_mib,
            self.after.threads - self.before.threads,
            self.after.files - self.before.files,
        )


def _spoil(feeder: Feeder) -> Callable[[str, Callable[[Connection], object]], object]:
    return lambda venue, how: feeder.spoil(venue, be_silent, how)


@pytest.mark.timeout(900)
def test_a_soak_with_faults_leaves_nothing_behind() -> None:
    soak = _Soak(600, 10) if figures.is_long() else _Soak(20, 1)
    drift = soak.drift()
    print(soak.faults, soak.per_second, soak.before, soak.after)
    name = "soak, 10 min" if figures.is_long() else "soak, 20 s"
    figures.note(EPISODES, soak.faults, "episodes", 10_000, "total")
    figures.note(LIES, soak.lie_count, "lies", 0)
    kept = [
        figures.note(f"{name}: memory drift", drift.rss_mib, "MiB", _MEMORY_MIB),
        figures.note(f"{name}: threads more", drift.threads, "threads", 0),
        figures.note(f"{name}: files more", drift.files, "files", 0),
        figures.note(f"{name}: unhandled exceptions", len(soak.errors), "exceptions", 0),
    ]
    assert soak.lies == []
    assert soak.errors == []
    assert all(kept), drift


def test_a_mutant_that_closes_nothing_does_not_stand() -> None:
    drift = _Soak(4, 0.3, mutant="leaks").drift()
    assert drift.threads > 0
    assert drift.files > 0
    assert drift.rss_mib > _MEMORY_MIB


class _Flood:
    """The program under 10,000 quotes a second, whose update ids tell the microsecond they left."""

    def __init__(self, seconds: float, mutant: str | None = None) -> None:
        self.lags_ms: list[float] = []
        self._before: dict[str, int] = {}
        command = ["-m", "tests.exchange.flood", "--json", "--rate", "10000", "--seconds", str(seconds)]
        with subprocess.Popen([sys.executable, *command], cwd=ROOT, stdout=subprocess.PIPE, text=True) as flood:
            assert flood.stdout is not None
            ready = json.loads(flood.stdout.readline())
            urls = Urls(*(ready[name] for name in Urls.__struct_fields__))
            with Program(urls, symbol="BTCUSDT", mutant=mutant) as program:
                program.on_line = self._take
                self.sent = json.loads(flood.stdout.readline())
                self.last = program.last or {}
            flood.wait(10)

    def _take(self, line: dict[str, Any]) -> None:
        for venue in VENUES:
            leg = line[venue]
            if leg["state"] == "live" and leg["update_id"] != self._before.get(venue):
                self._before[venue] = leg["update_id"]
                self.lags_ms.append(line["at_ms"] - leg["update_id"] / 1000)


@pytest.mark.timeout(180)
def test_ten_thousand_messages_a_second_are_shown_in_time_and_counted_each() -> None:
    flood = _Flood(30 if figures.is_long() else 5)
    print(flood.sent, max(flood.lags_ms))
    assert len(flood.lags_ms) > 100
    assert flood.last["counts"]["dropped"] == 0
    assert {venue: flood.last["counts"][venue] for venue in VENUES} == flood.sent["sent"]
    assert all(Decimal(flood.last["spread"][end]) == Decimal(flood.sent[end]) for end in ("max", "min"))
    assert figures.note("10,000 messages/s: the oldest quote shown as newest", max(flood.lags_ms), "ms", _LAG_MS)


def test_a_mutant_that_takes_ten_events_a_turn_does_not_stand() -> None:
    assert max(_Flood(5, mutant="slow_pump").lags_ms) > _LAG_MS
