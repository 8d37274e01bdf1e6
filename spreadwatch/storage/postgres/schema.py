"""The PostgreSQL tables, in a schema of their own, and how an older version becomes the present one.

`numeric` keeps the digits of a text, zeros at the end included; `odd` holds the texts where it would not.
"""

from typing import TYPE_CHECKING, Any

from spreadwatch.storage.rows import Refusal

if TYPE_CHECKING:
    import psycopg

    Connection = psycopg.Connection[tuple[Any, ...]]

SCHEMA = "spreadwatch"
_LOCK = 0x53505744

_FIRST = """
CREATE TABLE runs (id serial PRIMARY KEY, uuid text NOT NULL UNIQUE, started_ms bigint NOT NULL,
    last_ms bigint NOT NULL);
CREATE TABLE legs (id serial PRIMARY KEY, venue text NOT NULL, symbol text NOT NULL, wire text NOT NULL,
    multiplier integer NOT NULL, UNIQUE (venue, symbol));
CREATE TABLE quotes (leg integer NOT NULL, update_id bigint NOT NULL, received_ms bigint NOT NULL,
    arrival integer NOT NULL, run integer NOT NULL, exchange_ms bigint, bid numeric NOT NULL, bid_qty numeric NOT NULL,
    ask numeric NOT NULL, ask_qty numeric NOT NULL, odd text);
CREATE INDEX quotes_by_time ON quotes (leg, received_ms);
CREATE TABLE trades (leg integer NOT NULL, trade_id bigint NOT NULL, received_ms bigint NOT NULL,
    arrival integer NOT NULL, run integer NOT NULL, exchange_ms bigint NOT NULL, price numeric NOT NULL,
    qty numeric NOT NULL, odd text, PRIMARY KEY (leg, trade_id));
CREATE INDEX trades_by_time ON trades (leg, received_ms);
CREATE TABLE links (received_ms bigint, arrival integer, venue text, run integer, phase text NOT NULL,
    reason text NOT NULL, PRIMARY KEY (received_ms, arrival, venue, run));
CREATE TABLE beats (received_ms bigint, arrival integer, venue text, run integer,
    PRIMARY KEY (received_ms, arrival, venue, run));
CREATE TABLE gaps (symbol text, venue text, start_ms bigint, run integer, reason text, end_ms bigint,
    PRIMARY KEY (symbol, venue, start_ms, run, reason));
CREATE TABLE bars (symbol text, second bigint, run integer, part integer, open numeric NOT NULL,
    high numeric NOT NULL, low numeric NOT NULL, close numeric NOT NULL, close_ms bigint NOT NULL,
    samples integer NOT NULL, PRIMARY KEY (symbol, second, run, part));
"""

MIGRATIONS: tuple[str, ...] = (_FIRST,)
"""From version 0, no tables, to 1, and so on. Released ones never change; the last gives the present."""

_UNIQUE = "ALTER TABLE quotes ADD PRIMARY KEY (leg, update_id)"
_HYPERTABLE = """
CREATE TABLE quote_ids (leg integer, update_id bigint, PRIMARY KEY (leg, update_id));
SELECT create_hypertable('quotes', 'received_ms', chunk_time_interval => 86400000::bigint);
"""
"""A hypertable's unique index must hold its time, so what is known already is kept in a table beside it."""


def prepare(connection: "Connection") -> bool:
    """Bring the schema to the present version in one transaction; tell whether quotes are a hypertable.

    Raises Refusal for a newer one.
    """
    with connection.transaction():
        execute = connection.execute
        execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
        execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
        execute(f"SET search_path TO {SCHEMA}, public")
        execute("CREATE TABLE IF NOT EXISTS version (number integer NOT NULL)")
        version = check(execute("SELECT number FROM version").fetchall())
        for step in MIGRATIONS[version:]:
            execute(step.encode())
        if version == 0:
            execute((_HYPERTABLE if has_timescale(connection) else _UNIQUE).encode())
        if version < len(MIGRATIONS):
            execute("DELETE FROM version")
            execute("INSERT INTO version VALUES (%s)", (len(MIGRATIONS),))
        beside = execute("SELECT to_regclass(%s)", (f"{SCHEMA}.quote_ids",)).fetchone()
    return beside is not None and beside[0] is not None


def check(rows: list[tuple[Any, ...]]) -> int:
    """Return the version that a database tells, 0 when none. Raises Refusal for a newer one."""
    version = int(rows[0][0]) if rows else 0
    if version > len(MIGRATIONS):
        raise Refusal(
            f"the database was written by a newer spreadwatch (schema {version}, this one knows "
            f"{len(MIGRATIONS)}): update spreadwatch, or record into another database"
        )
    return version


def has_timescale(connection: "Connection") -> bool:
    """Tell whether this database has the TimescaleDB extension."""
    return connection.execute("SELECT FROM pg_extension WHERE extname = 'timescaledb'").fetchone() is not None
