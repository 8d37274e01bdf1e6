"""Where a recording waits while its database is away: a small file of whole chunks, first in, first out.

The order stays: as long as the file holds a chunk, new ones go behind it. Connecting happens on the thread
`recorder-connect`, so that a frozen server does not hold up what arrives; the rest is the recorder's thread.
"""

import logging
import sqlite3
import time
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from spreadwatch.storage.lock import WriterLock
from spreadwatch.storage.rows import Chunk, Limits, Refusal, Run, StorageError, Store
from spreadwatch.storage.sqlite.faults import explain
from spreadwatch.worker import Worker

_RETRY_S = 2.0
_CATCH_UP_S = 0.25
_REFUSED_S = 10.0

log = logging.getLogger(__name__)


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


class SpillingStore:
    """Write into `primary`, or into `spill` while that is away."""

    def __init__(self, primary: Store, spill: Spill) -> None:
        """Own both; each is closed with this."""
        self._primary = primary
        self._spill = spill
        self._run: Run | None = None
        self._fault: str | None = None
        self._is_up = False
        self._attempt: Worker | None = None
        self._outcome: StorageError | bool = False
        self._retry_at_s = 0.0

    def open(self, run: Run) -> None:
        """Open the spill and try the store; raises StorageError only when the store refuses or no spill is possible."""
        self._spill.open()
        waiting = self._spill.first()
        self._run = waiting[1].run if waiting else run  # what waits comes first, its run too
        try:
            self._primary.open(self._run)
        except Refusal:
            self._spill.close()
            raise
        except StorageError as error:
            self._down(error)
        else:
            self._is_up = True

    def write(self, chunk: Chunk) -> None:
        """Store a chunk in one place or the other; it is safe when this returns. Raises StorageError."""
        self._connect()
        if self._is_up and self._spill.chunks:
            self._catch_up()
        if self._is_up and not self._spill.chunks:
            try:
                self._primary.write(chunk)
            except StorageError as error:
                self._down(error)
            else:
                return
        try:
            self._spill.add(chunk)
        except StorageError as error:
            raise StorageError(f"{self._fault or 'the database is catching up'}, and {error}") from error

    def prune(self, limits: Limits, now_ms: int) -> bool:
        """Catch up, and delete old rows of the store."""
        if not self._is_up:
            self._connect()
            return False
        if self._spill.chunks:
            self._catch_up()
            return self._is_up
        try:
            return limits != Limits() and self._primary.prune(limits, now_ms)
        except StorageError as error:
            self._down(error)
            return False

    def note(self) -> str | None:
        """Return what keeps the store away, None while all is well. Any thread."""
        chunks = self._spill.chunks
        if self._fault:
            return f"{self._fault}; {chunks} batches wait in {self._spill.path}"
        return f"the database is back, {chunks} batches are still to be stored" if chunks else None

    def close(self) -> None:
        """Close both."""
        if self._attempt is not None:
            self._attempt.join(_RETRY_S)
        if self._attempt is None or not self._attempt.is_alive():
            self._primary.close()
        self._spill.close()

    def _catch_up(self) -> None:
        """Move chunks from the spill into the store for a short while."""
        until_s = time.monotonic() + _CATCH_UP_S
        try:
            while time.monotonic() < until_s and (found := self._spill.first()):
                self._primary.write(found[1])
                self._spill.remove(found[0])
        except StorageError as error:
            self._down(error)
        else:
            if not self._spill.chunks:
                log.info("the database has caught up")

    def _down(self, error: StorageError) -> None:
        if self._fault is None:
            log.warning("%s; recording goes on in %s", error, self._spill.path)
        self._fault, self._is_up = str(error), False
        self._retry_at_s = time.monotonic() + (_REFUSED_S if isinstance(error, Refusal) else _RETRY_S)

    def _connect(self) -> None:
        """Go on to get the store back, without waiting for it."""
        if self._is_up or self._run is None:
            return
        if self._attempt is None:
            if time.monotonic() >= self._retry_at_s:
                self._attempt = Worker("recorder-connect", partial(self._try, self._run))
                self._attempt.start()
        elif not self._attempt.is_alive():
            self._attempt = None
            if isinstance(self._outcome, StorageError):
                self._down(self._outcome)
            elif self._outcome:
                self._is_up, self._fault = True, None

    def _try(self, run: Run) -> None:
        self._outcome = False
        try:
            self._primary.open(run)
        except StorageError as error:
            self._outcome = error
        else:
            self._outcome = True
