"""How many gaps came after the start: the wait for a leg's very first quote is one, but no news. Pure."""

from spreadwatch.core.quote import Venue
from spreadwatch.core.snapshot import Snapshot


class GapCount:
    """Tell the gaps of the start, at most one per leg, from those that followed. Show it every snapshot."""

    def __init__(self) -> None:
        self.total = 0
        """All gaps so far, as the snapshot counts them."""
        self._started: set[tuple[str, Venue]] = set()
        self._waiting: set[tuple[str, Venue]] | None = None

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
        if self._waiting is not None and not self._waiting:
            self.total = snapshot.pairs[0].counts.gaps
            return
        legs = {(pair.symbol, leg.venue): leg for pair in snapshot.pairs for leg in (pair.spot, pair.futures)}
        if self._waiting is None:
            self._waiting = set(legs)
        total = snapshot.pairs[0].counts.gaps
        arrived = {key for key in self._waiting if legs[key].quote is not None}
        if arrived or (self._waiting and total != self.total):
            begun = {(gap.symbol, gap.venue) for gap in snapshot.gaps}
            self._started = begun & self._waiting | self._started - self._waiting
            self._waiting -= arrived
        self.total = total
