"""An exchange on which four hundred coins trade, in a process of its own.

    python -m tests.bench.crowd --symbols 400 --rate 10000 --seconds 10

One JSON line with the URLs at start. When every coin is subscribed to on both venues it sends quotes of all
in turn at `rate` a second in total, and a mark a second of each. At the end one JSON line with the number of
quotes that each coin's connections took.
"""

import argparse
import itertools
import json
import random
import sys
import threading
import time
from collections import Counter

from tests.exchange.flood import _URLS
from tests.exchange.server import Exchange, Symbol

_TICK_S = 0.005
_WAIT_S = 60.0


class Crowd:
    """Quotes of many coins, each a random walk, futures a little above spot."""

    def __init__(self, exchange: Exchange, symbols: list[str]) -> None:
        self.sent: Counter[str] = Counter()
        self._exchange = exchange
        self._symbols = symbols
        self._chance = random.Random(5)
        self._prices = {symbol: self._chance.randrange(1_000, 900_000) for symbol in symbols}
        self._turn = itertools.cycle([(venue, symbol) for symbol in symbols for venue in ("spot", "futures")])

    def send(self, count: int) -> None:
        """Send the next quotes."""
        for venue, symbol in itertools.islice(self._turn, count):
            price = self._prices[symbol] = max(self._prices[symbol] + self._chance.randrange(-3, 4), 1_000)
            ticks = price + (venue == "futures") * price // 2_000
            bid, ask = f"{ticks / 100:.2f}", f"{(ticks + 1) / 100:.2f}"
            taken = self._exchange.quote(venue, symbol, bid, ask, f"{self._chance.random() + 0.1:.3f}")
            self.sent[symbol] += min(taken, 1)  # the heartbeat goes to several

    def mark(self) -> None:
        """Tell every coin's mark price and funding."""
        for symbol in self._symbols:
            price = f"{self._prices[symbol] / 100:.2f}"
            mark = {"e": "markPriceUpdate", "s": symbol, "p": price, "i": price, "r": "0.00010000", "T": 1 << 42}
            self._exchange.send("marks", mark, f"{symbol.lower()}@markPrice@1s")

    def run(self, rate: float, seconds: float) -> None:
        """Keep the rate for so long."""
        start = time.monotonic()
        done, next_mark_s = 0, start
        while (now := time.monotonic()) < start + seconds:
            due = int((now - start) * rate)
            self.send(min(due - done, 2_000))
            done = due
            if now >= next_mark_s:
                next_mark_s += 1
                self.mark()
            threading.Event().wait(_TICK_S)


def main() -> int:
    """Serve until told to end."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.crowd", description=__doc__)
    parser.add_argument("--symbols", type=int, default=400)
    parser.add_argument("--rate", type=float, default=10_000)
    parser.add_argument("--seconds", type=float, default=10)
    options = parser.parse_args()
    coins = ["BTC", *(f"COIN{number}" for number in range(options.symbols - 1))]
    listed = [Symbol(coin, "0.01", "0.001") for coin in coins]
    symbols = [symbol.symbol for symbol in listed]
    with Exchange(spot_symbols=listed, futures_symbols=listed) as exchange:
        print(json.dumps({name: getattr(exchange, name) for name in _URLS}), flush=True)
        for venue in ("spot", "futures"):
            for symbol in symbols:
                exchange.wait_subscribed(venue, f"{symbol.lower()}@bookTicker", _WAIT_S)
        crowd = Crowd(exchange, symbols)
        crowd.run(options.rate, options.seconds)
        threading.Event().wait(1.0)
        connections = {venue: len(exchange.connections(venue)) for venue in ("spot", "futures", "marks")}
        print(json.dumps({"sent": crowd.sent, "connections": connections}), flush=True)
        sys.stdin.readline()
    return 0


if __name__ == "__main__":
    sys.exit(main())
