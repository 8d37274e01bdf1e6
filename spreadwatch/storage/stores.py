"""The databases that a recording can be in: a table, asked by the recorder and for every question.

A new one is a folder beside sqlite/ and a row here. Rows import their database when it is wanted.
"""

from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from spreadwatch.storage.history import History
from spreadwatch.storage.rows import StorageError, Store

_SPILL_BYTES = 4 << 30


class Place(Struct, frozen=True):
    """Where a recording is: in the file `path`, or in the database with the address `dsn`, which is a secret."""

    path: Path
    dsn: str = ""


class Database(Struct, frozen=True):
    """How to open one kind of database. Both raise StorageError with a sentence that helps."""

    open_store: Callable[[Place], Store]
    open_history: Callable[[Place], History]


def _sqlite_store(place: Place) -> Store:
    from spreadwatch.storage.sqlite.store import SqliteStore

    return SqliteStore(place.path)


def _sqlite_history(place: Place) -> History:
    from spreadwatch.storage.sqlite.history import SqliteHistory

    if not place.path.is_file():
        raise StorageError(f"there is no recording at {place.path}: make one with `spreadwatch record`")
    return SqliteHistory(place.path)


def _postgres_store(place: Place) -> Store:
    from spreadwatch.storage.postgres.store import PostgresStore
    from spreadwatch.storage.spill import Spill, SpillingStore

    spill = Spill(place.path.with_name("spill.sqlite"), _SPILL_BYTES)
    return SpillingStore(PostgresStore(place.dsn), spill)


def _postgres_history(place: Place) -> History:
    from spreadwatch.storage.postgres.history import PostgresHistory

    return PostgresHistory(place.dsn)


STORES = {
    "SQLite": Database(_sqlite_store, _sqlite_history),
    "PostgreSQL": Database(_postgres_store, _postgres_history),
}
"""Name of a database -> how to open a recording in it."""

_SCHEMES = {"postgresql": "PostgreSQL", "postgres": "PostgreSQL"}


def name_of(place: Place) -> str:
    """Return the name in STORES of a place's database. An address without a known scheme is libpq's own form."""
    if not place.dsn:
        return "SQLite"
    return _SCHEMES.get(place.dsn.partition("://")[0].lower(), "PostgreSQL")


def open_store(place: Place) -> Store:
    """Open a recording to write into it, in folders that are made. Raises StorageError or OSError."""
    place.path.parent.mkdir(parents=True, exist_ok=True)
    return STORES[name_of(place)].open_store(place)


def open_history(place: Place) -> History:
    """Open a recording to ask it. Raises StorageError."""
    return STORES[name_of(place)].open_history(place)
