"""A hostile exchange for half a minute: the program grows by little, its main loop goes on, and it comes back."""

import threading
import time

import pytest

from tests.exchange.server import Exchange
from tests.faults import figures
from tests.faults.attacks import Attacker
from tests.faults.feeder import VENUES, Feeder
from tests.faults.program import Program, urls_of

_MEMORY_MIB, _STALL_MS = 5.0, 100
_MUTANT_MIB = 200.0
_QUIET_S = 3.0


class _Siege:
    """The program under attack: what it grew by, and how long its main loop stood still."""

    def __init__(self, seconds: float, names: list[str] | None = None, mutant: str | None = None) -> None:
        self.grown_mib: dict[str, float] = {}
        with Exchange() as exchange:
            feeder = Feeder(exchange, 0.01)
            feeder.start()
            settings = {"BACKOFF_CAP_S": 0.5, "SILENCE_S": 1}
            try:
                with Program(urls_of(exchange), mutant=mutant, truths=feeder.truths, settings=settings) as program:
                    program.until(program.is_live, 10.0, "live")
                    time.sleep(_QUIET_S)
                    for venue in VENUES:
                        with feeder.between_beats[venue]:
                            feeder.held.add(venue)
                    self.attacker = Attacker(exchange, names)
                    self._attack(program, seconds)
                    feeder.held.clear()
                    self.back_s = program.until(program.is_live, 10.0, "live again")
                    self.lies = program.lies
            finally:
                feeder.stop()
        self.errors = [line for line in program.errors.splitlines() if "Traceback" in line or " ERROR " in line]

    def _attack(self, program: Program, seconds: float) -> None:
        before_mib = program.resources().rss_mib
        began_s = time.monotonic()
        attack = threading.Thread(target=self.attacker.run, args=(seconds,))
        attack.start()
        self.most_mib = 0.0
        while attack.is_alive():
            self.most_mib = max(self.most_mib, program.resources().rss_mib - before_mib)
            if self.most_mib > _MUTANT_MIB:
                self.attacker.enough.set()
            time.sleep(0.02)
        self.stall_ms = program.longest_stall_ms(began_s)


@pytest.mark.timeout(180)
def test_a_hostile_exchange_costs_little_memory_and_no_frames() -> None:
    siege = _Siege(30)
    print(siege.attacker.struck, siege.most_mib, siege.stall_ms)
    assert all(siege.attacker.struck.values())
    kept = [
        figures.note("hostile server for 30 s: memory", siege.most_mib, "MiB", _MEMORY_MIB),
        figures.note("hostile server for 30 s: longest stall of the main loop", siege.stall_ms, "ms", _STALL_MS),
        figures.note("network back to first quote, after the hostile server", siege.back_s, "s", 6.0),
    ]
    assert siege.errors == []
    assert siege.lies == []
    assert all(kept)


@pytest.mark.timeout(180)
def test_a_mutant_without_a_cap_grows() -> None:
    assert _Siege(4, ["a frame of 2^62 bytes"], "no_cap").most_mib > _MEMORY_MIB


@pytest.mark.timeout(180)
def test_a_mutant_whose_main_loop_waits_stands_still() -> None:
    assert _Siege(4, ["garbage"], "main_loop_waits").stall_ms > _STALL_MS
