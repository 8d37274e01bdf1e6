"""Costs in words: both directions after fees, a size and its price, funding. Pure."""

from decimal import Decimal

from spreadwatch.core.depth import SizeQuote
from spreadwatch.core.funding import Funding
from spreadwatch.core.net import Net
from spreadwatch.core.net import sentence as core_sentence
from spreadwatch.core.numbers import split_symbol
from spreadwatch.ui.kit import text

_HOURS_PER_YEAR = 365 * 24


def entry(net: Net, symbol: str, places: int) -> str:
    """Say for a beginner what an entry costs now, and what fees add."""
    coin, currency = split_symbol(symbol)
    return core_sentence(net, coin, currency or "quote units", places, text.money)


def size_now(net: Net, symbol: str) -> str:
    """Say how much there is now, in coins and in quote currency."""
    coin, currency = split_symbol(symbol)
    worth = text.money(net.size_quote, 2 if net.size_quote < 1_000 else 0)
    return f"{text.price(net.size, 0)} {coin} = {worth} {currency}".rstrip()


def size_title(depth: SizeQuote, symbol: str) -> str:
    """Say which size the average prices are of."""
    currency = split_symbol(symbol)[1]
    return f"{text.price(depth.size_quote, 0)} {currency} on each leg".replace("  ", " ")


def thin(depth: SizeQuote) -> str:
    """Say why there is no price of that size; empty when there is one."""
    if depth.too_thin:
        return "book too thin on " + " and ".join(depth.too_thin)
    return "" if depth.spread is not None else "no live book"


def funding_due(funding: Funding | None) -> str:
    """Say when the next funding is due, or that these numbers are old."""
    if funding is None:
        return "not known now"
    if not funding.is_live:
        return f"STALE · {text.age(funding.age_ms)} ago"
    if funding.next_in_ms is None:
        return "no funding scheduled"
    word = "delivery" if funding.rate is None else "next"
    return f"{word} in {text.countdown(funding.next_in_ms)}"


def funding_rate(funding: Funding) -> str:
    """Write the rate of one interval; a dash on a delivery contract."""
    return text.NO_VALUE if funding.rate is None else text.percent(funding.rate, 4)


def funding_interval(funding: Funding) -> str:
    """Say how often it is paid; empty on a delivery contract."""
    if funding.rate is None:
        return ""
    return f"per {funding.interval_h} h" + (" assumed" if funding.interval_assumed else "")


def funding_yearly(funding: Funding) -> str:
    """Write what it makes in a year; a dash when unknown."""
    return text.NO_VALUE if funding.annualised is None else text.percent(funding.annualised, 2)


def funding_payback(funding: Funding) -> str:
    """Say how many fundings it takes until they cover the fees; empty where there are none to come."""
    if funding.rate is None or funding.next_in_ms is None:
        return ""
    if funding.payback is None:
        return "At this rate they never pay back the fees."
    words = "funding pays" if funding.payback == 1 else "fundings pay"
    return f"{text.count(funding.payback)} {words} back the round trip's fees."


def funding_formula(funding: Funding) -> str:
    """Say how the figure per year is made."""
    if funding.annualised is None:
        return "Not known now."
    yearly = funding_yearly(funding)
    if funding.rate is None:
        return f"Basis × 365 days ÷ the days to delivery = {yearly} a year, without compound interest."
    times = (Decimal(_HOURS_PER_YEAR) / funding.interval_h).normalize()
    assumed = " The exchange has not said the interval; 8 h is assumed." if funding.interval_assumed else ""
    return (
        f"Rate × 365 × 24 h ÷ {funding.interval_h} h = {funding_rate(funding)} × {times:f} = {yearly} a year, "
        f"without compound interest. Positive: shorts are paid.{assumed}"
    )
