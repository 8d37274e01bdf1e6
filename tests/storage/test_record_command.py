"""`spreadwatch record` as a person runs it: a capture over two real sockets into a store, asked back."""

import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from spreadwatch.core.market import Market
from spreadwatch.core.quote import Side
from spreadwatch.storage.history import History
from spreadwatch.storage.postgres.history import PostgresHistory
from spreadwatch.storage.sqlite.history import SqliteHistory
from tests.captures.oracle import by_brute_force, figures_of, lines_of, sent
from tests.conftest import PATIENCE_S, Program, wait_for
from tests.exchange.server import Exchange
from tests.storage.server import PostgresServer


@pytest.fixture(params=["sqlite", "postgres"])
def ask(request: pytest.FixtureRequest, program: Program, tmp_path: Path) -> Callable[[], History]:
    """Let the program record into each kind of store in turn; return what opens its history."""
    path = tmp_path / "recording.sqlite"
    program.environment["SPREADWATCH_RECORD_PATH"] = str(path)
    if request.param == "sqlite":
        return lambda: SqliteHistory(path)
    database: PostgresServer = request.getfixturevalue("database")
    program.environment["SPREADWATCH_RECORD_DSN"] = database.dsn
    return lambda: PostgresHistory(database.dsn)


def told(line: dict[str, Any]) -> tuple[Any, ...]:
    raw = line["raw"]
    return (raw["u"], raw.get("T"), raw["b"], raw["B"], raw["a"], raw["A"])


def test_a_capture_over_two_sockets_is_stored_as_on_the_wire_and_replays_to_its_figures(
    recorded: Path, exchange: Exchange, program: Program, ask: Callable[[], History]
) -> None:
    lines = lines_of(recorded)
    program.environment["SPREADWATCH_SILENCE_S"] = "30"
    process = program.connect(exchange).start("record", "--symbol", "btcusdt")
    for venue in ("spot", "futures"):
        exchange.wait_subscribed(venue, "btcusdt@bookTicker", PATIENCE_S)
    assert exchange.serve_capture(recorded, in_step=True).sent == sent(lines)
    wait_for(lambda: len(exchange.connections("futures")) == 1)
    process.send_signal(signal.SIGINT)
    finished = program.finish(process)
    assert finished.code == 130
    assert f"{len(lines):,} quotes and trades stored, 0 waiting" in finished.err
    history = ask()
    try:
        stored: dict[Side, list[tuple[Any, ...]]] = {venue: [] for venue in Side}
        for one in history.quotes(["BTCUSDT"]):
            row = one.row
            stored[one.leg.side].append((row.update_id, row.exchange_ms, row.bid, row.bid_qty, row.ask, row.ask_qty))
        for venue, market in ((Side.SPOT, "spot"), (Side.FUTURES, "um")):
            assert stored[venue] == [told(line) for line in lines if line["market"] == market]
        replayed = Market(["BTCUSDT"], 30_000)
        for event in history.events(["BTCUSDT"]):
            replayed.apply(event)
    finally:
        history.close()
    [pair] = replayed.snapshot(replayed.latest).pairs
    truth = figures_of(by_brute_force(lines))
    assert {"spot": pair.counts.spot, "futures": pair.counts.futures} == sent(lines)
    assert pair.spread.high is not None
    assert pair.spread.low is not None
    found = (pair.spread.current, pair.spread.high.spread, pair.spread.low.spread, pair.spread.samples)
    assert found == (truth.current, truth.high, truth.low, truth.samples)


def test_trades_are_recorded_where_asked_for_and_make_the_price(
    exchange: Exchange, program: Program, tmp_path: Path
) -> None:
    path = tmp_path / "recording.sqlite"
    program.environment |= {"SPREADWATCH_RECORD_PATH": str(path), "SPREADWATCH_RECORD_TRADES": "1"}
    process = program.connect(exchange).start("record", "--symbol", "ethusdt")
    exchange.wait_subscribed("spot", "ethusdt@trade", PATIENCE_S)
    exchange.wait_subscribed("spot", "ethusdt@bookTicker", PATIENCE_S)
    exchange.quote("spot", "ETHUSDT", "3412.56", "3412.57")
    for number, price in ((1, "3412.5600"), (1, "9999"), (2, "0"), (3, "3413.10")):
        trade = {"e": "trade", "s": "ETHUSDT", "t": number, "p": price, "q": "0.5", "T": 1_791_382_993_000 + number}
        exchange.send("spot", trade, "ethusdt@trade")
    wait_for(lambda: path.exists() and _trades(path) == 2)
    process.send_signal(signal.SIGINT)
    assert program.finish(process).code == 130
    history = SqliteHistory(path)
    latest = history.latest("ETHUSDT")
    assert [one.row.price for one in history.trades(["ETHUSDT"])] == ["3412.5600", "3413.10"]
    history.close()
    assert latest is not None
    assert (str(latest.price), latest.source) == ("3413.10", "trade")


def _trades(path: Path) -> int:
    history = SqliteHistory(path)
    try:
        return len(list(history.trades(["ETHUSDT"])))
    finally:
        history.close()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--all",), "at most 199 symbols can be recorded at once"),
    ],
)
def test_what_cannot_be_recorded_is_refused_in_a_sentence(
    program: Program, exchange: Exchange, arguments: tuple[str, ...], words: str
) -> None:
    finished = program.connect(exchange).run("record", *arguments)
    assert (finished.code, finished.out) == (2, "")
    assert words in finished.err
    assert finished.err.count("\n") == 1


def test_a_second_recorder_of_one_file_is_refused_and_the_first_named(
    program: Program, exchange: Exchange, tmp_path: Path
) -> None:
    program.environment["SPREADWATCH_RECORD_PATH"] = str(tmp_path / "recording.sqlite")
    first = program.connect(exchange).start("record", "--symbol", "ethusdt")
    exchange.wait_subscribed("spot", "ethusdt@bookTicker", PATIENCE_S)
    second = program.run("record", "--symbol", "ethusdt")
    assert second.code == 2
    assert str(first.pid) in second.err
    first.send_signal(signal.SIGINT)
    assert program.finish(first).code == 130


def test_invented_quotes_have_a_file_of_their_own(program: Program, tmp_path: Path) -> None:
    program.environment |= {"XDG_DATA_HOME": str(tmp_path), "HOME": str(tmp_path)}
    finished = program.run("record", "--demo", "--duration", "1")
    assert finished.code == 0
    [found] = tmp_path.rglob("*.sqlite")
    assert found.name == "demo.sqlite"
