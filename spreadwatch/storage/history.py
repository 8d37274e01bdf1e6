"""Questions to a recording, the same for every store. Any thread, any process, while it is being written.

A price is the spot trade price where the run that recorded that moment has trades of the symbol, else the middle
of the spot quote; the answer says which. A symbol or a time of which nothing is known answers None.
"""

import heapq
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import groupby

from spreadwatch.core.answers import (
    Bar,
    Price,
    PriceRange,
    RecordedGap,
    RowKind,
    SeriesTrust,
    SpreadRange,
    SpreadValue,
)
from spreadwatch.core.events import Batch, Event, Link, Phase
from spreadwatch.core.pair_name import of_key, spot_symbol
from spreadwatch.core.quote import Instant, Side
from spreadwatch.core.spread import entry, too_far_apart
from spreadwatch.core.times import MINUTE_MS
from spreadwatch.storage.rows import ARRIVALS, BarRow, BeatRow, LinkRow, StoredLeg, StoredQuote, StoredTrade
from spreadwatch.storage.trust import Inspection, Inspector

END_MS = 1 << 43
"""After every recorded moment."""

PAGE = 4000
"""Rows read at once: memory stays constant, and no read holds up the writer."""

KINDS: tuple[RowKind, ...] = ("quotes", "trades")

Extremes = tuple[Decimal, Decimal]
_Item = tuple[int, int, StoredQuote | LinkRow | BeatRow]


