"""`doctor`: checks this machine and the way to the exchange, a line each."""

import importlib
import os
import socket
import ssl
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlsplit

import msgspec
import websocket
from msgspec import Struct

from spreadwatch.config import Config
from spreadwatch.core.quote import Venue
from spreadwatch.feed import binance, clock, reasons
from spreadwatch.feed.dial import Connection, tls_context
from spreadwatch.feed.frames import FrameDecoder
from spreadwatch.feed.listing import read
from spreadwatch.feed.messages import QuoteParser

_LIMIT_S = 8.0
_CLOCK_LIMIT_MS = 1000
_TIME_PATHS = {Venue.SPOT: "/api/v3/time", Venue.FUTURES: "/fapi/v1/time"}
_TKINTER = {
    "linux": "Install it: 'apt install python3-tk' (Debian, Ubuntu), 'dnf install python3-tkinter' (Fedora), "
    "'pacman -S tk' (Arch), 'apk add py3-tkinter' (Alpine).",
    "darwin": "Install it: 'brew install python-tk', or take Python from python.org, which brings it.",
    "win32": "Run Python's installer again, choose Modify, and tick 'tcl/tk and IDLE'.",
}


class Finding(Struct, frozen=True):
    """One line of the report. `code` is the exit code that a failure asks for, 0 when all is well."""

    what: str
    text: str
    code: int = 0


class _ServerTime(Struct, rename="camel"):
    server_time: int


def examine(settings: Config) -> int:
    """Print every finding as it comes; return the gravest one's exit code."""
    codes = []
    for finding in findings(settings):
        mark = "FAIL" if finding.code else "ok"
        sys.stdout.write(f"{mark:<5} {finding.what:<15} {finding.text}\n")
        sys.stdout.flush()
        codes.append(finding.code)
    return max(codes)


def findings(settings: Config) -> Iterator[Finding]:
    """Check the settings, the window, then each endpoint."""
    yield Finding("config", f"{settings.file or 'no file, defaults'}, symbols {', '.join(settings.symbols)}")
    yield from _window_findings()
    ends = settings.endpoints
    tls = tls_context(Path(settings.feed.ca_file) if settings.feed.ca_file else None)
    streams = {Venue.SPOT: ends.spot_stream, Venue.FUTURES: ends.futures_stream}
    rests = {Venue.SPOT: ends.spot_rest, Venue.FUTURES: ends.futures_rest}
    hosts = {urlsplit(url).hostname or "" for url in (*streams.values(), *rests.values())}
    for host in sorted(hosts):
        yield _guard(f"DNS {host}", host, lambda host=host: _resolve(host))  # type: ignore[misc]
    for venue, url in streams.items():
        yield _guard(f"{venue} stream", url, lambda venue=venue, url=url: _hear(venue, url, settings, tls))  # type: ignore[misc]
    for venue, url in rests.items():
        yield _guard(f"{venue} REST", url, lambda venue=venue, url=url: _offset(venue, url, tls))  # type: ignore[misc]


def _window_findings() -> Iterator[Finding]:
    try:
        tkinter = importlib.import_module("tkinter")
    except ImportError as error:
        yield Finding("tkinter", f"missing ({error}). {install_tkinter()}", 3)
        return
    yield Finding("tkinter", f"Tk {tkinter.TkVersion}")
    try:
        root = tkinter.Tk()
    except tkinter.TclError as error:
        yield Finding("display", f"{error}. {find_display(os.environ)}", 3)
        return
    yield Finding(
        "display",
        f"{root.winfo_screenwidth()} × {root.winfo_screenheight()}, {root.winfo_fpixels('1i'):.0f} dpi",
    )
    root.destroy()


def install_tkinter() -> str:
    """Return which package brings tkinter on this system."""
    return _TKINTER.get(sys.platform, "Install the package of your system that brings Python's tkinter.")


def find_display(environment: Mapping[str, str]) -> str:
    """Return what to do when no window can be opened."""
    if sys.platform.startswith("linux") and not environment.get("DISPLAY"):
        return "DISPLAY is not set: log in to a desktop, use 'ssh -X', or run 'spreadwatch watch' in the terminal."
    return "Run 'spreadwatch watch' to see the numbers in the terminal."


def _guard(what: str, url: str, check: Callable[[], str]) -> Finding:
    """Turn what a check returns or raises into a finding."""
    host = urlsplit(url).hostname or url
    try:
        return Finding(what, check())
    except HTTPError as error:
        with error:
            code = 5 if error.code == reasons.REGION else 4
        return Finding(what, f"{host} answered {error.code} {error.reason}", code)
    except (OSError, websocket.WebSocketException, msgspec.DecodeError) as error:
        cause = error.args[0] if error.args and isinstance(error.args[0], Exception) else error  # urllib wraps
        failure = reasons.explain(cause, host, _LIMIT_S)
        return Finding(what, failure.reason, 5 if failure.status == reasons.REGION else 4)


def _resolve(host: str) -> str:
    addresses = {info[4][0] for info in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)}
    return ", ".join(sorted(map(str, addresses)))


def _hear(venue: Venue, url: str, settings: Config, tls: ssl.SSLContext) -> str:
    """Connect as the program does and wait for the heartbeat's first quote."""
    contract = binance.contract(venue, binance.canonical(settings.feed.heartbeat_symbol))
    connection = Connection(binance.stream_url(venue, url), tls)
    began_s = time.monotonic()
    try:
        connection.open(settings.feed.handshake_s)
        connection.send(binance.subscribe([binance.book_ticker(contract.wire)], 1))
        decoder, parser = FrameDecoder(), QuoteParser(venue, [contract])
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
    finally:
        connection.close()
    raise TimeoutError


def _offset(venue: Venue, url: str, tls: ssl.SSLContext) -> str:
    """Compare this machine's clock with the exchange's, half the round trip allowed for."""
    before = clock.now()
    server_ms = msgspec.json.decode(read(url + _TIME_PATHS[venue], tls), type=_ServerTime).server_time
    after = clock.now()
    offset_ms = (before.wall_ms + after.wall_ms) // 2 - server_ms
    advice = "" if abs(offset_ms) <= _CLOCK_LIMIT_MS else ": set this machine's clock (ages shown stay right)"
    return f"{url}, this clock is {offset_ms:+d} ms against the exchange{advice}"
