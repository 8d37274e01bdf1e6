"""A series whose numbers become finer keeps what it held, to the letter: written to a real file and exported."""

import io
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from spreadwatch.core.quote import Side
from spreadwatch.storage.export import Kind, Wanted, write
from spreadwatch.storage.history import END_MS
from spreadwatch.storage.rows import Chunk, QuoteRow, Run, StorageError, StoredLeg, TradeRow
from spreadwatch.storage.sqlite.history import SqliteHistory
from spreadwatch.storage.sqlite.store import SqliteStore
from tests.storage.parts import SPOT_BTC, START_MS

RUN = Run("first", START_MS)


def quotes(*texts: tuple[str, str, str, str], at_ms: int = START_MS) -> Chunk:
    """Return a chunk of spot quotes in one ms, each of bid, its size, ask and its size."""
    rows = [QuoteRow(at_ms, number, at_ms + number, None, *some) for number, some in enumerate(texts)]
    return Chunk(RUN, at_ms, [(SPOT_BTC, rows)], [], [], [], [], [])


def trades(*texts: tuple[str, str], at_ms: int = START_MS) -> Chunk:
    """Return a chunk of trades likewise, each of price and size."""
    rows = [TradeRow(at_ms, number, at_ms + number, at_ms - 3, *some) for number, some in enumerate(texts)]
    return Chunk(RUN, at_ms, [], [(SPOT_BTC, rows)], [], [], [], [])


def numbers(path: Path, kind: Kind = "quotes") -> list[tuple[str, ...]]:
    """Return prices and sizes as `history export` writes them."""
    written = io.StringIO()
    with closing(SqliteHistory(path)) as history:
        write(history, Wanted(kind, "csv", (SPOT_BTC.symbol,), 0, END_MS), written)
    cells = 4 if kind == "quotes" else 2
    return [tuple(line.split(",")[-cells:]) for line in written.getvalue().splitlines()[1:]]


def test_rows_before_a_finer_batch_are_exported_as_they_were_sent(tmp_path: Path) -> None:
    path = tmp_path / "recording.db"
    sent = [
        ("60000.10", "1.500", "60000.20", "2.000"),
        ("60000.11", "1.234", "60000.12", "1.567"),
        ("60000.30", "1.250", "60000.40", "3.000"),
        ("60000.31", "0.001", "60000.32", "0.010"),
    ]
    store = SqliteStore(path)
    store.open(RUN)
    for count, texts in enumerate(sent):
        store.write(quotes(texts, at_ms=START_MS + 700 * count))
    store.close()
    assert numbers(path) == sent


def test_trades_before_a_finer_batch_likewise_also_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "recording.db"
    sent = [("100.0", "5.00"), ("100.5", "5.10"), ("101.0", "5.11"), ("101.5", "6.00"), ("102.0", "6.01")]
    for start in (0, 3):
        store = SqliteStore(path)
        store.open(RUN)
        for count, texts in enumerate(sent[start : start + 3], start=start):
            store.write(trades(texts, at_ms=START_MS + 700 * count))
        store.close()
    assert numbers(path, "trades") == sent


def test_a_number_that_a_finer_notation_would_overflow_keeps_the_notation(tmp_path: Path) -> None:
    path = tmp_path / "recording.db"
    sent = [
        ("46116860184273879.00", "1.0", "46116860184273881.00", "4000000000000000000.0"),
        ("46116860184273879.01", "1.5", "46116860184273879.02", "1.0"),
        ("5.03", "2.5", "5.04", "1.0"),
    ]
    store = SqliteStore(path)
    store.open(RUN)
    for count, texts in enumerate(sent):
        store.write(quotes(texts, at_ms=START_MS + 700 * count))
    store.close()
    assert numbers(path) == sent
    with closing(sqlite3.connect(path)) as file:
        columns = "typeof(bid), typeof(step), typeof(bid_qty), typeof(ask_qty)"
        kinds = file.execute(f"SELECT {columns} FROM quotes_1 ORDER BY key").fetchall()
    assert {kind for row in kinds for kind in row} <= {"integer", "text"}


def test_after_a_rollback_the_old_notation_is_believed(tmp_path: Path) -> None:
    path = tmp_path / "recording.db"
    store = SqliteStore(path)
    store.open(RUN)
    store.write(quotes(("60000.10", "1.500", "60000.20", "2.000")))
    finer = quotes(("60000.11", "1.234", "60000.12", "1.567"), at_ms=START_MS + 700)
    other = StoredLeg(Side.SPOT, "BTCUSDT", "OTHER")
    refused = quotes(("1.0", "1.0", "2.0", "1.0"), at_ms=START_MS + 700).quotes[0][1]
    with pytest.raises(StorageError, match="record it into another file"):
        store.write(Chunk(RUN, START_MS + 700, [*finer.quotes, (other, refused)], [], [], [], [], []))
    assert numbers(path) == [("60000.10", "1.500", "60000.20", "2.000")]
    store.write(quotes(("60000.30", "1.700", "60000.40", "2.100"), at_ms=START_MS + 1400))
    store.close()
    assert numbers(path) == [("60000.10", "1.500", "60000.20", "2.000"), ("60000.30", "1.700", "60000.40", "2.100")]


def test_a_series_that_becomes_finer_while_it_is_read_is_read_as_it_was_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("spreadwatch.storage.sqlite.history.PAGE", 1)
    path = tmp_path / "recording.db"
    sent = [("10.00", "1.000", "20.00", "2.000"), ("10.00", "3.000", "20.00", "4.000")]
    finer = ("10.01", "0.001", "20.02", "0.002")
    store = SqliteStore(path)
    store.open(RUN)
    store.write(quotes(*sent))
    with closing(SqliteHistory(path)) as history:
        reading = history.quotes(["BTCUSDT"])
        first = next(reading)
        store.write(quotes(finer, at_ms=START_MS + 700))
        rows = [one.row for one in (first, *reading)]
    store.close()
    assert [(row.bid, row.bid_qty, row.ask, row.ask_qty) for row in rows] == [*sent, finer]
