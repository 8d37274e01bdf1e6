"""The recording in PostgreSQL, into which several recorders may write at once. The recorder's thread.

A quote is known by side, symbol and update id: whoever comes second with it changes nothing, so a chunk whose
commit was not confirmed may be written again.
"""

import re
from collections.abc import Iterable
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from spreadwatch.storage.postgres import schema
from spreadwatch.storage.postgres.link import ANSWER_S, connect, named_faults
from spreadwatch.storage.rows import Chunk, Limits, QuoteRow, Run, StorageError, StoredLeg, TradeRow

if TYPE_CHECKING:
    import psycopg

    Connection = psycopg.Connection[tuple[Any, ...]]

_PLAIN = re.compile(r"(?:0|[1-9][0-9]*)(?:\.[0-9]+)?", re.ASCII)
_MEMORY = 16384
_DEAD_MS = 60_000
_STAGED_CHUNKS = 300
"""For how many chunks after a quote that was known the known ones are looked for: somebody else records too."""

_STAGING = """
CREATE TEMP TABLE staged_quotes (LIKE quotes) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE staged_trades (LIKE trades) ON COMMIT DELETE ROWS;
"""
_QUOTE_COLUMNS = "leg, update_id, received_ms, arrival, run, exchange_ms, bid, bid_qty, ask, ask_qty, odd"
_INSERT_QUOTES = f"""
INSERT INTO quotes ({_QUOTE_COLUMNS}) SELECT {_QUOTE_COLUMNS} FROM staged_quotes ON CONFLICT DO NOTHING
"""  # noqa: S608 - our own names
_INSERT_BESIDE = f"""
WITH fresh AS (INSERT INTO quote_ids SELECT leg, update_id FROM staged_quotes ON CONFLICT DO NOTHING
               RETURNING leg, update_id)
INSERT INTO quotes ({_QUOTE_COLUMNS}) SELECT {_QUOTE_COLUMNS} FROM staged_quotes JOIN fresh USING (leg, update_id)
"""  # noqa: S608 - our own names


class _Plain(dict[str, bool]):
    """Text -> whether `numeric` gives it back to the letter."""

    def __missing__(self, text: str) -> bool:
        if len(self) >= _MEMORY:
            self.clear()
        plain = self[text] = _PLAIN.fullmatch(text) is not None
        return plain


