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


class _NumberColumns(Struct, frozen=True):
    """Where prices or quantities are in a table.

    `cells`: columns that hold a text or a number together, as bid and step of a quote do. `largest`: of each of them,
    what must not become too large.
    """

    name: str
    cells: tuple[tuple[str, ...], ...]
    largest: tuple[str, ...]


_PRICES = {
    "quotes": _NumberColumns("price", (("bid", "step"),), ("max(bid), max(bid + step)",)),
    "trades": _NumberColumns("price", (("price",),), ("max(price)",)),
}
_QUANTITIES = {
    "quotes": _NumberColumns("qty", (("bid_qty",), ("ask_qty",)), ("max(bid_qty)", "max(ask_qty)")),
    "trades": _NumberColumns("qty", (("qty",),), ("max(qty)",)),
}


class StoredSeries:
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

    def _rewrite(self, connection: sqlite3.Connection, numbers: _NumberColumns, old: Notation, new: Notation) -> bool:
        """Write the old rows in a finer notation, all or none: SQLite makes a float of a product that is too large."""
        factor = 10 ** (old.zeros - new.zeros)
        for cell, largest in zip(numbers.cells, numbers.largest, strict=True):
            found = connection.execute(
                f"SELECT {largest} FROM {self.table} WHERE typeof({cell[0]}) = 'integer'"  # noqa: S608 - our own names
            ).fetchone()
            if max(one or 0 for one in found) * factor >= LIMIT:
                return False
        for cell in numbers.cells:
            products = ", ".join(f"{column} = {column} * {factor}" for column in cell)
            connection.execute(f"UPDATE {self.table} SET {products} WHERE typeof({cell[0]}) = 'integer'")  # noqa: S608
            self._take_up(connection, cell, old, new)
        connection.execute(
            f"UPDATE series SET {numbers.name}_zeros = ? WHERE id = ?",  # noqa: S608 - likewise
            (new.zeros, self._number),
        )
        return True

    def _take_up(self, connection: sqlite3.Connection, cell: tuple[str, ...], old: Notation, new: Notation) -> None:
        """Make numbers of the texts that only the finer notation takes.

        A text that the old one took is a trace of a version that damaged recordings, and stays.
        """
        names, values = ", ".join(cell), ", ".join(f"{column} = ?" for column in cell)
        texts = connection.execute(
            f"SELECT {names}, key FROM {self.table} WHERE typeof({cell[0]}) = 'text'"  # noqa: S608 - our own names
        ).fetchall()
        taken: list[tuple[int, ...]] = []
        for *some, key in texts:
            if not all(isinstance(text, str) for text in some) or all(map(old.fits, some)):
                continue
            numbers = [number for text in some if isinstance(number := new.shrink(text), int)]
            if len(numbers) == len(some):
                taken.append((numbers[0], *(number - numbers[0] for number in numbers[1:]), key))
        connection.executemany(f"UPDATE {self.table} SET {values} WHERE key = ?", taken)  # noqa: S608 - likewise
