"""`history`: what a recording answers, as short lines or as the JSON objects of the HTTP service."""

import argparse
import heapq
import json
import re
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from operator import attrgetter
from typing import Protocol, TextIO

from msgspec.structs import replace

from spreadwatch.commands.history_export import export, target
from spreadwatch.commands.output import Write, in_encoding, say, writer
from spreadwatch.config import Config
from spreadwatch.config.wording import closest, printable
from spreadwatch.core import answers_json, answers_text
from spreadwatch.core.answers_text import Row
from spreadwatch.core.numbers import GROUP, MINUS, split_symbol
from spreadwatch.core.questions import QUESTIONS, Asked, Question
from spreadwatch.core.times import NotAMomentError, iso, read
from spreadwatch.errors import UsageError
from spreadwatch.feed.binance import canonical
from spreadwatch.storage.history import History

_AMOUNT = re.compile(r"[+-]?\d+(\.\d+)?( \w+)?")
_NUMBER = re.compile(rf"[+\-{MINUS}]?\d[\d,.{GROUP}]*( \w+)?")


def aligned(rows: Iterable[Row], write: Write) -> list[str]:
    """Return rows as lines with their columns below each other: numbers to the right, words to the left."""
    cells = [[_written(text, write) for text in row] for row in rows]
    widths: dict[int, int] = {}
    for row in cells:
        for column, text in enumerate(row[:-1]):  # what comes last in a row needs no room
            widths[column] = max(widths.get(column, 0), len(text))
    return [
        "  ".join(_padded(text, widths.get(column, 0)) for column, text in enumerate(row)).rstrip() for row in cells
    ]


class Lines:
    """Lines that are written one by one: a column grows when it must, and never shrinks."""

    def __init__(self, write: Write) -> None:
        """Begin with narrow columns."""
        self._write = write
        self._widths: dict[int, int] = {}

    def line(self, row: Row) -> str:
        """Return the line of a row."""
        cells = [_written(text, self._write) for text in row]
        for column, text in enumerate(cells):
            if len(text) > self._widths.get(column, 0):
                self._widths[column] = len(text)
        return "  ".join(_padded(text, self._widths[column]) for column, text in enumerate(cells)).rstrip()


def _written(text: str, write: Write) -> str:
    return write(text) if _AMOUNT.fullmatch(text) else text


def _padded(text: str, width: int) -> str:
    return text.rjust(width) if _NUMBER.fullmatch(text) else text.ljust(width)


# ----- the questions


_SHOWN_SYMBOLS = 10


class _Found(Protocol):
    """What is found one by one."""

    @property
    def symbol(self) -> str:
        """Its symbol."""


def answer(arguments: argparse.Namespace, settings: Config) -> int:
    """Answer on stdout and return the exit code. Raises UsageError, and StorageError when there is no recording."""
    from spreadwatch.run.recording import open_history

    asked = _asked(arguments)
    to = target(arguments) if arguments.question == "export" else None
    with closing(open_history(settings)) as history:
        if arguments.question == "check":
            return _check(history, settings, as_json=arguments.json)
        symbols = _recorded(history, settings)
        if to is not None:
            export(history, symbols, (asked.from_ms, asked.to_ms), to, as_json=arguments.json)
        for question in _meant(arguments):
            each = [replace(asked, symbol=symbol) for symbol in symbols]
            (_stream if question.order else _tell)(history, question, each, as_json=arguments.json)
    return 0


def _asked(arguments: argparse.Namespace) -> Asked:
    """Return what the command line asks for. Raises UsageError."""
    now_ms = time.time_ns() // 1_000_000

    def moment(name: str, shown: str) -> int | None:
        text = getattr(arguments, name, None)
        try:
            return None if text is None else read(shown, text, now_ms, past=True)
        except NotAMomentError as error:
            raise UsageError(str(error)) from error

    shown = {one.name: one.shown for question in _meant(arguments) for one in question.parameters}
    asked = Asked(
        at_ms=moment("timestamp", shown.get("timestamp", "")),
        from_ms=moment("from", shown.get("from", "--from")),
        to_ms=moment("to", shown.get("to", "--to")),
        now_ms=now_ms,
    )
    from_ms, to_ms = asked.from_ms, asked.to_ms
    if from_ms is not None and to_ms is not None and from_ms >= to_ms:
        raise UsageError(f"the time must begin before it ends: {iso(from_ms)} is not before {iso(to_ms)} (both UTC)")
    return asked


