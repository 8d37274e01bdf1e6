"""A TCP proxy for tests: adds latency, jitter, trickle, drops what it carries, goes away and comes back.

    with Proxy(urlsplit(exchange.spot_stream).port) as proxy:
        ...                                    # connect to proxy.port
        proxy.latency_s = 0.3                  # for connections from now on
        proxy.drop()                           # nothing passes any more, and nobody is told

Real sockets on loopback, two threads per connection, nothing left after the block.
"""

import contextlib
import random
import select
import socket
import threading
import time
from collections import deque
from typing import Self

from tests.faults import figures

_JOIN_S = 3.0
_POLL_S = 0.02
_READ_BYTES = 65536


class _Pump:
    """One direction of one connection: what was read at a time leaves when it is due, in order."""

    def __init__(self, proxy: "Proxy", source: socket.socket, target: socket.socket, name: str) -> None:
        self._proxy, self._source, self._target = proxy, source, target
        self._latency_s, self._jitter_s, self._trickle_s = proxy.latency_s, proxy.jitter_s, proxy.trickle_s
        self._chance = random.Random(f"{figures.seed()} {name}")
        self._due: deque[tuple[float, bytes]] = deque()
        self._last_s = 0.0
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._run, name=f"proxy-{name}", daemon=True)

    def _run(self) -> None:
        try:
            reading = True
            while not self.ended.is_set() and (reading or self._due):
                reading = self._read() if reading else self._nap()
                self._send_due()
            with contextlib.suppress(OSError):
                self._target.shutdown(socket.SHUT_WR)
        except OSError:
            with contextlib.suppress(OSError):
                self._target.shutdown(socket.SHUT_RDWR)

    def _nap(self) -> bool:
        self.ended.wait(self._wait_s())
        return False

    def _wait_s(self) -> float:
        return min(max(self._due[0][0] - time.monotonic(), 0.0), _POLL_S) if self._due else _POLL_S

    def _read(self) -> bool:
        """Take what there is; False at the end."""
        if not select.select([self._source], [], [], self._wait_s())[0]:
            return True
        data = self._source.recv(_READ_BYTES)
        if not data:
            return False
        if not self._proxy.dropping:
            late_s = self._latency_s + self._jitter_s * self._chance.random()
            self._last_s = max(time.monotonic() + late_s, self._last_s)  # TCP keeps the order
            self._due.append((self._last_s, data))
        return True

    def _send_due(self) -> None:
        while self._due and self._due[0][0] <= time.monotonic() and not self.ended.is_set():
            _, data = self._due.popleft()
            if not self._trickle_s:
                self._target.sendall(data)
                continue
            for at in range(len(data)):
                self._target.sendall(data[at : at + 1])
                if self.ended.wait(self._trickle_s):
                    return


class Proxy:
    """Carries connections to a port on 127.0.0.1. Its settings count for connections made after they were set."""

    def __init__(self, target_port: int) -> None:
        self.port = 0
        self.latency_s = 0.0
        self.jitter_s = 0.0
        self.trickle_s = 0.0
        self.dropping = False
        self.accepted: list[float] = []
        self._target_port = target_port
        self._listener: socket.socket | None = None
        self._thread: threading.Thread | None = None
        self._carried: list[tuple[socket.socket, socket.socket, list[_Pump]]] = []
        self._frozen = False
        self._fillers: list[socket.socket] = []

    def __enter__(self) -> Self:
        self.come_back()
        return self

    def __exit__(self, *_: object) -> None:
        self.go_away()

    @property
    def url(self) -> str:
        """The base URL of streams through this proxy."""
        return f"ws://127.0.0.1:{self.port}"

    def come_back(self) -> None:
        """Listen, on the same port as before."""
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self.port))
        listener.listen(128)
        self.port = listener.getsockname()[1]
        self._listener = listener
        self._thread = threading.Thread(target=self._accept, args=(listener,), name="proxy-accept", daemon=True)
        self._thread.start()

    def go_away(self) -> None:
        """Refuse new connections and end the open ones."""
        listener, self._listener = self._listener, None
        if listener is not None and self._thread is not None:
            self._thread.join(_JOIN_S)
            listener.close()
        carried, self._carried = self._carried, []
        for client, server, pumps in carried:
            for pump in pumps:
                pump.ended.set()
            for sock in (client, server):
                with contextlib.suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)
            for pump in pumps:
                pump.thread.join(_JOIN_S)
            client.close()
            server.close()

    def drop(self, on: bool = True) -> None:
        """Swallow what comes on every connection, or stop doing so."""
        self.dropping = on

    def freeze(self) -> None:
        """Answer no more at all, as a host behind a broken line: connections open hang, new ones are not made."""
        assert self._listener is not None
        self.dropping = self._frozen = True
        self._listener.listen(0)
        time.sleep(2 * _POLL_S)
        self._fillers = _fill(socket.AF_INET, ("127.0.0.1", self.port))

    def thaw(self) -> None:
        """Answer again."""
        assert self._listener is not None
        for filler in self._fillers:
            filler.close()
        self._fillers = []
        self._listener.listen(128)
        self.dropping = self._frozen = False

    def _accept(self, listener: socket.socket) -> None:
        while self._listener is listener:
            if self._frozen:
                time.sleep(_POLL_S)
                continue
            if not select.select([listener], [], [], _POLL_S)[0]:
                continue
            client, _ = listener.accept()
            self.accepted.append(time.monotonic())
            try:
                server = socket.create_connection(("127.0.0.1", self._target_port), 5)
            except OSError:
                client.close()
                continue
            for sock in (client, server):
                sock.settimeout(5)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            number = len(self.accepted)
            pumps = [_Pump(self, client, server, f"{number}-up"), _Pump(self, server, client, f"{number}-down")]
            self._carried.append((client, server, pumps))
            for pump in pumps:
                pump.thread.start()


