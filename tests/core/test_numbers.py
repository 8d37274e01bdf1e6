"""Every number has one spelling: held against fractions and against another way to write decimals."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from spreadwatch.core import numbers
from spreadwatch.core.net import Fees, edge_bps
from spreadwatch.core.numbers import GROUP, MINUS
from spreadwatch.core.quote import Instant, Quote, Side
from spreadwatch.core.spread import bps

WIRE = st.decimals(min_value=Decimal("-1e24"), max_value=Decimal("1e24"), allow_nan=False, places=8)
ANY = WIRE | st.decimals(allow_nan=False, allow_infinity=False).filter(lambda number: abs(number.adjusted()) < 40)
PLACES = st.integers(0, 10)
PRICES = st.decimals(min_value=Decimal("0.00000001"), max_value=Decimal("1e9"), allow_nan=False, places=8)


def half_even(exact: Fraction, places: int) -> str:
    """Write a fraction rounded once, by whole numbers alone; a zero has no sign."""
    scaled = abs(exact) * 10**places
    whole, rest = divmod(scaled.numerator, scaled.denominator)
    whole += 2 * rest > scaled.denominator or (2 * rest == scaled.denominator and whole % 2)
    digits = str(whole).rjust(places + 1, "0")
    sign = "-" if exact < 0 and whole else ""
    return f"{sign}{digits[:-places]}.{digits[-places:]}"


def quote(bid: Decimal, ask: Decimal) -> Quote:
    return Quote(Side.SPOT, "ETHUSDT", bid, Decimal(1), ask, Decimal(1), 1, None, Instant(0, 0))


@given(ANY, PLACES)
def test_an_exact_number_reads_back_and_has_the_decimals_that_it_needs(number: Decimal, places: int) -> None:
    words = numbers.exact(number, places)
    assert Fraction(words) == Fraction(number)
    assert words.isascii()
    decimals = words.partition(".")[2]
    assert len(decimals) >= places
    assert len(decimals) == places or decimals[-1] != "0"


@given(ANY)
def test_a_plain_number_keeps_its_decimals(number: Decimal) -> None:
    words = numbers.plain(number)
    assert Fraction(words) == Fraction(number)
    exponent = number.as_tuple().exponent
    assert isinstance(exponent, int)
    assert len(words.partition(".")[2]) == max(-exponent, 0)


@given(ANY, PLACES)
def test_only_zero_has_no_sign(number: Decimal, places: int) -> None:
    assert numbers.signed(number, places)[0] == ("-" if number < 0 else "+" if number > 0 else "0")
    assert numbers.signed(number, places).lstrip("+") == numbers.exact(number, places)


@pytest.mark.parametrize("zero", ["0", "-0", "0.00", "-0.00", "-0E-8", "0E+3"])
def test_zero_has_one_spelling(zero: str) -> None:
    number = Decimal(zero)
    assert numbers.exact(number, 2) == numbers.signed(number, 2) == "0.00"
    assert numbers.bps(number) == numbers.bps(Decimal("-0.004")) == "0.00"
    assert numbers.bps_kept(number) == numbers.bps_kept(Decimal("-0.00004")) == "0.0000"
    assert numbers.percent(number, 4) == "0.0000%"
    assert not numbers.plain(number).startswith("-")


@given(PRICES, PRICES)
@example(Decimal("1.23496"), Decimal(10_000))
def test_basis_points_are_rounded_once(amount: Decimal, ask: Decimal) -> None:
    for number in (amount, -amount):
        exact = Fraction(number) * 10_000 / Fraction(ask)
        assert numbers.bps(bps(number, ask)).lstrip("+") == half_even(exact, 2)
        assert numbers.bps_kept(bps(number, ask)) == half_even(exact, 4)


@given(PRICES, PRICES, st.integers(0, 10_000), st.integers(0, 10_000))
def test_an_edge_is_rounded_once(ask: Decimal, bid: Decimal, spot_fee: int, futures_fee: int) -> None:
    fees = Fees(Decimal(spot_fee).scaleb(-6), Decimal(futures_fee).scaleb(-6))
    earned = Fraction(bid) * (1 - Fraction(fees.futures)) - Fraction(ask) * (1 + Fraction(fees.spot))
    edge = edge_bps(quote(ask, ask), quote(bid, bid), fees)
    assert numbers.bps(edge).lstrip("+") == half_even(earned * 10_000 / Fraction(ask), 2)


@given(ANY, PLACES)
def test_the_screen_has_a_real_minus_and_groups_of_three(number: Decimal, places: int) -> None:
    words = numbers.signed(number, places)
    shown = numbers.on_screen(words)
    assert shown.replace(GROUP, "").replace(MINUS, "-") == words
    whole = shown.partition(".")[0].lstrip(f"+{MINUS}")
    first, *groups = whole.split(GROUP)
    assert 1 <= len(first) <= 3
    assert all(len(group) == 3 for group in groups)
    assert numbers.on_screen(f"{words} USDT") == f"{shown} USDT"


@pytest.mark.parametrize(
    ("number", "places", "words"),
    [
        ("-1.30000000", 2, "-1.30"),
        ("0.46", 2, "+0.46"),
        ("12345.6", 2, "+12345.60"),
        ("0.005", 2, "+0.005"),
        ("1E+3", 0, "+1000"),
        ("1E-8", 0, "+0.00000001"),
    ],
)
def test_signed_examples(number: str, places: int, words: str) -> None:
    assert numbers.signed(Decimal(number), places) == words


def test_a_rate_in_percent_keeps_two_digits_where_rounding_would_leave_none() -> None:
    assert numbers.percent(Decimal("0.0001"), 4) == "+0.0100%"
    assert numbers.percent(Decimal("-0.00000000078"), 4) == "-0.000000078%"


@pytest.mark.parametrize(
    ("symbol", "assets"),
    [
        ("ETHUSDT", ("ETH", "USDT")),
        ("BTCFDUSD", ("BTC", "FDUSD")),
        ("ETHBTC", ("ETH", "BTC")),
        ("BTCTRY", ("BTC", "TRY")),
        ("BTCUSD_PERP", ("BTC", "USD")),
        ("USDT", ("USDT", "")),
        ("WHATEVER", ("WHATEVER", "")),
    ],
)
def test_a_symbol_is_split_into_its_assets(symbol: str, assets: tuple[str, str]) -> None:
    assert numbers.split_symbol(symbol) == assets


@given(st.text(alphabet="ABCDEFGHUSDTCN1_", min_size=1))
def test_any_symbol_can_be_split(symbol: str) -> None:
    base, currency = numbers.split_symbol(symbol)
    assert symbol.startswith(base + currency)
