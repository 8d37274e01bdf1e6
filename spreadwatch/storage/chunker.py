"""Events into chunks of rows, in the order of arrival. The recorder's thread."""

import time
from collections.abc import Collection, Iterable, Mapping

from spreadwatch.core.events import Batch, Link, Naming, Trade
from spreadwatch.core.pair_name import of_key
from spreadwatch.core.quote import Instant, Quote, Side
from spreadwatch.storage.bar_builder import Follower
from spreadwatch.storage.rows import (
    ARRIVALS,
    BeatRow,
    Chunk,
    LinkRow,
    Named,
    QuoteRow,
    Run,
    StoredLeg,
    TradeRow,
)

_BEAT_MS = 500
_KEPT_MS = 1000
_YIELD_ROWS = 64

Texts = tuple[str, str, str, str]


class _Arrivals:
    """Number what comes within one millisecond. Two threads may tell the time in either order."""

    def __init__(self) -> None:
        self._counts: dict[int, int] = {}
        self._newest_ms = 0

    def part(self, at_ms: int) -> None:
        """Leave a number out: what follows came in another batch than what was before."""
        if found := self._counts.get(at_ms):
            self._counts[at_ms] = found + 1

    def number(self, at_ms: int) -> int | None:
        """Return the next number of a millisecond, None when there are no more."""
        if at_ms < self._newest_ms - _KEPT_MS:  # the clock was set back
            self._newest_ms = at_ms
            self._counts.clear()
        elif at_ms > self._newest_ms:
            self._newest_ms = at_ms
            if len(self._counts) > _KEPT_MS:
                self._counts = {ms: count for ms, count in self._counts.items() if ms > at_ms - _KEPT_MS // 2}
        found = self._counts.get(at_ms, 0)
        self._counts[at_ms] = found + 1
        return found if found < ARRIVALS else None


class _Pulse:
    """Which moments of life of a connection are worth a row: those without which it would seem silent.

    Between two stored moments lies half a second at most, unless it was silent for longer.
    """

    def __init__(self) -> None:
        self._stored_ms = 0
        self._waiting: BeatRow | None = None

    def heard(self, beat: BeatRow | None, at_ms: int) -> BeatRow | None:
        """Note life at `at_ms`, without a stored quote if there is a `beat`; return the beat to store now."""
        due = None
        if at_ms - self._stored_ms > _BEAT_MS and (due := self._waiting):
            self._stored_ms = due.received_ms
        self._waiting = beat
        if beat is None:
            self._stored_ms = at_ms
        return due

    def rest(self) -> BeatRow | None:
        """Return the beat that still waits: nothing follows."""
        due, self._waiting = self._waiting, None
        return due


class _Slot:
    """What is kept of a leg between two chunks."""

    __slots__ = ("last", "leg", "rows")

    def __init__(self, leg: StoredLeg) -> None:
        self.leg = leg
        self.rows: list[QuoteRow] = []
        self.last: Texts | None = None


class Assembler:
    """Make the chunks of one run."""

    def __init__(
        self,
        run: Run,
        start: Instant,
        contracts: Mapping[Side, Iterable[Named]],
        silence_ms: int,
        *,
        awaited: Collection[str] = frozenset(),
        changes_only: bool,
    ) -> None:
        """Record what `contracts` names, and the pairs with keys in `awaited` once they are named.

        With `changes_only` a quote equal to the one before is left out.
        """
        self.run = run
        self._spot = {one.symbol: _Slot(_leg(Side.SPOT, one)) for one in contracts[Side.SPOT]}
        self._futures = {one.symbol: _Slot(_leg(Side.FUTURES, one)) for one in contracts[Side.FUTURES]}
        self._awaited = set(awaited)
        self._changes_only = changes_only
        self._arrivals = _Arrivals()
        self._pulses = {side: _Pulse() for side in Side}
        keys = dict.fromkeys((*self._futures, *awaited))
        self._follower = Follower(keys, silence_ms, start, self._awaited)
        for key, slot in self._futures.items():
            self._follower.name(key, slot.leg.symbol)
        self._until_ms = start.wall_ms
        self._trades: dict[StoredLeg, list[TradeRow]] = {}
        self._links: list[LinkRow] = []
        self._beats: list[BeatRow] = []
        self._since_yield = 0

    def take(self, event: Batch | Link | Trade | Naming) -> None:
        """Add an event to the chunk in the making."""
        if isinstance(event, Batch):
            self._take_batch(event)
        elif isinstance(event, Link):
            at_ms = event.at.wall_ms
            number = self._arrivals.number(at_ms) or 0
            self._links.append(LinkRow(at_ms, number, event.side, event.phase.value, event.reason))
            self._follower.take_link(event)
            self._until_ms = max(self._until_ms, at_ms)
        elif isinstance(event, Naming):
            self._take_name(event)
        else:
            self._take_trade(event)

    def _take_name(self, naming: Naming) -> None:
        """Begin the futures leg of a pair whose contract is known now, as a series of that contract's name."""
        key, wire = naming.symbol, naming.wire
        known = {slot.leg.wire for slot in self._futures.values()}
        if key in self._awaited and wire not in known:
            self._awaited.remove(key)
            self._futures[key] = _Slot(StoredLeg(Side.FUTURES, wire, wire))
            self._follower.name(key, wire)

    def lost(self, side: Side, symbol: str, from_ms: int, to_ms: int, reason: str) -> None:
        """Note quotes that are not in any chunk."""
        self._follower.lost(side, symbol, from_ms, to_ms, reason)

    def chunk(self, *, last: bool = False) -> Chunk:
        """Return what came since the last chunk; with `last`, all that was held back too."""
        if last:
            self._beats.extend(beat for pulse in self._pulses.values() if (beat := pulse.rest()))
        quotes: list[tuple[StoredLeg, list[QuoteRow]]] = []
        for slot in (*self._spot.values(), *self._futures.values()):
            if slot.rows:
                quotes.append((slot.leg, slot.rows))
                slot.rows = []
        made = Chunk(
            run=self.run,
            until_ms=self._until_ms,
            quotes=quotes,
            trades=list(self._trades.items()),
            links=self._links,
            beats=self._beats,
            gaps=self._follower.gaps(),
            bars=self._follower.bars(),
        )
        self._trades, self._links, self._beats = {}, [], []
        return made

    def _take_batch(self, batch: Batch) -> None:
        self._follower.take_batch(batch)
        at_ms, side, stored = batch.at.wall_ms, batch.side, False
        self._until_ms = max(self._until_ms, at_ms)
        self._arrivals.part(at_ms)
        slots = self._spot if side is Side.SPOT else self._futures
        for index, quote in enumerate(batch.quotes):
            if slot := slots.get(quote.symbol):
                texts = batch.texts[index] if batch.texts is not None else _texts(quote, slot.leg)
                stored = self._take_quote(slot, quote, at_ms, texts) or stored
        if batch.heard:
            number = None if stored else self._arrivals.number(at_ms)
            beat = None if number is None else BeatRow(at_ms, number, side)
            if due := self._pulses[side].heard(beat, at_ms):
                self._beats.append(due)
        self._since_yield += len(batch.quotes) + 1
        if self._since_yield >= _YIELD_ROWS:  # lets a feed that waits for the interpreter go first
            self._since_yield = 0
            time.sleep(0)

    def _take_quote(self, slot: _Slot, quote: Quote, at_ms: int, texts: Texts) -> bool:
        """Add a quote; tell whether it will be stored."""
        if self._changes_only:
            if slot.last == texts:
                return False
            slot.last = texts
        number = self._arrivals.number(at_ms)
        if number is None:
            reason = f"more than {ARRIVALS} quotes came in one millisecond"
            self.lost(slot.leg.side, slot.leg.symbol, at_ms, at_ms + 1, reason)
            return False
        bid, bid_qty, ask, ask_qty = texts
        slot.rows.append(QuoteRow(at_ms, number, quote.update_id, quote.exchange_ms, bid, bid_qty, ask, ask_qty))
        return True

    def _take_trade(self, trade: Trade) -> None:
        slot, at_ms = self._spot.get(trade.symbol), trade.received.wall_ms
        number = self._arrivals.number(at_ms)
        if slot is not None and number is not None:
            row = TradeRow(at_ms, number, trade.trade_id, trade.exchange_ms, trade.price, trade.qty)
            self._trades.setdefault(slot.leg, []).append(row)
            self._until_ms = max(self._until_ms, at_ms)


def _leg(side: Side, one: Named) -> StoredLeg:
    """Return a leg as it is stored: a quarter goes by its contract's name, since e.g. the current one changes."""
    symbol = one.wire if side is Side.FUTURES and of_key(one.symbol).is_relative else one.symbol
    return StoredLeg(side, symbol, one.wire, one.multiplier)


def _texts(quote: Quote, leg: StoredLeg) -> Texts:
    """Return the texts of a quote that came without: as a source that has no wire would write them."""
    numbers = (quote.bid, quote.bid_qty, quote.ask, quote.ask_qty)
    if leg.multiplier != 1:
        coins = leg.multiplier
        numbers = (quote.bid * coins, quote.bid_qty / coins, quote.ask * coins, quote.ask_qty / coins)
    bid, bid_qty, ask, ask_qty = (format(number, "f") for number in numbers)
    return bid, bid_qty, ask, ask_qty


def is_empty(chunk: Chunk) -> bool:
    """Tell whether there is nothing to store."""
    return not (chunk.quotes or chunk.trades or chunk.links or chunk.beats or chunk.gaps or chunk.bars)
