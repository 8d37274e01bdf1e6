"""One frozen value of all that a view, the API or a test may read."""

from decimal import Decimal
from typing import Annotated, TypedDict

from msgspec import Struct, structs

from spreadwatch.core.alerts import Alert
from spreadwatch.core.depth import SizeQuote
from spreadwatch.core.funding import Funding
from spreadwatch.core.gaps import Gap
from spreadwatch.core.leg import State
from spreadwatch.core.net import Net
from spreadwatch.core.numbers import bps_kept, plain
from spreadwatch.core.pair_name import of_key
from spreadwatch.core.quote import Instant, Quote, Side
from spreadwatch.core.source import Source
from spreadwatch.core.spread import Extreme
from spreadwatch.core.told import Told


class LegSnapshot(Struct, frozen=True):
    """One leg. `quote` is the last one, however old; `age_ms` its age, None without a quote.

    `places`: how many decimals its prices need. `told`: the last news beside quotes, each with its moment.
    """

    side: Side
    state: State
    reason: str | None
    quote: Quote | None
    age_ms: int | None
    places: int
    told: Told = Told()


class SpreadSnapshot(Struct, frozen=True):
    """The spread in quote currency. `current`, `reverse`, `bps`, `change` are None while not live.

    `change` is against the last different value. `high` and `low` are None before the first sample.
    """

    current: Decimal | None
    reverse: Decimal | None
    bps: Decimal | None
    change: Decimal | None
    high: Extreme | None
    low: Extreme | None
    since: Instant | None
    samples: int


class Counts(Struct, frozen=True):
    """Quotes taken per leg and repeated (this symbol); the others count for the whole program."""

    spot: int
    futures: int
    rejected: int
    repeated: int
    reconnects: int
    dropped: int
    gaps: int


class WindowExtremes(Struct, frozen=True):
    """Highest and lowest spread of a window named "1m", "15m", "1h" or "session"; None without a sample in it."""

    name: str
    high: Extreme | None
    low: Extreme | None


class Row(Struct, frozen=True):
    """One line of the watch list. The numbers are None while the pair is not live.

    `size_quote`: the smaller top size of both legs in quote currency. `funding_rate`: a fraction per interval,
    None when unknown. `places`: decimals of the spread. The same object as before as long as nothing changed.
    """

    symbol: str
    state: State
    spread: Decimal | None
    bps: Decimal | None
    edge_bps: Decimal | None
    size_quote: Decimal | None
    funding_rate: Decimal | None
    places: int


class PairSnapshot(Struct, frozen=True):
    """Both legs of one symbol and the spread between them at `at`.

    `net` is None while not live, `funding` before the first news of it, `depth` where no size is set.
    `percentile`: how much of the last hour was below the present spread, 0 to 100; None while not live or
    before the first full second. `symbol` is the pair's key.
    """

    symbol: str
    at: Instant
    state: State
    reason: str | None
    spot: LegSnapshot
    futures: LegSnapshot
    spread: SpreadSnapshot
    counts: Counts
    windows: tuple[WindowExtremes, ...] = ()
    percentile: Decimal | None = None
    net: Net | None = None
    funding: Funding | None = None
    depth: SizeQuote | None = None
    source: Source = Source.LIVE

    @property
    def places(self) -> int:
        """How many decimals the spread needs."""
        return max(self.spot.places, self.futures.places)


class Snapshot(Struct, frozen=True):
    """Every watched symbol at `at`, in the order asked for.

    `rows`: the watch list, a row per symbol. `alerts`: the last ones, oldest first. `rejects`: count by
    reason. `gaps`: the last ones, oldest first, those that last at the end. `faults`: what failed in the
    program itself, a sentence each.
    """

    at: Instant
    pairs: tuple[PairSnapshot, ...]
    rejects: dict[str, int]
    gaps: tuple[Gap, ...]
    faults: tuple[str, ...]
    rows: tuple[Row, ...] = ()
    alerts: tuple[Alert, ...] = ()
    source: Source = Source.LIVE


class Wire(Struct, frozen=True):
    """What a text in JSON holds: in words and, where there is one, as a regular expression, or all texts there are."""

    about: str
    pattern: str = ""
    choices: tuple[str, ...] = ()


EXACT = Wire("an exact decimal as text", r"^-?\d+(\.\d+)?$")
Exact = Annotated[str, EXACT]


Contract = Annotated[str, Wire("perpetual, current_quarter, next_quarter, or a quarter's day of delivery as YYMMDD")]


class QuoteJson(TypedDict):
    """A quote of a leg and its age."""

    bid: Exact
    bid_qty: Exact
    ask: Exact
    ask_qty: Exact
    update_id: int
    exchange_ms: int | None
    received_ms: int
    age_ms: int


