"""All connections to the exchange, and which symbols each of them carries.

Quotes of up to 199 symbols share a connection per side, with the heartbeat: the 200 streams that futures
allowed until 2025 are kept to, though the documents say 1,024 now. Mark prices have connections of their own,
because USD-M is split, and so have books: when those go silent the spread goes on.
"""

import threading
from collections.abc import Callable, Iterable
from pathlib import Path

from msgspec import Struct, structs

from spreadwatch.core.events import Clock, Link, Phase, Sink
from spreadwatch.core.quote import Instant, Side
from spreadwatch.feed import binance
from spreadwatch.feed.binance import Contract
from spreadwatch.feed.parsing.base import Parser
from spreadwatch.feed.parsing.books import BookParser
from spreadwatch.feed.parsing.marks import MarkParser
from spreadwatch.feed.parsing.quotes import QuoteParser
from spreadwatch.feed.parsing.trades import TradeParser
from spreadwatch.feed.stream import Stream, StreamSettings

SHARD_SYMBOLS = 199
_SLOW_S = 15.0  # after which a connection that is no heartbeat's is silent


class FleetSettings(Struct, frozen=True):
    """Base URL of each side's streams, how connections are kept, and what they share.

    `chance` gives numbers in [0, 1). `perpetual`: the futures legs are perpetuals, whose names are known.
    `with_marks`, `with_books`, `with_trades`: whether mark prices, books and spot trades are wanted at all.
    """

    bases: dict[Side, str]
    heartbeat: str
    stream: StreamSettings
    ca_file: Path | None
    chance: Callable[[], float]
    perpetual: bool = True
    with_marks: bool = True
    with_books: bool = False
    with_trades: bool = False


def quote_stream(
    side: Side,
    base_url: str,
    contracts: Iterable[Contract],
    heartbeat: Contract,
    *,
    settings: StreamSettings,
    ca_file: Path | None,
    sink: Sink,
    clock: Clock,
    chance: Callable[[], float],
    renewing: threading.Lock,
    shard: int = 0,
) -> Stream:
    """Return the stream of a shard's quotes on a side, whose phases go into `sink` too: they make legs live.

    `heartbeat` is the busy symbol that proves the connection alive.
    """

    def tell(phase: Phase, reason: str, at: Instant) -> None:
        sink(Link(side, phase, reason, at, shard))

    return Stream(
        f"{side}{_number(shard)}",
        binance.stream_url(side, base_url),
        QuoteParser(side, contracts, [heartbeat], shard),
        settings=settings,
        ca_file=ca_file,
        sink=sink,
        tell=tell,
        clock=clock,
        chance=chance,
        renewing=renewing,
    )


def _number(shard: int) -> str:
    return f" {shard + 1}" if shard else ""


def _tell_nobody(_phase: Phase, _reason: str, _at: Instant) -> None:
    """Only quotes make a leg live."""


