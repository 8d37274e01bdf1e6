"""Whatever valid texts come, and wherever it is cut off: what is read is what was put in, to the letter."""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings

from tests.storage.cut import Cut
from tests.storage.cutting import CuttingLine
from tests.storage.sequences import Step, sequences, slow
from tests.storage.server import PostgresServer
from tests.storage.watched import play_in_memory


@pytest.mark.timeout(300)
@settings(slow, max_examples=300)
@given(sequences())
def test_every_copy_of_a_file_holds_what_was_acknowledged_to_the_letter(steps: tuple[Step, ...]) -> None:
    assert play_in_memory(steps)


@pytest.fixture
def line(database: PostgresServer) -> Iterator[CuttingLine]:
    """Return a line to the server that can be cut."""
    with CuttingLine(database.port) as made:
        yield made


@pytest.mark.timeout(300)
@settings(slow, max_examples=100)
@given(steps=sequences(30))
def test_a_database_holds_what_was_acknowledged_wherever_the_line_was_cut(
    database: PostgresServer, line: CuttingLine, steps: tuple[Step, ...]
) -> None:
    Cut(database, line).play(steps)
