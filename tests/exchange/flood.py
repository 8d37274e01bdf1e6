"""Flood generator: the local exchange in a process of its own, sending valid quotes at a set rate.

    python -m tests.exchange.flood --rate 20000 --seconds 10 --symbol BTCUSDT

One JSON line with the URLs at start, one with the figures at the end. The extremes of the spread can be
proved: the futures bid is the same in every frame, so the spot ask alone settles the spread, whatever the
order across the two sockets. The ask walks at random within ±5.00; ten spikes above and ten below, one frame
each and no two alike, come between 1/22 and 20/22 of the time. Who misses one frame misses the extreme. `u`
is the wall clock in µs at the sending of the chunk plus the frame's place in it (or the last `u` + 1, beyond
a million frames/s); futures `T` and `E` are that clock in ms.
"""

import argparse
import json
import random
import sys
import threading
import time
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from tests.exchange.server import Exchange, envelope, frame

_TABLE = 1 << 16
_CHUNK_LIMIT = 20000
_TICKS = 6_000_000  # 60000.00
_FUTURES_BID_TICKS = _TICKS + 130
_WALK_TICKS = 500
_SPIKES = 10
_QUANTITIES = 9000  # the second cycle is one shorter: no pair comes back for 81 million frames

_URLS = ("spot_stream", "futures_stream", "spot_rest", "futures_rest")


def _price(ticks: int, digits: int) -> bytes:
    return f"{Decimal(ticks).scaleb(-2):.{digits}f}".encode()


