"""A decimal's text as a small whole number and back, to the letter.

A series has `places` decimals, of which the last `zeros` are always 0 (its tick is coarser than its notation):
'61837.63000000' is 6183763 where places is 8 and zeros is 6. A text that does not fit is kept as text.
"""

from collections.abc import Iterable
from decimal import Decimal

from msgspec import Struct

LIMIT = 1 << 62
"""Every stored number is below it, so that the sum of two is still a whole number of SQLite's, not a float."""

_MEMORY = 16384


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
    return text if rest or number >= LIMIT else number


def grow(stored: int | str | float, places: int, zeros: int) -> str:
    """Return the text that `shrink` was given. Of a float, which it never gives, return what stands there."""
    if isinstance(stored, str):
        return stored
    if isinstance(stored, float):
        return f"{Decimal(stored).scaleb(zeros - places):f}"
    if not places:
        return str(stored)
    digits = str(stored * 10**zeros).zfill(places + 1)
    return f"{digits[:-places]}.{digits[-places:]}"


class Notation(Struct, frozen=True):
    """How the texts of one kind of number of a series become whole numbers. A value: it is never false."""

    places: int
    zeros: int

    @staticmethod
    def of(texts: list[str]) -> "Notation":
        """Return the notation of a new series: as many places as the first text, the zeros that all share."""
        places = places_of(texts[0])
        return Notation(places, zeros_of(texts, places))

    def shrink(self, text: str) -> int | str:
        """Return the number for a text, or the text itself when it cannot be given back from one."""
        return shrink(text, self.places, self.zeros)

    def fits(self, text: str) -> bool:
        """Tell whether a text becomes a number."""
        return isinstance(self.shrink(text), int)

    def finer(self, texts: Iterable[str]) -> "Notation | None":
        """Return one that takes more of `texts` as numbers where only its zeros are in the way, else None."""
        zeros = self.zeros
        for text in texts:
            own = min(_zeros(text, self.places), self.zeros)
            if own < zeros and isinstance(shrink(text, self.places, own), int):
                zeros = own
        return Notation(self.places, zeros) if zeros < self.zeros else None


class Shrinker(dict[str, int | str]):
    """What a notation makes of texts, remembered: prices and sizes repeat within seconds. Empty, it is false."""

    def __init__(self, notation: Notation) -> None:
        super().__init__()
        self.notation = notation

    def __missing__(self, text: str) -> int | str:
        number = self.notation.shrink(text)
        if len(self) >= _MEMORY:
            self.clear()
        self[text] = number
        return number
