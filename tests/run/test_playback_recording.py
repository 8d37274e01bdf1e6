"""Captures and recordings in a replay under control: every extreme is met, and a recording plays as its capture."""

import json
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest

from spreadwatch.config import Config
from spreadwatch.core.leg import State
from spreadwatch.core.market import Market
from spreadwatch.errors import CaptureError, SpreadwatchError
from spreadwatch.run import playback
from spreadwatch.run.playback import Playback
from spreadwatch.sources.capture import Capture
from spreadwatch.storage.rows import StorageError
from spreadwatch.storage.sqlite.history import SqliteHistory
from spreadwatch.storage.sqlite.store import SqliteStore
from tests.captures.oracle import Sample, by_brute_force, figures, figures_of, lines_of
from tests.conftest import PATIENCE_S, Program, Tape
from tests.storage.parts import events_of as events_of_records
from tests.storage.parts import record


def extremes_of(samples: Sequence[Sample]) -> list[int]:
    """Return the ms at which max or min moved."""
    found, high, low = list[int](), samples[0][1] - 1, samples[0][1] + 1
    for at_ms, spread in samples:
        if spread > high or spread < low:
            found.append(at_ms)
        high, low = max(high, spread), min(low, spread)
    return found


def test_steps_through_a_capture_meet_every_extreme(recorded: Path) -> None:
    samples = by_brute_force(lines_of(recorded))
    extremes, truth = extremes_of(samples), figures_of(samples)
    source = playback.of_capture(recorded, (), "BTCUSDT")
    session = Playback(source.reel, source.symbols, Config(), 1.0, then_end=True)
    session.playhead.paused = True
    session.start()
    stops: list[int] = []
    deadline = time.monotonic() + 2 * PATIENCE_S
    try:
        while not session.playhead.has_ended:
            session.playhead.find_extreme("BTCUSDT")
            while session.playhead.is_rushing:
                session.pump.drain(1.0)
                assert time.monotonic() < deadline
            stops.append(session.playhead.position_ms)
    finally:
        session.stop()
    assert list(dict.fromkeys(stops[:-1])) == list(dict.fromkeys(extremes))
    assert (truth.high_at_ms in stops, truth.low_at_ms in stops) == (True, True)


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], Path]:
    """Return what makes a recording of a capture, once of each."""

    @cache
    def made(capture: Path) -> Path:
        path = tmp_path_factory.mktemp("recording") / "recording.sqlite"
        record(SqliteStore(path), events_of_records(Capture(capture).records()))
        return path

    return made


@pytest.fixture
def recording(recorded: Path, recordings: Callable[[Path], Path]) -> Path:
    """Return the capture as a recording."""
    return recordings(recorded)


def test_a_recording_prints_what_its_capture_prints(recorded: Path, recording: Path, program: Program) -> None:
    original = program.run("replay", recorded, "--speed", "max", "--json")
    program.environment["SPREADWATCH_RECORD_PATH"] = str(recording)
    again = program.run("replay", "--from", "2024-08-08", "--speed", "max", "--json")
    assert (again.code, again.err) == (0, "")
    assert again.snapshots == original.snapshots
    assert figures(original.snapshots[0]) == figures_of(by_brute_force(lines_of(recorded)))


def test_a_time_of_a_recording_prints_what_that_time_of_its_capture_prints(
    recorded: Path, recording: Path, program: Program
) -> None:
    span = ("--from", "2024-08-08T23:55:00", "--to", "2024-08-09T01:58:22+02:00", "--speed", "max", "--json")
    original = program.run("replay", recorded, *span)
    program.environment["SPREADWATCH_RECORD_PATH"] = str(recording)
    [again], [wanted] = program.run("replay", *span).snapshots, original.snapshots
    for snapshot in (again, wanted):
        del snapshot["counts"]["gaps"]  # a capture opens both connections at once, a recording each when it speaks
    assert again == wanted
    rows = [row for row in lines_of(recorded) if 1723161300000 <= row["recv_ms"] < 1723161502000]
    samples = by_brute_force(rows)
    assert Decimal(again["spread"]["max"]) == max(spread for _, spread in samples)
    assert again["spread"]["samples"] == len(samples)


def test_a_recording_is_entered_anywhere(recording: Path) -> None:
    with closing(SqliteHistory(recording)) as history:
        source = playback.of_history(history, "it", (), 1723161400000, 1723161401000)
        assert (source.symbols, source.faults) == (("BTCUSDT",), {})
        assert 1723161400000 <= source.reel.first_ms < source.reel.last_ms == 1723161400999
        market = Market(source.symbols, 3000)
        for one in source.reel.events():
            market.apply(one)
        assert market.snapshot(market.latest).pairs[0].state is State.LIVE


def test_what_cannot_be_played_is_refused_in_one_sentence(recording: Path, tape: Tape) -> None:
    def refused(play: Callable[[], object]) -> str:
        with pytest.raises(SpreadwatchError) as caught:
            play()
        assert isinstance(caught.value, CaptureError | StorageError)
        return str(caught.value)

    with closing(SqliteHistory(recording)) as history:
        assert refused(lambda: playback.of_history(history, "it", ("NOSUCHUSDT",))) == (
            "it holds no NOSUCHUSDT; it has BTCUSDT"
        )
        assert refused(lambda: playback.of_history(history, "it", (), 5, 6)) == (
            "it holds nothing between those times: it goes from 2024-08-08T23:54:14Z to 2024-08-08T23:59:59Z"
        )
    path = tape.spot("1.0", "2.0").save()
    assert "it goes from 2024-08-08T23:54:14Z" in refused(lambda: playback.of_capture(path, (), "BTCUSDT", 5, 6))
    nothing = tape.save("empty.jsonl", b"\n")
    assert "holds no bookTicker frame" in refused(lambda: playback.of_capture(nothing, (), "BTCUSDT"))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "give a capture FILE, or --from or --to for a time of the recording"),
        (["--from", "yesterday"], "--from must be a time such as 2026-07-03T08:30:36 (UTC), Unix seconds"),
        (["--from", "-1"], "--from must be a time such as"),
        (["--to", "99999999999999999"], "--to must be a time such as"),
        (["x.jsonl", "--from", "2024-08-09", "--to", "2024-08-08"], "--from must be before --to"),
        (["--from", "2024-08-08"], "there is no recording at"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_times_that_make_no_sense_are_refused_in_one_line_with_2(
    program: Program, arguments: Sequence[str], words: str
) -> None:
    program.environment["SPREADWATCH_RECORD_PATH"] = str(program.folder / "none.sqlite")
    done = program.run("replay", *arguments, "--json")
    assert (done.code, done.out) == (2, "")
    [line] = done.err.splitlines()
    assert words in line


@pytest.mark.parametrize("begin", ["2024-08-08T23:54:14.010", "2024-08-09T01:54:14.010+02:00", "1723161254010"])
def test_a_time_is_utc_unless_it_carries_an_offset(tape: Tape, program: Program, begin: str) -> None:
    path = tape.spot("1.0", "2.0").spot("1.1", "2.1").um("1.0", "2.0").save()
    [snapshot] = program.run("replay", path, "--from", begin, "--speed", "max", "--json").snapshots
    assert (snapshot["counts"]["spot"], snapshot["counts"]["futures"]) == (1, 1)
    assert json.loads(tape.lines[1])["recv_ms"] == 1723161254010
