"""Pairs painted when no snapshot can be: before the first one, and after this program failed. Pure."""

from msgspec.structs import replace

from spreadwatch.core.leg import State
from spreadwatch.core.quote import Instant, Venue
from spreadwatch.core.snapshot import Counts, LegSnapshot, PairSnapshot, SpreadSnapshot
from spreadwatch.ui import text

BROKEN = "an error in this program stopped the display: see the log"


def nothing_yet(symbol: str, badge: str | None) -> PairSnapshot:
    """Return what is painted before the first snapshot."""
    legs = [LegSnapshot(venue, State.CONNECTING, None, None, None, 0) for venue in (Venue.SPOT, Venue.FUTURES)]
    return PairSnapshot(
        symbol=symbol,
        at=Instant(0, 0),
        state=State.CONNECTING,
        reason=text.waiting(symbol, badge),
        spot=legs[0],
        futures=legs[1],
        spread=SpreadSnapshot(None, None, None, None, None, None, None, 0),
        counts=Counts(0, 0, 0, 0, 0, 0, 0),
    )


def broken(pair: PairSnapshot) -> PairSnapshot:
    """Return a pair as it is painted when its present is unknown: nothing live, and no ages, for none is true."""
    return replace(
        pair,
        at=Instant(pair.at.wall_ms, 0),  # its clock stands still, so no rate is shown either
        state=State.STALE,
        reason=BROKEN,
        spot=_stale(pair.spot),
        futures=_stale(pair.futures),
        spread=replace(pair.spread, current=None, reverse=None, bps=None, change=None),
    )


def _stale(leg: LegSnapshot) -> LegSnapshot:
    return replace(leg, state=State.STALE, reason=BROKEN, age_ms=None)
