"""Binance's names: streams, URLs, requests, and which contract belongs to which coin."""

from enum import Enum

from msgspec import Struct

from spreadwatch.core import pair_name
from spreadwatch.core.pair_name import PERPETUAL, PairName
from spreadwatch.core.quote import Side


class Path(Enum):
    """The two ways into a side's combined streams. A stream that is asked for on the wrong one stays silent."""

    PUBLIC = "public"
    """Quotes, books, trades."""
    MARKET = "market"
    """Mark prices, candles, trades in sums."""


_STREAM_PATHS = {
    Side.SPOT: dict.fromkeys(Path, "/stream"),
    Side.FUTURES: {Path.PUBLIC: "/public/stream", Path.MARKET: "/market/stream"},
}
"""Combined-stream path per side. USD-M is split since 2026."""

_THOUSANDFOLD = ("PEPE", "SHIB", "BONK", "FLOKI", "LUNC", "XEC")
_QUOTE_ASSETS = ("USDT", "USDC")
_RENAMED = {"DODOUSDT": "DODOXUSDT", "LUNAUSDT": "LUNA2USDT", "RAYUSDT": "RAYSOLUSDT"}

_FUTURES_NAMES: dict[str, tuple[str, int]] = {
    **{f"{coin}{asset}": (f"1000{coin}{asset}", 1000) for coin in _THOUSANDFOLD for asset in _QUOTE_ASSETS},
    **{spot: (futures, 1) for spot, futures in _RENAMED.items()},
}
"""Spot symbol -> perpetual and its coins per contract unit, where they differ (public tables of 2026)."""

_SPOT_NAMES = {futures: spot for spot, (futures, _) in _FUTURES_NAMES.items()}


class Contract(Struct, frozen=True):
    """What one side calls a symbol: on spot a spot symbol, on futures a pair's key.

    A price on the wire ÷ `multiplier` is the price of one coin.
    """

    symbol: str
    wire: str
    multiplier: int = 1


def canonical(text: str, usual: str = PERPETUAL) -> str:
    """Return the key of a pair as a person wrote it, with the `usual` contract if it has none of its own.

    It is by the spot symbol: '1000PEPEUSDT' gives 'PEPEUSDT'. Raises ValueError as `pair_name.parse`.
    """
    return _key(pair_name.parse(text, usual))


def pair_of(wire: str) -> str:
    """Return the key of the pair that a futures contract, by its name on the wire, is a leg of."""
    return _key(pair_name.of_wire(wire))


def _key(name: PairName) -> str:
    return str(PairName(_SPOT_NAMES.get(name.symbol, name.symbol), name.contract))


def contract(side: Side, key: str) -> Contract:
    """Return what a side calls a pair.

    Raises LookupError for the futures leg of one that only the exchange's list knows, e.g. BTCUSDT@current_quarter.
    """
    name = pair_name.of_key(key)
    if side is Side.SPOT:
        return Contract(name.symbol, name.symbol)
    if name.is_relative:
        raise LookupError(f"{key} is another contract every quarter: ask for its name first")
    return Contract(key, *_FUTURES_NAMES.get(key, (key,)))


def stream(wire: str, kind: str) -> str:
    """Return a stream's name, e.g. btcusdt@bookTicker. Only ASCII letters are lowered: names may be non-ASCII."""
    lowered = "".join(letter.lower() if letter.isascii() else letter for letter in wire)
    return f"{lowered}@{kind}"


def stream_url(side: Side, base: str, path: Path = Path.PUBLIC) -> str:
    """Return the URL of a side's streams under a base URL such as wss://fstream.binance.com."""
    return base.rstrip("/") + _STREAM_PATHS[side][path]
