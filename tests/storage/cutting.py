"""A line to a server that is cut at a chosen message of the client: before it goes through, or before its answer."""

import contextlib
import select
import socket
import threading
from typing import Self

_PIECE = 65_536
_POLL_S = 0.02
_ANSWER_S = 0.2
"""How long an answer is waited for that nobody will see: its message has then been carried out, or needs none."""


class CuttingLine:
    """Listens on `port` of the loopback address and carries to another port until it is told to cut."""

    def __init__(self, target: int) -> None:
        """Carry to `target`."""
        self.port = 0
        self.cuts = 0
        self._target = target
        self._at: int | bytes | None = None
        self._passes = False
        self._counting = threading.Lock()
        self._ending = threading.Event()
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Self:
        listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(listener.getsockname()[1])
        self._threads = [threading.Thread(target=self._accept, args=(listener,), name="line-accept", daemon=True)]
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        for thread in self._threads:
            thread.join(5)

    def cut(self, at: int | bytes | None, *, passes: bool = False) -> None:
        """Cut at the message after so many, or at the next that holds these bytes. None: never.

        With `passes` that message goes through, but not its answer.
        """
        with self._counting:
            self._at, self._passes = at, passes

    def _accept(self, listener: socket.socket) -> None:
        with listener:
            while not self._ending.is_set():
                if select.select([listener], [], [], _POLL_S)[0]:
                    client = listener.accept()[0]
                    thread = threading.Thread(target=self._carry, args=(client,), name="line", daemon=True)
                    self._threads = [old for old in self._threads if old.is_alive()] + [thread]
                    thread.start()

    def _carry(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError), client, socket.create_connection(("127.0.0.1", self._target), 5) as server:
            for line in (client, server):
                line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while not self._ending.is_set():
                ready = select.select([client, server], [], [], _POLL_S)[0]
                if server in ready:
                    client.sendall(server.recv(_PIECE) or _over())
                if client in ready:
                    piece = client.recv(_PIECE) or _over()
                    cuts, passes = self._count(piece)
                    if passes or not cuts:
                        server.sendall(piece)
                    if cuts:
                        select.select([server], [], [], _ANSWER_S if passes else 0)
                        return

    def _count(self, piece: bytes) -> tuple[bool, bool]:
        """Count a message; tell whether to cut at it, and whether it goes through all the same."""
        with self._counting:
            cuts = self._at in piece if isinstance(self._at, bytes) else self._at == 0
            if cuts:
                self._at = None
            elif isinstance(self._at, int):
                self._at -= 1
            self.cuts += cuts
            return cuts, self._passes


def _over() -> bytes:
    raise ConnectionResetError
