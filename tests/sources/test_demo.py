"""The generated market: repeatable, valid, restless, and never far from its mean."""

from collections import deque
from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import islice, pairwise
from statistics import mean

import pytest

from spreadwatch.core.events import Batch, Link, Phase
from spreadwatch.core.leg import State
from spreadwatch.core.market import Market
from spreadwatch.core.quote import Instant, Quote, Side
from spreadwatch.feed import clock
from spreadwatch.sources.demo import Demo, Step, steps
from tests.conftest import PATIENCE_S, Sink

COUNT = 10_000
SILENCE_MS = 3_000


def first(count: int, seed: int = 1, symbols: Iterable[str] = ("ETHUSDT",)) -> list[Step]:
    return list(islice(steps(seed, symbols), count))


def timed(run: Iterable[Step]) -> Iterator[tuple[int, Step]]:
    """Yield the ms since the start with each step."""
    now_ms = 0
    for step in run:
        now_ms += step.after_ms
        yield now_ms, step


def spreads(run: Iterable[Step], symbol: str = "ETHUSDT") -> list[Decimal]:
    last: dict[Side, Step] = {}
    found = []
    for step in run:
        if step.symbol == symbol:
            last[step.side] = step
            if len(last) == 2:
                found.append(last[Side.SPOT].ask - last[Side.FUTURES].bid)
    return found


def test_the_same_seed_gives_the_same_run() -> None:
    assert first(COUNT, 7, ["ETHUSDT", "BTCUSDT"]) == first(COUNT, 7, ["ETHUSDT", "BTCUSDT"])


def test_another_seed_gives_another_run() -> None:
    ours, others = first(COUNT, 1), first(COUNT, 2)
    assert sum(one != other for one, other in zip(ours, others, strict=True)) > COUNT * 0.9


@pytest.mark.parametrize("symbol", ["ETHUSDT", "BTCUSDT", "PEPEUSDT"])
def test_every_step_is_a_valid_quote_on_the_grid(symbol: str) -> None:
    for step in first(COUNT, 3, [symbol]):
        assert 0 < step.bid < step.ask
        assert step.bid_qty > 0
        assert step.ask_qty > 0
        assert step.after_ms >= 0
        assert {number.as_tuple().exponent for number in (step.bid, step.ask)} == {-2}
        assert step.symbol == symbol


@pytest.mark.parametrize("seed", range(1, 6))
def test_the_spread_returns_to_its_mean(seed: int) -> None:
    run = first(30_000, seed)
    found = spreads(run)
    price = float(run[0].ask)
    assert max(map(abs, found)) < Decimal(price) * Decimal("0.005")
    thirds = [mean(map(float, found[at : at + 10_000])) for at in (0, 10_000, 19_000)]
    assert all(abs(third + price * 4e-4) < price * 2e-4 for third in thirds)
    middle = mean(map(float, found))
    crossings = sum((a - middle) * (b - middle) < 0 for a, b in pairwise(map(float, found)))
    assert crossings > 100


def test_the_first_steps_quote_every_leg_at_once() -> None:
    symbols = ["ETHUSDT", "BTCUSDT", "SOLUSDT"]
    opening = first(6, 1, symbols)
    assert {(step.symbol, step.side) for step in opening} == {(symbol, venue) for symbol in symbols for venue in Side}
    assert {step.after_ms for step in opening} == {0}


def test_there_are_bursts_and_quiet_stretches() -> None:
    recent: deque[int] = deque(maxlen=20)
    paces = []
    for now_ms, _ in timed(first(COUNT)):
        recent.append(now_ms)
        if len(recent) == 20:
            paces.append(recent[-1] - recent[0])
    assert min(paces) < 100
    assert max(paces) > 1_000


@pytest.mark.parametrize("seed", range(1, 6))
def test_now_and_then_one_leg_is_silent_longer_than_the_limit_while_the_other_talks(seed: int) -> None:
    heard = dict.fromkeys(Side, 0)
    silences = 0
    for now_ms, step in timed(first(COUNT, seed)):
        if now_ms - heard[step.side] > SILENCE_MS:
            silences += 1
            assert now_ms - heard[step.side.other] < SILENCE_MS
        heard[step.side] = now_ms
    assert 1 <= silences <= 20


def test_the_model_makes_a_live_and_now_and_then_a_stale_market_of_it() -> None:
    market, states = Market(["ETHUSDT"], SILENCE_MS), set()
    for venue in Side:
        market.apply(Link(venue, Phase.OPEN, "demo", Instant(0, 0)))
    for update_id, (now_ms, step) in enumerate(timed(first(COUNT)), start=1):
        at = Instant(now_ms, now_ms)
        prices = (step.bid, step.bid_qty, step.ask, step.ask_qty)
        quote = Quote(step.side, step.symbol, *prices, update_id, None, at)
        market.apply(Batch(step.side, at, [quote], heard=True))
        states.add(market.snapshot(at).pairs[0].state)
    assert {State.LIVE, State.STALE} <= states


def test_the_demo_plays_the_run_of_its_seed_and_stops(sink: Sink) -> None:
    demo = Demo(["ETHUSDT", "BTCUSDT"], 5, sink, clock.now, with_books=True)
    demo.start()
    quotes = sink.wait_quotes(20)
    demo.stop()
    assert demo.join(PATIENCE_S)
    expected = first(len(quotes), 5, ["ETHUSDT", "BTCUSDT"])
    assert [(quote.side, quote.symbol, quote.bid, quote.ask) for quote in quotes] == [
        (step.side, step.symbol, step.bid, step.ask) for step in expected
    ]
    assert [link.side for link in sink.links(Phase.OPEN)] == list(Side)
    assert all(later.update_id > earlier.update_id for earlier, later in pairwise(quotes))
    assert {(quote.side, quote.exchange_ms is None) for quote in quotes} == {
        (Side.SPOT, True),
        (Side.FUTURES, False),
    }
