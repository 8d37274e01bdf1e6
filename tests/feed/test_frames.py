"""Frames of a server, cut anywhere, against a slow decoder and against websocket-client's own reading."""

import time
from collections.abc import Iterable, Iterator
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from websocket import ABNF
from websocket._abnf import continuous_frame, frame_buffer

from spreadwatch.feed.frames import MAX_MESSAGE, Close, FrameDecoder, Message, Ping, Violation

CONT, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
FIN = 0x80
LIMIT = 300
READ = 64

Outcome = bytes | Ping | Close | str
VIOLATION = "violation"

fast = settings(deadline=None, database=None, max_examples=150)


def frame(opcode: int, payload: bytes = b"", *, fin: bool = True, rsv: int = 0, masked: bool = False) -> bytes:
    """Build one frame as a server sends it; `rsv` and `masked` make it illegal."""
    head = bytes([(FIN if fin else 0) | rsv << 4 | opcode])
    mask_bit, length = 0x80 if masked else 0, len(payload)
    if length < 126:
        head += bytes([mask_bit | length])
    elif length < 1 << 16:
        head += bytes([mask_bit | 126]) + length.to_bytes(2)
    else:
        head += bytes([mask_bit | 127]) + length.to_bytes(8)
    return head + (bytes(4) if masked else b"") + payload


def illegal(head: int, length: int, *, inside: bool) -> bool:
    """Tell whether an unmasked frame breaks the protocol; `inside`: a message in fragments is under way."""
    fin, rsv, opcode = head >> 7, head >> 4 & 7, head & 15
    if rsv or opcode not in (CONT, TEXT, BINARY, CLOSE, PING, PONG):
        return True
    if opcode in (CLOSE, PING, PONG):
        return not fin or length > 125 or (opcode == CLOSE and length == 1)
    return (opcode == CONT) != inside


def length_of(data: bytes) -> tuple[int, int] | None:
    """Return the length of a header and of the payload announced in it, None if it is cut."""
    size = {126: 4, 127: 10}.get(data[1], 2) if len(data) >= 2 else 2
    if len(data) < size:
        return None
    return size, data[1] & 127 if size == 2 else int.from_bytes(data[2:size])


def decode_slowly(data: bytes, limit: int) -> tuple[list[Outcome], bool]:
    """Read a whole stream at once, by the book. Also tell whether it ends inside a frame known to be illegal."""
    out: list[Outcome] = []
    parts: list[bytes] | None = None
    while (lengths := length_of(data)) is not None:
        size, length = lengths
        opcode, payload = data[0] & 15, data[size : size + length]
        if data[1] > 127 or length > limit:
            return [*out, VIOLATION], False
        wrong = illegal(data[0], length, inside=parts is not None)
        if len(payload) < length:
            return out, wrong
        if wrong:
            return [*out, VIOLATION], False
        if opcode == CLOSE:
            code = int.from_bytes(payload[:2]) if payload else None
            return [*out, Close(code, payload[2:].decode(errors="replace"))], False
        if opcode == PING:
            out.append(Ping(payload))
        elif opcode != PONG:
            parts = [*(parts or []), payload]
            if len(b"".join(parts)) > limit:
                return [*out, VIOLATION], False
        if opcode in (CONT, TEXT, BINARY) and data[0] >= FIN:
            out.append(b"".join(parts or []))
            parts = None
        data = data[size + length :]
    return out, len(data) >= 2 and illegal(data[0], 126, inside=parts is not None)


def data_of(got: ABNF) -> bytes:
    assert not isinstance(got.data, str)
    return bytes(got.data)


