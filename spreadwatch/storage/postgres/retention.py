"""How the oldest rows leave a PostgreSQL recording. The bars, gaps and links stay."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import psycopg

    Connection = psycopg.Connection[tuple[Any, ...]]

_ROWS = 20_000
"""Rows of a leg deleted at once: a commit waits for them."""

_ROW_BYTES = 180
"""What a quote takes with its share of the indexes. Deleted rows leave room that is used again, not a smaller file."""


def used_bytes(connection: "Connection") -> int:
    """Return about how much the present quotes and trades take, as the server last counted them."""
    found = connection.execute(
        "SELECT coalesce(sum(n_live_tup), 0) FROM pg_stat_user_tables "
        "WHERE schemaname = 'spreadwatch' AND relname IN ('quotes', 'trades')"
    ).fetchone()
    return int(found[0]) * _ROW_BYTES if found else 0


def oldest_part(connection: "Connection") -> int:
    """Return a moment before which lie some of the oldest rows, 0 when there are none."""
    found = connection.execute(
        "SELECT id, (SELECT min(received_ms) FROM quotes WHERE leg = id) AS oldest FROM legs "
        "ORDER BY oldest NULLS LAST LIMIT 1"
    ).fetchone()
    if found is None or found[1] is None:
        return 0
    cut = connection.execute(
        "SELECT received_ms FROM quotes WHERE leg = %s ORDER BY received_ms OFFSET %s LIMIT 1", (found[0], _ROWS)
    ).fetchone()
    return int(cut[0]) if cut else int(found[1]) + 1


def delete_before(connection: "Connection", before_ms: int) -> int:
    """Delete rows received before a moment, a limited number; return how many."""
    deleted = 0
    beside = connection.execute("SELECT to_regclass('spreadwatch.quote_ids')").fetchone()
    for (leg,) in connection.execute("SELECT id FROM legs").fetchall():
        for table in ("quotes", "trades"):
            gone = (  # by time and not by ctid, which a hypertable has twice
                f"DELETE FROM {table} WHERE leg = %(leg)s AND received_ms < %(before)s AND received_ms <= coalesce("  # noqa: S608 - ours
                f"(SELECT received_ms FROM {table} WHERE leg = %(leg)s ORDER BY received_ms OFFSET {_ROWS} LIMIT 1), "
                f"%(before)s)"
            )
            if table == "quotes" and beside and beside[0]:
                gone = (
                    f"WITH gone AS ({gone} RETURNING leg, update_id) DELETE FROM quote_ids USING gone "  # noqa: S608 - ours
                    "WHERE quote_ids.leg = gone.leg AND quote_ids.update_id = gone.update_id"
                )
            deleted += connection.execute(gone.encode(), {"leg": leg, "before": before_ms}).rowcount
    connection.execute("DELETE FROM beats WHERE received_ms < %s", (before_ms,))
    return deleted
