"""The local exchange misbehaves exactly as told, with and without TLS."""

import json
import socket
import ssl
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from websocket import (
    ABNF,
    WebSocketBadStatusException,
    WebSocketConnectionClosedException,
    WebSocketException,
    WebSocketTimeoutException,
)

from tests.exchange.client import BTC, Connect, client_opener, drop, lost, open_client, text, tidy_exchange
from tests.exchange.frames import Response
from tests.exchange.server import (
    STALL,
    Drip,
    EndlessHeader,
    Exchange,
    Request,
    frame,
    handshake,
    http_response,
)
from tests.exchange.tls import self_signed


@pytest.fixture
def exchange() -> Iterator[Exchange]:
    yield from tidy_exchange()


@pytest.fixture
def connect(exchange: Exchange) -> Iterator[Connect]:
    yield from client_opener(exchange)


def test_an_upgrade_can_be_refused_for_n_times(exchange: Exchange, connect: Connect) -> None:
    exchange.upgrade("spot", http_response(429, {"Retry-After": "7"}, b"slow down"), times=2)
    for _ in range(2):
        with pytest.raises(WebSocketBadStatusException) as caught:
            connect("spot", wait=False)
        assert (caught.value.status_code, caught.value.resp_body) == (429, b"slow down")
    connect("spot")
    assert len(exchange.attempts("spot")) == 3
    assert len(exchange.connections("spot")) == 1


@pytest.mark.parametrize("response", [STALL, Drip(1, b"HTTP/1.1 101"), Drip(0, b"HTTP/1.1 200 OK\r\nContent-Le")])
def test_an_upgrade_can_never_be_answered(exchange: Exchange, connect: Connect, response: Response) -> None:
    exchange.upgrade("spot", response)
    with pytest.raises(WebSocketTimeoutException):
        connect("spot", wait=False, timeout=0.05)
    exchange.upgrade("spot", None)
    connect("spot")


def test_nothing_is_read_after_a_stalled_accept(exchange: Exchange, connect: Connect) -> None:
    exchange.accept("spot", STALL, times=1)
    with pytest.raises(WebSocketTimeoutException):
        connect("spot", wait=False, timeout=0.05)
    assert exchange.requests("spot") == []


def test_a_right_answer_can_drip(exchange: Exchange, connect: Connect) -> None:
    exchange.upgrade("spot", Drip(0.0005))
    client = connect("spot")
    exchange.quote("spot", "BTCUSDT", 1, 2)
    assert BTC in text(client)


