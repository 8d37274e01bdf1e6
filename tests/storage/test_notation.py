"""A number that is stored small comes back to the letter."""

from hypothesis import given, settings
from hypothesis import strategies as st

from spreadwatch.storage.sqlite.notation import Notation, Shrinker, grow, places_of, shrink, zeros_of

fast = settings(deadline=None, database=None, max_examples=400)

usual = st.tuples(st.integers(0, 10**16), st.integers(0, 8)).map(lambda pair: f"{pair[0] / 10 ** pair[1]:.{pair[1]}f}")
odd = st.text(alphabet="0123456789.", max_size=26)
texts = st.one_of(usual, odd, st.text(max_size=4))


@fast
@given(texts, st.integers(0, 9), st.integers(0, 9))
def test_any_text_in_any_notation_comes_back_to_the_letter(text: str, places: int, zeros: int) -> None:
    assert grow(shrink(text, places, min(zeros, places)), places, min(zeros, places)) == text


@fast
@given(st.lists(usual, min_size=1))
def test_the_notation_of_a_text_takes_it_as_a_number(some: list[str]) -> None:
    places = places_of(some[0])
    zeros = zeros_of(some, places)
    for text in some:
        if places_of(text) == places:
            assert isinstance(shrink(text, places, zeros), int)


def test_a_finer_tick_is_taken_up_and_other_oddities_are_not() -> None:
    prices = Notation(8, 6)
    assert prices.shrink("61837.63000000") == 6183763
    assert prices.finer(["61837.63000000"]) is None
    assert prices.finer(["61837.63100000", "61837.63000000", "61837.6311"]) == Notation(8, 5)
    assert prices.finer(["61837.631", "1e5", "", "007.00000000"]) is None


def test_a_notation_is_a_value_and_never_false() -> None:
    assert Notation(0, 0)
    assert Notation.of(["100", "20"]) == Notation(0, 0)
    assert Notation.of(["1.50000", "2.00000"]) == Notation(5, 4)
    numbers = Shrinker(Notation(2, 1))
    assert (numbers["1.50"], numbers["1.55"], list(numbers)) == (15, "1.55", ["1.50", "1.55"])
