"""An invented alert, for the test button: it proves the ways, not the market. Pure."""

from decimal import Decimal

from spreadwatch.core.alerts import Alert, Direction, Number, Rule
from spreadwatch.core.quote import Instant, Quote, Side


def sample(symbol: str, now: Instant) -> Alert:
    """Return an alert at `now` that says it is a test, with serial 0."""
    rule = Rule("TEST, not the market", symbol, Number.SPREAD, Direction.BELOW, Decimal("-1.00"), Decimal("-0.50"))
    one = Decimal(1)
    spot = Quote(Side.SPOT, symbol, Decimal("99.99"), one, Decimal("100.00"), one, 1, None, now)
    futures = Quote(Side.FUTURES, symbol, Decimal("101.30"), one, Decimal("101.31"), one, 1, None, now)
    return Alert(0, rule, symbol, spot.ask - futures.bid, now, spot, futures, 0, 0)
