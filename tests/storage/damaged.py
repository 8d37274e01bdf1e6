"""A recording that the faulty version wrote: spot quotes and trades are damaged, futures quotes are not."""

import sqlite3
from contextlib import closing
from pathlib import Path

from spreadwatch.storage.sqlite import schema

ROWS = 16
_SQL = Path(__file__).with_suffix(".sql")


def put_damaged(path: Path) -> None:
    """Make the file."""
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(_SQL.read_text(encoding="utf-8"))
        connection.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")
        connection.execute("PRAGMA user_version = 1")
