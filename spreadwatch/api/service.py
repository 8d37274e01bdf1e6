"""The answers to the questions: from the recording on its own threads, from the present at once."""

import time
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import TypeVar

from msgspec import Struct

from spreadwatch.api import metrics
from spreadwatch.api.operations import DEFAULT_BARS_MS, DEFAULT_GAPS_MS, MOST_GAPS, MOST_SECONDS, document
from spreadwatch.api.parameters import Asked, BadParameterError
from spreadwatch.api.present import Present, newer
from spreadwatch.api.query_threads import QueryThreads
from spreadwatch.api.questions import Archive
from spreadwatch.core import answers_json
from spreadwatch.core.snapshot import Snapshot
from spreadwatch.errors import SpreadwatchError

NO_RECORDING = "there is no recording to ask: record first, then ask again"
NOT_LIVE = "nothing is watched here, there is only a recording to ask"

Answer = TypeVar("Answer")


class UnavailableError(SpreadwatchError):
    """Cannot be answered as things are; not the asker's fault."""


class UnknownError(SpreadwatchError):
    """A pair that is not watched."""


class Reply(Struct, frozen=True):
    """An answer that is more than a JSON object with 200."""

    body: object
    status: int = 200
    media: str = "application/json"


class Traffic(Struct):
    """What the service knows of itself. The event loop's thread writes it."""

    statuses: Counter[int]
    connections: Callable[[], int]
    streams: int = 0


class Service:
    """Answers, by the names of the operations. The event loop's thread only."""

    def __init__(self, archive: Archive | None, present: Present, threads: QueryThreads, traffic: Traffic) -> None:
        self._archive = archive
        self._present = present
        self._threads = threads
        self._traffic = traffic
        self._document = document()

    def handler(self, name: str) -> Callable[[Asked], Awaitable[object]]:
        """Return what answers an operation."""
        found: Callable[[Asked], Awaitable[object]] = getattr(self, name)
        return found

    async def latest(self, asked: Asked) -> object:
        """Tell the last price, recorded or live."""
        symbol = asked.symbol or ""
        recorded = await self._ask(lambda archive: archive.latest(symbol)) if self._archive else None
        if self._archive is None and not self._present.watched:
            raise UnavailableError(NO_RECORDING)
        return answers_json.price(symbol, _now_ms(), newer(recorded, self._present.price(symbol)))

    async def price_at(self, asked: Asked) -> object:
        """Tell the last price at or before a moment."""
        symbol, at_ms = asked.symbol or "", asked.timestamp or 0
        return answers_json.price(symbol, at_ms, await self._ask(lambda archive: archive.at(symbol, at_ms)))

    async def minmax(self, asked: Asked) -> object:
        """Tell highest and lowest price of a minute."""
        symbol, at_ms = asked.symbol or "", asked.timestamp or 0
        return answers_json.price_range(symbol, at_ms, await self._ask(lambda archive: archive.minmax(symbol, at_ms)))

    async def spread_latest(self, asked: Asked) -> object:
        """Tell the spread that is live, else the last recorded one."""
        symbol = asked.symbol or ""
        live = self._present.spread(symbol)
        if live is not None:
            return answers_json.spread(symbol, _now_ms(), live)
        if self._archive is None and self._present.watched:
            return answers_json.spread(symbol, _now_ms(), None)
        return answers_json.spread(symbol, _now_ms(), await self._ask(lambda archive: archive.spread_latest(symbol)))

    async def spread_at(self, asked: Asked) -> object:
        """Tell the last spread at or before a moment."""
        symbol, at_ms = asked.symbol or "", asked.timestamp or 0
        return answers_json.spread(symbol, at_ms, await self._ask(lambda archive: archive.spread_at(symbol, at_ms)))

    async def spread_minmax(self, asked: Asked) -> object:
        """Tell highest and lowest spread of a minute."""
        symbol, at_ms = asked.symbol or "", asked.timestamp or 0
        found = await self._ask(lambda archive: archive.spread_minmax(symbol, at_ms))
        return answers_json.spread_range(symbol, at_ms, found)

    async def bars(self, asked: Asked) -> object:
        """Tell the bars of a time."""
        symbol = asked.symbol or ""
        from_ms, to_ms = _span(asked, DEFAULT_BARS_MS)
        if to_ms - from_ms > MOST_SECONDS * 1000:
            seconds = (to_ms - from_ms) // 1000
            raise BadParameterError("from", f"from and to are {seconds} s apart, at most {MOST_SECONDS} s at once")
        # Written on the thread that asks: ten thousand bars take a while.
        return await self._ask(
            lambda archive: answers_json.bars(symbol, from_ms, to_ms, archive.bars(symbol, from_ms, to_ms))
        )

    async def gaps(self, asked: Asked) -> object:
        """Tell the gaps of a time."""
        symbol = asked.symbol or ""
        from_ms, to_ms = _span(asked, DEFAULT_GAPS_MS)
        return await self._ask(
            lambda archive: answers_json.gaps(symbol, from_ms, to_ms, archive.gaps(symbol, from_ms, to_ms), MOST_GAPS)
        )

    async def snapshot(self, asked: Asked) -> object:
        """Tell everything of this moment."""
        found = self.watched(asked.symbol)
        body = answers_json.snapshot(found)
        if asked.symbol is not None:
            pairs = [pair for pair in found.pairs if pair.symbol == asked.symbol]
            body = answers_json.snapshot(Snapshot(found.at, tuple(pairs), found.rejects, found.gaps, found.faults))
        return body

    async def symbols(self, _: Asked) -> object:
        """Tell what is watched and what is recorded."""
        found = self._present.look()
        recorded = await self._ask(lambda archive: list(archive.symbols())) if self._archive else []
        live = [pair.symbol for pair in found.pairs] if found else []
        return {
            "live": live,
            "recorded": recorded,
            "watching": self._present.watched,
            "recording": self._archive is not None,
        }

    async def healthz(self, _: Asked) -> object:
        """Tell whether the figures may be relied on."""
        trouble = self._present.trouble()
        if trouble:
            return Reply({"state": "stale", "reason": trouble}, 503)
        return {"state": "live" if self._present.watched else "recording", "reason": None}

    async def metrics(self, _: Asked) -> object:
        """Tell the figures."""
        traffic = self._traffic
        text = metrics.text(
            self._present.look(),
            well=self._present.trouble() is None,
            statuses=traffic.statuses,
            connections=traffic.connections(),
            streams=traffic.streams,
        )
        return Reply(text, media=metrics.CONTENT_TYPE)

    async def openapi(self, _: Asked) -> object:
        """Hand out the document."""
        return self._document

    def watched(self, symbol: str | None) -> Snapshot:
        """Return the newest snapshot. Raises UnavailableError, or UnknownError when `symbol` is not in it."""
        found = self._present.look()
        if found is None:
            raise UnavailableError("waiting for the first figures" if self._present.watched else NOT_LIVE)
        names = [pair.symbol for pair in found.pairs]
        if symbol is not None and symbol not in names:
            raise UnknownError(f"{symbol} is not watched here, only {', '.join(names)}")
        return found

    async def _ask(self, question: Callable[[Archive], Answer]) -> Answer:
        archive = self._archive
        if archive is None:
            raise UnavailableError(NO_RECORDING)
        return await self._threads.ask(lambda: question(archive))


def _span(asked: Asked, length_ms: int) -> tuple[int, int]:
    to_ms = _now_ms() if asked.end is None else asked.end
    from_ms = to_ms - length_ms if asked.start is None else asked.start
    if from_ms > to_ms:
        raise BadParameterError("from", "from lies after to")
    return from_ms, to_ms


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
