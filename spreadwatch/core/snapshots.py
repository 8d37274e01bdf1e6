"""Pairs into the frozen values that views read. Pure, and changes nothing."""

from msgspec import Struct

from spreadwatch.core import depth, funding
from spreadwatch.core.events import Book, Mark
from spreadwatch.core.leg import Leg, State
from spreadwatch.core.net import Net, edge_bps, net
from spreadwatch.core.pair import Pair, Terms
from spreadwatch.core.quote import Instant, Quote
from spreadwatch.core.sliding import WINDOWS
from spreadwatch.core.snapshot import Counts, LegSnapshot, PairSnapshot, Row, SpreadSnapshot, WindowExtremes
from spreadwatch.core.spread import bps, reverse, too_far_apart

_MARK_LIVE_MS = 5_000  # the exchange tells it every second
_BOOK_LIVE_MS = 3_000  # and a book ten times a second, when it changes


class Totals(Struct, frozen=True):
    """Counts of the whole program."""

    rejected: int
    reconnects: int
    dropped: int
    gaps: int


def freeze(pair: Pair, now: Instant, now_ms: int, totals: Totals, terms: Terms) -> PairSnapshot:
    """Freeze all that is known of a pair at `now`, which is `now_ms` on its time axis."""
    spot, futures = _freeze_leg(pair.spot, now), _freeze_leg(pair.futures, now)
    state, reason = _judge(spot, futures)
    counts = Counts(
        spot=pair.spot.accepted,
        futures=pair.futures.accepted,
        rejected=totals.rejected,
        repeated=pair.spot.repeated + pair.futures.repeated,
        reconnects=totals.reconnects,
        dropped=totals.dropped,
        gaps=totals.gaps,
    )
    quotes = _both(pair) if state is State.LIVE else None
    spread = _freeze_spread(pair, quotes)
    costs = net(*quotes, terms.fees) if quotes else None
    current = spread.current
    return PairSnapshot(
        symbol=pair.symbol,
        at=now,
        state=state,
        reason=reason,
        spot=spot,
        futures=futures,
        spread=spread,
        counts=counts,
        windows=_freeze_windows(pair, now_ms),
        percentile=None if current is None else pair.closes.percentile(now_ms, current),
        net=costs,
        funding=_freeze_funding(pair, now, quotes, costs),
        depth=_freeze_depth(pair, now, terms),
        source=terms.source,
    )


def freeze_row(pair: Pair, now: Instant, terms: Terms) -> Row:
    """Freeze a pair's line in the watch list."""
    quotes = _both(pair)
    state = max(pair.spot.state(now)[0], pair.futures.state(now)[0], key=_BADNESS.__getitem__)
    if state is State.LIVE and quotes and too_far_apart(*quotes):
        state = State.REFUSED
    mark = pair.futures.told.last(Mark)
    rate = mark.rate if mark and now.since(mark.at) <= _MARK_LIVE_MS else None
    places = max(pair.spot.shown_places(), pair.futures.shown_places())
    if state is not State.LIVE or quotes is None:
        return Row(pair.symbol, state, None, None, None, None, rate, places)
    spot, futures = quotes
    spread = spot.ask - futures.bid
    size = min(spot.ask_qty, futures.bid_qty) * spot.ask
    edge = edge_bps(spot, futures, terms.fees)
    return Row(pair.symbol, state, spread, bps(spread, spot.ask), edge, size, rate, places)


_BADNESS = {State.LIVE: 0, State.CONNECTING: 1, State.STALE: 2}


def _both(pair: Pair) -> tuple[Quote, Quote] | None:
    spot, futures = pair.spot.quote, pair.futures.quote
    return (spot, futures) if spot and futures else None


def _freeze_leg(leg: Leg, now: Instant) -> LegSnapshot:
    state, reason = leg.state(now)
    age_ms = now.since(leg.quote.received) if leg.quote else None
    return LegSnapshot(leg.line.side, state, reason, leg.quote, age_ms, leg.shown_places(), leg.told)


def _judge(spot: LegSnapshot, futures: LegSnapshot) -> tuple[State, str | None]:
    """Return the pair's state and reason from its legs': the worse one speaks, stale before connecting."""
    for state in (State.STALE, State.CONNECTING):
        affected = [leg for leg in (spot, futures) if leg.state is state]
        if affected:
            return state, " · ".join(dict.fromkeys(leg.reason for leg in affected if leg.reason))
    if spot.quote and futures.quote and too_far_apart(spot.quote, futures.quote):
        return State.REFUSED, (
            f"spot {spot.quote.ask:f} and futures {futures.quote.bid:f} are more than 20 % apart: "
            f"not the same coin, no spread shown"
        )
    return State.LIVE, None


def _freeze_spread(pair: Pair, quotes: tuple[Quote, Quote] | None) -> SpreadSnapshot:
    tracker = pair.spread
    current = reverse_now = in_bps = change = None
    if quotes:
        spot, futures = quotes
        current = spot.ask - futures.bid
        reverse_now = reverse(spot, futures)
        in_bps = bps(current, spot.ask)
        change = None if tracker.previous is None else current - tracker.previous
    return SpreadSnapshot(
        current=current,
        reverse=reverse_now,
        bps=in_bps,
        change=change,
        high=tracker.high,
        low=tracker.low,
        since=tracker.since,
        samples=tracker.samples,
    )


def _freeze_windows(pair: Pair, now_ms: int) -> tuple[WindowExtremes, ...]:
    sliding = [WindowExtremes(name, *pair.sliding.extremes(now_ms, length_ms)) for name, length_ms in WINDOWS]
    return (*sliding, WindowExtremes("session", *pair.session()))


def _freeze_funding(
    pair: Pair, now: Instant, quotes: tuple[Quote, Quote] | None, costs: Net | None
) -> funding.Funding | None:
    mark = pair.futures.told.last(Mark)
    if mark is None:
        return None
    is_live = now.since(mark.at) <= _MARK_LIVE_MS
    if pair.delivery_ms is not None:
        return funding.delivery(
            mark=mark.mark,
            index=mark.index,
            delivery_ms=pair.delivery_ms,
            quotes=quotes,
            heard=mark.at,
            now=now,
            is_live=is_live,
        )
    return funding.perpetual(
        mark=mark.mark,
        index=mark.index,
        rate=mark.rate,
        next_ms=mark.next_ms or 0,
        interval_h=pair.interval_h,
        round_trip_bps=costs.round_trip_bps if costs else None,
        heard=mark.at,
        now=now,
        is_live=is_live,
    )


def _freeze_depth(pair: Pair, now: Instant, terms: Terms) -> depth.SizeQuote | None:
    if terms.size_quote is None:
        return None
    spot, futures = pair.spot.told.last(Book), pair.futures.told.last(Book)
    ages = [now.since(book.at) for book in (spot, futures) if book]
    return depth.size_quote(
        terms.size_quote,
        spot.asks if spot and now.since(spot.at) <= _BOOK_LIVE_MS else None,
        futures.bids if futures and now.since(futures.at) <= _BOOK_LIVE_MS else None,
        max(ages, default=None),
    )
