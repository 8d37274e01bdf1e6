"""Bytes of the local exchange: WebSocket frames, HTTP heads and quote payloads. Pure.

`frame` and `http_response` also build what no honest server would send; the fault suite is made of them.
"""

import base64
import hashlib
import json
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, urlsplit

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
MESSAGE_LIMIT = 1 << 20
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class ProtocolError(Exception):
    """The client sent what RFC 6455 forbids."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame from a client, unmasked."""

    opcode: int
    fin: bool
    payload: bytes


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request head. Header names are lower case; `rest` is what came after the head."""

    method: str
    target: str
    headers: Mapping[str, str]
    rest: bytes = b""

    @property
    def path(self) -> str:
        """Path without the query."""
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        """Query parameters; of a repeated one the last."""
        return {key: values[-1] for key, values in parse_qs(urlsplit(self.target).query).items()}

    @property
    def is_upgrade(self) -> bool:
        """Whether a WebSocket is asked for."""
        return self.headers.get("upgrade", "").lower() == "websocket"


@dataclass(frozen=True, slots=True)
class Stall:
    """Never answer; the TCP connection stays open."""


@dataclass(frozen=True, slots=True)
class Drip:
    """Send `data` one byte every `interval_s` seconds (0 = at once), then hold the connection open.

    None stands for the right answer. Data that is a 101 makes the connection a WebSocket afterwards.
    """

    interval_s: float
    data: bytes | None = None


@dataclass(frozen=True, slots=True)
class EndlessHeader:
    """Begin a 101 and never end one of its header lines, as fast as the client takes it."""

    chunk: bytes = field(default=b"a" * 65536, repr=False)


STALL = Stall()
Told = bytes | Stall | Drip | EndlessHeader
Response = Told | Callable[[Request], bytes] | None
"""Answer to a request: None = the right one. Bytes that begin a 101 open the WebSocket, others get a FIN."""


def frame(
    payload: bytes = b"",
    opcode: int = TEXT,
    fin: bool = True,
    rsv: int = 0,
    mask: bytes | None = None,
    length: int | None = None,
    length_bytes: int | None = None,
) -> bytes:
    """Build one frame, legal or not.

    `rsv`: the three reserved bits, 0 to 7. `mask`: a key of four bytes. `length`: announced instead of the
    true one. `length_bytes`: 0, 2 or 8, the form of the length instead of the shortest one.
    """
    size = len(payload) if length is None else length
    if length_bytes is None:
        length_bytes = 0 if size < 126 else 2 if size < 1 << 16 else 8
    mask_bit = 0 if mask is None else 0x80
    first = (0x80 if fin else 0) | rsv << 4 | opcode
    if length_bytes == 0:
        head = bytes((first, mask_bit | size))
    elif length_bytes == 2:
        head = struct.pack("!BBH", first, mask_bit | 126, size)
    else:
        head = struct.pack("!BBQ", first, mask_bit | 127, size)
    return head + payload if mask is None else head + mask + _masked(payload, mask)


def close_frame(code: int | None = 1000, reason: str = "") -> bytes:
    """Build a close frame; code None leaves its payload empty."""
    return frame(b"" if code is None else struct.pack("!H", code) + reason.encode(), CLOSE)


def _masked(payload: bytes, key: bytes) -> bytes:
    size = len(payload)
    pad = (key * (size // 4 + 1))[:size]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(pad, "big")).to_bytes(size, "big")


class ClientFrames:
    """Incremental decoder of a client's frames."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[Frame]:
        """Take bytes, return the frames they complete. Raises ProtocolError."""
        self._buffer += data
        frames = []
        while (one := self._next()) is not None:
            frames.append(one)
        return frames

    def _next(self) -> Frame | None:
        buffer = self._buffer
        if len(buffer) < 2:
            return None
        if not buffer[1] & 0x80:
            raise ProtocolError("a client's frame must be masked")
        size, at = buffer[1] & 0x7F, 2
        if size >= 126:
            at = 4 if size == 126 else 10
            if len(buffer) < at:
                return None
            size = int.from_bytes(buffer[2:at], "big")
        if size > MESSAGE_LIMIT:
            raise ProtocolError(f"a frame of {size} bytes")
        end = at + 4 + size
        if len(buffer) < end:
            return None
        payload = _masked(bytes(buffer[at + 4 : end]), bytes(buffer[at : at + 4]))
        one = Frame(buffer[0] & 0x0F, bool(buffer[0] & 0x80), payload)
        del buffer[:end]
        return one