def read_with_websocket_client(data: bytes) -> list[Outcome]:
    """Read a legal stream with the frame classes of websocket-client."""
    rest = bytearray(data)

    def recv(size: int) -> bytes:
        if not rest:
            raise EOFError
        piece = bytes(rest[:size])
        del rest[:size]
        return piece

    frames, fragments, out = frame_buffer(recv, True), continuous_frame(False, True), list[Outcome]()
    while True:
        try:
            got = frames.recv_frame()
        except EOFError:
            return out
        if got.opcode in (ABNF.OPCODE_TEXT, ABNF.OPCODE_BINARY, ABNF.OPCODE_CONT):
            fragments.validate(got)
            fragments.add(got)
            if fragments.is_fire(got):
                out.append(data_of(fragments.extract(got)[1]))
        elif got.opcode == ABNF.OPCODE_PING:
            out.append(Ping(data_of(got)))
        elif got.opcode == ABNF.OPCODE_CLOSE:
            last = data_of(got)
            return [*out, Close(int.from_bytes(last[:2]) if last else None, last[2:].decode())]


def feed_all(pieces: Iterable[bytes], limit: int = LIMIT) -> list[Message]:
    decoder = FrameDecoder(limit)
    return [message for piece in pieces for message in decoder.feed(piece)]


def outcomes(messages: Iterable[Message]) -> list[Outcome]:
    return [VIOLATION if isinstance(message, Violation) else message for message in messages]


def cut(data: bytes, places: Iterable[int]) -> Iterator[bytes]:
    """Cut `data` at `places`, which may be out of range or repeated."""
    edges = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return (data[start:stop] for start, stop in pairwise(edges))


def held(decoder: FrameDecoder) -> int:
    """Return the bytes that a decoder keeps between reads."""
    return sum(len(value) for value in vars(decoder).values() if isinstance(value, bytes | bytearray))


payloads = st.one_of(st.binary(max_size=8), st.binary(min_size=120, max_size=130), st.binary(max_size=LIMIT))
controls = st.lists(st.tuples(st.sampled_from([PING, PONG]), st.binary(max_size=125)), max_size=2)
splits = st.lists(st.integers(0, 5000), max_size=12)
codes = st.sampled_from([1000, 1001, 1008, 1011, 3000, 4999])
closes = st.one_of(
    st.none(),
    st.just((b"", Close(None, ""))),
    st.tuples(codes, st.text(max_size=30)).map(lambda pair: (pair[0].to_bytes(2) + pair[1].encode(), Close(*pair))),
)


@st.composite
def legal_streams(draw: st.DrawFn) -> tuple[bytes, list[Outcome]]:
    """Draw a legal stream and what it says: messages whole or in fragments, control frames anywhere, a close."""
    data, said = b"", list[Outcome]()
    for _ in range(draw(st.integers(0, 5))):
        payload, opcode = draw(payloads), draw(st.sampled_from([TEXT, BINARY]))
        places = draw(st.one_of(st.just([]), splits, st.just(range(len(payload)))))
        pieces = list(cut(payload, places))
        for number, piece in enumerate(pieces):
            data += frame(opcode if number == 0 else CONT, piece, fin=number == len(pieces) - 1)
            for kind, inside in draw(controls) if len(pieces) < 20 and number < len(pieces) - 1 else []:
                data += frame(kind, inside)
                said += [Ping(inside)] if kind == PING else []
        said.append(payload)
    if (close := draw(closes)) is not None:
        data += frame(CLOSE, close[0])
        said.append(close[1])
    return data, said


any_frames = st.builds(
    frame,
    st.one_of(st.sampled_from([CONT, TEXT, BINARY, CLOSE, PING, PONG]), st.integers(0, 15)),
    st.one_of(st.binary(max_size=4), st.binary(max_size=LIMIT + 5)),
    fin=st.booleans(),
    rsv=st.sampled_from([0] * 12 + [1, 2, 4, 7]),
    masked=st.sampled_from([False] * 12 + [True]),
)
any_streams = st.lists(
    st.one_of(any_frames, any_frames, legal_streams().map(lambda stream: stream[0]), st.binary(max_size=30)), max_size=6
).map(b"".join)


