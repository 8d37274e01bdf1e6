"""The recording in one SQLite file, written by one process. The recorder's thread."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from msgspec.structs import astuple

from spreadwatch.storage.lock import WriterLock
from spreadwatch.storage.rows import ARRIVALS, Chunk, Limits, Run, StorageError, StoredLeg
from spreadwatch.storage.sqlite import schema as schema
from spreadwatch.storage.sqlite.faults import explain
from spreadwatch.storage.sqlite.notation import Notation
from spreadwatch.storage.sqlite.series import Packed, StoredSeries

_SIDE_FILES = ("-wal", "-shm")


class SqliteStore:
    """Write chunks into a file; whatever goes wrong is a StorageError in words, and can be tried again."""

    def __init__(self, path: Path) -> None:
        """Record into `path`, which is made if it does not exist."""
        self.path = path
        self._lock = WriterLock(path)
        self._connection: sqlite3.Connection | None = None
        self._identity: tuple[int, int] | None = None
        self._series: dict[tuple[str, StoredLeg], StoredSeries] = {}
        self._runs: dict[str, int] = {}

    def open(self, run: Run) -> None:
        """Make the file ready and begin `run` in it. Raises StorageError."""
        self._lock.take()
        try:
            self._reopen(run)
        except StorageError:
            self.close()
            raise

    def write(self, chunk: Chunk) -> None:
        """Store a chunk; it is on the disk when this returns. Raises StorageError."""
        if self._connection is None or not self._is_there():
            self._reopen(chunk.run)
        try:
            self._store(chunk, _insert_all)
        except sqlite3.IntegrityError:  # the clock was set back: some of these keys exist
            self._store(chunk, _insert_each)
        if not self._is_there():  # deleted meanwhile, and what was written went with it
            self._reopen(chunk.run)
            self._store(chunk, _insert_each)

    def prune(self, limits: Limits, now_ms: int) -> bool:
        """Delete some of the oldest rows that are over a limit; tell whether there may be more."""
        if (connection := self._connection) is None:
            return False
        with self._named_faults(), _transaction(connection):
            deleted = 0
            if limits.age_ms is not None:
                deleted = _delete_before(connection, (now_ms - limits.age_ms) * ARRIVALS)
            if not deleted and limits.size_bytes is not None and _used_bytes(connection) > limits.size_bytes:
                deleted = _delete_before(connection, _oldest_part(connection))
        if deleted:
            with self._named_faults():
                connection.execute("PRAGMA incremental_vacuum(2000)").fetchall()
        return deleted > 0

    def note(self) -> str | None:
        """Return None: what is wrong with a file is told by what `write` raises."""
        return None

    def close(self) -> None:
        """Close the file and let go of its lock."""
        self._disconnect()
        self._lock.release()

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        self._series.clear()
        self._runs.clear()
        if connection is not None:
            with suppress(sqlite3.Error):
                connection.close()

    def _reopen(self, run: Run) -> None:
        """Open the file, or a new one where it is gone, and enter the run."""
        self._disconnect()
        with self._named_faults():
            if not self.path.exists():
                for suffix in _SIDE_FILES:  # of a deleted file: they would be taken for the new one's
                    self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)
            connection = sqlite3.connect(self.path, timeout=1.0, isolation_level=None, cached_statements=512)
            self._connection = connection
            schema.check(connection, self.path)
            connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
            connection.execute("PRAGMA journal_mode = WAL").fetchall()
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA journal_size_limit = 67108864").fetchall()
            schema.migrate(connection, self.path)
            with _transaction(connection):
                self._run_number(connection, run)
            self._identity = _identity(self.path)

    def _run_number(self, connection: sqlite3.Connection, run: Run) -> int:
        """Return the id of a run; a new one is entered, and what lies before it was not recorded."""
        if (known := self._runs.get(run.uuid)) is not None:
            return known
        found = connection.execute("SELECT id FROM runs WHERE uuid = ?", (run.uuid,)).fetchone()
        number = int(found[0]) if found else _begin_run(connection, run)
        self._runs[run.uuid] = number
        return number

    def _store(self, chunk: Chunk, insert: "_Insert") -> None:
        connection = self._connection
        if connection is None:
            raise StorageError(f"{self.path} is not open")
        with self._named_faults(), _transaction(connection):
            run = self._run_number(connection, chunk.run)
            for leg, quotes in chunk.quotes:
                series = self._series.get(("quotes", leg))
                if series is None:
                    prices = [text for row in quotes for text in (row.bid, row.ask)]
                    series = self._find(connection, "quotes", leg, prices, [row.bid_qty for row in quotes])
                insert(connection, series, series.pack_quotes(connection, quotes, run))
            for leg, trades in chunk.trades:
                series = self._series.get(("trades", leg))
                if series is None:
                    prices = [row.price for row in trades]
                    series = self._find(connection, "trades", leg, prices, [row.qty for row in trades])
                insert(connection, series, series.pack_trades(connection, trades, run))
            _store_rest(connection, chunk, run)

    def _find(
        self, connection: sqlite3.Connection, kind: str, leg: StoredLeg, prices: list[str], quantities: list[str]
    ) -> StoredSeries:
        """Return a leg's series; a new one takes its notation from the numbers at hand."""
        found = connection.execute(
            "SELECT id, wire, multiplier, price_places, price_zeros, qty_places, qty_zeros FROM series "
            "WHERE kind = ? AND venue = ? AND symbol = ?",
            (kind, leg.side.value, leg.symbol),
        ).fetchone()
        if found is None:
            notation = Notation.of(prices), Notation.of(quantities)
            texts = (leg.side.value, leg.symbol, leg.wire)
            cursor = connection.execute(
                "INSERT INTO series (kind, venue, symbol, wire, multiplier, price_places, price_zeros, qty_places, "
                "qty_zeros) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (kind, *texts, leg.multiplier, *astuple(notation[0]), *astuple(notation[1])),
            )
            number = cursor.lastrowid or 0
            schema.create_series(connection, kind, number)
        elif tuple(found[1:3]) != (leg.wire, leg.multiplier):
            raise StorageError(
                f"{self.path} holds {leg.symbol} as {found[1]} in contracts of {found[2]}, now it is {leg.wire} of "
                f"{leg.multiplier}: record it into another file"
            )
        else:
            number, notation = int(found[0]), (Notation(*found[3:5]), Notation(*found[5:7]))
        series = StoredSeries(kind, number, *notation)
        self._series[kind, leg] = series
        return series

    def _is_there(self) -> bool:
        try:
            return _identity(self.path) == self._identity
        except OSError:
            return False

    @contextmanager
    def _named_faults(self) -> Iterator[None]:
        """Turn what the system says into a sentence. After a fault nothing remembered of the file is believed."""
        try:
            yield
        except BaseException as error:
            self._series.clear()
            self._runs.clear()
            if isinstance(error, (sqlite3.Error, OSError)) and not isinstance(error, sqlite3.IntegrityError):
                raise StorageError(explain(error, self.path)) from error
            raise


