"""Contender: socket to updated snapshot. The whole live session without a window, pumped every 16 ms.

    python -m tests.bench.snapshot '{"spot_stream": …}' COUNT WARM LAPS

Prints one JSON line with the CPU time of the whole process, feed threads and main thread, per quote.
"""

import json
import sys
import threading
import time

from spreadwatch import app
from spreadwatch.config import Config, Endpoints, Window
from spreadwatch.core.snapshot import PairSnapshot

_FRAME_S = 0.016
_LIMIT_S = 120.0


def settings(urls: dict[str, str], symbol: str = "BTCUSDT") -> Config:
    """Return the program's defaults, aimed at the local exchange."""
    names = ("spot_stream", "futures_stream", "spot_rest", "futures_rest")
    endpoints = Endpoints(**{name: urls[name] for name in names})
    return Config(symbols=(symbol,), window=Window(remember_geometry=False), endpoints=endpoints)


def main() -> None:
    """Measure, and print one JSON line."""
    urls = json.loads(sys.argv[1])
    count, warm, laps = (int(argument) for argument in sys.argv[2:])
    messages, cpu_s = 0, 0.0
    for _ in range(laps):
        quotes, seconds = _measure(urls, count, warm)
        messages, cpu_s = messages + quotes, cpu_s + seconds
    print(json.dumps({"messages": messages, "cpu_s": cpu_s}))


def _measure(urls: dict[str, str], count: int, warm: int) -> tuple[int, float]:
    """Return how many quotes were measured, and their CPU seconds."""
    session = app.live(settings(urls))
    wait, deadline = threading.Event().wait, time.monotonic() + _LIMIT_S
    began, began_cpu_s = 0, 0.0
    session.start()
    try:
        while time.monotonic() < deadline:
            started = time.perf_counter()
            pair = session.pump.turn().pairs[0]
            seen = pair.counts.spot + pair.counts.futures
            if not began and seen >= 2 * warm:
                began, began_cpu_s = seen, time.process_time()
            if seen >= 2 * count:
                cpu_s = time.process_time() - began_cpu_s
                _check(pair, count)
                return seen - began, cpu_s
            wait(max(_FRAME_S - (time.perf_counter() - started), 0.001))
    finally:
        session.stop()
    raise TimeoutError(f"not {count} quotes of each venue within {_LIMIT_S:g} s")


def _check(pair: PairSnapshot, count: int) -> None:
    counts = pair.counts
    if (counts.spot, counts.futures, counts.dropped, counts.rejected, counts.repeated) != (count, count, 0, 0, 0):
        raise AssertionError(f"expected {count} quotes of each venue and no other: {counts}")


if __name__ == "__main__":
    main()
