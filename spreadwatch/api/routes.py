"""The routes: parameters in, answers or sentences out; and the files of the web page.

Those are read once: nothing of a request ever becomes a file name.
"""

import asyncio
from collections.abc import Awaitable, Callable
from importlib import resources

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, Router
from starlette.types import Receive, Scope, Send

from spreadwatch.api import parameters
from spreadwatch.api.events import EventStream, Frames
from spreadwatch.api.metrics import Traffic
from spreadwatch.api.operations import OPERATIONS, Operation
from spreadwatch.api.parameters import BadParameterError
from spreadwatch.api.present import Present
from spreadwatch.api.service import Reply, Service, UnknownError
from spreadwatch.errors import SpreadwatchError

_TYPES = {
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "svg": "image/svg+xml",
    "LICENSE": "text/plain; charset=utf-8",
}


class PageFile(Struct, frozen=True):
    """One file as it is sent."""

    content: bytes
    media: str


def page_files() -> dict[str, PageFile]:
    """Return every file of the page by its path; the page itself is at /."""
    found = {}
    for entry in resources.files("spreadwatch.api").joinpath("web").iterdir():
        kind = entry.name.rpartition(".")[2]
        if kind in _TYPES:
            path = "/" if entry.name == "index.html" else f"/{entry.name}"
            found[path] = PageFile(entry.read_bytes(), _TYPES[kind])
    return found


_NOTHING = "there is nothing at this address: see /api/v1/openapi.json"


class Events:
    """The event streams, so many at once. An ASGI application."""

    def __init__(self, service: Service, present: Present, traffic: Traffic, most: int) -> None:
        self._service = service
        self._present = present
        self._frames = Frames(present)
        self._traffic = traffic
        self._most = most
        self.stopping = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one reader."""
        operation = next(operation for operation in OPERATIONS if operation.name == "events")
        try:
            asked = parameters.read(
                operation.parameters, Request(scope).query_params.multi_items(), self._service.usual
            )
            self._service.watched(asked.symbol)
        except (BadParameterError, SpreadwatchError) as error:
            await _sorry(error)(scope, receive, send)
            return
        if self._traffic.streams >= self._most:
            await _json({"error": f"there are {self._most} event streams already: ask again later"}, 503)(
                scope, receive, send
            )
            return
        self._traffic.streams += 1
        try:
            await EventStream(self._frames, self._present, asked.symbol or None).serve(
                scope, receive, send, self.stopping
            )
        finally:
            self._traffic.streams -= 1


def application(service: Service, events: Events) -> Router:
    """Return the application: every operation, and the page's files."""
    routes: list[BaseRoute] = [
        Route(one.path, events if one.name == "events" else _endpoint(one, service)) for one in OPERATIONS
    ]
    routes += [Route(path, _file(found)) for path, found in page_files().items()]
    return Router(routes, redirect_slashes=False, default=_json({"error": _NOTHING}, 404))


def _endpoint(operation: Operation, service: Service) -> Callable[[Request], Awaitable[Response]]:
    handler = service.handler(operation.name)

    async def endpoint(request: Request) -> Response:
        try:
            asked = parameters.read(operation.parameters, request.query_params.multi_items(), service.usual)
            found = await handler(asked)
        except (BadParameterError, SpreadwatchError) as error:
            return _sorry(error)
        reply = found if isinstance(found, Reply) else Reply(found)
        if isinstance(reply.body, str):
            return Response(reply.body, reply.status, {"content-type": reply.media})
        return _json(reply.body, reply.status)

    return endpoint


def _file(found: PageFile) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(_: Request) -> Response:
        return Response(found.content, headers={"content-type": found.media, "cache-control": "no-cache"})

    return endpoint


def _json(body: object, status: int = 200) -> Response:
    return Response(msgspec.json.encode(body), status, {"content-type": "application/json"})


def _sorry(error: BadParameterError | SpreadwatchError) -> Response:
    """Say what is wrong: 400 with the parameter's name, 404 for a pair not watched, else 503."""
    if isinstance(error, BadParameterError):
        return _json({"error": str(error), "parameter": error.name}, 400)
    if isinstance(error, UnknownError):
        return _json({"error": str(error)}, 404)
    return _json({"error": str(error)}, 503)
