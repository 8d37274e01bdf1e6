"""What is asked is understood or refused with a sentence, whatever comes."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spreadwatch.api.parameters import BadParameterError, moment, pair, read
from spreadwatch.core.questions import BARS_FROM, SYMBOL, TIMESTAMP, TO, Asked, Parameter
from spreadwatch.core.times import END_MS, FIRST_MS, MINUTE_MS, utc

HALF_PAST_MS = 1_783_067_436_000  # 2026-07-03T08:30:36 UTC
MOMENTS = st.datetimes(datetime(2000, 1, 2), datetime(2099, 12, 30))  # noqa: DTZ001 - hypothesis wants them so
OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


def unix_ms(at: datetime) -> int:
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-07-03T08:30:36", HALF_PAST_MS),
        ("2026-07-03 08:30:36", HALF_PAST_MS),
        ("2026-07-03T08:30:36Z", HALF_PAST_MS),
        ("2026-07-03T10:30:36+02:00", HALF_PAST_MS),
        ("2026-07-03T10:30:36 02:00", HALF_PAST_MS),
        ("2026-07-03T03:00:36-0530", HALF_PAST_MS),
        ("2026-07-03T08:30:36.5", HALF_PAST_MS + 500),
        ("2026-07-03T08:30:36.123999", HALF_PAST_MS + 123),
        ("2026-07-03T08:30", HALF_PAST_MS - 36_000),
        (str(HALF_PAST_MS), HALF_PAST_MS),
        (str(HALF_PAST_MS // 1000), HALF_PAST_MS),
        ("2026-07-03", HALF_PAST_MS - 30_636_000),
    ],
)
def test_a_time_is_utc_unless_it_carries_an_offset(text: str, expected: int) -> None:
    assert moment("timestamp", text, HALF_PAST_MS) == expected


@given(MOMENTS, OFFSETS)
def test_every_time_is_read_as_the_calendar_says(at: datetime, offset: timezone) -> None:
    at = at.replace(tzinfo=offset, microsecond=at.microsecond // 1000 * 1000)
    assert moment("timestamp", at.isoformat(), HALF_PAST_MS) == unix_ms(at)


@given(MOMENTS)
def test_a_written_time_reads_back(at: datetime) -> None:
    at_ms = unix_ms(at.replace(tzinfo=UTC))
    assert moment("timestamp", utc(at_ms), HALF_PAST_MS) == at_ms
    assert moment("timestamp", utc(at_ms, "minutes"), HALF_PAST_MS) == at_ms - at_ms % MINUTE_MS


@pytest.mark.parametrize(
    "text",
    [
        *("", "Now", "NaN", "-5", "1e12", "\x00", "\u0663" * 13, "1783067", "9" * 16, "9" * 400),
        *("2026-7-3", "2026-02-30T00:00:00", "2026-07-03T24:00:00", "2026-07-03T08:30:60", "2026-07-03T08:30:36\n"),
        *("2026-07-03T08:30:36+25:00", "2026-07-03T08:30:36+02:00Z", "2026-07-03T08:30:36; DROP TABLE quotes"),
        *("1999-12-31T23:59:59", "2100-01-01T00:00:00"),
    ],
)
def test_a_time_that_is_none_is_named(text: str) -> None:
    with pytest.raises(BadParameterError, match=r"^from must") as caught:
        moment("from", text, HALF_PAST_MS)
    assert caught.value.name == "from"
    assert len(str(caught.value)) < 200


@given(st.text(max_size=60))
def test_no_text_is_more_than_a_time_or_a_fault(text: str) -> None:
    try:
        at_ms = moment("from", text, HALF_PAST_MS)
    except BadParameterError:
        return
    assert FIRST_MS <= at_ms < END_MS


@given(st.text(max_size=60))
def test_no_text_is_more_than_a_symbol_or_a_fault(text: str) -> None:
    try:
        found = pair("symbol", text, "perpetual")
    except BadParameterError:
        return
    assert 2 <= len(found) <= 40
    assert not set(found) & set(" '\"<>&;/\\%\n\x00")


def test_a_symbol_may_be_written_small_and_has_the_usual_contract() -> None:
    assert pair("symbol", "ethusdt", "perpetual") == "ETHUSDT"
    assert pair("symbol", "ethusdt", "next_quarter") == "ETHUSDT@next_quarter"
    assert pair("symbol", "ethusdt@perpetual", "next_quarter") == "ETHUSDT"
    assert pair("symbol", "btcusdt@261225", "next_quarter") == "BTCUSDT_261225"


@pytest.mark.parametrize(
    ("given_", "name", "words"),
    [
        ([], "symbol", "symbol is missing"),
        ([("symbol", "ETHUSDT")], "timestamp", "timestamp is missing"),
        ([("simbol", "ETHUSDT")], "simbol", "no parameter 'simbol'"),
        ([("symbol", "ETHUSDT"), ("symbol", "BTCUSDT")], "symbol", "more than once"),
        ([("x" * 5000, "1")], "x" * 40, "no parameter"),
    ],
)
def test_the_fault_of_a_request_is_named(given_: list[tuple[str, str]], name: str, words: str) -> None:
    with pytest.raises(BadParameterError, match=words) as caught:
        read((SYMBOL, TIMESTAMP), given_)
    assert caught.value.name == name
    assert len(str(caught.value)) < 250


@given(st.lists(st.tuples(st.text(max_size=12) | st.sampled_from(["symbol", "from", "to"]), st.text(max_size=30))))
def test_whatever_is_given_is_typed_or_refused(given_: list[tuple[str, str]]) -> None:
    wanted: tuple[Parameter, ...] = (SYMBOL, BARS_FROM, TO)
    try:
        asked = read(wanted, given_)
    except BadParameterError:
        return
    assert isinstance(asked, Asked)
    assert isinstance(asked.symbol, str)
