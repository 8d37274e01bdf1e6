"""`python -m tests.storage.long [PART]...`: what takes too long for the tests, measured and held against the bars.

Parts: exact (10,000 sequences of valid texts, faults and restarts into SQLite, 1,000 into PostgreSQL whose line is
cut) · kills (200 × kill -9 while numbers become finer) · away (PostgreSQL stopped, killed and frozen for 60 s at
1,000 quotes/s) · speed (quotes a second into both stores, cost of a put) · large (10 million rows: bytes per quote,
`at`, `minmax`) · export (3.6 million rows, memory). `--scale 0.1` does a tenth of each, which proves nothing.
"""

import argparse
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from hypothesis import given, settings

from spreadwatch.core.quote import Side
from spreadwatch.storage.export import Wanted, export
from spreadwatch.storage.history import History
from spreadwatch.storage.postgres.history import PostgresHistory
from spreadwatch.storage.postgres.store import PostgresStore
from spreadwatch.storage.rows import Chunk, QuoteRow, Run, Store, StoredLeg
from spreadwatch.storage.sqlite.history import SqliteHistory
from spreadwatch.storage.sqlite.store import SqliteStore
from tests.storage.cut import Cut
from tests.storage.cutting import CuttingLine
from tests.storage.killing import kill_once
from tests.storage.parts import START_MS, recording
from tests.storage.pouring import pour
from tests.storage.sequences import Step, sequences, slow
from tests.storage.server import PostgresServer, binaries
from tests.storage.test_postgres import Feed, caught_up, ids, spilling
from tests.storage.watched import play_in_memory

LARGE = 10_000_000
EXPORTED = 3_600_000
ROWS_A_SECOND = 1000
_failures: list[str] = []


def say(name: str, value: float, unit: str, bar: float | None = None, *, least: bool = False) -> None:
    """Print a figure; note when it misses its bar, an upper one unless `least`."""
    missed = bar is not None and (value < bar if least else value > bar)
    if missed:
        _failures.append(name)
    verdict = "" if bar is None else f"   ({'≥' if least else '≤'} {bar:g}{unit}: {'MISSED' if missed else 'ok'})"
    print(f"{name:52} {value:>12,.3f}{unit}{verdict}", flush=True)


@contextmanager
def running_server() -> Iterator[PostgresServer]:
    """Run a PostgreSQL server."""
    folder = binaries()
    assert folder is not None, "needs PostgreSQL"
    server = PostgresServer(folder).start()
    try:
        yield server
    finally:
        server.remove()


def exact(_folder: Path, scale: float) -> None:
    """Play sequences: what is read is what was put in, to the letter. Fails at the first that differs."""
    played = copies = 0

    def into_sqlite(steps: tuple[Step, ...]) -> None:
        nonlocal played, copies
        copies += play_in_memory(steps)
        played += 1

    many = round(10_000 * scale)
    settings(slow, max_examples=many)(given(sequences())(into_sqlite))()
    say("SQLite: sequences that come back to the letter", played, "", many, least=True)
    say("SQLite: copies of the files that held what was acknowledged", copies, "")
    with running_server() as server, CuttingLine(server.port) as line:
        played, many = 0, round(1000 * scale)

        def into_postgres(steps: tuple[Step, ...]) -> None:
            nonlocal played
            Cut(server, line).play(steps)
            played += 1

        settings(slow, max_examples=many)(given(sequences(30))(into_postgres))()
        say("PostgreSQL: sequences that come back to the letter", played, "", many, least=True)
        say("PostgreSQL: connections that were cut", line.cuts, "")


def kills(folder: Path, scale: float) -> None:
    """Kill a recorder at random moments."""
    chance = random.Random(1)
    left = [kill_once(folder, chance) for _ in range(round(200 * scale))]
    say("kill -9: recordings that are whole", len(left), "", round(200 * scale), least=True)
    say("kill -9: lost at most", max(one.lost_ms for one in left), " ms", 250)
    say("kill -9: lost in the median", statistics.median(one.lost_ms for one in left), " ms")


def away(folder: Path, scale: float) -> None:
    """Take the database away for a minute, in three ways."""
    with running_server() as server:
        for fault in ("stopped", "killed", "frozen"):
            server.clear()
            with recording(spilling(server, folder, f"{fault}.db")) as recorder:
                recorder.ready(10)
                feed = Feed(recorder)
                time.sleep(2)
                if fault == "frozen":
                    server.freeze()
                else:
                    server.stop(signal.SIGINT if fault == "stopped" else signal.SIGKILL)
                time.sleep(60 * scale)
                if fault == "frozen":
                    server.thaw()
                else:
                    server.start()
                began_s = time.monotonic()
                caught_up(recorder)
                behind_s = time.monotonic() - began_s
                last = feed.end()
                caught_up(recorder)
                dropped = recorder.status().dropped
            found = ids(server)
            say(f"{fault} for {60 * scale:g} s: quotes put", last, "")
            say(f"{fault}: lost", len(set(range(1, last + 1)) - set(found)) + dropped, "", 0)
            say(f"{fault}: stored twice", len(found) - len(set(found)), "", 0)
            say(f"{fault}: caught up within", behind_s, " s")
            say(
                f"{fault}: cost of a put, p99", sorted(feed.slowest_s)[int(len(feed.slowest_s) * 0.99)] * 1000, " ms", 1
            )


