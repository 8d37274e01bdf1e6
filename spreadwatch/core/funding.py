"""Funding of a perpetual: what a short future earns or pays, and how long until it pays back the fees. Pure."""

from decimal import ROUND_CEILING, Decimal

from msgspec import Struct

from spreadwatch.core.quote import Instant, Quote
from spreadwatch.core.spread import BPS

ASSUMED_INTERVAL_H = 8

_DAYS = 365
_DAY_MS = 86_400_000
_STEP = Decimal("1E-8")  # 0.0001 bps


class Funding(Struct, frozen=True):
    """The futures leg's funding, or of a delivery contract its days to delivery.

    `rate`: the current estimate per interval, as a fraction; positive is paid by longs to shorts. None on a
    delivery contract and when no funding is scheduled. `next_in_ms`: until the next funding, or the delivery; None
    when none is scheduled. `interval_h`: 0 on a delivery contract. `interval_assumed`: the exchange did not say it.
    `annualised`: a fraction per year, rounded to 1e-8; None without a rate, on a delivery contract without live
    quotes. `payback`: fundings at this rate until they cover the round trip, its fees included; None when they
    never do, or while the round trip is unknown. `is_live`: the stream of it is not silent; all else here stays
    readable when it is. `age_ms`: since it was heard.
    """

    mark: Decimal
    index: Decimal | None
    rate: Decimal | None
    next_in_ms: int | None
    interval_h: int
    interval_assumed: bool
    annualised: Decimal | None
    payback: int | None
    is_live: bool
    age_ms: int


def perpetual(
    *,
    mark: Decimal,
    index: Decimal | None,
    rate: Decimal | None,
    next_ms: int,
    interval_h: int | None,
    round_trip_bps: Decimal | None,
    heard: Instant,
    now: Instant,
    is_live: bool,
) -> Funding:
    """Return the funding of a perpetual at `now`, as heard at `heard`.

    `next_ms`: Unix ms of the next funding; 0 when none is scheduled, and then no rate counts. `interval_h`: None when
    the exchange did not say it. `round_trip_bps`: the cost to earn back, None while it is unknown.
    """
    hours = interval_h or ASSUMED_INTERVAL_H
    if not next_ms:
        rate = None
    return Funding(
        mark=mark,
        index=index,
        rate=rate,
        next_in_ms=max(next_ms - now.wall_ms, 0) if next_ms else None,
        interval_h=hours,
        interval_assumed=not interval_h,
        annualised=None if rate is None else (rate * 24 * _DAYS / hours).quantize(_STEP),
        payback=payback(rate, round_trip_bps),
        is_live=is_live,
        age_ms=now.since(heard),
    )


def delivery(
    *,
    mark: Decimal,
    index: Decimal | None,
    delivery_ms: int,
    quotes: tuple[Quote, Quote] | None,
    heard: Instant,
    now: Instant,
    is_live: bool,
) -> Funding:
    """Return the same of a delivery contract that ends at `delivery_ms` (Unix ms).

    `quotes`: spot and futures, None unless both are live. Once it is delivered there is no yearly rate.
    """
    left_ms = max(delivery_ms - now.wall_ms, 0)
    annualised = None
    if quotes and left_ms:
        spot, futures = quotes
        annualised = ((futures.bid / spot.ask - 1) * _DAYS * _DAY_MS / left_ms).quantize(_STEP)
    return Funding(
        mark=mark,
        index=index,
        rate=None,
        next_in_ms=left_ms,
        interval_h=0,
        interval_assumed=False,
        annualised=annualised,
        payback=None,
        is_live=is_live,
        age_ms=now.since(heard),
    )


def payback(rate: Decimal | None, round_trip_bps: Decimal | None) -> int | None:
    """Return how many fundings at `rate` a short future needs to earn `round_trip_bps`.

    None when it earns nothing or one of them is unknown.
    """
    if rate is None or round_trip_bps is None or rate <= 0:
        return None
    return max(int((round_trip_bps / (rate * BPS)).to_integral_value(ROUND_CEILING)), 0)
