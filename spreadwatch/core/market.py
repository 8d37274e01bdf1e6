"""The model of all watched symbols: takes events, gives snapshots.

Pure: every moment comes in as an argument, so the same events give the same snapshot at any speed.
Not thread-safe: one thread owns it.
"""

from collections import Counter
from collections.abc import Iterable, Iterator

from spreadwatch.core.events import Batch, Dropped, Event, Fault, Link, Listing, Phase
from spreadwatch.core.gaps import Gap, GapLedger
from spreadwatch.core.leg import Leg, Line, State
from spreadwatch.core.quote import Instant, Venue
from spreadwatch.core.snapshot import Counts, LegSnapshot, PairSnapshot, Snapshot, SpreadSnapshot
from spreadwatch.core.spread import SpreadTracker, bps, reverse, too_far_apart


class _Pair:
    """Both legs of one symbol."""

    __slots__ = ("futures", "legs", "spot", "spread", "symbol")

    def __init__(self, symbol: str, lines: dict[Venue, Line]) -> None:
        self.symbol = symbol
        self.spot = Leg(symbol, lines[Venue.SPOT])
        self.futures = Leg(symbol, lines[Venue.FUTURES])
        self.legs = {Venue.SPOT: self.spot, Venue.FUTURES: self.futures}
        self.spread = SpreadTracker()

    def sample(self, at: Instant) -> None:
        """Take the spread of the last quotes; both legs are live at `at`."""
        if self.spot.quote is not None and self.futures.quote is not None:
            self.spread.update(self.spot.quote, self.futures.quote, at)


class Market:
    """Apply events in the order they arrive; ask for a snapshot whenever one is needed."""

    def __init__(self, symbols: Iterable[str], silence_ms: int) -> None:
        """Watch `symbols` (upper case); a connection silent for over `silence_ms` is not live."""
        self._lines = {venue: Line(venue, silence_ms) for venue in Venue}
        self._pairs = {symbol: _Pair(symbol, self._lines) for symbol in symbols}
        self._rejects: Counter[str] = Counter()
        self._dropped = 0
        self._faults: dict[str, None] = {}  # an ordered set
        self.gaps = GapLedger()
        self.latest = Instant(0, 0)
        """The moment of the last batch or link applied: the clock of a replay."""

    def apply(self, event: Event) -> None:
        """Take one event."""
        if isinstance(event, Batch):
            self._take_batch(event)
        elif isinstance(event, Link):
            self._take_link(event)
        elif isinstance(event, Listing):
            if pair := self._pairs.get(event.symbol):
                leg = pair.legs[event.venue]
                leg.tick, leg.problem = event.tick, event.problem
        elif isinstance(event, Fault):
            self._faults[event.sentence] = None
        elif isinstance(event, Dropped):
            self._dropped += event.count

    def reset(self, symbol: str) -> None:
        """Forget the extremes of `symbol` and begin anew with its next spread."""
        self._pairs[symbol].spread = SpreadTracker()

    def _take_batch(self, batch: Batch) -> None:
        line = self._lines[batch.venue]
        if batch.rejects or batch.repeated:
            self._count_refused(batch)
        self.latest = at = batch.at
        resumed = batch.heard and self._note_silence(line, at)
        if resumed:
            self._end_silence(line, at)
        if batch.heard:
            line.heard = at
        both_talk = line.phase is Phase.OPEN and self._lines[batch.venue.other].talks(at)
        pairs = self._pairs
        is_spot = batch.venue is Venue.SPOT
        for quote in batch.quotes:
            pair = pairs.get(quote.symbol)
            if pair is None:
                continue
            leg, other = (pair.spot, pair.futures) if is_spot else (pair.futures, pair.spot)
            if not leg.fresh:
                self.gaps.end(quote.symbol, batch.venue, at)
            leg.take(quote)
            if both_talk and other.fresh:
                pair.sample(at)
        if resumed and both_talk:
            self._sample_quiet_legs(batch)

    def _count_refused(self, batch: Batch) -> None:
        self._rejects.update(batch.rejects)
        for symbol in batch.repeated:
            if pair := self._pairs.get(symbol):
                pair.legs[batch.venue].repeated += 1

    def _note_silence(self, line: Line, at: Instant) -> bool:
        """Begin a gap for every leg whose connection was silent too long just before `at`; tell if it was."""
        silent = line.was_silent(at)
        if silent:
            start = line.silent_from()
            for pair in self._pairs.values():
                if pair.legs[line.venue].fresh:
                    self.gaps.begin(pair.symbol, line.venue, start, f"{line.venue} was silent")
        return silent

    def _end_silence(self, line: Line, at: Instant) -> None:
        for pair in self._pairs.values():
            if pair.legs[line.venue].fresh:
                self.gaps.end(pair.symbol, line.venue, at)

    def _sample_quiet_legs(self, batch: Batch) -> None:
        """Take the spreads that exist again because a silent connection spoke, though of other symbols."""
        spoke = {quote.symbol for quote in batch.quotes}
        for pair in self._pairs.values():
            if pair.symbol not in spoke and pair.spot.fresh and pair.futures.fresh:
                pair.sample(batch.at)

    def _take_link(self, link: Link) -> None:
        line = self._lines[link.venue]
        self._note_silence(line, link.at)
        for pair in self._pairs.values():
            self.gaps.begin(pair.symbol, link.venue, link.at, link.reason)
        line.phase, line.reason, self.latest = link.phase, link.reason, link.at
        if link.phase is Phase.OPEN:
            line.opens += 1
            line.opened, line.heard = link.at, None
            for pair in self._pairs.values():
                pair.legs[link.venue].fresh = False

    def snapshot(self, now: Instant) -> Snapshot:
        """Freeze all that is known at `now`."""
        silent = tuple(self._silent_now(now))
        reconnects = sum(max(line.opens - 1, 0) for line in self._lines.values())
        rejected = self._rejects.total()
        gaps = self.gaps.count + len(silent)
        pairs = tuple(self._freeze(pair, now, rejected, reconnects, gaps) for pair in self._pairs.values())
        return Snapshot(now, pairs, dict(self._rejects), (*self.gaps.all(), *silent), tuple(self._faults))

    def _silent_now(self, now: Instant) -> Iterator[Gap]:
        """Yield the gaps of the legs that are silent at `now`: a guess, what they said may still be under way."""
        for line in self._lines.values():
            if line.was_silent(now):
                for pair in self._pairs.values():
                    if pair.legs[line.venue].fresh and not self.gaps.lasts(pair.symbol, line.venue):
                        yield Gap(pair.symbol, line.venue, line.silent_from(), None, f"{line.venue} was silent")

    def _freeze(self, pair: _Pair, now: Instant, rejected: int, reconnects: int, gaps: int) -> PairSnapshot:
        spot, futures = _freeze_leg(pair.spot, now), _freeze_leg(pair.futures, now)
        state, reason = _judge(spot, futures)
        counts = Counts(
            spot=pair.spot.accepted,
            futures=pair.futures.accepted,
            rejected=rejected,
            repeated=pair.spot.repeated + pair.futures.repeated,
            reconnects=reconnects,
            dropped=self._dropped,
            gaps=gaps,
        )
        spread = _freeze_spread(pair, live=state is State.LIVE)
        return PairSnapshot(pair.symbol, now, state, reason, spot, futures, spread, counts)


