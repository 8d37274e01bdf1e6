"""The local exchange keeps the protocol: streams, REST, frames."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websocket import (
    ABNF,
)

from tests.exchange.client import (
    BTC,
    Connect,
    client_opener,
    drop,
    open_client,
    text,
    tidy_exchange,
)
from tests.exchange.frames import ClientFrames
from tests.exchange.server import (
    Exchange,
    close_frame,
    frame,
    http_response,
)


@pytest.fixture
def exchange() -> Iterator[Exchange]:
    yield from tidy_exchange()


@pytest.fixture
def connect(exchange: Exchange) -> Iterator[Connect]:
    yield from client_opener(exchange)


@pytest.mark.parametrize("venue", ["spot", "futures"])
def test_a_quote_has_todays_shape_and_an_increasing_u(exchange: Exchange, connect: Connect, venue: str) -> None:
    client = connect(venue)
    assert exchange.quote(venue, "BTCUSDT", "60000.10", Decimal("60000.20"), bid_qty="2") == 1
    exchange.quote(venue, "BTCUSDT", "60000.10", "60000.30")
    first, second = json.loads(text(client)), json.loads(text(client))
    assert first["stream"] == BTC
    extra = [] if venue == "spot" else ["e", "ps", "T", "E", "st"]
    assert set(first["data"]) == {"u", "s", "b", "B", "a", "A", *extra}
    assert (first["data"]["b"], first["data"]["B"], first["data"]["a"]) == ("60000.10", "2", "60000.20")
    assert second["data"]["u"] == first["data"]["u"] + 1


def test_raw_payload_bytes_are_embedded_unchanged(exchange: Exchange, connect: Connect) -> None:
    combined, raw = connect("spot"), connect("spot", "", f"/ws/{BTC}")
    payload = b'{"u":1, "s":"BTCUSDT","b":"1.50",\t"a":"2","B":"1","A":"\\u0031"}'
    assert exchange.send("spot", payload) == 2
    assert text(combined).encode() == b'{"stream":"btcusdt@bookTicker","data":' + payload + b"}"
    assert text(raw).encode() == payload


def test_requests_are_acked_and_take_effect(exchange: Exchange, connect: Connect) -> None:
    client = connect("spot", "")

    def call(method: str, *params: str, call_id: int) -> Any:  # noqa: ANN401 - JSON
        client.send(json.dumps({"method": method, "params": params, "id": call_id}))
        return json.loads(text(client))

    assert call("SUBSCRIBE", BTC, "NOSUCH@x", call_id=1) == {"result": None, "id": 1}
    connection = exchange.wait_subscribed("spot", BTC)
    assert call("LIST_SUBSCRIPTIONS", call_id=2) == {"result": ["NOSUCH@x", BTC], "id": 2}
    assert call("UNSUBSCRIBE", BTC, call_id=3) == {"result": None, "id": 3}
    exchange.wait_until(lambda: BTC not in connection.subscriptions)
    assert exchange.quote("spot", "BTCUSDT", 1, 2) == 0
    assert call("DANCE", call_id=4)["error"]["code"] == 2
    assert len(connection.received_at) == len(connection.messages) == 4


@pytest.mark.parametrize(
    ("venue", "path", "heard"),
    [
        ("spot", "/stream", True),
        ("spot", "/public/stream", False),
        ("futures", "/public/stream", True),
        ("futures", "/stream", True),
        ("marks", "/market/stream", False),
        ("futures", "/private/stream", False),
    ],
)
def test_a_stream_on_the_wrong_path_is_acked_and_silent(
    exchange: Exchange, connect: Connect, venue: str, path: str, heard: bool
) -> None:
    client = connect(venue, "", path)
    client.send(json.dumps({"method": "SUBSCRIBE", "params": [BTC], "id": 1}))
    assert json.loads(text(client)) == {"result": None, "id": 1}
    exchange.wait_subscribed(venue, BTC)
    assert exchange.quote(venue, "BTCUSDT", 1, 2) == heard


def test_uppercase_streams_and_other_symbols_stay_silent(exchange: Exchange, connect: Connect) -> None:
    connect("spot", "BTCUSDT@bookTicker/ethusdt@bookTicker")
    assert exchange.quote("spot", "BTCUSDT", 1, 2) == 0
    assert exchange.quote("spot", "ETHUSDT", 1, 2) == 1


def test_market_streams_travel_on_market_only(exchange: Exchange, connect: Connect) -> None:
    client = connect("marks", "btcusdt@markPrice@1s", "/market/stream")
    connect("futures", "btcusdt@markPrice@1s")
    payload = {"e": "markPriceUpdate", "s": "BTCUSDT", "p": "1"}
    assert exchange.send("marks", payload, "btcusdt@markPrice@1s") == 1
    assert exchange.send("futures", payload, "btcusdt@markPrice@1s") == 0
    assert json.loads(text(client))["data"] == payload


def test_the_shutdown_notice_reaches_everybody(exchange: Exchange, connect: Connect) -> None:
    client = connect("spot", "")
    assert exchange.send("spot", {"e": "serverShutdown", "E": 1}) == 1
    assert json.loads(text(client))["stream"] == "!serverShutdown"


def test_pings_are_answered_on_both_sides(exchange: Exchange, connect: Connect) -> None:
    client = connect("spot")
    connection = exchange.wait_subscribed("spot", BTC)
    client.ping(b"mine")
    assert client.recv_data(control_frame=True) == (ABNF.OPCODE_PONG, b"mine")
    exchange.ping("spot", b"yours")
    client.recv_data(control_frame=True)  # the client answers as it reads
    exchange.wait_until(lambda: connection.pongs == [b"yours"])
    assert connection.pings == [b"mine"]


def test_a_clients_close_is_echoed_and_recorded(exchange: Exchange, connect: Connect) -> None:
    client = connect("spot")
    connection = exchange.wait_subscribed("spot", BTC)
    client.close(1001, b"bye", timeout=5)
    exchange.wait_until(lambda: not connection.is_open)
    assert [(close.code, close.reason) for close in connection.closes] == [(1001, "bye")]


def test_the_nth_connection_can_be_waited_for(exchange: Exchange, connect: Connect) -> None:
    connect("spot")
    with pytest.raises(TimeoutError, match="1 of 2"):
        exchange.wait_subscribed("spot", BTC, timeout=0.01, count=2)
    connect("spot")
    second = exchange.wait_subscribed("spot", BTC, count=2)
    assert second is exchange.connections("spot")[1]
    assert len(exchange.attempts("spot")) == 2
    assert exchange.attempts("futures") == []


def test_heartbeats_and_server_pings_come_by_themselves() -> None:
    with Exchange(heartbeat=0.02, ping_interval=0.02) as exchange:
        client = open_client(f"{exchange.futures_stream}/public/stream?streams={BTC}")
        seen = {client.recv_data(control_frame=True)[0] for _ in range(6)}
        exchange.heartbeat("futures", False)
        drop(client)
    assert seen == {ABNF.OPCODE_TEXT, ABNF.OPCODE_PING}


def get(url: str) -> Any:  # noqa: ANN401 - JSON
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=5) as answer:
        return json.load(answer)


def test_exchange_info_lists_ticks_steps_and_contracts(exchange: Exchange) -> None:
    spot = get(exchange.spot_rest + "/api/v3/exchangeInfo")["symbols"]
    futures = get(exchange.futures_rest + "/fapi/v1/exchangeInfo")["symbols"]
    assert [row["symbol"] for row in spot] == ["BTCUSDT", "ETHUSDT", "PEPEUSDT"]
    assert [row["symbol"] for row in futures] == ["BTCUSDT", "ETHUSDT", "1000PEPEUSDT"]
    filters = {one["filterType"]: one for one in futures[0]["filters"]}
    assert (filters["PRICE_FILTER"]["tickSize"], filters["LOT_SIZE"]["stepSize"]) == ("0.10", "0.001")
    assert futures[0]["contractType"] == "PERPETUAL"
    assert spot[0]["filters"][0]["tickSize"] == "0.01000000"
    one = get(exchange.spot_rest + "/api/v3/exchangeInfo?symbol=ETHUSDT")
    two = get(exchange.spot_rest + "/api/v3/exchangeInfo?symbols=%5B%22ETHUSDT%22,%22BTCUSDT%22%5D")
    assert [len(info["symbols"]) for info in (one, two)] == [1, 2]


def test_time_follows_the_offset_and_unknown_symbols_are_refused() -> None:
    with Exchange(clock_offset_ms=60_000) as exchange:
        assert get(exchange.spot_rest + "/api/v3/ping") == {}
        ahead_ms = get(exchange.futures_rest + "/fapi/v1/time")["serverTime"] - time.time() * 1000
        assert 50_000 < ahead_ms < 70_000
        with pytest.raises(urllib.error.HTTPError) as caught:
            get(exchange.spot_rest + "/api/v3/exchangeInfo?symbol=NOSUCH")
        with caught.value as error:
            assert (error.code, json.load(error)["code"]) == (400, -1121)
        assert [request.path for request in exchange.requests("futures")] == ["/fapi/v1/time"]


def test_rest_can_be_told_to_misbehave_for_a_while(exchange: Exchange) -> None:
    exchange.rest("spot", http_response(418, {"Retry-After": "120"}), times=1)
    with pytest.raises(urllib.error.HTTPError) as caught:
        get(exchange.spot_rest + "/api/v3/ping")
    with caught.value as error:
        assert (error.code, error.headers["Retry-After"]) == (418, "120")
    assert get(exchange.spot_rest + "/api/v3/ping") == {}


@given(st.lists(st.binary(max_size=300), max_size=5), st.binary(min_size=4, max_size=4), st.integers(1, 50))
def test_frames_survive_any_cutting(payloads: list[bytes], key: bytes, step: int) -> None:
    wire = b"".join(frame(payload, mask=key) for payload in payloads)
    frames = ClientFrames()
    got = [one for at in range(0, len(wire), step) for one in frames.feed(wire[at : at + step])]
    assert [one.payload for one in got] == payloads


def test_illegal_frames_can_be_built() -> None:
    assert frame(b"ab", opcode=3, fin=False, rsv=7) == b"\x73\x02ab"
    assert frame(b"", length=2**62) == b"\x81\x7f\x40" + bytes(7)
    assert frame(b"a", length_bytes=8) == b"\x81\x7f" + bytes(7) + b"\x01a"
    assert close_frame(None) == b"\x88\x00"
