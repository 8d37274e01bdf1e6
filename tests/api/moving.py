"""A program whose quotes move by themselves, with an hour behind it: for the page, and for its pictures."""

import random
import threading
import time
from decimal import Decimal

from spreadwatch.core.answers import RecordedGap
from spreadwatch.core.events import Batch, Phase
from spreadwatch.core.market import Market
from spreadwatch.core.quote import Instant, Quote, Side
from spreadwatch.core.snapshot import Snapshot
from tests.api.parts import ListArchive
from tests.core.builders import FUTURES, SPOT, link


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def walk(chance: random.Random, count: int) -> list[Decimal]:
    """Return a random walk that stays near −1.30, in cents."""
    cents, found = -130, []
    for _ in range(count):
        cents += chance.choice((-4, -2, -1, 0, 0, 1, 2, 4)) + (-130 - cents) // 12
        found.append(Decimal(cents).scaleb(-2))
    return found


class Moving:
    """Live quotes of a few pairs on a thread of its own, ten times a second. `quiet` stops them."""

    def __init__(self, symbols: tuple[str, ...] = ("ETHUSDT",), seed: int = 3) -> None:
        self.symbols = symbols
        self.quiet = threading.Event()
        self.sentence: str | None = None
        self._chance = random.Random(seed)
        self._market = Market(symbols, 3000)
        self._spread = dict.fromkeys(symbols, Decimal("-1.30"))
        self._number = 100
        self._latest: Snapshot | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="moving", daemon=True)
        for venue in Side:
            self._market.apply(link(venue, Phase.OPEN, self._now()))

    def latest(self) -> Snapshot | None:
        return self._latest

    def health(self) -> str | None:
        return self.sentence

    def __enter__(self) -> "Moving":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join(10)

    def _now(self) -> Instant:
        at_ms = now_ms()
        return Instant(at_ms, at_ms)

    def _run(self) -> None:
        while not self._stopping.wait(0.05):
            at = self._now()
            if not self.quiet.is_set():
                for symbol in self.symbols:
                    self._move(symbol, at)
            self._latest = self._market.snapshot(at)

    def _move(self, symbol: str, at: Instant) -> None:
        self._number += 1
        self._spread[symbol] += Decimal(self._chance.randint(-4, 4)).scaleb(-2)
        bid = Decimal("3412.57") - self._spread[symbol]
        for venue, low in ((SPOT, Decimal("3412.56")), (FUTURES, bid)):
            sizes = [Decimal(self._chance.randint(100, 300_000)).scaleb(-4) for _ in range(2)]
            high = low + Decimal("0.01")
            quote = Quote(venue, symbol, low, sizes[0], high, sizes[1], self._number, at.wall_ms, at)
            self._market.apply(Batch(venue, at, [quote], heard=True))


def hour(symbol: str = "ETHUSDT", seed: int = 7) -> ListArchive:
    """Return a recording of the last hour, with two gaps."""
    end_s = now_ms() // 1000 - 2
    values = walk(random.Random(seed), 3600)
    gaps = [(2000, 2040), (3440, 3456)]
    rows = [
        (symbol, (end_s - 3600 + n) * 1000 + 500, value)
        for n, value in enumerate(values)
        if not any(first <= n < last for first, last in gaps)
    ]
    known = [
        RecordedGap(FUTURES, symbol, (end_s - 3600 + first) * 1000, (end_s - 3600 + last) * 1000, "futures lost")
        for first, last in gaps
    ]
    prices = [(symbol, at_ms, Decimal("3412.565") + value) for _, at_ms, value in rows]
    return ListArchive(prices, rows, known)
