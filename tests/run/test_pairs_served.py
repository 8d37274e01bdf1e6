"""Contracts and the source of a run in what the service says: a parameter takes a key, an answer tells both."""

import json
import socket
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from spreadwatch.app import demo
from spreadwatch.config import Config
from spreadwatch.run.services import Serving
from tests.conftest import wait_for

Ask = Callable[[str], tuple[int, str]]


@pytest.fixture
def ask() -> Iterator[Ask]:
    """Serve a demo of two contracts of one coin, the quarter being the usual one; return what asks it."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    base = Config()
    settings = replace(
        base,
        symbols=("btcusdt", "btcusdt@perpetual"),
        contract="current_quarter",
        serve=replace(base.serve, port=port),
        record=replace(base.record, path="no/such.sqlite"),
    )
    session = demo(settings, 1, charted=False)
    serving = Serving(session)
    serving.start()
    session.start()
    wait_for(lambda: all(pair.spread.current is not None for pair in session.turn().pairs))

    def get(path: str) -> tuple[int, str]:
        session.turn()
        try:
            with urllib.request.urlopen(serving.url + path, timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    try:
        yield get
    finally:
        serving.stop()
        session.stop()


def test_a_pair_is_asked_for_by_its_key_and_every_answer_tells_contract_and_source(ask: Ask) -> None:
    told = json.loads(ask("api/v1/symbols")[1])
    assert (told["source"], told["live"]) == ("demo", ["BTCUSDT@current_quarter", "BTCUSDT"])
    snapshot = json.loads(ask("api/v1/snapshot")[1])
    assert snapshot["source"] == "demo"
    assert [(pair["symbol"], pair["contract"], pair["source"]) for pair in snapshot["pairs"]] == [
        ("BTCUSDT", "current_quarter", "demo"),
        ("BTCUSDT", "perpetual", "demo"),
    ]
    for asked, contract in (
        ("btcusdt", "current_quarter"),  # the usual one
        ("btcusdt@perpetual", "perpetual"),
        ("BTCUSDT@current_quarter", "current_quarter"),
    ):
        [pair] = json.loads(ask(f"api/v1/snapshot?symbol={asked}")[1])["pairs"]
        assert pair["contract"] == contract
        spread = json.loads(ask(f"api/v1/spread/latest?symbol={asked}")[1])
        assert (spread["symbol"], spread["contract"], spread["source"]) == ("BTCUSDT", contract, "demo")
    price = json.loads(ask("latest?symbol=btcusdt")[1])
    assert (price["symbol"], price["source"]) == ("BTCUSDT", "demo")
    assert json.loads(ask("healthz")[1])["source"] == "demo"


def test_figures_are_told_apart_by_contract_and_say_where_they_come_from(ask: Ask) -> None:
    lines = ask("metrics")[1].splitlines()
    assert 'spreadwatch_source_info{source="demo"} 1' in lines
    spreads = [line.partition(" ")[0] for line in lines if line.startswith("spreadwatch_spread{")]
    assert spreads == [
        'spreadwatch_spread{symbol="BTCUSDT",contract="current_quarter"}',
        'spreadwatch_spread{symbol="BTCUSDT",contract="perpetual"}',
    ]


def test_a_pair_that_is_not_watched_and_a_contract_that_there_is_not_are_refused(ask: Ask) -> None:
    status, body = ask("api/v1/snapshot?symbol=btcusdt@next_quarter")
    assert (status, json.loads(body)["error"]) == (
        404,
        "BTCUSDT@next_quarter is not watched here, only BTCUSDT@current_quarter, BTCUSDT",
    )
    status, body = ask("api/v1/snapshot?symbol=btcusdt@coinm_perpetual")
    assert status == 400
    assert "COIN-M contract, which this version does not offer" in json.loads(body)["error"]
