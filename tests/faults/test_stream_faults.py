"""A connection that ends is replaced at once, one that falls silent within the limit; neither shows a lie."""

import pytest

from tests.faults.stream_faults import FAULTS
from tests.faults.trial import Bench, bench, mutants_of, nothing_goes_wrong, survivors

bench_of_rigs = pytest.fixture(scope="module", name="bench")(bench)
alone = pytest.fixture(autouse=True, name="nothing_goes_wrong")(nothing_goes_wrong)


@pytest.mark.parametrize("name", FAULTS)
def test_the_program_stands(bench: Bench, name: str) -> None:
    bench.stands(FAULTS[name], name)


@pytest.mark.parametrize("mutant", mutants_of(FAULTS))
def test_a_mutant_does_not_stand(mutant: str) -> None:
    assert survivors(FAULTS, mutant) == []
