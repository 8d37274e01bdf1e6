"""The watch list in words: its columns, the texts of a row, and in which order rows stand at which time. Pure."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from spreadwatch.core.leg import State
from spreadwatch.core.snapshot import Row
from spreadwatch.ui.kit import text

_STATE_WORDS = {
    State.LIVE: "\N{BLACK CIRCLE} live",
    State.CONNECTING: "\N{WHITE CIRCLE} waiting",
    State.STALE: "\N{WHITE CIRCLE} stale",
    State.REFUSED: "\N{MULTIPLICATION SIGN} refused",
}
_STATE_ORDER = {state: number for number, state in enumerate(_STATE_WORDS)}


@dataclass(frozen=True, slots=True)
class WatchColumn:
    """One column. `usual`: the widest usual text, whose room is kept. `falls`: best first means highest first.

    `key` tells what it is sorted by; None comes last either way.
    """

    caption: str
    usual: str
    falls: bool
    key: Callable[[Row], Any]
    words: Callable[[Row], str]
    is_number: bool = True


def _spread(row: Row) -> str:
    return text.NO_VALUE if row.spread is None else text.signed(row.spread, row.places)


def _size(row: Row) -> str:
    return text.NO_VALUE if row.size_quote is None else text.short(row.size_quote)


def _funding(row: Row) -> str:
    return text.NO_VALUE if row.funding_rate is None else text.percent(row.funding_rate, 4)


COLUMNS = (
    WatchColumn("SYMBOL", "", falls=False, key=lambda row: row.symbol, words=lambda row: row.symbol, is_number=False),
    WatchColumn("SPREAD", "+0.00000012", falls=False, key=lambda row: row.spread, words=_spread),
    WatchColumn("BPS", "+000.00", falls=False, key=lambda row: row.bps, words=lambda row: text.bps(row.bps)),
    WatchColumn("EDGE", "+000.00", falls=True, key=lambda row: row.edge_bps, words=lambda row: text.bps(row.edge_bps)),
    WatchColumn("SIZE", "00.0k", falls=True, key=lambda row: row.size_quote, words=_size),
    WatchColumn("FUNDING", "+0.0000%", falls=True, key=lambda row: row.funding_rate, words=_funding),
    WatchColumn(
        "STATE",
        max(_STATE_WORDS.values(), key=len),
        falls=False,
        key=lambda row: _STATE_ORDER[row.state],
        words=lambda row: _STATE_WORDS[row.state],
        is_number=False,
    ),
)
SYMBOL, SPREAD, EDGE, STATE = 0, 1, 3, 6


def ordered(rows: Iterable[Row], column: int, *, reverse: bool) -> list[Row]:
    """Sort rows by a column, best first or in `reverse`. Equals keep their places; what is None comes last."""
    key = COLUMNS[column].key
    known: list[Row] = []
    unknown: list[Row] = []
    for row in rows:
        (unknown if key(row) is None else known).append(row)
    known.sort(key=key, reverse=COLUMNS[column].falls != reverse)
    return known + unknown


EVERY_S = 1.0


class RowOrder:
    """Keep the symbols sorted by a column. Rows that are equal in it keep their places."""

    def __init__(self, now_s: Callable[[], float]) -> None:
        self.symbols: list[str] = []
        self.column = EDGE
        self.reverse = False
        self.is_held = False
        """While True nothing moves, but for symbols that come and go."""
        self.by_symbol: dict[str, Row] = {}
        self._rows: tuple[Row, ...] = ()
        self._now_s = now_s
        self._sorted_at = float("-inf")

    def take(self, rows: tuple[Row, ...]) -> None:
        """Take new rows; sort them when that is due."""
        if rows is not self._rows:
            self._rows = rows
            self.by_symbol = {row.symbol: row for row in rows}
            if len(self.symbols) != len(rows) or not self.by_symbol.keys() >= set(self.symbols):
                self._merge()
        if not self.is_held and self._now_s() - self._sorted_at >= EVERY_S:
            self._sort()

    def sort_by(self, column: int) -> None:
        """Sort by a column at once, best first; the other way round when it is sorted by that one already."""
        self.reverse = column == self.column and not self.reverse
        self.column = column
        self._sort()

    def beside(self, symbol: str, by: int) -> str | None:
        """Return the symbol so many places further, the last one where there are fewer; None in an empty list."""
        if not self.symbols:
            return None
        if symbol not in self.by_symbol:
            return self.symbols[0]
        place = self.symbols.index(symbol) + by
        return self.symbols[min(max(place, 0), len(self.symbols) - 1)]

    def _merge(self) -> None:
        """Drop the symbols that are gone and append the new ones; sort them all at once, unless the order is held."""
        kept = [symbol for symbol in self.symbols if symbol in self.by_symbol]
        held = set(kept)
        self.symbols = kept + [row.symbol for row in self._rows if row.symbol not in held]
        if not self.is_held:
            self._sort()

    def _sort(self) -> None:
        self._sorted_at = self._now_s()
        rows = (self.by_symbol[symbol] for symbol in self.symbols)
        self.symbols = [row.symbol for row in ordered(rows, self.column, reverse=self.reverse)]
