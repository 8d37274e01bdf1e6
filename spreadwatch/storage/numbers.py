"""A decimal's text as a small whole number and back, to the letter.

A series has `places` decimals, of which the last `zeros` are always 0 (its tick is coarser than its notation):
'61837.63000000' is 6183763 where places is 8 and zeros is 6. A text that does not fit is kept as text.
"""

from collections.abc import Iterable
from typing import Self

_MEMORY = 16384
_LARGEST = 1 << 62


def places_of(text: str) -> int:
    """Return how many digits follow the point."""
    return len(text.partition(".")[2])


def zeros_of(texts: Iterable[str], places: int) -> int:
    """Return how many decimals at the end are 0 in every text, `places` at most."""
    return min((_zeros(text, places) for text in texts), default=0)


def _zeros(text: str, places: int) -> int:
    decimals = text.partition(".")[2]
    return min(len(decimals) - len(decimals.rstrip("0")), places)


def shrink(text: str, places: int, zeros: int) -> int | str:
    """Return the number for a text, or the text itself when `grow` would not give it back."""
    whole, point, decimals = text.partition(".")
    if len(decimals) != places or bool(point) != bool(places) or not (whole + decimals).isdecimal():
        return text
    if not whole or (whole[0] == "0" and whole != "0") or not text.isascii():
        return text
    number, rest = divmod(int(whole + decimals), 10**zeros)
    return text if rest or number >= _LARGEST else number


def grow(stored: int | str, places: int, zeros: int) -> str:
    """Return the text that `shrink` was given."""
    if isinstance(stored, str):
        return stored
    if not places:
        return str(stored)
    digits = str(stored * 10**zeros).zfill(places + 1)
    return f"{digits[:-places]}.{digits[-places:]}"


class Shrinker(dict[str, int | str]):
    """`shrink` for one kind of number of a series, with a memory: prices and sizes repeat within seconds."""

    def __init__(self, places: int, zeros: int) -> None:
        super().__init__()
        self.places = places
        self.zeros = zeros

    def __missing__(self, text: str) -> int | str:
        number = shrink(text, self.places, self.zeros)
        if len(self) >= _MEMORY:
            self.clear()
        self[text] = number
        return number

    def finer(self, texts: Iterable[str]) -> Self | None:
        """Return one that takes all `texts` as numbers where only its zeros are in the way, else None."""
        stuck = [text for text in texts if isinstance(self[text], str)]
        zeros = min(zeros_of(stuck, self.places), self.zeros) if stuck else self.zeros
        fits = any(isinstance(shrink(text, self.places, zeros), int) for text in stuck)
        return type(self)(self.places, zeros) if zeros < self.zeros and fits else None
