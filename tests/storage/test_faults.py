"""Whatever happens to the file, the recorder says so in words, counts what it could not store, and tries again."""

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from spreadwatch.core.answers import Price
from spreadwatch.core.quote import Instant, Side
from spreadwatch.storage.chunker import Assembler
from spreadwatch.storage.recorder import Recorder, RecorderSettings
from spreadwatch.storage.rows import Chunk, Limits, Refusal, Run, StorageError
from spreadwatch.storage.sqlite import schema
from spreadwatch.storage.sqlite.history import SqliteHistory
from spreadwatch.storage.sqlite.store import SqliteStore
from tests.conftest import ROOT, wait_for
from tests.storage.parts import SILENCE_MS, START_MS, contracts, open_links, quote_batch, recording, settle

HOLDER = """
import sys, time
from pathlib import Path
from spreadwatch.storage.rows import Run
from spreadwatch.storage.sqlite.store import SqliteStore
store = SqliteStore(Path(sys.argv[1]))
store.open(Run("other", 1))
print("holds", flush=True)
time.sleep(60)
"""


@contextmanager
def holder(process: subprocess.Popen[str]) -> Iterator[subprocess.Popen[str]]:
    """Kill a process at the end, whatever happens."""
    with process:
        try:
            yield process
        finally:
            process.kill()


def ids(path: Path) -> list[int]:
    """Return the stored update ids in order of arrival."""
    with closing(SqliteHistory(path)) as history:
        return [one.row.update_id for one in history.quotes(["BTCUSDT"])]


def put(recorder: Recorder, *numbers: int) -> None:
    for number in numbers:
        recorder.put(quote_batch(Side.SPOT, number, START_MS + number))


def in_words(recorder: Recorder, words: str) -> None:
    wait_for(lambda: words in recorder.status().sentence)
    assert not recorder.status().well


def test_a_second_writer_is_refused_and_the_first_named(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    command = [sys.executable, "-c", HOLDER, str(path)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with holder(subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "holds\n"
        link = tmp_path / "same.db"
        link.symlink_to(path)
        for name in (path, link):
            with pytest.raises(Refusal, match=f"written by process {other.pid}"):
                SqliteStore(name).open(Run("ours", 2))
        with recording(SqliteStore(path)) as recorder:
            with pytest.raises(Refusal):
                recorder.ready(5)
            put(recorder, 1, 2)
            other.kill()  # a lock of the dead holds nobody up
            wait_for(lambda: recorder.status().stored == 2)
    assert ids(path) == [1, 2]


def test_files_of_others_and_of_the_future_are_refused_untouched(tmp_path: Path) -> None:
    foreign, newer = tmp_path / "foreign.db", tmp_path / "newer.db"
    with closing(sqlite3.connect(foreign)) as connection:
        connection.execute("CREATE TABLE theirs (x)")
    with closing(sqlite3.connect(newer)) as connection:
        connection.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")
        connection.execute("PRAGMA user_version = 99")
    text = tmp_path / "text.db"
    text.write_text("not a database at all" * 100)
    for path, words in ((foreign, "another program"), (newer, "newer spreadwatch"), (text, "not a database")):
        before = path.read_bytes()
        with pytest.raises(StorageError, match=words):
            SqliteStore(path).open(Run("x", 1))
        with pytest.raises(StorageError, match=words):
            SqliteHistory(path)
        assert path.read_bytes() == before


def test_an_older_file_is_brought_forward_and_a_copy_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.db"
    with recording(SqliteStore(path)) as recorder:
        put(recorder, 1)
        settle(recorder)

    def second(connection: sqlite3.Connection) -> None:
        connection.execute("ALTER TABLE runs ADD COLUMN host TEXT")

    def failing(connection: sqlite3.Connection) -> None:
        second(connection)
        raise sqlite3.OperationalError("no")

    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, failing))
    store = SqliteStore(path)
    with pytest.raises(StorageError, match="no"):
        store.open(Run("x", 1))
    with pytest.raises(StorageError, match="older"):
        SqliteHistory(path)
    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS[:1], second))
    with recording(store) as recorder:
        put(recorder, 2)
        settle(recorder)
    assert ids(path) == [1, 2]
    monkeypatch.setattr(schema, "MIGRATIONS", schema.MIGRATIONS[:1])
    assert ids(path.with_name("a.db.before-2")) == [1]


