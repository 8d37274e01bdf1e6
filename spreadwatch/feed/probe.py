"""Try the way to the exchange: names, streams, REST and the clock, each with one sentence as the outcome."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit

import msgspec
import websocket
from msgspec import Struct

from spreadwatch.config import Config
from spreadwatch.core.quote import MarketKind
from spreadwatch.errors import RegionError, UnreachableError
from spreadwatch.feed import binance, clock, reasons
from spreadwatch.feed.catalog import read
from spreadwatch.feed.dial import WebSocketConnection, tls_context
from spreadwatch.feed.frames import FrameDecoder
from spreadwatch.feed.markets import MARKETS, rest_bases, stream_bases, stream_url
from spreadwatch.feed.parsing.quotes import QuoteParser
from spreadwatch.feed.policy import REGION
from spreadwatch.feed.resolve import Resolver
from spreadwatch.feed.subscriptions import Subscriptions

_LIMIT_S = 8.0
_CLOCK_LIMIT_MS = 1000


class Finding(Struct, frozen=True):
    """One line of a report. `code` is the exit code that a failure asks for, 0 when all is well."""

    what: str
    text: str
    code: int = 0


class _ServerTime(Struct, rename="camel"):
    server_time: int


def probe(settings: Config) -> Iterator[Finding]:
    """Try every host and endpoint of the settings in turn."""
    ca_file = Path(settings.feed.ca_file) if settings.feed.ca_file else None
    streams, rests = stream_bases(settings.endpoints), rest_bases(settings.endpoints)
    for host in sorted({urlsplit(url).hostname or "" for url in (*streams.values(), *rests.values())}):
        yield _try(f"DNS {host}", host, partial(_resolve, host))
    for market, url in streams.items():
        yield _try(f"{MARKETS[market].word} stream", url, partial(_hear, market, url, settings, ca_file))
    for market, url in rests.items():
        yield _try(f"{MARKETS[market].word} REST", url, partial(_offset, market, url, tls_context(ca_file)))


def _try(what: str, url: str, check: Callable[[], str]) -> Finding:
    """Turn what a check returns or raises into a finding."""
    host = urlsplit(url).hostname or url
    try:
        return Finding(what, check())
    except HTTPError as error:
        with error:
            refused = error.code == REGION
        code = RegionError.exit_code if refused else UnreachableError.exit_code
        return Finding(what, f"{host} answered {error.code} {error.reason}", code)
    except (OSError, HTTPException, websocket.WebSocketException, msgspec.DecodeError, ValueError) as error:
        cause = error.reason if isinstance(error, URLError) and isinstance(error.reason, Exception) else error
        failure = reasons.explain(cause, host, _LIMIT_S)
        code = RegionError.exit_code if failure.status == REGION else UnreachableError.exit_code
        return Finding(what, failure.reason, code)


def _resolve(host: str) -> str:
    addresses = {info[4][0] for info in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)}
    return ", ".join(sorted(map(str, addresses)))


def _hear(market: MarketKind, url: str, settings: Config, ca_file: Path | None) -> str:
    """Connect as the program does and wait for the heartbeat's first quote."""
    contract = binance.heartbeat(market, binance.canonical(settings.feed.heartbeat_symbol))
    connection = WebSocketConnection(stream_url(market, url), ca_file, Resolver())
    began_s = time.monotonic()
    handshake_s = settings.feed.handshake_s
    timer = threading.Timer(handshake_s, connection.cut)  # an answer that drips in would hold up every read a little
    timer.daemon = True
    timer.start()
    try:
        connection.open(handshake_s)
        timer.cancel()
        connection.send(Subscriptions([binance.stream(contract.wire, "bookTicker")]).begin(0))
        decoder, parser = FrameDecoder(), QuoteParser(market.side, [contract])
        while time.monotonic() - began_s < _LIMIT_S:
            try:
                data = connection.recv()
            except TimeoutError:
                continue
            payloads = [message for message in decoder.feed(data) if isinstance(message, bytes)]
            if parser.batch(payloads, clock.now()).heard:
                return f"{url}, first quote of {contract.wire} after {time.monotonic() - began_s:.2f} s"
            if not data:
                raise ConnectionError("closed before the first quote")
    except (OSError, websocket.WebSocketException) as error:
        if time.monotonic() - began_s >= handshake_s:
            raise TimeoutError from error
        raise
    finally:
        timer.cancel()
        connection.close()
    raise TimeoutError


def _offset(market: MarketKind, url: str, tls: ssl.SSLContext) -> str:
    """Compare this machine's clock with the exchange's, half the round trip allowed for."""
    before = clock.now()
    server_ms = msgspec.json.decode(read(url + MARKETS[market].time, tls), type=_ServerTime).server_time
    after = clock.now()
    offset_ms = (before.wall_ms + after.wall_ms) // 2 - server_ms
    advice = "" if abs(offset_ms) <= _CLOCK_LIMIT_MS else ": set this machine's clock (ages shown stay right)"
    return f"{url}, this clock is {offset_ms:+d} ms against the exchange{advice}"
