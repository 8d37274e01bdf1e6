"""A database that is away, killed or frozen costs no quote, and several recorders may share one."""

import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from spreadwatch.core.quote import Side
from spreadwatch.storage.postgres import schema
from spreadwatch.storage.postgres.history import PostgresHistory
from spreadwatch.storage.postgres.store import PostgresStore
from spreadwatch.storage.recorder import Recorder, RecorderSettings
from spreadwatch.storage.rows import Limits, Refusal, Run, StorageError
from spreadwatch.storage.spill import Spill, SpillingStore
from tests.conftest import wait_for
from tests.storage.parts import START_MS, open_links, quote_batch, recording, settle
from tests.storage.server import PostgresServer

SPILL_BYTES = 64 << 20


def spilling(database: PostgresServer, folder: Path, name: str = "spill.db") -> SpillingStore:
    return SpillingStore(PostgresStore(database.dsn, answer_s=1.0), Spill(folder / name, SPILL_BYTES))


def ids(database: PostgresServer) -> list[int]:
    """Return the stored update ids in order of arrival."""
    with closing(PostgresHistory(database.dsn)) as history:
        return [one.row.update_id for one in history.quotes(["BTCUSDT"])]


class Feed:
    """A thread that puts a quote every ms from `start` to `end`, and notes how long a put took at most."""

    def __init__(self, recorder: Recorder, first: int = 1) -> None:
        self.number = first - 1
        self.slowest_s: list[float] = []
        self._recorder = recorder
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="test-feed")
        self._thread.start()

    def _run(self) -> None:
        while not self._stopping.wait(0.001):
            self.number += 1
            batch = quote_batch(Side.SPOT, self.number, START_MS + self.number)
            began_s = time.perf_counter()
            self._recorder.put(batch)
            self.slowest_s.append(time.perf_counter() - began_s)

    def end(self) -> int:
        """Stop it and return its last number; fails when a put took over 1 ms in more than one of a hundred."""
        self._stopping.set()
        self._thread.join()
        assert sorted(self.slowest_s)[int(len(self.slowest_s) * 0.99)] < 0.001
        return self.number


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """No log line ever holds a part of the DSN."""
    yield
    assert not any(part in caplog.text for part in ("s3cret", "tester", "127.0.0.1"))


def caught_up(recorder: Recorder) -> None:
    wait_for(lambda: recorder.status().well and recorder.status().waiting == 0, 30)


@pytest.mark.parametrize("fault", ["stopped", "killed", "frozen"])
def test_a_database_that_goes_away_and_comes_back_misses_nothing(
    database: PostgresServer, tmp_path: Path, fault: str
) -> None:
    with recording(spilling(database, tmp_path)) as recorder:
        recorder.ready(10)
        feed = Feed(recorder)
        wait_for(lambda: recorder.status().stored > 100)
        if fault == "frozen":
            database.freeze()
        else:
            database.stop(signal.SIGINT if fault == "stopped" else signal.SIGKILL)
        wait_for(lambda: "batches wait in" in recorder.status().sentence)
        assert "s3cret" not in recorder.status().sentence
        stored = recorder.status().stored
        wait_for(lambda: recorder.status().stored > stored + 300)  # on the disk, though not in the database
        if fault == "frozen":
            database.thaw()
        else:
            database.start()
        caught_up(recorder)
        last = feed.end()
        caught_up(recorder)
        assert recorder.status().dropped == 0
    assert ids(database) == list(range(1, last + 1))


def test_a_database_that_is_down_at_the_start_is_caught_up_by_the_next_run(
    database: PostgresServer, tmp_path: Path
) -> None:
    database.stop()
    try:
        with recording(spilling(database, tmp_path)) as recorder:
            recorder.ready(10)
            assert "is the server running?" in recorder.status().sentence
            for number in range(1, 50):
                recorder.put(quote_batch(Side.SPOT, number, START_MS + number))
            settle(recorder)
    finally:
        database.start()
    with recording(spilling(database, tmp_path), start_ms=START_MS + 5000) as recorder:
        recorder.put(quote_batch(Side.SPOT, 50, START_MS + 6000))
        caught_up(recorder)
    assert ids(database) == list(range(1, 51))
    with closing(PostgresHistory(database.dsn)) as history:
        gaps = {(gap.reason, gap.start_ms, gap.end_ms) for gap in history.gaps("BTCUSDT", START_MS, START_MS + 5000)}
    assert ("nothing was recorded", START_MS + 50, START_MS + 5000) in gaps


