"""Mutated bytes of a server for the decoder and the parser, and an independent opinion of what they mean.

The oracle shares no code with the program: its own frame reader, `json.loads`, a strict pattern and `Decimal`.
"""

import itertools
import json
import random
import re
import struct
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from typing import Any

from msgspec import Struct

from spreadwatch.core.quote import Instant, Quote, Side
from spreadwatch.feed.binance import Contract
from spreadwatch.feed.frames import Close, FrameDecoder, Ping, Violation
from spreadwatch.feed.parsing.quotes import QuoteParser

CONTRACTS = [Contract("ETHUSDT", "ETHUSDT"), Contract("PEPEUSDT", "1000PEPEUSDT", 1000)]
HEARTBEAT = Contract("BTCUSDT", "BTCUSDT")
_MULTIPLIERS = {"ETHUSDT": ("ETHUSDT", 1), "1000PEPEUSDT": ("PEPEUSDT", 1000), "BTCUSDT": (None, 1)}
_PLAIN = re.compile(r"(?=.*[1-9])(?:[0-9]+\.?[0-9]*|\.[0-9]+)", re.ASCII)
_MAX_DIGITS, _MAX_ID, _MAX_MS = 24, 1 << 62, 1 << 43
_MAX_MESSAGE = 2000  # small, so that the fuzz comes near
_AT = Instant(1_770_000_000_000, 1_000)

Said = list[tuple[str, object]]


class Disagreement(Struct, frozen=True):
    """An input for which program and oracle differ, or which made the program raise."""

    seed: int
    number: int
    words: str


# ----- the oracle


def read_frames(data: bytes) -> Said:
    """Read a server's bytes as RFC 6455 section 5 has it; the first violation or close ends it."""
    said: Said = []
    parts: list[bytes] | None = None
    while True:
        if len(data) < 2:
            return said
        first, second, data = data[0], data[1], data[2:]
        size = second & 127
        if second >> 7:
            return [*said, ("violation", None)]
        if size >= 126:
            wide = 2 if size == 126 else 8
            if len(data) < wide:
                return said
            size = int.from_bytes(data[:wide], "big")
            data = data[wide:]
            if size > _MAX_MESSAGE:
                return [*said, ("violation", None)]
        if _broken_head(first, size, inside=parts is not None):
            return [*said, ("violation", None)]
        if len(data) < size:
            return said
        payload, data = data[:size], data[size:]
        outcome, parts = _one_frame(first, payload, parts)
        said += outcome
        if outcome and outcome[-1][0] in ("violation", "close"):
            return said


def _broken_head(first: int, size: int, *, inside: bool) -> bool:
    """Tell whether a frame cannot be, whatever its payload; `inside`: a message in fragments is under way."""
    final, opcode = first >> 7 == 1, first & 15
    if first & 0b0111_0000 or opcode in (3, 4, 5, 6, 7) or opcode > 10:
        return True
    if opcode >= 8:
        return not final or size > 125 or (opcode == 8 and size == 1)
    return (opcode == 0) != inside


def _one_frame(first: int, payload: bytes, parts: list[bytes] | None) -> tuple[Said, list[bytes] | None]:
    final, opcode = first >> 7 == 1, first & 15
    if opcode == 8:
        return [("close", struct.unpack("!H", payload[:2])[0] if payload else None)], parts
    if opcode > 8:
        return ([("ping", payload)] if opcode == 9 else []), parts
    parts = [*(parts or []), payload]
    whole = b"".join(parts)
    if opcode == 0 and len(whole) > _MAX_MESSAGE:
        return [("violation", None)], parts
    return ([("message", whole)], None) if final else ([], parts)


def read_quotes(payloads: Iterable[bytes]) -> list[tuple[object, ...]]:
    """Return every quote that the payloads state without any doubt, in order."""
    last: dict[str, int] = {}
    quotes: list[tuple[object, ...]] = []
    for payload in payloads:
        fields = _fields(payload)
        if fields is None or fields[0] not in _MULTIPLIERS:
            continue
        wire, update_id, texts, sent_ms = fields
        numbers = [_number(text) for text in texts]
        if None in numbers or not 0 < update_id < _MAX_ID or update_id <= last.get(wire, 0):
            continue
        bid, bid_qty, ask, ask_qty = (number for number in numbers if number is not None)
        if bid >= ask:
            continue
        last[wire] = update_id
        symbol, per = _MULTIPLIERS[wire]
        if symbol is not None:
            quotes.append((symbol, bid / per, bid_qty * per, ask / per, ask_qty * per, update_id, sent_ms))
    return quotes


