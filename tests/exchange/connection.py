"""One connection of the local exchange: its socket, and the WebSocket session on it."""

import contextlib
import json
import os
import select
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from tests.exchange.frames import (
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    ClientFrames,
    Frame,
    ProtocolError,
    Request,
    close_frame,
    encode,
    envelope,
    frame,
)

SEND_TIMEOUT_S = 30.0
_FUTURES_PUBLIC = ("bookTicker", "depth", "rpiDepth", "trade")
Answer = Callable[["Connection", bytes], bytes | None]
"""Reply to a client's JSON message: bytes for the wire (unframed JSON), or None to keep quiet."""


class Wire:
    """A non-blocking TCP or TLS socket, read by one thread and written by any; `end` wakes all of them."""

    def __init__(self, sock: socket.socket) -> None:
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._sock = sock
        self._wake, self._waker = socket.socketpair()
        self._ending = threading.Event()
        self._audible = threading.Event()
        self._audible.set()
        self._sending = threading.Lock()  # one message at a time
        self._touching = threading.Lock()  # OpenSSL: one call at a time
        self._finished = False
        self._muted = False
        self._reset = False

    def secure(self, context: ssl.SSLContext) -> bool:
        """Do the TLS handshake as a server; False when it failed. Reading thread only."""
        try:
            sock = context.wrap_socket(self._sock, server_side=True, do_handshake_on_connect=False)
        except OSError:  # the client has gone already
            return False
        self._sock = sock
        while not self._ending.is_set():
            try:
                sock.do_handshake()
            except ssl.SSLWantReadError:
                self._await(read=True)
            except ssl.SSLWantWriteError:
                self._await(read=False)
            except OSError:
                return False
            else:
                return True
        return False

    def receive(self) -> bytes:
        """Wait for bytes; b"" when the client is gone or the wire is to end. Reading thread only."""
        while True:
            self._audible.wait()
            if self._ending.is_set():
                return b""
            try:
                with self._touching:
                    if self._muted and not self._ending.is_set():
                        continue
                    return self._sock.recv(65536)
            except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                pass
            except OSError:
                return b""
            self._await(read=True)

    def send(self, data: bytes) -> bool:
        """Send all of `data`, waiting for a slow reader up to 30 s; False when it did not leave whole."""
        view = memoryview(data)
        with self._sending:
            deadline = time.monotonic() + SEND_TIMEOUT_S
            while view and not self._ending.is_set():
                try:
                    with self._touching:
                        if self._finished or (self._muted and len(view) == len(data)):
                            return False
                        view = view[self._sock.send(view) :]
                except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                    if not self._await(read=False, timeout_s=deadline - time.monotonic()):
                        self.end(reset=True)
                except OSError:
                    return False
        return not view

    def mute(self, on: bool) -> None:
        """Send nothing (dropped) and read nothing while on; a message that is half out goes out whole."""
        with self._touching:
            self._muted = on
            if on:
                self._audible.clear()
        if not on or self._ending.is_set():
            self._audible.set()

    def finish(self) -> None:
        """Send a bare FIN (on TLS without close_notify); reading goes on."""
        with self._sending, self._touching:
            self._finished = True
            with contextlib.suppress(OSError):
                socket.socket.shutdown(self._sock, socket.SHUT_WR)

    def end(self, *, reset: bool = False) -> None:
        """Ask the reading thread to close the socket, with a RST if `reset`."""
        self._reset |= reset
        self._ending.set()
        self._audible.set()
        with contextlib.suppress(OSError):
            self._waker.send(b"!")

    def pause(self, seconds: float) -> bool:
        """Wait; True when the wire is to end."""
        return self._ending.wait(seconds)

    def close(self) -> None:
        """Close the sockets. Reading thread only, as its last act."""
        self.end()
        with self._sending, self._touching:
            if self._reset:
                linger = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)
                with contextlib.suppress(OSError):
                    self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self._sock.close()
            self._wake.close()
            self._waker.close()

    def _await(self, *, read: bool, timeout_s: float | None = None) -> bool:
        if timeout_s is not None and timeout_s <= 0:
            return False
        reads = [self._wake, self._sock] if read else [self._wake]
        return any(select.select(reads, [] if read else [self._sock], [], timeout_s))


@dataclass(frozen=True, slots=True)
class Close:
    """A close frame from the client; code None when it was empty."""

    code: int | None
    reason: str = ""


def split_target(request: Request) -> tuple[str, bool, list[str]]:
    """Take an upgrade target apart: room ("", "public", ...), whether combined, streams of the URL."""
    segments = request.path.strip("/").split("/")
    room = "" if segments[0] in ("stream", "ws") else segments.pop(0)
    combined = segments[:1] == ["stream"]
    names = request.query.get("streams", "").split("/") if combined else segments[1:]
    return room, combined, [name for name in names if name]


def serves(venue: str, room: str, stream: str) -> bool:
    """Whether the exchange delivers a stream in a room; elsewhere it acks and stays silent."""
    if venue == "spot":
        return room == ""
    kind = stream[1:].partition("@")[0] if stream.startswith("!") else stream.partition("@")[2]
    public = kind.startswith(_FUTURES_PUBLIC)
    return public if room in ("", "public") else room == "market" and not public


