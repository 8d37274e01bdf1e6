"""Faults on trial: the program stands each, on a rig that goes on from one to the next; a mutant does not."""

import random
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor

from tests.faults import figures
from tests.faults.feeder import VENUES
from tests.faults.harness import Errors, Rig, scaled
from tests.faults.mutants import MUTANTS
from tests.faults.scenario import Fault, Kind, run
from tests.faults.truth import BrokenPromiseError

LIES = "stale, wrong or invented quotes shown or printed as live"
EPISODES = "fault episodes"
GREY = "grey after the silence limit"

_TOGETHER = 8


class Bench:
    """A rig that lives on from fault to fault, and is made anew when one broke it."""

    def __init__(self) -> None:
        self._rig: Rig | None = None

    def rig(self) -> Rig:
        if self._rig is None:
            self._rig = Rig().__enter__()
            self._rig.until_live()
        return self._rig

    def clear(self) -> None:
        """Take the rig away."""
        rig, self._rig = self._rig, None
        if rig is not None:
            rig.__exit__(None, None, None)

    def stands(self, fault: Fault, name: str) -> None:
        """Commit a fault on both venues; assert that the promises hold and that nothing was logged as a bug."""
        chance = random.Random(f"{figures.seed()} {name}")
        rig = self.rig()
        try:
            with Errors() as errors:
                for venue in VENUES:
                    run(rig, fault, venue, chance)
                    rig.until_live(1.0)
            assert not errors.kinds
        except BaseException:
            figures.note(LIES, rig.sampler.lie_count, "lies", 0)
            self.clear()
            raise
        figures.note(EPISODES, len(VENUES), "episodes", 10_000, "total")
        if fault.kind is Kind.SILENT:
            assert figures.note(GREY, max(rig.sampler.worst_grey_s, 0.0), "s", 1.0)


def bench() -> Iterator[Bench]:
    """Make a bench as a fixture does."""
    with scaled():
        one = Bench()
        yield one
        if one._rig is not None:
            figures.note(LIES, one._rig.sampler.lie_count, "lies", 0)
        one.clear()


def nothing_goes_wrong() -> Iterator[None]:
    """Stand in place of the fixture of this name where a rig lives on between tests; Bench.stands looks itself."""
    yield


def mutants_of(faults: Mapping[str, Fault]) -> list[str]:
    """Return the names of all mutants that `faults` need."""
    return sorted({fault.mutant for fault in faults.values()})


def survivors(faults: Mapping[str, Fault], mutant: str) -> list[str]:
    """Return the faults that the mutant stands, of those that it must not."""
    chosen = [name for name, fault in faults.items() if fault.mutant == mutant]
    with scaled(), MUTANTS[mutant](), ThreadPoolExecutor(_TOGETHER) as pool:
        broke = list(pool.map(lambda name: _breaks(faults[name], name), chosen))
    return [name for name, breaks in zip(chosen, broke, strict=True) if not breaks]


def _breaks(fault: Fault, name: str) -> bool:
    chance = random.Random(f"{figures.seed()} {name}")
    with Rig() as rig:
        rig.until_live(20.0)
        try:
            run(rig, fault, VENUES[0], chance)
        except (BrokenPromiseError, AssertionError):
            return True
    return False
