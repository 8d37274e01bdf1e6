"""Opening one connection: every address, proxies, certificates, answers without an end."""

import contextlib
import os
import re
import socket
import ssl
import threading
import tracemalloc
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import websocket

from spreadwatch.feed.dial import WebSocketConnection, is_loopback, proxy_for
from spreadwatch.feed.reasons import explain
from spreadwatch.feed.resolve import Resolver
from spreadwatch.feed.upgrade import RefusedUpgradeError, TooMuchAnswerError
from tests.conftest import PATIENCE_S
from tests.exchange.frames import Response
from tests.exchange.server import Drip, EndlessHeader, Exchange, Request, http_response
from tests.exchange.tls import self_signed

LIMIT_S = 10.0


@pytest.fixture(autouse=True)
def no_proxy_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


@contextlib.contextmanager
def opened(url: str, ca_file: Path | None = None) -> Iterator[WebSocketConnection]:
    """Open a connection, and close it whatever happens."""
    connection = WebSocketConnection(url + "/stream", ca_file, Resolver())
    try:
        connection.open(LIMIT_S)
        yield connection
    finally:
        connection.close()


def sentence(url: str, kind: type[Exception], ca_file: Path | None = None) -> str:
    """Fail to open a connection; return how that is explained."""
    with pytest.raises(kind) as caught, opened(url, ca_file):
        pass
    return explain(caught.value, urlsplit(url).hostname or "", LIMIT_S).reason


def port_of(url: str) -> int:
    port = urlsplit(url).port
    assert port is not None
    return port


def closed_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


# ----- addresses


def resolve_to(monkeypatch: pytest.MonkeyPatch, *ports: int) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port)) for port in ports]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_arguments, **_options: found)


def test_every_address_of_a_name_gets_its_turn(exchange: Exchange, monkeypatch: pytest.MonkeyPatch) -> None:
    port = port_of(exchange.spot_stream)
    resolve_to(monkeypatch, closed_port(), closed_port(), port)
    with opened(f"ws://exchange.test:{port}"):
        exchange.wait_until(lambda: len(exchange.connections("spot")) == 1)
    assert exchange.requests("spot")[0].headers["host"] == f"exchange.test:{port}"


def test_when_no_address_answers_the_failure_of_the_last_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    resolve_to(monkeypatch, closed_port(), closed_port())
    assert sentence("ws://exchange.test", ConnectionRefusedError) == "exchange.test refused the connection"


def test_a_name_that_does_not_resolve_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_arguments: object, **_options: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert "cannot find the address of exchange.test" in sentence("ws://exchange.test", socket.gaierror)


# ----- answers


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (EndlessHeader(), TooMuchAnswerError, "127.0.0.1: more than 16384 bytes"),
        (
            Drip(0, b"HTTP/1.1 101 Switching Protocols\r\n" + b"X-Filler: y\r\n" * 10_000),
            TooMuchAnswerError,
            "127.0.0.1: more than 16384 bytes",
        ),
        (http_response(500, body=b"x" * 1_000_000), RefusedUpgradeError, "127.0.0.1 has trouble of its own (500)"),
        (
            http_response(500, body=b"x" * 1_000_000, length=1 << 40),
            RefusedUpgradeError,
            "127.0.0.1 has trouble of its own (500)",
        ),
    ],
    ids=["line", "lines", "body", "announced"],
)
def test_an_answer_without_an_end_takes_little_memory(
    exchange: Exchange, answer: Response, kind: type[Exception], words: str
) -> None:
    exchange.upgrade("spot", answer)
    tracemalloc.start()
    try:
        reason = sentence(exchange.spot_stream, kind)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert reason == words
    assert peak < 4 << 20


@pytest.mark.parametrize(
    "answer",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
        http_response(200, body=b"<html>Please log in</html>"),
        http_response(302, {"Location": "http://portal.test/login"}),
        http_response(101, {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Accept": "wrong"}),
        http_response(500, length=-5),
        http_response(500, {"Content-Length": "many"}),
        b"",
    ],
    ids=["another protocol", "web page", "redirect", "wrong key", "negative length", "no length", "nothing"],
)
def test_an_answer_that_is_none_is_a_failure_of_the_world(exchange: Exchange, answer: bytes) -> None:
    exchange.upgrade("spot", answer)
    with pytest.raises((OSError, websocket.WebSocketException)), opened(exchange.spot_stream):
        pass


# ----- proxies


class ConnectProxy:
    """An HTTP proxy on loopback that knows one name: it leads every CONNECT to `port`, or answers `refusal`."""

    def __init__(self, port: int = 0, refusal: bytes | None = None) -> None:
        self.heads: list[str] = []
        self._port = port
        self._refusal = refusal
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._sockets: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, name="proxy-accept")]
        self._threads[0].start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._listener.getsockname()[1]}"

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._threads[0].join(PATIENCE_S)
        for one in self._sockets:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(PATIENCE_S)
        for one in self._sockets:
            one.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client = self._listener.accept()[0]
                self._sockets.append(client)
                head = b""
                while b"\r\n\r\n" not in head and (data := client.recv(4096)):
                    head += data
                self.heads.append(head.decode())
                if self._refusal is not None:
                    client.sendall(self._refusal)
                    client.shutdown(socket.SHUT_WR)
                    continue
                server = socket.create_connection(("127.0.0.1", self._port))
                self._sockets.append(server)
                client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                for ends in ((client, server), (server, client)):
                    self._threads.append(threading.Thread(target=self._relay, args=ends, name="proxy-relay"))
                    self._threads[-1].start()

    @staticmethod
    def _relay(source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)


@contextlib.contextmanager
def proxy(port: int = 0, refusal: bytes | None = None) -> Iterator[ConnectProxy]:
    made = ConnectProxy(port, refusal)
    try:
        yield made
    finally:
        made.close()


