"""Fill prices against fractions."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spreadwatch.core.depth import Level, SizeQuote, fill_price, size_quote
from tests.core.builders import FUTURES, SPOT

ASKS = [(Decimal(100), Decimal(2)), (Decimal(110), Decimal(1)), (Decimal(120), Decimal(5))]
BIDS = [(Decimal(99), Decimal(1)), (Decimal(90), Decimal(10))]

prices = st.decimals("0.00000001", "99999.99", places=8)
quantities = st.decimals("0.00001", "9000000", places=5)
books = st.lists(st.tuples(prices, quantities), max_size=20)


def brute_force(levels: list[Level], size: Decimal) -> Decimal | None:
    """Return the size divided by the coins that it fetches, rounded once at the end."""
    left, coins = Fraction(size), Fraction(0)
    for price, quantity in levels:
        part = min(left, Fraction(price) * Fraction(quantity))
        coins += part / Fraction(price)
        left -= part
    if left:
        return None
    average = Fraction(size) / coins
    return Decimal(average.numerator) / Decimal(average.denominator)


@settings(deadline=None, database=None, max_examples=300)
@given(books, st.one_of(st.sampled_from(["10000", "250000"]).map(Decimal), st.decimals("0.01", "1e9", places=2)))
def test_a_fill_is_that_of_fractions(levels: list[Level], size: Decimal) -> None:
    assert fill_price(levels, size) == brute_force(levels, size)


@settings(deadline=None, database=None)
@given(books.filter(bool))
def test_a_book_holds_exactly_what_it_is_worth(levels: list[Level]) -> None:
    worth = sum((price * quantity for price, quantity in levels), Decimal(0))
    assert fill_price(levels, worth) == brute_force(levels, worth) is not None
    assert fill_price(levels, worth + Decimal("1E-13")) is None


@pytest.mark.parametrize(
    ("size", "price"), [("1", "100"), ("200", "100"), ("310", "103.3333333333333333333333333"), ("910", "113.75")]
)
def test_a_size_is_filled_down_the_levels(size: str, price: str) -> None:
    assert fill_price(ASKS, Decimal(size)) == Decimal(price)


def test_a_book_without_levels_holds_nothing() -> None:
    assert fill_price([], Decimal(1)) is None


@pytest.mark.parametrize("size", ["0", "-1"])
def test_a_size_of_nothing_is_refused(size: str) -> None:
    with pytest.raises(ValueError, match="above 0"):
        fill_price(ASKS, Decimal(size))


@pytest.mark.parametrize(
    ("asks", "bids", "found"),
    [
        (ASKS, BIDS, SizeQuote(Decimal(99), Decimal(100), Decimal(99), Decimal(1), (), 40)),
        (None, BIDS, SizeQuote(Decimal(99), None, Decimal(99), None, (), 40)),
        (ASKS, None, SizeQuote(Decimal(99), Decimal(100), None, None, (), 40)),
        (None, None, SizeQuote(Decimal(99), None, None, None, (), 40)),
        (ASKS, [], SizeQuote(Decimal(99), Decimal(100), None, None, (FUTURES,), 40)),
        ([], [], SizeQuote(Decimal(99), None, None, None, (SPOT, FUTURES), 40)),
        ([], None, SizeQuote(Decimal(99), None, None, None, (SPOT,), 40)),
    ],
)
def test_a_leg_without_a_book_is_not_called_thin(
    asks: list[Level] | None, bids: list[Level] | None, found: SizeQuote
) -> None:
    assert size_quote(Decimal(99), asks, bids, 40) == found
