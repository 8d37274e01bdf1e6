"""Every key of the configuration, declared once: type, rule, meaning, default.

The annotated fields at the end are the table. Parsing, checking, environment names, `--print-config` and
config.example.toml follow from it; to add a key, add a field.
"""

import ipaddress
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Annotated, Final, Literal, Protocol, get_args, get_type_hints
from urllib.parse import urlsplit

ENVIRONMENT_PREFIX: Final = "SPREADWATCH_"

_TRUE: Final = ("true", "1", "yes", "on")
_FALSE: Final = ("false", "0", "no", "off")
_HOST_LABEL: Final = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")
_TYPE_NAMES: Final = {
    bool: "true/false",
    str: "text",
    int: "a whole number",
    float: "a number with a fraction",
    list: "a list",
    tuple: "a list",
    dict: "a table",
}


class RefusedError(ValueError):
    """A value that a rule does not allow. The message says why and never repeats the value."""


class Rule(Protocol):
    """What a key allows."""

    @property
    def allowed(self) -> str:
        """The allowed values in words, for a fault and for the example file."""

    def read(self, text: str) -> object:
        """Turn an environment variable's text into a value to check. Raises RefusedError."""

    def check(self, value: object, folder: Path) -> object:
        """Return the value in its final form; relative paths start at `folder`. Raises RefusedError."""


@dataclass(frozen=True, slots=True)
class Flag:
    """True or false."""

    allowed: str = "true or false"

    def read(self, text: str) -> object:
        """Take true/false, 1/0, yes/no, on/off in any case."""
        word = text.strip().lower()
        return word in _TRUE if word in (*_TRUE, *_FALSE) else text

    def check(self, value: object, folder: Path) -> bool:
        """Refuse whatever is not a boolean."""
        if not isinstance(value, bool):
            raise _wrong_type(value)
        return value


@dataclass(frozen=True, slots=True)
class Number:
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
        if isinstance(value, bool) or not isinstance(value, int if self.whole else int | float):
            raise _wrong_type(value)
        if not self.low <= value <= self.high:
            raise RefusedError("out of range")
        return value if self.whole else float(value)


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few words."""

    words: tuple[str, ...]

    @property
    def allowed(self) -> str:
        """The words."""
        return " or ".join(f'"{word}"' for word in self.words)

    def read(self, text: str) -> object:
        """Take the text as it is."""
        return text

    def check(self, value: object, folder: Path) -> str:
        """Refuse every other word."""
        if _text(value) not in self.words:
            raise RefusedError("not one of the choices")
        return _text(value)


@dataclass(frozen=True, slots=True)
class Symbol:
    """The exchange's name of a pair. Only ASCII is upper-cased: there are names like 币安人生USDT."""

    allowed: str = 'a symbol such as "ETHUSDT": 2 to 40 letters, digits or "_"'

    def read(self, text: str) -> object:
        """Take the text without blanks around it."""
        return text.strip()

    def check(self, value: object, folder: Path) -> str:
        """Refuse other lengths and characters."""
        text = _text(value)
        if not 2 <= len(text) <= 40:
            raise RefusedError("wrong length")
        if not all(c == "_" or (c.isalnum() if c.isascii() else c.isalpha()) for c in text):
            raise RefusedError("a character that no symbol has")
        return "".join(c.upper() if c.isascii() else c for c in text)


@dataclass(frozen=True, slots=True)
class Symbols:
    """A list of different symbols."""

    most: int

    @property
    def allowed(self) -> str:
        """The count and what each is."""
        return f'a list of 1 to {self.most} different symbols, each of 2 to 40 letters, digits or "_"'

    def read(self, text: str) -> object:
        """Split at commas."""
        return [part.strip() for part in text.split(",")]

    def check(self, value: object, folder: Path) -> tuple[str, ...]:
        """Refuse what is not a list, and name the first bad item by its place."""
        if not isinstance(value, list | tuple):
            raise _wrong_type(value)
        if not 1 <= len(value) <= self.most:
            raise RefusedError(f"{len(value)} symbols")
        seen: list[str] = []
        for place, item in enumerate(value, start=1):
            try:
                symbol = Symbol().check(item, folder)
            except RefusedError as error:
                raise RefusedError(f"symbol {place}: {error}") from None
            if symbol in seen:
                raise RefusedError(f"symbol {place}: the same as symbol {seen.index(symbol) + 1}")
            seen.append(symbol)
        return tuple(seen)


