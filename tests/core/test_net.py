"""Fees, edges and the round trip against fractions, and the sentence for a beginner."""

from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spreadwatch.core.net import Fees, Net, edge_bps, fees, net, sentence
from spreadwatch.core.quote import Quote, Side
from tests.core.builders import FUTURES, SPOT, moment, quote

NO_FEES = Fees(Decimal(0), Decimal(0))
USUAL = fees(Decimal(10), Decimal(5), bnb=False)

prices = st.decimals("0.00000001", "99999.99", places=8)
sizes = st.decimals("0.001", "5000", places=3)
listed_bps = st.decimals("0", "100", places=2)


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Quote, Quote]:
    """Draw the quotes of both legs, within 20 % of each other."""
    quotes = []
    base = draw(prices)
    for venue in Side:
        bid = (base * draw(st.decimals("0.95", "1.05", places=4))).quantize(Decimal("1E-8")) + Decimal("1E-8")
        ask = bid + draw(st.sampled_from(["0.00000001", "0.01", "3.1"]).map(Decimal))
        quotes.append(Quote(venue, "X", bid, draw(sizes), ask, draw(sizes), 1, None, moment(0)))
    return quotes[0], quotes[1]


def in_bps(amount: Fraction, ask: Decimal) -> Decimal:
    """Return basis points of the ask rounded to 0.0001, ties to even."""
    ten_thousandths = amount / Fraction(ask) * 10_000 * 10_000
    return Decimal(round(ten_thousandths)).scaleb(-4)


def test_fees_of_the_list_are_fractions_and_bnb_takes_its_part() -> None:
    assert fees(Decimal(10), Decimal(5), bnb=False) == Fees(Decimal("0.001"), Decimal("0.0005"))
    assert fees(Decimal(10), Decimal(5), bnb=True) == Fees(Decimal("0.00075"), Decimal("0.00045"))


def test_both_directions_by_hand() -> None:
    spot = Quote(SPOT, "X", Decimal("99.00"), Decimal(7), Decimal("100.00"), Decimal("2.5"), 1, None, moment(0))
    futures = Quote(FUTURES, "X", Decimal("103.00"), Decimal(3), Decimal("104.00"), Decimal(9), 1, 1, moment(0))
    assert net(spot, futures, USUAL) == Net(
        entry=Decimal(-3),
        entry_bps=Decimal(-300),
        entry_edge_bps=Decimal("284.85"),  # 103 × 0.9995 − 100 × 1.001 = 2.8485
        reverse=Decimal(-5),
        reverse_bps=Decimal(-500),
        reverse_edge_bps=Decimal("-515.1"),  # 99 × 0.999 − 104 × 1.0005 = −5.151
        entry_fees=Decimal("0.1515"),
        round_trip=Decimal("2.3025"),  # 1 + 1 + 0.1515 + 0.099 + 0.052 = 5.151 − 2.8485
        round_trip_bps=Decimal("230.25"),
        size=Decimal("2.5"),
        size_quote=Decimal(250),
        limiting=SPOT,
    )


@settings(deadline=None, database=None, max_examples=300)
@given(pairs(), listed_bps, listed_bps, st.booleans())
def test_every_figure_is_that_of_fractions(
    both: tuple[Quote, Quote], spot_bps: Decimal, futures_bps: Decimal, bnb: bool
) -> None:
    spot, futures = both
    spot_fee = Fraction(spot_bps) / 10_000 * (Fraction(3, 4) if bnb else 1)
    futures_fee = Fraction(futures_bps) / 10_000 * (Fraction(9, 10) if bnb else 1)
    spot_bid, spot_ask, bid, ask = map(Fraction, (spot.bid, spot.ask, futures.bid, futures.ask))
    found = net(spot, futures, fees(spot_bps, futures_bps, bnb=bnb))
    edge_in = bid * (1 - futures_fee) - spot_ask * (1 + spot_fee)
    edge_out = spot_bid * (1 - spot_fee) - ask * (1 + futures_fee)
    assert (found.entry, found.reverse) == (spot.ask - futures.bid, spot.bid - futures.ask)
    assert round(found.entry_bps, 4) == in_bps(spot_ask - bid, spot.ask)
    assert round(found.reverse_bps, 4) == in_bps(spot_bid - ask, spot.ask)
    assert round(found.entry_edge_bps, 4) == in_bps(edge_in, spot.ask)
    assert found.entry_edge_bps == edge_bps(spot, futures, fees(spot_bps, futures_bps, bnb=bnb))
    assert round(found.reverse_edge_bps, 4) == in_bps(edge_out, spot.ask)
    assert Fraction(found.entry_fees) == spot_ask * spot_fee + bid * futures_fee
    assert Fraction(found.round_trip) == -(edge_in + edge_out)
    assert round(found.round_trip_bps, 4) == in_bps(-(edge_in + edge_out), spot.ask)
    assert found.size == min(spot.ask_qty, futures.bid_qty)
    assert Fraction(found.size_quote) == Fraction(found.size) * spot_ask
    limit = {SPOT: spot.ask_qty, FUTURES: futures.bid_qty}
    assert limit[found.limiting] == found.size <= limit[found.limiting.other]