class ConnectProxy:
    """An HTTP proxy that opens tunnels to one port on 127.0.0.1, whatever host is asked for, or refuses to.

    `answer`: the bytes sent instead of a tunnel. `asked`: the heads of all requests. A context manager.
    """

    def __init__(self, target_port: int, answer: bytes | None = None, *, hang_up: bool = True) -> None:
        self.asked: list[str] = []
        self._answer, self._hang_up = answer, hang_up
        self._target_port = target_port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._sockets: list[socket.socket] = []
        self._ending = False
        self._threads = [threading.Thread(target=self._accept, name="connect-proxy", daemon=True)]

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending = True
        self._threads[0].join(_JOIN_S)
        for sock in self._sockets:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        for thread in self._threads[1:]:
            thread.join(_JOIN_S)
        for sock in [*self._sockets, self._listener]:
            sock.close()

    def _accept(self) -> None:
        while not self._ending:
            if select.select([self._listener], [], [], _POLL_S)[0]:
                client, _ = self._listener.accept()
                self._sockets.append(client)
                self._threads.append(threading.Thread(target=self._serve, args=(client,), daemon=True))
                self._threads[-1].start()

    def _serve(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError):
            head = b""
            while b"\r\n\r\n" not in head:
                data = client.recv(_READ_BYTES)
                if not data:
                    return
                head += data
            self.asked.append(head.decode("latin-1"))
            if self._answer is not None:
                client.sendall(self._answer)
                if self._hang_up:
                    client.shutdown(socket.SHUT_RDWR)
                return
            server = socket.create_connection(("127.0.0.1", self._target_port), 5)
            self._sockets.append(server)
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            self._carry(client, server)

    def _carry(self, client: socket.socket, server: socket.socket) -> None:
        other = {client: server, server: client}
        while not self._ending:
            for sock in select.select(list(other), [], [], _POLL_S)[0]:
                data = sock.recv(_READ_BYTES)
                if not data:
                    return
                other[sock].sendall(data)


def _fill(family: socket.AddressFamily, address: tuple[str, int]) -> list[socket.socket]:
    """Fill a listener's backlog: from now on the system ignores who wants to connect."""
    fillers = [socket.socket(family) for _ in range(8)]
    for filler in fillers:
        filler.setblocking(False)
        filler.connect_ex(address)
    return fillers


class DeadAddress:
    """A listening port whose backlog is full: connecting to it hangs, as to a host that is off. A context manager."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        self.host, self.port = host, 0
        self._family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._sockets: list[socket.socket] = []

    def __enter__(self) -> Self:
        listener = socket.socket(self._family)
        self._sockets.append(listener)
        listener.bind((self.host, 0))
        listener.listen(0)
        self.port = listener.getsockname()[1]
        self._sockets += _fill(self._family, (self.host, self.port))
        return self

    def __exit__(self, *_: object) -> None:
        for sock in self._sockets:
            sock.close()