def _freeze_leg(leg: Leg, now: Instant) -> LegSnapshot:
    state, reason = leg.state(now)
    age_ms = now.since(leg.quote.received) if leg.quote else None
    return LegSnapshot(leg.line.venue, state, reason, leg.quote, age_ms, leg.shown_places())


def _judge(spot: LegSnapshot, futures: LegSnapshot) -> tuple[State, str | None]:
    """Return the pair's state and reason from its legs': the worse one speaks, stale before connecting."""
    for state in (State.STALE, State.CONNECTING):
        affected = [leg for leg in (spot, futures) if leg.state is state]
        if affected:
            return state, " · ".join(dict.fromkeys(leg.reason for leg in affected if leg.reason))
    if spot.quote and futures.quote and too_far_apart(spot.quote, futures.quote):
        return State.REFUSED, (
            f"spot {spot.quote.ask:f} and futures {futures.quote.bid:f} are more than 20 % apart: "
            f"not the same coin, no spread shown"
        )
    return State.LIVE, None


def _freeze_spread(pair: _Pair, *, live: bool) -> SpreadSnapshot:
    tracker, spot, futures = pair.spread, pair.spot.quote, pair.futures.quote
    current = reverse_now = in_bps = change = None
    if live and spot and futures:
        current = spot.ask - futures.bid
        reverse_now = reverse(spot, futures)
        in_bps = bps(current, spot.ask)
        change = None if tracker.previous is None else current - tracker.previous
    return SpreadSnapshot(
        current=current,
        reverse=reverse_now,
        bps=in_bps,
        change=change,
        high=tracker.high,
        low=tracker.low,
        since=tracker.since,
        samples=tracker.samples,
    )
