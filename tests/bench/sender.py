"""The sender of a measured process: the local exchange in a process of its own, which does what it is told.

    python -m tests.bench.sender --symbols ETHUSDT --heartbeat BTCUSDT
    python -m tests.bench.sender --symbols 400

The first line it prints holds the URLs. After that it answers each line on standard input with one of JSON:

    wait            when every symbol is subscribed to on both venues
    load COUNT      encode so many frames of each venue
    load FILE       encode the frames of a capture, in its order
    send            send what was loaded, one venue after the other
    mix [COUNT]     send what was loaded, in its order, or the next so many frames of it
    rate N SECONDS  send N frames a second in all, those of a connection in one write per 2 ms
    burst N         send N frames of each venue at once
    quote           send a quote of each

What was sent is told by symbol, with the frames that nobody took whole, the monotonic time before the
first one in ns, and the seconds until each receiver had answered a ping behind its last frame.
"""

import argparse
import itertools
import json
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.bench.tape import LONGEST, Tape
from tests.exchange.capture import read_capture
from tests.exchange.connection import Connection
from tests.exchange.frames import envelope, frame
from tests.exchange.server import Exchange, Symbol

URLS = ("spot_stream", "futures_stream", "spot_rest", "futures_rest")
VENUES = ("futures", "spot")
_TICK_S = 0.002
_WAIT_S = 60.0
_BEAT_S = 1.0
_PART = 5_000  # frames, of a size that a socket likes
_STRETCH_MS = 100  # of a capture go in one write
Answer = dict[str, object]
Key = tuple[str, str]  # venue and symbol
Part = tuple[Key, int, bytes]  # how many frames, and their bytes


