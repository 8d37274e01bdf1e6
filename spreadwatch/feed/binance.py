"""Binance's names: of streams, and which contract belongs to which coin."""

from msgspec import Struct

from spreadwatch.core import pair_name
from spreadwatch.core.pair_name import PERPETUAL, PairName, market_of
from spreadwatch.core.quote import MarketKind, Side
from spreadwatch.feed.markets import MARKETS

_SPOT_NAMES = {wire: spot for market in MARKETS.values() for spot, (wire, _) in market.renamed.items()}


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
    if name.is_dated:
        return Contract(key, key)
    return Contract(key, *MARKETS[market_of(side, key)].renamed.get(name.symbol, (name.symbol,)))


def heartbeat(market: MarketKind, symbol: str) -> Contract:
    """Return the perpetual, or on spot the pair, of a busy spot symbol on a market."""
    return Contract(symbol, *MARKETS[market].renamed.get(symbol, (symbol,)))


def stream(wire: str, kind: str) -> str:
    """Return a stream's name, e.g. btcusdt@bookTicker. Only ASCII letters are lowered: names may be non-ASCII."""
    lowered = "".join(letter.lower() if letter.isascii() else letter for letter in wire)
    return f"{lowered}@{kind}"