@dataclass(frozen=True, slots=True)
class BaseUrl:
    """Scheme, host and optional port of a server. Unencrypted only to this machine itself."""

    secure: str
    plain: str

    @property
    def allowed(self) -> str:
        """The schemes and the shape."""
        return (
            f"{self.secure}://host or {self.secure}://host:port without path, query or user name "
            f"({self.plain}:// only to this machine, e.g. 127.0.0.1)"
        )

    def read(self, text: str) -> object:
        """Take the text without blanks around it."""
        return text.strip()

    def check(self, value: object, folder: Path) -> str:
        """Return `scheme://host[:port]` in lower case; a "/" at the end is dropped."""
        text = _text(value)
        if not text.isascii() or not text.isprintable() or " " in text:
            raise RefusedError("a character that no URL has")
        try:
            parts = urlsplit(text)
            port = parts.port
        except ValueError:
            raise RefusedError("not a URL with a valid host and port") from None
        if parts.scheme not in (self.secure, self.plain):
            raise RefusedError(f"neither {self.secure}:// nor {self.plain}://")
        if any(c in text for c in "@?#%\\") or parts.path.strip("/"):
            raise RefusedError("more than scheme, host and port")
        host = parts.hostname or ""
        server = (f"[{host}]" if ":" in host else host) + ("" if port is None else f":{port}")
        if not _is_host(host) or port == 0 or server != parts.netloc.lower():
            raise RefusedError("not a URL with a valid host and port")
        if parts.scheme == self.plain and not _is_loopback(host):
            raise RefusedError(f"{self.plain}:// is not encrypted, so quotes could be forged on the way")
        return f"{parts.scheme}://{server}"


@dataclass(frozen=True, slots=True)
class OptionalFile:
    """A path to a file that exists, or empty text for none."""

    allowed: str = 'the path of an existing file ("~" is not expanded), or "" for none'

    def read(self, text: str) -> object:
        """Take the text as it is."""
        return text

    def check(self, value: object, folder: Path) -> str:
        """Return the path made absolute by `folder`, or "" for none."""
        text = _text(value)
        if not text:
            return ""
        try:
            text.encode()
            exists = (folder / text).is_file()
        except UnicodeEncodeError:
            raise RefusedError("not valid Unicode") from None
        except (OSError, ValueError) as error:
            raise RefusedError(f"cannot be read ({getattr(error, 'strerror', None) or 'bad path'})") from None
        if not exists:
            raise RefusedError("no such file")
        return str(folder / text)


def _wrong_type(value: object) -> RefusedError:
    return RefusedError(f"wrong type, this is {_TYPE_NAMES.get(type(value), 'a date or time')}")


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise _wrong_type(value)
    return value


def _is_host(host: str) -> bool:
    if ":" in host:
        return _address(host) is not None
    return len(host) <= 253 and all(_HOST_LABEL.fullmatch(label) for label in host.split("."))


def _is_loopback(host: str) -> bool:
    address = _address(host)
    return host == "localhost" or (address is not None and address.is_loopback)


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


Theme = Literal["dark", "light"]
TimeZone = Literal["local", "utc"]