class PostgresStore:
    """Write chunks into a database; whatever goes wrong is a StorageError in words, and can be tried again."""

    def __init__(self, dsn: str, answer_s: float = ANSWER_S) -> None:
        """Record into the database that `dsn` names, which is never logged nor told."""
        self._dsn = dsn
        self._answer_s = answer_s
        self._connection: Connection | None = None
        self._runs: dict[str, int] = {}
        self._legs: dict[StoredLeg, int] = {}
        self._plain = _Plain()
        self._insert_quotes = _INSERT_QUOTES
        self._staged_chunks = 0

    def open(self, run: Run) -> None:
        """Connect, make the tables ready and begin `run`. Raises StorageError."""
        self.close()
        connection = connect(self._dsn, self._answer_s)
        with named_faults(connection):
            beside = schema.prepare(connection)
            self._insert_quotes = _INSERT_BESIDE if beside else _INSERT_QUOTES
            connection.execute(_STAGING.encode())
            with connection.transaction():
                self._run_number(connection, run)
        self._connection = connection

    def write(self, chunk: Chunk) -> None:
        """Store a chunk; it is committed when this returns. Raises StorageError."""
        connection = self._connection
        if connection is None or connection.closed:
            self.open(chunk.run)
            connection = self._connection
        if connection is None:
            raise StorageError("the database is not open")
        try:
            with named_faults(connection), connection.transaction():
                self._store(connection, chunk)
        except StorageError:
            self._runs.clear()
            self._legs.clear()
            raise

    def prune(self, limits: Limits, now_ms: int) -> bool:
        """Delete some of the oldest rows that are over a limit; tell whether there may be more."""
        if (connection := self._connection) is None or connection.closed:
            return False
        deleted = 0
        with named_faults(connection), connection.transaction():
            if limits.age_ms is not None:
                deleted = _delete_before(connection, now_ms - limits.age_ms)
            if not deleted and limits.size_bytes is not None and _used_bytes(connection) > limits.size_bytes:
                deleted = _delete_before(connection, _oldest_part(connection))
        return deleted > 0

    def note(self) -> str | None:
        """Return None: what is wrong is told by what `write` raises."""
        return None

    def close(self) -> None:
        """Close the connection."""
        connection, self._connection = self._connection, None
        self._runs.clear()
        self._legs.clear()
        if connection is not None:
            connection.close()

    def _store(self, connection: "Connection", chunk: Chunk) -> None:
        run = self._run_number(connection, chunk.run)
        if chunk.quotes:
            self._store_quotes(connection, chunk, run)
        if chunk.trades:
            lines = [self._trade_lines(self._leg_number(connection, leg), rows, run) for leg, rows in chunk.trades]
            _copy(connection, "COPY staged_trades FROM STDIN", lines)
            connection.execute("INSERT INTO trades SELECT * FROM staged_trades ON CONFLICT DO NOTHING")
        _store_rest(connection, chunk, run)

    def _store_quotes(self, connection: "Connection", chunk: Chunk, run: int) -> None:
        """Copy quotes into their table where nobody else writes the same ones, else past those that are known."""
        from psycopg.errors import UniqueViolation

        numbered = [(self._leg_number(connection, leg), rows) for leg, rows in chunk.quotes]
        numbered.sort(key=itemgetter(0))  # two recorders that take keys in another order could lock each other out
        lines = [self._quote_lines(leg, rows, run) for leg, rows in numbered]
        if self._insert_quotes is _INSERT_QUOTES and not self._staged_chunks:
            try:
                with connection.transaction():
                    _copy(connection, f"COPY quotes ({_QUOTE_COLUMNS}) FROM STDIN", lines)
            except UniqueViolation:
                self._staged_chunks = _STAGED_CHUNKS
            else:
                return
        self._staged_chunks = max(self._staged_chunks - 1, 0)
        _copy(connection, f"COPY staged_quotes ({_QUOTE_COLUMNS}) FROM STDIN", lines)
        connection.execute(self._insert_quotes.encode())

    def _quote_lines(self, leg: int, rows: list[QuoteRow], run: int) -> str:
        plain, lines = self._plain, []
        for row in rows:
            bid, bid_qty, ask, ask_qty = row.bid, row.bid_qty, row.ask, row.ask_qty
            exchange = r"\N" if row.exchange_ms is None else row.exchange_ms
            well = plain[bid] and plain[bid_qty] and plain[ask] and plain[ask_qty]
            odd = r"\N" if well else f"{bid} {bid_qty} {ask} {ask_qty}"
            lines.append(
                f"{leg}\t{row.update_id}\t{row.received_ms}\t{row.arrival}\t{run}\t{exchange}\t"
                f"{bid}\t{bid_qty}\t{ask}\t{ask_qty}\t{odd}\n"
            )
        return "".join(lines)

    def _trade_lines(self, leg: int, rows: list[TradeRow], run: int) -> str:
        return "".join(
            f"{leg}\t{row.trade_id}\t{row.received_ms}\t{row.arrival}\t{run}\t{row.exchange_ms}\t{row.price}\t{row.qty}\t"
            + ("\\N\n" if self._plain[row.price] and self._plain[row.qty] else f"{row.price} {row.qty}\n")
            for row in rows
        )

    def _run_number(self, connection: "Connection", run: Run) -> int:
        if (known := self._runs.get(run.uuid)) is not None:
            return known
        begun = connection.execute(
            "INSERT INTO runs (uuid, started_ms, last_ms) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING RETURNING id",
            (run.uuid, run.started_ms, run.started_ms),
        ).fetchone()
        if begun:
            _begin_run(connection, int(begun[0]), run)
        found = begun or connection.execute("SELECT id FROM runs WHERE uuid = %s", (run.uuid,)).fetchone()
        number = self._runs[run.uuid] = int(found[0]) if found else 0
        return number

    def _leg_number(self, connection: "Connection", leg: StoredLeg) -> int:
        if (known := self._legs.get(leg)) is not None:
            return known
        names = (leg.side.value, leg.symbol)
        connection.execute(
            "INSERT INTO legs (venue, symbol, wire, multiplier) VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING",
            (*names, leg.wire, leg.multiplier),
        )
        found = connection.execute(
            "SELECT id, wire, multiplier FROM legs WHERE venue = %s AND symbol = %s", names
        ).fetchone()
        if found is None or tuple(found[1:]) != (leg.wire, leg.multiplier):
            raise StorageError(
                f"the database holds {leg.symbol} under another name of {leg.side} or in other contracts"
            )
        number = self._legs[leg] = int(found[0])
        return number


