"""Which symbols are watched, which one of them is shown, and what the last snapshot tells of them. Pure."""

from collections.abc import Sequence

from spreadwatch.core.snapshot import PairSnapshot, Row, Snapshot
from spreadwatch.ui.frame import placeholders


class Selection:
    """The symbol shown changes only by a person's wish, or when it is no longer watched."""

    def __init__(self, symbols: Sequence[str], badge: str | None) -> None:
        self.snapshot: Snapshot | None = None
        """The last one; None before the first."""
        self.symbols = tuple(symbols)
        self.symbol = self.symbols[0]
        self._badge = badge
        self._waiting = placeholders.waiting_rows(self.symbols)
        self._rows: tuple[Row, ...] | None = None

    def take(self, snapshot: Snapshot) -> str | None:
        """Follow which symbols there are; return the one to show instead of one that is gone, else None."""
        self.snapshot = snapshot
        if snapshot.rows:
            if snapshot.rows is self._rows:
                return None
            self._rows = snapshot.rows
            symbols = tuple([row.symbol for row in snapshot.rows])
        else:
            symbols = tuple([pair.symbol for pair in snapshot.pairs])
        if not symbols or symbols == self.symbols:
            return None
        before, self.symbols = self.symbols, symbols
        if self.symbol in symbols or self.symbol not in before or not snapshot.rows:
            return None
        place = before.index(self.symbol)
        left = [one for one in (*before[place:], *reversed(before[:place])) if one in symbols]
        return left[0] if left else symbols[0]

    def find(self) -> PairSnapshot | None:
        """Return what the last snapshot tells of the symbol shown; None for nothing."""
        for pair in self.snapshot.pairs if self.snapshot else ():
            if pair.symbol == self.symbol:
                return pair
        return None

    def pair(self) -> PairSnapshot:
        """Return what is known of the symbol shown, or what stands in for it."""
        return self.find() or placeholders.nothing_yet(self.symbol, self._badge)

    def rows(self) -> tuple[Row, ...]:
        """Return the watch list."""
        return self.snapshot.rows if self.snapshot else self._waiting

    def comes_next(self) -> bool:
        """Tell whether the symbol shown is watched, though the last snapshot was of another one."""
        rows = self.snapshot.rows if self.snapshot else ()
        return bool(rows) and self.symbol in self.symbols and self.find() is None

    def beside(self, by: int) -> str:
        """Return the symbol so many places further, round and round."""
        if self.symbol not in self.symbols:
            return self.symbols[0]
        return self.symbols[(self.symbols.index(self.symbol) + by) % len(self.symbols)]

    def position(self) -> str:
        """Write which one of several is shown: '2/3'; empty for a single one."""
        if len(self.symbols) < 2 or self.symbol not in self.symbols:
            return ""
        return f"{self.symbols.index(self.symbol) + 1}/{len(self.symbols)}"
