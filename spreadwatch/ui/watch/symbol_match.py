"""Which symbols a few typed letters may mean. Pure."""

import re
from collections.abc import Collection, Sequence

from spreadwatch.core.numbers import split_symbol
from spreadwatch.core.pair_name import spot_symbol

_NAME = re.compile(r"[^\W_]{2,30}(_\d{6}|@[a-z_]+|@\d{6})?")
_USUAL = "USDT"


def spelled(typed: str) -> str:
    """Write a name as its key is: without blanks, ASCII letters of the symbol large, those of the contract small."""
    symbol, at, contract = "".join(typed.split()).partition("@")
    return "".join(letter.upper() if letter.isascii() else letter for letter in symbol) + at + contract.lower()


def looks_like_symbol(name: str) -> bool:
    """Tell whether a spelled name could be one of a pair: letters and digits that end in a known currency."""
    return _NAME.fullmatch(name) is not None and bool(split_symbol(name)[1])


def guesses(typed: str) -> list[str]:
    """Return what a typed name may mean where no list of symbols is at hand; empty for what cannot be one."""
    name = spelled(typed)
    return [one for one in (name, name + _USUAL) if looks_like_symbol(one)][:1]


def matches(typed: str, candidates: Sequence[str], watched: Collection[str], limit: int) -> list[str]:
    """Return the symbols that begin with what was typed, then those that hold it, shorter ones first.

    Nothing typed: those not watched yet, as they come. A contract typed to a symbol that is there: that pair.
    """
    name = spelled(typed)
    if not name:
        return [one for one in candidates if one not in watched][:limit]
    found = [one for one in candidates if name in one]
    if not found and looks_like_symbol(name) and spot_symbol(name) in map(spot_symbol, candidates):
        return [name]
    found.sort(key=lambda one: (one != name, not one.startswith(name), one != name + _USUAL, len(one)))
    return found[:limit]