_Insert = Callable[[sqlite3.Connection, StoredSeries, list[Packed]], None]


def _insert_all(connection: sqlite3.Connection, series: StoredSeries, rows: list[Packed]) -> None:
    connection.executemany(series.insert, rows)


def _insert_each(connection: sqlite3.Connection, series: StoredSeries, rows: list[Packed]) -> None:
    """Insert rows of which some keys may be taken: by the same row, or by another of a clock that was set back."""
    present = f"SELECT update_id FROM {series.table} WHERE key = ?"  # noqa: S608 - our own name
    if series.table.startswith("trades"):
        present = present.replace("update_id", "trade_id")
    for key, *rest in rows:
        free = int(key or 0)
        while (found := connection.execute(present, (free,)).fetchone()) is not None and found[0] != rest[1]:
            free += 1
        if found is None:
            connection.execute(series.insert, (free, *rest))


def _store_rest(connection: sqlite3.Connection, chunk: Chunk, run: int) -> None:
    """Store all that is few."""
    connection.executemany(
        "INSERT OR IGNORE INTO links VALUES (?, ?, ?, ?, ?)",
        [(row.received_ms * ARRIVALS + row.arrival, row.side.value, run, row.phase, row.reason) for row in chunk.links],
    )
    connection.executemany(
        "INSERT OR IGNORE INTO beats VALUES (?, ?, ?)",
        [(row.received_ms * ARRIVALS + row.arrival, row.side.value, run) for row in chunk.beats],
    )
    connection.executemany(
        "INSERT OR REPLACE INTO gaps (symbol, venue, start_ms, run, reason, end_ms) VALUES (?, ?, ?, ?, ?, ?)",
        [(row.symbol, row.side.value, row.start_ms, run, row.reason, row.end_ms) for row in chunk.gaps],
    )
    connection.executemany(
        "INSERT OR REPLACE INTO bars VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [(row.symbol, row.second, run, *astuple(row)[2:]) for row in chunk.bars],
    )
    connection.execute("UPDATE runs SET last_ms = max(last_ms, ?) WHERE id = ?", (chunk.until_ms, run))


