"""The answer to an upgrade request, read before websocket-client sees it.

A refusal is told by its status and headers alone: a body that is huge, late or never ends changes nothing.
"""

import re
import socket

import websocket

_LIMIT = 16384  # bytes of an answer's head
_STATUS_LINE = re.compile(rb"HTTP/\d(?:\.\d)? (\d{3})(?: |$)")
_SWITCHING = 101


class TooMuchAnswerError(ConnectionError):
    """The head of the answer does not end."""


class RefusedUpgradeError(ConnectionError):
    """The server answered with another status than 101. `headers`: by lower-case name."""

    def __init__(self, status: int, headers: dict[str, str]) -> None:
        """Keep what the answer said."""
        super().__init__(f"HTTP status {status}")
        self.status = status
        self.headers = headers


class UpgradeSocket:
    """The part of a socket that websocket-client's handshake uses.

    `recv` raises TooMuchAnswerError, RefusedUpgradeError, and websocket.WebSocketException for what is no HTTP.
    """

    def __init__(self, sock: socket.socket) -> None:
        """Stand before `sock` until the handshake is over."""
        self._sock = sock
        self._head: bytes | None = None
        self.send = sock.send
        self.fileno = sock.fileno
        self.gettimeout = sock.gettimeout
        self.settimeout = sock.settimeout
        self.close = sock.close

    def recv(self, size: int) -> bytes:
        """Return the next bytes of an answer that is no refusal."""
        if self._head is None:
            lines = self._read_head()
            check_head(lines)
            # Cookies are of no use here, and http.cookies raises on odd ones.
            kept = [line for line in lines if not line.lower().startswith(b"set-cookie:")]
            self._head = b"".join(line + b"\r\n" for line in kept)
        taken, self._head = self._head[:size], self._head[size:]
        return taken

    def _read_head(self) -> list[bytes]:
        """Read up to the empty line and not a byte further: what follows are frames."""
        lines: list[bytes] = []
        line, length = bytearray(), 0
        while True:
            byte = self._sock.recv(1)
            if not byte:
                raise websocket.WebSocketConnectionClosedException("the answer was cut short")
            length += 1
            if length > _LIMIT:
                raise TooMuchAnswerError(f"more than {_LIMIT} bytes")
            line += byte
            if byte == b"\n":
                lines.append(bytes(line).strip())
                if not lines[-1]:
                    return lines
                line.clear()


def check_head(lines: list[bytes]) -> None:
    """Raise what `UpgradeSocket.recv` raises unless the status is 101."""
    if (found := _STATUS_LINE.match(lines[0])) is None:
        raise websocket.WebSocketException(f"Invalid status line: {lines[0].decode('latin-1')!r}")
    if (status := int(found[1])) != _SWITCHING:
        pairs = (line.decode("latin-1").partition(":") for line in lines[1:])
        raise RefusedUpgradeError(status, {name.strip().lower(): value.strip() for name, _, value in pairs})