def _meant(arguments: argparse.Namespace) -> list[Question]:
    """Return the question that is asked, none for `export`."""
    spread = getattr(arguments, "spread", False)
    return [one for one in QUESTIONS if one.command == arguments.question and one.spread is spread]


def _recorded(history: History, settings: Config) -> list[str]:
    """Return the symbols that are asked for. Raises UsageError for one of which nothing was ever recorded."""
    known = history.symbols()
    if settings.all and settings.sources.get("symbols") != "command line":
        return known
    wanted = list(dict.fromkeys(canonical(symbol, settings.contract) for symbol in settings.symbols))
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


def _tell(history: History, question: Question, asked: list[Asked], *, as_json: bool) -> None:
    found = [(one, question.ask(history, one)) for one in asked]
    for one, answered in found:
        if question.nothing and not answered:
            say(f"no {question.nothing} of {one.symbol} is recorded {_during(one)}".rstrip())
    if as_json:
        for one, answered in found:
            _write_json(sys.stdout, question.tell(one, answered))
        return
    _write_rows(row for one, answered in found for row in question.rows(one, answered))


def _write_rows(rows: Iterable[answers_text.Row]) -> None:
    for line in aligned(rows, writer(sys.stdout)):
        sys.stdout.write(in_encoding(line, sys.stdout.encoding or "utf-8") + "\n")


# ----- one answer per series


def _check(history: History, settings: Config, *, as_json: bool) -> int:
    """Tell of every series, or of those of the symbols named, what is known of its numbers; return the exit code."""
    named = settings.sources.get("symbols") == "command line"
    found = history.check(_recorded(history, settings) if named else None)
    if as_json:
        for one in found:
            _write_json(sys.stdout, answers_json.series_trust(one))
    else:
        _write_rows(map(answers_text.series_trust, found))
    doubted = sum(not one.trusted for one in found)
    if doubted:
        rest = "take this time from another recording if there is one; nothing was changed in this one"
        say(f"{doubted} of {len(found)} series cannot be trusted: {rest}")
    elif not found:
        say("no quotes and no trades are in this recording")
    return int(doubted > 0)


# ----- many answers per symbol


def _stream(history: History, question: Question, asked: list[Asked], *, as_json: bool) -> None:
    """Write all that is found as it comes: in the order of time, in constant memory."""
    found = heapq.merge(*(question.ask(history, one) for one in asked), key=attrgetter(question.order))
    counts = Counter[str]()
    try:
        _write_all(question, _counted(found, counts), as_json=as_json)
    except KeyboardInterrupt:
        say(f"interrupted: the output ends early, after about {counts.total():,} lines")
        raise
    for one in asked:
        if not counts[one.symbol]:
            say(f"no {question.nothing} of {one.symbol} is recorded {_during(one)}")


def _counted(found: Iterable[_Found], counts: Counter[str]) -> Iterator[_Found]:
    for one in found:
        yield one
        counts[one.symbol] += 1


def _write_all(question: Question, found: Iterable[_Found], *, as_json: bool) -> None:
    encoding, asked = sys.stdout.encoding or "utf-8", Asked()
    if as_json:
        for one in found:
            _write_json(sys.stdout, question.tell(asked, one))
        return
    lines = Lines(writer(sys.stdout))
    for one in found:
        for row in question.rows(asked, one):
            sys.stdout.write(in_encoding(lines.line(row), encoding) + "\n")


def _during(asked: Asked) -> str:
    """Say which time was asked about, nothing when it is all of it."""
    if asked.from_ms is None:
        return ""
    from_ms, to_ms = asked.span_ms
    return f"from {iso(from_ms)} to {iso(to_ms)} UTC"


def _write_json(out: TextIO, value: answers_json.Json) -> None:
    plain = (out.encoding or "").lower().replace("-", "") != "utf8"
    out.write(json.dumps(value, ensure_ascii=plain, separators=(",", ":")) + "\n")
