"""Minutes of a market with every stream: each figure at two hundred instants against a slow computation."""

import gzip
import json
import random
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from pathlib import Path

from spreadwatch.core.net import fees, net
from spreadwatch.core.quote import Quote, Side, Timeline
from spreadwatch.core.sliding import SecondCloses, SlidingExtremes
from spreadwatch.core.spread import Extreme, entry
from spreadwatch.feed.binance import contract
from spreadwatch.sources.capture import Capture, batches
from tests.captures.files import Minutes

INSTANTS = 200
WINDOWS_MS = (5_000, 60_000, 900_000, 3_600_000)
FEES = fees(Decimal(10), Decimal(5), bnb=True)
SPOT_FEE, FUTURES_FEE = Decimal("0.00075"), Decimal("0.00045")

Shown = dict[str, object]


@dataclass
class Frames:
    """The capture read by nothing of the program: a line of figures per spread that existed."""

    times_ms: list[int] = field(default_factory=list)
    spreads: list[Decimal] = field(default_factory=list)
    tops: list[tuple[Decimal, ...]] = field(default_factory=list)

    def read(self, capture: Path) -> "Frames":
        last: dict[str, dict[str, str]] = {}
        with gzip.open(capture, "rt", encoding="utf-8") as lines:
            for line in map(json.loads, lines):
                if not line["stream"].endswith("@bookTicker"):
                    continue
                last[line["market"]] = line["raw"]
                if len(last) == 2:
                    bid, ask = Decimal(last["um"]["b"]), Decimal(last["um"]["a"])
                    spot_bid, spot_ask = Decimal(last["spot"]["b"]), Decimal(last["spot"]["a"])
                    self.times_ms.append(line["recv_ms"])
                    self.spreads.append(spot_ask - bid)
                    self.tops.append((spot_bid, spot_ask, bid, ask))
        return self

    def figures(self, number: int, now_ms: int) -> Shown:
        """Return what is to be shown at `now_ms` after so many spreads, everything computed anew."""
        spot_bid, spot_ask, bid, ask = self.tops[number]
        edge = bid * (1 - FUTURES_FEE) - spot_ask * (1 + SPOT_FEE)
        reverse_edge = spot_bid * (1 - SPOT_FEE) - ask * (1 + FUTURES_FEE)
        shown: Shown = {
            "entry": spot_ask - bid,
            "entry_bps": in_bps(spot_ask - bid, spot_ask),
            "entry_edge_bps": in_bps(edge, spot_ask),
            "reverse": spot_bid - ask,
            "reverse_bps": in_bps(spot_bid - ask, spot_ask),
            "reverse_edge_bps": in_bps(reverse_edge, spot_ask),
            "round_trip": -(edge + reverse_edge),
            "percentile": self.percentile(number, now_ms),
        }
        for length_ms in WINDOWS_MS:
            shown[f"{length_ms} ms"] = self.extremes(number, now_ms, length_ms)
        return shown

    def extremes(self, number: int, now_ms: int, length_ms: int) -> object:
        """Return time, value and spot ask of the first highest and the first lowest spread of the window."""
        first = bisect_right(self.times_ms, now_ms - length_ms)
        window = self.spreads[first : number + 1]
        places = [first + window.index(best(window)) for best in (max, min)] if window else []
        return [(self.times_ms[place], self.spreads[place], self.tops[place][1]) for place in places]

    def percentile(self, number: int, now_ms: int) -> Decimal | None:
        zero_ms = self.times_ms[0]
        closes = {
            (self.times_ms[place] - zero_ms) // 1_000: self.spreads[place]
            for place in range(bisect_left(self.times_ms, now_ms - 3_700_000), number + 1)
        }
        closes.pop((now_ms - zero_ms) // 1_000, None)
        below = sum(close < self.spreads[number] for close in closes.values())
        equal = sum(close == self.spreads[number] for close in closes.values())
        if not closes:
            return None
        share = Decimal(below * 100 + equal * 50) / len(closes)
        return share.quantize(Decimal("0.1"), ROUND_HALF_EVEN)


def in_bps(amount: Decimal, spot_ask: Decimal) -> Decimal:
    share = Fraction(amount) / Fraction(spot_ask) * 10_000
    return Decimal(share.numerator) / Decimal(share.denominator)  # to the 28 digits of a Decimal


class Ours:
    """The program's trackers over the same capture."""

    def __init__(self) -> None:
        self.timeline = Timeline()
        self.sliding = SlidingExtremes(max(WINDOWS_MS))
        self.closes = SecondCloses()

    def play(self, capture: Path, instants: dict[int, int]) -> dict[int, Shown]:
        """Take all quotes; return the figures after the spreads in `instants`, so many ms later."""
        contracts = {venue: [contract(venue, "BTCUSDT")] for venue in Side}
        last: dict[Side, Quote] = {}
        shown: dict[int, Shown] = {}
        count = 0
        for batch in batches(Capture(capture), contracts):
            t_ms = self.timeline.elapsed_ms(batch.at)
            for quote in batch.quotes:
                last[quote.side] = quote
                if len(last) < 2:
                    continue
                if not count:
                    self.timeline = Timeline()
                    t_ms = self.timeline.elapsed_ms(batch.at)
                spot, futures = last[Side.SPOT], last[Side.FUTURES]
                spread = entry(spot, futures)
                self.sliding.take(t_ms, spot, futures, spread, batch.at)
                self.closes.take(t_ms, spread)
                if count in instants:
                    shown[count] = self.figures(spot, futures, t_ms + instants[count])
                count += 1
        return shown

    def figures(self, spot: Quote, futures: Quote, now_ms: int) -> Shown:
        found = net(spot, futures, FEES)
        names = ("entry", "entry_bps", "entry_edge_bps", "reverse", "reverse_bps", "reverse_edge_bps", "round_trip")
        shown: Shown = {name: getattr(found, name) for name in names}
        shown["percentile"] = self.closes.percentile(now_ms, found.entry)
        for length_ms in WINDOWS_MS:
            both = self.sliding.extremes(now_ms, length_ms)
            shown[f"{length_ms} ms"] = [evidence(extreme) for extreme in both if extreme]
        return shown


def evidence(extreme: Extreme) -> tuple[int, Decimal, Decimal]:
    assert extreme.spot.ask - extreme.futures.bid == extreme.spread
    return extreme.at.wall_ms, extreme.spread, extreme.spot.ask


def test_at_two_hundred_instants_every_figure_is_that_of_the_frames(minutes: Minutes) -> None:
    frames = Frames().read(minutes.allstreams)
    assert len(frames.spreads) > 90_000
    chance = random.Random(2024)
    chosen = sorted({0, 1, len(frames.spreads) - 1, *chance.sample(range(len(frames.spreads)), INSTANTS)})
    nexts_ms = [*frames.times_ms[1:], frames.times_ms[-1] + 90_000]
    instants = {place: chance.randint(0, nexts_ms[place] - frames.times_ms[place]) for place in chosen}
    shown = Ours().play(minutes.allstreams, instants)
    assert list(shown) == chosen
    for place in chosen:
        assert shown[place] == frames.figures(place, frames.times_ms[place] + instants[place])
