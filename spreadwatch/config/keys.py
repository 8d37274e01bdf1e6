"""Every key of the configuration, declared once: type, what it takes, meaning, default.

The annotated fields are the table. Parsing, checking, environment names, `--print-config` and
config.example.toml follow from it; to add a key, add a field.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Final, Literal, get_args, get_type_hints

from spreadwatch.config.alerts import AlertRules
from spreadwatch.config.kinds import (
    AmountOrOff,
    Between,
    Choice,
    CommandLine,
    Exact,
    Flag,
    SymbolName,
    Symbols,
    ValueKind,
)
from spreadwatch.config.places import BaseUrl, BindAddress, OptionalFile, OptionalPath, OptionalSecret, OptionalUrl
from spreadwatch.core import pair_name
from spreadwatch.core.alerts import Rule

ENVIRONMENT_PREFIX: Final = "SPREADWATCH_"
SHORTEST_TOKEN: Final = 16
"""The fewest characters of the secret that requests to the service bring."""

Given = Literal["value", "secret", "tables"]
"""How a key is given: anywhere; in the environment or .env only, and never shown; as [[tables]] of the file."""

Theme = Literal["dark", "light"]
TimeZone = Literal["local", "utc"]


@dataclass(frozen=True, slots=True)
class Window:
    """The window."""

    theme: Annotated[Theme, Choice(get_args(Theme)), "Colours."] = "dark"
    compact: Annotated[bool, Flag(), "Start as a small window with the spread alone."] = False
    topmost: Annotated[bool, Flag(), "Keep the window above all others."] = False
    time_zone: Annotated[TimeZone, Choice(get_args(TimeZone)), "The zone that clock times are shown in."] = "local"
    frame_ms: Annotated[int, Between(8, 1000, "milliseconds", whole=True), "Time between two paints."] = 16
    remember_geometry: Annotated[bool, Flag(), "Open at the size and place of the last time."] = True


@dataclass(frozen=True, slots=True)
class TakerFees:
    """What taking costs. The defaults are those of a regular account, recorded 2026-10-12."""

    spot_taker_bps: Annotated[
        Decimal,
        Exact(Decimal(0), Decimal(100), "bps, 1 is 0.01 %"),
        "Taker fee on spot, before any discount. 10 on 2026-10-12.",
    ] = Decimal(10)
    futures_taker_bps: Annotated[
        Decimal,
        Exact(Decimal(0), Decimal(100), "bps, 1 is 0.01 %"),
        "Taker fee on USD-M futures, before any discount. 5 on 2026-10-12.",
    ] = Decimal(5)
    bnb: Annotated[
        bool, Flag(), "Fees are paid in BNB: 25 % off on spot, 10 % off on USD-M futures, both of 2026-10-12."
    ] = False


@dataclass(frozen=True, slots=True)
class Size:
    """The amount you trade."""

    quote: Annotated[
        Decimal | None,
        AmountOrOff(Exact(Decimal("0.00000001"), Decimal(1_000_000_000), "quote currency, e.g. USDT")),
        "Show what both sides really cost for this amount, from the order books' depth.",
    ] = None


@dataclass(frozen=True, slots=True)
class Notify:
    """How an alert is told. A sound, a command and a webhook each get the time of timeout_s and delay nothing."""

    banner: Annotated[bool, Flag(), "A banner in the window."] = True
    bell: Annotated[bool, Flag(), "The system's bell."] = True
    title: Annotated[bool, Flag(), "A flashing window title."] = True
    sound: Annotated[str, OptionalFile(), "A sound file to play, .wav where in doubt."] = ""
    desktop: Annotated[
        bool, Flag(), "A notification of the desktop: by Tk 9, else by the extra `pip install spreadwatch[notify]`."
    ] = False
    command: Annotated[
        tuple[str, ...],
        CommandLine(),
        "A program to run, without a shell; it gets the alert and its evidence as JSON on standard input.",
    ] = ()
    timeout_s: Annotated[float, Between(0.5, 120, "seconds"), "The longest that one way may take for one alert."] = 10.0
    webhook_url: Annotated[
        str, OptionalUrl(), "The https address that gets the same JSON by POST; it holds a secret.", "secret"
    ] = field(default="", repr=False)

    @property
    def leaves_program(self) -> bool:
        """Whether an alert has a way out of the program."""
        return bool(self.sound or self.desktop or self.command or self.webhook_url)


@dataclass(frozen=True, slots=True)
class RecordKeys:
    """Recording: every quote as on the wire, into a file of SQLite, or PostgreSQL if a DSN is given."""

    enabled: Annotated[bool, Flag(), "Record while the window is open."] = False
    path: Annotated[str, OptionalPath(), "The file of the recording."] = ""
    trades: Annotated[bool, Flag(), "Record the prices of spot trades too."] = False
    changes_only: Annotated[bool, Flag(), "Leave out quotes that repeat the one before."] = False
    keep_days: Annotated[
        float, Between(0, 36500, "days"), "Forget raw quotes that are older; 0 keeps them. Bars of seconds stay."
    ] = 0.0
    keep_mb: Annotated[
        int, Between(0, 100_000_000, "MB", whole=True), "Forget the oldest raw quotes beyond this size; 0 keeps them."
    ] = 0
    dsn: Annotated[
        str,
        OptionalSecret(5, "a PostgreSQL address such as postgresql://user:password@host/database"),
        "The PostgreSQL database to record into and to ask, in place of a file.",
        "secret",
    ] = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Serve:
    """An HTTP service with a web page, for this machine unless told otherwise."""

    enabled: Annotated[bool, Flag(), "Serve while the window is open."] = False
    address: Annotated[str, BindAddress(), "The address to listen on."] = "127.0.0.1"
    port: Annotated[int, Between(1, 65535, "port", whole=True), "The port to listen on."] = 8765
    token: Annotated[
        str,
        OptionalSecret(SHORTEST_TOKEN, "a secret that every request has to bring"),
        "The token of requests.",
        "secret",
    ] = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Feed:
    """The connections to the exchange."""

    silence_s: Annotated[
        float,
        Between(0.5, 60, "seconds"),
        "A connection silent for longer than this is no longer shown as live.",
    ] = 3.0
    heartbeat_symbol: Annotated[
        str,
        SymbolName(),
        "A busy symbol that each connection also listens to, to tell a quiet coin from a dead line.",
    ] = "BTCUSDT"
    handshake_s: Annotated[
        float, Between(1, 60, "seconds"), "How long opening a connection may take before it is tried anew."
    ] = 5.0
    backoff_cap_s: Annotated[float, Between(0.5, 60, "seconds"), "The longest wait between two attempts."] = 5.0
    inbox_batches: Annotated[
        int,
        Between(100, 10_000_000, "batches", whole=True),
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
    all: Annotated[bool, Flag(), "Watch every coin that trades on both venues, about 400."] = False
    contract: Annotated[
        str,
        Choice(pair_name.OFFERED),
        "The futures side of symbols without a contract of their own: the perpetual, or a quarter's delivery contract.",
    ] = pair_name.PERPETUAL
    alerts: Annotated[
        tuple[Rule, ...], AlertRules(100), "Rules that tell you when a number crosses a level.", "tables"
    ] = ()
    window: Window = field(default_factory=Window)
    fees: TakerFees = field(default_factory=TakerFees)
    size: Size = field(default_factory=Size)
    notify: Notify = field(default_factory=Notify)
    record: RecordKeys = field(default_factory=RecordKeys)
    serve: Serve = field(default_factory=Serve)
    feed: Feed = field(default_factory=Feed)
    endpoints: Endpoints = field(default_factory=Endpoints)
    sources: Mapping[str, str] = field(default_factory=dict, compare=False)
    file: Path | None = field(default=None, compare=False)


SECTIONS: Final[Mapping[str, type[Any]]] = {
    "window": Window,
    "fees": TakerFees,
    "size": Size,
    "notify": Notify,
    "record": RecordKeys,
    "serve": Serve,
    "feed": Feed,
    "endpoints": Endpoints,
}


_NAMED_WITH_SECTION: Final = ("record", "serve")


@dataclass(frozen=True, slots=True)
class Key:
    """One line of the table. `section` is empty for the keys above the first section."""

    section: str
    name: str
    takes: ValueKind
    meaning: str
    default: object
    kind: Given = "value"

    @property
    def dotted(self) -> str:
        """The key's full name, e.g. `feed.silence_s`."""
        return f"{self.section}.{self.name}" if self.section else self.name

    @property
    def flat(self) -> str:
        """A name that no other key has, e.g. `silence_s`, `record_path`."""
        return f"{self.section}_{self.name}" if self.section in _NAMED_WITH_SECTION else self.name

    @property
    def variable(self) -> str:
        """The environment variable that sets this key."""
        return ENVIRONMENT_PREFIX + self.flat.upper()


def _table() -> Iterator[Key]:
    owners: dict[str, type[Any]] = {"": Config, **SECTIONS}
    for section, owner in owners.items():
        hints = get_type_hints(owner, include_extras=True)
        for declared in fields(owner):
            match getattr(hints[declared.name], "__metadata__", ()):
                case (takes, meaning, *kind):
                    yield Key(section, declared.name, takes, meaning, declared.default, *kind)


KEYS: Final[tuple[Key, ...]] = tuple(_table())
