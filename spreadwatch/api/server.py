"""The HTTP service on its own thread: `start`, `stop`, `join`, like everything else that runs beside the window."""

import asyncio
import logging
import threading
from collections import Counter
from typing import Any

import h11
import msgspec
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from spreadwatch.api.events import LOOK_S
from spreadwatch.api.guard import LARGEST_HEAD, Guard
from spreadwatch.api.metrics import Traffic
from spreadwatch.api.present import Live, Present
from spreadwatch.api.query_threads import QueryThreads
from spreadwatch.api.routes import Events, application
from spreadwatch.api.service import Opens, Service
from spreadwatch.api.settings import ServeError, ServeSettings, check
from spreadwatch.worker import Worker

_START_S = 10.0
_BACKLOG = 1024

log = logging.getLogger(__name__)


class Server:
    """Serve a recording, what is live, or both. Methods may be called from any thread."""

    def __init__(self, settings: ServeSettings, archive: Opens | None, live: Live | None) -> None:
        """Refuse with ServeError what `settings` may not ask for. What `archive` opens stays the caller's to close."""
        check(settings)
        self._settings = settings
        self._archive = archive
        self._live = live
        self._threads = QueryThreads(settings.query_threads, settings.query_s)
        self._thread = Worker("api", self._top)
        self._told = threading.Event()
        self._failure: str | None = None
        self._address: tuple[str, int] | None = None
        self._uvicorn: _Uvicorn | None = None
        self._stopped = False

    @property
    def url(self) -> str:
        """The page's address, once started."""
        host, port = self._address or (self._settings.host, self._settings.port)
        return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"

    @property
    def address(self) -> tuple[str, int] | None:
        """Host and port, None before it listens."""
        return self._address

    def start(self) -> None:
        """Begin, and return once it listens. Raises ServeError, for one when the port is taken."""
        self._threads.start()
        self._thread.start()
        if not self._told.wait(_START_S):
            self._failure = f"the service did not start within {_START_S:g} s"
        if self._failure is not None:
            self.stop()
            raise ServeError(self._failure)
        log.info("serving on %s", self.url)

    def stop(self) -> None:
        """Ask it to end. Returns at once."""
        self._stopped = True
        if self._uvicorn is not None:
            self._uvicorn.should_exit = True
        self._threads.stop()

    def join(self, limit_s: float) -> bool:
        """Wait at most `limit_s` seconds for its end; tell whether it ended."""
        ended = self._thread.join(limit_s)
        return self._threads.join(0.2) and ended

    def _top(self) -> None:
        try:
            asyncio.run(self._serve())
        except Exception as error:  # the top of a thread: logged and told
            log.exception("thread api failed")
            self._failure = f"an error in this program stopped the service ({type(error).__name__})"
        self._told.set()

    async def _serve(self) -> None:
        settings = self._settings
        present = Present(self._live, settings.still_s)
        traffic = Traffic(Counter(), lambda: 0)
        service = Service(self._archive, present, self._threads, traffic, settings.usual)
        events = Events(service, present, traffic, settings.streams)
        guard = Guard(application(service, events), settings)
        traffic.statuses = guard.statuses
        config = uvicorn.Config(
            guard,
            host=settings.host,
            port=settings.port,
            loop="asyncio",
            http=connection_class(_room(settings.connections), settings.head_s),
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="critical",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            backlog=_BACKLOG,
            timeout_keep_alive=settings.idle_s,
            timeout_graceful_shutdown=1,
            h11_max_incomplete_event_size=LARGEST_HEAD * 2,
        )
        server = _Uvicorn(config, present, events.stopping)
        traffic.connections = lambda: len(server.server_state.connections)
        self._uvicorn = server
        server.should_exit = self._stopped
        try:
            self._address = await server.listen()
        except OSError as error:
            where = f"{settings.host}:{settings.port}"
            reason = error.strerror or str(error)
            self._failure = f"cannot serve on {where} ({reason}): choose another port, or end what uses this one"
            return
        self._told.set()
        await server.serve()


