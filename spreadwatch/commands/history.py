"""`history`: what a recording answers, as short lines or as the JSON objects of the HTTP service."""

import argparse
import heapq
import json
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from operator import attrgetter
from typing import TextIO

from msgspec import Struct

from spreadwatch.commands import history_text
from spreadwatch.commands.history_export import Target, export, target
from spreadwatch.commands.output import in_encoding, say, writer
from spreadwatch.config import Config
from spreadwatch.config.wording import closest, printable
from spreadwatch.core import answers_json
from spreadwatch.core.answers import Bar, Price
from spreadwatch.core.numbers import split_symbol
from spreadwatch.core.times import NotAMomentError, iso, read
from spreadwatch.errors import UsageError
from spreadwatch.feed.binance import canonical
from spreadwatch.storage.history import END_MS, History

_SHOWN_SYMBOLS = 10

_Answers = tuple[list[answers_json.Json], list[history_text.Row]]


class Asked(Struct, frozen=True):
    """A question: times are Unix ms, None where none was given."""

    question: str
    as_json: bool
    spread: bool
    now_ms: int
    time_ms: int | None
    start_ms: int | None
    end_ms: int | None
    target: Target | None


def answer(arguments: argparse.Namespace, settings: Config) -> int:
    """Answer on stdout and return the exit code. Raises UsageError, and StorageError when there is no recording."""
    from spreadwatch.run.recording import open_history

    asked = _asked(arguments, time.time_ns() // 1_000_000)
    with closing(open_history(settings)) as history:
        symbols = _recorded(history, settings)
        if asked.target is not None:
            export(history, symbols, (asked.start_ms, asked.end_ms), asked.target, as_json=asked.as_json)
        elif asked.question == "range":
            _stream(history, symbols, asked)
        else:
            _tell(history, symbols, asked)
    return 0


def _asked(arguments: argparse.Namespace, now_ms: int) -> Asked:
    """Return what the command line asks for. Raises UsageError."""

    def moment(name: str, shown: str) -> int | None:
        text = getattr(arguments, name, None)
        try:
            return None if text is None else read(shown, text, now_ms, past=True)
        except NotAMomentError as error:
            raise UsageError(str(error)) from error

    exporting = arguments.question == "export"
    start_ms = moment("start", "--from" if exporting else "FROM")
    end_ms = moment("end", "--to" if exporting else "TO")
    if start_ms is not None and end_ms is not None and start_ms >= end_ms:
        raise UsageError(f"the time must begin before it ends: {iso(start_ms)} is not before {iso(end_ms)} (both UTC)")
    return Asked(
        arguments.question,
        arguments.json,
        getattr(arguments, "spread", False),
        now_ms,
        moment("time", "MINUTE" if arguments.question == "minmax" else "TIME"),
        start_ms,
        end_ms,
        target(arguments) if exporting else None,
    )


def _recorded(history: History, settings: Config) -> list[str]:
    """Return the symbols that are asked for. Raises UsageError for one of which nothing was ever recorded."""
    known = history.symbols()
    if settings.all and settings.sources.get("symbols") != "command line":
        return known
    wanted = list(dict.fromkeys(canonical(symbol) for symbol in settings.symbols))
    for symbol in wanted if known else ():
        if symbol not in known and history.spread_latest(symbol) is None and not history.gaps(symbol):
            raise UsageError(f"nothing of {printable(symbol, 40)} is in this recording; {_hint(symbol, known)}")
    return wanted


def _hint(symbol: str, known: list[str]) -> str:
    coins = {split_symbol(one)[0]: one for one in reversed(known)}
    if near := closest(split_symbol(symbol)[0], coins):
        return f"did you mean {coins[near]}?"
    names = ", ".join(known[:_SHOWN_SYMBOLS]) + (", …" if len(known) > _SHOWN_SYMBOLS else "")
    return f"it holds {names}: name one with --symbol"


# ----- one answer per symbol


def _tell(history: History, symbols: list[str], asked: Asked) -> None:
    if asked.question == "gaps":
        answers, rows = _gaps(history, symbols, asked)
    elif asked.question == "minmax":
        answers, rows = _minmax(history, symbols, asked)
    else:
        answers, rows = _moment(history, symbols, asked)
    if asked.as_json:
        for one in answers:
            _write_json(sys.stdout, one)
    else:
        for line in history_text.aligned(rows, writer(sys.stdout)):
            sys.stdout.write(in_encoding(line, sys.stdout.encoding or "utf-8") + "\n")


def _moment(history: History, symbols: list[str], asked: Asked) -> _Answers:
    at_ms = asked.now_ms if asked.time_ms is None else asked.time_ms
    newest = asked.time_ms is None
    if asked.spread:
        spreads = {one: history.spread_latest(one) if newest else history.spread_at(one, at_ms) for one in symbols}
        return (
            [answers_json.spread(symbol, at_ms, found) for symbol, found in spreads.items()],
            [history_text.spread(symbol, at_ms, found, newest=newest) for symbol, found in spreads.items()],
        )
    prices = {one: history.latest(one) if newest else history.at(one, at_ms) for one in symbols}
    return (
        [answers_json.price(symbol, at_ms, found) for symbol, found in prices.items()],
        [history_text.price(symbol, at_ms, found, newest=newest) for symbol, found in prices.items()],
    )


def _minmax(history: History, symbols: list[str], asked: Asked) -> _Answers:
    at_ms = asked.now_ms if asked.time_ms is None else asked.time_ms
    if asked.spread:
        spreads = {symbol: history.spread_minmax(symbol, at_ms) for symbol in symbols}
        return (
            [answers_json.spread_range(symbol, at_ms, found) for symbol, found in spreads.items()],
            [history_text.spread_range(symbol, at_ms, found) for symbol, found in spreads.items()],
        )
    prices = {symbol: history.minmax(symbol, at_ms) for symbol in symbols}
    return (
        [answers_json.price_range(symbol, at_ms, found) for symbol, found in prices.items()],
        [history_text.price_range(symbol, at_ms, found) for symbol, found in prices.items()],
    )


def _gaps(history: History, symbols: list[str], asked: Asked) -> _Answers:
    span = asked.start_ms or 0, asked.now_ms if asked.end_ms is None else asked.end_ms
    found = {symbol: history.gaps(symbol, *span) for symbol in symbols}
    for symbol, gaps in found.items():
        if not gaps:
            say(f"no gap of {symbol} is recorded {_during(asked)}".rstrip())
    rows = [history_text.gap(gap) for gaps in found.values() for gap in gaps]
    return [answers_json.gaps(symbol, *span, gaps) for symbol, gaps in found.items()], rows


# ----- many answers per symbol


def _stream(history: History, symbols: list[str], asked: Asked) -> None:
    """Write every price, or every bar of the spread, as they come: in the order of time, in constant memory."""
    from_ms, to_ms = asked.start_ms or 0, END_MS if asked.end_ms is None else asked.end_ms
    found: Iterable[Price] | Iterable[Bar]
    if asked.spread:
        found = heapq.merge(*(history.bars(one, from_ms, to_ms) for one in symbols), key=attrgetter("second"))
    else:
        found = heapq.merge(*(history.between(one, from_ms, to_ms) for one in symbols), key=attrgetter("at_ms"))
    counts = Counter[str]()
    try:
        _write_all(_counted(found, counts), as_json=asked.as_json)
    except KeyboardInterrupt:
        say(f"interrupted: the output ends early, after about {counts.total():,} lines")
        raise
    what = "spread" if asked.spread else "price"
    for symbol in symbols:
        if not counts[symbol]:
            say(f"no {what} of {symbol} is recorded {_during(asked)}")


def _counted(found: Iterable[Price] | Iterable[Bar], counts: Counter[str]) -> Iterator[Price | Bar]:
    for one in found:
        yield one
        counts[one.symbol] += 1


def _write_all(found: Iterable[Price | Bar], *, as_json: bool) -> None:
    encoding = sys.stdout.encoding or "utf-8"
    if as_json:
        for one in found:
            _write_json(sys.stdout, answers_json.bar(one) if isinstance(one, Bar) else answers_json.step(one))
        return
    lines = history_text.Lines(writer(sys.stdout))
    for one in found:
        text = lines.bar(one) if isinstance(one, Bar) else lines.price(one)
        sys.stdout.write(in_encoding(text, encoding) + "\n")


def _during(asked: Asked) -> str:
    """Say which time was asked about, nothing when it is all of it."""
    if asked.start_ms is None:
        return ""
    end_ms = asked.now_ms if asked.end_ms is None else asked.end_ms
    return f"from {iso(asked.start_ms)} to {iso(end_ms)} UTC"


def _write_json(out: TextIO, value: answers_json.Json) -> None:
    plain = (out.encoding or "").lower().replace("-", "") != "utf8"
    out.write(json.dumps(value, ensure_ascii=plain, separators=(",", ":")) + "\n")
