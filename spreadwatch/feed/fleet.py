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
from spreadwatch.core.pair_name import of_key
from spreadwatch.core.quote import Instant, Side
from spreadwatch.feed import binance
from spreadwatch.feed.binance import Contract
from spreadwatch.feed.kinds import KINDS, QUOTES, Kind, Reach, Silence
from spreadwatch.feed.parsing.quotes import QuoteParser
from spreadwatch.feed.policy import StreamSettings
from spreadwatch.feed.stream import Stream

SHARD_SYMBOLS = 199


class FleetSettings(Struct, frozen=True):
    """Base URL of each side's streams, how connections are kept, and what they share.

    `chance` gives numbers in [0, 1). `wishes`: the words of the kinds of streams that are not wanted by everyone, see
    `Kind.wish`.
    """

    bases: dict[Side, str]
    heartbeat: str
    stream: StreamSettings
    ca_file: Path | None
    chance: Callable[[], float]
    wishes: frozenset[str] = frozenset()


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
        QUOTES.name.format(side=side) + _number(shard),
        binance.stream_url(side, base_url, QUOTES.path),
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
        self._kinds = [kind for kind in KINDS if kind.wish is None or kind.wish in settings.wishes]
        self._shards: list[dict[str, dict[Side, Contract]]] = []
        self._carriers: dict[tuple[Kind, Side, int], Stream] = {}
        self._shown: dict[Side, set[Contract]] = {side: set() for side in Side}

    def add(self, symbols: Iterable[str]) -> dict[str, int]:
        """Subscribe to both legs of pairs that are not watched, by their keys; return the shard that carries each.

        The futures leg of e.g. a current quarter waits for `resolve`.
        """
        placed = {symbol: self._place(symbol) for symbol in symbols}
        for shard in dict.fromkeys(placed.values()):
            new = [self._shards[shard][symbol] for symbol in placed if placed[symbol] == shard]
            for side in Side:
                self._watch(side, shard, [contracts[side] for contracts in new if side in contracts])
        return placed

    def resolve(self, contract: Contract) -> None:
        """Subscribe to the futures leg of a watched pair, now that its contract is known and no other pair's."""
        shard = self._shard_of(contract.symbol)
        if shard is not None and Side.FUTURES not in self._shards[shard][contract.symbol]:
            self._shards[shard][contract.symbol][Side.FUTURES] = contract
            self._watch(Side.FUTURES, shard, [contract])

    def carrier(self, wire: str) -> str | None:
        """Return the pair whose futures leg is a contract already, None for one that nobody watches."""
        legs = (carried.get(Side.FUTURES) for shard in self._shards for carried in shard.values())
        return next((leg.symbol for leg in legs if leg is not None and leg.wire == wire), None)

    def contracts(self) -> dict[Side, list[Contract]]:
        """Return what each side calls the legs that are subscribed to."""
        legs = [carried for shard in self._shards for carried in shard.values()]
        return {side: list(dict.fromkeys(leg[side] for leg in legs if side in leg)) for side in Side}

    def remove(self, symbol: str) -> None:
        """Unsubscribe from a symbol."""
        shard = self._shard_of(symbol)
        if shard is None:
            return
        for side, contract in self._shards[shard].pop(symbol).items():
            if any(carried.get(side) == contract for carried in self._shards[shard].values()):
                continue  # another contract of the coin has the same spot leg
            for kind in self._of(Reach.WATCHED, side):
                self._carriers[kind, side, shard].forget([contract])
            if contract in self._shown[side]:
                self._show(side, self._shown[side] - {contract})

    def show(self, symbols: Iterable[str]) -> None:
        """Subscribe to what only symbols in full need, such as books, of these and of no others."""
        found = [self._shards[shard][symbol] for symbol in symbols if (shard := self._shard_of(symbol)) is not None]
        for side in Side:
            self._show(side, {contracts[side] for contracts in found if side in contracts})

    def keep_texts(self) -> None:
        """Let quotes carry the wire's texts from now on, for a recorder."""
        for stream in self.streams:
            stream.keep_texts()

    # ----- streams

    def _of(self, reach: Reach, side: Side) -> list[Kind]:
        return [kind for kind in self._kinds if kind.reach is reach and side in kind.sides]

    def _place(self, symbol: str) -> int:
        """Give a pair a shard with room in it."""
        contracts = {Side.SPOT: binance.contract(Side.SPOT, symbol)}
        if not of_key(symbol).is_relative:
            contracts[Side.FUTURES] = binance.contract(Side.FUTURES, symbol)
        room = (shard for shard, carried in enumerate(self._shards) if len(carried) < SHARD_SYMBOLS)
        shard = next(room, len(self._shards))
        if shard == len(self._shards):
            self._shards.append({})
        self._shards[shard][symbol] = contracts
        return shard

    def _shard_of(self, symbol: str) -> int | None:
        return next((shard for shard, carried in enumerate(self._shards) if symbol in carried), None)

    def _watch(self, side: Side, shard: int, contracts: list[Contract]) -> None:
        for kind in self._of(Reach.WATCHED, side):
            self._carry(kind, side, shard, contracts)

    def _show(self, side: Side, wanted: set[Contract]) -> None:
        new, old = wanted - self._shown[side], self._shown[side] - wanted
        self._shown[side] = wanted
        for kind in self._of(Reach.SHOWN, side):
            self._carry(kind, side, 0, new)
            if old:
                self._carriers[kind, side, 0].forget(old)

    def _carry(self, kind: Kind, side: Side, shard: int, contracts: Iterable[Contract]) -> None:
        """Subscribe to contracts on the connection that is there for them, or begin it."""
        contracts = list(contracts)
        stream = self._carriers.get((kind, side, shard))
        if stream is not None:
            stream.watch(contracts)
        elif contracts or kind.silence is Silence.LEGS_ARE_STALE:
            stream = self._carriers[kind, side, shard] = self._stream(kind, side, shard, contracts)
            self.streams.append(stream)
            self._launch(stream)

    def _stream(self, kind: Kind, side: Side, shard: int, contracts: list[Contract]) -> Stream:
        options, base = self._settings, self._settings.bases[side]
        shared: _Shared = {
            "ca_file": options.ca_file,
            "sink": self._sink,
            "clock": self._clock,
            "chance": options.chance,
            "renewing": self._renewing,
        }
        if kind.silence is Silence.LEGS_ARE_STALE:
            heartbeat = binance.contract(side, options.heartbeat)
            return quote_stream(side, base, contracts, heartbeat, settings=options.stream, shard=shard, **shared)
        return Stream(
            kind.name.format(side=side) + _number(shard),
            binance.stream_url(side, base, kind.path),
            kind.parser(side, contracts),
            settings=structs.replace(options.stream, silence_s=kind.silence_s or options.stream.silence_s),
            tell=_tell_nobody,
            **shared,
        )
