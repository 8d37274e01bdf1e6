"""Numbers and states as text for a terminal, and JSON lines for a pipe."""

import sys
from decimal import Decimal
from typing import TextIO

import msgspec

from spreadwatch.core.leg import State
from spreadwatch.core.snapshot import PairSnapshot, Snapshot, to_json

_UP = "\x1b[{lines}A"
_CLEAR_TO_END = "\x1b[J"


class JsonLines:
    """One JSON object per symbol and call."""

    def __init__(self, out: TextIO) -> None:
        """Write to `out`."""
        self._out = out

    def show(self, snapshot: Snapshot) -> None:
        """Write every pair."""
        for pair in snapshot.pairs:
            self._out.write(msgspec.json.encode(to_json(pair)).decode() + "\n")
        self._out.flush()


class Lines:
    """One line per symbol: written over on a terminal, one after another elsewhere."""

    def __init__(self, out: TextIO) -> None:
        """Write to `out`."""
        self._out = out
        self._over = 0
        self._terminal = out.isatty()

    def show(self, snapshot: Snapshot) -> None:
        """Write every pair."""
        if self._terminal and self._over:
            self._out.write(_UP.format(lines=self._over) + _CLEAR_TO_END)
        for pair in snapshot.pairs:
            self._out.write(line(pair) + "\n")
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


def signed(number: Decimal | None, places: int) -> str:
    """Return a number with its sign and `places` decimals; '—' for None."""
    if number is None:
        return "—"
    return f"{number:+.{places}f}".replace("-", "−")


def say(sentence: str) -> None:
    """Write a sentence for the person to stderr, if there is one to read it."""
    if sys.stderr is not None:
        sys.stderr.write(sentence + "\n")
        sys.stderr.flush()
