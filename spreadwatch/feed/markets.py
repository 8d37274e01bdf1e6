"""Where contracts trade: a row for each of the exchange's markets, with all that is different between them.

A new market is a member of `MarketKind`, a row here and, for its contracts, a branch in core/pair_name.py.
"""

from collections.abc import Mapping
from enum import Enum

from msgspec import Struct

from spreadwatch.config import Endpoints
from spreadwatch.core.quote import MarketKind

STREAMS_PER_CONNECTION = 200
"""All markets document 1,024 since 2025; 200, what futures allowed before, are kept to."""

NAMES_PER_REQUEST = 200
"""Stream names that one message may hold: 200 were accepted (measured on futures in 2026), more is not known."""

REQUEST_PAUSE_S = 0.5
"""Between two requests: a held pace on spot, where pongs count too and one every 250 ms was closed (measured)."""


class StreamRoute(Enum):
    """The ways into a market's combined streams. A stream that is asked for on the wrong one stays silent."""

    PUBLIC = "public"
    """Quotes, books, trades."""
    MARKET = "market"
    """Mark prices, candles, sums of trades."""


class MarketRow(Struct, frozen=True):
    """What has to be known of a market. Source: the exchange's documents and measurements of 2026.

    `word`: what sentences and connections call it. `setting`: how the names of its endpoints begin in the settings,
    None for a market that is not offered yet. `routes`: paths of combined streams. `exchange_info`, `funding_info`,
    `time`: paths of REST; None where there is none. `lists_one`: whether exchange_info can be asked for one symbol.
    `renamed`: spot symbol -> name of its perpetual and how many coins one unit of that is, where they differ.

    `quoted`: the currency of prices where it is another one than the spot symbol's, else None. `is_inverse`:
    quantities are contracts of a fixed worth in that currency (`contractSize` of exchange_info), so coins =
    contracts × contractSize ÷ price. No parser reckons like that yet, which is why COIN-M is not offered.
    """

    word: str
    setting: str | None
    routes: Mapping[StreamRoute, str]
    exchange_info: str
    time: str
    funding_info: str | None = None
    lists_one: bool = False
    renamed: Mapping[str, tuple[str, int]] = {}
    quoted: str | None = None
    is_inverse: bool = False


_THOUSANDFOLD = ("PEPE", "SHIB", "BONK", "FLOKI", "LUNC", "XEC")
_RENAMED = {"DODOUSDT": "DODOXUSDT", "LUNAUSDT": "LUNA2USDT", "RAYUSDT": "RAYSOLUSDT"}

MARKETS = {
    MarketKind.SPOT: MarketRow(
        word="spot",
        setting="spot",
        routes=dict.fromkeys(StreamRoute, "/stream"),
        exchange_info="/api/v3/exchangeInfo",
        time="/api/v3/time",
        lists_one=True,
    ),
    MarketKind.USD_M: MarketRow(
        word="futures",
        setting="futures",
        routes={StreamRoute.PUBLIC: "/public/stream", StreamRoute.MARKET: "/market/stream"},  # split since 2026
        exchange_info="/fapi/v1/exchangeInfo",
        time="/fapi/v1/time",
        funding_info="/fapi/v1/fundingInfo",
        renamed={
            **{f"{coin}{asset}": (f"1000{coin}{asset}", 1000) for coin in _THOUSANDFOLD for asset in ("USDT", "USDC")},
            **{spot: (futures, 1) for spot, futures in _RENAMED.items()},
        },
    ),
    MarketKind.COIN_M: MarketRow(
        word="coin-m",
        setting=None,
        routes=dict.fromkeys(StreamRoute, "/stream"),
        exchange_info="/dapi/v1/exchangeInfo",
        time="/dapi/v1/time",
        funding_info="/dapi/v1/fundingInfo",
        quoted="USD",
        is_inverse=True,
    ),
}
"""Every market."""

OFFERED = tuple(kind for kind, market in MARKETS.items() if market.setting is not None)
"""Markets whose contracts can be watched."""


def stream_bases(ends: Endpoints) -> dict[MarketKind, str]:
    """Return the base URL of each offered market's streams."""
    return {kind: getattr(ends, f"{MARKETS[kind].setting}_stream") for kind in OFFERED}


def rest_bases(ends: Endpoints) -> dict[MarketKind, str]:
    """Return the base URL of each offered market's REST service."""
    return {kind: getattr(ends, f"{MARKETS[kind].setting}_rest") for kind in OFFERED}


def stream_url(kind: MarketKind, base: str, route: StreamRoute = StreamRoute.PUBLIC) -> str:
    """Return the URL of a market's streams under a base URL such as wss://fstream.binance.com."""
    return base.rstrip("/") + MARKETS[kind].routes[route]
