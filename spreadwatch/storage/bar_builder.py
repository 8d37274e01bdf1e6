"""Gaps and one-second bars of the spread, from the same events and by the same rules as the market's model.

Pure. `tests/storage` holds it against `core.market.Market`, event for event. Not thread-safe.
"""

from collections.abc import Collection, Iterable, Iterator
from decimal import Decimal

from msgspec import structs

from spreadwatch.core.answers import RecordedGap
from spreadwatch.core.events import Batch, Link, Phase
from spreadwatch.core.leg import SideLink
from spreadwatch.core.pair_name import spot_symbol
from spreadwatch.core.quote import Instant, Quote, Side
from spreadwatch.core.spread import entry, too_far_apart
from spreadwatch.storage.rows import BarRow

_VENUES = (Side.SPOT, Side.FUTURES)
_OPEN_SECONDS = 2  # threads of two sides may disagree on which second it is


class _Bar:
    """A second in the making."""

    __slots__ = ("changed", "close", "close_ms", "high", "low", "open", "samples")

    def __init__(self, spread: Decimal) -> None:
        self.open = self.high = self.low = self.close = spread
        self.close_ms = 0
        self.samples = 0
        self.changed = True

    def take(self, spread: Decimal, at_ms: int) -> None:
        if spread > self.high:
            self.high = spread
        elif spread < self.low:
            self.low = spread
        self.close, self.close_ms = spread, at_ms
        self.samples += 1
        self.changed = True


class _Pair:
    """Both legs of a pair, as far as its spread needs them. `name`: what it is stored as, None until that is known."""

    __slots__ = ("bars", "key", "name", "part", "quotes")

    def __init__(self, key: str, name: str | None) -> None:
        self.key = key
        self.name = name
        self.quotes: list[Quote | None] = [None, None]
        """The last quote of each leg, spot first, None before the first of its present connection."""
        self.bars: dict[int, _Bar] = {}
        self.part = 0

    def sample(self, at: Instant) -> Iterator[BarRow]:
        """Take the spread at `at`; yield the bars that are over because of that."""
        spot, futures = self.quotes
        if spot is None or futures is None or too_far_apart(spot, futures):
            return
        spread, second = entry(spot, futures), at.wall_ms // 1000
        bar = self.bars.get(second)
        if bar is None:
            newest = max(self.bars, default=second)
            if second < newest - _OPEN_SECONDS + 1:  # the clock was set back: these seconds come again
                yield from self.finish()
                self.part += 1
            bar = self.bars[second] = _Bar(spread)
            for old in sorted(self.bars)[:-_OPEN_SECONDS]:
                yield self._row(old, self.bars.pop(old))
        bar.take(spread, at.wall_ms)

    def finish(self) -> Iterator[BarRow]:
        for second in sorted(self.bars):
            yield self._row(second, self.bars.pop(second))

    def changed(self) -> Iterator[BarRow]:
        for second, bar in self.bars.items():
            if bar.changed:
                yield self._row(second, bar)

    def _row(self, second: int, bar: _Bar) -> BarRow:
        bar.changed = False
        first, high, low, last = (format(number, "f") for number in (bar.open, bar.high, bar.low, bar.close))
        return BarRow(self.name or self.key, second, self.part, first, high, low, last, bar.close_ms, bar.samples)


