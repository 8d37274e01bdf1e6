"""The HTTP service on its own thread: `start`, `stop`, `join`, like everything else that runs beside the window."""

import asyncio
import logging
import threading
from collections import Counter
from typing import Any

import uvicorn

from spreadwatch.api.connection import connection_class
from spreadwatch.api.events import LOOK_S
from spreadwatch.api.guard import LARGEST_HEAD, Guard
from spreadwatch.api.present import Live, Present
from spreadwatch.api.query_threads import QueryThreads
from spreadwatch.api.routes import Events, application
from spreadwatch.api.service import Opens, Service, Traffic
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
