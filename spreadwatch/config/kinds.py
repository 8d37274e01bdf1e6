"""What a key of the configuration may hold."""

import re
import shlex
from abc import ABC, abstractmethod
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Final

from spreadwatch.core import pair_name

_TRUE: Final = ("true", "1", "yes", "on")
_FALSE: Final = ("false", "0", "no", "off")
_DECIMAL: Final = re.compile(r"[+-]?[0-9]{1,30}(\.[0-9]{0,30})?([eE][+-]?[0-9]{1,2})?")
_NAME: Final = r"[^\x00-/:-@\[-\^`{-\x7f]{2,40}"
PAIR_PATTERN: Final = rf"^{_NAME}(@\w+)?$"
"""A pair, as a regular expression: of ASCII only letters, digits and "_" make a symbol; of the rest only letters."""
_SYMBOL_FORM: Final = re.compile(_NAME)
OFF: Final = "off"
_SYMBOL: Final = 'a symbol such as "ETHUSDT": 2 to 40 letters, digits or "_"'
_AND_CONTRACT: Final = ', and a contract if need be as in "BTCUSDT@current_quarter"'
_TYPE_NAMES: Final = {
    bool: "true/false",
    str: "text",
    int: "a whole number",
    float: "a number with a fraction",
    Decimal: "a number with a fraction",
    list: "a list",
    tuple: "a list",
    dict: "a table",
}


class RefusedError(ValueError):
    """A value that a key does not allow. The message says why and never repeats the value."""


class ValueKind(ABC):
    """What a key allows, a class for each kind of value."""

    __slots__ = ()

    @property
    @abstractmethod
    def allowed(self) -> str:
        """The allowed values in words, for a fault and for the example file."""

    def read(self, text: str) -> object:
        """Turn an environment variable's text into a value to check: without blanks around it. Raises RefusedError."""
        return text.strip()

    @abstractmethod
    def check(self, value: object, folder: Path) -> object:
        """Return the value in its final form; relative paths start at `folder`. Raises RefusedError."""


@dataclass(frozen=True, slots=True)
class Flag(ValueKind):
    """True or false."""

    allowed: str = "true or false"

    def read(self, text: str) -> object:
        """Take true/false, 1/0, yes/no, on/off in any case."""
        word = text.strip().lower()
        return word in _TRUE if word in (*_TRUE, *_FALSE) else text

    def check(self, value: object, folder: Path) -> bool:
        """Refuse whatever is not a boolean."""
        if not isinstance(value, bool):
            raise wrong_type(value)
        return value


@dataclass(frozen=True, slots=True)
class Between(ValueKind):
    """A number between `low` and `high`, both included."""

    low: float
    high: float
    unit: str
    whole: bool = False

    @property
    def allowed(self) -> str:
        """The range with its unit."""
        kind = "a whole number" if self.whole else "a number"
        return f"{kind} from {self.low} to {self.high} ({self.unit})"

    def read(self, text: str) -> object:
        """Take decimal notation."""
        try:
            return int(text) if self.whole else float(text)
        except ValueError:
            return text

    def check(self, value: object, folder: Path) -> float:
        """Refuse other types, NaN, and what lies outside the range."""
        if isinstance(value, Decimal) and not self.whole:
            value = float(value)
        if isinstance(value, bool) or not isinstance(value, int if self.whole else int | float):
            raise wrong_type(value)
        if not self.low <= value <= self.high:
            raise RefusedError("out of range")
        return value if self.whole else float(value)


@dataclass(frozen=True, slots=True)
class Exact(ValueKind):
    """A decimal between `low` and `high`, both included, kept to the last digit; at most `places` decimals."""

    low: Decimal
    high: Decimal
    unit: str
    places: int = 12

    @property
    def allowed(self) -> str:
        """The range with its unit."""
        return f"a number from {self.low:f} to {self.high:f} ({self.unit}), at most {self.places} decimals"

    def read(self, text: str) -> object:
        """Take decimal notation; a real minus sign is one too, since the window shows it."""
        text = text.strip().replace("\N{MINUS SIGN}", "-")
        return Decimal(text) if _DECIMAL.fullmatch(text) else text

    def check(self, value: object, folder: Path) -> Decimal:
        """Refuse other types, NaN, what lies outside the range, and more decimals."""
        if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
            raise wrong_type(value)
        number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
        if not number.is_finite() or not self.low <= number <= self.high:
            raise RefusedError("out of range")
        _, _, exponent = number.as_tuple()
        if isinstance(exponent, int) and -exponent > self.places:
            raise RefusedError("too many decimals")
        return abs(number) if number == 0 else number  # minus zero is zero


@dataclass(frozen=True, slots=True)
class AmountOrOff(ValueKind):
    """A positive decimal, or "off", which becomes None."""

    amount: Exact

    @property
    def allowed(self) -> str:
        """The range and the word."""
        return f'{self.amount.allowed}, or "{OFF}"'

    def read(self, text: str) -> object:
        """Take either."""
        return self.amount.read(text)

    def check(self, value: object, folder: Path) -> Decimal | None:
        """Refuse zero with what to write instead."""
        if value is None or value == OFF:
            return None
        if isinstance(value, int | float | Decimal) and not isinstance(value, bool) and value == 0:
            raise RefusedError(f'a size of zero buys nothing: write "{OFF}", or the amount you trade, such as 10000')
        return self.amount.check(value, folder)