class History(ABC):
    """Ask a recording. What cannot be read raises StorageError."""

    # ----- what each store answers in its own way

    @abstractmethod
    def close(self) -> None:
        """Let go of the store."""

    @abstractmethod
    def legs(self, kind: str = "quotes") -> list[StoredLeg]:
        """Return the legs of which there are "quotes" or "trades"."""

    @abstractmethod
    def span(self) -> tuple[int, int] | None:
        """Return the first and the last recorded moment, None for an empty recording."""

    @abstractmethod
    def _gap_rows(self, symbol: str, from_ms: int, to_ms: int) -> list[RecordedGap]:
        """Return the gaps of both legs that touch the time, by their start. An open one ends with None."""

    @abstractmethod
    def _quote_before(self, leg: StoredLeg, at_ms: int) -> StoredQuote | None:
        """Return the last quote received at or before a moment."""

    @abstractmethod
    def _trade_before(self, leg: StoredLeg, at_ms: int) -> StoredTrade | None:
        """Return the last trade received at or before a moment."""

    @abstractmethod
    def _mids(self, leg: StoredLeg, from_ms: int, to_ms: int) -> Extremes | None:
        """Return highest and lowest mid per coin received from a moment up to, not including, another."""

    @abstractmethod
    def _trade_prices(self, leg: StoredLeg, from_ms: int, to_ms: int) -> Extremes | None:
        """Return highest and lowest trade price likewise."""

    @abstractmethod
    def _quotes(
        self, leg: StoredLeg, from_ms: int, to_ms: int, inspector: Inspector | None = None
    ) -> Iterator[StoredQuote]:
        """Yield the quotes of a leg in order of arrival, and show the inspector what is read."""

    @abstractmethod
    def _trades(
        self, leg: StoredLeg, from_ms: int, to_ms: int, inspector: Inspector | None = None
    ) -> Iterator[StoredTrade]:
        """Yield the trades of a leg likewise."""

    @abstractmethod
    def _inspect(self, kind: RowKind, leg: StoredLeg, inspector: Inspector) -> None:
        """Show an inspector all rows of a series in order of arrival."""

    @abstractmethod
    def _bar_rows(self, symbol: str, from_second: int, to_second: int) -> Iterator[BarRow]:
        """Yield the rows of bars by second; several runs may hold the same one."""

    @abstractmethod
    def _last_second(self, symbol: str, before_second: int) -> int | None:
        """Return the last second before another that has a bar."""

    @abstractmethod
    def _link_rows(self, from_ms: int, to_ms: int) -> Iterator[LinkRow]:
        """Yield the news of connections in order of arrival."""

    @abstractmethod
    def _beat_rows(self, from_ms: int, to_ms: int) -> Iterator[BeatRow]:
        """Yield the beats in order of arrival."""

    # ----- prices

    def symbols(self) -> list[str]:
        """Return the pairs of which anything is recorded, by their keys, sorted; a lonely spot leg is a perpetual's."""
        legs = [leg for kind in KINDS for leg in self.legs(kind)]
        futures = {leg.symbol for leg in legs if leg.side is Side.FUTURES}
        covered = {spot_symbol(key) for key in futures}
        return sorted(futures | {leg.symbol for leg in legs if leg.side is Side.SPOT} - covered)

    def named(self, key: str, at_ms: int) -> str:
        """Return the key that a pair has here: e.g. a current quarter goes by its day, that of a moment."""
        name = of_key(key)
        span = self.span() if name.is_relative else None
        return key if span is None else str(name.dated(min(at_ms, span[1])))

    def latest(self, symbol: str) -> Price | None:
        """Return the last price."""
        return self.at(symbol, END_MS - 1)

    def at(self, symbol: str, at_ms: int) -> Price | None:
        """Return the last price at or before a moment."""
        quotes, trades = self._spot("quotes", symbol), self._spot("trades", symbol)
        quote = self._quote_before(quotes, at_ms) if quotes else None
        trade = self._trade_before(trades, at_ms) if trades else None
        if trade and (quote is None or trade.run >= quote.run):
            return Price(symbol, trade.row.received_ms, trade.price, "trade")
        return Price(symbol, quote.row.received_ms, quote.mid, "mid") if quote else None

    def between(self, symbol: str, from_ms: int, to_ms: int) -> Iterator[Price]:
        """Yield every price from a moment up to, not including, another: trades if there are any, else mids."""
        trades, quotes = self._spot("trades", symbol), self._spot("quotes", symbol)
        found = False
        for trade in self._trades(trades, from_ms, to_ms) if trades else ():
            found = True
            yield Price(symbol, trade.row.received_ms, trade.price, "trade")
        if not found and quotes:
            for quote in self._quotes(quotes, from_ms, to_ms):
                yield Price(symbol, quote.row.received_ms, quote.mid, "mid")

    def minmax(self, symbol: str, minute_ms: int) -> PriceRange | None:
        """Return the highest and lowest price of the minute in which a moment lies: of trades if there are any."""
        start_ms = minute_ms - minute_ms % MINUTE_MS
        trades, quotes = self._spot("trades", symbol), self._spot("quotes", symbol)
        if trades and (found := self._trade_prices(trades, start_ms, start_ms + MINUTE_MS)):
            return PriceRange(symbol, start_ms, *found, "trade")
        if quotes and (found := self._mids(quotes, start_ms, start_ms + MINUTE_MS)):
            return PriceRange(symbol, start_ms, *found, "mid")
        return None

    # ----- spread

    def spread_latest(self, symbol: str) -> SpreadValue | None:
        """Return the last spread that was a sample."""
        return self.spread_at(symbol, END_MS - 1)

    def spread_at(self, symbol: str, at_ms: int) -> SpreadValue | None:
        """Return the last spread at or before a moment, to the ms where raw quotes remain, else to the second."""
        symbol = self.named(symbol, at_ms)
        return self._spread_of_quotes(symbol, at_ms) or self._spread_of_bars(symbol, at_ms)

    def spread_minmax(self, symbol: str, minute_ms: int) -> SpreadRange | None:
        """Return the highest and lowest spread of the minute in which a moment lies."""
        start_ms = minute_ms - minute_ms % MINUTE_MS
        bars = list(self.bars(symbol, start_ms, start_ms + MINUTE_MS))
        if not bars:
            return None
        high, low = max(bar.high for bar in bars), min(bar.low for bar in bars)
        return SpreadRange(symbol, start_ms, high, low, sum(bar.samples for bar in bars))

    def bars(self, symbol: str, from_ms: int = 0, to_ms: int = END_MS) -> Iterator[Bar]:
        """Yield the one-second bars that begin in a time. What several runs saw of a second becomes one bar."""
        rows = self._bar_rows(self.named(symbol, to_ms), -(-from_ms // 1000), -(-to_ms // 1000))
        for _, group in groupby(rows, key=lambda row: row.second):
            yield _one_bar(list(group))

    def gaps(self, symbol: str, from_ms: int = 0, to_ms: int = END_MS) -> list[RecordedGap]:
        """Return the gaps of both legs that touch the time, by their start. An open one ends with None."""
        return self._gap_rows(self.named(symbol, to_ms), from_ms, to_ms)

    # ----- all of it

    def quotes(
        self, symbols: Iterable[str], from_ms: int = 0, to_ms: int = END_MS, inspection: Inspection | None = None
    ) -> Iterator[StoredQuote]:
        """Yield the quotes of both legs of symbols, in order of arrival, and inspect them on the way."""
        sources = [
            self._quotes(leg, from_ms, to_ms, inspection.of("quotes", leg) if inspection else None)
            for leg in self._legs_of("quotes", symbols)
        ]
        return heapq.merge(*sources, key=lambda one: (one.row.received_ms, one.row.arrival))

    def trades(
        self, symbols: Iterable[str], from_ms: int = 0, to_ms: int = END_MS, inspection: Inspection | None = None
    ) -> Iterator[StoredTrade]:
        """Yield the trades of symbols likewise."""
        sources = [
            self._trades(leg, from_ms, to_ms, inspection.of("trades", leg) if inspection else None)
            for leg in self._legs_of("trades", symbols)
        ]
        return heapq.merge(*sources, key=lambda one: (one.row.received_ms, one.row.arrival))

    def check(self, symbols: Iterable[str] | None = None) -> list[SeriesTrust]:
        """Return what is known of the numbers of every series, or of those of some symbols: reads all of them."""
        keys, inspection = None if symbols is None else list(symbols), Inspection()
        for kind in KINDS:
            for leg in self.legs(kind) if keys is None else self._legs_of(kind, keys):
                self._inspect(kind, leg, inspection.of(kind, leg))
        return inspection.found()

    def events(self, symbols: Iterable[str], from_ms: int = 0, to_ms: int = END_MS) -> Iterator[Event]:
        """Yield what the sources handed over, for a replay: the model makes the same snapshot of it as then."""
        quotes = ((one.row.received_ms, one.row.arrival, one) for one in self.quotes(symbols, from_ms, to_ms))
        links = ((row.received_ms, row.arrival, row) for row in self._link_rows(from_ms, to_ms))
        beats = ((row.received_ms, row.arrival, row) for row in self._beat_rows(from_ms, to_ms))
        merged: Iterator[_Item] = heapq.merge(quotes, links, beats, key=lambda item: item[:2])
        for batch in _batches(merged):
            at_ms, _, first = batch[0]
            at = Instant(at_ms, at_ms)
            if isinstance(first, LinkRow):
                yield Link(first.side, Phase(first.phase), first.reason, at)
            else:
                found = [one.quote() for _, _, one in batch if isinstance(one, StoredQuote)]
                yield Batch(_side(first), at, found, heard=True)

    def _legs_of(self, kind: str, keys: Iterable[str]) -> list[StoredLeg]:
        futures = set(keys)
        wanted = {Side.FUTURES: futures, Side.SPOT: {spot_symbol(key) for key in futures}}
        return [leg for leg in self.legs(kind) if leg.symbol in wanted[leg.side]]

    def _spot(self, kind: str, symbol: str) -> StoredLeg | None:
        return self._leg(kind, Side.SPOT, symbol)

    def _leg(self, kind: str, side: Side, symbol: str) -> StoredLeg | None:
        name = spot_symbol(symbol) if side is Side.SPOT else symbol
        return next((leg for leg in self.legs(kind) if leg.side is side and leg.symbol == name), None)

    def _spread_of_quotes(self, symbol: str, at_ms: int) -> SpreadValue | None:
        legs = [self._leg("quotes", side, symbol) for side in Side]
        while True:
            spot, futures = (self._quote_before(leg, at_ms) if leg else None for leg in legs)
            if spot is None or futures is None:
                return None
            gaps = self.gaps(symbol, at_ms, at_ms + 1)
            quotes = spot.quote(), futures.quote()
            sampled_ms = max(spot.row.received_ms, futures.row.received_ms)
            if gaps:
                at_ms = min(gap.start_ms for gap in gaps) - 1
            elif too_far_apart(*quotes):
                at_ms = sampled_ms - 1
            else:
                return SpreadValue(symbol, sampled_ms, entry(*quotes), "quotes")

    def _spread_of_bars(self, symbol: str, at_ms: int) -> SpreadValue | None:
        second = self._last_second(symbol, at_ms // 1000)
        if second is None:
            return None
        bar = next(self.bars(symbol, second * 1000, second * 1000 + 1))
        return SpreadValue(symbol, bar.close_ms, bar.close, "bars")


def _batches(items: Iterable[_Item]) -> Iterator[list[_Item]]:
    """Yield what came together: quotes of a side whose arrivals follow each other, anything else alone."""
    batch: list[_Item] = []
    for item in items:
        if batch and not _is_next(batch[-1], item):
            yield batch
            batch = []
        batch.append(item)
    if batch:
        yield batch


def _is_next(before: _Item, item: _Item) -> bool:
    both = before[2], item[2]
    return (
        before[0] == item[0]
        and before[1] + 1 == item[1]
        and isinstance(both[0], StoredQuote)
        and isinstance(both[1], StoredQuote)
        and both[0].leg.side is both[1].leg.side
    )


def _side(one: StoredQuote | LinkRow | BeatRow) -> Side:
    return one.leg.side if isinstance(one, StoredQuote) else one.side


def _one_bar(rows: list[BarRow]) -> Bar:
    fullest = max(rows, key=lambda row: row.samples)
    return Bar(
        fullest.symbol,
        fullest.second,
        Decimal(fullest.open),
        max(Decimal(row.high) for row in rows),
        min(Decimal(row.low) for row in rows),
        Decimal(fullest.close),
        fullest.close_ms,
        fullest.samples,
    )


def from_key(key: int) -> tuple[int, int]:
    """Return received ms and arrival of a key."""
    return divmod(key, ARRIVALS)
