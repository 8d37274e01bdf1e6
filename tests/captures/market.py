"""Two venues of one coin for some minutes, invented. Pure: the same seed gives the same frames.

What makes recorded minutes hard is kept: dozens of quotes in one ms, most of which repeat both prices; a price that
moves on one venue some ms before the other, so that the spread is at its widest for a few ms and changes sign.
"""

import random
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from heapq import merge
from itertools import count

from msgspec import Struct

LENGTH_MS = 346_000
FIRST_MS = {"spot": 87, "um": 1_088}
"""When each market speaks first and how long it goes on, in ms."""

_MOVE_EVERY_MS = 360
_SHOCKS = 24
_MEAN_BASIS = 23_00
_LARGEST_BURST = {"spot": 34, "um": 62}
_PAUSE_MS = {"spot": 29.0, "um": 13.6}  # mean time between moments with quotes while nothing happens
_FIRST_ID = {"spot": 50_093_239_211, "um": 5_123_107_839_018}
_ID_STEP = {"spot": 6.5, "um": 410.0}


class Tick(Struct, frozen=True):
    """What a market counts in: a price step in cents, and the first bid quantity's mean in lots."""

    cents: int
    lots: float


TICKS = {"spot": Tick(1, 180_000.0), "um": Tick(10, 2_500.0)}


class Frame(Struct, frozen=True):
    """A best bid and ask at a ms since the start: prices in cents, quantities in the market's lots."""

    at_ms: int
    market: str
    update_id: int
    bid: int
    bid_lots: int
    ask: int
    ask_lots: int


class _Path:
    """Where a market's best bid wants to be, in cents, from one moment to the next."""

    def __init__(self, first: int) -> None:
        self.times_ms = [0]
        self.bids = [first]

    def go(self, at_ms: int, bid: int) -> None:
        """Want another price from a moment on; what was wanted later is forgotten."""
        place = bisect_right(self.times_ms, at_ms)
        del self.times_ms[place:], self.bids[place:]
        self.times_ms.append(at_ms)
        self.bids.append(bid)


def frames(seed: int) -> Iterator[Frame]:
    """Yield the frames of both markets in the order of their arrival."""
    chance = random.Random(seed)
    paths, shocks_ms = _paths(chance)
    markets = [_quotes(market, paths[market], shocks_ms, chance.getrandbits(32)) for market in FIRST_MS]
    return merge(*markets, key=lambda frame: (frame.at_ms, (frame.at_ms * 7 + (frame.market == "um")) % 2))


def _paths(chance: random.Random) -> tuple[dict[str, _Path], list[int]]:
    """Return both markets' wishes, and when one of them ran ahead of the other."""
    fair, basis = 61_837_63, _MEAN_BASIS
    paths = {"spot": _Path(fair), "um": _Path(fair - basis)}
    shocks_ms = sorted(chance.sample(range(4_000, LENGTH_MS - 4_000), _SHOCKS))
    left, now_ms = list(shocks_ms), 0
    while True:
        now_ms += 1 + int(chance.expovariate(1 / _MOVE_EVERY_MS))
        if left and left[0] < now_ms:
            now_ms = left.pop(0)
            fair = _shock(chance, paths, now_ms, fair, basis, sign=-1 if len(left) % 3 == 1 else 1)
            now_ms += 650
        if now_ms >= LENGTH_MS:
            return paths, shocks_ms
        basis += round((_MEAN_BASIS - basis) * 0.015 + chance.gauss(0, 60))
        fair += round(chance.choice((-1, 1)) * chance.lognormvariate(4.2, 1.2))
        paths["um"].go(now_ms, fair - basis)
        paths["spot"].go(now_ms + min(120, int(chance.lognormvariate(2.8, 0.9))), fair)