class _Uvicorn(uvicorn.Server):
    """uvicorn, but a port that is taken is told instead of ending the process."""

    def __init__(self, config: uvicorn.Config, present: Present, stopping: asyncio.Event) -> None:
        super().__init__(config)
        self._present = present
        self._streams_end = stopping

    async def listen(self) -> tuple[str, int]:
        """Bind and return host and port. Raises OSError."""
        config = self.config
        config.load()

        def connect() -> asyncio.Protocol:
            made: Any = config.http_protocol_class
            protocol: asyncio.Protocol = made(config=config, server_state=self.server_state, app_state={})
            return protocol

        loop = asyncio.get_running_loop()
        # The name may mean two addresses, with a port each; we tell one.
        host = "127.0.0.1" if config.host == "localhost" else config.host
        server = await loop.create_server(connect, host, config.port, backlog=config.backlog)
        self.servers = [server]
        bound, port = server.sockets[0].getsockname()[:2]
        return str(bound), int(port)

    async def startup(self, sockets: object = None) -> None:
        """Say that it listens: `listen` came before."""
        self.started = True

    async def main_loop(self) -> None:
        """Serve until told to stop, with an eye on the present: whoever never looks cannot tell that it stands."""
        watching = asyncio.ensure_future(self._watch())
        try:
            await super().main_loop()
        finally:
            watching.cancel()
            self._streams_end.set()

    async def _watch(self) -> None:
        while True:
            self._present.look()
            await asyncio.sleep(LOOK_S)


def _room(wanted: int) -> int:
    """Return how many connections fit: at most a quarter of the files that this process may have open."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return wanted
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return wanted if soft == resource.RLIM_INFINITY else max(min(wanted, soft // 4), 16)


_STUCK_S = 10.0
_PHRASES = {400: b"Bad Request", 408: b"Request Timeout", 503: b"Service Unavailable"}


class HttpConnection(H11Protocol):
    """The event loop's thread only. Subclasses made by `connection_class` carry the limits."""

    most = 0
    head_s = 0.0

    def __init__(self, *arguments: Any, **named: Any) -> None:  # noqa: ANN401 - uvicorn's
        """Take what uvicorn gives."""
        super().__init__(*arguments, **named)
        self._head: asyncio.TimerHandle | None = None
        self._stuck: asyncio.TimerHandle | None = None
        self._surplus = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin. Too many are turned away; far too many not even that."""
        super().connection_made(transport)
        if len(self.connections) > self.most * 2:
            self.transport.abort()
            return
        # It is told so once it has spoken: closing on unread bytes would take the answer away again.
        self._surplus = len(self.connections) > self.most
        self._expect_head()

    def data_received(self, data: bytes) -> None:
        """Take bytes; from the first of a request on, the rest must follow in time."""
        if self.transport.is_closing():
            return
        if self._surplus:
            self._turn_away(503, "too many connections: ask again later")
            return
        super().data_received(data)
        if self._answering():
            self._forget_head()
        elif not self.transport.is_closing():
            self._expect_head()

    def on_response_complete(self) -> None:
        """Wait for the next request: uvicorn's own limit of idleness begins."""
        super().on_response_complete()
        if self._answering():
            self._forget_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the timers."""
        self._forget_head()
        self.resume_writing()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """Note that the client does not read; it has a while to go on."""
        super().pause_writing()
        if self._stuck is None:
            self._stuck = self.loop.call_later(_STUCK_S, self.transport.abort)

    def resume_writing(self) -> None:
        """Note that it reads again."""
        if self._stuck is not None:
            self._stuck.cancel()
            self._stuck = None
        if self.flow is not None:
            super().resume_writing()

    def send_400_response(self, msg: str) -> None:
        """Say in JSON, like everything else here, that this is no HTTP, or too much of it."""
        self._turn_away(400, "this is no HTTP request, or its head is too long")

    def _answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _expect_head(self) -> None:
        if self._head is None:
            self._head = self.loop.call_later(self.head_s, self._too_slow)

    def _forget_head(self) -> None:
        if self._head is not None:
            self._head.cancel()
            self._head = None

    def _too_slow(self) -> None:
        self._head = None
        if not self.transport.is_closing() and not self._answering():
            self._turn_away(408, f"the request did not arrive whole within {self.head_s:g} s")

    def _turn_away(self, status: int, sentence: str) -> None:
        """Answer without asking any route, and close."""
        self._forget_head()
        if self.conn.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            self.transport.abort()
            return
        body = msgspec.json.encode({"error": sentence})
        fields = [("content-type", "application/json"), ("content-length", str(len(body))), ("connection", "close")]
        response = h11.Response(status_code=status, headers=fields, reason=_PHRASES[status])
        for part in (response, h11.Data(data=body), h11.EndOfMessage()):
            self.transport.write(self.conn.send(part) or b"")
        self.transport.close()


def connection_class(most: int, head_s: float) -> type[HttpConnection]:
    """Return a class of connections that share limits: so many at once, each request whole within `head_s`."""
    return type("LimitedConnection", (HttpConnection,), {"most": most, "head_s": head_s})
