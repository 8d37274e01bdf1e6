"""What the service answers, once: the routes and the OpenAPI document follow. Pure.

The questions to a recording are declared in `core.questions`, and their answers by the types that are sent.
"""

from typing import Annotated, NotRequired, TypedDict

from msgspec import Struct

from spreadwatch import __version__
from spreadwatch.api.schemas import Schema, schema_of
from spreadwatch.config.kinds import SYMBOL_PATTERN
from spreadwatch.core import times
from spreadwatch.core.answers_json import SnapshotJson
from spreadwatch.core.questions import QUESTIONS, Kind, Parameter
from spreadwatch.core.snapshot import Wire
from spreadwatch.core.source import Source


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
    "symbol": {"type": "string", "pattern": SYMBOL_PATTERN},
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
