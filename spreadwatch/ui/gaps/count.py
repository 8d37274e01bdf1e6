"""How many gaps came after the start: the wait for a leg's very first quote is one, but no news. Pure."""

from spreadwatch.core.quote import Side
from spreadwatch.core.snapshot import Snapshot

_Key = tuple[str, Side]


class GapCount:
    """Tell the gaps of the start, at most one per leg, from those that followed. Show it every snapshot.

    Symbols come and go. Of those whose pair is not in the snapshots, the first gap is that of the start.
    """

    def __init__(self) -> None:
        self.total = 0
        """All gaps so far, as the snapshot counts them."""
        self._known: set[_Key] = set()
        self._waiting: set[_Key] = set()
        self._started: set[_Key] = set()

    @property
    def starting(self) -> int:
        """How many of them were before the leg's first quote."""
        return len(self._started)

    @property
    def later(self) -> int:
        """How many were not."""
        return max(self.total - self.starting, 0)

    def take(self, snapshot: Snapshot) -> None:
        """Count anew."""
        if not snapshot.pairs:
            return
        shown: set[_Key] = set()
        arrived: set[_Key] = set()
        for pair in snapshot.pairs:
            for leg in (pair.spot, pair.futures):
                key = pair.symbol, leg.side
                shown.add(key)
                if leg.quote is not None:
                    arrived.add(key)
        self._meet(shown)
        total = snapshot.pairs[0].counts.gaps
        if total != self.total or not self._waiting.isdisjoint(arrived):
            self._sort_out(snapshot, shown, arrived)
        self.total = total

    def _meet(self, keys: set[_Key]) -> None:
        if not keys <= self._known:
            self._waiting |= keys - self._known
            self._known |= keys

    def _sort_out(self, snapshot: Snapshot, shown: set[_Key], arrived: set[_Key]) -> None:
        begun = {(gap.symbol, gap.side) for gap in snapshot.gaps}
        lasting = {(gap.symbol, gap.side) for gap in snapshot.gaps if gap.end is None}
        self._meet(begun)
        # A gap that came and went since the last look was that of the start, unless the leg had no need of one.
        self._started = begun & self._waiting | self._started - self._waiting
        self._waiting -= arrived | (begun - lasting - shown)