def parse_request(head: bytes) -> Request | None:
    """Parse bytes from a client; None while the head is incomplete. Raises ProtocolError."""
    text, end, rest = head.partition(b"\r\n\r\n")
    if not end:
        if len(head) > 65536:
            raise ProtocolError("an endless request head")
        return None
    first, *lines = text.decode("latin-1").split("\r\n")
    words = first.split(" ")
    if len(words) != 3:
        raise ProtocolError(f"not an HTTP request: {first[:80]!r}")
    pairs = (line.partition(":") for line in lines)
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    return Request(words[0], words[1], headers, rest)


def http_response(
    status: int, headers: Mapping[str, str] | None = None, body: bytes = b"", *, length: int | None = None
) -> bytes:
    """Build an HTTP response; `length` announces another Content-Length than the body has."""
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = "Unknown"
    fields = {} if status == 101 else {"Content-Length": str(len(body) if length is None else length)}
    fields |= headers or {}
    lines = [f"HTTP/1.1 {status} {phrase}", *(f"{name}: {value}" for name, value in fields.items())]
    return "\r\n".join((*lines, "\r\n")).encode() + body


def handshake(request: Request) -> bytes:
    """Answer an upgrade request as RFC 6455 wants it."""
    key = request.headers.get("sec-websocket-key", "").encode()
    accept = base64.b64encode(hashlib.sha1(key + _GUID).digest()).decode()
    return http_response(101, {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Accept": accept})


def envelope(stream: str, payload: bytes) -> bytes:
    """Wrap a payload, unchanged, as combined streams carry it."""
    return b'{"stream":"' + stream.encode() + b'","data":' + payload + b"}"


def encode(payload: Mapping[str, Any] | bytes) -> bytes:
    """Turn a mapping into compact JSON; bytes stay as they are."""
    if isinstance(payload, bytes):
        return payload
    return json.dumps(payload, separators=(",", ":"), ensure_ascii=False).encode()


def stream_of(payload: Mapping[str, Any]) -> str:
    """Name the stream that carries a payload, as the exchange does. Raises KeyError without a symbol."""
    event = payload.get("e", "bookTicker")
    if event == "serverShutdown":
        return "!serverShutdown"
    kind = {"depthUpdate": "depth", "markPriceUpdate": "markPrice", "24hrTicker": "ticker"}.get(event, event)
    symbol = str(payload["s"])
    return f"{''.join(c.lower() if c.isascii() else c for c in symbol)}@{kind}"


def spot_quote(symbol: str, u: int, bid: str, bid_qty: str, ask: str, ask_qty: str) -> dict[str, Any]:
    """Build a spot bookTicker payload of today's shape."""
    return {"u": u, "s": symbol, "b": bid, "B": bid_qty, "a": ask, "A": ask_qty}


def futures_quote(symbol: str, u: int, bid: str, bid_qty: str, ask: str, ask_qty: str, at_ms: int) -> dict[str, Any]:
    """Build a USD-M bookTicker payload of today's shape; `at_ms` (Unix ms) is both of its times."""
    quote = {"b": bid, "B": bid_qty, "a": ask, "A": ask_qty, "T": at_ms, "E": at_ms, "st": 1}
    return {"e": "bookTicker", "u": u, "s": symbol, "ps": symbol, **quote}
