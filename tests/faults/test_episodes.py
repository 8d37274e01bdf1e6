"""Ten thousand episodes without a lie, a stall at every byte, and how fast it comes back at the real limits."""

import gc
import json
import random
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from spreadwatch.core.alerts import AlertBook
from tests.exchange.server import Connection
from tests.faults import figures, stream_faults
from tests.faults.episodes import quantile
from tests.faults.feeder import VENUES
from tests.faults.harness import Errors, Rig, scaled
from tests.faults.mutants import MUTANTS
from tests.faults.scenario import Fault, Kind, run
from tests.faults.trial import EPISODES, GREY, LIES
from tests.faults.truth import BrokenPromiseError

ROOT = Path(__file__).resolve().parents[2]
_TOGETHER = 10
_PROCESSES = 2  # each on a core of its own, with the rigs that one bears
_LOSSES = ["FIN", "RST", "close 1000 with TCP end", "close 1001 without TCP end", "close None with TCP end"]
_SILENCES = [name for name, fault in stream_faults.FAULTS.items() if fault.kind is Kind.SILENT]
_NOT_SILENT = ["endless empty fragments", "the exchange counts its updates anew"]  # they begin with a visible loss


@pytest.mark.timeout(400)
def test_ten_thousand_episodes_without_a_lie() -> None:
    seed = figures.seed()
    print(f"seed {seed}")
    many = 50_000 if figures.is_long() else 10_000
    command = [sys.executable, "-W", "error", "-m", "tests.faults.episodes", "--episodes", str(many // _PROCESSES)]
    runs = [
        subprocess.Popen([*command, "--seed", str(seed + number)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        for number in range(_PROCESSES)
    ]
    reports = [json.loads(one.communicate(timeout=350)[0]) for one in runs]
    print(reports)
    assert [one.returncode for one in runs] == [0] * _PROCESSES
    assert sum(map(_check_report, reports)) >= many


def _check_report(report: dict[str, Any]) -> int:
    """Assert that a process's episodes kept every promise; return how many they were."""
    episodes = int(sum(report["episodes"].values()))
    figures.note(EPISODES, episodes, "episodes", 10_000, "total")
    assert figures.note(LIES, report["lies"], "lies", 0)
    assert report["live_samples"] > episodes
    figures.note("alerts that fired under faults", report["alerts"], "alerts", 100, "total")
    assert report["alerts"] > 100
    assert figures.note("alerts from a stale leg", len(report["stale_alerts"]), "alerts", 0), report["stale_alerts"]
    assert report["failures"] == []
    assert report["errors"] == {}
    return episodes


def _stall(frame_form: int | None, offset: int) -> tuple[int, float]:
    fault = Fault(Kind.SILENT, stream_faults.stall_at(offset, frame_form), "sent no quote", "")
    with Rig() as rig:
        rig.until_live()
        run(rig, fault, "futures", random.Random(offset))
        return rig.sampler.lie_count, rig.sampler.worst_grey_s


def test_a_stall_at_every_byte_of_a_frame_is_found_out() -> None:
    with scaled(), Errors() as errors:
        with Rig() as rig:
            rig.until_live()
            sizes = {form: len(stream_faults.quote_frame(rig, "futures", form)) for form in (None, 8)}
        cuts = [(form, offset) for form, size in sizes.items() for offset in range(1, size if form is None else 11)]
        with ThreadPoolExecutor(_TOGETHER) as pool:
            found = list(pool.map(lambda cut: _stall(*cut), cuts))
    assert not errors.kinds
    figures.note(EPISODES, len(cuts), "episodes", 10_000, "total")
    assert figures.note(LIES, sum(lies for lies, _ in found), "lies", 0)
    assert figures.note(GREY, max(grey_s for _, grey_s in found), "s", 1.0)


def _real(names: list[str], recover_s: float) -> list[float]:
    """Commit each fault on both venues at the real limits, on a program that was just started."""

    def one(number_and_name: tuple[int, str]) -> list[float]:
        number, name = number_and_name
        chance = random.Random(f"{figures.seed()} {number}")
        with Rig(silence_s=3, handshake_s=5, backoff_cap_s=5, grace_s=1, unlimited=False) as rig:
            rig.until_live()
            took_s = []
            for venue in VENUES:
                took_s.append(run(rig, stream_faults.FAULTS[name], venue, chance, recover_s))
                rig.until_live(recover_s)
            rig.check_lies()
        grey_s.append(rig.sampler.worst_grey_s)
        lies.append(rig.sampler.lie_count)
        return took_s

    grey_s: list[float] = []
    lies: list[int] = []
    with Errors() as errors, ThreadPoolExecutor(_TOGETHER) as pool:
        took_s = [each for pair in pool.map(one, enumerate(names)) for each in pair]
    assert not errors.kinds
    figures.note(EPISODES, len(took_s), "episodes", 10_000, "total")
    assert figures.note(LIES, sum(lies), "lies", 0)
    assert figures.note(GREY, max(*grey_s, 0.0), "s", 1.0)
    return took_s


def test_a_visible_loss_is_over_within_a_second() -> None:
    took_s = _real(_LOSSES * (40 if figures.is_long() else 12), 5.0)
    print(sorted(took_s)[-5:])
    assert figures.note("visible loss to new quotes, p99", quantile(took_s, 0.99), "s", 1.0)


def test_a_silent_loss_is_over_within_five_seconds() -> None:
    took_s = _real([name for name in _SILENCES if name not in _NOT_SILENT], 4.0)
    print(sorted(took_s)[-5:])
    assert figures.note("silent loss to new quotes, the longest", max(took_s), "s", 5.0)


def test_an_exchange_far_away_that_counts_anew_is_followed() -> None:
    _count_anew_from_afar()


def test_a_mutant_that_never_minds_old_ids_does_not_stand() -> None:
    with MUTANTS["deaf_and_never_stuck"](), pytest.raises(BrokenPromiseError):
        _count_anew_from_afar()


def _count_anew_from_afar() -> None:
    """Its first quote comes a while after the connection opened, as over a long way."""
    away_s = 0.1
    with scaled(), Errors() as errors, Rig() as rig:
        rig.until_live()

        def late(one: Connection) -> None:
            if rig.clock_s() - one.opened_at > away_s:
                rig.feeder.quote(one)

        rig.feeder.default = dict.fromkeys(VENUES, late)
        fault = stream_faults.FAULTS["the exchange counts its updates anew"]
        run(rig, fault, "spot", random.Random(0), 2 * (rig.silence_s + away_s) + 0.5)
        rig.until_live(2.0)
        rig.check_lies()
    assert not errors.kinds


def _held() -> tuple[int, int]:
    """Return how many threads and files this process holds."""
    gc.collect()
    return threading.active_count(), len(list(Path("/proc/self/fd").iterdir()))


def _die_young(life_s: float, many: int) -> None:
    """Let every connection die after `life_s`; assert that each is replaced and nothing stays behind."""
    with scaled(), Errors() as errors, Rig() as rig:
        rig.until_live()
        before = _held()

        def mortal(one: Connection) -> None:
            if rig.clock_s() - one.opened_at > life_s:
                rig.feeder.truths[one.venue].ended(one)
                one.rst()
            else:
                rig.feeder.quote(one)

        rig.feeder.default = dict.fromkeys(VENUES, mortal)
        for venue in VENUES:
            rig.until(lambda venue=venue: len(rig.exchange.connections(venue)) > many, 20.0, f"{many} connections")  # type: ignore[misc]
        rig.feeder.default = dict.fromkeys(VENUES, rig.feeder.quote)
        rig.until_live(1.0)
        rig.until(lambda: all(now <= then for now, then in zip(_held(), before, strict=True)), 2.0, "nothing is left")
        rig.check_lies()
    assert not errors.kinds
    figures.note(EPISODES, 2 * many, "episodes", 10_000, "total")


def test_connections_that_all_die_after_a_moment_are_replaced_and_leave_nothing() -> None:
    _die_young(0.1, 30)


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_mutant_that_closes_nothing_does_not_stand() -> None:
    with MUTANTS["leaks"](), pytest.raises(BrokenPromiseError):
        _die_young(0.1, 10)
    gc.collect()


def _outages() -> list[str]:
    """Alert rules over venues that go away for a second; return the alerts that came from a leg that was not live."""
    with scaled(), Rig() as rig:
        rig.until_live()
        rig.until(lambda: rig.sampler.alerts > 0, 5.0, "an alert")
        for number in range(4):
            venue = VENUES[number % 2]
            rig.exchange.refuse(venue)
            rig.end(venue, lambda one: one.rst())
            time.sleep(1.0)
            rig.exchange.start(venue)
            rig.until_live(4.0)
        rig.until(lambda: rig.sampler.alerts > 0, 1.0, "an alert")
        time.sleep(0.2)
        return list(rig.sampler.stale_alerts)


def test_no_alert_comes_from_an_outage() -> None:
    assert _outages() == []


def test_a_mutant_whose_alerts_outlive_an_outage_is_noticed() -> None:
    with patch.object(AlertBook, "lose", lambda *_: []):
        assert _outages()
