"""Parameters of a request: foreign text becomes typed values, or one sentence that names the fault."""

import re
import time
from collections.abc import Iterable
from pathlib import Path

from spreadwatch.config.kinds import NamedPair, RefusedError
from spreadwatch.core import pair_name, times
from spreadwatch.core.pair_name import PERPETUAL
from spreadwatch.core.questions import Asked, Parameter

_LOST_PLUS = re.compile(r"(:\d\d(?:\.\d+)?) (\d\d:?\d\d)$", re.ASCII)
"""The offset of a time whose plus nobody encoded: it arrives as a blank."""


class BadParameterError(ValueError):
    """A parameter that is missing, foreign, or not allowed. `name` is its name."""

    def __init__(self, name: str, sentence: str) -> None:
        self.name = name
        super().__init__(sentence)


_FIELDS = {"symbol": "symbol", "timestamp": "at_ms", "from": "from_ms", "to": "to_ms"}


def read(parameters: Iterable[Parameter], given: Iterable[tuple[str, str]], usual: str = PERPETUAL) -> Asked:
    """Return what is asked; a symbol without a contract has the `usual` one. Raises BadParameterError."""
    known = {parameter.name: parameter for parameter in parameters}
    found: dict[str, str | int] = {}
    now_ms = time.time_ns() // 1_000_000
    for name, text in given:
        parameter = known.get(name)
        if parameter is None:
            taken = " and ".join(known) or "none"
            raise BadParameterError(name[:40], f"there is no parameter {_shown(name)} here; this takes {taken}")
        if _FIELDS[name] in found:
            raise BadParameterError(name, f"{name} is given more than once")
        found[_FIELDS[name]] = pair(name, text, usual) if parameter.kind == "symbol" else moment(name, text, now_ms)
    for parameter in known.values():
        if parameter.required and _FIELDS[parameter.name] not in found:
            raise BadParameterError(parameter.name, f"{parameter.name} is missing: {parameter.about}")
    return Asked(**found, now_ms=now_ms)  # type: ignore[arg-type]  # each kind was read as its field's type


def pair(name: str, text: str, usual: str) -> str:
    """Return the key of a pair. Raises BadParameterError."""
    try:
        return str(pair_name.parse(NamedPair().check(text, Path()), usual))
    except RefusedError as error:
        sentence = f"{name} must be {NamedPair().allowed}, not {_shown(text)}: {error}"
        raise BadParameterError(name, sentence) from error


def moment(name: str, text: str, now_ms: int) -> int:
    """Return a moment as Unix ms. Raises BadParameterError."""
    try:
        return times.read(name, _LOST_PLUS.sub(r"\1+\2", text), now_ms)
    except times.NotAMomentError as error:
        raise BadParameterError(name, str(error)) from error


def _shown(text: str) -> str:
    short = text if len(text) <= 40 else text[:40] + "…"
    return repr(short)
