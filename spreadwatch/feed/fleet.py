"""All connections to the exchange, and which symbols each of them carries.

Quotes of up to 199 symbols share a connection per side, with the heartbeat: the 200 streams that futures
allowed until 2025 are kept to, though the documents say 1,024 now. Every other kind of stream has connections of
its own, partly because USD-M is split: when those go silent the spread goes on.
"""

import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypedDict

from msgspec import Struct, structs

from spreadwatch.core.events import Clock, Link, Phase, Sink
from spreadwatch.core.pair_name import market_of, of_key
from spreadwatch.core.quote import Instant, MarketKind, Side
from spreadwatch.feed import binance
from spreadwatch.feed.binance import Contract
from spreadwatch.feed.kinds import KINDS, QUOTES, Kind, Reach, Silence
from spreadwatch.feed.markets import MARKETS, STREAMS_PER_CONNECTION, stream_url
from spreadwatch.feed.parsing.quotes import QuoteParser
from spreadwatch.feed.policy import StreamSettings
from spreadwatch.feed.stream import Stream

SHARD_SYMBOLS = STREAMS_PER_CONNECTION - 1  # the heartbeat is one


class FleetSettings(Struct, frozen=True):
    """Base URL of each market's streams, how connections are kept, and what they share.

    `chance` gives numbers in [0, 1). `wishes`: the words of the kinds of streams that are not wanted by everyone, see
    `Kind.wish`.
    """

    bases: dict[MarketKind, str]
    heartbeat: str
    stream: StreamSettings
    ca_file: Path | None
    chance: Callable[[], float]
    wishes: frozenset[str] = frozenset()