class Follower:
    """Follow all recorded pairs. Each leg has at most one open gap; it begins with one."""

    def __init__(
        self, keys: Iterable[str], silence_ms: int, start: Instant, unnamed: Collection[str] = frozenset()
    ) -> None:
        """Begin at `start`; a connection silent for over `silence_ms` is not live.

        The rows of a key that is `unnamed` wait for `name`; the others are stored under their keys.
        """
        self._pairs = {key: _Pair(key, None if key in unnamed else key) for key in keys}
        self._of_futures = {key: [pair] for key, pair in self._pairs.items()}
        self._of_spot: dict[str, list[_Pair]] = {}
        for key, pair in self._pairs.items():
            self._of_spot.setdefault(spot_symbol(key), []).append(pair)
        self._lines = [SideLink(side, silence_ms) for side in _VENUES]
        self._open: dict[tuple[Side, str], RecordedGap] = {}
        self._bars: list[BarRow] = []
        self._gaps: dict[tuple[Side, str, int, str], RecordedGap] = {}
        for side in Side:
            self._begin_all(side, start, "starting")

    def name(self, key: str, name: str) -> None:
        """Store what is known of a key, and will be, as a contract that goes by this name for ever."""
        if (pair := self._pairs.get(key)) is not None:
            pair.name = name

    def bars(self) -> list[BarRow]:
        """Return the bars that changed since the last call, the unfinished ones too."""
        found, self._bars = self._bars, []
        for pair in self._pairs.values():
            found.extend(pair.changed())
        return found

    def gaps(self) -> list[RecordedGap]:
        """Return the gaps that began or ended since the last call."""
        found: list[RecordedGap] = []
        unnamed: dict[tuple[Side, str, int, str], RecordedGap] = {}
        for place, row in self._gaps.items():
            name = pair.name if (pair := self._pairs.get(row.symbol)) is not None else row.symbol
            if name is None:
                unnamed[place] = row
            else:
                found.append(row if name == row.symbol else structs.replace(row, symbol=name))
        self._gaps = unnamed
        return found

    def take_batch(self, batch: Batch) -> None:
        """Take what one read brought."""
        side, at = batch.side, batch.at
        place = 0 if side is Side.SPOT else 1  # an enumeration's hash is slow
        line, other = self._lines[place], self._lines[1 - place]
        if batch.heard and not line.opens:  # recording began on a connection that was open already
            self._open_line(line, "open", at)
        resumed = batch.heard and self._note_silence(line, at)
        if resumed:
            self._end_silence(line, at)
        if batch.heard:
            line.heard = at
        both_talk = line.phase is Phase.OPEN and other.talks(at)
        pairs = self._of_futures if place else self._of_spot
        for quote in batch.quotes:
            for pair in pairs.get(quote.symbol, ()):
                if pair.quotes[place] is None:
                    self._end(side, pair.key, at)
                pair.quotes[place] = quote
                if both_talk:
                    self._bars.extend(pair.sample(at))
        if resumed and both_talk:
            spoke = {pair.key for quote in batch.quotes for pair in pairs.get(quote.symbol, ())}
            for key in self._pairs.keys() - spoke:
                self._bars.extend(self._pairs[key].sample(at))

    def take_link(self, link: Link) -> None:
        """Take the news of a connection."""
        line = self._lines[_VENUES.index(link.side)]
        self._note_silence(line, link.at)
        self._begin_all(link.side, link.at, link.reason)
        line.phase, line.reason = link.phase, link.reason
        if link.phase is Phase.OPEN:
            self._open_line(line, link.reason, link.at)

    def lost(self, side: Side, symbol: str, from_ms: int, to_ms: int, reason: str) -> None:
        """Note that quotes of this time, by a symbol of the side or the name of a leg, were not stored."""
        pairs = (self._of_spot if side is Side.SPOT else self._of_futures).get(symbol, ())
        for key in [pair.key for pair in pairs] or [symbol]:
            self._note(RecordedGap(side, key, from_ms, to_ms, reason))

    def _open_line(self, line: SideLink, reason: str, at: Instant) -> None:
        line.phase, line.reason = Phase.OPEN, reason
        line.opens += 1
        line.opened, line.heard = at, None
        for pair in self._pairs.values():
            pair.quotes[_VENUES.index(line.side)] = None

    def _note_silence(self, line: SideLink, at: Instant) -> bool:
        silent = line.was_silent(at)
        if silent:
            start = line.silent_from()
            for pair in self._pairs.values():
                if pair.quotes[_VENUES.index(line.side)] is not None:
                    self._begin(line.side, pair.key, start, f"{line.side} was silent")
        return silent

    def _end_silence(self, line: SideLink, at: Instant) -> None:
        for pair in self._pairs.values():
            if pair.quotes[_VENUES.index(line.side)] is not None:
                self._end(line.side, pair.key, at)

    def _begin_all(self, side: Side, start: Instant, reason: str) -> None:
        for key in self._pairs:
            self._begin(side, key, start, reason)

    def _begin(self, side: Side, symbol: str, start: Instant, reason: str) -> None:
        if (side, symbol) not in self._open:
            row = RecordedGap(side, symbol, start.wall_ms, None, reason)
            self._open[side, symbol] = row
            self._note(row)

    def _end(self, side: Side, symbol: str, end: Instant) -> None:
        if row := self._open.pop((side, symbol), None):
            end_ms = max(end.wall_ms, row.start_ms)
            self._note(RecordedGap(side, symbol, row.start_ms, end_ms, row.reason))

    def _note(self, row: RecordedGap) -> None:
        self._gaps[row.side, row.symbol, row.start_ms, row.reason] = row
