"""Captures and floods leave the local exchange whole, in order and unchanged."""

import gzip
import hashlib
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest
from websocket import (
    WebSocket,
    WebSocketException,
)

from tests.captures.oracle import lines_of, sent
from tests.exchange.capture import parse_line
from tests.exchange.client import BTC, PATHS, Connect, client_opener, drop, open_client, text, tidy_exchange
from tests.exchange.server import Exchange


@pytest.fixture
def exchange() -> Iterator[Exchange]:
    yield from tidy_exchange()


@pytest.fixture
def connect(exchange: Exchange) -> Iterator[Connect]:
    yield from client_opener(exchange)


def receive(client: WebSocket, count: int) -> list[bytes]:
    """Read payloads out of their envelopes."""
    return [text(client).encode().partition(b'"data":')[2][:-1] for _ in range(count)]


def test_a_capture_is_served_byte_for_byte(recorded: Path, exchange: Exchange, connect: Connect) -> None:
    count = sent(lines_of(recorded))
    clients = {venue: connect(venue) for venue in count}
    got: dict[str, list[bytes]] = {}
    readers = [
        threading.Thread(target=lambda v=venue: got.update({v: receive(clients[v], count[v])}), name=venue)
        for venue in count
    ]
    for reader in readers:
        reader.start()
    serving = exchange.serve_capture(recorded, background=True)
    serving.join()
    for reader in readers:
        reader.join(20)
    assert serving.sent == count
    assert serving.lost == serving.unheard == {"spot": 0, "futures": 0}
    assert {venue: hashlib.sha256(b"\n".join(got[venue])).hexdigest() for venue in count} == capture_hashes(recorded)


def capture_hashes(path: Path) -> dict[str, str]:
    """Hash each venue's payloads, cut out of the lines by nothing but their known frame."""
    payloads: dict[str, list[bytes]] = {"spot": [], "futures": []}
    with gzip.open(path, "rb") as lines:
        for line in lines:
            venue = "spot" if line.startswith(b'{"market":"spot"') else "futures"
            payloads[venue].append(line.rstrip(b"\n").split(b'"raw":', 1)[1][:-1])
    return {venue: hashlib.sha256(b"\n".join(rows)).hexdigest() for venue, rows in payloads.items()}


def line_of(market: str, recv_ms: int, u: int, symbol: str = "BTCUSDT") -> str:
    raw = f'{{"u":{u}, "s":"{symbol}","b":"1.00"}}'
    return f'{{"market":"{market}","recv_ms":{recv_ms},"raw":{raw}}}\n'


def test_a_capture_keeps_the_recorded_pace(exchange: Exchange, connect: Connect) -> None:
    spot, futures = connect("spot"), connect("futures")
    lines = [line_of("spot", 1000, 1), line_of("um", 2000, 2), line_of("um", 2000, 3, "ETHUSDT")]
    start = time.monotonic()
    serving = exchange.serve_capture(lines, speed=10)
    assert time.monotonic() - start >= 0.1
    assert serving.sent == {"spot": 1, "futures": 1}
    assert serving.unheard == {"spot": 0, "futures": 1}
    assert receive(spot, 1) == [b'{"u":1, "s":"BTCUSDT","b":"1.00"}']
    assert receive(futures, 1) == [b'{"u":2, "s":"BTCUSDT","b":"1.00"}']


def test_a_capture_ends_with_its_exchange() -> None:
    with Exchange() as exchange:
        serving = exchange.serve_capture([line_of("spot", 0, 1), line_of("spot", 10**9, 2)], 1, background=True)
    serving.join(0)


@pytest.mark.parametrize("tail", ["", ',"stream":"btcusdt@depth@100ms"', ',"x":{"raw":{}}'])
def test_a_payload_is_sliced_wherever_it_stands_in_its_line(tail: str) -> None:
    raw = '{"e":"depthUpdate","s":"BTCUSDT","b":[["1.0","2"]] , "x":"}"}'
    line = parse_line(f'{{"market":"um","recv_ms":5,"raw": {raw}{tail}}}\n')
    assert line.payload == raw.encode()
    assert line.stream == ("btcusdt@depth@100ms" if "stream" in tail else "btcusdt@depth")


def test_the_flood_sends_what_it_says_with_the_extremes_it_says() -> None:
    command = [sys.executable, "-m", "tests.exchange", "flood", "--rate=8000", "--seconds=0.5", "--quiet=0"]
    with subprocess.Popen(
        [*command, "--json"], stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]
    ) as flood:
        assert flood.stdout is not None
        urls = json.loads(flood.stdout.readline())
        got: dict[str, list[dict[str, str]]] = {"spot": [], "futures": []}

        def read(venue: str) -> None:
            client = open_client(f"{urls[venue + '_stream']}{PATHS[venue]}?streams={BTC}")
            try:
                while message := client.recv():
                    got[venue].append(json.loads(message)["data"])
            except (WebSocketException, OSError):
                drop(client)

        readers = [threading.Thread(target=read, args=(venue,), name=venue) for venue in got]
        for reader in readers:
            reader.start()
        figures = json.loads(flood.stdout.readline())
        for reader in readers:
            reader.join(10)
    assert flood.returncode == 0
    assert {venue: len(quotes) for venue, quotes in got.items()} == figures["sent"]
    assert len({quote["b"] for quote in got["futures"]}) == 1
    spreads = [Decimal(quote["a"]) - Decimal(got["futures"][0]["b"]) for quote in got["spot"]]
    assert (str(max(spreads)), str(min(spreads))) == (figures["max"] + "000000", figures["min"] + "000000")
    for quotes in got.values():
        assert all(Decimal(quote["b"]) < Decimal(quote["a"]) for quote in quotes)
        assert all(int(a["u"]) < int(b["u"]) for a, b in pairwise(quotes))
        assert len({(quote["B"], quote["A"]) for quote in quotes}) == len(quotes)