@dataclass(frozen=True, slots=True)
class Words(ValueKind):
    """A text for people."""

    most: int

    @property
    def allowed(self) -> str:
        """The length."""
        return f"a text of 1 to {self.most} visible characters"

    def check(self, value: object, folder: Path) -> str:
        """Refuse other lengths, and what cannot be seen."""
        text = text_of(value).strip()
        if not 1 <= len(text) <= self.most:
            raise RefusedError("wrong length")
        if not text.isprintable():
            raise RefusedError("a character that cannot be seen")
        return text


@dataclass(frozen=True, slots=True)
class CommandLine(ValueKind):
    """A program and its arguments. They are never given to a shell."""

    allowed: str = 'a list of texts, the program first, such as ["notify-send", "spread"], or [] for none'

    def read(self, text: str) -> object:
        """Split as a shell would; nothing is expanded."""
        try:
            return shlex.split(text)
        except ValueError:
            raise RefusedError("a quotation mark that is not closed") from None

    def check(self, value: object, folder: Path) -> tuple[str, ...]:
        """Refuse what is not a list of texts that a program can be given."""
        if not isinstance(value, list | tuple):
            raise wrong_type(value)
        for place, item in enumerate(value, start=1):
            try:
                text = text_of(item)
            except RefusedError as error:
                raise RefusedError(f"text {place}: {error}") from None
            if "\0" in text or not _is_unicode(text):
                raise RefusedError(f"text {place}: a character that no command line can hold")
        if value and not value[0].strip():
            raise RefusedError("text 1: no program")
        return tuple(value)


@dataclass(frozen=True, slots=True)
class Choice(ValueKind):
    """One of a few words."""

    words: tuple[str, ...]

    @property
    def allowed(self) -> str:
        """The words."""
        return " or ".join(f'"{word}"' for word in self.words)

    def check(self, value: object, folder: Path) -> str:
        """Refuse every other word."""
        if text_of(value) not in self.words:
            raise RefusedError("not one of the choices")
        return text_of(value)


@dataclass(frozen=True, slots=True)
class SymbolName(ValueKind):
    """The exchange's name of a pair. Only ASCII is upper-cased: there are names like 币安人生USDT."""

    allowed: str = _SYMBOL

    def check(self, value: object, folder: Path) -> str:
        """Refuse other lengths and characters."""
        text = text_of(value)
        if not 2 <= len(text) <= 40:
            raise RefusedError("wrong length")
        if not _SYMBOL_FORM.fullmatch(text) or not all(c.isascii() or c.isalpha() for c in text):
            raise RefusedError("a character that no symbol has")
        return "".join(c.upper() if c.isascii() else c for c in text)


@dataclass(frozen=True, slots=True)
class NamedPair(ValueKind):
    """A symbol, with its contract if it has one of its own: "ETHUSDT", "BTCUSDT@current_quarter"."""

    allowed: str = _SYMBOL + _AND_CONTRACT

    def check(self, value: object, folder: Path) -> str:
        """Return it in its one spelling; "@perpetual" stays, because the usual contract may be another."""
        text = text_of(value)
        try:
            name = pair_name.parse(text)
        except ValueError as error:
            raise RefusedError(str(error)) from None
        symbol = SymbolName().check(name.symbol, folder)
        return f"{symbol}@{name.contract}" if "@" in text and not name.is_dated else str(name)


@dataclass(frozen=True, slots=True)
class Symbols(ValueKind):
    """A list of different pairs."""

    most: int

    @property
    def allowed(self) -> str:
        """The count and what each is."""
        return f'a list of 1 to {self.most} different symbols, each of 2 to 40 letters, digits or "_"' + _AND_CONTRACT

    def read(self, text: str) -> object:
        """Split at commas."""
        return [part.strip() for part in text.split(",")]

    def check(self, value: object, folder: Path) -> tuple[str, ...]:
        """Refuse what is not a list, and name the first bad item by its place."""
        if not isinstance(value, list | tuple):
            raise wrong_type(value)
        if not 1 <= len(value) <= self.most:
            raise RefusedError(f"{len(value)} symbols")
        seen: list[str] = []
        for place, item in enumerate(value, start=1):
            try:
                symbol = NamedPair().check(item, folder)
            except RefusedError as error:
                raise RefusedError(f"symbol {place}: {error}") from None
            if symbol in seen:
                raise RefusedError(f"symbol {place}: the same as symbol {seen.index(symbol) + 1}")
            seen.append(symbol)
        return tuple(seen)


def wrong_type(value: object) -> RefusedError:
    """Return what to raise for a value of a type that is not taken."""
    return RefusedError(f"wrong type, this is {_TYPE_NAMES.get(type(value), 'a date or time')}")


def text_of(value: object) -> str:
    """Return a text as it is; refuse every other type."""
    if not isinstance(value, str):
        raise wrong_type(value)
    return value


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
