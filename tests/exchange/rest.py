"""REST side of the local exchange: exchangeInfo, time and ping of spot and USD-M futures. Pure."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.exchange.frames import Request, http_response

PERPETUAL_DELIVERY_MS = 4133404800000


@dataclass(frozen=True, slots=True)
class Symbol:
    """One listed symbol; `tick` and `step` as the exchange writes them, `name` if not base and quote."""

    base: str
    tick: str
    step: str
    quote: str = "USDT"
    status: str = "TRADING"
    contract: str = "PERPETUAL"
    delivery_ms: int = PERPETUAL_DELIVERY_MS
    name: str = ""

    @property
    def symbol(self) -> str:
        """Name in upper case as listed."""
        return self.name or self.base + self.quote


SPOT_SYMBOLS = (
    Symbol("BTC", "0.01000000", "0.00001000"),
    Symbol("ETH", "0.01000000", "0.00010000"),
    Symbol("PEPE", "0.00000001", "1.00000000"),
)
FUTURES_SYMBOLS = (
    Symbol("BTC", "0.10", "0.001"),
    Symbol("ETH", "0.01", "0.001"),
    Symbol("1000PEPE", "0.0000001", "1"),
)


def rest_response(
    venue: str, request: Request, symbols: Sequence[Symbol], now_ms: int, intervals: Mapping[str, int]
) -> bytes:
    """Answer a GET on either venue; 404 for other venues' and unknown paths, 400 as the exchange words it."""
    base = "/api/v3/" if venue == "spot" else "/fapi/v1/"
    if request.method != "GET" or not request.path.startswith(base):
        return _json(404, {"code": -5000, "msg": f"Path {request.path}, Method {request.method} is invalid"})
    call = request.path.removeprefix(base)
    if call == "ping":
        return _json(200, {})
    if call == "time":
        return _json(200, {"serverTime": now_ms})
    if call == "fundingInfo" and venue == "futures":
        return _json(200, [_interval(symbol, hours) for symbol, hours in intervals.items()])
    if call != "exchangeInfo":
        return _json(404, {"code": -5000, "msg": f"Path {request.path}, Method GET is invalid"})
    if venue == "futures":
        return _json(200, _futures_info(symbols, now_ms))
    wanted = _wanted(request.query)
    listed = {symbol.symbol: symbol for symbol in symbols}
    if wanted is None:
        return _json(200, _spot_info(symbols, now_ms))
    if not wanted or any(name not in listed for name in wanted):
        return _json(400, {"code": -1121, "msg": "Invalid symbol."})
    return _json(200, _spot_info([listed[name] for name in wanted], now_ms))


def _interval(symbol: str, hours: int) -> dict[str, Any]:
    return {
        "symbol": symbol,
        "adjustedFundingRateCap": "0.00300",
        "adjustedFundingRateFloor": "-0.00300",
        "fundingIntervalHours": hours,
        "disclaimer": True,
        "updateTime": None,
    }


def _json(status: int, body: dict[str, Any] | list[dict[str, Any]]) -> bytes:
    headers = {"Content-Type": "application/json;charset=UTF-8", "Connection": "close"}
    return http_response(status, headers, json.dumps(body, ensure_ascii=False).encode())


def _wanted(query: dict[str, str]) -> list[str] | None:
    if "symbol" in query:
        return [query["symbol"]]
    if "symbols" not in query:
        return None
    try:
        names = json.loads(query["symbols"])
    except ValueError:
        return []
    return names if isinstance(names, list) and all(isinstance(name, str) for name in names) else []


def _limits(per_minute: int) -> list[dict[str, Any]]:
    return [{"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": per_minute}]


def _spot_info(symbols: Sequence[Symbol], now_ms: int) -> dict[str, Any]:
    rows = [_spot_row(symbol) for symbol in symbols]
    return {
        "timezone": "UTC",
        "serverTime": now_ms,
        "rateLimits": _limits(6000),
        "exchangeFilters": [],
        "symbols": rows,
    }


def _spot_row(symbol: Symbol) -> dict[str, Any]:
    return {
        "symbol": symbol.symbol,
        "status": symbol.status,
        "baseAsset": symbol.base,
        "baseAssetPrecision": 8,
        "quoteAsset": symbol.quote,
        "quotePrecision": 8,
        "quoteAssetPrecision": 8,
        "orderTypes": ["LIMIT", "LIMIT_MAKER", "MARKET", "STOP_LOSS_LIMIT", "TAKE_PROFIT_LIMIT"],
        "icebergAllowed": True,
        "isSpotTradingAllowed": True,
        "isMarginTradingAllowed": True,
        "filters": [
            {
                "filterType": "PRICE_FILTER",
                "minPrice": symbol.tick,
                "maxPrice": "1000000.00000000",
                "tickSize": symbol.tick,
            },
            {
                "filterType": "LOT_SIZE",
                "minQty": symbol.step,
                "maxQty": "9000.00000000",
                "stepSize": symbol.step,
            },
            {"filterType": "NOTIONAL", "minNotional": "5.00000000", "applyMinToMarket": True},
        ],
        "permissions": [],
        "permissionSets": [["SPOT", "MARGIN"]],
    }


def _futures_info(symbols: Sequence[Symbol], now_ms: int) -> dict[str, Any]:
    return {
        "timezone": "UTC",
        "serverTime": now_ms,
        "futuresType": "U_MARGINED",
        "rateLimits": _limits(2400),
        "exchangeFilters": [],
        "assets": [{"asset": "USDT", "marginAvailable": True, "autoAssetExchange": "-10000"}],
        "symbols": [_futures_row(symbol) for symbol in symbols],
    }


def _futures_row(symbol: Symbol) -> dict[str, Any]:
    return {
        "symbol": symbol.symbol,
        "pair": symbol.base + symbol.quote,
        "contractType": symbol.contract,
        "deliveryDate": symbol.delivery_ms,
        "onboardDate": 1569398400000,
        "status": symbol.status,
        "maintMarginPercent": "2.5000",
        "requiredMarginPercent": "5.0000",
        "baseAsset": symbol.base,
        "quoteAsset": symbol.quote,
        "marginAsset": symbol.quote,
        "pricePrecision": 8,
        "quantityPrecision": 3,
        "underlyingType": "COIN",
        "underlyingSubType": [],
        "triggerProtect": "0.0500",
        "liquidationFee": "0.012500",
        "marketTakeBound": "0.05",
        "filters": [
            {
                "filterType": "PRICE_FILTER",
                "minPrice": symbol.tick,
                "maxPrice": "4529764",
                "tickSize": symbol.tick,
            },
            {"filterType": "LOT_SIZE", "minQty": symbol.step, "maxQty": "1000", "stepSize": symbol.step},
            {"filterType": "MIN_NOTIONAL", "notional": "5"},
        ],
        "orderTypes": ["LIMIT", "MARKET", "STOP", "STOP_MARKET", "TAKE_PROFIT", "TAKE_PROFIT_MARKET"],
        "timeInForce": ["GTC", "IOC", "FOK", "GTX", "GTD"],
        "permissionSets": ["GRID", "COPY"],
    }
