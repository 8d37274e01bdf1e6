"""The recorded minutes of 2024 come to the figures that were published of them: brute force and the program alike."""

from decimal import Decimal

import pytest

from spreadwatch.sources.capture import Capture
from spreadwatch.storage.sqlite.store import SqliteStore
from tests.captures.files import RECORDED
from tests.captures.oracle import Figures, Rows, by_brute_force, counts_of, figures, figures_of, lines_of, sent
from tests.conftest import Program
from tests.storage.parts import events_of, record

PUBLISHED = Figures(Decimal("26.30"), Decimal("85.97"), 1723161501069, Decimal("-4.90"), 1723161514063, 93851)
COUNTS = {"spot": 28040, "futures": 66089, "rejected": 0, "repeated": 0, "reconnects": 0, "dropped": 0}


@pytest.fixture
def rows() -> Rows:
    """Read the recorded quotes with the standard library."""
    return lines_of(RECORDED.bookticker)


def test_brute_force_over_the_recorded_minutes_gives_the_published_figures(rows: Rows) -> None:
    assert figures_of(by_brute_force(rows)) == PUBLISHED
    assert counts_of(rows) == COUNTS


@pytest.mark.parametrize("name", ["bookticker", "allstreams"])
def test_a_replay_of_the_recorded_minutes_gives_the_published_figures(name: str, program: Program) -> None:
    done = program.run("replay", getattr(RECORDED, name), "--speed", "max", "--json")
    assert (done.code, done.err) == (0, "")
    [snapshot] = done.snapshots
    assert figures(snapshot) == PUBLISHED
    assert snapshot["counts"].items() >= COUNTS.items()
    assert (snapshot["symbol"], snapshot["state"], snapshot["at_ms"]) == ("BTCUSDT", "live", 1723161599999)


def test_looks_every_half_second_at_the_recorded_minutes_give_the_published_wrong_figures(rows: Rows) -> None:
    zero_ms = rows[0]["recv_ms"]
    seen = {(at_ms - zero_ms) // 500: spread for at_ms, spread in by_brute_force(rows)}  # the last one stays
    assert (max(seen.values()), min(seen.values())) == (Decimal("49.10"), Decimal("-2.40"))


def test_a_recording_of_the_recorded_minutes_exports_a_capture_of_the_published_figures(
    rows: Rows, program: Program
) -> None:
    path = program.folder / "recording.sqlite"
    record(SqliteStore(path), events_of(Capture(RECORDED.bookticker).records()), start_ms=rows[0]["recv_ms"])
    program.environment["SPREADWATCH_RECORD_PATH"] = str(path)
    done = program.run("history", "export", "copy.jsonl.gz", "--format", "capture", "--symbol", "btcusdt")
    assert done.err.startswith("94,129 quotes of BTCUSDT are in copy.jsonl.gz (")
    copy = program.folder / "copy.jsonl.gz"
    assert sent(lines_of(copy)) == {"spot": 28040, "futures": 66089}
    assert figures_of(by_brute_force(lines_of(copy))) == PUBLISHED
    [snapshot] = program.run("replay", copy, "--speed", "max", "--json").snapshots
    assert figures(snapshot) == PUBLISHED


def test_the_frames_that_were_published_of_2026_are_sixteen(program: Program) -> None:
    snapshots = program.run("replay", RECORDED.today, "--speed", "max", "--json").snapshots
    assert sum(snapshot["counts"]["futures"] for snapshot in snapshots) == len(lines_of(RECORDED.today)) == 16
