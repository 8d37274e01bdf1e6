"""Every interval in which a leg was not live, so that no missing minute passes for a quiet one."""

from collections import deque

from msgspec import Struct

from spreadwatch.core.quote import Instant, Side

KEPT = 1000
"""How many of the last gaps are kept; all are counted."""


class Gap(Struct, frozen=True):
    """One leg was not live from `start` to `end`. `end` is None while it lasts."""

    symbol: str
    side: Side
    start: Instant
    end: Instant | None
    reason: str


class GapLedger:
    """The gaps of all legs. Each leg has at most one open gap."""

    def __init__(self) -> None:
        self.count = 0
        self._ended: deque[Gap] = deque(maxlen=KEPT)
        self._open: dict[tuple[str, Side], Gap] = {}

    def begin(self, symbol: str, side: Side, start: Instant, reason: str) -> None:
        """Note that a leg stopped being live at `start`; a gap that is open already goes on."""
        if (symbol, side) not in self._open:
            self._open[symbol, side] = Gap(symbol, side, start, None, reason)
            self.count += 1

    def lasts(self, symbol: str, side: Side) -> bool:
        """Tell whether the leg has an open gap."""
        return (symbol, side) in self._open

    def end(self, symbol: str, side: Side, end: Instant) -> None:
        """Note that a leg is live again."""
        gap = self._open.pop((symbol, side), None)
        if gap is None:
            return
        if gap.start == end:
            self.count -= 1
        else:
            self._ended.append(Gap(symbol, side, gap.start, end, gap.reason))

    def forget(self, symbol: str, side: Side) -> None:
        """Drop the open gap of a leg that is no longer watched; its ended ones stay."""
        if self._open.pop((symbol, side), None) is not None:
            self.count -= 1

    def all(self) -> tuple[Gap, ...]:
        """Return the gaps that are kept, oldest first, the open ones last."""
        return (*self._ended, *self._open.values())
