"""The exchange's symbol lists: what trades on both sides, price steps, and which contract is which quarter's.

Asks over REST; the parsing is pure. Source of the fields: captures and documents of 2026.
"""

import ssl
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterable
from decimal import Decimal

import msgspec

from spreadwatch.core.events import Listing
from spreadwatch.core.pair_name import OFFERED, PERPETUAL, PairName, of_wire
from spreadwatch.core.quote import MarketKind, Side
from spreadwatch.feed import binance
from spreadwatch.feed.binance import Contract
from spreadwatch.feed.dial import is_loopback
from spreadwatch.feed.markets import MARKETS
from spreadwatch.feed.parsing.base import Rejected, positive

_INVALID_SYMBOL = -1121
_TIMEOUT_S = 5.0
_MAX_BODY = 1 << 25
_TRADING = "TRADING"
_ODD_HOURS = range(1, 169)


class _Filter(msgspec.Struct, rename="camel"):
    filter_type: str = ""
    tick_size: str | None = None


class SymbolRow(msgspec.Struct, rename="camel"):
    """One row of a symbol list; `pair`, `contract_type` and `delivery_date` (Unix ms) are of futures alone."""

    symbol: str
    status: str = ""
    quote_asset: str = ""
    pair: str = ""
    contract_type: str = ""
    delivery_date: int = 0
    filters: list[_Filter] = []


class _Info(msgspec.Struct):
    symbols: list[SymbolRow]


class _Refusal(msgspec.Struct):
    code: int


class _Interval(msgspec.Struct, rename="camel"):
    symbol: str
    funding_interval_hours: int = 0


Rows = dict[str, SymbolRow]
"""A market's symbol list by name."""


def rows(market: MarketKind, base: str, tls: ssl.SSLContext, wires: Iterable[str] | None = None) -> Rows:
    """Ask a market for its symbols, all of them or, where it lists one alone, those named; unknown ones are left out.

    Raises OSError, http.client.HTTPException, ValueError, RecursionError or msgspec.DecodeError.
    """
    facts = MARKETS[market]
    url = base + facts.exchange_info
    if not facts.lists_one:  # takes no parameter: one list for all
        return _ask(url, tls)
    if wires is None:
        return _ask(url + "?showPermissionSets=false", tls)
    found: Rows = {}
    for wire in wires:
        found |= _ask(f"{url}?{urllib.parse.urlencode({'symbol': wire})}", tls)
    return found


def intervals(market: MarketKind, base: str, tls: ssl.SSLContext) -> dict[str, int]:
    """Ask for the hours between two fundings, by contract; one that is missing has the usual 8. Raises as `rows`.

    Nothing is asked where there is no funding.
    """
    if (path := MARKETS[market].funding_info) is None:
        return {}
    found = msgspec.json.decode(read(base + path, tls), type=list[_Interval])
    return {one.symbol: one.funding_interval_hours for one in found if one.funding_interval_hours in _ODD_HOURS}


def listing_of(side: Side, contract: Contract, known: Rows) -> Listing:
    """Return what a symbol list says of a contract."""
    found = known.get(contract.wire)
    if found is None:
        problem = f"{contract.wire} is not traded on Binance {side}: check the name"
        return Listing(side, contract.symbol, None, problem)
    halted = f"{contract.wire} does not trade on Binance {side} now (status {found.status})"
    delivery_ms = found.delivery_date if found.contract_type.endswith("_QUARTER") else None
    problem_now = None if found.status == _TRADING else halted
    return Listing(side, contract.symbol, _tick(found, contract), problem_now, delivery_ms)


def quarterly(name: PairName, futures: Rows) -> Contract | None:
    """Return the contract that e.g. the current quarter of a coin is now; None where there is none."""
    for row in futures.values():
        if row.contract_type.lower() == name.contract and row.pair == name.symbol and row.status == _TRADING:
            return Contract(str(name), row.symbol)
    return None


def traded_on_both(spot: Rows, futures: Rows) -> tuple[str, ...]:
    """Return the keys of the pairs that trade on both sides in the same quote currency, in alphabetical order.

    A quarter is there by its day and as the one that it is now.
    """
    found = set[str]()
    for row in futures.values():
        keys = _keys(row)
        other = spot.get(keys[0].symbol) if keys and row.status == _TRADING else None
        if other is not None and other.status == _TRADING and other.quote_asset == row.quote_asset:
            found.update(map(str, keys))
    return tuple(sorted(found))


def _keys(row: SymbolRow) -> list[PairName]:
    """Return what the contract of a row of the futures' list is called here; nothing for one that is not offered."""
    contract = row.contract_type.lower()
    if contract == PERPETUAL:
        return [PairName(binance.pair_of(row.symbol))]
    if contract not in OFFERED:
        return []
    dated = of_wire(row.symbol)
    return [PairName(row.pair, contract), *([dated] if dated.is_dated else [])]


def _tick(symbol: SymbolRow, contract: Contract) -> Decimal | None:
    for rule in symbol.filters:
        if rule.filter_type == "PRICE_FILTER" and rule.tick_size:
            try:
                return positive(rule.tick_size) / contract.multiplier
            except Rejected:
                return None
    return None


def _ask(url: str, tls: ssl.SSLContext) -> Rows:
    try:
        return {row.symbol: row for row in msgspec.json.decode(read(url, tls), type=_Info).symbols}
    except urllib.error.HTTPError as error:
        with error:
            body = error.read(4096)
        try:
            unknown = msgspec.json.decode(body, type=_Refusal).code == _INVALID_SYMBOL
        except msgspec.DecodeError:
            unknown = False
        if unknown:
            return {}
        raise


def read(url: str, tls: ssl.SSLContext) -> bytes:
    """Return the body of a GET. Raises OSError (urllib.error.HTTPError for a refusal) or HTTPException."""
    local = is_loopback(urllib.parse.urlsplit(url).hostname or "")
    opener = urllib.request.OpenerDirector()  # the usual one would follow a login page's redirects
    for handler in (
        urllib.request.ProxyHandler({} if local else None),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(context=tls),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
    ):
        opener.add_handler(handler)
    with opener.open(url, timeout=_TIMEOUT_S) as response:
        body: bytes = response.read(_MAX_BODY)
    return body
