"""Foreign words in a fault: what may be shown of a value, and what somebody may have meant. Pure."""

import json
import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Final

_MAY_HOLD_PASSWORD: Final = re.compile(r":.*[@?]", re.DOTALL)
_SHOWN_CHARS: Final = 60
_SHOWN_ITEMS: Final = 4


def closest(word: str, choices: Iterable[str]) -> str | None:
    """Return the choice that `word` seems to be a slip of; None when nothing is near."""
    import difflib  # only who mistyped waits for it

    return next(iter(difflib.get_close_matches(word[:_SHOWN_CHARS].replace("-", "_"), choices, 1)), None)


def show(value: object) -> str:
    """Return a refused value in one short line of visible characters, unless it may hold a password."""
    if isinstance(value, list | tuple):
        items = [_show_one(item) for item in value[:_SHOWN_ITEMS]]
        text = f"[{', '.join(items)}{', …' if len(value) > _SHOWN_ITEMS else ''}]"
    else:
        text = _show_one(value)
    return printable(text, _SHOWN_CHARS)


def _show_one(value: object) -> str:
    match value:
        case dict():
            return "{…}"
        case list() | tuple():
            return "[…]"
        case str() if _MAY_HOLD_PASSWORD.search(value):
            return "(not shown: it may hold a password)"
        case Decimal():
            return str(value).lower()
        case bool() | str():
            return json.dumps(value, ensure_ascii=False)
    try:
        return str(value)
    except ValueError:
        return "(too long to show)"


def printable(text: str, most: int = 200) -> str:
    """Return a text of visible characters, the others escaped, cut to `most`."""
    shown = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text[:most])
    return shown[: most - 1] + "…" if len(text) > most else shown
