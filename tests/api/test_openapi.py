"""The document says exactly what the routes do."""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from starlette.routing import Route

from spreadwatch.api.metrics import Traffic
from spreadwatch.api.operations import OPERATIONS, document, schema_of
from spreadwatch.api.present import Present
from spreadwatch.api.query_threads import QueryThreads
from spreadwatch.api.routes import Events, application, page_files
from spreadwatch.api.service import Service
from spreadwatch.core.answers import RecordedGap
from tests.api.parts import NOON_MS, Client, ListArchive, SceneLive, serving
from tests.core.builders import SPOT

VALUES = {"symbol": "ETHUSDT", "timestamp": "2026-07-03T12:00:00", "from": str(NOON_MS - 60_000), "to": str(NOON_MS)}
TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "boolean": (bool,),
    "null": (type(None),),
    "array": (list,),
    "object": (dict,),
}


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    rows = [("ETHUSDT", NOON_MS - 1_000, Decimal("1.50"))]
    archive = ListArchive(rows, rows, [RecordedGap(SPOT, "ETHUSDT", NOON_MS - 9_000, None, "lost")])
    with serving(archive, SceneLive()) as made:
        yield made


@pytest.fixture(scope="module")
def described(client: Client) -> Any:  # noqa: ANN401 - JSON
    return client.ask("/api/v1/openapi.json").json


def fits(value: object, schema: Any, at: str = "$") -> None:  # noqa: ANN401 - JSON
    """Check a value against the few words of JSON Schema that the document uses."""
    words = {"type", "properties", "required", "additionalProperties", "items", "enum", "description", "pattern"}
    assert set(schema) <= words
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    allowed = tuple(kind for name in kinds for kind in TYPES[name])
    assert isinstance(value, allowed), f"{at}: {value!r} is no {kinds}"
    assert "boolean" in kinds or not isinstance(value, bool), at
    assert value in schema.get("enum", [value]), at
    if isinstance(value, str):
        assert re.search(schema.get("pattern", ""), value), at
    if isinstance(value, list):
        for number, item in enumerate(value):
            fits(item, schema["items"], f"{at}[{number}]")
    if isinstance(value, dict):
        known, more = schema.get("properties", {}), schema.get("additionalProperties", True)
        assert set(schema.get("required", [])) <= set(value), at
        assert more is not False or set(value) <= set(known), at
        for name, item in value.items():
            if name in known or isinstance(more, dict):
                fits(item, known.get(name, more), f"{at}.{name}")


def query(operation: Any, without: str | None = None) -> str:  # noqa: ANN401 - JSON
    given = [one["name"] for one in operation["parameters"] if one["name"] != without]
    return "?" + "&".join(f"{name}={VALUES[name]}" for name in given)


def operations(described: Any) -> list[tuple[str, Any]]:  # noqa: ANN401 - JSON
    return [(path, methods["get"]) for path, methods in described["paths"].items()]


def test_every_route_is_described_and_every_description_is_a_route(described: Any) -> None:  # noqa: ANN401 - JSON
    present = Present(None, 1)
    threads = QueryThreads(1, 1)
    traffic = Traffic({}, lambda: 0)  # type: ignore[arg-type]
    made = application(service := Service(None, present, threads, traffic), Events(service, present, traffic, 1))
    routes = {route.path for route in made.routes if isinstance(route, Route)}
    assert routes - set(page_files()) == set(described["paths"])
    assert all(set(methods) == {"get"} for methods in described["paths"].values())
    assert described == document()


def test_every_answer_fits_its_description(client: Client, described: Any) -> None:  # noqa: ANN401 - JSON
    for path, operation in operations(described):
        [(media, content)] = operation["responses"]["200"]["content"].items()
        if media == "text/event-stream":
            continue
        got = client.ask(path + query(operation))
        assert got.status == 200, path
        assert got.headers["content-type"].partition(";")[0] == media
        if media == "application/json":
            fits(got.json, content["schema"])


def test_every_required_parameter_is_missed_and_the_others_are_not(client: Client, described: Any) -> None:  # noqa: ANN401
    seen = 0
    for path, operation in operations(described):
        for parameter in operation["parameters"]:
            if operation["operationId"] == "events":
                continue
            got = client.ask(path + query(operation, without=parameter["name"]))
            if parameter["required"]:
                seen += 1
                assert (got.status, got.json["parameter"]) == (400, parameter["name"]), path
                assert "400" in operation["responses"]
                fits(got.json, described["components"]["schemas"]["Error"])
            elif parameter["name"] != "to":  # until now is more than may be asked for at once
                assert got.status == 200, path
    assert seen == 12


def test_a_parameter_that_is_not_described_is_refused(client: Client, described: Any) -> None:  # noqa: ANN401 - JSON
    for path, operation in operations(described):
        wrong = client.ask(path + query(operation) + "&colour=red")
        assert (wrong.status, wrong.json["parameter"]) == (400, "colour"), path


def test_an_unhealthy_answer_fits_too() -> None:
    live = SceneLive()
    live.sentence = "the disk is full"
    with serving(live=live) as client:
        [health] = [one for one in OPERATIONS if one.name == "healthz"]
        got = client.ask("/healthz")
        assert got.status == 503
        fits(got.json, schema_of(health.answer))