@fast
@given(legal_streams(), splits)
def test_a_legal_stream_gives_its_messages_however_it_is_cut(
    stream: tuple[bytes, list[Outcome]], places: list[int]
) -> None:
    data, said = stream
    assert feed_all(cut(data, places)) == said


@fast
@given(legal_streams())
def test_a_legal_stream_reads_as_websocket_client_reads_it(stream: tuple[bytes, list[Outcome]]) -> None:
    data, said = stream
    assert feed_all([data]) == read_with_websocket_client(data) == said


@settings(fast, max_examples=400)
@given(st.one_of(any_streams, st.binary(max_size=400)), splits)
def test_any_bytes_decode_as_the_slow_decoder_says_however_they_are_cut(data: bytes, places: list[int]) -> None:
    expected, doomed = decode_slowly(data, LIMIT)
    said = outcomes(feed_all(cut(data, places)))
    assert said == expected or (doomed and said == [*expected, VIOLATION])


@settings(fast, max_examples=300)
@given(any_streams, splits)
def test_cutting_changes_neither_messages_nor_reasons(data: bytes, places: list[int]) -> None:
    whole = feed_all([data])
    assert feed_all(cut(data, places)) == whole
    assert feed_all(bytes([byte]) for byte in data) == whole


@settings(fast, max_examples=300)
@given(any_streams, st.integers(1, READ))
def test_a_decoder_keeps_no_more_than_one_message_and_one_frame(data: bytes, size: int) -> None:
    decoder = FrameDecoder(LIMIT)
    for start in range(0, len(data), size):
        decoder.feed(data[start : start + size])
        assert len(decoder._rest) <= LIMIT + READ
        assert held(decoder) <= 2 * (LIMIT + READ)


@fast
@given(any_streams, st.binary(max_size=50))
def test_nothing_comes_after_a_close_or_a_violation(data: bytes, more: bytes) -> None:
    decoder = FrameDecoder(LIMIT)
    messages = decoder.feed(data)
    ends = [number for number, message in enumerate(messages) if isinstance(message, Close | Violation)]
    assert ends in ([], [len(messages) - 1])
    if ends:
        assert decoder.feed(more + frame(TEXT, b"late")) == []


ILLEGAL = {
    "masked": frame(TEXT, b"hi", masked=True),
    "masked and empty": frame(TEXT, masked=True),
    "masked, 16-bit length": frame(TEXT, bytes(126), masked=True),
    "masked, 64-bit length": bytes([FIN | TEXT, 0xFF]),
    "rsv1": frame(TEXT, b"hi", rsv=4),
    "rsv2": frame(BINARY, b"hi", rsv=2),
    "rsv3 on a ping": frame(PING, b"hi", rsv=1),
    **{f"opcode {opcode}": frame(opcode, b"hi") for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15)},
    "fragmented ping": frame(PING, b"hi", fin=False),
    "fragmented pong": frame(PONG, fin=False),
    "fragmented close": frame(CLOSE, fin=False),
    "ping over 125": frame(PING, bytes(126)),
    "pong over 125": frame(PONG, bytes(126)),
    "close over 125": frame(CLOSE, bytes(126)),
    "continuation without start": frame(CONT, b"hi"),
    "last fragment without start": frame(CONT, b"hi", fin=False),
    "text inside fragments": frame(TEXT, b"a", fin=False) + frame(TEXT, b"b"),
    "binary inside fragments": frame(TEXT, b"a", fin=False) + frame(BINARY, b"b", fin=False),
    "continuation after the last fragment": frame(TEXT, b"", fin=False) + frame(CONT) + frame(CONT),
    "2^62 bytes announced": bytes([FIN | TEXT, 127]) + (1 << 62).to_bytes(8),
    "2^64 - 1 bytes announced": bytes([FIN | TEXT, 127]) + b"\xff" * 8,
    "2^62 bytes announced by a ping": bytes([FIN | PING, 127]) + (1 << 62).to_bytes(8),
    "one byte over the limit": bytes([FIN | TEXT, 126]) + (LIMIT + 1).to_bytes(2),
    "over the limit in fragments": frame(TEXT, bytes(LIMIT), fin=False) + frame(CONT, b"!", fin=False),
    "over the limit in the last fragment": frame(BINARY, bytes(LIMIT), fin=False) + frame(CONT, b"!"),
    "close with one byte": frame(CLOSE, b"x"),
}


