"""One client's connection: uvicorn's, with an end to those that never finish a request or never read an answer."""

import asyncio
from typing import Any

import h11
import msgspec
from uvicorn.protocols.http.h11_impl import H11Protocol

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
