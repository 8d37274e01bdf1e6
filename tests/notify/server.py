"""A web server on loopback that answers a post in any way a test wants, or not at all."""

import contextlib
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from typing import Any

Answer = Callable[[socket.socket, threading.Event], None]


class Server:
    """Takes posts. `answer` is what it does on each connection, once the post was read."""

    def __init__(self, answer: Answer, tls: ssl.SSLContext | None = None) -> None:
        self.heads: list[str] = []
        self.bodies: list[Any] = []
        self.closed = threading.Event()
        """A client went away before it was answered."""
        self._answer = answer
        self._tls = tls
        self._over = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=50)
        self.port = self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self._threads.append(threading.Thread(target=self._serve, args=(sock,)))
            self._threads[-1].start()

    def _serve(self, sock: socket.socket) -> None:
        sock.settimeout(20)
        with contextlib.suppress(OSError), sock:
            if self._tls is not None:
                sock = self._tls.wrap_socket(sock, server_side=True)
            with sock:
                reader = sock.makefile("rb")
                head = "".join(iter(lambda: reader.readline().decode("ascii").rstrip("\r\n") + "\n", "\n"))
                length = int(next(line for line in head.splitlines() if line.startswith("Content-Length"))[15:])
                self.bodies.append(json.loads(reader.read(length)))
                self.heads.append(head)
                self._answer(sock, self._over)
                sock.settimeout(0.005)
                while not self._over.is_set():
                    with contextlib.suppress(TimeoutError):
                        if not sock.recv(1):
                            break
                self.closed.set()

    def close(self) -> None:
        """End all of it."""
        self._over.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(20)
            assert not thread.is_alive()


@contextlib.contextmanager
def serving(answer: Answer, tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    """Run a server."""
    server = Server(answer, tls)
    try:
        yield server
    finally:
        server.close()


def status(code: int, *headers: str) -> Answer:
    """Answer with a code."""

    def answer(sock: socket.socket, _over: threading.Event) -> None:
        sock.sendall("\r\n".join([f"HTTP/1.1 {code} Reason", "Content-Length: 0", *headers, "", ""]).encode())

    return answer


def never(_sock: socket.socket, _over: threading.Event) -> None:
    """Never answer."""


def drip(sock: socket.socket, over: threading.Event) -> None:
    """Answer a byte at a time, without an end."""
    sock.sendall(b"HTTP/1.1 200 OK\r\nX: ")
    while not over.wait(0.02):
        sock.sendall(b"x")


def raw(answer: bytes) -> Answer:
    """Answer with any bytes, then hang up."""

    def send(sock: socket.socket, _over: threading.Event) -> None:
        sock.sendall(answer)
        sock.shutdown(socket.SHUT_RDWR)

    return send