class Sender:
    """Quotes of some symbols: templates that wait for their numbers."""

    def __init__(self, exchange: Exchange, symbols: Sequence[str], *, moving: bool) -> None:
        self._exchange = exchange
        self._tapes = {(venue, name): Tape(venue, name, moving=moving) for name in symbols for venue in VENUES}
        self._keys = list(self._tapes)
        self._next = 0
        self._loaded: list[Part] = []
        self._sent: Counter[str] = Counter()
        self._unheard = 0
        self._readers: dict[Key, list[Connection]] = {}
        self._sought_at_s = 0.0

    def wait(self) -> Answer:
        """Wait for all subscriptions."""
        for venue, symbol in self._keys:
            self._exchange.wait_subscribed(venue, _stream(symbol), _WAIT_S)
        return {"connections": {venue: len(self._exchange.connections(venue)) for venue in (*VENUES, "marks")}}

    def load(self, what: str) -> Answer:
        """Encode frames of the first symbol for later: so many of each venue, or those of a capture."""
        keys = self._keys[: len(VENUES)]
        if what.isdecimal():
            sizes = [_PART] * (int(what) // _PART) + [int(what) % _PART]
            self._loaded = [(key, size, self._tapes[key].chunk(size)) for size in sizes if size for key in keys]
        else:
            self._loaded = _captured(Path(what), keys[0][1])
        return {"frames": sum(count for _, count, _ in self._loaded)}

    def send(self) -> Answer:
        """Send what was loaded, one venue after the other: no reader disturbs the other."""
        loaded, self._loaded = self._loaded, []

        def send() -> None:
            for venue in VENUES:
                for part in loaded:
                    if part[0][0] == venue:
                        self._send([part])
                self._wait_for_pongs()

        return self._timed(send)

    def mix(self, count: int | None) -> Answer:
        """Send what was loaded, in its order, up to so many frames at least."""
        now: list[Part] = []
        while self._loaded and (count is None or sum(frames for _, frames, _ in now) < count):
            now.append(self._loaded.pop(0))

        def mix() -> None:
            for part in now:
                self._send([part])

        return self._timed(mix)

    def rate(self, rate: float, seconds: float) -> Answer:
        """Keep a rate for so long, and tell every mark price each second. Who is late sends the same, only later."""

        def run() -> None:
            began, total = time.monotonic(), round(rate * seconds)
            done = marked = 0
            while done < total:
                passed = time.monotonic() - began
                due = min(int(passed * rate), total, done + LONGEST)
                self._send(self._share(due - done))
                done = due
                if passed >= marked:
                    marked += 1
                    self._mark()
                threading.Event().wait(_TICK_S)

        return self._timed(run)

    def burst(self, count: int) -> Answer:
        """Send so many frames of each venue of the first symbol at once."""
        frames = [(key, count, self._tapes[key].chunk(count)) for key in self._keys[: len(VENUES)]]
        return self._timed(lambda: self._send(frames))

    def _share(self, count: int) -> list[Part]:
        """Encode the next frames, of all symbols and venues in turn."""
        each, more = divmod(count, len(self._keys))
        turn = self._keys[self._next :] + self._keys[: self._next]
        self._next = (self._next + more) % len(self._keys)
        shares = ((key, each + (place < more)) for place, key in enumerate(turn))
        return [(key, share, self._tapes[key].chunk(share)) for key, share in shares if share]

    def _send(self, parts: Sequence[Part]) -> None:
        """Send parts, those of one connection in one write."""
        now_s = time.monotonic()
        if now_s > self._sought_at_s + 1:
            self._sought_at_s, self._readers = now_s, {}
        writes: dict[Connection, list[Part]] = {}
        for part in parts:
            readers = self._readers_of(part[0])
            self._unheard += 0 if readers else part[1]
            for one in readers:
                writes.setdefault(one, []).append(part)
        for one, mine in writes.items():
            left = one.send_raw(b"".join([data for _, _, data in mine]))
            for (_, symbol), count, _ in mine:
                if left:
                    self._sent[symbol] += count
                else:
                    self._unheard += count

    def _readers_of(self, key: Key) -> list[Connection]:
        venue, symbol = key
        if key not in self._readers:
            self._readers[key] = [one for one in self._exchange.connections(venue) if one.takes(_stream(symbol))]
        return self._readers[key]

    def _mark(self) -> None:
        if not self._exchange.connections("marks"):
            return
        for _, symbol in self._keys[:: len(VENUES)]:
            mark = {"e": "markPriceUpdate", "s": symbol, "p": "83091.60", "i": "83091.60", "r": "0.0001", "T": 1 << 42}
            self._exchange.send("marks", mark, f"{symbol.lower()}@markPrice@1s")

    def _timed(self, send: Callable[[], object]) -> Answer:
        self._sent.clear()
        self._unheard = 0
        at_ns = time.monotonic_ns()
        send()
        self._wait_for_pongs()
        seconds = (time.monotonic_ns() - at_ns) / 1e9
        return {"at_ns": at_ns, "seconds": seconds, "sent": dict(self._sent), "unheard": self._unheard}

    def _wait_for_pongs(self) -> None:
        everyone = [one for venue in VENUES for one in self._exchange.connections(venue)]
        waiting = {one: len(one.pongs) for one in everyone if one.is_open and one.ping()}
        self._exchange.wait_until(
            lambda: all(len(one.pongs) > before or not one.is_open for one, before in waiting.items()), _WAIT_S
        )


def _captured(path: Path, symbol: str) -> list[Part]:
    """Encode a capture's frames of a symbol: for each tenth of a second a part of each venue."""
    parts: list[Part] = []
    for _, lines in itertools.groupby(read_capture(path), key=lambda line: line.recv_ms // _STRETCH_MS):
        found: dict[str, list[bytes]] = {}
        for line in lines:
            if line.stream == _stream(symbol):
                found.setdefault(line.venue, []).append(frame(envelope(line.stream, line.payload)))
        parts += [((venue, symbol), len(frames), b"".join(frames)) for venue, frames in found.items()]
    return parts


def _stream(symbol: str) -> str:
    return f"{symbol.lower()}@bookTicker"


def _beat(exchange: Exchange, symbol: str) -> None:
    """Keep connections alive whose symbols have nothing to say."""
    while not exchange.stopping.wait(_BEAT_S):
        for venue in VENUES:
            exchange.quote(venue, symbol, "60000.00", "60000.10")


def _obey(sender: Sender, words: Sequence[str]) -> Answer:
    what, *arguments = words
    if what == "rate":
        return sender.rate(float(arguments[0]), float(arguments[1]))
    if what == "burst":
        return sender.burst(int(arguments[0]))
    if what == "load":
        return sender.load(" ".join(arguments))
    if what == "mix":
        return sender.mix(int(arguments[0]) if arguments else None)
    if what == "quote":
        return sender.burst(1)
    return sender.wait() if what == "wait" else sender.send()


def main() -> int:
    """Serve until standard input ends."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.sender", description=__doc__)
    parser.add_argument("--symbols", default="ETHUSDT", help="one symbol, or how many coins trade there")
    parser.add_argument("--heartbeat", metavar="SYMBOL", help="of which both venues send a quote a second besides")
    parser.add_argument("--moving", action="store_true", help="every quote moves the spread")
    options = parser.parse_args()
    coins = [f"COIN{number}" for number in range(int(options.symbols))] if options.symbols.isdecimal() else []
    listed = [Symbol(coin, "0.01", "0.001") for coin in ("BTC", "ETH", *coins)]
    names = [f"{coin}USDT" for coin in coins] or [options.symbols]
    with Exchange(spot_symbols=listed, futures_symbols=listed) as exchange:
        if options.heartbeat:
            threading.Thread(target=_beat, args=(exchange, options.heartbeat), name="bench-heart", daemon=True).start()
        sender = Sender(exchange, names, moving=options.moving)
        _say({name: getattr(exchange, name) for name in URLS})
        for line in sys.stdin:
            _say(_obey(sender, line.split()))
    return 0


def _say(words: Answer) -> None:
    print(json.dumps(words), flush=True)


if __name__ == "__main__":
    sys.exit(main())
