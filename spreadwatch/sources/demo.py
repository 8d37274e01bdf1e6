"""A generated market for trying the program without a network.

`steps` is pure: the same seed gives the same run. `Demo` stamps the steps with the present and hands them
over on thread `demo`.
"""

import itertools
import random
import time
from collections.abc import Iterable, Iterator
from decimal import Decimal

from msgspec import Struct

from spreadwatch.core.depth import Level
from spreadwatch.core.events import Batch, Book, Books, Clock, Interval, Link, Mark, Marks, Naming, Phase, Sink
from spreadwatch.core.pair_name import of_key, spot_symbol
from spreadwatch.core.quote import Instant, Quote, Side
from spreadwatch.worker import Worker

_START = {"BTCUSDT": Decimal("83091.60"), "ETHUSDT": Decimal("3412.57")}
_ANY_START = Decimal("100.00")
_TICK_PLACES = 2
_BASIS_PULL = 0.02  # share of the way back to its mean that the basis goes in a step
_MEAN_BASIS = 4e-4  # of the price: futures above spot
_QUIET_MS, _BURST_MS = 60.0, 2.0  # mean time between quotes
_SILENT_LEG = 1 / 1500  # chance per step that a leg falls silent
_SILENCE_MS = (4500, 9000)
_EXTRAS_S = 1.0  # between marks, and between books
_INTERVAL_H = 8
_HOUR_MS = 3_600_000
_LEVELS = 20
_PER_BPS = Decimal("0.000025")  # the rate follows the basis, as it does on a market
_RATE_STEP = Decimal("1E-8")
_STEP = Decimal("0.01")


class Step(Struct, frozen=True):
    """One generated quote, `after_ms` the one before. Numbers are those of a Quote."""

    after_ms: int
    side: Side
    symbol: str
    bid: Decimal
    bid_qty: Decimal
    ask: Decimal
    ask_qty: Decimal


class _Coin:
    """Price of one coin, and the basis that its futures share, in ticks of 0.01. Later contracts lie further above."""

    def __init__(self, symbol: str, pairs: list[str], chance: random.Random) -> None:
        self.symbol = symbol
        self.pairs = pairs
        self._chance = chance
        self._spot = int(_START.get(symbol, _ANY_START).scaleb(_TICK_PLACES))
        self._mean = self._spot * _MEAN_BASIS
        self._basis = self._mean
        self._wander = max(self._spot * 6e-6, 0.6)

    def move(self) -> None:
        self._spot = max(self._spot + round(self._chance.gauss(0, self._wander)), 1000)
        pull = (self._mean - self._basis) * _BASIS_PULL
        self._basis += pull + self._chance.gauss(0, self._mean * 0.06 + 0.3)

    def quotes(self) -> Iterator[Step]:
        """Yield the first quote of every leg."""
        yield self.quote(0, Side.SPOT)
        for pair in self.pairs:
            yield self.quote(0, Side.FUTURES, pair)

    def quote(self, after_ms: int, side: Side, pair: str | None = None) -> Step:
        """Return the next quote of a side: of `pair`, None for any."""
        symbol, bid = self.symbol, self._spot
        if side is Side.FUTURES:
            symbol = pair or (self.pairs[0] if len(self.pairs) == 1 else self._chance.choice(self.pairs))
            bid += round(self._basis * (1 + self.pairs.index(symbol)))
        ask = bid + 1 + (self._chance.random() < 0.1) * self._chance.randrange(4)
        return Step(
            after_ms,
            side,
            symbol,
            Decimal(bid).scaleb(-_TICK_PLACES),
            self._quantity(),
            Decimal(ask).scaleb(-_TICK_PLACES),
            self._quantity(),
        )

    def _quantity(self) -> Decimal:
        return Decimal(max(int(self._chance.lognormvariate(8.5, 1.2)), 1)).scaleb(-3)


