"""The server of the rows that compare libraries: the local exchange in a process of its own, which asks nothing.

    python -m tests.bench.source --count 100000

Whoever subscribes to BTCUSDT gets `count` frames, encoded beforehand, as fast as it takes them. The line it
prints holds the URLs and the last bids. It ends with its input.
"""

import argparse
import json
import sys
import threading

from tests.bench.sender import URLS, VENUES
from tests.bench.tape import STREAM, Tape
from tests.exchange.connection import Connection
from tests.exchange.server import Exchange


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
    parser.add_argument("--count", type=int, required=True)
    options = parser.parse_args()
    with Exchange() as exchange:
        feeder = Feeder(exchange, options.count)
        feeder.start()
        urls = {name: getattr(exchange, name) for name in URLS}
        print(json.dumps({"count": options.count, "last_bid": feeder.last_bid, **urls}), flush=True)
        sys.stdin.read()
    return 0


if __name__ == "__main__":
    sys.exit(main())
