"""Contender: parser and market without socket or window, for as many quotes as asked. One command a line.

`grow N` feeds quotes until N have been applied in all; `cost N` feeds N more. Both answer with one JSON line:
quotes applied, resident memory in bytes, and CPU seconds of decode, parse, apply and snapshots alone; the
encoding of the frames is not in them.
"""

import json
import os
import resource
import sys
import time
from pathlib import Path

from spreadwatch.core.events import Link, Phase
from spreadwatch.core.market import Market
from spreadwatch.core.quote import Instant, Side
from spreadwatch.feed.binance import Contract
from spreadwatch.feed.frames import FrameDecoder
from spreadwatch.feed.parsing.quotes import QuoteParser
from tests.bench.tape import SYMBOL, Tape

_FRAMES_PER_READ = 320  # 64 KiB
_READS_PER_SNAPSHOT = 20


class Pipeline:
    """Both venues' frames through everything that keeps state."""

    def __init__(self) -> None:
        contracts = [Contract(SYMBOL, SYMBOL)]
        self._market = Market([SYMBOL], 3_000)
        self._venues = [
            (Tape(venue.value), FrameDecoder(), QuoteParser(venue, contracts)) for venue in (Side.SPOT, Side.FUTURES)
        ]
        self._reads = 0
        self._now_ms = 1_790_000_000_000
        for venue in Side:
            self._market.apply(Link(venue, Phase.OPEN, "open", self._now()))
        self.applied = 0

    def _now(self) -> Instant:
        return Instant(self._now_ms, self._now_ms)

    def feed(self, quotes: int) -> float:
        """Apply so many quotes more, at least; return the CPU seconds it took."""
        until, cpu_s = self.applied + quotes, 0.0
        while self.applied < until:
            tape, decoder, parser = self._venues[self._reads % 2]
            data = tape.chunk(_FRAMES_PER_READ)
            self._reads += 1
            self._now_ms += 1
            began_s = time.process_time()
            payloads = [message for message in decoder.feed(data) if isinstance(message, bytes)]
            self._market.apply(parser.batch(payloads, self._now()))
            if self._reads % _READS_PER_SNAPSHOT == 0:
                counts = self._market.snapshot(self._now()).pairs[0].counts
                assert counts.spot + counts.futures == self._reads * _FRAMES_PER_READ, counts
            cpu_s += time.process_time() - began_s
            self.applied += _FRAMES_PER_READ
        return cpu_s


def resident() -> int:
    """Return the bytes of memory in use now; where that is unknown, the most ever in use."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def main() -> None:
    """Obey until standard input ends."""
    pipeline = Pipeline()
    for line in sys.stdin:
        what, _, number = line.partition(" ")
        before = pipeline.applied
        cpu_s = pipeline.feed(int(number) - (before if what == "grow" else 0))
        answer = {"quotes": pipeline.applied - before, "cpu_s": cpu_s, "rss": resident()}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
