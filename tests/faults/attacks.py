"""What a hostile exchange does to a client: each attack goes on until the client leaves or it is called off."""

import threading
import time
from collections.abc import Callable, Iterator

from spreadwatch.feed.frames import MAX_MESSAGE
from tests.exchange.frames import CONTINUATION, PING, TEXT, Response
from tests.exchange.server import Connection, EndlessHeader, Exchange, encode, envelope, frame
from tests.faults.feeder import VENUES, WIRE

Attack = Callable[[int], Iterator[bytes]]
"""Makes what is sent; the argument is a number that never comes again."""

_PIECE = b"x" * 60_000
_MESSAGE = MAX_MESSAGE - 100  # the largest that a client takes


def _once(first: bytes, then: bytes) -> Attack:
    def attack(_: int) -> Iterator[bytes]:
        yield first
        while True:
            yield then

    return attack


def _again(chunk: bytes) -> Attack:
    return _once(b"", chunk)


def _long_numbers(number: int) -> Iterator[bytes]:
    """Send valid quotes whose prices have a hundred thousand digits."""
    while True:
        number += 1
        digits = f"{number:020}" + "1" * 100_000
        quote = {"u": number, "s": "ETHUSDT", "b": f"3000.{digits}1", "B": "1", "a": f"3000.{digits}2", "A": "1"}
        yield frame(envelope(WIRE, encode(quote)))


def _new_symbols(number: int) -> Iterator[bytes]:
    """Send quotes of a symbol that nobody asked for, another one each time."""
    while True:
        number += 1000
        names = range(number, number + 1000)
        yield b"".join(frame(b'{"stream":"x","data":{"u":1,"s":"S%d"}}' % name) for name in names)


def _new_keys(number: int) -> Iterator[bytes]:
    while True:
        number += 1
        first, count = number * _MESSAGE, _MESSAGE // 24
        yield frame(b'{"result":{' + b",".join(b'"%d":0' % (first + key) for key in range(count)) + b"}}")


def _close_reasons(number: int) -> Iterator[bytes]:
    """Close with words that go on a screen, another each time."""
    yield frame(b"\x03\xf0" + f"{number} \x1b[2J\r\n\u202e".encode() + b"x" * 80, 8)
    while True:
        yield b""


ATTACKS: dict[str, Attack] = {
    "a frame of 2^62 bytes": _once(frame(b"", length=1 << 62), _PIECE),
    "endless fragments": _once(frame(_PIECE, TEXT, fin=False), frame(_PIECE, CONTINUATION, fin=False)),
    "empty fragments": _once(frame(b"", TEXT, fin=False), frame(b"", CONTINUATION, fin=False) * 10_000),
    "a ping flood": _again(frame(b"?" * 125, PING) * 500),
    "a flood of small pings": _again(frame(b"", PING) * 20_000),
    "garbage": _again(frame(b"{") * 10_000),
    "empty messages": _again(frame(b"") * 30_000),
    "deep nesting": _again(frame(b'{"x":' + b"[" * _MESSAGE)),
    "deep nesting in a result": _again(frame(b'{"result":' + b"[" * _MESSAGE)),
    "a fat list": _again(frame(b'{"result":[' + b"[]," * (_MESSAGE // 3) + b"0]}")),
    "a fat object": _again(frame(b'{"result":[' + b"{}," * (_MESSAGE // 3) + b"0]}")),
    "ever new keys": _new_keys,
    "the largest messages": _again(frame(b" " * _MESSAGE)),
    "most of the largest message, then silence": _once(frame(b"x" * _MESSAGE)[:-9], b""),
    "prices of 100,000 digits": _long_numbers,
    "ever new symbols": _new_symbols,
    "ever new close reasons": _close_reasons,
}

AT_UPGRADE: dict[str, Response] = {
    "an endless header": EndlessHeader(),
    "an endless status line": EndlessHeader(b"HTTP/1.1 101 " + b"a" * 65536),
}


class Attacker:
    """Treats every connection to an exchange with the attack of the day, on threads of their own."""

    def __init__(self, exchange: Exchange, names: list[str] | None = None) -> None:
        """Attack with `names`, all if None."""
        self.names = [*ATTACKS, *AT_UPGRADE] if names is None else names
        self.struck = dict.fromkeys(self.names, 0)
        """Connections that met each attack."""
        self._exchange = exchange
        self.enough = threading.Event()
        """Set by whoever has seen enough."""
        self._numbers = iter(range(1, 1 << 60, 10_000_000))

    def run(self, seconds: float) -> None:
        """Go through all attacks, each for its part of `seconds`."""
        each_s = seconds / len(self.names)
        for name in self.names:
            until_s = time.monotonic() + each_s
            for venue in VENUES:
                self._exchange.upgrade(venue, AT_UPGRADE.get(name))
            threads = [threading.Thread(target=self._strike, args=(name, venue, until_s)) for venue in VENUES]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            for venue in VENUES:  # for the next one
                self._exchange.rst(venue)
        for venue in VENUES:
            self._exchange.upgrade(venue, None)

    def _strike(self, name: str, venue: str, until_s: float) -> None:
        known: set[Connection] = set()
        before = len(self._exchange.attempts(venue))
        while time.monotonic() < until_s and not self.enough.is_set():
            line = next((one for one in self._exchange.connections(venue) if one.takes(WIRE)), None)
            if name in AT_UPGRADE or line is None or line in known:
                time.sleep(0.01)
                continue
            known.add(line)
            self._flow(line, ATTACKS[name](next(self._numbers)), until_s)
        self.struck[name] += len(known) or len(self._exchange.attempts(venue)) - before

    def _flow(self, line: Connection, flow: Iterator[bytes], until_s: float) -> None:
        for raw in flow:
            if (
                time.monotonic() > until_s
                or self.enough.is_set()
                or not line.is_open
                or not (line.send_raw(raw) if raw else True)
            ):
                return
            if not raw:
                time.sleep(0.01)
