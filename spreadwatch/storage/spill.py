"""Where a recording waits while its database is away: a small SQLite file of whole chunks, first in, first out."""

import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from spreadwatch.storage.lock import WriterLock
from spreadwatch.storage.rows import Chunk, StorageError
from spreadwatch.storage.sqlite.faults import explain


class Spill:
    """A file of chunks. The recorder's thread."""

    def __init__(self, path: Path, size_bytes: int) -> None:
        """Use `path`, which may hold chunks of an earlier run; take `size_bytes` at most."""
        self.path = path
        self.chunks = 0
        self._size_bytes = size_bytes
        self._lock = WriterLock(path)
        self._connection: sqlite3.Connection | None = None
        self._encode = msgspec.msgpack.Encoder().encode
        self._decode = msgspec.msgpack.Decoder(Chunk).decode

    def open(self) -> None:
        """Open the file. Raises StorageError, Refusal while another process spills into it."""
        if self._connection is not None:
            return
        self._lock.take()
        try:
            connection = sqlite3.connect(self.path, timeout=1.0, isolation_level=None, check_same_thread=False)
            self._connection = connection
            connection.execute("PRAGMA auto_vacuum = FULL")
            connection.execute("PRAGMA journal_mode = WAL").fetchall()
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("CREATE TABLE IF NOT EXISTS chunks (id INTEGER PRIMARY KEY, body BLOB NOT NULL)")
            self.chunks = connection.execute("SELECT count(*) FROM chunks").fetchone()[0]
        except sqlite3.Error as error:
            self.close()
            raise StorageError(explain(error, self.path)) from error

    def add(self, chunk: Chunk) -> None:
        """Keep a chunk; it is on the disk when this returns. Raises StorageError."""
        self.open()
        if (used := self._used()) > self._size_bytes:
            raise StorageError(f"{self.path} has grown to {used >> 20} MiB, all that it may take")
        self._execute("INSERT INTO chunks (body) VALUES (?)", (self._encode(chunk),))
        self.chunks += 1

    def first(self) -> tuple[int, Chunk] | None:
        """Return the oldest chunk and its number, None when there is none."""
        rows = self._execute("SELECT id, body FROM chunks ORDER BY id LIMIT 1", ())
        return (int(rows[0][0]), self._decode(rows[0][1])) if rows else None

    def remove(self, number: int) -> None:
        """Forget a chunk that is safe elsewhere."""
        self._execute("DELETE FROM chunks WHERE id = ?", (number,))
        self.chunks -= 1

    def close(self) -> None:
        """Close the file and let go of its lock."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(sqlite3.Error):
                connection.close()
        self._lock.release()

    def _used(self) -> int:
        [[pages]], [[size]] = self._execute("PRAGMA page_count", ()), self._execute("PRAGMA page_size", ())
        return int(pages * size)

    def _execute(self, sql: str, values: tuple[object, ...]) -> list[tuple[Any, ...]]:
        if self._connection is None:
            raise StorageError(f"{self.path} is not open")
        try:
            found: list[tuple[Any, ...]] = self._connection.execute(sql, values).fetchall()
        except sqlite3.Error as error:
            raise StorageError(explain(error, self.path)) from error
        return found
