from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spreadwatch.core.numbers import GROUP, MINUS, exact
from spreadwatch.ui.kit import text

NUMBERS = st.decimals(min_value=Decimal("-1e12"), max_value=Decimal("1e12"), allow_nan=False, places=8)
PLACES = st.integers(0, 10)


@given(NUMBERS, PLACES)
def test_what_the_eye_reads_is_the_exact_text_with_other_signs(number: Decimal, places: int) -> None:
    plain = text.price(number, places).replace(GROUP, "").replace(MINUS, "-")
    assert plain == exact(number, places)


@given(NUMBERS, PLACES)
def test_a_signed_number_shows_its_sign_unless_it_is_zero(number: Decimal, places: int) -> None:
    first = text.signed(number, places)[0]
    assert first == (MINUS if number < 0 else "+" if number > 0 else "0")


@pytest.mark.parametrize(
    ("number", "places", "words"),
    [
        ("-1.30000000", 2, "−1.30"),
        ("0.46", 2, "+0.46"),
        ("-0.00", 2, "0.00"),
        ("12345.6", 2, "+12\N{NO-BREAK SPACE}345.60"),
        ("0.005", 2, "+0.005"),
        ("1E+3", 0, "+1\N{NO-BREAK SPACE}000"),
        ("1E-8", 0, "+0.00000001"),
    ],
)
def test_signed_examples(number: str, places: int, words: str) -> None:
    assert text.signed(Decimal(number), places) == words


def test_a_change_is_an_arrow_and_a_size() -> None:
    assert text.change(Decimal("-0.02"), 2) == "▼ 0.02"
    assert text.change(Decimal("0.02"), 2) == "▲ 0.02"
    assert text.change(Decimal(0), 2) == "0.00"
    assert text.change(None, 2) == ""


def test_bps_are_rounded_to_two_decimals() -> None:
    assert text.bps(Decimal("-3.8094")) == "−3.81"
    assert text.bps(Decimal("0.001")) == "0.00"
    assert text.bps(None) == "—"


@pytest.mark.parametrize(
    ("age_ms", "words"),
    [
        (None, "—"),
        (0, "0 ms"),
        (38, "38 ms"),
        (999, "999 ms"),
        (1_000, "1.0 s"),
        (1_299, "1.2 s"),
        (9_999, "9.9 s"),
        (14_900, "14 s"),
        (119_999, "119 s"),
        (180_000, "3 min"),
        (5 * 3_600_000, "5 h"),
        (3 * 86_400_000, "3 d"),
    ],
)
def test_ages_get_coarser_as_they_grow(age_ms: int | None, words: str) -> None:
    assert text.age(age_ms) == words


@given(st.integers(0, 10**13))
def test_an_age_is_short(age_ms: int) -> None:
    assert len(text.age(age_ms)) <= 8


def test_a_time_of_another_day_says_its_day() -> None:
    at_ms = 1_723_161_501_069
    assert text.clock(at_ms, at_ms + 1_000, utc=True) == "23:58:21"
    assert text.clock(at_ms, at_ms + 3_600_000, utc=True) == "08-08 23:58:21"


@given(st.integers(-(2**70), 2**70), st.integers(0, 2**70), st.booleans())
def test_no_time_is_too_strange_to_write(wall_ms: int, now_ms: int, utc: bool) -> None:
    assert text.clock(wall_ms, now_ms, utc=utc)


def test_the_title_begins_with_the_number() -> None:
    assert text.title("ETHUSDT", Decimal("-1.3"), 2, None) == "−1.30 ETHUSDT · spreadwatch"
    assert text.title("ETHUSDT", None, 2, None) == "— ETHUSDT · spreadwatch"
    assert text.title("ETHUSDT", Decimal("-1.3"), 2, "DEMO") == "−1.30 ETHUSDT · spreadwatch (demo)"


def test_a_reason_becomes_a_sentence() -> None:
    assert text.sentence("spot has been silent for 4.2 s") == "Spot has been silent for 4.2 s."
    assert text.sentence("why?") == "Why?"
    assert text.sentence(None) == ""


def test_an_empty_window_says_what_it_waits_for() -> None:
    assert text.waiting("ETHUSDT", None) == "Waiting for the first quotes of ETHUSDT from Binance."
    assert text.waiting("ETHUSDT", "DEMO") == "Waiting for the first quotes of ETHUSDT from the demo."
    assert text.waiting("ETHUSDT", "REPLAY 2024-08-08").endswith("from the replay.")


def _wrap(words: str, width: int) -> int:
    """Count lines the slow way: fill lines character by character, as Tk does."""
    lines, line = 1, ""
    for word in words.split(" "):
        if line and len(line) + 1 + len(word) > width:
            lines, line = lines + 1, ""
        line = f"{line} {word}" if line else word
        while len(line) > width:
            lines, line = lines + 1, line[width:]
    return lines


@given(st.lists(st.text("abc", min_size=1, max_size=30), max_size=20), st.integers(5, 40))
def test_lines_are_counted_as_a_plain_wrapper_counts_them(words: list[str], width: int) -> None:
    assert text.wrapped_lines(" ".join(words), width, len) == _wrap(" ".join(words), width)
