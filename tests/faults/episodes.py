"""`python -m tests.faults.episodes`: many rigs, fault after fault until there were enough; prints figures as JSON.

A process of its own, so that several can share the machine's cores.
"""

import argparse
import gc
import json
import logging
import random
import sys
import threading
import time
from collections import Counter

from tests.faults import frame_faults, payload_faults, stream_faults
from tests.faults.feeder import VENUES
from tests.faults.harness import Errors, Rig, scaled
from tests.faults.scenario import Fault, Kind, run
from tests.faults.truth import BrokenPromiseError

_MANY = 20  # a failure is told, but not thousands of times
_SILENT_SHARE, _LOSS_SHARE = 0.03, 0.27


class Run:
    """All that several rigs found."""

    def __init__(self, seed: int, most: int, seconds: float) -> None:
        self.seed = seed
        self._most = most
        self._until_s = time.monotonic() + seconds
        self.episodes: Counter[str] = Counter()
        self.alerts = 0
        self.stale_alerts: list[str] = []
        self.lies = 0
        self.failures: list[str] = []
        self.worst_grey_s = 0.0
        self.samples = 0
        self.losses_s: list[float] = []
        self.silences_s: list[float] = []
        self._lock = threading.Lock()

    def serve(self, number: int) -> None:
        """Keep one rig under faults until the time is over; a rig that broke is made anew."""
        chance = random.Random(f"{self.seed} {number}")
        while not self._over():
            with Rig() as rig:
                try:
                    rig.until_live()
                    self._torment(rig, chance)
                except (BrokenPromiseError, AssertionError) as error:
                    with self._lock:
                        self.failures.append(f"rig {number}: {error}")
            with self._lock:
                self.lies += rig.sampler.lie_count
                self.alerts += rig.sampler.alerts
                self.stale_alerts += rig.sampler.stale_alerts
                self.samples += rig.sampler.live_samples
                self.worst_grey_s = max(self.worst_grey_s, rig.sampler.worst_grey_s)

    def _over(self) -> bool:
        return self.episodes.total() >= self._most or time.monotonic() > self._until_s

    def _torment(self, rig: Rig, chance: random.Random) -> None:
        while not self._over():
            name, fault = choose(chance)
            try:
                took_s = run(rig, fault, chance.choice(VENUES), chance)
                rig.until_live(1.0)
            except (BrokenPromiseError, AssertionError) as error:
                raise BrokenPromiseError(f"{name}: {error}") from error
            finally:
                with self._lock:
                    self.episodes[fault.kind.name] += 1
            if fault.kind is Kind.VISIBLE and fault.heal is None:
                self.losses_s.append(took_s)
            elif fault.kind is Kind.SILENT:
                self.silences_s.append(took_s)

    def report(self) -> dict[str, object]:
        """Return the figures."""
        return {
            "episodes": dict(self.episodes),
            "lies": self.lies,
            "live_samples": self.samples,
            "alerts": self.alerts,
            "stale_alerts": self.stale_alerts,
            "failures": self.failures[:_MANY],
            "failed": len(self.failures),
            "grey_s": round(self.worst_grey_s, 3),
            "loss_p99_s": round(quantile(self.losses_s, 0.99), 3),
            "silence_max_s": round(max(self.silences_s, default=0.0), 3),
        }


def quantile(values: list[float], share: float) -> float:
    """Return the value that a share of `values` does not exceed; 0 without any."""
    return sorted(values)[min(int(len(values) * share), len(values) - 1)] if values else 0.0


_ALL: dict[str, Fault] = {**stream_faults.FAULTS, **payload_faults.FAULTS, **frame_faults.FAULTS}
_SILENT = [name for name, fault in _ALL.items() if fault.kind is Kind.SILENT or "quiet coin" in name]
_LOSSES = [name for name, fault in _ALL.items() if fault.kind is Kind.VISIBLE]
_QUICK = [name for name in _ALL if name not in _SILENT and name not in _LOSSES]


def choose(chance: random.Random) -> tuple[str, Fault]:
    """Return a fault at random: mostly short ones."""
    draw = chance.random()
    names = _SILENT if draw < _SILENT_SHARE else _LOSSES if draw < _SILENT_SHARE + _LOSS_SHARE else _QUICK
    name = chance.choice(names)
    return name, _ALL[name]


def main() -> None:
    """Run and print the report."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--episodes", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=240.0)
    parser.add_argument("--rigs", type=int, default=7)
    arguments = parser.parse_args()
    logging.getLogger("spreadwatch").addHandler(logging.NullHandler())
    gc.disable()  # what the rigs remember makes it stand still for 0.3 s, as long as silence may last here
    with scaled(), Errors() as errors:
        one = Run(arguments.seed, arguments.episodes, arguments.seconds)
        threads = [
            threading.Thread(target=one.serve, args=(number,), name=f"episodes-{number}")
            for number in range(arguments.rigs)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    sys.stdout.write(json.dumps({**one.report(), "errors": dict(errors.kinds)}) + "\n")


if __name__ == "__main__":
    main()
