"""The model of all watched symbols: takes events, gives snapshots.

Pure: every moment comes in as an argument, so the same events give the same snapshot at any speed.
Not thread-safe: one thread owns it.
"""

from collections import Counter
from collections.abc import Iterable, Iterator

from spreadwatch.core.alerts import AlertBook
from spreadwatch.core.events import (
    Batch,
    Books,
    Dropped,
    Event,
    Fault,
    Interval,
    Link,
    Listing,
    Marks,
    News,
    Phase,
)
from spreadwatch.core.gaps import Gap, GapLedger
from spreadwatch.core.leg import SideLink
from spreadwatch.core.pair import Pair, Terms
from spreadwatch.core.quote import Instant, Side, Timeline
from spreadwatch.core.series import Series
from spreadwatch.core.snapshot import Row, Snapshot
from spreadwatch.core.snapshots import Totals, freeze, freeze_row
from spreadwatch.core.spread import Extreme


class _Group:
    """The pairs that share one connection per side.

    A spot quote is of every pair with that spot symbol: `spot` holds the first pair of each, then the second of
    those that have one, and so on.
    """

    __slots__ = ("futures", "lines", "pairs", "spot", "talked")

    def __init__(self, silence_ms: int) -> None:
        self.lines = {side: SideLink(side, silence_ms) for side in Side}
        self.pairs: dict[str, Pair] = {}
        self.futures, self.spot = [self.pairs], [dict[str, Pair]()]
        self.talked: tuple[bool, ...] = ()  # each line, when the rows were made

    def add(self, pair: Pair) -> None:
        self.pairs[pair.symbol] = pair
        self._place(pair)

    def _place(self, pair: Pair) -> None:
        free = next((pairs for pairs in self.spot if pair.spot_symbol not in pairs), None)
        if free is None:
            self.spot.append(free := {})
        free[pair.spot_symbol] = pair

    def remove(self, pair: Pair) -> None:
        if self.pairs.pop(pair.symbol, None) is not None:
            self.spot = [{}]
            for left in self.pairs.values():
                self._place(left)

    def of(self, side: Side, symbol: str) -> Iterator[Pair]:
        """Yield the pairs that a side's symbol is a leg of."""
        for pairs in self.spot if side is Side.SPOT else self.futures:
            if pair := pairs.get(symbol):
                yield pair