def test_a_deleted_file_is_begun_anew_and_nothing_after_it_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with recording(SqliteStore(path)) as recorder:
        put(recorder, 1)
        settle(recorder)
        path.unlink()
        put(recorder, 2, 3)
        settle(recorder)
        assert ids(path) == [2, 3]
        shutil.copy(path, tmp_path / "b.db")
        (tmp_path / "b.db").replace(path)  # another file of the same name
        put(recorder, 4)
        settle(recorder)
    assert 4 in ids(path)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a disk of 1 MiB, where that is permitted; else a folder with a full one's behaviour is not to be had."""
    folder = tmp_path / "disk"
    folder.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], capture_output=True, check=False)
    if done.returncode:
        pytest.skip("needs the right to mount a small disk")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_full_disk_pauses_the_recording_until_there_is_room(small_disk: Path) -> None:
    path, filler = small_disk / "a.db", small_disk / "filler"
    settings = RecorderSettings(commit_s=0.02, rows=100)
    with recording(SqliteStore(path), settings) as recorder:
        put(recorder, 1)
        settle(recorder)
        with filler.open("wb") as file:
            while True:
                try:
                    os.write(file.fileno(), b"x" * 4096)
                except OSError:
                    break
        number = 1
        while recorder.status().well:
            number += 1
            put(recorder, number)
            wait_for(lambda: recorder.status().waiting == 0 or not recorder.status().well)
        in_words(recorder, "full")
        lost_from = number + recorder.status().waiting
        put(recorder, *range(number + 1, number + 200))
        assert recorder.status().dropped > 0
        filler.unlink()
        wait_for(lambda: recorder.status().well)
        settle(recorder)
        put(recorder, number + 500)
        settle(recorder)
        dropped = recorder.status().dropped
    found = ids(path)
    assert found[-1] == number + 500
    assert len(found) == number + 199 - dropped + 1
    with closing(SqliteHistory(path)) as history:
        [gap] = [gap for gap in history.gaps("BTCUSDT") if "no room" in gap.reason]
        assert gap.reason == f"the recorder had no room for {dropped} quotes"
        assert START_MS + lost_from <= gap.start_ms < START_MS + number + 200
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_file_that_becomes_read_only_is_told_and_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    assembler = Assembler(Run("x", START_MS), Instant(START_MS, 0), contracts(), SILENCE_MS, changes_only=False)
    store = SqliteStore(path)
    store.open(assembler.run)
    assembler.take(quote_batch(Side.SPOT, 1, START_MS))
    chunk = assembler.chunk()
    assert store._connection is not None
    store._connection.execute("PRAGMA query_only = 1")  # root may write a file in spite of its mode
    with pytest.raises(StorageError, match="may not be written"):
        store.write(chunk)
    store._connection.execute("PRAGMA query_only = 0")
    store.write(chunk)
    store.close()
    assert ids(path) == [1]


def test_questions_are_answered_while_the_recording_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with recording(SqliteStore(path), RecorderSettings(commit_s=0.001)) as recorder:
        recorder.ready(10)
        with closing(SqliteHistory(path)) as history:
            assert history.symbols() == []
            assert history.span() is None
            assert history.latest("BTCUSDT") is None
            assert history.spread_latest("BTCUSDT") is None
            seen: list[int] = []
            for number in range(1, 3001):
                put(recorder, number)
                if number % 100 == 0:
                    seen.append(sum(1 for _ in history.quotes(["BTCUSDT"])))
            settle(recorder)
            assert sum(1 for _ in history.quotes(["BTCUSDT"])) == 3000
    assert seen == sorted(seen)


def test_a_folder_that_is_missing_is_told_and_tried_again(tmp_path: Path) -> None:
    path = tmp_path / "missing" / "a.db"
    with recording(SqliteStore(path)) as recorder:
        with pytest.raises(StorageError, match="cannot write"):
            recorder.ready(5)
        put(recorder, 1)
        in_words(recorder, "cannot write")
        path.parent.mkdir()
        wait_for(lambda: recorder.status().well and recorder.status().stored == 1)
    assert ids(path) == [1]


