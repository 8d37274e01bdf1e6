"""Clients of the local exchange, and the two fixtures its tests are made of."""

import gc
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from websocket import WebSocket, WebSocketException

from tests.exchange.server import Exchange

BTC = "btcusdt@bookTicker"
PATHS = {"spot": "/stream", "futures": "/public/stream"}
Connect = Callable[..., WebSocket]


def tidy_exchange() -> Iterator[Exchange]:
    """Run an exchange as a fixture does; fails when it leaves a thread behind."""
    with Exchange() as exchange:
        yield exchange
    left = [thread.name for thread in threading.enumerate() if thread.name.startswith("exchange-")]
    assert left == []
    gc.collect()  # a socket left open warns here, and warnings are errors


def open_client(url: str, *, timeout: float = 5, trust: Path | None = None) -> WebSocket:
    """Connect websocket-client to a URL, without proxy and redirects; `trust` is a certificate file."""
    client: Any = WebSocket(sslopt={"ca_certs": str(trust)} if trust else None, skip_utf8_validation=True)
    try:
        client.connect(url, http_no_proxy=["*"], redirect_limit=0, timeout=timeout)
    except BaseException:
        client.shutdown()
        raise
    assert isinstance(client, WebSocket)
    return client


def drop(client: WebSocket) -> None:
    """Close a client's socket without a word."""
    if isinstance(client.sock, socket.socket):
        client.sock.close()


def client_opener(exchange: Exchange) -> Iterator[Connect]:
    """Yield connect(venue, streams, path, wait=, timeout=); it waits until the exchange has it."""
    clients: list[WebSocket] = []

    def connect(
        venue: str, streams: str = BTC, path: str | None = None, *, wait: bool = True, timeout: float = 5
    ) -> WebSocket:
        base = exchange.spot_stream if venue == "spot" else exchange.futures_stream
        query = f"?streams={streams}" if streams else ""
        before = len(exchange.connections(venue))
        client = open_client(base + (path or PATHS[venue]) + query, timeout=timeout)
        clients.append(client)
        if wait:
            exchange.wait_until(lambda: len(exchange.connections(venue)) > before)
        return client

    yield connect
    for client in clients:
        drop(client)


def text(client: WebSocket) -> str:
    """Receive one text message."""
    answer = client.recv()
    assert isinstance(answer, str)
    return answer


def lost(client: WebSocket) -> type[BaseException]:
    """Read until the connection is lost; say how."""
    try:
        while True:
            client.recv()
    except (WebSocketException, OSError) as error:
        return type(error)
