"""A recorder that is killed leaves a whole file with all that it acknowledged."""

import random
from pathlib import Path

import pytest

from tests.storage.killing import kill_once

LOST_MS = 1000
"""The bar is 250 ms and is held by `python -m tests.storage.long kills`; a busy machine gets more time here."""


@pytest.mark.parametrize("seed", range(4))
def test_a_killed_recorder_loses_no_more_than_its_last_moment(tmp_path: Path, seed: int) -> None:
    left = kill_once(tmp_path, random.Random(seed))
    assert left.stored > 0
    assert left.lost_ms <= LOST_MS