def test_loopback_goes_past_the_environments_proxy(exchange: Exchange, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{closed_port()}")
    for host in ("127.0.0.1", "localhost"):
        with opened(f"ws://{host}:{port_of(exchange.spot_stream)}"):
            pass
    exchange.wait_until(lambda: len(exchange.connections("spot")) == 2)


def test_the_environments_proxy_is_asked_for_a_tunnel(exchange: Exchange, monkeypatch: pytest.MonkeyPatch) -> None:
    with proxy(port_of(exchange.spot_stream)) as tunnel:
        monkeypatch.setenv("http_proxy", f"http://us%65r:p%40ss@{tunnel.address}")
        with opened("ws://exchange.test:9443") as connection:
            connection.send("{}")
            exchange.wait_until(lambda: [one.messages for one in exchange.connections("spot")] == [[b"{}"]])
    [head] = tunnel.heads
    assert head.startswith("CONNECT exchange.test:9443 HTTP/1.1\r\n")
    assert f"Proxy-Authorization: Basic {b64encode(b'user:p@ss').decode()}\r\n" in head
    assert exchange.requests("spot")[0].headers["host"] == "exchange.test:9443"


def test_tls_goes_through_the_tunnel_to_the_name_it_asks_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server, certificate = self_signed(tmp_path, "exchange.test")
    with Exchange(tls=server) as exchange, proxy(port_of(exchange.spot_stream)) as tunnel:
        monkeypatch.setenv("https_proxy", tunnel.address)
        with opened("wss://exchange.test", certificate):
            exchange.wait_until(lambda: len(exchange.connections("spot")) == 1)
        assert tunnel.heads[0].startswith("CONNECT exchange.test:443 ")


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (http_response(407, {"Proxy-Authenticate": "Basic"}), r"the proxy 127\.0\.0\.1 answered 407 Proxy Auth"),
        (http_response(403), r"the proxy 127\.0\.0\.1 answered 403 Forbidden"),
        (b"SSH-2.0-OpenSSH\r\n\r\n", r"the proxy 127\.0\.0\.1 did not answer in HTTP"),
        (b"", r"the proxy 127\.0\.0\.1 did not answer in HTTP"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000, r"the proxy 127\.0\.0\.1 did not answer in HTTP"),
    ],
    ids=["407", "403", "another protocol", "nothing", "endless line"],
)
def test_a_proxy_that_declines_is_told_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch, answer: bytes, expected: str
) -> None:
    with proxy(refusal=answer) as tunnel:
        monkeypatch.setenv("http_proxy", f"http://user:secret@{tunnel.address}")
        told = sentence("ws://exchange.test", ConnectionRefusedError)
    assert re.match(f"exchange.test: {expected}", told)
    assert "\n" not in told
    assert "secret" not in told


def test_a_proxy_that_is_down_is_named_not_the_exchange(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{closed_port()}")
    assert "proxy 127.0.0.1" in sentence("ws://exchange.test", OSError)


@pytest.mark.parametrize("setting", ["http://proxy.test:eighty", "http://proxy.test:99999", "http://[::1"])
def test_a_proxy_setting_without_sense_is_a_failure_of_the_world(monkeypatch: pytest.MonkeyPatch, setting: str) -> None:
    monkeypatch.setenv("http_proxy", setting)
    assert "proxy" in sentence("ws://exchange.test", OSError)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("ws://exchange.test", "http://plain.test:1"),
        ("wss://exchange.test", "http://secure.test:2"),
        ("https://exchange.test", "http://secure.test:2"),
        ("wss://inner.test", None),
        ("wss://127.0.0.1", None),
        ("wss://localhost:9443", None),
    ],
)
def test_the_proxy_depends_on_scheme_and_host(monkeypatch: pytest.MonkeyPatch, url: str, expected: str | None) -> None:
    monkeypatch.setenv("http_proxy", "http://plain.test:1")
    monkeypatch.setenv("https_proxy", "secure.test:2")
    monkeypatch.setenv("no_proxy", "inner.test")
    found = proxy_for(urlsplit(url))
    assert (found.geturl() if found else None) == expected


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        *(("localhost", True), ("127.0.0.1", True), ("127.8.8.8", True), ("::1", True)),
        *(("", False), ("localhost.test", False), ("128.0.0.1", False), ("fstream.binance.com", False)),
    ],
)
def test_loopback_is_this_machine_only(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected


# ----- certificates


def test_an_authority_of_ones_own_is_trusted_when_given_and_only_then(tmp_path: Path) -> None:
    server, certificate = self_signed(tmp_path)
    with Exchange(tls=server) as exchange:
        with opened(exchange.spot_stream, certificate):
            exchange.wait_until(lambda: len(exchange.connections("spot")) == 1)
        told = sentence(exchange.spot_stream, ssl.SSLCertVerificationError)
    assert told == "the certificate of localhost is self-signed (a company's own authority is added with ca_file)"


def test_a_certificate_for_another_host_is_refused(tmp_path: Path) -> None:
    server, certificate = self_signed(tmp_path, "other.test")
    with Exchange(tls=server) as exchange:
        told = sentence(exchange.spot_stream, ssl.SSLCertVerificationError, certificate)
    assert "localhost is for another host" in told


def test_a_server_that_does_not_speak_tls_is_told(exchange: Exchange) -> None:
    def plain(_request: Request) -> bytes:
        raise AssertionError

    exchange.upgrade("spot", plain)
    exchange.accept("spot", b"HTTP/1.1 400 Bad Request\r\n\r\n")
    told = sentence(f"wss://localhost:{port_of(exchange.spot_stream)}", ssl.SSLError)
    assert told.startswith("no secure connection to localhost: ")