def test_two_recorders_make_one_recording_without_duplicates(database: PostgresServer, tmp_path: Path) -> None:
    with (
        recording(spilling(database, tmp_path, "a.db")) as first,
        recording(spilling(database, tmp_path, "b.db")) as second,
    ):
        for number in range(1, 2001):
            batch = quote_batch(Side.SPOT, number, START_MS + number)
            if number <= 1200:
                first.put(batch)
            if number > 800:
                second.put(batch)
            if number % 200 == 0:
                time.sleep(0.05)
        caught_up(first)
        caught_up(second)
    assert ids(database) == list(range(1, 2001))
    assert database.sql("SELECT count(*) FROM spreadwatch.runs") == [(2,)]


def test_a_hypertable_holds_no_duplicates_either(
    database: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The extension is absent here: a function of its name stands in for it, the tables are the real ones."""
    database.sql(
        "CREATE OR REPLACE FUNCTION public.create_hypertable(text, text, chunk_time_interval bigint) "
        "RETURNS void LANGUAGE sql AS ''"
    )
    monkeypatch.setattr(schema, "has_timescale", lambda _: True)
    for start in (1, 51):
        with recording(spilling(database, tmp_path), RecorderSettings(limits=Limits(age_ms=1 << 50))) as recorder:
            for number in range(start, start + 100):
                recorder.put(quote_batch(Side.SPOT, number, START_MS + number))
            caught_up(recorder)
    assert ids(database) == list(range(1, 151))
    store = PostgresStore(database.dsn)
    store.open(Run("prune", START_MS))
    assert store.prune(Limits(age_ms=100), START_MS + 200)
    store.close()
    assert ids(database) == list(range(100, 151))
    assert database.sql("SELECT count(*) FROM spreadwatch.quote_ids") == [(51,)]


def test_old_rows_go(database: PostgresServer) -> None:
    store = PostgresStore(database.dsn)
    with recording(store, RecorderSettings(limits=Limits(age_ms=1000)), start_ms=START_MS + 1500) as recorder:
        for event in open_links(START_MS):
            recorder.put(event)
        for number in (1, 499, 500, 900):
            for venue in Side:
                recorder.put(quote_batch(venue, number, START_MS + number))
        settle(recorder)
        wait_for(lambda: ids(database) == [500, 500, 900, 900])
    with closing(PostgresHistory(database.dsn)) as history:
        assert [(bar.samples, str(bar.high)) for bar in history.bars("BTCUSDT")] == [(7, "0.01")]


def test_a_recording_beyond_its_size_loses_its_oldest_rows(
    database: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("spreadwatch.storage.postgres.store._ROWS", 3)
    monkeypatch.setattr("spreadwatch.storage.postgres.store._used_bytes", lambda _: 1000)
    store = PostgresStore(database.dsn)
    with recording(store) as recorder:
        for number in range(1, 9):
            recorder.put(quote_batch(Side.SPOT, number, START_MS + number))
        recorder.put(quote_batch(Side.FUTURES, 99, START_MS + 99))
        settle(recorder)
        assert store.prune(Limits(size_bytes=999), START_MS)
        assert ids(database) == [4, 5, 6, 7, 8, 99]
        assert not store.prune(Limits(size_bytes=1000), START_MS)


def test_texts_that_a_number_would_not_keep_come_back_to_the_letter(database: PostgresServer) -> None:
    with recording(PostgresStore(database.dsn)) as recorder:
        batch = quote_batch(Side.SPOT, 1, START_MS)
        recorder.put(type(batch)(batch.side, batch.at, batch.quotes, True, texts=(("007.10", ".5", "8.", "1"),)))
        settle(recorder)
    with closing(PostgresHistory(database.dsn)) as history:
        [one] = history.quotes(["BTCUSDT"])
        assert (one.row.bid, one.row.bid_qty, one.row.ask, one.row.ask_qty) == ("007.10", ".5", "8.", "1")


def test_a_newer_schema_is_refused(database: PostgresServer) -> None:
    store = PostgresStore(database.dsn)
    store.open(Run("x", 1))
    store.close()
    database.sql("UPDATE spreadwatch.version SET number = 99")
    with pytest.raises(Refusal, match="newer spreadwatch"):
        store.open(Run("x", 1))
    with pytest.raises(Refusal, match="newer spreadwatch"):
        PostgresHistory(database.dsn)


def test_a_refusal_never_tells_the_dsn(database: PostgresServer) -> None:
    for dsn in (
        f"host=127.0.0.1 port={database.port} user=tester dbname=nowhere password=s3cret",
        "host=127.0.0.1 port=1 user=tester password=s3cret",
        "postgresql://tester:s3cret@127.0.0.1:99999999/x",
        "s3cret",
    ):
        with pytest.raises(StorageError) as refused:
            PostgresHistory(dsn)
        assert "s3cret" not in str(refused.value)
        assert refused.value.__cause__ is None


def test_without_psycopg_a_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(Refusal, match=r"spreadwatch\[postgres\]"):
        PostgresStore("host=127.0.0.1").open(Run("x", 1))