class Flood:
    """Encoder of both venues' frames for one symbol. Each frame of a venue has the same length."""

    def __init__(self, symbol: str, seed: int) -> None:
        random_ = random.Random(seed)
        walk, at = [], 0
        for _ in range(_TABLE):
            at = max(-_WALK_TICKS, min(_WALK_TICKS, at + random_.choice((-3, -1, -1, 0, 0, 1, 1, 3))))
            walk.append(_TICKS + at)
        walk += walk[:_CHUNK_LIMIT]
        self._spot_asks = [_price(ticks, 8) for ticks in walk]
        self._spot_bids = [_price(ticks - 1, 8) for ticks in walk]
        self._futures_asks = [_price(_FUTURES_BID_TICKS + 10 * (1 + ticks % 7), 2) for ticks in walk]
        thousandths = list(range(1000, 1000 + _QUANTITIES))
        random_.shuffle(thousandths)
        quantities = [f"{n // 1000}.{n % 1000:03}".encode() for n in thousandths]
        self._bid_quantities = quantities * 4
        self._ask_quantities = quantities[:-1] * 4
        spikes = [sign * (_WALK_TICKS + 100 + 17 * n) for n in range(_SPIKES) for sign in (1, -1)]
        random_.shuffle(spikes)
        self.spikes = spikes
        self.stream = f"{symbol.lower()}@bookTicker"
        self._spot = self._template(
            b'{"u":%%d,"s":"%s","b":"%%s","B":"%%s00000","a":"%%s","A":"%%s00000"}' % symbol.encode(),
            (10**15, b"60000.00000000", b"1.000", b"60000.00000000", b"1.000"),
        )
        self._futures = self._template(
            b'{"e":"bookTicker","u":%%d,"s":"%s","ps":"%s","b":"%s","B":"%%s","a":"%%s","A":"%%s",'
            b'"T":%%d,"E":%%d,"st":1}' % (symbol.encode(), symbol.encode(), _price(_FUTURES_BID_TICKS, 2)),
            (10**15, b"1.000", b"60000.00", b"1.000", 10**12, 10**12),
        )
        self._sent = {"spot": 0, "futures": 0}
        self._last_u = {"spot": 0, "futures": 0}

    def _template(self, payload: bytes, sample: tuple[object, ...]) -> bytes:
        whole = envelope(self.stream, payload)
        size = len(whole % sample)
        return frame(b"", length=size) + whole

    def _begin(self, venue: str, count: int) -> tuple[int, int, int, int]:
        """Advance by `count` frames; return the first `u`, and where prices and both quantities begin."""
        first = max(self._last_u[venue] + 1, time.time_ns() // 1000)
        self._last_u[venue] = first + count - 1
        sent = self._sent[venue]
        self._sent[venue] += count
        return first, sent % _TABLE, sent % _QUANTITIES, sent % (_QUANTITIES - 1)

    def spot_chunk(self, count: int, spike_ticks: int | None) -> bytes:
        """Encode `count` spot frames, one of them with the ask at a spike."""
        u, at, first, second = self._begin("spot", count)
        asks, bids = self._spot_asks[at : at + count], self._spot_bids[at : at + count]
        if spike_ticks is not None:
            asks[count // 2] = _price(_TICKS + spike_ticks, 8)
            bids[count // 2] = _price(_TICKS + spike_ticks - 1, 8)
        bid_quantities = self._bid_quantities[first : first + count]
        ask_quantities = self._ask_quantities[second : second + count]
        rows = zip(range(u, u + count), bids, bid_quantities, asks, ask_quantities, strict=True)
        template = self._spot
        return b"".join([template % row for row in rows])

    def futures_chunk(self, count: int) -> bytes:
        """Encode `count` futures frames."""
        u, at, first, second = self._begin("futures", count)
        asks = self._futures_asks[at : at + count]
        bid_quantities = self._bid_quantities[first : first + count]
        ask_quantities = self._ask_quantities[second : second + count]
        now = [time.time_ns() // 1_000_000] * count
        rows = zip(range(u, u + count), bid_quantities, asks, ask_quantities, now, now, strict=True)
        template = self._futures
        return b"".join([template % row for row in rows])

    def extremes(self) -> tuple[Decimal, Decimal]:
        """Return the highest and the lowest spread, once all spikes are sent."""
        low, high = (_TICKS + ticks - _FUTURES_BID_TICKS for ticks in (min(self.spikes), max(self.spikes)))
        return Decimal(high).scaleb(-2), Decimal(low).scaleb(-2)


def _send(exchange: Exchange, venue: str, stream: str, chunk: bytes) -> bool:
    """Send to all that are subscribed; whether anybody took it whole."""
    return sum(one.send_raw(chunk) for one in exchange.connections(venue) if one.takes(stream)) > 0


def run(exchange: Exchange, flood: Flood, *, rate: float, seconds: float, burst: int | None = None) -> dict[str, Any]:
    """Flood both venues: `rate` frames/s in all (0 = unlimited), `burst` frames a write. Returns figures."""
    count = burst or (max(1, round(rate / 2 * 0.002)) if rate else 500)
    interval_s = count / (rate / 2) if rate else 0.0
    sent = {"spot": 0, "futures": 0}
    late_s, pause = 0.0, threading.Event()
    start, spikes = time.monotonic(), list(flood.spikes)
    due = start
    while (now := time.monotonic()) < start + seconds or spikes:
        if now < due:
            pause.wait(due - now)
        elif rate:
            late_s = max(late_s, now - due)
        due += interval_s
        spike_at = (len(flood.spikes) - len(spikes) + 1) * seconds / (len(flood.spikes) + 2)
        spike = spikes.pop() if spikes and now - start >= spike_at else None
        if _send(exchange, "futures", flood.stream, flood.futures_chunk(count)):
            sent["futures"] += count
        if _send(exchange, "spot", flood.stream, flood.spot_chunk(count, spike)):
            sent["spot"] += count
    taken_s = time.monotonic() - start
    high, low = flood.extremes()
    return {
        "sent": sent,
        "seconds": round(taken_s, 3),
        "rate": round(sum(sent.values()) / taken_s),
        "late_s": round(late_s, 3),
        "max": str(high),
        "min": str(low),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the flood as a command."""
    parser = argparse.ArgumentParser(prog="python -m tests.exchange.flood", description=__doc__)
    parser.add_argument("command", nargs="?", choices=["flood"], help="may be left out")
    parser.add_argument("--rate", type=float, default=20000, help="frames/s of both venues; 0 = unlimited")
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--symbol", default="BTCUSDT")
    parser.add_argument("--burst", type=int, help="frames per write and venue (default: 2 ms worth)")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--wait", type=float, default=60, help="seconds to wait for both subscriptions")
    parser.add_argument("--quiet", type=float, default=1, help="seconds of silence before the figures")
    parser.add_argument("--json", action="store_true", help="no words on stderr")
    options = parser.parse_args(arguments)
    if options.burst is not None and not 0 < options.burst <= _CHUNK_LIMIT:
        parser.error(f"--burst is 1 to {_CHUNK_LIMIT}")
    flood = Flood(options.symbol.upper(), options.seed)
    with Exchange() as exchange:
        urls = {name: getattr(exchange, name) for name in _URLS}
        print(json.dumps({"event": "ready", "symbol": options.symbol.upper(), **urls}), flush=True)
        try:
            for venue in ("spot", "futures"):
                exchange.wait_subscribed(venue, flood.stream, options.wait)
        except TimeoutError as error:
            print(f"nobody came: {error}", file=sys.stderr)
            return 4
        if not options.json:
            print(f"subscribed; {options.seconds:g} s from now", file=sys.stderr)
        figures = run(exchange, flood, rate=options.rate, seconds=options.seconds, burst=options.burst)
        threading.Event().wait(options.quiet)
        print(json.dumps({"event": "done", **figures}), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