@pytest.mark.parametrize("data", ILLEGAL.values(), ids=ILLEGAL.keys())
def test_an_illegal_frame_ends_the_stream_with_a_reason(data: bytes) -> None:
    before = frame(TEXT, b"before")
    for pieces in ([before + data + frame(TEXT, b"after")], [bytes([byte]) for byte in before + data]):
        messages = feed_all(pieces)
        assert outcomes(messages)[0] == b"before"
        assert outcomes(messages)[-1] == VIOLATION
        assert b"after" not in messages
        assert isinstance(messages[-1], Violation)
        assert messages[-1].reason


def test_a_huge_announced_length_takes_no_memory_and_waits_for_nothing() -> None:
    decoder = FrameDecoder()
    [message] = decoder.feed(ILLEGAL["2^62 bytes announced"])
    assert isinstance(message, Violation)
    assert str(1 << 62) in message.reason
    assert decoder.feed(bytes(1 << 16)) == []
    assert held(decoder) == 0


def test_a_message_of_exactly_the_limit_passes() -> None:
    assert feed_all([frame(TEXT, bytes(LIMIT))]) == [bytes(LIMIT)]
    assert feed_all([frame(TEXT, bytes(LIMIT - 1), fin=False), frame(CONT, b"!")]) == [bytes(LIMIT - 1) + b"!"]


def test_endless_fragments_are_refused_before_they_fill_the_memory() -> None:
    decoder = FrameDecoder()
    piece = frame(CONT, bytes(60_000), fin=False)
    messages = decoder.feed(frame(TEXT, b"", fin=False))
    for _ in range(40):
        messages += decoder.feed(piece)
        assert held(decoder) <= 2 * MAX_MESSAGE
    assert outcomes(messages) == [VIOLATION]


def test_a_message_in_one_byte_fragments_is_put_together() -> None:
    pieces = [frame(TEXT, b"", fin=False), *(frame(CONT, b"x", fin=False) for _ in range(10_000)), frame(CONT)]
    assert feed_all([b"".join(pieces)], limit=MAX_MESSAGE) == [b"x" * 10_000]


def test_a_close_reason_that_is_not_utf_8_does_not_raise() -> None:
    [message] = feed_all([frame(CLOSE, b"\x03\xe8\xff")])
    assert message == Close(1000, "�")


def seconds_byte_by_byte(decoder: FrameDecoder, count: int) -> float:
    """Feed so many single bytes that complete nothing; return the time it took."""
    began_s = time.perf_counter()
    for _ in range(count):
        assert decoder.feed(b"x") == []
    return time.perf_counter() - began_s


def test_the_last_bytes_of_a_large_frame_cost_no_more_than_its_first() -> None:
    ratios, count = [], 5000
    for _ in range(5):
        decoder, data = FrameDecoder(), frame(TEXT, bytes(MAX_MESSAGE))
        decoder.feed(data[:100])
        first_s = seconds_byte_by_byte(decoder, count)
        decoder.feed(data[100 + count : -count - 1])
        last_s = seconds_byte_by_byte(decoder, count)
        ratios.append(last_s / first_s)
        assert len(decoder.feed(b"x")) == 1
    assert min(ratios) < 10  # a copy of what came so far, for every byte, makes it several hundred


def test_a_frame_of_a_mebibyte_is_read_byte_by_byte() -> None:
    assert feed_all((bytes([byte]) for byte in frame(TEXT, bytes(MAX_MESSAGE))), MAX_MESSAGE) == [bytes(MAX_MESSAGE)]
