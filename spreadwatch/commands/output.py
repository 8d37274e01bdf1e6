"""Numbers and states as text for a terminal, and JSON lines for a pipe."""

import json
import shutil
import sys
from decimal import Decimal
from typing import TextIO

from spreadwatch.core.leg import State
from spreadwatch.core.snapshot import PairSnapshot, Snapshot, to_json

_UP = "\x1b[{lines}A"
_CLEAR_TO_END = "\x1b[J"


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
        self._encoding = out.encoding or "utf-8"

    def show(self, snapshot: Snapshot) -> None:
        """Write every pair."""
        if self._terminal and self._over:
            self._out.write(_UP.format(lines=self._over) + _CLEAR_TO_END)
        lines = [line(pair) for pair in snapshot.pairs]
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
    """Return the watch list as lines: the best edge first, what is not live last."""
    rows = sorted(snapshot.rows, key=lambda row: (row.edge_bps is None, -(row.edge_bps or 0), row.symbol))
    cells = [("symbol", "spread", "bps", "edge bps", "size", "funding", "state")]
    cells += [
        (
            row.symbol,
            signed(row.spread, row.places),
            signed(row.bps, 2),
            signed(row.edge_bps, 2),
            "—" if row.size_quote is None else f"{row.size_quote:,.0f}",
            "—" if row.funding_rate is None else signed(row.funding_rate * 100, 4) + " %",
            row.state.value,
        )
        for row in rows
    ]
    widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]))]
    return ["  ".join(_aligned(row, widths)).rstrip() for row in cells]


def _aligned(row: tuple[str, ...], widths: list[int]) -> list[str]:
    first, *numbers, last = (text.rjust(width) for text, width in zip(row, widths, strict=True))
    return [first.strip().ljust(widths[0]), *numbers, last.strip()]


def line(pair: PairSnapshot) -> str:
    """Return one line with all that a glance needs; not live, the reason instead of the spread."""
    spread, places = pair.spread, pair.places
    high = signed(spread.high.spread if spread.high else None, places)
    low = signed(spread.low.spread if spread.low else None, places)
    if pair.state is State.LIVE:
        now = f"{signed(spread.current, places)}  {signed(spread.bps, 2)} bps"
    else:
        now = f"—  {pair.state.value}: {pair.reason}"
    return f"{pair.symbol}  {now}  max {high}  min {low}"


def in_encoding(text: str, encoding: str) -> str:
    """Return `text` with what `encoding` lacks written in ASCII: a minus sign must never become a '?'."""
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        plainer = text.replace("−", "-").replace("—", "--").replace("·", ";").replace("…", "...")
        return plainer.encode(encoding, "backslashreplace").decode(encoding)
    return text


def signed(number: Decimal | None, places: int) -> str:
    """Return a number with its sign and `places` decimals; '—' for None."""
    if number is None:
        return "—"
    return f"{number:+.{places}f}".replace("-", "−")


def say(sentence: str) -> None:
    """Write a sentence for the person to stderr, if there is one to read it."""
    if sys.stderr is not None:
        sys.stderr.write(in_encoding(sentence, sys.stderr.encoding or "utf-8") + "\n")
        sys.stderr.flush()
