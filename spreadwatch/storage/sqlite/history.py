"""Questions to an SQLite recording, also while another process writes it. Any thread."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

from msgspec import Struct

from spreadwatch.core.answers import RecordedGap, RowKind
from spreadwatch.core.quote import Side
from spreadwatch.storage.history import END_MS, PAGE, Extremes, History, from_key
from spreadwatch.storage.rows import (
    ARRIVALS,
    EXACT,
    BarRow,
    BeatRow,
    LinkRow,
    QuoteRow,
    StorageError,
    StoredLeg,
    StoredQuote,
    StoredTrade,
    TradeRow,
    per_coin,
)
from spreadwatch.storage.sqlite import schema
from spreadwatch.storage.sqlite.faults import explain
from spreadwatch.storage.sqlite.notation import LIMIT, Notation, grow
from spreadwatch.storage.trust import Columns, Inspector

_QUOTE = "key, run, update_id, lag_ms, bid, step, bid_qty, ask_qty"
_TRADE = "key, run, trade_id, lag_ms, price, qty"

_SERIES = "SELECT id, venue, symbol, wire, multiplier, price_places, price_zeros, qty_places, qty_zeros FROM series"
_BY_KEY = "WHERE key > ? AND key < ? ORDER BY key LIMIT ?"

Row = tuple[Any, ...]


class _Table(Struct, frozen=True):
    """A series as the file describes it."""

    name: str
    leg: StoredLeg
    price_places: int
    price_zeros: int
    qty_places: int
    qty_zeros: int

    def price(self, stored: int | str) -> str:
        return grow(stored, self.price_places, self.price_zeros)

    def qty(self, stored: int | str) -> str:
        return grow(stored, self.qty_places, self.qty_zeros)

    def quote(self, row: tuple[Any, ...]) -> StoredQuote:
        key, run, update_id, lag_ms, bid, step, bid_qty, ask_qty = row
        at_ms, arrival = from_key(key)
        ask = step if isinstance(step, str) else bid + step
        exchange_ms = None if lag_ms is None else at_ms - lag_ms
        texts = (self.price(bid), self.qty(bid_qty), self.price(ask), self.qty(ask_qty))
        return StoredQuote(self.leg, QuoteRow(at_ms, arrival, update_id, exchange_ms, *texts), run)

    def trade(self, row: tuple[Any, ...]) -> StoredTrade:
        key, run, trade_id, lag_ms, price, qty = row
        at_ms, arrival = from_key(key)
        stored = TradeRow(at_ms, arrival, trade_id, at_ms - lag_ms, self.price(price), self.qty(qty))
        return StoredTrade(self.leg, stored, run)

    def columns(self, rows: list[Row]) -> Columns:
        """Return rows as they are looked through."""
        times, _, _, _, prices, *rest = zip(*rows, strict=True)
        steps, sizes = (rest[0], rest[1:]) if len(rest) > 1 else (None, rest)
        prices_as, sizes_as = Notation(self.price_places, self.price_zeros), Notation(self.qty_places, self.qty_zeros)
        unit = 10.0 ** (self.price_zeros - self.price_places)
        return Columns(times, prices, steps, tuple(sizes), int, LIMIT, prices_as.fits, sizes_as.fits, ARRIVALS, unit)

    def per_coin(self, units: int, parts: int = 1) -> Decimal:
        """Return a stored number ÷ `parts` as a price per coin."""
        text = self.price(units) if units >= 0 else "0"
        return EXACT.divide(Decimal(text), Decimal(parts * self.leg.multiplier))


class SqliteHistory(History):
    """Ask a file."""

    def __init__(self, path: Path) -> None:
        """Open `path` for reading. Raises StorageError when it is missing or not a recording of this version."""
        self.path = path
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._identity: tuple[int, int] | None = None
        self._select("SELECT 1")

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def legs(self, kind: str = "quotes") -> list[StoredLeg]:
        """Return the legs of which there are "quotes" or "trades"."""
        return [table.leg for table in self._tables(kind)]

    def span(self) -> tuple[int, int] | None:
        """Return the first and the last recorded moment, None for an empty recording."""
        keys: list[int] = []
        for kind in ("quotes", "trades"):
            for table in self._tables(kind):
                [ends] = self._select(f"SELECT min(key), max(key) FROM {table.name}")  # noqa: S608 - our own name
                keys.extend(key for key in ends if key is not None)
        [bars] = self._select("SELECT min(second), max(second) FROM bars")
        moments = [key // ARRIVALS for key in keys] + [second * 1000 for second in bars if second is not None]
        return (min(moments), max(moments)) if moments else None

    def _gap_rows(self, symbol: str, from_ms: int, to_ms: int) -> list[RecordedGap]:
        """Return the gaps of both legs that touch the time, by their start. An open one ends with None."""
        rows = self._select(
            "SELECT venue, symbol, start_ms, end_ms, reason FROM gaps WHERE symbol = ? AND start_ms < ? "
            "AND (end_ms IS NULL OR (end_ms > ? AND end_ms > start_ms)) ORDER BY start_ms",
            (symbol, to_ms, from_ms),
        )
        return [RecordedGap(Side(side), *rest) for side, *rest in rows]

    def _tables(self, kind: str) -> list[_Table]:
        return [_table(kind, row) for row in self._select(f"{_SERIES} WHERE kind = ? ORDER BY id", (kind,))]

    def _quote_before(self, leg: StoredLeg, at_ms: int) -> StoredQuote | None:
        table, [rows] = self._rows("quotes", leg, ((_last(_QUOTE), _after(at_ms)),))
        return table.quote(rows[0]) if rows else None

    def _trade_before(self, leg: StoredLeg, at_ms: int) -> StoredTrade | None:
        table, [rows] = self._rows("trades", leg, ((_last(_TRADE), _after(at_ms)),))
        return table.trade(rows[0]) if rows else None

    def _mids(self, leg: StoredLeg, from_ms: int, to_ms: int) -> Extremes | None:
        both = lambda bid, ask: EXACT.divide(  # noqa: E731 - said once
            EXACT.add(Decimal(bid), Decimal(ask)), Decimal(2 * leg.multiplier)
        )
        return self._extremes("quotes", leg, ("2 * bid + step", "bid, step"), (from_ms, to_ms), 2, both)

    def _trade_prices(self, leg: StoredLeg, from_ms: int, to_ms: int) -> Extremes | None:
        one = lambda text: per_coin(text, leg.multiplier)  # noqa: E731 - as short as the one above
        return self._extremes("trades", leg, ("price", "price"), (from_ms, to_ms), 1, one)

    def _extremes(
        self,
        series: str,
        leg: StoredLeg,
        columns: tuple[str, str],
        span_ms: tuple[int, int],
        parts: int,
        value: Callable[..., Decimal],
    ) -> Extremes | None:
        """Return highest and lowest of a series: numbers are compared by SQLite, texts here."""
        number, texts = columns
        keys = (span_ms[0] * ARRIVALS, span_ms[1] * ARRIVALS)
        kind = f"typeof({texts.split(',')[0]})"
        span = "FROM {} WHERE key >= ? AND key < ?"
        table, ([(high, low)], others) = self._rows(
            series,
            leg,
            (
                (f"SELECT max({number}), min({number}) {span} AND {kind} = 'integer'", keys),
                (f"SELECT {texts} {span} AND {kind} = 'text'", keys),
            ),
        )
        found = [] if high is None else [table.per_coin(high, parts), table.per_coin(low, parts)]
        found += [value(*row) for row in others]
        return (max(found), min(found)) if found else None

    def _quotes(
        self, leg: StoredLeg, from_ms: int, to_ms: int, inspector: Inspector | None = None
    ) -> Iterator[StoredQuote]:
        for table, rows in self._series_pages("quotes", leg, from_ms, to_ms, inspector):
            yield from map(table.quote, rows)

    def _trades(
        self, leg: StoredLeg, from_ms: int, to_ms: int, inspector: Inspector | None = None
    ) -> Iterator[StoredTrade]:
        for table, rows in self._series_pages("trades", leg, from_ms, to_ms, inspector):
            yield from map(table.trade, rows)

    def _inspect(self, kind: RowKind, leg: StoredLeg, inspector: Inspector) -> None:
        for _ in self._series_pages(kind, leg, 0, END_MS, inspector):
            pass

    def _series_pages(
        self, kind: RowKind, leg: StoredLeg, from_ms: int, to_ms: int, inspector: Inspector | None
    ) -> Iterator[tuple[_Table, list[Row]]]:
        """Yield the rows of a series by key, a page at a time, each with the notation that it is written in."""
        key = from_ms * ARRIVALS - 1
        select = f"SELECT {_QUOTE if kind == 'quotes' else _TRADE} FROM {{}} {_BY_KEY}"  # noqa: S608 - ours
        while True:
            table, [rows] = self._rows(kind, leg, ((select, (key, to_ms * ARRIVALS, PAGE)),))
            if not rows:
                return
            if inspector is not None:
                inspector.take(table.columns(rows))
            yield table, rows
            key = rows[-1][0]

    def _link_rows(self, from_ms: int, to_ms: int) -> Iterator[LinkRow]:
        for key, side, phase, reason in self._pages("SELECT key, venue, phase, reason FROM links", from_ms, to_ms):
            yield LinkRow(*from_key(key), Side(side), phase, reason)

    def _beat_rows(self, from_ms: int, to_ms: int) -> Iterator[BeatRow]:
        for key, side in self._pages("SELECT key, venue FROM beats", from_ms, to_ms):
            yield BeatRow(*from_key(key), Side(side))

    def _bar_rows(self, symbol: str, from_second: int, to_second: int) -> Iterator[BarRow]:
        while True:
            rows = self._select(
                "SELECT symbol, second, part, open, high, low, close, close_ms, samples FROM bars "
                "WHERE symbol = ? AND second >= ? AND second < ? ORDER BY second, run, part LIMIT ?",
                (symbol, from_second, to_second, PAGE),
            )
            last = rows[-1][1] if len(rows) == PAGE else None
            yield from (BarRow(*row) for row in rows if row[1] != last)
            if last is None:
                return
            from_second = last

    def _last_second(self, symbol: str, before_second: int) -> int | None:
        [(second,)] = self._select(
            "SELECT max(second) FROM bars WHERE symbol = ? AND second < ?", (symbol, before_second)
        )
        return None if second is None else int(second)

    def _pages(self, select: str, from_ms: int, to_ms: int) -> Iterator[Row]:
        """Yield the rows of a select by key, a page at a time: no read lasts long."""
        key = from_ms * ARRIVALS - 1
        while rows := self._select(f"{select} {_BY_KEY}", (key, to_ms * ARRIVALS, PAGE)):
            yield from rows
            key = rows[-1][0]

    def _rows(
        self, kind: str, leg: StoredLeg, selects: tuple[tuple[str, tuple[int, ...]], ...]
    ) -> tuple[_Table, list[list[Row]]]:
        """Return what selects find in a series, and its notation of the same moment: a recorder may change both."""
        with self._asked() as connection:
            connection.execute("BEGIN")
            try:
                series = connection.execute(
                    f"{_SERIES} WHERE kind = ? AND venue = ? AND symbol = ?", (kind, leg.side.value, leg.symbol)
                ).fetchone()
                if series is None:
                    raise StorageError(f"{self.path} was replaced by another recording meanwhile: ask again")
                table = _table(kind, series)
                found = [connection.execute(sql.format(table.name), values).fetchall() for sql, values in selects]
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
        return table, found

    def _select(self, sql: str, values: tuple[Any, ...] = ()) -> list[Row]:
        with self._asked() as connection:
            return connection.execute(sql, values).fetchall()

    @contextmanager
    def _asked(self) -> Iterator[sqlite3.Connection]:
        """Give out the connection to one thread at a time; its faults become sentences."""
        with self._lock:
            try:
                yield self._open()
            except (sqlite3.Error, OSError) as error:
                raise StorageError(explain(error, self.path)) from error

    def _open(self) -> sqlite3.Connection:
        """Return the connection, a new one after the file was replaced."""
        if not self.path.exists():
            raise StorageError(f"there is no recording at {self.path}")
        found = self.path.stat()
        identity = (found.st_dev, found.st_ino)
        if self._connection is None or identity != self._identity:
            if self._connection is not None:
                self._connection.close()
                self._connection = None
            self._connection, self._identity = self._connect(), identity
        return self._connection

    def _connect(self) -> sqlite3.Connection:
        """Return a new connection to a file of the present version."""
        uri = f"{self.path.resolve().as_uri()}?mode=ro"
        connection = sqlite3.connect(uri, uri=True, timeout=2.0, check_same_thread=False, isolation_level=None)
        try:
            schema.check_present(connection, self.path)
        except BaseException:
            connection.close()
            raise
        return connection


def _table(kind: str, row: Row) -> _Table:
    number, side, symbol, wire, multiplier, *notation = row
    return _Table(f"{kind}_{number}", StoredLeg(Side(side), symbol, wire, multiplier), *notation)


def _last(columns: str) -> str:
    return f"SELECT {columns} FROM {{}} WHERE key < ? ORDER BY key DESC LIMIT 1"  # noqa: S608 - our own names


def _after(at_ms: int) -> tuple[int]:
    return ((at_ms + 1) * ARRIVALS,)