def steps(seed: int, pairs: Iterable[str]) -> Iterator[Step]:
    """Yield an endless market: bursts, quiet, a basis that returns to its mean, now and then a silent leg."""
    chance = random.Random(seed)  # noqa: S311 - a market, not a secret
    of_coin: dict[str, list[str]] = {}
    for key in pairs:
        of_coin.setdefault(spot_symbol(key), []).append(key)
    coins = [_Coin(symbol, keys, chance) for symbol, keys in of_coin.items()]
    silent_until = dict.fromkeys(Side, 0)
    now_ms, pace_ms, left = 0, _QUIET_MS, 0
    for coin in coins:
        yield from coin.quotes()
    last_ms = 0
    while True:
        if left == 0:
            pace_ms = _BURST_MS if chance.random() < 0.25 else _QUIET_MS
            left = chance.randrange(10, 120)
        left -= 1
        now_ms += round(chance.expovariate(len(coins) / pace_ms))
        if chance.random() < _SILENT_LEG / len(coins) and max(silent_until.values()) < now_ms:
            silent_until[chance.choice(list(Side))] = now_ms + chance.randint(*_SILENCE_MS)
        coin = chance.choice(coins)
        coin.move()
        side = Side.FUTURES if chance.random() < 0.6 else Side.SPOT
        step = coin.quote(now_ms - last_ms, side)
        if silent_until[side] <= now_ms:
            yield step
            last_ms = now_ms


def mark_of(spot: Quote, futures: Quote, at: Instant) -> Mark:
    """Return the mark that fits two quotes: mid prices, and a rate that grows with the basis."""
    index, mark = (spot.bid + spot.ask) / 2, (futures.bid + futures.ask) / 2
    basis_bps = (mark - index) / index * 10_000
    period_ms = _INTERVAL_H * _HOUR_MS
    next_ms = (at.wall_ms // period_ms + 1) * period_ms
    return Mark(futures.symbol, mark, index, (basis_bps * _PER_BPS).quantize(_RATE_STEP), next_ms, at)


def book_of(quote: Quote) -> Book:
    """Return twenty levels around a quote, a tick apart, each larger than the one before."""
    bids = _side(quote.bid, quote.bid_qty, -_STEP)
    return Book(quote.side, quote.symbol, bids, _side(quote.ask, quote.ask_qty, _STEP), quote.received)


def _side(price: Decimal, quantity: Decimal, step: Decimal) -> tuple[Level, ...]:
    return tuple((price + step * number, quantity + quantity * number / 4) for number in range(_LEVELS))


class Demo(Worker):
    """Play a generated market from now on."""

    def __init__(self, pairs: Iterable[str], seed: int, sink: Sink, clock: Clock, *, with_books: bool) -> None:
        """Generate quotes, funding and, where wanted, books of pairs, by keys, into `sink`, stamped by `clock`."""
        super().__init__("demo")
        self._pairs = tuple(pairs)
        self._steps = steps(seed, self._pairs)
        self._legs = len(self._pairs) + len({spot_symbol(key) for key in self._pairs})
        self._sink = sink
        self._clock = clock
        self._with_books = with_books
        self._ids = itertools.count(1)
        self._last: dict[tuple[str, Side], Quote] = {}

    def _run(self) -> None:
        for side in Side:
            self._sink(Link(side, Phase.OPEN, "demo", self._clock()))
        for key in self._pairs:
            self._sink(Interval(key, _INTERVAL_H))
            if (name := of_key(key)).is_relative:
                dated = str(name.dated(self._clock().wall_ms))
                self._sink(Naming(key, dated))
        due_s = extras_s = time.monotonic()
        for step in self._steps:
            due_s += step.after_ms / 1000
            if self._stopping.wait(max(due_s - time.monotonic(), 0)):
                return
            at = self._clock()
            quote = self._last[step.symbol, step.side] = self._quote(step, at)
            self._sink(Batch(step.side, at, [quote], heard=True))
            if due_s >= extras_s and len(self._last) == self._legs:
                extras_s = due_s + _EXTRAS_S
                self._tell_extras(at)

    def _tell_extras(self, at: Instant) -> None:
        pairs = [(self._last[spot_symbol(key), Side.SPOT], self._last[key, Side.FUTURES]) for key in self._pairs]
        self._sink(Marks([mark_of(spot, futures, at) for spot, futures in pairs], heard=True))
        if self._with_books:
            self._sink(Books([book_of(quote) for pair in pairs for quote in pair], heard=True))

    def _quote(self, step: Step, at: Instant) -> Quote:
        exchange_ms = at.wall_ms - 12 if step.side is Side.FUTURES else None
        return Quote(
            step.side,
            step.symbol,
            step.bid,
            step.bid_qty,
            step.ask,
            step.ask_qty,
            next(self._ids),
            exchange_ms,
            at,
        )
