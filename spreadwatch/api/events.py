"""Server-sent events: every change of the snapshot, at most ten times a second, and a heartbeat."""

import asyncio
import time
from collections.abc import Sequence
from typing import Any

import msgspec
from starlette.types import Receive, Scope, Send

from spreadwatch.api.present import Present
from spreadwatch.core import answers_json
from spreadwatch.core.snapshot import PairSnapshot, Snapshot, to_json

LOOK_S = 0.1
AGES_S = 1.0
HEARTBEAT_S = 2.0

_HEADERS = [(b"content-type", b"text/event-stream; charset=utf-8"), (b"x-accel-buffering", b"no")]


class Frames:
    """The present as an event, made once for all who read it. The service's thread only."""

    def __init__(self, present: Present) -> None:
        self._present = present
        self._keys: dict[str | None, object] = {}
        self._frames: dict[str | None, tuple[float, bytes]] = {}
        self._of: dict[str | None, Snapshot] = {}

    def newest(self, symbol: str | None) -> bytes | None:
        """Return the event for one symbol, or all for None: the same object while nothing but ages changed.

        Ages are renewed every second. None when there is nothing to tell.
        """
        snapshot = self._present.look()
        if snapshot is None or self._of.get(symbol) is snapshot:
            return self._frames[symbol][1] if snapshot else None
        pairs = [pair for pair in snapshot.pairs if symbol in (None, pair.symbol)]
        key, now_s = [_content(pair) for pair in pairs], time.monotonic()
        self._of[symbol] = snapshot
        made_s, frame = self._frames.get(symbol, (0.0, b""))
        if not frame or key != self._keys.get(symbol) or now_s - made_s >= AGES_S:
            body = answers_json.snapshot(snapshot) | {"pairs": [to_json(pair) for pair in pairs]}
            frame = event("snapshot", body)
            self._keys[symbol], self._frames[symbol] = key, (now_s, frame)
        return frame


class EventStream:
    """Serve one reader until it goes, or until the service ends. `symbol` None: all of them."""

    def __init__(self, frames: Frames, present: Present, symbol: str | None) -> None:
        self._frames = frames
        self._present = present
        self._symbol = symbol

    async def serve(self, scope: Scope, receive: Receive, send: Send, stopping: asyncio.Event) -> None:
        """Send events."""
        await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        if scope["method"] == "HEAD":
            await send({"type": "http.response.body", "body": b""})
            return
        gone = asyncio.ensure_future(_until_gone(receive))
        stopped = asyncio.ensure_future(stopping.wait())
        try:
            await self._tell(send, [gone, stopped])
        finally:
            gone.cancel()
            stopped.cancel()

    async def _tell(self, send: Send, ends: Sequence[asyncio.Future[Any]]) -> None:
        sent: bytes | None = None
        beat_s = 0.0
        await _write(send, b"retry: 1000\n\n")
        while not any(end.done() for end in ends):
            frame, now_s = self._frames.newest(self._symbol), time.monotonic()
            if frame is not None and frame is not sent:
                await _write(send, frame)
                sent = frame
            if now_s - beat_s >= HEARTBEAT_S:
                beat_s = now_s
                await _write(
                    send, event("heartbeat", {"at_ms": time.time_ns() // 1_000_000, "trouble": self._present.trouble()})
                )
            await asyncio.wait(ends, timeout=LOOK_S, return_when=asyncio.FIRST_COMPLETED)
        await send({"type": "http.response.body", "body": b""})


def event(name: str, body: object) -> bytes:
    """Write one event; JSON has no line breaks of its own."""
    return b"event: " + name.encode() + b"\ndata: " + msgspec.json.encode(body) + b"\n\n"


def _content(pair: PairSnapshot) -> object:
    """Return what must differ for a change worth telling at once."""
    legs = (pair.spot, pair.futures)
    return pair.state, pair.spread, pair.counts, [(leg.state, leg.quote and leg.quote.update_id) for leg in legs]


async def _write(send: Send, body: bytes) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": True})


async def _until_gone(receive: Receive) -> object:
    while (await receive())["type"] != "http.disconnect":
        pass
    return None