class Market:
    """Apply events in the order they arrive; ask for a snapshot whenever one is needed."""

    def __init__(self, symbols: Iterable[str], silence_ms: int, terms: Terms | None = None) -> None:
        """Watch pairs by their keys; a connection silent for over `silence_ms` is not live."""
        self.terms = terms or Terms()
        self._silence_ms = silence_ms
        self._begin(symbols, AlertBook(source=self.terms.source))

    def _begin(self, symbols: Iterable[str], alerts: AlertBook) -> None:
        """Know nothing but pairs and rules."""
        self.alerts = alerts
        self.gaps = GapLedger()
        self.latest = Instant(0, 0)
        """The moment of the last batch or link applied: the clock of a replay."""
        self._groups: dict[int, _Group] = {}
        self._pairs: dict[str, Pair] = {}
        self._timeline = Timeline()
        self._rejects: Counter[str] = Counter()
        self._dropped = 0
        self._faults: dict[str, None] = {}  # an ordered set
        for symbol in symbols:
            self.add(symbol, 0)

    # ----- what is watched

    def add(self, symbol: str, shard: int, asked: Instant | None = None) -> None:
        """Watch one more pair, on the connections of a shard; `asked`: the moment, None at the start."""
        group = self._group(shard)
        self._pairs[symbol] = pair = Pair(symbol, group.lines, asked, self.terms.keep)
        group.add(pair)

    def _group(self, shard: int) -> _Group:
        group = self._groups.get(shard)
        if group is None:
            group = self._groups[shard] = _Group(self._silence_ms)
        return group

    def remove(self, symbol: str) -> None:
        """Forget a symbol and all that is known of it."""
        pair = self._pairs.pop(symbol)
        for group in self._groups.values():
            group.remove(pair)
        for side in Side:
            self.gaps.forget(symbol, side)
        self.alerts.forget(symbol)

    def reset(self, symbol: str) -> None:
        """Forget the extremes of `symbol` and begin anew with its next spread."""
        self._pairs[symbol].reset()

    def restart(self) -> None:
        """Forget every event, as if none had come: for a replay that goes back. Symbols and alert rules stay."""
        self._begin(tuple(self._pairs), AlertBook(self.alerts.rules, self.terms.source))

    def extremes(self, symbol: str) -> tuple[Extreme | None, Extreme | None]:
        """Return max and min of a symbol since the start or its reset; other objects once they moved."""
        spread = self._pairs[symbol].spread
        return spread.high, spread.low

    def series(self, symbol: str) -> Series | None:
        """Return the past of a symbol for a chart, to read; None when it is not watched, or nothing is remembered."""
        pair = self._pairs.get(symbol)
        return pair.series if pair else None

    def axis_ms(self, at: Instant) -> int:
        """Return where a moment is on the time axis of the series."""
        return self._timeline.peek_ms(at)

    # ----- events

    def apply(self, event: Event) -> None:
        """Take one event."""
        if isinstance(event, Batch):
            self._take_batch(event)
        elif isinstance(event, Link):
            self._take_link(event)
        elif isinstance(event, Marks):
            self._tell(event.marks, event.rejects, in_row=True)
        elif isinstance(event, Books):
            self._tell(event.books, event.rejects)
        elif isinstance(event, Listing | Interval):
            self._take_terms(event)
        elif isinstance(event, Fault):
            self._faults[event.sentence] = None
        elif isinstance(event, Dropped):
            self._dropped += event.count

    def _tell(self, news: Iterable[News], rejects: Iterable[str], *, in_row: bool = False) -> None:
        """Let legs know what a stream beside the quotes brought; `in_row`: the watch list shows of it."""
        self._rejects.update(rejects)
        for one in news:
            for pair in self._of(one.side, one.symbol):
                leg = pair.legs[one.side]
                leg.told = leg.told.plus(one)
                pair.changed |= in_row

    def _take_terms(self, event: Listing | Interval) -> None:
        """Take what the exchange's lists say."""
        if isinstance(event, Listing):
            for pair in self._of(event.side, event.symbol):
                leg = pair.legs[event.side]
                leg.tick, leg.problem, pair.changed = event.tick, event.problem, True
                pair.delivery_ms = event.delivery_ms or pair.delivery_ms
        else:
            for pair in self._of(Side.FUTURES, event.symbol):
                pair.interval_h = event.hours

    def _of(self, side: Side, symbol: str) -> Iterator[Pair]:
        return (pair for group in self._groups.values() for pair in group.of(side, symbol))

    def _take_batch(self, batch: Batch) -> None:
        group = self._group(batch.shard)
        line = group.lines[batch.side]
        if batch.rejects or batch.repeated:
            self._count_refused(group, batch)
        self.latest = at = batch.at
        resumed = batch.heard and self._note_silence(group, line, at)
        t_ms = self._timeline.elapsed_ms(at)  # not before the silence was told: a sleep moves the axis
        if resumed:
            self._end_silence(group, line, at)
        if batch.heard:
            line.heard = at
        both_talk = line.phase is Phase.OPEN and group.lines[batch.side.other].talks(at)
        is_spot = batch.side is Side.SPOT
        for pairs in group.spot if is_spot else group.futures:
            for quote in batch.quotes:
                pair = pairs.get(quote.symbol)
                if pair is None:
                    continue
                leg, other = (pair.spot, pair.futures) if is_spot else (pair.futures, pair.spot)
                if not leg.fresh:
                    self.gaps.end(pair.symbol, batch.side, at)
                leg.take(quote)
                pair.changed = True
                if both_talk and other.fresh:
                    self._sample(pair, t_ms, at)
        if both_talk and (resumed or self.alerts.rules):
            self._end_batch(group, batch, t_ms, resumed=resumed)

    def _end_batch(self, group: _Group, batch: Batch, t_ms: int, *, resumed: bool) -> None:
        if resumed:
            self._sample_quiet_legs(group, batch, t_ms)
        if self.alerts.rules:
            self.alerts.pass_time(t_ms)

    def _sample(self, pair: Pair, t_ms: int, at: Instant) -> None:
        pair.sample(t_ms, at)
        if self.alerts.rules and pair.spot.quote and pair.futures.quote:
            self.alerts.take(t_ms, pair.symbol, pair.spot.quote, pair.futures.quote, self.terms.fees, at)

    def _count_refused(self, group: _Group, batch: Batch) -> None:
        self._rejects.update(batch.rejects)
        for symbol in batch.repeated:
            for pair in group.of(batch.side, symbol):
                pair.legs[batch.side].repeated += 1

    def _note_silence(self, group: _Group, line: SideLink, at: Instant) -> bool:
        """Begin a gap for every leg whose connection was silent too long just before `at`; tell if it was."""
        silent = line.was_silent(at)
        if silent:
            start = line.silent_from()
            for pair in group.pairs.values():
                if pair.legs[line.side].fresh:
                    self._begin_gap(pair, line.side, start, f"{line.side} was silent")
        return silent

    def _begin_gap(self, pair: Pair, side: Side, start: Instant, reason: str) -> None:
        self.gaps.begin(pair.symbol, side, start, reason)
        start_ms = self._timeline.peek_ms(start)
        pair.gap(start_ms)
        self.alerts.lose(start_ms, pair.symbol)

    def _end_silence(self, group: _Group, line: SideLink, at: Instant) -> None:
        for pair in group.pairs.values():
            if pair.legs[line.side].fresh:
                self.gaps.end(pair.symbol, line.side, at)

    def _sample_quiet_legs(self, group: _Group, batch: Batch, t_ms: int) -> None:
        """Take the spreads that exist again because a silent connection spoke, though of other symbols."""
        spoke = {pair.symbol for quote in batch.quotes for pair in group.of(batch.side, quote.symbol)}
        for pair in group.pairs.values():
            if pair.symbol not in spoke and pair.spot.fresh and pair.futures.fresh:
                self._sample(pair, t_ms, batch.at)

    def _take_link(self, link: Link) -> None:
        group = self._group(link.shard)
        line = group.lines[link.side]
        self._note_silence(group, line, link.at)
        self._timeline.elapsed_ms(link.at)
        for pair in group.pairs.values():
            self._begin_gap(pair, link.side, link.at, link.reason)
            pair.changed = True
        line.phase, line.reason, self.latest = link.phase, link.reason, link.at
        if link.phase is Phase.OPEN:
            line.opens += 1
            line.opened, line.heard = link.at, None
            for pair in group.pairs.values():
                pair.legs[link.side].fresh = False

    def open_links(self) -> list[Link]:
        """Return the news of the first shard's connections that are open, for whoever begins to listen later."""
        lines = self._group(0).lines.values()
        return [
            Link(line.side, Phase.OPEN, line.reason, line.opened)
            for line in lines
            if line.phase is Phase.OPEN and line.opened
        ]

    # ----- what is known

    def snapshot(self, now: Instant, shown: Iterable[str] | None = None) -> Snapshot:
        """Freeze all that is known at `now`: of the symbols `shown`, None for all, with a row for every one."""
        silent = tuple(self._silent_now(now))
        now_ms = self._timeline.peek_ms(now)
        lines = [line for group in self._groups.values() for line in group.lines.values()]
        totals = Totals(
            rejected=self._rejects.total(),
            reconnects=sum(max(line.opens - 1, 0) for line in lines),
            dropped=self._dropped,
            gaps=self.gaps.count + len(silent),
        )
        chosen = self._pairs if shown is None else [symbol for symbol in shown if symbol in self._pairs]
        return Snapshot(
            at=now,
            pairs=tuple(freeze(self._pairs[symbol], now, now_ms, totals, self.terms) for symbol in chosen),
            rejects=dict(self._rejects),
            gaps=(*self.gaps.all(), *silent),
            faults=tuple(self._faults),
            rows=tuple(self._rows(now)),
            alerts=self.alerts.recent,
            source=self.terms.source,
        )

    def _rows(self, now: Instant) -> list[Row]:
        """Return a row per symbol; those that did not change are the same objects as before."""
        for group in self._groups.values():
            talked = tuple(line.talks(now) for line in group.lines.values())
            if talked != group.talked:
                group.talked = talked
                for pair in group.pairs.values():
                    pair.changed = True
        rows = []
        for pair in self._pairs.values():
            row = pair.row
            if pair.changed or row is None:
                row = pair.row = freeze_row(pair, now, self.terms)
                pair.changed = False
            rows.append(row)
        return rows

    def _silent_now(self, now: Instant) -> Iterator[Gap]:
        """Yield the gaps of the legs that are silent at `now`: a guess, what they said may still be under way."""
        for group in self._groups.values():
            for line in group.lines.values():
                if line.was_silent(now):
                    for pair in group.pairs.values():
                        if pair.legs[line.side].fresh and not self.gaps.lasts(pair.symbol, line.side):
                            yield Gap(pair.symbol, line.side, line.silent_from(), None, f"{line.side} was silent")