def _begin_run(connection: sqlite3.Connection, run: Run) -> int:
    last_ms = connection.execute("SELECT max(last_ms) FROM runs").fetchone()[0]
    number = connection.execute(
        "INSERT INTO runs (uuid, started_ms, last_ms) VALUES (?, ?, ?)", (run.uuid, run.started_ms, run.started_ms)
    ).lastrowid
    connection.execute(
        "UPDATE gaps SET end_ms = max(start_ms, (SELECT last_ms FROM runs WHERE id = run)) WHERE end_ms IS NULL"
    )
    if last_ms is not None and last_ms + 1 < run.started_ms:
        connection.execute(
            "INSERT INTO gaps (symbol, venue, start_ms, run, reason, end_ms) SELECT symbol, venue, ?, ?, "
            "'nothing was recorded', ? FROM series WHERE kind = 'quotes'",
            (last_ms + 1, number, run.started_ms),
        )
    return int(number or 0)


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    try:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _identity(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_dev, found.st_ino


_ROWS = 20_000
"""Rows of a series deleted at once: a commit waits for them."""


def _used_bytes(connection: sqlite3.Connection) -> int:
    """Return how much of the file is in use."""
    pages, free, size = (
        connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size")
    )
    return int((pages - free) * size)


def _oldest_part(connection: sqlite3.Connection) -> int:
    """Return a key below which lie some of the oldest rows, 0 when there are none."""
    oldest: tuple[int, str] | None = None
    for table in _tables(connection):
        first = connection.execute(f"SELECT min(key) FROM {table}").fetchone()[0]  # noqa: S608 - our own name
        if first is not None and (oldest is None or first < oldest[0]):
            oldest = (first, table)
    if oldest is None:
        return 0
    table = oldest[1]
    cut = connection.execute(
        f"SELECT coalesce((SELECT key FROM {table} ORDER BY key LIMIT 1 OFFSET ?), "  # noqa: S608 - our own name
        f"(SELECT max(key) FROM {table}))",
        (_ROWS,),
    ).fetchone()
    return int(cut[0])


def _delete_before(connection: sqlite3.Connection, key: int) -> int:
    """Delete rows of every series below `key`, a limited number; return how many."""
    deleted = 0
    for table in _tables(connection):
        deleted += connection.execute(
            f"DELETE FROM {table} WHERE key IN (SELECT key FROM {table} WHERE key < ? ORDER BY key LIMIT ?)",  # noqa: S608 - our own name
            (key, _ROWS),
        ).rowcount
    connection.execute("DELETE FROM beats WHERE key < ?", (key,))
    return deleted


def _tables(connection: sqlite3.Connection) -> list[str]:
    return [f"{kind}_{number}" for kind, number in connection.execute("SELECT kind, id FROM series ORDER BY id")]
