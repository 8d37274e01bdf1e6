"""Contender: our own feed, the Stream as the program runs it, with a sink that only counts.

`option` is how many connections are measured one after the other; the meter's figure is their sum.
"""

import json
import random
import threading
import time

import spreadwatch
from spreadwatch.core.events import Batch, Event
from spreadwatch.core.pair_name import market_of
from spreadwatch.core.quote import Side
from spreadwatch.feed import clock
from spreadwatch.feed.binance import Contract
from spreadwatch.feed.fleet import quote_stream
from spreadwatch.feed.policy import StreamSettings
from tests.bench.meter import arguments

_CONTRACT = Contract("BTCUSDT", "BTCUSDT")
_LIMIT_S = 120.0


class CountingSink:
    """Counts quotes, and takes the process's CPU time at the first batch past `warm` and at the last."""

    def __init__(self, count: int, warm: int) -> None:
        self.done = threading.Event()
        self.messages = 0
        self.cpu_s = self.wall_s = 0.0
        self.last_bid = ""
        self._count, self._warm, self._seen, self._began = count, warm, 0, 0

    def __call__(self, event: Event) -> None:
        """Take what the feed hands over, on its thread."""
        if not isinstance(event, Batch):
            return
        if event.rejects:
            raise AssertionError(f"rejected: {event.rejects}")
        self._seen += len(event.quotes)
        if not self._began:
            if self._seen >= self._warm:
                self._began = self._seen
                self.cpu_s, self.wall_s = time.process_time(), time.perf_counter()
        elif self._seen >= self._count:
            self.cpu_s, self.wall_s = time.process_time() - self.cpu_s, time.perf_counter() - self.wall_s
            self.messages = self._seen - self._began
            self.last_bid = f"{event.quotes[-1].bid:f}"
            self.done.set()


def measure(venue: Side, base_url: str, count: int, warm: int) -> CountingSink:
    """Run one connection until `count` quotes came."""
    sink = CountingSink(count, warm)
    stream = quote_stream(
        market_of(venue, _CONTRACT.symbol),
        base_url,
        [_CONTRACT],
        _CONTRACT,
        settings=StreamSettings(3.0, 5.0, 5.0),
        ca_file=None,
        sink=sink,
        clock=clock.now,
        chance=random.random,
        renewing=threading.Lock(),
    )
    stream.start()
    try:
        if not sink.done.wait(_LIMIT_S):
            raise TimeoutError(f"not {count} quotes within {_LIMIT_S:g} s")
    finally:
        stream.stop()
        stream.join(2.0)
    return sink


def main() -> None:
    """Measure, and print one JSON line."""
    told = arguments()
    venue = Side.SPOT if told.option.startswith("spot") else Side.FUTURES
    laps = int(told.option.removeprefix("spot") or 1)
    sinks = [measure(venue, told.stream, told.count, told.warm) for _ in range(laps)]
    print(
        json.dumps(
            {
                "messages": sum(sink.messages for sink in sinks),
                "cpu_s": sum(sink.cpu_s for sink in sinks),
                "wall_s": sum(sink.wall_s for sink in sinks),
                "last_bid": sinks[-1].last_bid,
                "version": f"spreadwatch {spreadwatch.__version__}",
            }
        )
    )


if __name__ == "__main__":
    main()
