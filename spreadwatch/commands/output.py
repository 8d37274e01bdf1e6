"""Numbers and states as text for a terminal, and JSON lines for a pipe."""

import json
import shutil
import sys
from collections.abc import Callable
from decimal import Decimal
from typing import TextIO

from spreadwatch.core.leg import State
from spreadwatch.core.numbers import GROUP, MINUS, bps, on_screen, percent, signed
from spreadwatch.core.snapshot import PairSnapshot, Snapshot, to_json

_UP = "\x1b[{lines}A"
_CLEAR_TO_END = "\x1b[J"
_NO_VALUE = "\N{EM DASH}"

Write = Callable[[str], str]
"""Puts a number, written in ASCII, into the form of what it is written to."""


def writer(out: TextIO) -> Write:
    """Return how numbers look on `out`: as on any screen on a terminal, in ASCII elsewhere."""
    return on_screen if out.isatty() else str


class JsonLines:
    """One JSON object per symbol and call."""

    def __init__(self, out: TextIO) -> None:
        """Write to `out`."""
        self._out = out
        self._ascii = (out.encoding or "").lower().replace("-", "") != "utf8"

    def show(self, snapshot: Snapshot) -> None:
        """Write every pair."""
        for pair in snapshot.pairs:
            self._out.write(json.dumps(to_json(pair), ensure_ascii=self._ascii, separators=(",", ":")) + "\n")
        self._out.flush()


class Lines:
    """A table on a terminal, written over each time; elsewhere one line per symbol, one after another."""

    def __init__(self, out: TextIO) -> None:
        """Write to `out`."""
        self._out = out
        self._over = 0
        self._terminal = out.isatty()
        self._write = writer(out)
        self._encoding = out.encoding or "utf-8"

    def show(self, snapshot: Snapshot) -> None:
        """Write every pair."""
        if self._terminal and self._over:
            self._out.write(_UP.format(lines=self._over) + _CLEAR_TO_END)
        lines = [line(pair, self._write) for pair in snapshot.pairs]
        if self._terminal:
            size = shutil.get_terminal_size()
            if len(lines) > 1:
                lines = table(snapshot)
            lines = [text[: size.columns - 1] for text in lines[: max(size.lines - 1, 1)]]  # none may wrap or scroll
        for text in lines:
            self._out.write(in_encoding(text, self._encoding) + "\n")
        self._over = len(lines)
        self._out.flush()


def table(snapshot: Snapshot) -> list[str]:
    """Return the watch list as lines for a terminal: the best edge first, what is not live last."""
    rows = sorted(snapshot.rows, key=lambda row: (row.edge_bps is None, -(row.edge_bps or 0), row.symbol))
    cells = [("symbol", "spread", "bps", "edge bps", "size", "funding", "state")]
    cells += [
        (
            row.symbol,
            _NO_VALUE if row.spread is None else on_screen(signed(row.spread, row.places)),
            _NO_VALUE if row.bps is None else on_screen(bps(row.bps)),
            _NO_VALUE if row.edge_bps is None else on_screen(bps(row.edge_bps)),
            _NO_VALUE if row.size_quote is None else on_screen(f"{row.size_quote:.0f}"),
            _NO_VALUE if row.funding_rate is None else on_screen(percent(row.funding_rate, 4)),
            row.state.value,
        )
        for row in rows
    ]
    widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]))]
    return ["  ".join(_aligned(row, widths)).rstrip() for row in cells]


def _aligned(row: tuple[str, ...], widths: list[int]) -> list[str]:
    first, *numbers, last = (text.rjust(width) for text, width in zip(row, widths, strict=True))
    return [first.strip().ljust(widths[0]), *numbers, last.strip()]


def line(pair: PairSnapshot, write: Write) -> str:
    """Return one line with all that a glance needs; not live, the reason instead of the spread."""
    spread, places = pair.spread, pair.places

    def shown(number: Decimal | None) -> str:
        return _NO_VALUE if number is None else write(signed(number, places))

    if pair.state is State.LIVE:
        in_bps = _NO_VALUE if spread.bps is None else write(bps(spread.bps))
        now = f"{shown(spread.current)}  {in_bps} bps"
    else:
        now = f"{_NO_VALUE}  {pair.state.value}: {pair.reason}"
    high, low = (shown(extreme.spread if extreme else None) for extreme in (spread.high, spread.low))
    return f"{pair.symbol}  {now}  max {high}  min {low}"


def in_encoding(text: str, encoding: str) -> str:
    """Return `text` with what `encoding` lacks written in ASCII: a minus sign must never become a '?'."""
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        plainer = text.replace(MINUS, "-").replace(GROUP, " ").replace("—", "--").replace("·", ";").replace("…", "...")
        return plainer.encode(encoding, "backslashreplace").decode(encoding)
    return text


def say(sentence: str) -> None:
    """Write a sentence for the person to stderr, if there is one to read it."""
    if sys.stderr is not None:
        sys.stderr.write(in_encoding(sentence, sys.stderr.encoding or "utf-8") + "\n")
        sys.stderr.flush()
