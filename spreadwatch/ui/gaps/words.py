"""Gaps in words, how many came after the start, and the text that is copied. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from spreadwatch.core.gaps import Gap
from spreadwatch.core.quote import Instant, Side
from spreadwatch.core.snapshot import Snapshot
from spreadwatch.core.times import iso
from spreadwatch.ui.kit import text


@dataclass(frozen=True, slots=True)
class GapRow:
    """What the list shows of one gap. `lasts`: it is still open."""

    start: str
    symbol: str
    leg: str
    length: str
    reason: str
    lasts: bool


def newest(gaps: Iterable[Gap], count: int) -> list[Gap]:
    """Return so many gaps: first those that last, then by their start, the latest first."""
    return sorted(gaps, key=lambda gap: (gap.end is None, gap.start.mono_ms), reverse=True)[:count]


def row(gap: Gap, now: Instant, *, utc: bool) -> GapRow:
    """Write one gap as it stands at `now`."""
    lasts = gap.end is None
    length = text.age((gap.end or now).since(gap.start))
    return GapRow(
        start=text.clock(gap.start.wall_ms, now.wall_ms, utc=utc),
        symbol=gap.symbol,
        leg=gap.side.value,
        length=f"still open {length}" if lasts else length,
        reason=" ".join(gap.reason.split()),
        lasts=lasts,
    )


def remark(total: int, starting: int) -> str:
    """Say how many of all gaps are only the wait for the first quotes; empty for none."""
    if not starting:
        return ""
    if starting >= total:
        return "while starting, none since"
    return f"{text.count(starting)} of them while starting"


def without_gaps(snapshot: Snapshot | None) -> str:
    """Say what a list without gaps means."""
    legs = [leg for pair in snapshot.pairs for leg in (pair.spot, pair.futures)] if snapshot else []
    if legs and all(leg.quote for leg in legs):
        return "None: both sides have been live since the start."
    return "None yet: the first quotes are still to come."


def table(gaps: Iterable[Gap], now: Instant) -> str:
    """Write gaps as tab-separated lines under a header, in the order given: start in UTC, length in seconds."""
    lines = ["start_utc\tsymbol\tleg\tseconds\tstate\treason"]
    for gap in gaps:
        seconds = (gap.end or now).since(gap.start) / 1000
        state = "open" if gap.end is None else "ended"
        words = " ".join(gap.reason.split())
        start = iso(gap.start.wall_ms, "milliseconds") or text.NO_VALUE
        lines.append(f"{start}\t{gap.symbol}\t{gap.side}\t{seconds:.3f}\t{state}\t{words}")
    return "\n".join(lines) + "\n"


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
        """How many of them came after the leg's first quote."""
        return max(self.total - self.starting, 0)

    def take(self, snapshot: Snapshot) -> None:
        """Follow the gaps and first quotes of a snapshot; cheap while neither changed."""
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
        self._await(shown)
        total = snapshot.pairs[0].counts.gaps
        if total != self.total or not self._waiting.isdisjoint(arrived):
            self._tell_apart(snapshot, shown, arrived)
        self.total = total

    def _await(self, keys: set[_Key]) -> None:
        if not keys <= self._known:
            self._waiting |= keys - self._known
            self._known |= keys

    def _tell_apart(self, snapshot: Snapshot, shown: set[_Key], arrived: set[_Key]) -> None:
        begun = {(gap.symbol, gap.side) for gap in snapshot.gaps}
        lasting = {(gap.symbol, gap.side) for gap in snapshot.gaps if gap.end is None}
        self._await(begun)
        # A gap that came and went since the last look was that of the start, unless the leg had no need of one.
        self._started = begun & self._waiting | self._started - self._waiting
        self._waiting -= arrived | (begun - lasting - shown)