def test_a_header_line_can_be_endless(exchange: Exchange) -> None:
    exchange.upgrade("spot", EndlessHeader())
    host, port = exchange.spot_stream.removeprefix("ws://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as client:
        client.sendall(b"GET /stream HTTP/1.1\r\nUpgrade: websocket\r\n\r\n")
        size = 0
        while size < 5_000_000:
            data = client.recv(1 << 20)
            assert data.count(b"\n") <= 3
            size += len(data)


def test_a_response_can_be_computed_with_frames_glued_to_it(exchange: Exchange, connect: Connect) -> None:
    def glued(request: Request) -> bytes:
        return handshake(request) + frame(b"early")

    exchange.upgrade("spot", glued)
    assert text(connect("spot")) == "early"


def test_a_wrong_accept_key_is_noticed(exchange: Exchange, connect: Connect) -> None:
    headers = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Accept": "wrong"}
    exchange.upgrade("spot", http_response(101, headers))
    with pytest.raises(WebSocketException):
        connect("spot", wait=False)


def test_fin_rst_and_close_look_different(exchange: Exchange, connect: Connect) -> None:
    first, second, third = connect("spot"), connect("spot"), connect("spot")
    connections = exchange.connections("spot")
    connections[0].fin()
    assert lost(first) is WebSocketConnectionClosedException
    connections[1].rst()
    assert lost(second) is ConnectionResetError
    assert not connections[1].is_open
    connections[2].close(1008, "Too many requests")
    assert third.recv_data(control_frame=True) == (ABNF.OPCODE_CLOSE, b"\x03\xf0Too many requests")


def test_the_verbs_reach_every_connection_of_their_venue_only(exchange: Exchange, connect: Connect) -> None:
    clients = [connect("spot"), connect("spot")]
    connect("futures")
    exchange.rst("spot")
    assert [lost(client) for client in clients] == [ConnectionResetError] * 2
    assert [one.is_open for one in exchange.connections("futures")] == [True]


def test_a_close_may_be_empty_and_leave_tcp_open(exchange: Exchange, connect: Connect) -> None:
    client = connect("spot")
    exchange.close("spot", None, end_tcp=False)
    assert client.recv_data(control_frame=True) == (ABNF.OPCODE_CLOSE, b"")
    client.settimeout(0.05)
    with pytest.raises(WebSocketTimeoutException):
        client.recv_data(control_frame=True)
    assert exchange.connections("spot")[0].is_open


def test_a_muted_connection_neither_sends_nor_reads(exchange: Exchange, connect: Connect) -> None:
    client = connect("spot", timeout=0.05)
    connection = exchange.wait_subscribed("spot", BTC)
    exchange.mute("spot")
    client.ping(b"anybody?")
    assert exchange.quote("spot", "BTCUSDT", 1, 2) == 0
    with pytest.raises(WebSocketTimeoutException):
        client.recv()
    assert connection.pings == []
    exchange.mute("spot", on=False)
    exchange.wait_until(lambda: connection.pings == [b"anybody?"])
    assert exchange.quote("spot", "BTCUSDT", 1, 2) == 1


def test_any_bytes_can_be_put_on_the_wire(exchange: Exchange, connect: Connect) -> None:
    client = connect("spot")
    assert exchange.send_raw("spot", frame(b"half", fin=False) + frame(b"whole", opcode=0)) == 1
    assert text(client) == "halfwhole"
    exchange.send_raw("spot", frame(b"", rsv=4))
    assert issubclass(lost(client), WebSocketException)


def test_replies_to_requests_can_be_replaced(exchange: Exchange, connect: Connect) -> None:
    exchange.answer("spot", lambda _connection, _message: b'{"error":{"code":4}}')
    client = connect("spot", "")
    client.send(json.dumps({"method": "SUBSCRIBE", "params": [BTC], "id": 1}))
    assert text(client) == '{"error":{"code":4}}'
    exchange.wait_subscribed("spot", BTC)


def test_an_unmasked_client_is_closed_with_1002(exchange: Exchange, connect: Connect) -> None:
    client = connect("spot")
    assert client.sock is not None
    client.sock.sendall(frame(b"{}"))
    assert client.recv_data(control_frame=True)[1][:2] == (1002).to_bytes(2, "big")


def test_a_venue_can_go_down_and_come_back_on_its_port(exchange: Exchange, connect: Connect) -> None:
    client = connect("spot")
    exchange.refuse("spot")
    assert exchange.quote("spot", "BTCUSDT", 1, 2) == 1
    with pytest.raises(ConnectionRefusedError):
        connect("spot", wait=False)
    exchange.stop("spot")
    assert issubclass(lost(client), (WebSocketException, OSError))
    exchange.start("spot")
    connect("spot")


def test_a_slow_reader_does_not_hold_up_others(exchange: Exchange, connect: Connect) -> None:
    connect("spot")
    stuck = exchange.wait_subscribed("spot", BTC)
    sender = threading.Thread(target=stuck.send_raw, args=(frame(b"x" * 50_000_000),), name="exchange-stuck")
    sender.start()
    client = connect("spot")
    client.ping(b"alive")
    assert client.recv_data(control_frame=True) == (ABNF.OPCODE_PONG, b"alive")
    stuck.rst()
    sender.join(5)
    assert not sender.is_alive()


def test_tls_serves_streams_and_rest(tmp_path: Path) -> None:
    context, certificate = self_signed(tmp_path)
    with Exchange(tls=context) as exchange:
        url = f"{exchange.spot_stream}/stream?streams={BTC}"
        assert url.startswith("wss://localhost:")
        client = open_client(url, trust=certificate)
        connection = exchange.wait_subscribed("spot", BTC)
        expected = [frame(b"%d" % n * 1000) for n in range(2000)]
        sender = threading.Thread(target=lambda: [connection.send_raw(one) for one in expected], name="sender")
        sender.start()
        for n in range(2000):
            assert client.recv() == str(n) * 1000
            if n % 100 == 0:
                client.ping(b"%d" % n)
        sender.join(5)
        exchange.wait_until(lambda: len(connection.pings) == 20)
        connection.fin()
        lost(client)
        drop(client)
        trusting = ssl.create_default_context(cafile=str(certificate))
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=trusting)
        )
        with opener.open(exchange.futures_rest + "/fapi/v1/ping", timeout=5) as answer:
            assert answer.read() == b"{}"
        with pytest.raises(ssl.SSLCertVerificationError):
            open_client(url)