def _fields(payload: bytes) -> tuple[str, int, list[str], int | None] | None:
    """Return symbol, update id, the four numbers' texts and the time of a combined stream's quote."""
    try:
        message = json.loads(payload.decode("utf-8"), parse_constant=_refuse, object_pairs_hook=_object)
    except (ValueError, RecursionError):
        return None
    data = message.get("data") if isinstance(message, dict) else None
    if not isinstance(data, dict):
        return None
    wire, update_id, sent_ms = data.get("s"), _whole(data.get("u")), data.get("T")
    texts = [data.get(key) for key in ("b", "B", "a", "A")]
    if not isinstance(wire, str) or update_id is None or not all(isinstance(text, str) for text in texts):
        return None
    if sent_ms is not None:
        sent_ms = _whole(sent_ms)
        if sent_ms is None or not 0 < sent_ms < _MAX_MS:
            return None
    return wire, update_id, [str(text) for text in texts], sent_ms


def _refuse(constant: str) -> object:
    raise ValueError(constant)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse text that is no Unicode, which json takes."""
    for key, value in pairs:
        for text in (key, *(value if isinstance(value, list) else [value])):
            if isinstance(text, str):
                text.encode()
    return dict(pairs)


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _number(text: str) -> Decimal | None:
    return Decimal(text) if len(text) <= _MAX_DIGITS and _PLAIN.fullmatch(text) else None


# ----- inputs

_TOKENS = (
    *(b"NaN", b"Infinity", b"-1", b"0", b"1e5", b"1e999", b"1_0", b"null", b"true", b'""', b"{}", b"[]", b"0x1"),
    *('"١٢"'.encode(), b'"\\ud800"', b'"\\u0031"', b"\xff", b"\xef\xbb\xbf", b"\xc0\x80", b"\0", b'"', b"\\", b","),
    *(b"18446744073709551616", b"4611686018427387904", b"5.0", b"5.5", b'"1."', b'".5"', b'"+1"', b'" 1"', b'"1e1"'),
    *(b'"u":1,', b'"s":"BTCUSDT",', b'"b":"2",', b'"T":null,', b'"T":-1,', b'"s":"\\u0045THUSDT",', b'"code":1,'),
    *(b"9" * 30, b"[" * 40),
)  # fmt: skip


def _payload(chance: random.Random, update_id: int) -> bytes:
    wire = chance.choice(("ETHUSDT", "ETHUSDT", "1000PEPEUSDT", "BTCUSDT", "SOLUSDT"))
    bid = chance.randrange(1, 10**9)
    data: dict[str, Any] = {
        "u": update_id if chance.random() < 0.9 else chance.choice((0, -1, update_id - 2, 1 << 62, 1 << 70)),
        "s": wire,
        "b": f"{Decimal(bid).scaleb(-chance.randrange(9)):f}",
        "B": f"{chance.randrange(1, 10**6)}.{chance.randrange(10**6):06}",
        "a": f"{Decimal(bid + chance.randrange(-1, 9)).scaleb(-chance.randrange(9)):f}",
        "A": chance.choice(("1", "0.5", "3.000", "0")),
    }
    if chance.random() < 0.5:
        data |= {"e": "bookTicker", "T": 1_770_000_000_000 + update_id, "E": 1_770_000_000_001}
    if chance.random() < 0.15:
        del data[chance.choice(list(data))]
    message = {"stream": f"{wire.lower()}@bookTicker", "data": data}
    return json.dumps(message, separators=chance.choice(((",", ":"), (", ", ": ")))).encode()


def _spoil(chance: random.Random, data: bytes) -> bytes:
    """Change a few bytes, or put something foreign in, or take something out."""
    spoilt = bytearray(data)
    for _ in range(chance.choice((1, 1, 1, 2, 5))):
        at = chance.randrange(len(spoilt) + 1)
        way = chance.randrange(5)
        if way == 0 and at < len(spoilt):
            spoilt[at] ^= 1 << chance.randrange(8)
        elif way == 1:
            del spoilt[at : at + chance.choice((1, 1, 3, 20))]
        elif way == 2:
            spoilt[at:at] = chance.choice(_TOKENS)
        elif way == 3:
            values = [found.span() for found in _VALUE.finditer(spoilt)]
            begin, end = chance.choice(values) if values else (at, at)
            spoilt[begin:end] = chance.choice(_TOKENS)
        else:
            other = chance.randrange(len(spoilt) + 1)
            spoilt[at:at] = spoilt[other : other + 12]
    return bytes(spoilt)


_VALUE = re.compile(rb'(?<=:)("[^"]*"|[0-9]+)')


def _frame(chance: random.Random, payload: bytes, opcode: int = 1, final: bool = True) -> bytes:
    head = (128 if final else 0) | opcode | (chance.randrange(1, 8) << 4 if chance.random() < 0.01 else 0)
    size = len(payload) if chance.random() < 0.98 else chance.randrange(3000)
    wide = chance.random() < 0.02
    mask = 128 if chance.random() < 0.005 else 0
    if size < 126 and not wide:
        return bytes((head, mask | size)) + payload
    if size < 65536 and chance.random() < 0.95:
        return struct.pack("!BBH", head, mask | 126, size) + payload
    return struct.pack("!BBQ", head, mask | 127, size if chance.random() < 0.9 else 1 << 62) + payload


def make(chance: random.Random) -> bytes:
    """Return the bytes of a few frames, some of them spoilt."""
    wire = []
    for number in range(chance.choice((1, 1, 2, 3))):
        payload = _payload(chance, 10 + number)
        if chance.random() < 0.75:
            payload = _spoil(chance, payload)
        way = chance.random()
        if way < 0.1:
            cut = chance.randrange(len(payload) + 1)
            wire.append(_frame(chance, payload[:cut], final=False))
            if chance.random() < 0.3:
                wire.append(_frame(chance, b"between", 9))
            wire.append(_frame(chance, payload[cut:], 0))
        elif way < 0.2:
            opcode = chance.choice((0, 2, 3, 8, 8, 9, 10, 11, 15))
            wire.append(_frame(chance, chance.choice((b"", b"x", b"\x03\xe8bye", payload[:125], payload)), opcode))
        else:
            wire.append(_frame(chance, payload))
    data = b"".join(wire)
    return _spoil(chance, data) if chance.random() < 0.1 else data


# ----- the comparison


def judge(data: bytes, cuts: list[int], parser: QuoteParser) -> str:
    """Return how program and oracle differ about an input that arrives in pieces; empty when they agree."""
    expected = read_frames(data)
    decoder = FrameDecoder(_MAX_MESSAGE)
    parser.restart()
    said: Said = []
    quotes: list[Quote] = []
    for begin, end in zip([0, *cuts], [*cuts, len(data)], strict=True):
        messages = decoder.feed(data[begin:end])
        said += [_told(message) for message in messages]
        quotes += parser.batch([one for one in messages if isinstance(one, bytes)], _AT).quotes
    if said != expected:
        return f"frames: {said!r} instead of {expected!r}"
    payloads = [payload for kind, payload in expected if kind == "message" and isinstance(payload, bytes)]
    got = [(one.symbol, one.bid, one.bid_qty, one.ask, one.ask_qty, one.update_id, one.exchange_ms) for one in quotes]
    wanted = read_quotes(payloads)
    if got == wanted or any(got == read_quotes(sure) for sure in _without_doubtful(payloads)):
        return ""
    return f"quotes: {got!r} instead of {wanted!r}"


def _without_doubtful(payloads: list[bytes]) -> Iterator[list[bytes]]:
    """Yield the payloads without some, in every way, of those that it is right to refuse, too."""
    doubtful = [place for place, payload in enumerate(payloads) if _says_twice(payload)]
    for count in range(1, len(doubtful) + 1):
        for refused in itertools.combinations(doubtful, count):
            yield [payload for place, payload in enumerate(payloads) if place not in refused]


def _says_twice(payload: bytes) -> bool:
    """Tell whether a key may come twice in an object."""
    return any(payload.count(key) > 1 for key in _KEYS)


_KEYS = tuple(b'"%s"' % key.encode() for key in (*"usbBaATe", "data", "stream", "result", "error", "code"))


def _told(message: bytes | Ping | Close | Violation) -> tuple[str, object]:
    if isinstance(message, bytes):
        return "message", message
    if isinstance(message, Ping):
        return "ping", message.payload
    return ("close", message.code) if isinstance(message, Close) else ("violation", None)


def run(seed: int, count: int, most: int = 5) -> tuple[int, int, list[Disagreement]]:
    """Judge `count` inputs; return how many quotes and violations were in them, and the first disagreements."""
    chance = random.Random(seed)
    parser = QuoteParser(Side.FUTURES, CONTRACTS, [HEARTBEAT])
    quotes = violations = 0
    found: list[Disagreement] = []
    for number in range(count):
        data = make(chance)
        cuts = sorted(chance.randrange(len(data) + 1) for _ in range(chance.choice((0, 0, 1, 3))))
        words = _judged(judge, data, cuts, parser)
        if words:
            found.append(Disagreement(seed, number, f"{words}\n    for {data!r} cut at {cuts}"))
            if len(found) >= most:
                break
        expected = read_frames(data) if number % 16 == 0 else []
        violations += sum(kind == "violation" for kind, _ in expected)
        quotes += len(read_quotes(one for kind, one in expected if kind == "message" and isinstance(one, bytes)))
    return quotes, violations, found


def _judged(
    judge: Callable[[bytes, list[int], QuoteParser], str], data: bytes, cuts: list[int], parser: QuoteParser
) -> str:
    try:
        return judge(data, cuts, parser)
    except Exception as error:  # noqa: BLE001 - an exception is what is looked for
        return f"raised {error!r}"
