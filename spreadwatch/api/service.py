"""The answers to the questions: from the recording on its own threads, from the present at once."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace

from spreadwatch.api import metrics
from spreadwatch.api.metrics import Traffic
from spreadwatch.api.operations import HealthJson, SymbolsJson, document
from spreadwatch.api.parameters import BadParameterError
from spreadwatch.api.present import Present, newer
from spreadwatch.api.query_threads import QueryThreads
from spreadwatch.core import answers_json
from spreadwatch.core.pair_name import PERPETUAL
from spreadwatch.core.questions import QUESTIONS, Archive, Asked, HttpRoute, Question
from spreadwatch.core.snapshot import Snapshot
from spreadwatch.errors import SpreadwatchError

NO_RECORDING = "there is no recording to ask: record first, then ask again"
NOT_LIVE = "nothing is watched here, there is only a recording to ask"

Answer = TypeVar("Answer")

Opens = Callable[[], Archive]
"""Opens the recording, or hands out the open one. Called on the threads that ask it; raises SpreadwatchError."""


class UnavailableError(SpreadwatchError):
    """Cannot be answered as things are; not the asker's fault."""


class UnknownError(SpreadwatchError):
    """A pair that is not watched."""


class Reply(Struct, frozen=True):
    """An answer that is more than a JSON object with 200."""

    body: object
    status: int = 200
    media: str = "application/json"


class Service:
    """Answers, by the names of the operations. The event loop's thread only."""

    def __init__(
        self, archive: Opens | None, present: Present, threads: QueryThreads, traffic: Traffic, usual: str = PERPETUAL
    ) -> None:
        """Take `usual` for the contract of a symbol that is asked for without one."""
        self.usual = usual
        self._archive = archive
        self._present = present
        self._threads = threads
        self._traffic = traffic
        self._document = document()

    def handler(self, name: str) -> Callable[[Asked], Awaitable[object]]:
        """Return what answers an operation."""
        found: Callable[[Asked], Awaitable[object]] | None = getattr(self, name, None)
        return found or self._recorded(next(one for one in QUESTIONS if one.name == name))

    def _recorded(self, question: Question) -> Callable[[Asked], Awaitable[object]]:
        """Return what answers a question from the recording alone."""

        async def answer(asked: Asked) -> object:
            whole = _spanned(asked, question.route) if question.route else asked
            # Told on the thread that asks: ten thousand bars take a while.
            return await self._ask(lambda archive: question.tell(whole, question.ask(archive, whole)))

        return answer

    async def latest(self, asked: Asked) -> object:
        """Tell the last price, recorded or live."""
        recorded = await self._ask(lambda archive: archive.latest(asked.symbol)) if self._archive else None
        if self._archive is None and not self._present.watched:
            raise UnavailableError(NO_RECORDING)
        return answers_json.price(asked.symbol, asked.moment_ms, newer(recorded, self._present.price(asked.symbol)))

    async def spread_latest(self, asked: Asked) -> object:
        """Tell the spread that is live, else the last recorded one."""
        found = self._present.spread(asked.symbol)
        if found is None and (self._archive or not self._present.watched):
            found = await self._ask(lambda archive: archive.spread_latest(asked.symbol))
        return answers_json.spread(asked.symbol, asked.moment_ms, found)

    async def snapshot(self, asked: Asked) -> object:
        """Tell everything of this moment."""
        found = self.watched(asked.symbol)
        body = answers_json.snapshot(found)
        if asked.symbol:
            pairs = [pair for pair in found.pairs if pair.symbol == asked.symbol]
            body = answers_json.snapshot(replace(found, pairs=tuple(pairs)))
        return body

    async def symbols(self, _: Asked) -> SymbolsJson:
        """Tell what is watched and what is recorded."""
        found = self._present.look()
        recorded = await self._ask(lambda archive: list(archive.symbols())) if self._archive else []
        live = [pair.symbol for pair in found.pairs] if found else []
        return {
            "source": found.source.value if found else None,
            "live": live,
            "recorded": recorded,
            "watching": self._present.watched,
            "recording": self._archive is not None,
        }

    async def healthz(self, _: Asked) -> object:
        """Tell whether the figures may be relied on."""
        trouble = self._present.trouble()
        state = "stale" if trouble else "live" if self._present.watched else "recording"
        found = self._present.look()
        told: HealthJson = {"source": found.source.value if found else None, "state": state, "reason": trouble}
        return Reply(told, 503 if trouble else 200)

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

    def watched(self, symbol: str) -> Snapshot:
        """Return the newest snapshot. Raises UnavailableError, or UnknownError when `symbol`, if any, is not in it."""
        found = self._present.look()
        if found is None:
            raise UnavailableError("waiting for the first figures" if self._present.watched else NOT_LIVE)
        names = [pair.symbol for pair in found.pairs]
        if symbol and symbol not in names:
            raise UnknownError(f"{symbol} is not watched here, only {', '.join(names)}")
        return found

    async def _ask(self, question: Callable[[Archive], Answer]) -> Answer:
        archive = self._archive
        if archive is None:
            raise UnavailableError(NO_RECORDING)
        return await self._threads.ask(lambda: question(archive()))


def _spanned(asked: Asked, route: HttpRoute) -> Asked:
    """Complete the time that is asked about. Raises BadParameterError."""
    if route.length_ms is None:
        return asked
    to_ms = asked.now_ms if asked.to_ms is None else asked.to_ms
    from_ms = to_ms - route.length_ms if asked.from_ms is None else asked.from_ms
    if from_ms > to_ms:
        raise BadParameterError("from", "from lies after to")
    if route.most_ms is not None and to_ms - from_ms > route.most_ms:
        apart_s, most_s = (to_ms - from_ms) // 1000, route.most_ms // 1000
        raise BadParameterError("from", f"from and to are {apart_s} s apart, at most {most_s} s at once")
    return replace(asked, from_ms=from_ms, to_ms=to_ms, most=route.most)
