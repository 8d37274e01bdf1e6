"""A PostgreSQL recording whose line is cut at a message of a write: the write is tried again, as the recorder does."""

from spreadwatch.storage.postgres.history import PostgresHistory
from spreadwatch.storage.postgres.store import PostgresStore
from spreadwatch.storage.rows import Chunk, Run, StorageError
from tests.storage.cutting import CuttingLine
from tests.storage.parts import START_MS
from tests.storage.sequences import COMMIT, Ledger, Step, holds_one_of
from tests.storage.server import PostgresServer

_TRIES = 5
"""The cut comes once a write; then the server may take a moment to see that the client is gone."""

_OF_A_WRITE = 10
_OF_AN_OPENING = 28
"""About so many messages a client sends for a write, and for a write that has to connect before."""


class Cut:
    """Plays steps into an empty database: what was acknowledged must be there; a write that is under way, or not."""

    def __init__(self, server: PostgresServer, line: CuttingLine) -> None:
        """Record into `server` through `line`."""
        self._server = server
        self._line = line
        self._dsn = server.dsn.replace(f"port={server.port}", f"port={line.port}")
        self._ledger = Ledger()

    def play(self, steps: tuple[Step, ...]) -> None:
        """Do all of it."""
        self._line.cut(None)
        self._server.clear()
        store, run, messages = PostgresStore(self._dsn), Run("run 0", START_MS), _OF_AN_OPENING
        for number, step in enumerate(steps, start=1):
            fault = b"COMMIT" if step.fault == COMMIT else step.fault
            self._line.cut(fault % messages if isinstance(fault, int) else fault, passes=step.done)
            store, messages = self._write(store, step, step.chunk(run)), _OF_A_WRITE
            if step.restarts:
                store.close()
                store, run, messages = PostgresStore(self._dsn), Run(f"run {number}", START_MS), _OF_AN_OPENING
        store.close()

    def _write(self, store: PostgresStore, step: Step, chunk: Chunk) -> PostgresStore:
        for tries_left in reversed(range(_TRIES)):
            try:
                store.write(chunk)
            except StorageError:
                assert tries_left
                self._check(self._ledger, self._ledger.plus(chunk))
                if step.kills:
                    store.close()
                    store = PostgresStore(self._dsn)
            else:
                break
        self._ledger.add(chunk)
        self._check(self._ledger)
        return store

    def _check(self, *ledgers: Ledger) -> None:
        try:
            holds_one_of(lambda: PostgresHistory(self._server.dsn), *ledgers)
        except StorageError:  # the tables are not there yet
            assert not len(ledgers[0])