def test_a_flood_beyond_the_bounds_is_counted_and_told_as_a_gap(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    settings = RecorderSettings(rows=1_000_000, size_bytes=50_000)  # the bytes are what binds: 50 rows
    recorder = Recorder(SqliteStore(path), contracts(), SILENCE_MS, lambda: Instant(START_MS, START_MS), settings)
    put(recorder, *range(1, 61))
    assert (recorder.status().waiting, recorder.status().dropped) == (50, 10)
    recorder.start()
    settle(recorder)
    recorder.stop()
    assert recorder.join(10)
    assert ids(path) == list(range(1, 51))
    with closing(SqliteHistory(path)) as history:
        gaps = history.gaps("BTCUSDT", START_MS + 51)
        assert [(gap.start_ms, gap.end_ms, gap.reason) for gap in gaps if gap.side is Side.SPOT] == [
            (START_MS + 51, START_MS + 61, "the recorder had no room for 10 quotes")
        ]


def test_a_clock_that_was_set_back_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    for first in (1, 11):
        with recording(SqliteStore(path)) as recorder:
            for number in range(first, first + 10):
                recorder.put(quote_batch(Side.SPOT, number, START_MS + number % 10))
            settle(recorder)
    assert sorted(ids(path)) == list(range(1, 21))


def test_old_rows_go_and_bars_stay(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    day_ms = 86_400_000
    limits = RecorderSettings(commit_s=0.01, limits=Limits(age_ms=day_ms))
    with recording(SqliteStore(path)) as recorder:
        for event in open_links(START_MS):
            recorder.put(event)
        for venue in Side:
            recorder.put(quote_batch(venue, 1, START_MS + 10))
        settle(recorder)
    with recording(SqliteStore(path), limits, start_ms=START_MS + 2 * day_ms) as recorder:
        recorder.put(quote_batch(Side.SPOT, 2, START_MS + 2 * day_ms))
        settle(recorder)
        wait_for(lambda: ids(path) == [2])
    with closing(SqliteHistory(path)) as history:
        value = history.spread_at("BTCUSDT", START_MS + 5000)
        assert value is not None
        assert (str(value.spread), value.source) == ("0.01", "bars")
        assert isinstance(history.latest("BTCUSDT"), Price)
        assert [gap.reason for gap in history.gaps("BTCUSDT", START_MS + day_ms, START_MS + day_ms + 1)] == [
            "nothing was recorded",
            "nothing was recorded",
        ]


def test_a_file_grows_no_larger_than_allowed(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    settings = RecorderSettings(commit_s=0.01, limits=Limits(size_bytes=1 << 20))
    with recording(SqliteStore(path), settings) as recorder:
        for number in range(1, 60_001):
            recorder.put(quote_batch(Side.SPOT, number, START_MS + number))
        settle(recorder)
        wait_for(lambda: path.stat().st_size < 3 << 19)
    assert ids(path)[-1] == 60_000


def test_changes_only_leaves_repetitions_out(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with recording(SqliteStore(path), RecorderSettings(changes_only=True)) as recorder:
        for number, price in enumerate(("1.00", "1.00", "2.00", "1.00"), start=1):
            recorder.put(quote_batch(Side.SPOT, number, START_MS + number, price=price))
        settle(recorder)
    assert ids(path) == [1, 3, 4]


def test_a_bug_costs_one_batch_is_logged_and_counted_and_recording_goes_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken(SqliteStore):
        failures = 1

        def write(self, chunk: Chunk) -> None:
            if self.failures and chunk.rows:
                self.failures -= 1
                raise ValueError("a bug")
            super().write(chunk)

    path = tmp_path / "a.db"
    with recording(Broken(path)) as recorder:
        put(recorder, 1)
        wait_for(lambda: "an error in this program" in recorder.status().sentence)
        assert (recorder.status().dropped, recorder.status().well) == (1, False)
        put(recorder, 2)
        wait_for(lambda: recorder.status().well)
        settle(recorder)
    assert ids(path) == [2]
    with closing(SqliteHistory(path)) as history:
        [gap] = [gap for gap in history.gaps("BTCUSDT") if "an error" in gap.reason]
        assert (gap.start_ms, gap.end_ms) == (START_MS + 1, START_MS + 2)
    assert [entry.levelname for entry in caplog.records if entry.exc_info] == ["ERROR"]
