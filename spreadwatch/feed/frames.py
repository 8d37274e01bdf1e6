"""Bytes of a websocket server, cut anywhere, into messages. Pure. Source: RFC 6455 section 5.

Errors are values: after a Violation or a Close nothing more comes out.
"""

from msgspec import Struct

MAX_MESSAGE = 1 << 18
"""Bytes of the largest message taken; the largest one known, all mark prices at once, has 150 KB."""

_FIN, _RSV, _OPCODE = 0x80, 0x70, 0x0F
_CONTINUATION, _TEXT, _BINARY, _CLOSE, _PING, _PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
_CONTROL = (_CLOSE, _PING, _PONG)
_WHOLE_TEXT = _FIN | _TEXT
_MAX_CONTROL = 125


class Ping(Struct, frozen=True):
    """The server asks for a pong with the same payload."""

    payload: bytes


_EMPTY_PING = Ping(b"")  # one for all: a flood of them must cost no memory


class Close(Struct, frozen=True):
    """The server ends the connection. `code` is None when it gave none."""

    code: int | None
    reason: str


class Violation(Struct, frozen=True):
    """The server broke the protocol; the connection is of no use any more."""

    reason: str


Message = bytes | Ping | Close | Violation
"""What a server says: a data message's payload as bytes, or a control frame that matters."""


class FrameDecoder:
    """Decode what one server sends. Not thread-safe; one per connection."""

    def __init__(self, max_message: int = MAX_MESSAGE) -> None:
        """Refuse messages of more than `max_message` bytes, whole or in fragments."""
        self._max = max_message
        self._rest = bytearray()  # the beginning of a frame
        self._wanted = 0  # bytes of `_rest` below which looking again is in vain
        self._message: bytearray | None = None  # a message in fragments, so far
        self._ended = False
        self.rare = False
        """Whether the last bytes completed anything but whole text messages."""

    def feed(self, data: bytes) -> list[Message]:
        """Take the next bytes and return every message that they complete, in order."""
        messages: list[Message] = []
        self.rare = False
        if self._ended:
            return messages
        if self._rest:
            self._rest += data
            if len(self._rest) < self._wanted:
                return messages
            data = bytes(self._rest)
        position = self._take_frames(data, messages)
        self._rest = bytearray() if self._ended else bytearray(data[position:])
        return messages

    def _take_frames(self, data: bytes, messages: list[Message]) -> int:
        """Append the messages of all whole frames in `data`; return where the first partial one begins."""
        position, end = 0, len(data)
        append, largest = messages.append, self._max
        usual = _WHOLE_TEXT if self._message is None else None  # the first byte of nearly every frame
        self._wanted = 2
        while end - position >= 2:
            length = data[position + 1]
            start = position + 2
            if length > 125:  # then the length stands in the 2 or 8 bytes that follow
                if length > 127:
                    self._fail(messages, "a masked frame from a server")
                    break
                start += 2 if length == 126 else 8
                if start > end:
                    self._wanted = start - position
                    break
                if length == 126:
                    length = data[position + 2] << 8 | data[position + 3]
                else:
                    length = int.from_bytes(data[position + 2 : start])
                if length > largest:
                    self._fail(messages, f"a frame of {length} bytes, more than {largest}")
                    break
            stop = start + length
            if stop > end:
                self._wanted = stop - position
                self._refuse(data[position], length, messages)  # if it is broken whatever its payload will be
                break
            if data[position] == usual:
                append(data[start:stop])
                position = stop
                continue
            self._take_rare(data[position], data[start:stop], messages)
            position = stop
            if self._ended:
                break
            usual = _WHOLE_TEXT if self._message is None else None
        return position

    def _take_rare(self, head: int, payload: bytes, messages: list[Message]) -> None:
        """Take a frame that is not a whole text message outside fragments."""
        self.rare = True
        opcode, fin = head & _OPCODE, bool(head & _FIN)
        if self._refuse(head, len(payload), messages):
            return
        if opcode in _CONTROL:
            self._take_control(opcode, payload, messages)
        elif opcode != _CONTINUATION and fin:
            messages.append(payload)
        else:
            if self._message is None:
                self._message = bytearray()
            self._message += payload
            if len(self._message) > self._max:
                self._fail(messages, f"a message of more than {self._max} bytes in fragments")
            elif fin:
                messages.append(bytes(self._message))
                self._message = None

    def _refuse(self, head: int, length: int, messages: list[Message]) -> bool:
        """Tell whether a frame breaks the protocol by its head alone, and end the decoding if so."""
        opcode = head & _OPCODE
        if head & _RSV:
            self._fail(messages, "a frame with reserved bits set")
        elif opcode in _CONTROL:
            if not head & _FIN or length > _MAX_CONTROL or (opcode == _CLOSE and length == 1):
                self._fail(messages, "a malformed control frame")
        elif opcode not in (_CONTINUATION, _TEXT, _BINARY) or (opcode == _CONTINUATION) == (self._message is None):
            self._fail(messages, f"a frame with opcode {opcode} where it cannot be")
        return self._ended

    def _take_control(self, opcode: int, payload: bytes, messages: list[Message]) -> None:
        if opcode == _PING:
            messages.append(Ping(payload) if payload else _EMPTY_PING)
        elif opcode == _CLOSE:
            code = int.from_bytes(payload[:2]) if payload else None
            messages.append(Close(code, payload[2:].decode(errors="replace")))
            self._ended = True

    def _fail(self, messages: list[Message], reason: str) -> None:
        messages.append(Violation(reason))
        self._ended = self.rare = True
