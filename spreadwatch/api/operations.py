"""Every question that the service answers, once: the routes, their parameters and the OpenAPI document follow. Pure."""

from msgspec import Struct

from spreadwatch import __version__
from spreadwatch.api.parameters import Parameter
from spreadwatch.core.source import Source

MOST_SECONDS = 10_000
"""How many seconds of bars one request may ask for."""
MOST_GAPS = 1_000
DEFAULT_BARS_MS = 900_000
DEFAULT_GAPS_MS = 86_400_000

Schema = dict[str, object]

SYMBOL = Parameter("symbol", "symbol", True, "the pair's spot symbol, such as ETHUSDT")
ANY_SYMBOL = Parameter("symbol", "symbol", False, "only this pair")
TIMESTAMP = Parameter(
    "timestamp",
    "moment",
    True,
    "a moment: ISO 8601 such as 2026-07-03T08:30:36, UTC unless it carries an offset; or Unix ms",
)
BARS_FROM = Parameter("from", "moment", False, "first moment; 15 minutes before the last when absent")
GAPS_FROM = Parameter("from", "moment", False, "first moment; a day before the last when absent")
TO = Parameter("to", "moment", False, "moment after the last one; now when absent")


def _either(name: str) -> Schema:
    return {"type": [name, "null"]}


