"""The server of most figures: the local exchange in a process of its own, sending frames encoded beforehand.

    python -m tests.bench.source --count 100000

Whoever subscribes to BTCUSDT gets `count` frames as fast as it takes them. Lines on standard input ask for
more: `burst N` sends N frames to each venue at once, `quote SYMBOL` one quote of each. It ends with its input.
The first line it prints holds the URLs, `sent` lines the monotonic time in ns just before sending.
"""

import argparse
import json
import sys
import threading
import time

from tests.bench.tape import STREAM, Tape
from tests.exchange.connection import Connection
from tests.exchange.server import Exchange

VENUES = ("futures", "spot")


class Feeder:
    """Sends every new subscriber all frames, each on its own thread."""

    def __init__(self, exchange: Exchange, count: int) -> None:
        self._exchange = exchange
        tapes = {venue: Tape(venue) for venue in VENUES}
        self._combined = {venue: tape.chunks(count) for venue, tape in tapes.items()}
        self._raw = Tape("futures", combined=False).chunks(count)
        self.last_bid = {venue: tape.last_bid for venue, tape in tapes.items()}
        self._served: set[int] = set()

    def start(self) -> None:
        """Begin to look for subscribers."""
        threading.Thread(target=self._watch, name="bench-feeder", daemon=True).start()

    def _new(self) -> list[Connection]:
        everyone = [one for venue in VENUES for one in self._exchange.connections(venue)]
        return [one for one in everyone if one.takes(STREAM) and id(one) not in self._served]

    def _watch(self) -> None:
        while True:
            with self._exchange.changed:
                self._exchange.changed.wait_for(self._new)
                new = self._new()
            for connection in new:
                self._served.add(id(connection))
                threading.Thread(target=self._send, args=(connection,), name="bench-feed", daemon=True).start()

    def _send(self, connection: Connection) -> None:
        for chunk in self._combined[connection.venue] if connection.combined else self._raw:
            if not connection.send_raw(chunk):
                return


def main() -> int:
    """Serve until standard input ends."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.source", description=__doc__)
    parser.add_argument("--count", type=int, default=0)
    parser.add_argument("--heartbeat", type=float, help="seconds between BTCUSDT quotes on both venues")
    options = parser.parse_args()
    tapes = {venue: Tape(venue) for venue in VENUES}
    with Exchange(heartbeat=options.heartbeat) as exchange:
        last_bid: dict[str, str] = {}
        if options.count:
            feeder = Feeder(exchange, options.count)
            feeder.start()
            last_bid = feeder.last_bid
        names = ("spot_stream", "futures_stream", "spot_rest", "futures_rest")
        urls = {name: getattr(exchange, name) for name in names}
        _say({"event": "ready", "count": options.count, "last_bid": last_bid, **urls})
        for line in sys.stdin:
            what, _, argument = line.strip().partition(" ")
            if what == "burst":
                _burst(exchange, tapes, int(argument))
            elif what == "quote":
                _quote(exchange, argument)
    return 0


def _burst(exchange: Exchange, tapes: dict[str, Tape], count: int) -> None:
    bursts = {venue: tape.chunk(count) for venue, tape in tapes.items()}
    at_ns = time.monotonic_ns()
    for venue, burst in bursts.items():
        exchange.send_raw(venue, burst)
    _say({"event": "sent", "at_ns": at_ns})


def _quote(exchange: Exchange, symbol: str) -> None:
    for venue in VENUES:
        exchange.wait_subscribed(venue, f"{symbol.lower()}@bookTicker", 20)
        exchange.quote(venue, symbol, "3000.00", "3000.01")
    _say({"event": "sent", "at_ns": time.monotonic_ns()})


def _say(words: dict[str, object]) -> None:
    print(json.dumps(words), flush=True)


if __name__ == "__main__":
    sys.exit(main())
