"""Faults of the framing: what RFC 6455 forbids ends the connection at once, what it allows is taken."""

import random
from collections.abc import Callable, Iterable

from spreadwatch.feed.frames import MAX_MESSAGE
from tests.exchange.frames import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT
from tests.exchange.server import Connection, envelope, frame
from tests.faults.feeder import WIRE
from tests.faults.harness import Rig
from tests.faults.scenario import Fault, Inject, Kind

_PIECE = 16_384
_MOST = MAX_MESSAGE
_MAX_PIECES = 1024


def sending(raw: bytes) -> Inject:
    """Put bytes on the connection in use, which is of no use afterwards."""
    return lambda rig, venue, _chance: rig.end(venue, lambda one: one.send_raw(raw))


def _endless_fragments(piece: bytes) -> Inject:
    """Begin a message and go on with it until the program hangs up."""

    def flow(one: Connection) -> None:
        one.send_raw(frame(piece, TEXT, fin=False))
        for _ in range(_MAX_PIECES):
            if not one.send_raw(frame(piece, CONTINUATION, fin=False)):
                break

    return lambda rig, venue, _chance: rig.end(venue, flow)


def _broken(raw: bytes, reason: str, mutant: str = "lax_frames") -> Fault:
    return Fault(Kind.VISIBLE, sending(raw), "the exchange broke the protocol: " + reason, mutant)


def _taken(cut: Callable[[bytes], Iterable[bytes]], mutant: str) -> Fault:
    """Send a valid quote in pieces that the standard allows."""

    def inject(rig: Rig, venue: str, _chance: random.Random) -> int:
        with rig.feeder.between_beats[venue]:
            line, update_id = rig.line(venue), rig.feeder.next_id()
            order, payload = rig.feeder.announce(line, update_id)
            for piece in cut(envelope(WIRE, payload)):
                line.send_raw(piece)
            rig.feeder.truths[venue].has_sent(order)
        return update_id

    return Fault(Kind.TAKEN, inject, "", mutant)


def _fragments(message: bytes, size: int, between: bytes = b"") -> Iterable[bytes]:
    pieces = [message[at : at + size] for at in range(0, len(message), size)]
    for at, piece in enumerate(pieces):
        yield frame(piece, CONTINUATION if at else TEXT, fin=at == len(pieces) - 1) + between


def _empty_fragments(message: bytes) -> Iterable[bytes]:
    yield frame(b"", TEXT, fin=False)
    yield frame(b"", CONTINUATION, fin=False) * 10
    yield frame(message, CONTINUATION, fin=False)
    yield frame(b"", CONTINUATION)


def _single_bytes(message: bytes) -> Iterable[bytes]:
    raw = frame(message)
    return (raw[at : at + 1] for at in range(len(raw)))


_SIZES: dict[str, Fault] = {
    "a frame of 2^62 bytes": _broken(frame(b"x", length=1 << 62), "a frame of", "no_cap"),
    "a frame of 2^63 bytes": _broken(frame(b"x", length=1 << 63), "a frame of"),
    "a frame of 2^64 − 1 bytes": _broken(frame(b"x", length=(1 << 64) - 1), "a frame of"),
    "a frame of 10 MB": _broken(frame(b"x" * 10_000_000), "a frame of", "no_cap"),
    "a ping of 2^62 bytes": _broken(frame(b"x", PING, length=1 << 62), "a frame of", "no_cap"),
    "endless fragments": Fault(Kind.VISIBLE, _endless_fragments(b"x" * _PIECE), "in fragments", "no_cap"),
    "two big fragments": _broken(
        frame(b"x" * _MOST, fin=False) + frame(b"x" * _MOST, CONTINUATION), "a message of", "no_cap"
    ),
}

_BITS: dict[str, Fault] = {
    **{f"rsv {rsv}": _broken(frame(b"{}", rsv=rsv), "a frame with reserved bits") for rsv in (1, 2, 3, 4, 5, 6, 7)},
    "rsv on a ping": _broken(frame(b"", PING, rsv=4), "a frame with reserved bits"),
    **{
        f"opcode {opcode:#x}": _broken(frame(b"{}", opcode), f"a frame with opcode {opcode}")
        for opcode in (3, 4, 5, 6, 7, 0xB, 0xC, 0xD, 0xE, 0xF)
    },
    "a masked frame": _broken(frame(b"{}", mask=b"mask"), "a masked frame"),
    "a masked quote of 16-bit length": _broken(frame(b"{}" * 100, mask=b"mask"), "a masked frame"),
    "a masked ping": _broken(frame(b"", PING, mask=b"mask"), "a masked frame"),
    "a continuation of nothing": _broken(frame(b"{}", CONTINUATION), "a frame with opcode 0"),
    "a new message inside fragments": _broken(frame(b"{", fin=False) + frame(b"{}"), "a frame with opcode 1"),
    "a ping in fragments": _broken(frame(b"?", PING, fin=False), "a malformed control frame"),
    "a ping of 126 bytes": _broken(frame(b"?" * 126, PING), "a malformed control frame"),
    "a close of 1 byte": _broken(frame(b"\x03", CLOSE), "a malformed control frame"),
    "a close in fragments": _broken(frame(b"\x03\xe8", CLOSE, fin=False), "a malformed control frame"),
    "HTTP in the middle": _broken(b"HTTP/1.1 502 Bad Gateway\r\n\r\n", ""),
    "TLS in the middle": _broken(b"\x15\x03\x03\x00\x02\x02\x28", ""),
    "NULs": _broken(b"\0" * 4096, "a frame with opcode 0"),
    "0xff": _broken(b"\xff" * 4096, ""),
}

_LEGAL: dict[str, Fault] = {
    "one-byte fragments": _taken(lambda message: _fragments(message, 1), "no_fragments"),
    "two fragments": _taken(lambda message: _fragments(message, 100), "no_fragments"),
    "pings inside fragments": _taken(lambda message: _fragments(message, 20, frame(b"?", PING)), "no_fragments"),
    "pongs inside fragments": _taken(lambda message: _fragments(message, 20, frame(b"", PONG)), "no_fragments"),
    "empty fragments": _taken(_empty_fragments, "no_fragments"),
    "byte by byte": _taken(_single_bytes, "forgets_partial_frames"),
    "a length of 64 bits": _taken(lambda message: [frame(message, length_bytes=8)], "shortest_lengths_only"),
    "a binary frame": _taken(lambda message: [frame(message, BINARY)], "no_fragments_nor_binary"),
    "a ping and a quote in one": _taken(lambda message: [frame(b"?" * 125, PING) + frame(message)], "pings_end_a_read"),
    "an unasked pong": _taken(lambda message: [frame(b"", PONG) + frame(message)], "pings_end_a_read"),
    "the largest message before": _taken(
        lambda message: [frame(b'{"result":"' + b"x" * (_MOST - 13) + b'"}'), frame(message)], "tiny_cap"
    ),
}

FAULTS: dict[str, Fault] = {**_SIZES, **_BITS, **_LEGAL}