def _shock(chance: random.Random, paths: dict[str, _Path], at_ms: int, fair: int, basis: int, *, sign: int) -> int:
    """Let futures run ahead for some ms, the spread widen or change sign; return where the price comes to rest.

    `sign` 1: futures fall first. They reach further each time, and furthest for about a ms; then spot follows, and
    both settle.
    """
    growth = 0.5 + at_ms / LENGTH_MS
    size = round(growth * chance.randint(25_00, 44_00)) if sign > 0 else basis + round(growth * 7_00) - 4_00
    futures, spot = paths["um"], paths["spot"]
    start = fair - basis
    for share in (0.4, 0.75, 1.0, 0.85, 0.6):
        futures.go(at_ms, start - round(sign * size * share))
        at_ms += chance.randint(1, 2)
    at_ms += chance.randint(0, 16)
    rest = fair - sign * size * 2 // 5
    futures.go(at_ms, rest - basis - sign * size // 8)
    spot.go(at_ms, rest + sign * size // 8)
    spot.go(at_ms + chance.randint(30, 300), rest)
    futures.go(at_ms + chance.randint(100, 600), rest - basis)
    return rest


def _quotes(market: str, path: _Path, shocks_ms: Sequence[int], seed: int) -> Iterator[Frame]:
    """Yield one market's frames: moments with quotes, dense around shocks, and one wherever its price moves."""
    chance = random.Random(seed)
    book = _Book(market, path.bids[0], chance)
    last_ms = LENGTH_MS - (1 if market == "spot" else 561)
    ids = _FIRST_ID[market]
    for at_ms in _moments(market, path, shocks_ms, last_ms, chance):
        wanted = path.bids[bisect_right(path.times_ms, at_ms) - 1]
        for step in range(_burst(market, chance, near=_is_near(shocks_ms, at_ms))):
            book.go_on(wanted, step)
            ids += 1 + int(chance.expovariate(1 / _ID_STEP[market]))
            yield Frame(at_ms, market, ids, book.bid, book.bid_lots, book.ask, book.ask_lots)


def _is_near(shocks_ms: Sequence[int], at_ms: int) -> bool:
    """Tell whether one market ran ahead in the last second."""
    place = bisect_right(shocks_ms, at_ms)
    return place > 0 and at_ms - shocks_ms[place - 1] < 1_000


def _moments(market: str, path: _Path, shocks_ms: Sequence[int], last_ms: int, chance: random.Random) -> Iterator[int]:
    """Yield the ms with quotes, rising: by chance, and a ms or two after each wish for another price."""
    found = {FIRST_MS[market], last_ms}
    found |= {wish_ms + chance.choice((0, 0, 1)) for wish_ms in path.times_ms}
    now_ms, pause_ms = float(FIRST_MS[market]), _PAUSE_MS[market]
    for second in count():
        mood = pause_ms * chance.lognormvariate(0, 0.35)
        while now_ms < second * 1_000:
            now_ms += chance.expovariate(5 / mood if _is_near(shocks_ms, int(now_ms)) else 1 / mood)
            found.add(int(now_ms))
        if now_ms > last_ms:
            break
    return iter(sorted(at_ms for at_ms in found if FIRST_MS[market] <= at_ms <= last_ms))


def _burst(market: str, chance: random.Random, *, near: bool) -> int:
    """Return how many quotes come within this ms."""
    if chance.random() < 0.62:
        return 1
    return min(_LARGEST_BURST[market], 1 + int(chance.paretovariate(1.25 if near else 1.45)))


class _Book:
    """The best bid and ask of a market on their way to the wanted price."""

    def __init__(self, market: str, bid: int, chance: random.Random) -> None:
        self._tick = TICKS[market]
        self._chance = chance
        self.bid = bid - bid % self._tick.cents
        self.ask = self.bid + self._tick.cents
        self.bid_lots, self.ask_lots = self._lots(), self._lots()

    def go_on(self, wanted: int, step: int) -> None:
        """Change one thing: a price on its way, an ask that is gone for a moment, most often only a quantity."""
        tick = self._tick.cents
        wanted -= wanted % tick
        if self.bid != wanted:
            self._move(wanted)
        elif self.ask != self.bid + tick:
            self.ask, self.ask_lots = self.bid + tick, self._lots()
        elif step == 0 and self._chance.random() < 0.01:
            self.ask, self.ask_lots = self.bid + tick * self._chance.randint(2, 35), self._lots()
        elif self._chance.random() < 0.5:
            self.bid_lots = self._lots()
        else:
            self.ask_lots = self._lots()

    def _move(self, wanted: int) -> None:
        """Move one side, the one in front of which there is room, so that they never cross."""
        tick = self._tick.cents
        if wanted > self.bid and self.ask <= wanted:
            self.ask, self.ask_lots = wanted + tick * self._chance.choice((1, 1, 2, 6)), self._lots()
            return
        self.bid, self.bid_lots = wanted, self._lots()

    def _lots(self) -> int:
        return 1 + int(self._chance.lognormvariate(0, 0.9) * self._tick.lots)
