"""The JSON that others script against (RULES: snapshot), and what minutes of a market come to in it."""

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spreadwatch.core.events import Phase
from spreadwatch.core.market import Market
from spreadwatch.core.numbers import plain
from spreadwatch.core.quote import Instant, Quote, Side
from spreadwatch.core.snapshot import to_json
from tests.captures.oracle import Rows, by_brute_force, counts_of, figures, figures_of, lines_of
from tests.core.builders import FUTURES, SILENCE_MS, SPOT, Scene, batch, link, live_scene

LATER_KEYS = ["windows", "percentile", "net", "funding", "depth"]
FIRST_KEYS = ["symbol", "contract", "source", "at_ms", "state", "reason"]
PAIR_KEYS = [*FIRST_KEYS, "spot", "futures", "spread", "counts", *LATER_KEYS]
LEG_KEYS = [
    *("state", "reason", "bid", "bid_qty", "ask", "ask_qty", "update_id"),
    *("exchange_ms", "received_ms", "age_ms"),
]
SPREAD_KEYS = ["current", "reverse", "bps", "max", "max_at_ms", "min", "min_at_ms", "since_ms", "samples"]
COUNT_KEYS = ["spot", "futures", "rejected", "repeated", "reconnects", "dropped", "gaps"]


def inside(found: Mapping[str, object], key: str) -> dict[str, object]:
    value = found[key]
    assert isinstance(value, dict)
    return value


@pytest.mark.parametrize("scene", [Scene(), live_scene()], ids=["nothing yet", "live"])
def test_the_keys_are_the_documented_ones_in_their_order(scene: Scene) -> None:
    found = scene.json(30)
    assert list(found) == PAIR_KEYS
    assert list(inside(found, "spot")) == list(inside(found, "futures")) == LEG_KEYS
    assert list(inside(found, "spread")) == SPREAD_KEYS
    assert list(inside(found, "counts")) == COUNT_KEYS


def test_what_is_absent_is_null() -> None:
    found = Scene().json(30)
    assert found["state"] == "connecting"
    assert found["reason"]
    assert [value for key, value in inside(found, "spot").items() if key not in ("state", "reason")] == [None] * 8
    assert list(inside(found, "spread").values()) == [None] * 8 + [0]
    assert list(inside(found, "counts").values()) == [0] * 6 + [2]


def test_a_live_pair_reads_as_documented() -> None:
    quantities = {"bid_qty": "1.5", "ask_qty": "1.5"}
    leg = {"state": "live", "reason": None, "bid": "99.00", **quantities, "update_id": 1}
    assert json.loads(json.dumps(live_scene().json(50))) == {
        "symbol": "ETHUSDT",
        "contract": "perpetual",
        "source": "live",
        "at_ms": 50,
        "state": "live",
        "reason": None,
        "spot": {**leg, "ask": "100.00", "exchange_ms": None, "received_ms": 10, "age_ms": 40},
        "futures": {**leg, "ask": "101.00", "exchange_ms": 15, "received_ms": 20, "age_ms": 30},
        "spread": {
            "current": "1.00",
            "reverse": "-2.00",
            "bps": "100.0000",
            "max": "1.00",
            "max_at_ms": 20,
            "min": "1.00",
            "min_at_ms": 20,
            "since_ms": 20,
            "samples": 1,
        },
        "counts": {"spot": 1, "futures": 1, "rejected": 0, "repeated": 0, "reconnects": 0, "dropped": 0, "gaps": 2},
        "windows": {
            name: {"max": "1.00", "max_at_ms": 20, "min": "1.00", "min_at_ms": 20}
            for name in ("1m", "15m", "1h", "session")
        },
        "percentile": None,
        "net": {
            "entry": "1.00",
            "entry_bps": "100.0000",
            "entry_edge_bps": "-114.9500",
            "reverse": "-2.00",
            "reverse_bps": "-200.0000",
            "reverse_edge_bps": "-214.9500",
            "entry_fees": "0.149500",
            "round_trip": "3.299000",
            "round_trip_bps": "329.9000",
            "size": "1.5",
            "size_quote": "150.000",
            "limiting": "spot",
        },
        "funding": None,
        "depth": None,
    }


def test_small_prices_are_written_without_an_exponent() -> None:
    scene = Scene()
    scene.say(SPOT, 10, "0.00000001", "0.00000010")
    scene.say(FUTURES, 20, "0.00000009", "0.00000011")
    found = scene.json(30)
    spot, spread = inside(found, "spot"), inside(found, "spread")
    assert (spot["bid"], spot["ask"]) == ("0.00000001", "0.00000010")
    assert (spread["current"], spread["reverse"], spread["bps"]) == ("0.00000001", "-0.00000010", "1000.0000")
    scene.say(FUTURES, 40, "0.00000010", "0.00000011")
    assert inside(scene.json(50), "spread")["current"] == "0.00000000"


@settings(deadline=None, database=None)
@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_a_number_is_written_exactly_and_plainly(number: Decimal) -> None:
    text = plain(number)
    assert text is not None
    assert not set(text) - set("-0123456789.")
    assert Decimal(text) == number


def quotes_of(rows: Rows) -> Iterator[Quote]:
    """Yield the quotes of a capture, read by nothing of the program."""
    for row in rows:
        venue, raw = SPOT if row["market"] == "spot" else FUTURES, row["raw"]
        at = Instant(row["recv_ms"], row["recv_ms"])
        bid, bid_qty, ask, ask_qty = (Decimal(raw[key]) for key in "bBaA")
        yield Quote(venue, raw["s"], bid, bid_qty, ask, ask_qty, raw["u"], raw.get("T"), at)


def test_minutes_of_a_market_give_the_figures_of_brute_force(recorded: Path) -> None:
    rows = lines_of(recorded)
    market, last = Market(["BTCUSDT"], SILENCE_MS), Instant(0, 0)
    for number, quote in enumerate(quotes_of(rows)):
        last = quote.received
        if number == 0:
            for venue in Side:
                market.apply(link(venue, Phase.OPEN, last))
        market.apply(batch(quote))
    found = to_json(market.snapshot(last).pairs[0])
    assert figures(found) == figures_of(by_brute_force(rows))
    assert inside(found, "counts").items() >= counts_of(rows).items()
