"""A live run on the local exchange: what a size costs in the books that it sends."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal

import pytest

from spreadwatch.config import Config
from spreadwatch.core.depth import SizeQuote
from spreadwatch.core.quote import Side
from spreadwatch.run.live import LiveSession
from tests.conftest import wait_for
from tests.core.test_depth import brute_force
from tests.exchange.server import Exchange

_STREAM = "ethusdt@depth20@100ms"
_BOOKS = 60
_SEED = 20261121

Levels = list[list[str]]
"""Levels as the wire has them, best first."""


@contextmanager
def session_of(exchange: Exchange, size: Decimal) -> Iterator[LiveSession]:
    """Run the program without a window, for a size in quote currency."""
    base = Config()
    ends = replace(
        base.endpoints,
        spot_stream=exchange.spot_stream,
        futures_stream=exchange.futures_stream,
        spot_rest=exchange.spot_rest,
        futures_rest=exchange.futures_rest,
    )
    settings = replace(base, symbols=("ETHUSDT",), endpoints=ends, size=replace(base.size, quote=size))
    session = LiveSession(settings, charted=False)
    session.start()
    try:
        yield session
    finally:
        session.stop()


def side(chance: random.Random, best: str, way: int, worth: int) -> Levels:
    """Return twenty levels that are worth about `worth` together and go up or down from the best price."""
    price, levels = Decimal(best), list[list[str]]()
    for _ in range(20):
        quantity = Decimal(chance.randint(1, worth // 10)) / price
        levels.append([str(price), f"{max(quantity, Decimal('0.0001')):.4f}"])
        price += way * Decimal(chance.randint(1, 300)) / 100
    return levels


def by_fractions(asks: Levels, bids: Levels, size: Decimal) -> tuple[object, ...]:
    """Return both fill prices, their difference, and who is too thin."""
    found = [
        brute_force([(Decimal(price), Decimal(quantity)) for price, quantity in one], size) for one in (asks, bids)
    ]
    spread = None if None in found else found[0] - found[1]  # type: ignore[operator]
    return *found, spread, tuple(venue for venue, price in zip(Side, found, strict=True) if price is None)


def shown(quote: SizeQuote | None) -> tuple[object, ...] | None:
    return None if quote is None else (quote.spot_ask, quote.futures_bid, quote.spread, quote.too_thin)


@pytest.mark.parametrize("size", [Decimal(10_000), Decimal(250_000)])
def test_a_size_costs_what_fractions_make_of_the_books_on_the_wire(busy_exchange: Exchange, size: Decimal) -> None:
    chance = random.Random(_SEED)
    thin: set[object] = set()
    with session_of(busy_exchange, size) as session:
        for venue in ("spot", "futures"):
            busy_exchange.wait_subscribed(venue, _STREAM)
            busy_exchange.quote(venue, "ETHUSDT", "3413.00", "3413.01")
        for update_id in range(1, _BOOKS + 1):
            sides = [
                side(chance, best, way, chance.choice([8_000, 40_000, 300_000, 2_000_000]))
                for best, way in (("3413.01", 1), ("3413.00", -1))
            ]
            asks, bids = sides
            spot = {"lastUpdateId": update_id, "bids": bids, "asks": asks}
            futures = {"e": "depthUpdate", "E": 1, "T": 1, "s": "ETHUSDT", "U": 1, "u": update_id, "b": bids, "a": asks}
            assert busy_exchange.send("spot", spot, _STREAM) == busy_exchange.send("futures", futures, _STREAM) == 1
            wanted = by_fractions(asks, bids, size)
            wait_for(lambda wanted=wanted: shown(session.turn().pairs[0].depth) == wanted)  # type: ignore[misc]
            thin.add(wanted[-1])
        assert session.market.series("ETHUSDT") is None, "what nobody draws costs no memory"
    assert thin == {(), (Side.SPOT,), (Side.FUTURES,), (Side.SPOT, Side.FUTURES)}, f"seed {_SEED}"