def quote_stream(
    market: MarketKind,
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
    """Return the stream of a shard's quotes on a market, whose phases go into `sink` too: they make legs live.

    `heartbeat` is the busy symbol that proves the connection alive.
    """
    side = market.side

    def tell(phase: Phase, reason: str, at: Instant) -> None:
        sink(Link(side, phase, reason, at, shard))

    return Stream(
        QUOTES.name.format(market=MARKETS[market].word) + _number(shard),
        stream_url(market, base_url, QUOTES.route),
        QuoteParser(side, contracts, [heartbeat], shard),
        settings=settings,
        ca_file=ca_file,
        sink=sink,
        tell=tell,
        clock=clock,
        chance=chance,
        renewing=renewing,
    )


class _Shared(TypedDict):
    """What all streams of a fleet are given."""

    ca_file: Path | None
    sink: Sink
    clock: Clock
    chance: Callable[[], float]
    renewing: threading.Lock


def _number(shard: int) -> str:
    return f" {shard + 1}" if shard else ""


def _tell_nobody(_phase: Phase, _reason: str, _at: Instant) -> None:
    """Only quotes make a leg live."""


class _Shard:
    """Pairs whose legs share connections: one on spot, and one on the market where their contracts trade."""

    def __init__(self, futures: MarketKind) -> None:
        self.markets = {Side.SPOT: MarketKind.SPOT, Side.FUTURES: futures}
        self.pairs: dict[str, dict[Side, Contract]] = {}


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
        self._keeps_texts = False
        self._kinds = [kind for kind in KINDS if kind.wish is None or kind.wish in settings.wishes]
        self._shards: list[_Shard] = []
        self._carriers: dict[tuple[Kind, MarketKind, int], Stream] = {}
        self._shown: dict[MarketKind, set[Contract]] = {market: set() for market in settings.bases}

    def add(self, symbols: Iterable[str]) -> dict[str, int]:
        """Subscribe to both legs of pairs that are not watched, by their keys; return the shard that carries each.

        The futures leg of e.g. a current quarter waits for `resolve`.
        """
        placed = {symbol: self._place(symbol) for symbol in symbols}
        for number in dict.fromkeys(placed.values()):
            new = [self._shards[number].pairs[symbol] for symbol in placed if placed[symbol] == number]
            for side in Side:
                self._watch(side, number, [contracts[side] for contracts in new if side in contracts])
        return placed

    def resolve(self, contract: Contract) -> None:
        """Subscribe to the futures leg of a watched pair, now that its contract is known and no other pair's."""
        number = self._shard_of(contract.symbol)
        if number is not None and Side.FUTURES not in self._shards[number].pairs[contract.symbol]:
            self._shards[number].pairs[contract.symbol][Side.FUTURES] = contract
            self._watch(Side.FUTURES, number, [contract])

    def carrier(self, wire: str) -> str | None:
        """Return the pair whose futures leg is a contract already, None for one that nobody watches."""
        legs = (legs.get(Side.FUTURES) for shard in self._shards for legs in shard.pairs.values())
        return next((leg.symbol for leg in legs if leg is not None and leg.wire == wire), None)

    def contracts(self) -> dict[Side, list[Contract]]:
        """Return what each side calls the legs that are subscribed to."""
        legs = [legs for shard in self._shards for legs in shard.pairs.values()]
        return {side: list(dict.fromkeys(leg[side] for leg in legs if side in leg)) for side in Side}

    def remove(self, symbol: str) -> None:
        """Unsubscribe from a symbol."""
        number = self._shard_of(symbol)
        if number is None:
            return
        shard = self._shards[number]
        for side, contract in shard.pairs.pop(symbol).items():
            if any(legs.get(side) == contract for legs in shard.pairs.values()):
                continue  # another contract of the coin has the same spot leg
            market = shard.markets[side]
            for kind in self._of(Reach.WATCHED, market):
                self._carriers[kind, market, number].forget([contract])
            if contract in self._shown[market]:
                self._show(market, self._shown[market] - {contract})

    def show(self, symbols: Iterable[str]) -> None:
        """Subscribe to what only symbols in full need, such as books, of these and of no others."""
        wanted: dict[MarketKind, set[Contract]] = {market: set() for market in self._shown}
        for symbol in symbols:
            if (number := self._shard_of(symbol)) is not None:
                shard = self._shards[number]
                for side, contract in shard.pairs[symbol].items():
                    wanted[shard.markets[side]].add(contract)
        for market, contracts in wanted.items():
            self._show(market, contracts)

    def keep_texts(self) -> None:
        """Let quotes carry the wire's texts from now on, for a recorder, also those of connections to come."""
        self._keeps_texts = True
        for stream in self.streams:
            stream.keep_texts()

    # ----- streams

    def _of(self, reach: Reach, market: MarketKind) -> list[Kind]:
        return [kind for kind in self._kinds if kind.reach is reach and market in kind.markets]

    def _place(self, symbol: str) -> int:
        """Give a pair a shard of its markets with room in it."""
        contracts = {Side.SPOT: binance.contract(Side.SPOT, symbol)}
        if not of_key(symbol).is_relative:
            contracts[Side.FUTURES] = binance.contract(Side.FUTURES, symbol)
        futures = market_of(Side.FUTURES, symbol)
        room = (
            number
            for number, shard in enumerate(self._shards)
            if shard.markets[Side.FUTURES] is futures and len(shard.pairs) < SHARD_SYMBOLS
        )
        number = next(room, len(self._shards))
        if number == len(self._shards):
            self._shards.append(_Shard(futures))
        self._shards[number].pairs[symbol] = contracts
        return number

    def _shard_of(self, symbol: str) -> int | None:
        return next((number for number, shard in enumerate(self._shards) if symbol in shard.pairs), None)

    def _watch(self, side: Side, number: int, contracts: list[Contract]) -> None:
        market = self._shards[number].markets[side]
        for kind in self._of(Reach.WATCHED, market):
            self._carry(kind, market, number, contracts)

    def _show(self, market: MarketKind, wanted: set[Contract]) -> None:
        new, old = wanted - self._shown[market], self._shown[market] - wanted
        self._shown[market] = wanted
        for kind in self._of(Reach.SHOWN, market):
            self._carry(kind, market, 0, new)
            if old:
                self._carriers[kind, market, 0].forget(old)

    def _carry(self, kind: Kind, market: MarketKind, number: int, contracts: Iterable[Contract]) -> None:
        """Subscribe to contracts on the connection that is there for them, or begin it."""
        contracts = list(contracts)
        stream = self._carriers.get((kind, market, number))
        if stream is not None:
            stream.watch(contracts)
        elif contracts or kind.silence is Silence.LEGS_ARE_STALE:
            stream = self._carriers[kind, market, number] = self._stream(kind, market, number, contracts)
            if self._keeps_texts:
                stream.keep_texts()
            self.streams.append(stream)
            self._launch(stream)

    def _stream(self, kind: Kind, market: MarketKind, number: int, contracts: list[Contract]) -> Stream:
        options, base = self._settings, self._settings.bases[market]
        shared: _Shared = {
            "ca_file": options.ca_file,
            "sink": self._sink,
            "clock": self._clock,
            "chance": options.chance,
            "renewing": self._renewing,
        }
        if kind.silence is Silence.LEGS_ARE_STALE:
            heartbeat = binance.heartbeat(market, options.heartbeat)
            return quote_stream(market, base, contracts, heartbeat, settings=options.stream, shard=number, **shared)
        return Stream(
            kind.name.format(market=MARKETS[market].word) + _number(number),
            stream_url(market, base, kind.route),
            kind.parser(market.side, contracts),
            settings=structs.replace(options.stream, silence_s=kind.silence_s or options.stream.silence_s),
            tell=_tell_nobody,
            **shared,
        )
