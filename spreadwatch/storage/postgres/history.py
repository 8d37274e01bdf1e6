"""Questions to a PostgreSQL recording. Any thread."""

import operator
import threading
from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from spreadwatch.core.answers import RecordedGap, RowKind
from spreadwatch.core.quote import Side
from spreadwatch.storage.history import END_MS, PAGE, Extremes, History
from spreadwatch.storage.postgres import schema
from spreadwatch.storage.postgres.link import connect, named_faults
from spreadwatch.storage.rows import (
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
)
from spreadwatch.storage.trust import Columns, Inspector

if TYPE_CHECKING:
    import psycopg

    Connection = psycopg.Connection[tuple[Any, ...]]

_ANSWER_S = 20.0
_LIMIT = 10**24
"""No text that the border lets through says so large a number."""

_QUOTE = "update_id, received_ms, arrival, run, exchange_ms, bid, bid_qty, ask, ask_qty, odd"
_TRADE = "trade_id, received_ms, arrival, run, exchange_ms, price, qty, odd"
_ORDER = "received_ms, arrival"

Row = tuple[Any, ...]


def _texts(numbers: tuple[Decimal, ...], odd: str | None) -> list[str]:
    return odd.split(" ") if odd is not None else [format(number, "f") for number in numbers]


class PostgresHistory(History):
    """Ask a database."""

    def __init__(self, dsn: str) -> None:
        """Connect to the database that `dsn` names. Raises StorageError."""
        self._dsn = dsn
        self._lock = threading.Lock()
        self._connection: Connection | None = None
        self._numbers: dict[StoredLeg, int] = {}
        try:
            schema.check(self._select("SELECT number FROM version"))
        except StorageError:
            self.close()
            raise

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def legs(self, kind: str = "quotes") -> list[StoredLeg]:
        """Return the legs of which there are "quotes" or "trades"."""
        rows = self._select(
            "SELECT id, venue, symbol, wire, multiplier FROM legs "  # noqa: S608 - our own names
            f"WHERE EXISTS (SELECT FROM {'trades' if kind == 'trades' else 'quotes'} WHERE leg = legs.id) ORDER BY id"
        )
        found = {StoredLeg(Side(side), *rest): int(number) for number, side, *rest in rows}
        self._numbers.update(found)
        return list(found)

    def span(self) -> tuple[int, int] | None:
        """Return the first and the last recorded moment, None for an empty recording."""
        ends: list[int] = []
        for kind in ("quotes", "trades"):
            for leg in self.legs(kind):
                [found] = self._select(
                    f"SELECT min(received_ms), max(received_ms) FROM {kind} WHERE leg = %s",  # noqa: S608 - our own
                    (self._numbers[leg],),
                )
                ends += [end for end in found if end is not None]
        [bars] = self._select("SELECT min(second), max(second) FROM bars")
        ends += [second * 1000 for second in bars if second is not None]
        return (min(ends), max(ends)) if ends else None

    def _gap_rows(self, symbol: str, from_ms: int, to_ms: int) -> list[RecordedGap]:
        """Return the gaps of both legs that touch the time, by their start. An open one ends with None."""
        rows = self._select(
            "SELECT venue, symbol, start_ms, end_ms, reason FROM gaps WHERE symbol = %s AND start_ms < %s "
            "AND (end_ms IS NULL OR (end_ms > %s AND end_ms > start_ms)) ORDER BY start_ms, venue DESC",
            (symbol, to_ms, from_ms),
        )
        return [RecordedGap(Side(side), *rest) for side, *rest in rows]

    def _quote_before(self, leg: StoredLeg, at_ms: int) -> StoredQuote | None:
        rows = self._last("quotes", _QUOTE, leg, at_ms)
        return _quote(leg, rows[0]) if rows else None

    def _trade_before(self, leg: StoredLeg, at_ms: int) -> StoredTrade | None:
        rows = self._last("trades", _TRADE, leg, at_ms)
        return _trade(leg, rows[0]) if rows else None

    def _last(self, table: str, columns: str, leg: StoredLeg, at_ms: int) -> list[Row]:
        return self._select(
            f"SELECT {columns} FROM {table} WHERE leg = %s AND received_ms <= %s "  # noqa: S608 - our own names
            "ORDER BY received_ms DESC, arrival DESC LIMIT 1",
            (self._number(leg), at_ms),
        )

    def _mids(self, leg: StoredLeg, from_ms: int, to_ms: int) -> Extremes | None:
        return self._extremes("bid + ask", "quotes", 2 * leg.multiplier, leg, from_ms, to_ms)

    def _trade_prices(self, leg: StoredLeg, from_ms: int, to_ms: int) -> Extremes | None:
        return self._extremes("price", "trades", leg.multiplier, leg, from_ms, to_ms)

    def _extremes(
        self, value: str, table: str, parts: int, leg: StoredLeg, from_ms: int, to_ms: int
    ) -> Extremes | None:
        [(high, low)] = self._select(
            f"SELECT max({value}), min({value}) FROM {table} "  # noqa: S608 - our own names
            "WHERE leg = %s AND received_ms >= %s AND received_ms < %s",
            (self._number(leg), from_ms, to_ms),
        )
        return None if high is None else (EXACT.divide(high, Decimal(parts)), EXACT.divide(low, Decimal(parts)))

    def _quotes(
        self, leg: StoredLeg, from_ms: int, to_ms: int, inspector: Inspector | None = None
    ) -> Iterator[StoredQuote]:
        for rows in self._pages("quotes", leg, from_ms, to_ms, inspector):
            yield from (_quote(leg, row) for row in rows)

    def _trades(
        self, leg: StoredLeg, from_ms: int, to_ms: int, inspector: Inspector | None = None
    ) -> Iterator[StoredTrade]:
        for rows in self._pages("trades", leg, from_ms, to_ms, inspector):
            yield from (_trade(leg, row) for row in rows)

    def _inspect(self, kind: RowKind, leg: StoredLeg, inspector: Inspector) -> None:
        for _ in self._pages(kind, leg, 0, END_MS, inspector):
            pass

    def _pages(
        self, kind: RowKind, leg: StoredLeg, from_ms: int, to_ms: int, inspector: Inspector | None
    ) -> Iterator[list[Row]]:
        """Yield rows in order of arrival, a page at a time: memory stays constant, no read lasts long."""
        last: tuple[int, int, int] = (from_ms, -1, -1)
        columns, number = (_QUOTE, "update_id") if kind == "quotes" else (_TRADE, "trade_id")
        while rows := self._select(
            f"SELECT {columns} FROM {kind} WHERE leg = %s AND received_ms >= %s AND received_ms < %s "  # noqa: S608 - our own names
            f"AND ({_ORDER}, {number}) > (%s, %s, %s) ORDER BY {_ORDER}, {number} LIMIT {PAGE}",
            (self._number(leg), last[0], to_ms, *last),
        ):
            if inspector is not None:
                inspector.take(_columns(rows))
            yield rows
            last = (rows[-1][1], rows[-1][2], rows[-1][0])

    def _link_rows(self, from_ms: int, to_ms: int) -> Iterator[LinkRow]:
        for at_ms, arrival, side, phase, reason in self._select(
            f"SELECT received_ms, arrival, venue, phase, reason FROM links "  # noqa: S608 - our own names
            f"WHERE received_ms >= %s AND received_ms < %s ORDER BY {_ORDER}",
            (from_ms, to_ms),
        ):
            yield LinkRow(at_ms, arrival, Side(side), phase, reason)

    def _beat_rows(self, from_ms: int, to_ms: int) -> Iterator[BeatRow]:
        last = (from_ms, -1)
        while rows := self._select(
            f"SELECT DISTINCT received_ms, arrival, venue FROM beats WHERE received_ms >= %s AND received_ms < %s "  # noqa: S608 - ours
            f"AND ({_ORDER}) > (%s, %s) ORDER BY {_ORDER} LIMIT {PAGE}",
            (last[0], to_ms, *last),
        ):
            yield from (BeatRow(at_ms, arrival, Side(side)) for at_ms, arrival, side in rows)
            last = (rows[-1][0], rows[-1][1])

    def _bar_rows(self, symbol: str, from_second: int, to_second: int) -> Iterator[BarRow]:
        while True:
            rows = self._select(
                "SELECT symbol, second, part, open, high, low, close, close_ms, samples FROM bars "
                "WHERE symbol = %s AND second >= %s AND second < %s ORDER BY second, run, part LIMIT %s",
                (symbol, from_second, to_second, PAGE),
            )
            last = rows[-1][1] if len(rows) == PAGE else None
            for row in rows:
                if row[1] != last:
                    yield BarRow(*row[:3], *(format(number, "f") for number in row[3:7]), *row[7:])
            if last is None:
                return
            from_second = last

    def _last_second(self, symbol: str, before_second: int) -> int | None:
        [(second,)] = self._select(
            "SELECT max(second) FROM bars WHERE symbol = %s AND second < %s", (symbol, before_second)
        )
        return None if second is None else int(second)

    def _number(self, leg: StoredLeg) -> int:
        if leg not in self._numbers:
            self.legs()
        return self._numbers[leg]

    def _select(self, sql: str, values: Row = ()) -> list[Row]:
        with self._lock:
            if self._connection is None or self._connection.closed:
                self._connection = connect(self._dsn, _ANSWER_S, read_only=True)
            with named_faults(self._connection):
                found = self._connection.execute(sql.encode(), values).fetchall()
        return found


def _quote(leg: StoredLeg, row: Row) -> StoredQuote:
    update_id, at_ms, arrival, run, exchange_ms, *numbers, odd = row
    return StoredQuote(leg, QuoteRow(at_ms, arrival, update_id, exchange_ms, *_texts(tuple(numbers), odd)), run)


def _trade(leg: StoredLeg, row: Row) -> StoredTrade:
    trade_id, at_ms, arrival, run, exchange_ms, *numbers, odd = row
    return StoredTrade(leg, TradeRow(at_ms, arrival, trade_id, exchange_ms, *_texts(tuple(numbers), odd)), run)


def _columns(rows: list[Row]) -> Columns:
    """Return rows as they are looked through. What `odd` spells in another way is a number here all the same."""
    _, times, _, _, _, prices, sizes, *rest = zip(*rows, strict=True)
    steps = None if len(rest) == 1 else list(map(operator.sub, rest[0], prices))
    every = (sizes,) if steps is None else (sizes, rest[1])
    return Columns(times, prices, steps, every, Decimal, _LIMIT, _never, _never)


def _never(_text: str) -> bool:
    return False