class Fleet:
    """Streams for every watched symbol. One thread at a time."""

    def __init__(self, settings: FleetSettings, sink: Sink, clock: Clock, launch: Callable[[Stream], None]) -> None:
        """Begin without any; `launch` is given each stream that comes to be, to start it when it is time."""
        self.streams: list[Stream] = []
        self._settings = settings
        self._sink = sink
        self._clock = clock
        self._launch = launch
        self._renewing = threading.Lock()
        self._shards: list[dict[str, dict[Side, Contract]]] = []
        self._quotes: dict[tuple[Side, int], Stream] = {}
        self._marks: dict[int, Stream] = {}
        self._trades: dict[int, Stream] = {}
        self._books: dict[Side, Stream] = {}
        self._shown: dict[Side, set[Contract]] = {side: set() for side in Side}

    def add(self, symbols: Iterable[str]) -> dict[str, int]:
        """Subscribe to both legs of symbols that are not watched; return the shard that carries each.

        Where futures legs are no perpetuals they wait for `resolve`.
        """
        placed = {symbol: self._place(symbol) for symbol in symbols}
        for shard in dict.fromkeys(placed.values()):
            new = [self._shards[shard][symbol] for symbol in placed if placed[symbol] == shard]
            for side in Side:
                self._watch(side, shard, [contracts[side] for contracts in new if side in contracts])
        return placed

    def resolve(self, contract: Contract) -> None:
        """Subscribe to the futures leg of a watched symbol, now that its contract is known."""
        shard = self._shard_of(contract.symbol)
        if shard is not None and Side.FUTURES not in self._shards[shard][contract.symbol]:
            self._shards[shard][contract.symbol][Side.FUTURES] = contract
            self._watch(Side.FUTURES, shard, [contract])

    def remove(self, symbol: str) -> None:
        """Unsubscribe from a symbol."""
        shard = self._shard_of(symbol)
        if shard is None:
            return
        for side, contract in self._shards[shard].pop(symbol).items():
            self._quotes[side, shard].forget([contract])
            extras = self._marks if side is Side.FUTURES else self._trades
            if shard in extras:
                extras[shard].forget([contract])
            if contract in self._shown[side]:
                self._shown[side].remove(contract)
                self._books[side].forget([contract])

    def show(self, symbols: Iterable[str]) -> None:
        """Subscribe to the books of these symbols and of no others, if books are wanted."""
        if not self._settings.with_books:
            return
        found = [self._shards[shard][symbol] for symbol in symbols if (shard := self._shard_of(symbol)) is not None]
        for side in Side:
            wanted = {contracts[side] for contracts in found if side in contracts}
            new, old = wanted - self._shown[side], self._shown[side] - wanted
            self._shown[side] = wanted
            if side in self._books:
                self._books[side].watch(new)
                self._books[side].forget(old)
            elif new:
                url = binance.stream_url(side, self._settings.bases[side])
                self._books[side] = self._extra(f"{side} books", url, BookParser(side, new))

    def keep_texts(self) -> None:
        """Let quotes carry the wire's texts from now on, for a recorder."""
        for stream in self._quotes.values():
            stream.keep_texts()

    # ----- streams

    def _place(self, symbol: str) -> int:
        """Give a symbol a shard with room in it."""
        contracts = {Side.SPOT: binance.contract(Side.SPOT, symbol)}
        if self._settings.perpetual:
            contracts[Side.FUTURES] = binance.contract(Side.FUTURES, symbol)
        shard = next(
            (shard for shard, carried in enumerate(self._shards) if len(carried) < SHARD_SYMBOLS), len(self._shards)
        )
        if shard == len(self._shards):
            self._shards.append({})
        self._shards[shard][symbol] = contracts
        return shard

    def _shard_of(self, symbol: str) -> int | None:
        return next((shard for shard, carried in enumerate(self._shards) if symbol in carried), None)

    def _watch(self, side: Side, shard: int, contracts: list[Contract]) -> None:
        settings, base, number = self._settings, self._settings.bases[side], _number(shard)
        if (quotes := self._quotes.get((side, shard))) is not None:
            quotes.watch(contracts)
        else:
            heartbeat = binance.contract(side, settings.heartbeat)
            stream = quote_stream(
                side,
                base,
                contracts,
                heartbeat,
                settings=settings.stream,
                ca_file=settings.ca_file,
                sink=self._sink,
                clock=self._clock,
                chance=settings.chance,
                renewing=self._renewing,
                shard=shard,
            )
            self._quotes[side, shard] = self._begin(stream)
        if side is Side.FUTURES and settings.with_marks:
            self._watch_extra(
                self._marks,
                shard,
                f"marks{number}",
                binance.marks_url(base),
                lambda found: MarkParser(side, found),
                contracts,
            )
        if side is Side.SPOT and settings.with_trades:
            url = binance.stream_url(side, base)
            self._watch_extra(
                self._trades, shard, f"trades{number}", url, lambda found: TradeParser(side, found), contracts
            )

    def _watch_extra(
        self,
        streams: dict[int, Stream],
        shard: int,
        name: str,
        url: str,
        parser: Callable[[list[Contract]], Parser],
        contracts: list[Contract],
    ) -> None:
        if (stream := streams.get(shard)) is not None:
            stream.watch(contracts)
        elif contracts:
            streams[shard] = self._extra(name, url, parser(contracts))

    def _extra(self, name: str, url: str, parser: Parser) -> Stream:
        """Begin a stream that no leg depends on."""
        settings = self._settings
        return self._begin(
            Stream(
                name,
                url,
                parser,
                settings=structs.replace(settings.stream, silence_s=_SLOW_S),
                ca_file=settings.ca_file,
                sink=self._sink,
                tell=_tell_nobody,
                clock=self._clock,
                chance=settings.chance,
                renewing=self._renewing,
            )
        )

    def _begin(self, stream: Stream) -> Stream:
        self.streams.append(stream)
        self._launch(stream)
        return stream
