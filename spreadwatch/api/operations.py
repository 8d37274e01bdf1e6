"""What the service answers, once: the routes and the OpenAPI document follow. Pure.

The questions to a recording are declared in `core.questions`, and their answers by the types that are sent.
"""

from collections.abc import Mapping
from decimal import Decimal
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, NotRequired, TypedDict, Union, get_args, get_origin, get_type_hints, is_typeddict

from msgspec import Struct

from spreadwatch import __version__
from spreadwatch.config.kinds import PAIR_PATTERN
from spreadwatch.core import times
from spreadwatch.core.answers_json import SnapshotJson
from spreadwatch.core.questions import QUESTIONS, Kind, Parameter
from spreadwatch.core.snapshot import EXACT, Wire
from spreadwatch.core.source import Source

Schema = dict[str, object]

_PLAIN: Mapping[Any, Schema] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    bool: {"type": "boolean"},
    dict: {"type": "object"},
}


def schema_of(hint: Any) -> Schema:  # noqa: ANN401 - any annotation
    """Return the schema of an annotation. Raises TypeError for one that no answer is declared with."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _declared(arguments[1])
    if origin is NotRequired:
        return schema_of(arguments[0])
    if origin in (Union, UnionType):
        [known] = [one for one in arguments if one is not NoneType]
        return _or_null(schema_of(known))
    if origin in (list, tuple):
        return {"type": "array", "items": schema_of(arguments[0])}
    if origin is dict:
        return {"type": "object", "additionalProperties": schema_of(arguments[1])}
    if is_typeddict(hint):
        return _object(hint)
    return dict(_PLAIN[hint]) if hint in _PLAIN else _declared(hint)


def _declared(what: Any) -> Schema:  # noqa: ANN401 - as above
    """Return the schema of how a value is written that JSON has no type for."""
    if what is Decimal:
        what = EXACT
    if isinstance(what, Wire):
        schema: Schema = {"type": "string", "description": what.about}
        if what.pattern:
            schema["pattern"] = what.pattern
        if what.choices:
            schema["enum"] = list(what.choices)
        return schema
    if isinstance(what, type) and issubclass(what, Enum):
        return {"type": "string", "enum": [one.value for one in what]}
    if isinstance(what, type) and issubclass(what, Struct):
        return _object(what)
    raise TypeError(f"no schema for {what!r}: declare what it is on the wire")


def _object(declared: type) -> Schema:
    fields = {name: schema_of(hint) for name, hint in get_type_hints(declared, include_extras=True).items()}
    required = [name for name in fields if name in getattr(declared, "__required_keys__", fields)]
    return {"type": "object", "properties": fields, "required": required, "additionalProperties": False}


def _or_null(schema: Schema) -> Schema:
    choices = schema.get("enum")
    more: Schema = {"enum": [*choices, None]} if isinstance(choices, list) else {}
    return {**schema, "type": [schema["type"], "null"], **more}


class SymbolsJson(TypedDict):
    """What is watched and what is recorded, by the keys of pairs, and whether there is anything of both at all.

    `source`: where what is watched comes from, null before its first figures.
    """

    source: Annotated[str, Source] | None
    live: list[str]
    recorded: list[str]
    watching: bool
    recording: bool


class HealthJson(TypedDict):
    """Whether the figures may be relied on, and why not; `source` as in what is watched."""

    source: Annotated[str, Source] | None
    state: Annotated[str, Wire("of what is watched", choices=("live", "stale", "recording"))]
    reason: str | None


class ErrorJson(TypedDict):
    """What is wrong, in a sentence; of a parameter its name."""

    error: str
    parameter: NotRequired[str]


ANY_SYMBOL = Parameter("symbol", "symbol", "only this pair", False)

_FORMS: dict[Kind, Schema] = {
    "symbol": {"type": "string", "pattern": PAIR_PATTERN},
    "moment": {"type": "string", "pattern": times.PATTERN},
}


class Operation(Struct, frozen=True):
    """One route. `answer` declares its JSON; None when it answers with `media` that is no JSON.

    `statuses`: what it may answer besides 200, and 400 when it takes parameters.
    """

    path: str
    name: str
    summary: str
    parameters: tuple[Parameter, ...] = ()
    answer: type | None = None
    media: str = "application/json"
    statuses: tuple[int, ...] = ()


OPERATIONS = (
    *(
        Operation(one.route.path, one.name, one.route.summary, one.parameters, one.route.answer, statuses=(503,))
        for one in QUESTIONS
        if one.route
    ),
    Operation(
        "/api/v1/snapshot",
        "snapshot",
        "Everything of this moment, a snapshot per watched pair.",
        (ANY_SYMBOL,),
        SnapshotJson,
        statuses=(404, 503),
    ),
    Operation("/api/v1/symbols", "symbols", "What is watched and what is recorded.", (), SymbolsJson, statuses=(503,)),
    Operation(
        "/api/v1/events",
        "events",
        "Server-sent events: `snapshot` on every change, `heartbeat` every 2 s with `trouble` in words or null.",
        (ANY_SYMBOL,),
        media="text/event-stream",
        statuses=(404, 503),
    ),
    Operation(
        "/healthz",
        "healthz",
        "200 while every watched pair is live, else 503 and why.",
        answer=HealthJson,
        statuses=(503,),
    ),
    Operation("/metrics", "metrics", "Figures in Prometheus text form.", media="text/plain"),
    Operation("/api/v1/openapi.json", "openapi", "This document.", answer=dict),
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
            "schemas": {"Error": schema_of(ErrorJson)},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "description": "only where one is set"}},
        },
    }


def _described(operation: Operation) -> Schema:
    fault = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    content: Schema = {operation.media: {"schema": schema_of(operation.answer or str)}}
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
        "schema": _FORMS[parameter.kind],
    }