def _copy(connection: "Connection", statement: str, blocks: Iterable[str]) -> None:
    with connection.cursor() as cursor, cursor.copy(statement.encode()) as copy:
        for block in blocks:
            copy.write(block)


def _store_rest(connection: "Connection", chunk: Chunk, run: int) -> None:
    """Store all that is few."""
    with connection.cursor() as cursor:
        if chunk.links:
            cursor.executemany(
                "INSERT INTO links VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
                [(row.received_ms, row.arrival, row.side.value, run, row.phase, row.reason) for row in chunk.links],
            )
        if chunk.beats:
            cursor.executemany(
                "INSERT INTO beats VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING",
                [(row.received_ms, row.arrival, row.side.value, run) for row in chunk.beats],
            )
        if chunk.gaps:
            cursor.executemany(
                "INSERT INTO gaps VALUES (%s, %s, %s, %s, %s, %s) "
                "ON CONFLICT (symbol, venue, start_ms, run, reason) DO UPDATE SET end_ms = excluded.end_ms",
                [(row.symbol, row.side.value, row.start_ms, run, row.reason, row.end_ms) for row in chunk.gaps],
            )
        if chunk.bars:
            cursor.executemany(
                "INSERT INTO bars VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s) "
                "ON CONFLICT (symbol, second, run, part) DO UPDATE SET open = excluded.open, high = excluded.high, "
                "low = excluded.low, close = excluded.close, close_ms = excluded.close_ms, samples = excluded.samples",
                [
                    (
                        row.symbol,
                        row.second,
                        run,
                        row.part,
                        row.open,
                        row.high,
                        row.low,
                        row.close,
                        row.close_ms,
                        row.samples,
                    )
                    for row in chunk.bars
                ],
            )
    connection.execute("UPDATE runs SET last_ms = greatest(last_ms, %s) WHERE id = %s", (chunk.until_ms, run))


def _begin_run(connection: "Connection", number: int, run: Run) -> None:
    """Close the gaps of runs that died; unless another recorder is at work, nothing was recorded before this run."""
    dead_ms = run.started_ms - _DEAD_MS
    connection.execute(
        "UPDATE gaps SET end_ms = greatest(start_ms, runs.last_ms) FROM runs "
        "WHERE gaps.run = runs.id AND gaps.end_ms IS NULL AND runs.last_ms < %s AND runs.id <> %s",
        (dead_ms, number),
    )
    connection.execute(
        "INSERT INTO gaps SELECT symbol, venue, before.last_ms + 1, %s, 'nothing was recorded', %s FROM legs, "
        "(SELECT max(last_ms) AS last_ms FROM runs WHERE id <> %s) AS before WHERE before.last_ms + 1 < %s",
        (number, run.started_ms, number, run.started_ms),
    )


_ROWS = 20_000
"""Rows of a leg deleted at once: a commit waits for them."""

_ROW_BYTES = 180
"""What a quote takes with its share of the indexes. Deleted rows leave room that is used again, not a smaller file."""


def _used_bytes(connection: "Connection") -> int:
    """Return about how much the present quotes and trades take, as the server last counted them."""
    found = connection.execute(
        "SELECT coalesce(sum(n_live_tup), 0) FROM pg_stat_user_tables "
        "WHERE schemaname = 'spreadwatch' AND relname IN ('quotes', 'trades')"
    ).fetchone()
    return int(found[0]) * _ROW_BYTES if found else 0


def _oldest_part(connection: "Connection") -> int:
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


def _delete_before(connection: "Connection", before_ms: int) -> int:
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
