"""An SQLite recording that is copied after each of its statements, and opened anew from every copy."""

import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from msgspec import Struct

from spreadwatch.storage.rows import Chunk, Run, StorageError
from spreadwatch.storage.sqlite.history import SqliteHistory
from spreadwatch.storage.sqlite.store import SqliteStore
from tests.storage.parts import START_MS
from tests.storage.sequences import COMMIT, Ledger, Step, holds_one_of

MEMORY = Path("/dev/shm")
"""A file system in memory, where there is one: thousands of copies need no disk."""

Watch = Callable[[str, bool], None]


class Killed(BaseException):
    """The process is gone, as far as the store can tell."""


class _Connection(sqlite3.Connection):
    """Tells somebody before and after each statement."""

    watch: Watch = staticmethod(lambda _sql, _done: None)

    def execute(self, sql: str, values: Any = ()) -> sqlite3.Cursor:  # noqa: ANN401 - sqlite3's
        self.watch(sql, False)
        cursor = super().execute(sql, values)
        self.watch(sql, True)
        return cursor

    def executemany(self, sql: str, rows: Any) -> sqlite3.Cursor:  # noqa: ANN401 - sqlite3's
        self.watch(sql, False)
        cursor = super().executemany(sql, rows)
        self.watch(sql, True)
        return cursor


class Files(Struct, frozen=True):
    """A recording as it lies on the disk."""

    main: bytes
    wal: bytes

    def put(self, path: Path) -> None:
        """Write it, and nothing of what stood there."""
        for suffix in ("-shm", "-wal", "-journal"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        path.write_bytes(self.main)
        path.with_name(path.name + "-wal").write_bytes(self.wal)


def files(path: Path) -> Files:
    """Read what a kill at this moment would leave."""
    wal = path.with_name(path.name + "-wal")
    return Files(path.read_bytes(), wal.read_bytes() if wal.exists() else b"")


class Watched:
    """Plays steps into a recording. What was acknowledged must be in every copy; a write that is under way, or not."""

    def __init__(self, folder: Path) -> None:
        """Record into an empty folder."""
        self._folder = folder
        self._path = folder / "recording.db"
        self._copy = folder / "copy.db"
        self._ledger = Ledger()
        self._pending: Chunk | None = None
        self._last = Files(b"", b"")
        self._fault_in: int | None = None
        self._step: Step | None = None
        self.copies = 0

    def play(self, steps: tuple[Step, ...]) -> None:
        """Do all of it."""
        with self._watching():
            store, run = self._open(0)
            for number, step in enumerate(steps, start=1):
                store = self._write(store, step, step.chunk(run))
                if step.restarts:
                    store.close()
                    store, run = self._open(number)
            store.close()
            self._check(files(self._path))

    def _open(self, number: int) -> tuple[SqliteStore, Run]:
        store, run = SqliteStore(self._path), Run(f"run {number}", START_MS)
        store.open(run)
        return store, run

    def _write(self, store: SqliteStore, step: Step, chunk: Chunk) -> SqliteStore:
        self._step, self._fault_in, self._pending = step, step.fault, chunk
        try:
            store.write(chunk)
        except StorageError:
            self._fault_in = None
            store.write(chunk)  # as the recorder does
        except Killed:
            store.close()
            left, self._path = self._last, self._folder / f"left-{self.copies}.db"
            left.put(self._path)
            self._last = files(self._path)
            store, _ = self._open(len(self._ledger))
            store.write(chunk)
        self._fault_in, self._pending = None, None
        self._ledger.add(chunk)
        self._check(files(self._path))
        return store

    @contextmanager
    def _watching(self) -> Iterator[None]:
        connect = sqlite3.connect

        def watched(database: Path | str, **options: Any) -> sqlite3.Connection:  # noqa: ANN401 - sqlite3's
            if database != self._path:
                return connect(database, **options)  # type: ignore[no-any-return]
            made = connect(database, factory=_Connection, **options)
            made.watch = self._look
            return made

        with mock.patch.object(sqlite3, "connect", watched):
            yield

    def _look(self, sql: str, done: bool) -> None:
        """See what lies on the disk after a statement, and let one fail where the step says so."""
        if done:
            self._copied()
        step, left = self._step, self._fault_in
        if step is None or left is None or done is not step.done:
            return
        if left == COMMIT:
            left = 0 if sql == "COMMIT" else COMMIT
        self._fault_in = None if left == 0 else max(left - 1, COMMIT)
        if left == 0:
            if step.kills:
                self._last = files(self._path)
                raise Killed
            raise sqlite3.OperationalError("disk I/O error")

    def _copied(self) -> None:
        now, before = files(self._path), self._last
        if now == before:
            return
        self._last = now
        self._check(now)
        if now.wal.startswith(before.wal) and before.wal:  # as if it had been killed in the middle of that
            self._check(Files(now.main, now.wal[: (len(before.wal) + len(now.wal)) // 2]))

    def _check(self, left: Files) -> None:
        self.copies += 1
        left.put(self._copy)
        uri = f"{self._copy.as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            if not connection.execute("PRAGMA user_version").fetchone()[0]:
                assert not len(self._ledger)
                return
        ledgers = [self._ledger] if self._pending is None else [self._ledger, self._ledger.plus(self._pending)]
        holds_one_of(lambda: SqliteHistory(self._copy), *ledgers)


def play_in_memory(steps: tuple[Step, ...]) -> int:
    """Play steps in a folder of their own and return how many copies were opened. Fails at the first that is wrong."""
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        watched = Watched(Path(folder))
        watched.play(steps)
    return watched.copies
