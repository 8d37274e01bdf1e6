"""The pure texts of costs, funding, evidence and symbol names."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from spreadwatch.core.numbers import GROUP, rounded
from spreadwatch.core.quote import Side
from spreadwatch.ui.cards import evidence
from spreadwatch.ui.cards import words as card_words
from spreadwatch.ui.kit import text
from spreadwatch.ui.selection import Selection
from spreadwatch.ui.watch.symbol_box import guesses, looks_like_symbol, matches, spelled
from tests.ui import examples

M = "\N{MINUS SIGN}"


@pytest.mark.parametrize(
    ("number", "words"),
    [
        ("0", "0.00"), ("0.004", "0.00"), ("9.99", "9.99"), ("12.34", "12.3"), ("950.4", "950"), ("999.4", "999"),
        ("999.6", "1.00k"), ("14275.3", "14.3k"), ("999499", "999k"), ("999999", "1.00M"), ("1250000", "1.25M"),
        ("-5000000000", f"{M}5.00G"),
    ],
)  # fmt: skip
def test_amounts_are_written_in_three_digits(number: str, words: str) -> None:
    assert text.short(Decimal(number)) == words


@given(st.decimals(min_value=0, max_value=10**12, places=4))
def test_a_shortened_amount_is_near_and_short(number: Decimal) -> None:
    words = text.short(number)
    assert len(words) <= 6
    factor = {"k": 10**3, "M": 10**6, "G": 10**9}.get(words[-1], 1)
    read = Decimal(words.rstrip("kMG")) * factor
    if number < 10**12 - 10**9:
        assert abs(read - number) <= max(number * Decimal("0.0051"), Decimal("0.0051"))


def test_rounding_leaves_something_of_what_is_not_nothing() -> None:
    assert rounded(Decimal("0.0000000185"), 4) == Decimal("1.8E-8")
    assert rounded(Decimal("5.119505"), 2) == Decimal("5.12")
    assert rounded(Decimal(0), 2) == 0
    assert text.percent(Decimal("0.0001"), 4) == "+0.0100%"
    assert text.percent(Decimal("-0.00000078"), 4) == f"{M}0.0001%"


@pytest.mark.parametrize(
    ("left_ms", "words"),
    [(-5, "0:00"), (999, "0:00"), (41_000, "0:41"), (3_599_999, "59:59"), (8_047_000, "2:14:07"),
     (34 * 86_400_000, "34 d 0 h")],
)  # fmt: skip
def test_the_countdown_is_exact_to_the_second(left_ms: int, words: str) -> None:
    assert text.countdown(left_ms) == words


def test_the_sentence_names_coin_and_currency_and_writes_as_the_window_does() -> None:
    net = examples.full().net
    assert net
    dear = replace(net, entry=Decimal("-1301.25"), entry_fees=Decimal("5.1234567"))
    deed = "Buying one ETH spot and selling it as a future brings"
    end = f"1{GROUP}301.25 {{0}} now; the taker fees take 5.12 {{0}} and leave 1{GROUP}296.13 {{0}}."
    assert card_words.entry(dear, "ETHUSDT", 2) == f"{deed} {end.format('USDT')}"
    assert card_words.entry(dear, "ETH", 2) == f"{deed} {end.format('quote units')}"


def test_a_thin_book_names_every_leg() -> None:
    depth = examples.full().depth
    assert depth
    assert card_words.thin(depth) == ""
    assert card_words.thin(replace(depth, spread=None)) == "no live book"
    both = replace(depth, spread=None, too_thin=(Side.SPOT, Side.FUTURES))
    assert card_words.thin(both) == "book too thin on spot and futures"


def test_funding_is_told_in_words() -> None:
    funding = examples.FUNDING
    assert card_words.funding_due(None) == "not known now"
    assert card_words.funding_due(replace(funding, is_live=False, age_ms=14_200)) == "STALE · 14 s ago"
    assert card_words.funding_payback(replace(funding, payback=1)) == "1 funding pays back the round trip's fees."
    assert card_words.funding_payback(replace(funding, payback=None)) == "At this rate they never pay back the fees."
    assert "8 h is assumed" in card_words.funding_formula(replace(funding, interval_assumed=True))
    four = replace(funding, interval_h=4, annualised=Decimal("0.219"))
    assert card_words.funding_formula(four).startswith("Rate × 365 × 24 h ÷ 4 h = +0.0100% × 2190 = +21.90% a year")
    assert card_words.funding_interval(four) == "per 4 h"


def test_the_skew_is_told_either_way() -> None:
    high = examples.full().spread.high
    assert high
    assert evidence.skew_words(high) == "Spot quoted 1.0 s after futures."
    late = replace(high, futures=replace(high.futures, received=examples.moment(-59_957)))
    assert evidence.skew_ms(late) == -43
    assert evidence.skew_words(late) == "Futures quoted 43 ms after spot."
    same = replace(high, futures=replace(high.futures, received=high.spot.received))
    assert evidence.skew_words(same) == "Both quotes arrived in the same millisecond."


def test_a_moment_has_its_milliseconds() -> None:
    assert text.moment(examples.NOON_MS + 7, utc=True) == "2026-04-02 13:02:07.007"
    assert text.moment(10**20, utc=True) == "—"


@pytest.mark.parametrize(
    ("number", "words"), [("-3.8097", f"{M}3.81"), ("99.996", "+100.00"), ("-1234.56", f"{M}1234.56"), (None, "—")]
)
def test_bps_have_two_decimals_however_many_they_are(number: str | None, words: str) -> None:
    shown = text.bps(None if number is None else Decimal(number))
    assert shown.replace("\N{NO-BREAK SPACE}", "") == words


@pytest.mark.parametrize("name", ["BTCUSDT", "1000PEPEUSDT", "币安人生USDT", "BTCUSDT_261225", "4USDT"])
def test_real_names_look_like_symbols(name: str) -> None:
    assert looks_like_symbol(spelled(f" {name.lower()} "))


@pytest.mark.parametrize("name", ["", "USDT", "BTC", "BTC/USDT", "BTC USDT!", "A_BUSDT", "X" * 60 + "USDT"])
def test_other_words_do_not(name: str) -> None:
    assert not looks_like_symbol(name)


@given(st.text(max_size=40))
def test_whatever_is_typed_gives_names_that_look_like_symbols_or_none(typed: str) -> None:
    assert all(looks_like_symbol(one) for one in guesses(typed))
    found = matches(typed, ["BTCUSDT"], (), 8)
    assert found in ([], ["BTCUSDT"]) or [typed.partition("@")[0].upper(), *found] == ["BTCUSDT", found[0]]


def test_the_usual_pair_of_a_coin_comes_first() -> None:
    symbols = ["ETHWUSDT", "STETHUSDT", "ETHUSDC", "ETHUSDT", "BTCUSDT"]
    assert matches("eth", symbols, (), 8) == ["ETHUSDT", "ETHUSDC", "ETHWUSDT", "STETHUSDT"]
    assert matches("", symbols, ("BTCUSDT",), 2) == ["ETHWUSDT", "STETHUSDT"]


def test_a_contract_can_be_typed_to_a_symbol_that_is_offered() -> None:
    symbols = ("ETHUSDT", "BTCUSDT")
    assert matches("btcusdt@Current_Quarter", symbols, (), 8) == ["BTCUSDT@current_quarter"]
    assert matches("btcusdt_261225", symbols, (), 8) == ["BTCUSDT_261225"]
    assert matches("adausdt@current_quarter", symbols, (), 8) == []
    assert guesses("btcusdt@next_quarter") == ["BTCUSDT@next_quarter"]


def test_a_gone_symbol_gives_way_and_an_unknown_one_waits() -> None:
    focus = Selection(("COIN9USDT",), None)
    snapshot = examples.listed(4)
    assert focus.take(snapshot) == "BTCUSDT", "nobody watches it"
    focus.symbol = "NEWUSDT"
    assert focus.take(replace(snapshot, rows=snapshot.rows[:3])) is None, "just added: it will come"
    focus.symbol = "XRPUSDT"
    assert focus.take(snapshot) is None
    fewer = replace(snapshot, rows=snapshot.rows[:3])
    assert focus.take(fewer) == "SOLUSDT", "the last one gives way to the one before"
    focus.symbol = "SOLUSDT"
    assert focus.position() == "3/3"
    assert (focus.beside(1), focus.beside(-1)) == ("BTCUSDT", "ETHUSDT")
