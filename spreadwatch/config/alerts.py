"""The rules of alerts as the file and the window's form give them: checked together, every fault at once. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from spreadwatch.config.kinds import Between, Choice, Exact, Flag, NamedPair, RefusedError, ValueKind, Words
from spreadwatch.config.wording import closest, printable, show
from spreadwatch.core.alerts import Direction, Number, Rule, check

ALL: Final = "all"
"""The word for every symbol."""
_HIGHEST: Final = Decimal(1_000_000_000)
_NOWHERE: Final = Path()
_LEVEL: Final = Exact(-_HIGHEST, _HIGHEST, "bps, or quote currency for a spread")


@dataclass(frozen=True, slots=True)
class _SymbolOrAll(ValueKind):
    allowed: str = 'a symbol such as "ETHUSDT" or "BTCUSDT@current_quarter", or "all"'

    def check(self, value: object, folder: Path) -> str | None:
        if isinstance(value, str) and value.lower() == ALL:
            return None
        return NamedPair().check(value, folder)


FIELDS: Final[Mapping[str, ValueKind]] = {
    "name": Words(60),
    "symbol": _SymbolOrAll(),
    "number": Choice(tuple(Number)),
    "side": Choice(tuple(Direction)),
    "level": _LEVEL,
    "rearm": _LEVEL,
    "hold_s": Between(0, 86_400, "seconds"),
    "cooldown_s": Between(0, 604_800, "seconds"),
    "once": Flag(),
}
"""Every key of a rule and what it allows."""
_NEEDED: Final = ("symbol", "number", "side", "level", "rearm")


@dataclass(frozen=True, slots=True)
class _Fault:
    """What is wrong with one key of a rule; the whole rule if `key` is empty. `shown`: its value, if it has one."""

    key: str
    words: str
    shown: str = ""

    def at(self, place: str) -> str:
        """Write it for a rule at `place`; an empty one in a form."""
        dotted = f"{place}.{self.key}" if place and self.key else place or self.key
        subject = f"{dotted} = {self.shown}" if self.shown else dotted
        return f"{subject}: {self.words}" if subject else self.words


class RefusedRulesError(RefusedError):
    """Rules that are not allowed: for each fault the dotted place, such as `alerts[2].level`, and a sentence."""

    def __init__(self, faults: list[tuple[str, str]]) -> None:
        self.faults = faults
        super().__init__("; ".join(words for _, words in faults))


@dataclass(frozen=True, slots=True)
class AlertRules(ValueKind):
    """A list of tables, a rule each."""

    most: int

    @property
    def allowed(self) -> str:
        """Their form."""
        return f"up to {self.most} tables, each headed [[alerts]], with {', '.join(FIELDS)}"

    def check(self, value: object, folder: Path) -> tuple[Rule, ...]:
        """Raise RefusedRulesError with the faults of all rules."""
        if not isinstance(value, list | tuple):
            raise RefusedError("not a list of tables")
        if len(value) > self.most:
            raise RefusedError(f"{len(value)} rules")
        faults: list[tuple[str, str]] = []
        rules: list[Rule] = []
        for number, table in enumerate(value, start=1):
            place = f"alerts[{number}]"
            made = table if isinstance(table, Rule) else _rule(table)
            if isinstance(made, list):
                faults += [(f"{place}.{one.key}", one.at(place)) for one in made]
            elif any(other.name == made.name for other in rules):
                same = _Fault("", f'another rule has the name "{made.name}"; give each a name of its own')
                faults.append((place, same.at(place)))
            else:
                rules.append(made)
        if faults:
            raise RefusedRulesError(faults)
        return tuple(rules)


def rule_from_texts(texts: Mapping[str, str]) -> Rule | str:
    """Make a rule of what was typed, by the names of FIELDS; return a sentence when that is not possible.

    A field that is empty counts as left out.
    """
    table: dict[str, object] = {}
    for name, text in texts.items():
        if text.strip():
            table[name] = FIELDS[name].read(text) if name in FIELDS else text
    made = _rule(table)
    if isinstance(made, Rule):
        return made
    return made[0].at("") + "."


def rule_to_table(rule: Rule) -> dict[str, Any]:
    """Return the rule as the file has it: every key, None for none of them."""
    return {name: getattr(rule, name) for name in FIELDS} | {"symbol": rule.symbol or ALL}


def _rule(table: object) -> Rule | list[_Fault]:
    if not isinstance(table, Mapping):
        return [_Fault("", f"{show(table)} is not a table; write [[alerts]] and its keys below")]
    faults = list(_unknown(table))
    values: dict[str, Any] = {}
    for name, allows in FIELDS.items():
        if name not in table:
            if name in _NEEDED:
                faults.append(_Fault(name, f"missing; allowed: {allows.allowed}"))
            continue
        try:
            values[name] = allows.check(table[name], _NOWHERE)
        except RefusedError as error:
            faults.append(_Fault(name, f"{error}; allowed: {allows.allowed}", show(table[name])))
    if faults:
        return faults
    values["number"], values["side"] = Number(values["number"]), Direction(values["side"])
    rule = Rule(**{"name": _usual_name(values), **values})
    words = check(rule)
    return [_Fault("rearm", words, f"{rule.rearm:f}")] if words else rule


def _unknown(table: Mapping[Any, object]) -> Iterator[_Fault]:
    for name in table:
        if name not in FIELDS:
            guess = closest(str(name), FIELDS)
            hint = f"did you mean {guess}?" if guess else f"keys here: {', '.join(FIELDS)}"
            yield _Fault(printable(str(name)), f"unknown key; {hint}")


def _usual_name(values: Mapping[str, Any]) -> str:
    return f"{values['symbol'] or ALL} {values['number']} {values['side']} {values['level']:f}"
