"""In which order the watch list stands, and when that may change: not while somebody points at it. Pure."""

from collections.abc import Callable

from spreadwatch.core.snapshot import Row
from spreadwatch.ui.watch import columns as list_columns

EVERY_S = 1.0


class RowOrder:
    """Keep the symbols sorted by a column. Rows that are equal in it keep their places."""

    def __init__(self, now_s: Callable[[], float]) -> None:
        self.symbols: list[str] = []
        self.column = list_columns.EDGE
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
                self._meet()
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

    def _meet(self) -> None:
        """Let those that are gone go; those that are new come last, unless the order may change."""
        kept = [symbol for symbol in self.symbols if symbol in self.by_symbol]
        held = set(kept)
        self.symbols = kept + [row.symbol for row in self._rows if row.symbol not in held]
        if not self.is_held:
            self._sort()

    def _sort(self) -> None:
        self._sorted_at = self._now_s()
        rows = (self.by_symbol[symbol] for symbol in self.symbols)
        self.symbols = [row.symbol for row in list_columns.ordered(rows, self.column, reverse=self.reverse)]
