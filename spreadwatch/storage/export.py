"""Write a recording as CSV, JSON Lines or the capture format, gzip by suffix, in constant memory. Any thread."""

import csv
import gzip
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Literal, cast

from msgspec import Struct

from spreadwatch.core.answers import Bar
from spreadwatch.core.pair_name import market_of
from spreadwatch.storage.history import History
from spreadwatch.storage.rows import StorageError, StoredQuote, StoredTrade
from spreadwatch.storage.trust import Inspection

Kind = Literal["quotes", "trades", "spread"]
Form = Literal["csv", "jsonl", "capture"]
Progress = Callable[[int, float], None]
"""Told how many rows are written and which share of the time they cover, 0 to 1, every few thousand rows."""

_TELL_ROWS = 4096

_COLUMNS: dict[Kind, tuple[str, ...]] = {
    "quotes": (
        *("received_ms", "venue", "symbol", "wire_symbol", "multiplier", "update_id", "exchange_ms"),
        *("bid", "bid_qty", "ask", "ask_qty"),
    ),
    "trades": ("received_ms", "symbol", "trade_id", "exchange_ms", "price", "qty"),
    "spread": ("second", "symbol", "open", "high", "low", "close", "close_ms", "samples"),
}

Row = tuple[str | int | None, ...]


class Wanted(Struct, frozen=True):
    """What to export: of which symbols, from a moment up to, not including, another (Unix ms)."""

    kind: Kind
    form: Form
    symbols: tuple[str, ...]
    from_ms: int
    to_ms: int


def export(history: History, wanted: Wanted, path: Path, progress: Progress | None = None) -> int:
    """Write a file and return how many rows are in it. Raises StorageError; what was written stays then."""
    with _opened(path) as file:
        return write(history, wanted, file, progress)


def write(
    history: History,
    wanted: Wanted,
    file: IO[str],
    progress: Progress | None = None,
    inspection: Inspection | None = None,
) -> int:
    """Write to an open text file likewise, and inspect what is written."""
    if wanted.form == "capture":
        if wanted.kind != "quotes":
            raise StorageError(f"a capture holds quotes: export {wanted.kind} as csv or jsonl")
        lines = _capture(history, wanted, inspection)
    elif wanted.form == "csv":
        lines = _csv(history, wanted, inspection)
        file.write(",".join(_COLUMNS[wanted.kind]) + "\n")
    else:
        lines = _json_lines(history, wanted, inspection)
    rows = 0
    span_ms = max(wanted.to_ms - wanted.from_ms, 1)
    for rows, (at_ms, line) in enumerate(lines, start=1):
        file.write(line)
        if progress is not None and rows % _TELL_ROWS == 0:
            progress(rows, min(max((at_ms - wanted.from_ms) / span_ms, 0.0), 1.0))
    if progress is not None:
        progress(rows, 1.0)
    return rows


@contextmanager
def _opened(path: Path) -> Iterator[IO[str]]:
    try:
        if path.suffix == ".gz":
            with gzip.open(path, "wt", compresslevel=6, encoding="utf-8", newline="") as zipped:
                yield cast(IO[str], zipped)
        else:
            with path.open("w", encoding="utf-8", newline="") as file:
                yield file
    except OSError as error:
        raise StorageError(f"cannot write {path}: {error.strerror or error}") from error


def _rows(history: History, wanted: Wanted, inspection: Inspection | None) -> Iterator[tuple[int, Row]]:
    """Yield the moment and the cells of every row."""
    span = wanted.from_ms, wanted.to_ms
    if wanted.kind == "quotes":
        yield from ((one.row.received_ms, _quote_row(one)) for one in history.quotes(wanted.symbols, *span, inspection))
    elif wanted.kind == "trades":
        yield from ((one.row.received_ms, _trade_row(one)) for one in history.trades(wanted.symbols, *span, inspection))
    else:
        for symbol in wanted.symbols:
            yield from ((bar.second * 1000, _bar_row(bar)) for bar in history.bars(symbol, *span))


def _quote_row(one: StoredQuote) -> Row:
    leg, row = one.leg, one.row
    names = (row.received_ms, leg.side.value, leg.symbol, leg.wire, leg.multiplier, row.update_id, row.exchange_ms)
    return (*names, row.bid, row.bid_qty, row.ask, row.ask_qty)


def _trade_row(one: StoredTrade) -> Row:
    row = one.row
    return (row.received_ms, one.leg.symbol, row.trade_id, row.exchange_ms, row.price, row.qty)


def _bar_row(bar: Bar) -> Row:
    numbers = (format(number, "f") for number in (bar.open, bar.high, bar.low, bar.close))
    return (bar.second, bar.symbol, *numbers, bar.close_ms, bar.samples)


class _Line:
    """Where the csv writer leaves what it wrote."""

    def __init__(self) -> None:
        self.text = ""

    def write(self, text: str) -> None:
        self.text = text


def _csv(history: History, wanted: Wanted, inspection: Inspection | None) -> Iterator[tuple[int, str]]:
    line = _Line()
    writer = csv.writer(line, lineterminator="\n")
    for at_ms, row in _rows(history, wanted, inspection):
        writer.writerow(row)
        yield at_ms, line.text


def _json_lines(history: History, wanted: Wanted, inspection: Inspection | None) -> Iterator[tuple[int, str]]:
    names = _COLUMNS[wanted.kind]
    for at_ms, row in _rows(history, wanted, inspection):
        yield at_ms, _json(zip(names, row, strict=True))


def _json(pairs: Iterable[tuple[str, Any]]) -> str:
    return json.dumps(dict(pairs), ensure_ascii=False, separators=(",", ":")) + "\n"


def _capture(history: History, wanted: Wanted, inspection: Inspection | None) -> Iterator[tuple[int, str]]:
    """Yield payloads that say what was recorded of them, in the order of arrival."""
    for one in history.quotes(wanted.symbols, wanted.from_ms, wanted.to_ms, inspection):
        row = one.row
        raw: dict[str, object] = {} if row.exchange_ms is None else {"e": "bookTicker"}
        raw |= {"u": row.update_id, "s": one.leg.wire, "b": row.bid, "B": row.bid_qty, "a": row.ask, "A": row.ask_qty}
        if row.exchange_ms is not None:
            raw["T"] = row.exchange_ms
        market = market_of(one.leg.side, one.leg.symbol).value
        yield row.received_ms, _json([("market", market), ("recv_ms", row.received_ms), ("raw", raw)])
