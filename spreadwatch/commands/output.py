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
    """One line per symbol: written over on a terminal, one after another elsewhere."""

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
        for pair in snapshot.pairs:
            text = in_encoding(line(pair), self._encoding)
            if self._terminal:
                text = text[: shutil.get_terminal_size().columns - 1]  # a line that wraps would take two rows
            self._out.write(text + "\n")
        self._over = len(snapshot.pairs)
        self._out.flush()


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
