"""Parameters of a request: foreign text becomes typed values, or one sentence that names the fault. Pure."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from msgspec import Struct

from spreadwatch.config.kinds import RefusedError, Symbol
from spreadwatch.core.times import EPOCH

FIRST_MS = 946_684_800_000
"""2000-01-01: no exchange of this kind is older."""
END_MS = 4_102_444_800_000
"""2100-01-01."""

Kind = Literal["symbol", "moment"]
_MOMENT = re.compile(
    r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(?::(\d\d)(?:\.(\d{1,6}))?)?(?:(Z)|([+\- ])(\d\d):?(\d\d))?", re.ASCII
)
_UNIX = re.compile(r"\d{1,16}", re.ASCII)


class BadParameterError(ValueError):
    """A parameter that is missing, foreign, or not allowed. `name` is its name."""

    def __init__(self, name: str, sentence: str) -> None:
        self.name = name
        super().__init__(sentence)


class Parameter(Struct, frozen=True):
    """What a question takes. `about` is for the document."""

    name: str
    kind: Kind
    required: bool
    about: str


class Asked(Struct, frozen=True):
    """Typed values of a request. None: not given."""

    symbol: str | None = None
    timestamp: int | None = None
    start: int | None = None
    end: int | None = None


_FIELDS = {"symbol": "symbol", "timestamp": "timestamp", "from": "start", "to": "end"}


def read(parameters: Iterable[Parameter], given: Iterable[tuple[str, str]]) -> Asked:
    """Return what is asked. Raises BadParameterError."""
    known = {parameter.name: parameter for parameter in parameters}
    found: dict[str, str | int] = {}
    for name, text in given:
        parameter = known.get(name)
        if parameter is None:
            taken = " and ".join(known) or "none"
            raise BadParameterError(name[:40], f"there is no parameter {_shown(name)} here; this takes {taken}")
        if _FIELDS[name] in found:
            raise BadParameterError(name, f"{name} is given more than once")
        found[_FIELDS[name]] = symbol(name, text) if parameter.kind == "symbol" else moment(name, text)
    for parameter in known.values():
        if parameter.required and _FIELDS[parameter.name] not in found:
            raise BadParameterError(parameter.name, f"{parameter.name} is missing: {parameter.about}")
    return Asked(**found)  # type: ignore[arg-type]  # each kind was read as its field's type


def symbol(name: str, text: str) -> str:
    """Return a symbol in the program's spelling. Raises BadParameterError."""
    try:
        return Symbol().check(text, Path())
    except RefusedError as error:
        raise BadParameterError(name, f"{name} must be {Symbol().allowed}, not {_shown(text)}") from error


def moment(name: str, text: str) -> int:
    """Return a moment as Unix ms: an ISO date and time, UTC unless it carries an offset, or Unix ms already.

    Raises BadParameterError.
    """
    at_ms = int(text) if _UNIX.fullmatch(text) else _calendar(text)
    if at_ms is None:
        raise BadParameterError(
            name, f"{name} must be a time such as 2026-07-03T08:30:36 (UTC) or Unix milliseconds, not {_shown(text)}"
        )
    if not FIRST_MS <= at_ms < END_MS:
        raise BadParameterError(
            name, f"{name} must lie between the years 2000 and 2100 (Unix times are in milliseconds), not {text}"
        )
    return at_ms


def _calendar(text: str) -> int | None:
    match = _MOMENT.fullmatch(text)
    if match is None:
        return None
    day, minute, second, fraction, _, sign, hours, minutes = match.groups()
    try:
        local = datetime.fromisoformat(f"{day}T{minute}:{second or '00'}").replace(tzinfo=UTC)
    except ValueError:
        return None
    ahead = timedelta()
    if sign:
        if int(hours) > 23 or int(minutes) > 59:
            return None
        ahead = timedelta(hours=int(hours), minutes=int(minutes))
        ahead = -ahead if sign == "-" else ahead  # a plus in a query that nobody encoded arrives as a blank
    whole_ms = (local - EPOCH) // timedelta(milliseconds=1) - ahead // timedelta(milliseconds=1)
    return whole_ms + int((fraction or "").ljust(3, "0")[:3])


def _shown(text: str) -> str:
    short = text if len(text) <= 40 else text[:40] + "…"
    return repr(short)
