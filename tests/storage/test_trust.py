"""Numbers that cannot be are told, in every store; what a market can do is not."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from spreadwatch.core.answers import SeriesTrust
from spreadwatch.core.quote import Side
from spreadwatch.sources.capture import Capture
from spreadwatch.storage.rows import Chunk, Limits, QuoteRow, StoredLeg, TradeRow
from spreadwatch.storage.sqlite.history import SqliteHistory
from spreadwatch.storage.sqlite.store import SqliteStore
from tests.captures.files import Minutes
from tests.storage.conftest import Place
from tests.storage.damaged import ROWS, put_damaged
from tests.storage.parts import SPOT_BTC, START_MS, events_of, record
from tests.storage.server import PostgresServer
from tests.storage.test_widening import RUN, numbers, quotes, trades

FUTURES_BTC = StoredLeg(Side.FUTURES, "BTCUSDT", "BTCUSDT")
STEP_MS = 100

Prices = list[tuple[str, str]]


def quoted(prices: Prices, step_ms: int = STEP_MS, leg: StoredLeg = SPOT_BTC) -> Chunk:
    """Return a chunk of quotes, each of bid and ask."""
    rows = [
        QuoteRow(START_MS + step_ms * number, 0, number + 1, None, bid, "1.5", ask, "2.0")
        for number, (bid, ask) in enumerate(prices)
    ]
    return Chunk(RUN, rows[-1].received_ms, [(leg, rows)], [], [], [], [], [])


def dealt(prices: list[str]) -> Chunk:
    """Return a chunk of trades likewise."""
    rows = [
        TradeRow(START_MS + STEP_MS * number, 0, number + 1, START_MS, price, "1.5")
        for number, price in enumerate(prices)
    ]
    return Chunk(RUN, rows[-1].received_ms, [], [(SPOT_BTC, rows)], [], [], [], [])


def checked(place: Place, *chunks: Chunk) -> list[SeriesTrust]:
    """Record chunks and check them."""
    store = place.store()
    store.open(RUN)
    for chunk in chunks:
        store.write(chunk)
    store.close()
    with closing(place.history()) as history:
        return history.check()


def counts(one: SeriesTrust) -> tuple[int, int, int, int, int]:
    """Return how many rows are wrong in which way."""
    return one.floats, one.impossible, one.crossed, one.far, one.rewritten


def around(odd: tuple[str, str], count: int = 7) -> Prices:
    """Return usual prices with an odd one in their middle."""
    usual = [(f"100.{number:02}", f"100.{number + 1:02}") for number in range(count)]
    usual[count // 2] = odd
    return usual


def test_a_recording_of_the_faulty_version_is_told(tmp_path: Path) -> None:
    path = tmp_path / "damaged.db"
    put_damaged(path)
    with closing(SqliteHistory(path)) as history:
        found = history.check()
        only = history.check(["ETHUSDT"])
    assert [(one.side, one.kind, one.rows, one.trusted) for one in found] == [
        (Side.SPOT, "quotes", ROWS, False),
        (Side.SPOT, "trades", ROWS, False),
        (Side.FUTURES, "quotes", ROWS, True),
    ]
    assert [counts(one) for one in found] == [(0, 0, 0, 3, 13), (0, 0, 0, 3, 13), (0, 0, 0, 0, 0)]
    assert (found[0].first_ms, found[0].last_ms) == (START_MS + 700, START_MS + 10_500)
    assert only == []


def test_what_goes_on_in_a_damaged_recording_is_exact_and_the_trace_stays(tmp_path: Path) -> None:
    path = tmp_path / "damaged.db"
    put_damaged(path)
    before = numbers(path)
    store = SqliteStore(path)
    store.open(RUN)
    sent = [("60000.27", "0.001", "60000.30", "1.100"), ("60000.30", "2.000", "60000.40", "3.000")]
    store.write(quotes(*sent, at_ms=START_MS + 20_000))
    store.close()
    assert numbers(path) == [*before, *sent]
    with closing(SqliteHistory(path)) as history:
        [spot, *_] = history.check()
    assert (spot.rows, spot.rewritten) == (ROWS + 2, 13)


@pytest.mark.timeout(300)
def test_what_was_captured_can_be_trusted(place: Place, invented: Minutes) -> None:
    record(place.store(), events_of(Capture(invented.bookticker).records()))
    with closing(place.history()) as history:
        found = history.check()
        rows = sum(1 for _ in history.quotes(["BTCUSDT"]))
    assert [one.trusted for one in found] == [True, True]
    assert sum(one.rows for one in found) == rows > 0


@pytest.mark.parametrize("odd", [("1000.00", "1000.10"), ("1.000", "1.001"), ("9", "9.1"), ("100000", "100001")])
def test_a_price_far_from_both_its_neighbours_cannot_be(place: Place, odd: tuple[str, str]) -> None:
    [found] = checked(place, quoted(around(odd)))
    assert counts(found) == (0, 0, 0, 1, 0)
    assert found.first_ms == found.last_ms == START_MS + 3 * STEP_MS


def test_a_trade_far_from_both_its_neighbours_cannot_be(place: Place) -> None:
    [found] = checked(place, dealt(["100.01", "100.02", "1000.3", "100.02", "10.001", "100.01"]))
    assert (found.kind, counts(found)) == ("trades", (0, 0, 0, 2, 0))


@pytest.mark.parametrize("rows_at_once", [2, 3, 4, 5])
def test_it_is_seen_across_what_is_read_at_once(
    place: Place, monkeypatch: pytest.MonkeyPatch, rows_at_once: int
) -> None:
    for store in ("sqlite", "postgres"):
        monkeypatch.setattr(f"spreadwatch.storage.{store}.history.PAGE", rows_at_once)
    prices = around(("1000.10", "1000.20"), 9)
    [found] = checked(place, quoted(prices))
    assert (found.rows, counts(found)) == (9, (0, 0, 0, 1, 0))


@pytest.mark.parametrize(
    ("prices", "step_ms"),
    [
        pytest.param([("100.0", "100.1")] * 3 + [("1000.0", "1000.1")] * 3, STEP_MS, id="a jump that stays"),
        pytest.param(around(("1000.0", "1000.1")), 3_600_000, id="a peak between quotes an hour apart"),
        pytest.param(around(("0.01", "100.05")), STEP_MS, id="nobody bids for a moment"),
        pytest.param(around(("99.9", "5000.0")), STEP_MS, id="nobody asks for a moment"),
        pytest.param(around(("800.0", "800.1")), STEP_MS, id="eight times as much"),
        pytest.param(
            [("1000.0", "1000.1"), *around(("100.1", "100.2"))[1:-1], ("10.0", "10.1")], STEP_MS, id="the ends"
        ),
        pytest.param([("10.0", "10.1"), ("100.0", "100.1"), ("1000.0", "1000.1")] * 2, STEP_MS, id="a wild market"),
    ],
)
def test_what_a_market_can_do_is_no_doubt(place: Place, prices: Prices, step_ms: int) -> None:
    [found] = checked(place, quoted(prices, step_ms))
    assert (found.rows, found.trusted) == (len(prices), True)


def test_odd_texts_are_no_doubt(place: Place) -> None:
    odd = [("7.10", "7.11"), ("007.10", "8."), (".5", "1"), ("7", "8"), ("7.12345678", "8.000000000000")]
    [found] = checked(place, quoted(odd))
    assert (found.rows, found.trusted) == (len(odd), True)


def test_a_series_that_was_too_long_to_be_rewritten_is_no_doubt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("spreadwatch.storage.sqlite.series._WIDEN_ROWS", 2)
    path = tmp_path / "recording.db"
    store = SqliteStore(path)
    store.open(RUN)
    store.write(quotes(*[("60000.10", "1.500", "60000.20", "2.000")] * 3))
    late_ms = START_MS + 700
    sent = [("60000.11", "1.234", "60000.12", "2.500"), ("60000.30", "1.000", "60000.42", "2.345")]
    store.write(quotes(*sent, at_ms=late_ms))
    with closing(SqliteHistory(path)) as history:
        assert [one.trusted for one in history.check()] == [True]
        assert store.prune(Limits(age_ms=0), late_ms)  # short again: the texts become numbers with the next
        store.write(quotes(sent[0], at_ms=late_ms + 700))
        assert [(one.rows, one.trusted) for one in history.check()] == [(3, True)]
    store.close()
    assert numbers(path) == [*sent, sent[0]]
    with closing(sqlite3.connect(path)) as file:
        assert file.execute(
            "SELECT DISTINCT typeof(bid), typeof(bid_qty), typeof(ask_qty) FROM quotes_1"
        ).fetchall() == [("integer", "integer", "integer")]


def _sqlite(path: Path) -> Callable[[str], None]:
    def change(what: str) -> None:
        with closing(sqlite3.connect(path, isolation_level=None)) as file:
            file.execute(f"UPDATE quotes_1 SET {what} WHERE update_id = 2")

    return change


@pytest.mark.parametrize(
    ("what", "wrong"),
    [
        ("bid = bid * 1.0", (1, 0, 0, 0, 0)),
        ("bid_qty = 0.5", (1, 0, 0, 0, 0)),
        ("ask_qty = 1e30", (1, 0, 0, 0, 0)),
        ("step = step + 0.5", (1, 0, 0, 0, 0)),
        ("bid = 0", (0, 1, 0, 0, 0)),
        ("bid_qty = -5", (0, 1, 0, 0, 0)),
        ("ask_qty = 4611686018427387904", (0, 1, 0, 0, 0)),
        ("bid_qty = NULL", (0, 1, 0, 0, 0)),
        ("ask_qty = 'many'", (0, 1, 0, 0, 0)),
        ("step = 0", (0, 0, 1, 0, 0)),
        ("step = -step", (0, 0, 1, 0, 0)),
        ("bid = '100.1200', step = '100.1100'", (0, 0, 1, 0, 0)),
        ("bid = bid * 10, step = step * 10", (0, 0, 0, 1, 0)),
        ("bid = '100.01', step = '100.02'", (0, 0, 0, 0, 1)),
        ("ask_qty = '2.1'", (0, 0, 0, 0, 1)),
    ],
)
def test_each_number_that_cannot_be_is_told(tmp_path: Path, what: str, wrong: tuple[int, ...]) -> None:
    path = tmp_path / "recording.db"
    place = Place(lambda: SqliteStore(path), lambda: SqliteHistory(path))
    assert all(one.trusted for one in checked(place, quoted(around(("100.03", "100.04")))))
    _sqlite(path)(what)
    with closing(place.history()) as history:
        [found] = history.check()
        assert counts(found) == wrong
        assert (found.first_ms, found.last_ms) == (START_MS + STEP_MS, START_MS + STEP_MS)


@pytest.mark.parametrize(
    ("what", "wrong"),
    [
        ("bid = 0", (0, 1, 0, 0, 0)),
        ("bid_qty = -1", (0, 1, 0, 0, 0)),
        ("ask_qty = 'NaN'", (0, 1, 0, 0, 0)),
        ("ask_qty = 1e24", (0, 1, 0, 0, 0)),
        ("bid = 'NaN'", (0, 1, 0, 0, 0)),
        ("ask = bid", (0, 0, 1, 0, 0)),
        ("bid = bid * 10, ask = ask * 10", (0, 0, 0, 1, 0)),
    ],
)
def test_each_is_told_of_a_database_too(database: PostgresServer, what: str, wrong: tuple[int, ...]) -> None:
    from spreadwatch.storage.postgres.history import PostgresHistory
    from spreadwatch.storage.postgres.store import PostgresStore

    place = Place(lambda: PostgresStore(database.dsn), lambda: PostgresHistory(database.dsn))
    assert all(one.trusted for one in checked(place, quoted(around(("100.03", "100.04")))))
    database.sql(f"UPDATE spreadwatch.quotes SET {what} WHERE update_id = 2")
    with closing(place.history()) as history:
        [found] = history.check()
    assert counts(found) == wrong


def test_both_kinds_of_a_recording_are_checked(place: Place) -> None:
    found = checked(place, quoted(around(("1", "2"))), trades(("100.0", "1.0")), quoted([("1", "2")], leg=FUTURES_BTC))
    assert [(one.side, one.kind, one.rows) for one in found] == [
        (Side.SPOT, "quotes", 7),
        (Side.SPOT, "trades", 1),
        (Side.FUTURES, "quotes", 1),
    ]