@dataclass(frozen=True, slots=True)
class Window:
    """The window."""

    theme: Annotated[Theme, Choice(get_args(Theme)), "Colours."] = "dark"
    compact: Annotated[bool, Flag(), "Start as a small window with the spread alone."] = False
    topmost: Annotated[bool, Flag(), "Keep the window above all others."] = False
    time_zone: Annotated[TimeZone, Choice(get_args(TimeZone)), "The zone that clock times are shown in."] = "local"
    frame_ms: Annotated[int, Number(8, 1000, "milliseconds", whole=True), "Time between two paints."] = 16
    remember_geometry: Annotated[bool, Flag(), "Open at the size and place of the last time."] = True


@dataclass(frozen=True, slots=True)
class Feed:
    """The connections to the exchange."""

    silence_s: Annotated[
        float,
        Number(0.5, 60, "seconds"),
        "A connection silent for longer than this is no longer shown as live.",
    ] = 3.0
    heartbeat_symbol: Annotated[
        str,
        Symbol(),
        "A busy symbol that each connection also listens to, to tell a quiet coin from a dead line.",
    ] = "BTCUSDT"
    handshake_s: Annotated[
        float, Number(1, 60, "seconds"), "How long opening a connection may take before it is tried anew."
    ] = 5.0
    backoff_cap_s: Annotated[float, Number(0.5, 60, "seconds"), "The longest wait between two attempts."] = 5.0
    inbox_batches: Annotated[
        int,
        Number(100, 10_000_000, "batches", whole=True),
        "How many socket reads may wait for the window before some are dropped and counted.",
    ] = 100_000
    ca_file: Annotated[
        str, OptionalFile(), "A PEM file with an additional certificate authority, e.g. a company proxy's."
    ] = ""


@dataclass(frozen=True, slots=True)
class Endpoints:
    """The exchange's servers."""

    spot_stream: Annotated[str, BaseUrl("wss", "ws"), "Spot quotes."] = "wss://stream.binance.com:9443"
    futures_stream: Annotated[str, BaseUrl("wss", "ws"), "USD-M futures quotes."] = "wss://fstream.binance.com"
    spot_rest: Annotated[str, BaseUrl("https", "http"), "Spot tick sizes and symbol check."] = "https://api.binance.com"
    futures_rest: Annotated[str, BaseUrl("https", "http"), "USD-M futures tick sizes and symbol check."] = (
        "https://fapi.binance.com"
    )


@dataclass(frozen=True, slots=True)
class Config:
    """All settings, checked. `Config()` holds the defaults.

    `sources` tells for each dotted key that is not a default where its value came from; `file` is the TOML
    file that was read, None when there was none. Neither counts when two configurations are compared.
    """

    symbols: Annotated[
        tuple[str, ...],
        Symbols(50),
        "The pairs to watch, under the exchange's names; the first is shown first.",
    ] = ("ETHUSDT",)
    window: Window = field(default_factory=Window)
    feed: Feed = field(default_factory=Feed)
    endpoints: Endpoints = field(default_factory=Endpoints)
    sources: Mapping[str, str] = field(default_factory=dict, compare=False)
    file: Path | None = field(default=None, compare=False)


SECTIONS: Final[Mapping[str, type[Window | Feed | Endpoints]]] = {
    "window": Window,
    "feed": Feed,
    "endpoints": Endpoints,
}


@dataclass(frozen=True, slots=True)
class Key:
    """One line of the table. `section` is empty for the keys above the first section."""

    section: str
    name: str
    rule: Rule
    meaning: str
    default: object

    @property
    def dotted(self) -> str:
        """The key's full name, e.g. `feed.silence_s`."""
        return f"{self.section}.{self.name}" if self.section else self.name

    @property
    def variable(self) -> str:
        """The environment variable that sets this key."""
        return ENVIRONMENT_PREFIX + self.name.upper()


def _table() -> Iterator[Key]:
    for section, owner in {"": Config, **SECTIONS}.items():
        hints = get_type_hints(owner, include_extras=True)
        for declared in fields(owner):
            match getattr(hints[declared.name], "__metadata__", ()):
                case (rule, meaning):
                    yield Key(section, declared.name, rule, meaning, declared.default)


KEYS: Final[tuple[Key, ...]] = tuple(_table())
