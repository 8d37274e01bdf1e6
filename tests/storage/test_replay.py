"""A recording replays to the snapshot of the original, whatever happened: silences, heartbeats, lost connections."""

import itertools
import tempfile
from contextlib import closing
from pathlib import Path

from hypothesis import given, settings

from spreadwatch.core.events import Batch, Event, Link, Phase
from spreadwatch.core.market import Market
from spreadwatch.core.quote import Instant, Side
from spreadwatch.core.snapshot import PairJson, to_json
from spreadwatch.storage.chunker import Assembler
from spreadwatch.storage.rows import Run
from spreadwatch.storage.sqlite.history import SqliteHistory
from spreadwatch.storage.sqlite.store import SqliteStore
from tests.storage.parts import contracts
from tests.storage.test_bar_builder import SILENCE_MS, START_MS, SYMBOLS, event, steps


def play(events: list[Event], at: Instant) -> list[PairJson]:
    """Return the documented JSON of each symbol after events."""
    market = Market(SYMBOLS, SILENCE_MS)
    for one in events:
        market.apply(one)
    return [to_json(pair) for pair in market.snapshot(at).pairs]


def store(events: list[Event], path: Path, chunk_every: int) -> None:
    """Store events in chunks of so many."""
    run, start = Run("run", START_MS), Instant(START_MS, START_MS)
    assembler, file = Assembler(run, start, contracts(*SYMBOLS), SILENCE_MS, changes_only=False), SqliteStore(path)
    file.open(run)
    for number, one in enumerate(events, start=1):
        if isinstance(one, Batch | Link):
            assembler.take(one)
        if number % chunk_every == 0:
            file.write(assembler.chunk())
    file.write(assembler.chunk(last=True))
    file.close()


@settings(deadline=None, database=None, max_examples=60)
@given(steps)
def test_a_recording_replays_to_the_same_snapshot(script: list[tuple[int, Side, object]]) -> None:
    at, events = Instant(START_MS, START_MS), list[Event]()
    events += [Link(venue, Phase.OPEN, "begin", at) for venue in Side]
    for number, (after_ms, venue, what) in zip(itertools.count(1), script, strict=False):
        at = Instant(at.wall_ms + after_ms, at.mono_ms + after_ms)
        events.append(event(venue, what, at, number))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.db"
        store(events, path, chunk_every=7)
        with closing(SqliteHistory(path)) as history:
            again = list(history.events(SYMBOLS))
    now = Instant(at.wall_ms + 20, at.mono_ms + 20)
    assert play(again, now) == play(events, now)
