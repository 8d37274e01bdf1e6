"""One identity of a pair: what a person may write, its key, and what it is on the wire (RULES: pair)."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spreadwatch.core import pair_name
from spreadwatch.core.pair_name import OFFERED, PERPETUAL, PairName, of_key, of_wire, parse

SYMBOLS = st.from_regex(r"[A-Z0-9]{2,20}", fullmatch=True) | st.just("币安人生USDT")
DAYS = st.dates().map(lambda day: day.strftime("%y%m%d"))
NAMES = st.builds(PairName, SYMBOLS, st.sampled_from(OFFERED) | DAYS)


@given(NAMES)
def test_a_key_is_read_back_as_the_pair_it_was_written_of(name: PairName) -> None:
    assert parse(str(name)) == of_key(str(name)) == name
    assert pair_name.spot_symbol(str(name)) == name.symbol


@given(NAMES, st.sampled_from(OFFERED))
def test_a_contract_of_its_own_stands_before_the_usual_one(name: PairName, usual: str) -> None:
    assert parse(f"{name.symbol}@{name.contract}", usual) == name
    assert parse(name.symbol, usual) == PairName(name.symbol, usual)


@given(NAMES)
def test_ascii_letters_may_be_written_small_or_large(name: PairName) -> None:
    swapped = "".join(letter.swapcase() if letter.isascii() else letter for letter in str(name))
    assert parse(swapped) == name


@given(NAMES, NAMES)
def test_two_pairs_never_have_one_key(first: PairName, second: PairName) -> None:
    assert (str(first) == str(second)) == (first == second)


@given(SYMBOLS, DAYS)
def test_a_wire_name_that_ends_in_a_day_is_that_quarter_and_any_other_a_perpetual(symbol: str, day: str) -> None:
    assert of_wire(f"{symbol}_{day}") == PairName(symbol, day)
    assert of_wire(symbol) == PairName(symbol, PERPETUAL)
    assert str(of_wire(f"{symbol}_{day}")) == f"{symbol}_{day}"


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("ethusdt", "ETHUSDT"),
        ("ethusdt@perpetual", "ETHUSDT"),
        ("BTCUSDT@Current_Quarter", "BTCUSDT@current_quarter"),
        ("btcusdt_261225", "BTCUSDT_261225"),
        ("btcusdt@261225", "BTCUSDT_261225"),
        ("a_261399", "A_261399"),  # no day
        ("_261225", "_261225"),  # no symbol before it
    ],
)
def test_what_a_person_writes_has_one_spelling(text: str, key: str) -> None:
    assert str(parse(text)) == key


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("btcusdt@coinm_perpetual", "a COIN-M contract, which this version does not offer"),
        ("btcusdt@coinm_current_quarter", "a COIN-M contract, which this version does not offer"),
        ("btcusdt@weekly", "no such contract: choose perpetual, current_quarter, next_quarter"),
        ("btcusdt@", "no such contract"),
        ("btcusdt@a@b", "no such contract"),
        ("btcusdt_261225@perpetual", 'a second contract, after that of a quarter: write "BTCUSDT_261225" alone'),
    ],
)
def test_a_contract_that_there_is_not_is_refused_with_a_sentence(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        parse(text)


@pytest.mark.parametrize(
    ("moment", "current", "following"),
    [
        ("2026-10-03T00:00", "261225", "270326"),
        ("2026-12-25T07:59:59.999", "261225", "270326"),
        ("2026-12-25T08:00", "270326", "270625"),  # from the delivery on
        ("2026-12-31T23:00", "270326", "270625"),
        ("2026-09-25T07:00", "260925", "261225"),
    ],
)
def test_a_relative_quarter_is_the_one_of_the_exchanges_calendar(moment: str, current: str, following: str) -> None:
    at_ms = round(datetime.fromisoformat(moment).replace(tzinfo=UTC).timestamp() * 1000)
    assert PairName("BTCUSDT", "current_quarter").dated(at_ms) == PairName("BTCUSDT", current)
    assert PairName("BTCUSDT", "next_quarter").dated(at_ms) == PairName("BTCUSDT", following)
    for name in (PairName("BTCUSDT"), PairName("BTCUSDT", "250926")):
        assert name.dated(at_ms) == name


def test_only_the_list_of_the_exchange_tells_what_a_relative_quarter_is() -> None:
    assert [of_key(key).is_relative for key in ("BTCUSDT", "BTCUSDT@next_quarter", "BTCUSDT_261225")] == [
        *(False, True, False),
    ]