class Connection:
    """A WebSocket session as the exchange sees it.

    Fields may be read from any thread; times are `time.monotonic()` seconds; `received_at` holds those of
    JSON, pings and pongs, which count against the exchange's limit. All `bool` results say whether the bytes
    left whole. `changed` is notified on every event.
    """

    def __init__(self, venue: str, request: Request, wire: Wire, changed: threading.Condition, answer: Answer) -> None:
        self.venue, self.request, self.path, self.wire = venue, request, request.target, wire
        self.room, self.combined, names = split_target(request)
        self.subscriptions: set[str] = set(names)
        self.ever_subscribed: set[str] = set(names)
        self.messages: list[bytes] = []
        self.received_at: list[float] = []
        self.pings: list[bytes] = []
        self.pongs: list[bytes] = []
        self.closes: list[Close] = []
        self.opened_at = time.monotonic()
        self.is_open = True
        self._changed = changed
        self._answer = answer
        self._closing = False
        self._ended = threading.Event()
        self._reader = threading.current_thread()

    def takes(self, stream: str) -> bool:
        """Whether a payload of this stream is delivered here now."""
        if not self.is_open or stream == "!serverShutdown":
            return self.is_open
        return stream in self.subscriptions and serves(self.venue, self.room, stream)

    def wrap(self, stream: str, payload: bytes) -> bytes:
        """Frame a payload as this connection wants it, in the envelope or raw."""
        return frame(envelope(stream, payload) if self.combined else payload)

    def send_raw(self, raw: bytes) -> bool:
        """Put bytes on the wire as they are."""
        return self.wire.send(raw)

    def ping(self, payload: bytes = b"") -> bool:
        """Send a ping."""
        return self.wire.send(frame(payload, PING))

    def mute(self, on: bool = True) -> None:
        """Half-open silence: send nothing and read nothing."""
        self.wire.mute(on)

    def fin(self) -> None:
        """End the TCP stream without a close frame."""
        self.wire.finish()

    def rst(self) -> None:
        """Reset the TCP connection; it is done on return."""
        self.end(reset=True)

    def close(self, code: int | None = 1000, reason: str = "", end_tcp: bool = True) -> bool:
        """Send a close frame (code None: an empty one); a FIN follows if `end_tcp`."""
        self._closing = True
        sent = self.wire.send(close_frame(code, reason))
        if end_tcp:
            self.wire.finish()
        return sent

    def end(self, *, reset: bool = False) -> None:
        """Close the socket; it is done on return."""
        self.wire.end(reset=reset)
        if threading.current_thread() is not self._reader:
            self._ended.wait(SEND_TIMEOUT_S)

    def serve(self, early: bytes = b"") -> None:
        """Read the client until it is gone, then close. Its own thread; `early` came with the request."""
        frames = ClientFrames()
        message, data = b"", early or self.wire.receive()
        try:
            while data:
                for one in frames.feed(data):
                    self._note(one)
                    message = self._handle(one, message)
                data = self.wire.receive()
        except ProtocolError:
            self.close(1002, "protocol error")
        finally:
            self.wire.close()
            with self._changed:
                self.is_open = False
                self._changed.notify_all()
            self._ended.set()

    def _note(self, one: Frame) -> None:
        with self._changed:
            if one.opcode == CLOSE:
                code = struct.unpack("!H", one.payload[:2])[0] if len(one.payload) >= 2 else None
                self.closes.append(Close(code, one.payload[2:].decode(errors="replace")))
            else:
                self.received_at.append(time.monotonic())
            if one.opcode in (PING, PONG):
                (self.pings if one.opcode == PING else self.pongs).append(one.payload)
            self._changed.notify_all()

    def _handle(self, one: Frame, message: bytes) -> bytes:
        if one.opcode == PING:
            self.wire.send(frame(one.payload, PONG))
        elif one.opcode == CLOSE and not self._closing:
            self._closing = True
            self.wire.send(frame(one.payload, CLOSE))
            self.wire.finish()
        elif one.opcode in (TEXT, CONTINUATION):
            message += one.payload
            if one.fin:
                with self._changed:
                    self.messages.append(message)
                reply = self._answer(self, message)
                if reply is not None:
                    self.wire.send(frame(reply))
                self._subscribe(message)
                return b""
        return message

    def _subscribe(self, message: bytes) -> None:
        """Let a request take effect, after its reply: who waited for a subscription finds the ack sent."""
        method, params, _ = parse_call(message)
        with self._changed:
            if method == "SUBSCRIBE":
                self.subscriptions |= set(params)
                self.ever_subscribed |= set(params)
            elif method == "UNSUBSCRIBE":
                self.subscriptions -= set(params)
            self._changed.notify_all()


def parse_call(message: bytes) -> tuple[str, list[str], object]:
    """Take a client's JSON apart into method, names and id; the method is "" when it is no request."""
    try:
        call = json.loads(message)
    except ValueError:
        return "", [], None
    if not isinstance(call, dict):
        return "", [], None
    params = call.get("params")
    names = [name for name in params if isinstance(name, str)] if isinstance(params, list) else []
    return str(call.get("method", "")), names, call.get("id")


def usual_answer(connection: Connection, message: bytes) -> bytes:
    """Reply as the exchange does: an ack for anything subscribed, known or not."""
    method, _, call_id = parse_call(message)
    if method in ("SUBSCRIBE", "UNSUBSCRIBE"):
        return encode({"result": None, "id": call_id})
    if method == "LIST_SUBSCRIPTIONS":
        return encode({"result": sorted(connection.subscriptions), "id": call_id})
    error = {"code": 2, "msg": f"Invalid request: unknown variant `{method}`"}
    return encode({"error": error, "id": call_id})
