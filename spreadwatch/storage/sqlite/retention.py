"""How the oldest rows leave an SQLite file. The bars, gaps and links stay."""

import sqlite3

_ROWS = 20_000
"""Rows of a series deleted at once: a commit waits for them."""


def used_bytes(connection: sqlite3.Connection) -> int:
    """Return how much of the file is in use."""
    pages, free, size = (
        connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size")
    )
    return int((pages - free) * size)


def oldest_part(connection: sqlite3.Connection) -> int:
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


def delete_before(connection: sqlite3.Connection, key: int) -> int:
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
