"""One series of quotes or trades in the SQLite file: its table, its notation, and how both become finer.

The notation in the file and every row of the table change in one transaction: the caller's.
"""

import sqlite3

from msgspec import Struct

from spreadwatch.storage.rows import ARRIVALS, QuoteRow, TradeRow
from spreadwatch.storage.sqlite.notation import LIMIT, Notation, Shrinker

_WIDEN_ROWS = 200_000
"""Up to so many rows of a series are rewritten when its tick turns out to be finer."""

Packed = tuple[int | str | None, ...]


class _Numbers(Struct, frozen=True):
    """Prices or quantities in a table: the columns that hold them, and the whole numbers that must not overflow."""

    name: str
    columns: tuple[str, ...]
    sums: tuple[str, ...]


_PRICES = {
    "quotes": _Numbers("price", ("bid", "step"), ("bid", "bid + step")),
    "trades": _Numbers("price", ("price",), ("price",)),
}
_QUANTITIES = {
    "quotes": _Numbers("qty", ("bid_qty", "ask_qty"), ("bid_qty", "ask_qty")),
    "trades": _Numbers("qty", ("qty",), ("qty",)),
}


class Series:
    """A table of `kind` "quotes" or "trades", and how its numbers are written. `number` is its id."""

    def __init__(self, kind: str, number: int, prices: Notation, quantities: Notation) -> None:
        """Stand for what the file holds."""
        self.table = f"{kind}_{number}"
        self._kind = kind
        self._number = number
        self._prices = Shrinker(prices)
        self._quantities = Shrinker(quantities)
        marks = "?,?,?,?,?,?,?,?" if kind == "quotes" else "?,?,?,?,?,?"
        self.insert = f"INSERT INTO {self.table} VALUES ({marks})"  # noqa: S608 - our own name

    def pack_quotes(self, connection: sqlite3.Connection, rows: list[QuoteRow], run: int) -> list[Packed]:
        """Return the rows as the table holds them, after it was made finer for them where that helps."""
        packed = [self._quote(row, run) for row in rows]
        if any(isinstance(row[4], str) or isinstance(row[6], str) or isinstance(row[7], str) for row in packed):
            prices = [text for row in rows for text in (row.bid, row.ask)]
            quantities = [text for row in rows for text in (row.bid_qty, row.ask_qty)]
            if self._widen(connection, prices, quantities):
                packed = [self._quote(row, run) for row in rows]
        return packed

    def pack_trades(self, connection: sqlite3.Connection, rows: list[TradeRow], run: int) -> list[Packed]:
        """Return the rows likewise."""
        packed = [self._trade(row, run) for row in rows]
        if any(isinstance(row[4], str) or isinstance(row[5], str) for row in packed):
            prices, quantities = [row.price for row in rows], [row.qty for row in rows]
            if self._widen(connection, prices, quantities):
                packed = [self._trade(row, run) for row in rows]
        return packed

    def _quote(self, row: QuoteRow, run: int) -> Packed:
        bid: int | str = self._prices[row.bid]
        ask: int | str = self._prices[row.ask]
        if isinstance(bid, int) and isinstance(ask, int):
            step: int | str = ask - bid
        else:
            bid, step = row.bid, row.ask
        lag_ms = None if row.exchange_ms is None else row.received_ms - row.exchange_ms
        key = row.received_ms * ARRIVALS + row.arrival
        quantities = self._quantities
        return (key, run, row.update_id, lag_ms, bid, step, quantities[row.bid_qty], quantities[row.ask_qty])

    def _trade(self, row: TradeRow, run: int) -> Packed:
        key, lag_ms = row.received_ms * ARRIVALS + row.arrival, row.received_ms - row.exchange_ms
        return (key, run, row.trade_id, lag_ms, self._prices[row.price], self._quantities[row.qty])

    def _widen(self, connection: sqlite3.Connection, prices: list[str], quantities: list[str]) -> bool:
        """Let a young series take finer numbers, its old rows rewritten; tell whether that helps."""
        finer_prices = self._prices.notation.finer(prices)
        finer_quantities = self._quantities.notation.finer(quantities)
        if (finer_prices is None and finer_quantities is None) or self._is_long(connection):
            return False
        widened = False
        if finer_prices is not None and self._rewrite(
            connection, _PRICES[self._kind], self._prices.notation, finer_prices
        ):
            self._prices, widened = Shrinker(finer_prices), True
        if finer_quantities is not None and self._rewrite(
            connection, _QUANTITIES[self._kind], self._quantities.notation, finer_quantities
        ):
            self._quantities, widened = Shrinker(finer_quantities), True
        return widened

    def _is_long(self, connection: sqlite3.Connection) -> bool:
        some = f"SELECT 1 FROM {self.table} LIMIT {_WIDEN_ROWS + 1}"  # noqa: S608 - our own name
        [count] = connection.execute(f"SELECT count(*) FROM ({some})").fetchone()  # noqa: S608 - likewise
        return int(count) > _WIDEN_ROWS

    def _rewrite(self, connection: sqlite3.Connection, numbers: _Numbers, old: Notation, new: Notation) -> bool:
        """Write the old rows in a finer notation, all or none: SQLite makes a float of a product that is too large."""
        factor = 10 ** (old.zeros - new.zeros)
        whole = [f"typeof({column}) = 'integer'" for column in numbers.columns]
        for total, is_whole in zip(numbers.sums, whole, strict=True):
            [largest] = connection.execute(
                f"SELECT max({total}) FROM {self.table} WHERE {is_whole}"  # noqa: S608 - our own names
            ).fetchone()
            if (largest or 0) * factor >= LIMIT:
                return False
        for column, is_whole in zip(numbers.columns, whole, strict=True):
            connection.execute(
                f"UPDATE {self.table} SET {column} = {column} * {factor} WHERE {is_whole}"  # noqa: S608 - likewise
            )
        connection.execute(
            f"UPDATE series SET {numbers.name}_zeros = ? WHERE id = ?",  # noqa: S608 - likewise
            (new.zeros, self._number),
        )
        return True
