"""Both legs of one symbol and all that is computed from them, tick by tick. Pure."""

from decimal import Decimal

from msgspec import Struct

from spreadwatch.core.leg import Leg, SideLink
from spreadwatch.core.net import Fees
from spreadwatch.core.pair_name import spot_symbol
from spreadwatch.core.quote import Instant, Side
from spreadwatch.core.series import ONE, Keep, Series
from spreadwatch.core.sliding import WINDOWS, SecondCloses, SlidingExtremes
from spreadwatch.core.snapshot import Row
from spreadwatch.core.source import Source
from spreadwatch.core.spread import Extreme, SpreadTracker


class Terms(Struct, frozen=True):
    """What the numbers are computed with.

    `size_quote`: the size in quote currency that fills are shown for, None for none. `keep`: how much of its
    past a pair remembers for a chart, None for nothing. `source`: where all of it comes from.
    """

    fees: Fees = Fees(Decimal("0.001"), Decimal("0.0005"))
    size_quote: Decimal | None = None
    keep: Keep | None = ONE
    source: Source = Source.LIVE


class Pair:
    """One pair, by its key. The market that owns it gives it every sample of both live legs, and every loss."""

    __slots__ = (
        "_before",
        "changed",
        "closes",
        "delivery_ms",
        "futures",
        "interval_h",
        "legs",
        "row",
        "series",
        "sliding",
        "spot",
        "spot_symbol",
        "spread",
        "symbol",
    )

    def __init__(self, symbol: str, lines: dict[Side, SideLink], asked: Instant | None, keep: Keep | None) -> None:
        self.symbol = symbol
        self.spot_symbol = spot_symbol(symbol)
        self.spot = Leg(self.spot_symbol, lines[Side.SPOT], asked)
        self.futures = Leg(symbol, lines[Side.FUTURES], asked)
        self.legs = {Side.SPOT: self.spot, Side.FUTURES: self.futures}
        self.spread = SpreadTracker()
        self.sliding = SlidingExtremes(WINDOWS[-1][1])
        self.closes = SecondCloses()
        self.series = Series(keep) if keep else None
        self.interval_h: int | None = None
        self.delivery_ms: int | None = None
        self.row: Row | None = None
        self.changed = True  # since the row was made
        self._before: tuple[Extreme | None, Extreme | None] = (None, None)  # of the session, up to the last reset

    def sample(self, t_ms: int, at: Instant) -> None:
        """Take the spread of the last quotes; both legs are live at `at`, which is `t_ms` on the time axis."""
        spot, futures = self.spot.quote, self.futures.quote
        if spot is None or futures is None:
            return
        spread = self.spread.update(spot, futures, at)
        if spread is None:
            self.gap(t_ms)
            return
        self.sliding.take(t_ms, spot, futures, spread, at)
        self.closes.take(t_ms, spread)
        if self.series is not None:
            self.series.take(t_ms, spread, spot.bid - futures.ask)

    def gap(self, t_ms: int) -> None:
        """Note that there is no live spread from a moment of the time axis on, until the next sample."""
        if self.series is not None:
            self.series.gap(t_ms)

    def reset(self) -> None:
        """Begin max and min anew; those of the session go on."""
        self._before = self.session()
        self.spread = SpreadTracker()

    def session(self) -> tuple[Extreme | None, Extreme | None]:
        """Return the highest and lowest spread since the start, whatever was reset; the first one of equals."""
        (high, low), now = self._before, self.spread
        if high is None or (now.high is not None and now.high.spread > high.spread):
            high = now.high
        if low is None or (now.low is not None and now.low.spread < low.spread):
            low = now.low
        return high, low