def said(spot_ask: str, futures_bid: str, these: Fees = USUAL, places: int = 2) -> str:
    spot = quote(SPOT, 1, str(Decimal(spot_ask) / 2), spot_ask, moment(0))
    futures = quote(FUTURES, 1, futures_bid, str(Decimal(futures_bid) * 2), moment(0))
    return sentence(net(spot, futures, these), "BTC", "USDT", places)


@pytest.mark.parametrize(
    ("spot_ask", "futures_bid", "end"),
    [
        ("61837.64", "61833.11", "costs 4.53 USDT now; the taker fees add 92.75 USDT, so it costs 97.28 USDT in all."),
        ("60000.00", "60000.00", "costs nothing now; the taker fees add 90.00 USDT."),
        ("60000", "60010.5", "brings 10.50 USDT now; the taker fees take 90.01 USDT, so it costs 79.51 USDT in all."),
        ("60000", "60200", "brings 200.00 USDT now; the taker fees take 90.10 USDT and leave 109.90 USDT."),
        (
            "0.01230",
            "0.01226",
            "costs 0.00004 USDT now; the taker fees add 0.0000184 USDT, so it costs 0.0000584 USDT in all.",
        ),
    ],
)
def test_a_sentence_says_what_an_entry_costs(spot_ask: str, futures_bid: str, end: str) -> None:
    assert said(spot_ask, futures_bid) == f"Buying one BTC spot and selling it as a future {end}"


def test_a_sentence_says_that_there_are_no_fees() -> None:
    assert said("100", "99", NO_FEES).endswith("costs 1.00 USDT now, and there are no fees on it.")
    assert said("100", "100", NO_FEES).endswith("costs nothing now, and there are no fees on it.")
    assert said("100", "102", NO_FEES).endswith("brings 2.00 USDT now, and there are no fees on it.")


def test_a_sentence_says_that_the_fees_take_all() -> None:
    spot, futures = quote(SPOT, 1, "99", "100", moment(0)), quote(FUTURES, 1, "101", "102", moment(0))
    one_percent = Fees(Decimal("0.01"), Decimal(0))
    assert sentence(net(spot, futures, one_percent), "X", "USDT", 0).endswith(
        "brings 1 USDT now; the taker fees take 1 USDT and leave nothing."
    )


def test_a_sentence_writes_its_amounts_as_it_is_told() -> None:
    spot, futures = quote(SPOT, 1, "99", "100", moment(0)), quote(FUTURES, 1, "101", "102", moment(0))
    words = sentence(net(spot, futures, USUAL), "X", "USDT", 2, lambda amount, places: f"<{amount}|{places}>")
    assert "brings <1|2> USDT now" in words


@settings(deadline=None, database=None)
@given(pairs(), listed_bps, st.integers(0, 8))
def test_the_numbers_of_a_sentence_add_up(both: tuple[Quote, Quote], fee_bps: Decimal, places: int) -> None:
    told: list[Decimal] = []

    def write(amount: Decimal, places: int) -> str:
        told.append(amount)
        return "-" if amount < 0 else f"{amount:f}"

    found = net(*both, fees(fee_bps, fee_bps, bnb=False))
    words = sentence(found, "X", "USDT", places, write)
    assert words.endswith(".")
    assert all(amount > 0 for amount in told)
    if found.entry and len(told) == 3:
        signed = told[0].copy_sign(found.entry)
        assert abs(signed + told[1]) == told[2]
    if fee_bps:
        fee = told[1 if found.entry else 0]
        assert abs(fee - found.entry_fees) <= Decimal("0.005") * found.entry_fees
        assert fee == fee.quantize(Decimal(1).scaleb(-places), ROUND_HALF_EVEN) or len(fee.as_tuple().digits) <= 4
