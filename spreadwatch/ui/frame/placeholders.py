"""Pairs painted when no snapshot can be: before the first one, and after this program failed. Pure."""

from collections.abc import Iterable

from msgspec.structs import replace

from spreadwatch.core.leg import State
from spreadwatch.core.quote import Instant, Side
from spreadwatch.core.snapshot import Counts, LegSnapshot, PairSnapshot, Row, SpreadSnapshot
from spreadwatch.ui.kit import text

BROKEN = "an error in this program stopped the display: see the log"


def nothing_yet(symbol: str, badge: str | None) -> PairSnapshot:
    """Return what is painted before the first snapshot."""
    legs = [LegSnapshot(side, State.CONNECTING, None, None, None, 0) for side in (Side.SPOT, Side.FUTURES)]
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


def waiting_rows(symbols: Iterable[str]) -> tuple[Row, ...]:
    """Return the watch list before the first snapshot."""
    return tuple(Row(symbol, State.CONNECTING, None, None, None, None, None, 0) for symbol in symbols)


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
        percentile=None,
        net=None,
        funding=None,
        depth=replace(pair.depth, spot_ask=None, futures_bid=None, spread=None, too_thin=()) if pair.depth else None,
    )


def broken_rows(rows: tuple[Row, ...]) -> tuple[Row, ...]:
    """Return the watch list as it is painted when its present is unknown."""
    return tuple(Row(row.symbol, State.STALE, None, None, None, None, None, row.places) for row in rows)


def _stale(leg: LegSnapshot) -> LegSnapshot:
    return replace(leg, state=State.STALE, reason=BROKEN, age_ms=None)