def _object(**fields: Schema) -> Schema:
    return {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": False}


_TEXT: Schema = {"type": "string"}
_COUNT: Schema = {"type": "integer"}
_NUMBER: Schema = {"type": ["string", "null"], "description": "an exact decimal as text"}
_PRICE: Schema = {"type": "string", "description": 'an exact decimal as text, or "N/A"'}
_ISO: Schema = {"type": "string", "description": "UTC, such as 2026-07-03T08:30:36 or 2026-07-03T08:30:36.125"}
_MAYBE_ISO: Schema = {**_ISO, "type": ["string", "null"]}
_SOURCE: Schema = {
    "type": ["string", "null"],
    "description": '"trade": last spot trade; "mid": middle of the spot quote',
}
_CONTRACT: Schema = {"type": "string", "description": "perpetual, current_quarter, next_quarter, or a day as YYMMDD"}
_RUN: Schema = {"type": "string", "enum": [source.value for source in Source]}
_VENUE: Schema = {"type": "string", "enum": ["spot", "futures"]}

PRICE = _object(symbol=_TEXT, timestamp=_ISO, price=_PRICE, actual_timestamp=_MAYBE_ISO, source=_SOURCE)
PRICE_RANGE = _object(symbol=_TEXT, minute=_TEXT, high=_NUMBER, low=_NUMBER, source=_SOURCE)
SPREAD = _object(symbol=_TEXT, asked_ms=_COUNT, spread=_NUMBER, at_ms=_either("integer"), source=_either("string"))
SPREAD_RANGE = _object(symbol=_TEXT, minute=_TEXT, minute_ms=_COUNT, high=_NUMBER, low=_NUMBER, samples=_COUNT)
_BAR = _object(
    second=_COUNT,
    open={"type": "string"},
    high={"type": "string"},
    low={"type": "string"},
    close={"type": "string"},
    samples=_COUNT,
)
_GAP = _object(venue=_VENUE, start_ms=_COUNT, end_ms=_either("integer"), reason=_TEXT)
_BOOL: Schema = {"type": "boolean"}
BARS = _object(symbol=_TEXT, from_ms=_COUNT, to_ms=_COUNT, bars={"type": "array", "items": _BAR})
GAPS = _object(symbol=_TEXT, from_ms=_COUNT, to_ms=_COUNT, gaps={"type": "array", "items": _GAP}, more=_BOOL)
_LEG = _object(
    state=_TEXT,
    reason=_either("string"),
    bid=_NUMBER,
    bid_qty=_NUMBER,
    ask=_NUMBER,
    ask_qty=_NUMBER,
    update_id=_either("integer"),
    exchange_ms=_either("integer"),
    received_ms=_either("integer"),
    age_ms=_either("integer"),
)
_SPREAD_NOW = _object(
    current=_NUMBER,
    reverse=_NUMBER,
    bps=_NUMBER,
    max=_NUMBER,
    max_at_ms=_either("integer"),
    min=_NUMBER,
    min_at_ms=_either("integer"),
    since_ms=_either("integer"),
    samples=_COUNT,
)
PAIR: Schema = {
    "type": "object",
    "properties": {
        "symbol": _TEXT,
        "contract": _CONTRACT,
        "source": _RUN,
        "at_ms": _COUNT,
        "state": {"type": "string", "enum": ["connecting", "live", "stale", "refused"]},
        "reason": _either("string"),
        "spot": _LEG,
        "futures": _LEG,
        "spread": _SPREAD_NOW,
        "counts": {"type": "object", "additionalProperties": _COUNT},
    },
    "required": ["symbol", "contract", "source", "at_ms", "state", "reason", "spot", "futures", "spread", "counts"],
}
SNAPSHOT = _object(at_ms=_COUNT, pairs={"type": "array", "items": PAIR}, faults={"type": "array", "items": _TEXT})
_SYMBOLS: Schema = {"type": "array", "items": _TEXT}
SYMBOLS = _object(live=_SYMBOLS, recorded=_SYMBOLS, watching=_BOOL, recording=_BOOL)
HEALTH = _object(state={"type": "string", "enum": ["live", "stale", "recording"]}, reason=_either("string"))
ERROR: Schema = {
    "type": "object",
    "properties": {"error": _TEXT, "parameter": _TEXT},
    "required": ["error"],
    "additionalProperties": False,
}


class Operation(Struct, frozen=True):
    """One route. `schema` is of its JSON answer; None when it answers with `media` that is no JSON.

    `statuses`: what it may answer besides 200, and 400 when it takes parameters.
    """

    path: str
    name: str
    summary: str
    parameters: tuple[Parameter, ...] = ()
    schema: Schema | None = None
    media: str = "application/json"
    statuses: tuple[int, ...] = ()


_PRICE_MEANS = "Price means the spot trade price where trades are recorded, else the spot mid; `source` says which."

OPERATIONS = (
    Operation("/latest", "latest", f"The last price. {_PRICE_MEANS}", (SYMBOL,), PRICE, statuses=(503,)),
    Operation(
        "/price-at-second",
        "price_at",
        f"The last price at or before a moment. {_PRICE_MEANS}",
        (SYMBOL, TIMESTAMP),
        PRICE,
        statuses=(503,),
    ),
    Operation(
        "/minmax",
        "minmax",
        f"Highest and lowest price of a minute. {_PRICE_MEANS}",
        (SYMBOL, TIMESTAMP),
        PRICE_RANGE,
        statuses=(503,),
    ),
    Operation(
        "/api/v1/spread/latest",
        "spread_latest",
        "The spread of this moment while it is live, else the last recorded one: `source` says which.",
        (SYMBOL,),
        SPREAD,
        statuses=(503,),
    ),
    Operation(
        "/api/v1/spread/at",
        "spread_at",
        "The last spread at or before a moment.",
        (SYMBOL, TIMESTAMP),
        SPREAD,
        statuses=(503,),
    ),
    Operation(
        "/api/v1/spread/minmax",
        "spread_minmax",
        "Highest and lowest spread of a minute.",
        (SYMBOL, TIMESTAMP),
        SPREAD_RANGE,
        statuses=(503,),
    ),
    Operation(
        "/api/v1/spread/bars",
        "bars",
        f"One-second bars of the spread, at most {MOST_SECONDS} seconds at once.",
        (SYMBOL, BARS_FROM, TO),
        BARS,
        statuses=(503,),
    ),
    Operation(
        "/api/v1/spread/gaps",
        "gaps",
        f"When a leg was not live, and why; the last {MOST_GAPS} of the time asked for.",
        (SYMBOL, GAPS_FROM, TO),
        GAPS,
        statuses=(503,),
    ),
    Operation(
        "/api/v1/snapshot",
        "snapshot",
        "Everything of this moment, a snapshot per watched pair.",
        (ANY_SYMBOL,),
        SNAPSHOT,
        statuses=(404, 503),
    ),
    Operation("/api/v1/symbols", "symbols", "What is watched and what is recorded.", (), SYMBOLS, statuses=(503,)),
    Operation(
        "/api/v1/events",
        "events",
        "Server-sent events: `snapshot` on every change, `heartbeat` every 2 s with `trouble` in words or null.",
        (ANY_SYMBOL,),
        media="text/event-stream",
        statuses=(404, 503),
    ),
    Operation(
        "/healthz", "healthz", "200 while every watched pair is live, else 503 and why.", (), HEALTH, statuses=(503,)
    ),
    Operation("/metrics", "metrics", "Figures in Prometheus text form.", media="text/plain"),
    Operation("/api/v1/openapi.json", "openapi", "This document.", schema={"type": "object"}),
)


def document() -> Schema:
    """Return the OpenAPI 3.1 document of all operations."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "spreadwatch",
            "version": __version__,
            "description": "Spread between Binance spot and USD-M futures. Decimals are strings, exact. "
            "Times are UTC unless they carry an offset.",
        },
        "paths": {operation.path: {"get": _described(operation)} for operation in OPERATIONS},
        "components": {
            "schemas": {"Error": ERROR},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "description": "only where one is set"}},
        },
    }


def _described(operation: Operation) -> Schema:
    fault = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    content: Schema = {operation.media: {"schema": operation.schema or {"type": "string"}}}
    statuses = ((400,) if operation.parameters else ()) + operation.statuses
    return {
        "operationId": operation.name,
        "summary": operation.summary,
        "parameters": [_described_parameter(parameter) for parameter in operation.parameters],
        "responses": {
            "200": {"description": "the answer", "content": content},
            **{
                str(status): {
                    "description": _MEANINGS[status],
                    "content": content if operation.name == "healthz" else fault,
                }
                for status in statuses
            },
        },
    }


_MEANINGS = {
    400: "a parameter is missing or not allowed: the sentence names it",
    404: "this pair is not watched",
    503: "not now: the sentence says why",
}


def _described_parameter(parameter: Parameter) -> Schema:
    return {
        "name": parameter.name,
        "in": "query",
        "required": parameter.required,
        "description": parameter.about,
        "schema": {"type": "string", "minLength": 2, "maxLength": 40},
    }
