"""The few words of the X protocol that it takes to be somebody who closes a window: find it, ask it, see it go.

Talks to a private Xvfb without authority and window manager. Source: X Window System Protocol, X version 11.
"""

import contextlib
import shutil
import socket
import struct
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Self

import pytest

_DELETE, _PROTOCOLS = "WM_DELETE_WINDOW", "WM_PROTOCOLS"
_VIEWABLE = 2
_POLL_S = 0.002
_CONNECT_S = 10.0


class GoneError(Exception):
    """The window does not exist any more."""


class Screen:
    """A virtual screen of its own, a context manager. Skips the test where Xvfb is missing."""

    def __enter__(self) -> Self:
        xvfb = shutil.which("Xvfb")
        if xvfb is None:
            pytest.skip("no Xvfb to open a window on")
        with tempfile.TemporaryFile() as words:
            command = [xvfb, "-displayfd", "1", "-screen", "0", "1280x900x24", "-nolisten", "tcp", "-noreset"]
            self._server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=words, text=True)
        assert self._server.stdout is not None
        number = self._server.stdout.readline().strip()
        self.display = f":{number}"
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(_CONNECT_S)
        self._socket.connect(str(Path("/tmp/.X11-unix") / f"X{number}"))
        self._socket.sendall(struct.pack("<BxHHHHxx", ord("l"), 11, 0, 0, 0))
        head = self._receive(8)
        assert head[0] == 1, "the X server wants no client"
        setup = self._receive(4 * struct.unpack_from("<H", head, 6)[0])
        vendor, formats = struct.unpack_from("<H", setup, 16)[0], setup[21]
        self._root: int = struct.unpack_from("<I", setup, 32 + (vendor + 3) // 4 * 4 + 8 * formats)[0]
        self._first_key, self._last_key = setup[26], setup[27]
        self._atoms: dict[str, int] = {}
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()
        self._server.terminate()
        self._server.wait(10)
        if self._server.stdout is not None:
            self._server.stdout.close()

    # What there is

    def window(self, limit_s: float) -> int:
        """Wait for a visible window that can be asked to close. Raises AssertionError."""
        deadline_s = time.monotonic() + limit_s
        while time.monotonic() < deadline_s:
            for window in self._children():
                with contextlib.suppress(GoneError):
                    protocols = self._property(window, _PROTOCOLS)
                    atoms = struct.unpack(f"<{len(protocols) // 4}I", protocols)
                    if self._atom(_DELETE) in atoms and self._is_visible(window):
                        return window
            time.sleep(_POLL_S)
        raise AssertionError(f"no window within {limit_s} s")

    def title(self, window: int) -> str:
        """Return a window's title. Raises GoneError."""
        return self._property(window, "_NET_WM_NAME").decode() or self._property(window, "WM_NAME").decode("latin-1")

    def pixels(self, window: int) -> bytes:
        """Return a window's picture, four bytes per pixel. Raises GoneError."""
        width, height = struct.unpack_from("<HH", self._ask(struct.pack("<BxHI", 14, 2, window)), 16)
        return self._ask(struct.pack("<BBHIhhHHI", 73, 2, 5, window, 0, 0, width, height, 0xFFFFFFFF))[32:]

    def wait_gone(self, window: int, limit_s: float) -> float:
        """Wait until a window is gone or hidden; return the seconds that it took. Raises AssertionError."""
        began_s = time.monotonic()
        while time.monotonic() - began_s < limit_s:
            try:
                if not self._is_visible(window):
                    return time.monotonic() - began_s
            except GoneError:
                return time.monotonic() - began_s
            time.sleep(_POLL_S)
        raise AssertionError(f"the window was still there after {limit_s} s")

    # What can be done

    def close(self, window: int) -> None:
        """Ask a window to close, as a window manager does."""
        protocols, delete = self._atom(_PROTOCOLS), self._atom(_DELETE)
        self._send(window, struct.pack("<BBHIIIIIII", 33, 32, 0, window, protocols, delete, 0, 0, 0, 0), 0)

    def press(self, window: int, keysym: int) -> None:
        """Give a window the focus and press a key."""
        self._socket.sendall(struct.pack("<BBHII", 42, 1, 3, window, 0))
        key = self._key(keysym)
        for kind in (2, 3):  # press, release
            event = struct.pack("<BBHIIIIhhhhHBx", kind, key, 0, 0, self._root, window, 0, 5, 5, 5, 5, 0, 1)
            self._send(window, event, 1 if kind == 2 else 2)

    def _key(self, keysym: int) -> int:
        count = self._last_key - self._first_key + 1
        reply = self._ask(struct.pack("<BxHBBxx", 101, 2, self._first_key, count))
        per, symbols = reply[1], struct.unpack(f"<{(len(reply) - 32) // 4}I", reply[32:])
        return self._first_key + symbols.index(keysym) // per

    def _send(self, window: int, event: bytes, mask: int) -> None:
        self._socket.sendall(struct.pack("<BBHII", 25, 0, 11, window, mask) + event)
        self._children()  # a round trip: the server has it

    def _children(self) -> tuple[int, ...]:
        reply = self._ask(struct.pack("<BxHI", 15, 2, self._root))
        return struct.unpack_from(f"<{struct.unpack_from('<H', reply, 16)[0]}I", reply, 32)

    def _is_visible(self, window: int) -> bool:
        return self._ask(struct.pack("<BxHI", 3, 2, window))[26] == _VIEWABLE

    def _property(self, window: int, name: str) -> bytes:
        reply = self._ask(struct.pack("<BBHIIIII", 20, 0, 6, window, self._atom(name), 0, 0, 1024))
        length: int = struct.unpack_from("<I", reply, 16)[0]
        return reply[32 : 32 + length * (reply[1] // 8)]

    def _atom(self, name: str) -> int:
        if name not in self._atoms:
            padded = name.encode() + b"\0" * (-len(name) % 4)
            request = struct.pack("<BBHHxx", 16, 0, 2 + len(padded) // 4, len(name)) + padded
            self._atoms[name] = struct.unpack_from("<I", self._ask(request), 8)[0]
        return self._atoms[name]

    def _ask(self, request: bytes) -> bytes:
        """Send a request and return its reply. Raises GoneError."""
        self._socket.sendall(request)
        while True:
            head = self._receive(32)
            if head[0] == 0 and head[10] in (request[0], 42, 25):
                if head[10] == request[0]:
                    raise GoneError
            elif head[0] == 1:
                return head + self._receive(4 * struct.unpack_from("<I", head, 4)[0])

    def _receive(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            more = self._socket.recv(size - len(data))
            assert more, "the X server has gone"
            data += more
        return data