def _pour(name: str, store: Store, scale: float) -> None:
    poured = pour(store, round(500_000 * scale))
    say(f"{name}: stored", poured.quotes_per_s, " quotes/s", 50_000, least=True)
    say(f"{name}: cost of a put meanwhile, p99", poured.put_p99_ms, " ms", 1)


def speed(folder: Path, scale: float) -> None:
    """Measure how many quotes a second each store takes."""
    _pour("SQLite", SqliteStore(folder / "speed.db"), scale)
    with running_server() as server:
        _pour("PostgreSQL", PostgresStore(server.dsn), scale)
        [[size]] = server.sql("SELECT pg_total_relation_size('spreadwatch.quotes')")
        [[rows]] = server.sql("SELECT count(*) FROM spreadwatch.quotes")
        say("PostgreSQL: bytes per quote, indexes included", size / rows, "")


def _fill(store: Store, count: int) -> None:
    """Store invented quotes of both legs, as fine as real ones, a thousand a second."""
    run, chance = Run("large", START_MS), random.Random(2)
    legs = [StoredLeg(venue, "BTCUSDT", "BTCUSDT") for venue in Side]
    store.open(run)
    price = 6_183_763
    for first in range(0, count, 20_000):
        rows: dict[StoredLeg, list[QuoteRow]] = {leg: [] for leg in legs}
        for number in range(first, min(first + 20_000, count)):
            price += chance.randrange(-3, 4)
            at_ms, spot = START_MS + number * 1000 // ROWS_A_SECOND, number % 2 == 0
            zeros = "000000" if spot else ""
            bid, ask = (f"{units // 100}.{units % 100:02}{zeros}" for units in (price, price + 1))
            sizes = (f"{chance.randrange(1, 9999999) / 1e5:.5f}{'000' if spot else ''}" for _ in range(2))
            bid_qty, ask_qty = sizes
            exchange_ms = None if spot else at_ms - 12
            row = QuoteRow(at_ms, number % 16, 50_093_239_212 + number * 7, exchange_ms, bid, bid_qty, ask, ask_qty)
            rows[legs[number % 2]].append(row)
        until_ms = START_MS + (first + 20_000) * 1000 // ROWS_A_SECOND
        store.write(Chunk(run, until_ms, list(rows.items()), [], [], [], [], []))
    store.close()


def _ask(name: str, history: History, count: int) -> None:
    chance, span_ms = random.Random(3), count * 1000 // ROWS_A_SECOND
    moments = [START_MS + chance.randrange(span_ms) for _ in range(100)]

    def median_ms(question: Callable[[str, int], object]) -> float:
        took: list[float] = []
        for at_ms in moments:
            began_s = time.perf_counter()
            assert question("BTCUSDT", at_ms) is not None
            took.append((time.perf_counter() - began_s) * 1000)
        return statistics.median(took)

    with closing(history):
        say(f"{name}: at, median", median_ms(history.at), " ms", 20)
        say(f"{name}: minmax, median", median_ms(history.minmax), " ms", 20)


def large(folder: Path, scale: float) -> None:
    """Ask a recording of 10 million rows."""
    count, path = round(LARGE * scale), folder / "large.db"
    began_s = time.perf_counter()
    _fill(SqliteStore(path), count)
    say("SQLite: rows written without the recorder", count / (time.perf_counter() - began_s), " rows/s")
    say("SQLite: bytes per quote", path.stat().st_size / count, "")
    _ask("SQLite", SqliteHistory(path), count)
    with running_server() as server:
        _fill(PostgresStore(server.dsn, answer_s=30), count)
        server.sql("ANALYZE spreadwatch.quotes")
        [[size]] = server.sql("SELECT pg_total_relation_size('spreadwatch.quotes')")
        say("PostgreSQL: bytes per quote", size / count, "")
        _ask("PostgreSQL", PostgresHistory(server.dsn), count)


def export_memory(folder: Path, scale: float) -> None:
    """Export an hour of 3.6 million rows in a process of its own."""
    count, path = round(EXPORTED * scale), folder / "export.db"
    _fill(SqliteStore(path), count)
    for form in ("capture", "csv"):
        began_s = time.perf_counter()
        command = [sys.executable, "-m", "tests.storage.long", "--child", form, str(path)]
        grown = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        say(f"export of {count:,} rows as {form}", time.perf_counter() - began_s, " s")
        say("export: memory that it took", float(grown), " MiB", 50)


def _export_child(form: str, path: str) -> None:
    """Print by how many MiB an export makes a process grow."""
    with closing(SqliteHistory(Path(path))) as history:
        before = _peak_mib()
        wanted = Wanted("quotes", "capture" if form == "capture" else "csv", ("BTCUSDT",), 0, 1 << 43)
        export(history, wanted, Path(path).with_suffix("." + form))
        print(_peak_mib() - before)


def _peak_mib() -> float:
    """Return the most memory that this program ever held; getrusage would count the one that started it too."""
    status = Path("/proc/self/status")
    if status.exists():
        lines = status.read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20)


PARTS = {"exact": exact, "kills": kills, "away": away, "speed": speed, "large": large, "export": export_memory}


def main() -> int:
    """Return 1 when a figure misses its bar."""
    parser = argparse.ArgumentParser(prog="python -m tests.storage.long", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        _export_child(*options.child)
        return 0
    for name in options.parts or PARTS:
        with tempfile.TemporaryDirectory() as folder:
            PARTS[name](Path(folder), options.scale)
    if _failures:
        print("missed:", ", ".join(_failures))
    return int(bool(_failures))


if __name__ == "__main__":
    sys.exit(main())
