"""Running spread between two legs: current, highest and lowest, each extreme with its evidence.

Pure: times come in with the quotes, so a replay gives the same numbers as live.
"""

from decimal import Decimal

from msgspec import Struct

from spreadwatch.core.quote import Instant, Quote

BPS = 10_000
MAX_APART = Decimal("0.20")  # source: sanity gate for a missing multiplier or a ticker collision


def entry(spot: Quote, futures: Quote) -> Decimal:
    """Return spot ask − futures bid: the cost of buying one coin spot and selling the future."""
    return spot.ask - futures.bid


def reverse(spot: Quote, futures: Quote) -> Decimal:
    """Return spot bid − futures ask: what selling one coin spot and buying the future back brings."""
    return spot.bid - futures.ask


def bps(amount: Decimal, spot_ask: Decimal) -> Decimal:
    """Return `amount` in basis points of the spot ask, to all digits: whoever writes it rounds it, once."""
    return amount * BPS / spot_ask


def too_far_apart(spot: Quote, futures: Quote) -> bool:
    """Tell whether two quotes cannot be of the same coin: more than 20 % of the spot ask apart."""
    return abs(entry(spot, futures)) > spot.ask * MAX_APART


class Extreme(Struct, frozen=True, gc=False):
    """A highest or lowest spread with all that proves it. Ages are ms at `at`."""

    spread: Decimal
    at: Instant
    spot: Quote
    futures: Quote
    spot_age_ms: int
    futures_age_ms: int


class SpreadTracker:
    """Keep current value, last change and extremes of a stream of spreads. To reset, make a new one.

    `current` and `previous` are None before the first and the first different spread.
    """

    __slots__ = ("_ask", "_limit", "_limit_below", "current", "high", "low", "previous", "samples", "since")

    def __init__(self) -> None:
        self.current: Decimal | None = None
        self.previous: Decimal | None = None
        self.high: Extreme | None = None
        self.low: Extreme | None = None
        self.since: Instant | None = None
        self.samples = 0
        self._ask = self._limit = self._limit_below = Decimal(0)

    def update(self, spot: Quote, futures: Quote, at: Instant) -> Decimal | None:
        """Take and return the spread of two quotes that are both live at `at`. A tie leaves an extreme as it is.

        Quotes too far apart to be of the same coin make no spread: then None comes back.
        """
        ask = spot.ask
        spread = ask - futures.bid
        if ask is not self._ask:
            self._ask, self._limit = ask, ask * MAX_APART
            self._limit_below = -self._limit
        if not self._limit_below <= spread <= self._limit:
            return None
        high, low = self.high, self.low
        if high is None or low is None or spread > high.spread or spread < low.spread:
            found = Extreme(spread, at, spot, futures, at.since(spot.received), at.since(futures.received))
            if high is None or spread > high.spread:
                self.high = found
            if low is None or spread < low.spread:
                self.low = found
            if self.since is None:
                self.since = at
        self.samples += 1
        if spread != self.current:
            self.previous = self.current
            self.current = spread
        return spread
