"""Funding in words: countdown, rate, its formula per year, how many pay back the fees. Pure."""

from decimal import Decimal

from spreadwatch.core.funding import Funding
from spreadwatch.ui.cards import amounts
from spreadwatch.ui.kit import text

_HOURS_PER_YEAR = 365 * 24


def standing(funding: Funding | None) -> str:
    """Say when the next funding is due, or that these numbers are old."""
    if funding is None:
        return "not known now"
    if not funding.is_live:
        return f"STALE · {text.age(funding.age_ms)} ago"
    if funding.next_in_ms is None:
        return "no funding scheduled"
    word = "delivery" if funding.rate is None else "next"
    return f"{word} in {amounts.countdown(funding.next_in_ms)}"


def rate(funding: Funding) -> str:
    """Write the rate of one interval; a dash on a delivery contract."""
    return text.NO_VALUE if funding.rate is None else amounts.percent(funding.rate, 4)


def interval(funding: Funding) -> str:
    """Say how often it is paid; empty on a delivery contract."""
    if funding.rate is None:
        return ""
    return f"per {funding.interval_h} h" + (" assumed" if funding.interval_assumed else "")


def annualised(funding: Funding) -> str:
    """Write what it makes in a year; a dash when unknown."""
    return text.NO_VALUE if funding.annualised is None else amounts.percent(funding.annualised, 2)


def payback(funding: Funding) -> str:
    """Say how many fundings it takes until they cover the fees; empty where there are none to come."""
    if funding.rate is None or funding.next_in_ms is None:
        return ""
    if funding.payback is None:
        return "At this rate they never pay back the fees."
    words = "funding pays" if funding.payback == 1 else "fundings pay"
    return f"{text.count(funding.payback)} {words} back the round trip's fees."


def formula(funding: Funding) -> str:
    """Say how the figure per year is made."""
    if funding.annualised is None:
        return "Not known now."
    yearly = annualised(funding)
    if funding.rate is None:
        return f"Basis × 365 days ÷ the days to delivery = {yearly} a year, without compound interest."
    times = (Decimal(_HOURS_PER_YEAR) / funding.interval_h).normalize()
    assumed = " The exchange has not said the interval; 8 h is assumed." if funding.interval_assumed else ""
    return (
        f"Rate × 365 × 24 h ÷ {funding.interval_h} h = {rate(funding)} × {times:f} = {yearly} a year, "
        f"without compound interest. Positive: shorts are paid.{assumed}"
    )
