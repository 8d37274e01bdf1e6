"""Funding, delivery and payback, by hand and against fractions."""

import math
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spreadwatch.core.funding import ASSUMED_INTERVAL_H, Funding, delivery, payback, perpetual
from tests.core.builders import FUTURES, HOUR_MS, SPOT, moment, quote

DAY_MS = 24 * HOUR_MS
NOW = moment(1_000_000)


def funding(
    rate: str | None = "0.0001", next_ms: int = 1_600_000, interval_h: int | None = 8, cost_bps: str | None = "31.5"
) -> Funding:
    return perpetual(
        mark=Decimal("61830.5"),
        index=Decimal(61840),
        rate=None if rate is None else Decimal(rate),
        next_ms=next_ms,
        interval_h=interval_h,
        round_trip_bps=None if cost_bps is None else Decimal(cost_bps),
        heard=moment(999_400),
        now=NOW,
        is_live=True,
    )


def test_a_perpetual_by_hand() -> None:
    assert funding() == Funding(
        mark=Decimal("61830.5"),
        index=Decimal(61840),
        rate=Decimal("0.0001"),
        next_in_ms=600_000,
        interval_h=8,
        interval_assumed=False,
        annualised=Decimal("0.1095"),
        payback=32,
        is_live=True,
        age_ms=600,
    )


@pytest.mark.parametrize(("interval_h", "annualised"), [(1, "0.876"), (4, "0.219"), (8, "0.1095")])
def test_a_year_has_as_many_fundings_as_the_interval_allows(interval_h: int, annualised: str) -> None:
    found = funding(interval_h=interval_h)
    assert (found.interval_h, found.interval_assumed, found.annualised) == (interval_h, False, Decimal(annualised))


def test_an_interval_that_nobody_told_is_assumed_and_marked() -> None:
    found = funding(interval_h=None)
    assert (found.interval_h, found.interval_assumed) == (ASSUMED_INTERVAL_H, True)
    assert found.annualised == Decimal("0.1095")


def test_where_no_funding_is_scheduled_no_rate_counts() -> None:
    found = funding("0.00000000", next_ms=0)
    assert (found.rate, found.next_in_ms, found.annualised, found.payback) == (None, None, None, None)
    assert found.mark == Decimal("61830.5")


def test_a_rate_that_is_unknown_gives_no_yearly_one_but_a_countdown() -> None:
    found = funding(None)
    assert (found.rate, found.next_in_ms, found.annualised, found.payback) == (None, 600_000, None, None)


def test_a_funding_that_is_due_counts_down_to_nothing() -> None:
    assert funding(next_ms=999_000).next_in_ms == 0


@pytest.mark.parametrize(
    ("rate", "cost_bps", "count"),
    [
        ("0.0001", "31.5", 32),
        ("0.0001", "31.0000", 31),
        ("0.0001", "31.0001", 32),
        ("0.01", "31.5", 1),
        ("0", "31.5", None),
        ("-0.0001", "31.5", None),
        ("0.0001", "-2", 0),
        ("0.0001", None, None),
        (None, "31.5", None),
    ],
)
def test_only_a_rate_that_a_short_earns_pays_back(rate: str | None, cost_bps: str | None, count: int | None) -> None:
    assert funding(rate, cost_bps=cost_bps).payback == count


@settings(deadline=None, database=None)
@given(st.decimals("-0.03", "0.03", places=8), st.decimals("0.0001", "500", places=4), st.sampled_from([1, 2, 4, 6, 8]))
def test_yearly_rate_and_payback_are_those_of_fractions(rate: Decimal, cost_bps: Decimal, interval_h: int) -> None:
    found = funding(str(rate), interval_h=interval_h, cost_bps=str(cost_bps))
    yearly = Fraction(rate) * 24 * 365 / interval_h
    assert found.annualised is not None
    assert abs(Fraction(found.annualised) - yearly) <= Fraction(1, 2 * 10**8)
    if rate > 0:
        assert found.payback == math.ceil(Fraction(cost_bps) / (Fraction(rate) * 10_000))
        assert payback(rate, cost_bps) == found.payback


def contract(ends_ms: int, *, live: bool = True) -> Funding:
    quotes = quote(SPOT, 1, "99", "100", moment(0)), quote(FUTURES, 1, "101", "102", moment(0))
    return delivery(
        mark=Decimal(101),
        index=None,
        delivery_ms=ends_ms,
        quotes=quotes if live else None,
        heard=NOW,
        now=NOW,
        is_live=False,
    )


@pytest.mark.parametrize(("left_ms", "annualised"), [(73 * DAY_MS, "0.05"), (365 * DAY_MS, "0.01"), (HOUR_MS, "87.6")])
def test_the_basis_of_a_delivery_contract_is_taken_to_the_year(left_ms: int, annualised: str) -> None:
    found = contract(NOW.wall_ms + left_ms)
    assert (found.annualised, found.next_in_ms) == (Decimal(annualised), left_ms)
    assert (found.rate, found.payback, found.interval_h, found.interval_assumed) == (None, None, 0, False)
    assert (found.index, found.is_live, found.age_ms) == (None, False, 0)


def test_without_live_quotes_or_days_left_there_is_no_basis() -> None:
    assert contract(NOW.wall_ms + DAY_MS, live=False).annualised is None
    over = contract(NOW.wall_ms - 1)
    assert (over.annualised, over.next_in_ms) == (None, 0)