class LegJson(TypedDict):
    """A leg and its last quote, null before the first."""

    state: Annotated[str, State]
    reason: str | None
    bid: Exact | None
    bid_qty: Exact | None
    ask: Exact | None
    ask_qty: Exact | None
    update_id: int | None
    exchange_ms: int | None
    received_ms: int | None
    age_ms: int | None


class ExtremesJson(TypedDict):
    """Highest and lowest spread and when, null without a sample."""

    max: Exact | None
    max_at_ms: int | None
    min: Exact | None
    min_at_ms: int | None


class SpreadNowJson(ExtremesJson):
    """The spread, null unless live."""

    current: Exact | None
    reverse: Exact | None
    bps: Exact | None
    since_ms: int | None
    samples: int


class PairJson(TypedDict):
    """Both legs of one symbol and the spread between them at `at_ms`.

    A type beside `dict` is the one whose fields, under their own names, are in it.
    """

    symbol: str
    contract: Contract
    source: Annotated[str, Source]
    at_ms: int
    state: Annotated[str, State]
    reason: str | None
    spot: LegJson
    futures: LegJson
    spread: SpreadNowJson
    counts: Annotated[dict[str, int], Counts]
    windows: dict[str, ExtremesJson]
    percentile: Exact | None
    net: Annotated[dict[str, object], Net] | None
    funding: Annotated[dict[str, object], Funding] | None
    depth: Annotated[dict[str, object], SizeQuote] | None


def to_json(pair: PairSnapshot) -> PairJson:
    """Return the snapshot as the documented JSON object: decimals as strings, times Unix ms."""
    spread, high, low = pair.spread, pair.spread.high, pair.spread.low
    name = of_key(pair.symbol)
    return {
        "symbol": name.symbol,
        "contract": name.contract,
        "source": pair.source.value,
        "at_ms": pair.at.wall_ms,
        "state": pair.state.value,
        "reason": pair.reason,
        "spot": _leg_to_json(pair.spot),
        "futures": _leg_to_json(pair.futures),
        "spread": {
            "current": _or_none(spread.current),
            "reverse": _or_none(spread.reverse),
            "bps": None if spread.bps is None else bps_kept(spread.bps),
            **_extremes_to_json(high, low),
            "since_ms": spread.since.wall_ms if spread.since else None,
            "samples": spread.samples,
        },
        "counts": {name: getattr(pair.counts, name) for name in Counts.__struct_fields__},
        "windows": {window.name: _extremes_to_json(window.high, window.low) for window in pair.windows},
        "percentile": _or_none(pair.percentile),
        "net": _fields_to_json(pair.net),
        "funding": _fields_to_json(pair.funding),
        "depth": _fields_to_json(pair.depth),
    }


def _extremes_to_json(high: Extreme | None, low: Extreme | None) -> ExtremesJson:
    return {
        "max": plain(high.spread) if high else None,
        "max_at_ms": high.at.wall_ms if high else None,
        "min": plain(low.spread) if low else None,
        "min_at_ms": low.at.wall_ms if low else None,
    }


def _fields_to_json(value: Net | Funding | SizeQuote | None) -> dict[str, object] | None:
    """Return a flat value's fields under their own names."""
    if value is None:
        return None
    return {
        name: (bps_kept if name.endswith("_bps") else plain)(field) if isinstance(field, Decimal) else field
        for name, field in structs.asdict(value).items()
    }


def _or_none(number: Decimal | None) -> str | None:
    return None if number is None else plain(number)


def quote_to_json(quote: Quote, age_ms: int) -> QuoteJson:
    """Return a quote of a leg with its age in ms, numbers as exact texts, times Unix ms."""
    return {
        "bid": plain(quote.bid),
        "bid_qty": plain(quote.bid_qty),
        "ask": plain(quote.ask),
        "ask_qty": plain(quote.ask_qty),
        "update_id": quote.update_id,
        "exchange_ms": quote.exchange_ms,
        "received_ms": quote.received.wall_ms,
        "age_ms": age_ms,
    }


def _leg_to_json(leg: LegSnapshot) -> LegJson:
    quote = leg.quote
    return {
        "state": leg.state.value,
        "reason": leg.reason,
        "bid": plain(quote.bid) if quote else None,
        "bid_qty": plain(quote.bid_qty) if quote else None,
        "ask": plain(quote.ask) if quote else None,
        "ask_qty": plain(quote.ask_qty) if quote else None,
        "update_id": quote.update_id if quote else None,
        "exchange_ms": quote.exchange_ms if quote else None,
        "received_ms": quote.received.wall_ms if quote else None,
        "age_ms": leg.age_ms,
    }
