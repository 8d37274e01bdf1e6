"""One venue of the local exchange: its listener, its connections, and what it was told to answer."""

import select
import socket
import threading
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Generic, TypeVar

from tests.exchange.connection import Answer, Connection, Wire, usual_answer
from tests.exchange.frames import (
    Drip,
    EndlessHeader,
    ProtocolError,
    Request,
    Response,
    Stall,
    Told,
    handshake,
    parse_request,
)
from tests.exchange.rest import Symbol, rest_response

if TYPE_CHECKING:
    from tests.exchange.server import Exchange

JOIN_S = 10.0
R = TypeVar("R")


class Policy(Generic[R]):
    """A told response, for `times` requests or until told otherwise."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._response: R | None = None
        self._times: int | None = None

    def tell(self, response: R | None, times: int | None) -> None:
        with self._lock:
            self._response, self._times = response, times

    def take(self) -> R | None:
        with self._lock:
            if self._times is not None:
                self._times -= 1
                if self._times < 0:
                    self._response, self._times = None, None
            return self._response


class Venue:
    """Listener and connections of one venue."""

    def __init__(self, name: str, exchange: "Exchange", symbols: Sequence[Symbol]) -> None:
        self.name, self.symbols = name, symbols
        self.on_accept: Policy[Told] = Policy()
        self.on_upgrade: Policy[Response] = Policy()
        self.on_rest: Policy[Response] = Policy()
        self.answer: Answer = usual_answer
        self.attempts: list[float] = []
        self.requests: list[Request] = []
        self.connections: list[Connection] = []
        self.heartbeat_on = True
        self.port = 0
        self._exchange = exchange
        self._wires: list[tuple[Wire, threading.Thread]] = []
        self._listening: tuple[threading.Thread, socket.socket] | None = None

    def listen(self) -> None:
        if self._listening:
            return
        listener = socket.socket()
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(("127.0.0.1", self.port))
            listener.listen(128)
            listener.setblocking(False)
        except OSError:
            listener.close()
            raise
        self.port = listener.getsockname()[1]
        wake, waker = socket.socketpair()
        thread = threading.Thread(
            target=self._accept, args=(listener, wake), name=f"exchange-{self.name}-accept", daemon=True
        )
        self._listening = thread, waker
        thread.start()

    def refuse(self) -> None:
        if self._listening:
            thread, waker = self._listening
            self._listening = None
            waker.close()
            thread.join(JOIN_S)

    def hang_up(self) -> None:
        wires, self._wires = self._wires, []
        for wire, _ in wires:
            wire.end()
        for _, thread in wires:
            thread.join(JOIN_S)

    def _accept(self, listener: socket.socket, wake: socket.socket) -> None:
        with listener, wake:
            while wake not in (ready := select.select([listener, wake], [], [])[0]):
                if not ready:
                    continue
                try:
                    wire = Wire(listener.accept()[0])
                except OSError:
                    continue
                name = f"exchange-{self.name}-{len(self.attempts)}"
                thread = threading.Thread(target=self._run, args=(wire,), name=name, daemon=True)
                with self._exchange.changed:
                    self.attempts.append(time.monotonic())
                    self._exchange.changed.notify_all()
                self._wires.append((wire, thread))
                thread.start()

    def _run(self, wire: Wire) -> None:
        try:
            tls = self._exchange.tls
            first = self.on_accept.take()
            if first is not None:
                _play(wire, first, None)
            elif tls is None or wire.secure(tls):
                self._greet(wire)
        finally:
            wire.close()

    def _greet(self, wire: Wire) -> None:
        request = _read_request(wire)
        if request is None:
            return
        with self._exchange.changed:
            self.requests.append(request)
            self._exchange.changed.notify_all()
        if not request.is_upgrade:
            answer = self.on_rest.take()
            if answer is None:
                answer = rest_response(
                    self.name, request, self.symbols, self._exchange.now_ms(), self._exchange.intervals
                )
            _play(wire, answer, request)
            return
        room = self._exchange.room_of(self, request)
        if _play(wire, room.on_upgrade.take(), request):
            room.serve(wire, request)

    def serve(self, wire: Wire, request: Request) -> None:
        connection = Connection(self.name, request, wire, self._exchange.changed, self._reply)
        with self._exchange.changed:
            self.connections.append(connection)
            self._exchange.changed.notify_all()
        connection.serve(request.rest)

    def _reply(self, connection: Connection, message: bytes) -> bytes | None:
        return self.answer(connection, message)


def _read_request(wire: Wire) -> Request | None:
    head = b""
    while data := wire.receive():
        head += data
        try:
            request = parse_request(head)
        except ProtocolError:
            return None
        if request:
            return request
    return None


def _play(wire: Wire, response: Response, request: Request | None) -> bool:
    """Give a response; True when it opened a WebSocket, otherwise the client has gone when this returns."""
    if isinstance(response, EndlessHeader):
        wire.send(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nX-Endless: ")
        while wire.send(response.chunk):
            pass
        return False
    data = _bytes_of(response, request)
    if isinstance(response, Drip):
        for at in range(len(data)):
            if not wire.send(data[at : at + 1]) or wire.pause(response.interval_s):
                return False
    else:
        wire.send(data)
    if data.startswith(b"HTTP/1.1 101"):
        return True
    if not isinstance(response, Drip | Stall):
        wire.finish()
    while wire.receive():
        pass
    return False


def _bytes_of(response: Response, request: Request | None) -> bytes:
    if isinstance(response, bytes):
        return response
    if isinstance(response, Drip) and response.data is not None:
        return response.data
    if request is None or isinstance(response, Stall):
        return b""
    return response(request) if callable(response) else handshake(request)
