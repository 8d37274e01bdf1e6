"""The SQLite file: its tables, its versions, and how an older one becomes the present one.

A table per series (`quotes_1`, `trades_2`, …), because rows that come in the order of their key are appended: full
pages, and the nearest row before a moment is one step away. The key is `received_ms * ARRIVALS + arrival`.
Prices and quantities are whole numbers where numbers.py can say so, else text; `step` is ask − bid.
"""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from spreadwatch.storage.rows import Refusal, StorageError

APPLICATION_ID = 0x53505744

_FIRST = """
CREATE TABLE runs (id INTEGER PRIMARY KEY, uuid TEXT NOT NULL UNIQUE, started_ms INTEGER NOT NULL,
    last_ms INTEGER NOT NULL);
CREATE TABLE series (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, venue TEXT NOT NULL, symbol TEXT NOT NULL,
    wire TEXT NOT NULL, multiplier INTEGER NOT NULL, price_places INTEGER NOT NULL, price_zeros INTEGER NOT NULL,
    qty_places INTEGER NOT NULL, qty_zeros INTEGER NOT NULL, UNIQUE (kind, venue, symbol));
CREATE TABLE links (key INTEGER NOT NULL, venue TEXT NOT NULL, run INTEGER NOT NULL, phase TEXT NOT NULL,
    reason TEXT NOT NULL, PRIMARY KEY (key, venue, run)) WITHOUT ROWID;
CREATE TABLE beats (key INTEGER NOT NULL, venue TEXT NOT NULL, run INTEGER NOT NULL,
    PRIMARY KEY (key, venue, run)) WITHOUT ROWID;
CREATE TABLE gaps (symbol TEXT NOT NULL, venue TEXT NOT NULL, start_ms INTEGER NOT NULL, run INTEGER NOT NULL,
    reason TEXT NOT NULL, end_ms INTEGER, PRIMARY KEY (symbol, venue, start_ms, run, reason)) WITHOUT ROWID;
CREATE TABLE bars (symbol TEXT NOT NULL, second INTEGER NOT NULL, run INTEGER NOT NULL, part INTEGER NOT NULL,
    open TEXT NOT NULL, high TEXT NOT NULL, low TEXT NOT NULL, close TEXT NOT NULL, close_ms INTEGER NOT NULL,
    samples INTEGER NOT NULL, PRIMARY KEY (symbol, second, run, part)) WITHOUT ROWID;
"""


def _create(connection: sqlite3.Connection) -> None:
    for statement in _FIRST.split(";"):  # executescript would end the transaction
        connection.execute(statement)


MIGRATIONS: tuple[Callable[[sqlite3.Connection], None], ...] = (_create,)
"""From version 0, an empty file, to 1, and so on. Released ones never change; the last gives the present."""


def create_series(connection: sqlite3.Connection, kind: str, number: int) -> None:
    """Create the table of a new series of quotes or trades."""
    columns = {
        "quotes": "run INTEGER, update_id INTEGER, lag_ms INTEGER, bid, step, bid_qty, ask_qty",
        "trades": "run INTEGER, trade_id INTEGER, lag_ms INTEGER, price, qty",
    }[kind]
    connection.execute(f"CREATE TABLE {kind}_{number} (key INTEGER PRIMARY KEY, {columns})")


def check(connection: sqlite3.Connection, path: Path) -> int:
    """Return the file's version, 0 for an empty one. Raises Refusal for a foreign or a newer file."""
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    owner = int(connection.execute("PRAGMA application_id").fetchone()[0])
    tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if owner != APPLICATION_ID and (tables or version or owner):
        raise Refusal(f"{path} is another program's database: name a file of its own for the recording")
    if version > len(MIGRATIONS):
        raise Refusal(
            f"{path} was written by a newer spreadwatch (schema {version}, this one knows {len(MIGRATIONS)}): "
            f"update spreadwatch, or record into another file"
        )
    return version


def check_present(connection: sqlite3.Connection, path: Path) -> None:
    """Let a file of the present version pass. Raises StorageError for an older one, else as `check` does."""
    version = check(connection, path)
    if version < len(MIGRATIONS):
        raise StorageError(
            f"{path} is of an older spreadwatch (schema {version}): record into it once, it is then brought up to date "
            f"and a copy of it is kept"
        )


def migrate(connection: sqlite3.Connection, path: Path) -> None:
    """Bring the file to the present version in one transaction, after a copy of what is in it."""
    version = check(connection, path)
    if version == len(MIGRATIONS):
        return
    if version:
        back_up(connection, path.with_name(f"{path.name}.before-{len(MIGRATIONS)}"))
    connection.execute("BEGIN IMMEDIATE")
    try:
        for step in MIGRATIONS[version:]:
            step(connection)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def back_up(connection: sqlite3.Connection, target: Path) -> None:
    """Copy a whole database into a new file."""
    target.unlink(missing_ok=True)
    with closing(sqlite3.connect(target)) as copy:
        connection.backup(copy)
