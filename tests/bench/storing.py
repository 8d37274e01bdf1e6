"""Figures of the recorder: what a quote costs to store, and what that costs the feed."""

import tempfile
from pathlib import Path

from spreadwatch.storage.postgres.store import PostgresStore
from spreadwatch.storage.sqlite.store import SqliteStore
from tests.bench.figures import Figure
from tests.bench.receiving import Told
from tests.storage.pouring import Poured, pour
from tests.storage.server import PostgresServer, binaries

_QUOTES_PER_SECOND = 30_000  # of a run; 300,000 for the usual 10 s
_STORED_US = 20.0  # 50,000 quotes a second
_PUT_US = 1000.0


def measure(told: Told) -> list[Figure]:
    """Return the figures of `record`."""
    count = max(int(_QUOTES_PER_SECOND * told.seconds), 1000)
    found: dict[str, list[Poured]] = {"SQLite": [], "PostgreSQL": []}
    folder = binaries()
    server = PostgresServer(folder).start() if folder is not None else None
    try:
        for _ in range(told.runs):
            with tempfile.TemporaryDirectory() as place:
                found["SQLite"].append(pour(SqliteStore(Path(place) / "a.db"), count))
            if server is not None:
                server.clear()
                found["PostgreSQL"].append(pour(PostgresStore(server.dsn), count))
    finally:
        if server is not None:
            server.remove()
    figures: list[Figure] = []
    for name, poured in found.items():
        note = "" if poured else "no PostgreSQL here"
        stored = [1e6 / one.quotes_per_s for one in poured]
        puts = [one.put_p99_ms * 1000 for one in poured]
        figures.append(Figure(f"record into {name}, per quote", " µs", _STORED_US, stored, note))
        figures.append(Figure(f"· put beside it, p99, {name}", " µs", _PUT_US, puts, note))
    return figures
