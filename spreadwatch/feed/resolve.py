"""Look names up with a time limit, which the system's resolver does not have.

A look-up that hangs keeps its thread, `feed-resolve`, so an attempt that finds one under way for the same
name waits for that one instead of starting another.
"""

import queue
import socket
import threading
import time
from functools import partial
from typing import Any

from spreadwatch.worker import Worker

Address = tuple[socket.AddressFamily, socket.SocketKind, int, Any]
"""Family, kind, protocol and socket address: what a socket needs to connect."""

_PATIENCE_S = 0.05

_Answer = list[Address] | OSError


class Resolver:
    """Look-ups for one connection after another. One thread at a time."""

    def __init__(self) -> None:
        """Begin with no look-up under way."""
        self._asked: dict[tuple[str, int], queue.SimpleQueue[_Answer]] = {}
        self._good: Address | None = None

    def worked(self, address: Address) -> None:
        """Remember an address that could be connected to: it comes first from now on."""
        self._good = address

    def addresses(self, host: str, port: int, limit_s: float, cancelled: threading.Event) -> list[Address]:
        """Return every address of `host`, the one that worked last first.

        Raises TimeoutError after `limit_s` seconds, ConnectionAbortedError once `cancelled` is set, and
        socket.gaierror when there is none.
        """
        name = (host, port)
        is_ours = name not in self._asked
        if is_ours:
            self._ask(name)
        deadline = time.monotonic() + limit_s
        while True:
            try:
                answer = self._asked[name].get(timeout=_PATIENCE_S)
            except queue.Empty:
                answer = None
            if cancelled.is_set():
                raise ConnectionAbortedError("told to stop")
            if isinstance(answer, OSError):
                if is_ours:
                    del self._asked[name]
                    raise answer
                is_ours = True  # what an earlier look-up found wrong may be mended by now
                self._ask(name)
            elif answer is not None:
                del self._asked[name]
                return sorted(answer, key=lambda address: address != self._good)
            elif time.monotonic() >= deadline:
                raise TimeoutError(f"no answer from the name server for {host}")

    def _ask(self, name: tuple[str, int]) -> None:
        self._asked[name] = answers = queue.SimpleQueue[_Answer]()
        Worker("feed-resolve", partial(_look_up, *name, answers)).start()


def _look_up(host: str, port: int, answers: queue.SimpleQueue[_Answer]) -> None:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        answers.put(error)
    except UnicodeError as error:  # a name that IDNA cannot encode
        answers.put(socket.gaierror(str(error)))
    else:
        answers.put([(family, kind, protocol, address) for family, kind, protocol, _, address in found])
