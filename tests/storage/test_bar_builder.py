"""Gaps and bars are those of the market's model, event for event, whatever happens."""

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from spreadwatch.core.answers import RecordedGap
from spreadwatch.core.events import Batch, Event, Link, Phase
from spreadwatch.core.market import Market
from spreadwatch.core.pair_name import spot_symbol
from spreadwatch.core.quote import Instant, Quote, Side
from spreadwatch.storage.bar_builder import Follower
from spreadwatch.storage.rows import BarRow

SYMBOLS = ("BTCUSDT", "ETHUSDT", "BTCUSDT_261225")
SILENCE_MS = 1000
START_MS = 1_700_000_000_000

steps = st.lists(
    st.tuples(
        st.sampled_from([0, 1, 300, 700, 1000, 1001, 2500]),
        st.sampled_from(list(Side)),
        st.one_of(
            st.sampled_from([*Phase, "beat", "reject"]),
            st.lists(st.tuples(st.sampled_from(SYMBOLS), st.sampled_from([90, 100, 101, 119, 130])), max_size=3),
        ),
    ),
    max_size=60,
)


def event(venue: Side, what: object, at: Instant, number: int) -> Event:
    if isinstance(what, Phase):
        return Link(venue, what, f"reason {number}", at)
    if not isinstance(what, list):
        return Batch(venue, at, [], heard=what == "beat")
    one = Decimal(1)
    quotes = [
        Quote(venue, leg(venue, key), Decimal(price), one, Decimal(price) + one, one, number, None, at)
        for key, price in what
    ]
    return Batch(venue, at, quotes, heard=bool(quotes))


def leg(side: Side, key: str) -> str:
    return spot_symbol(key) if side is Side.SPOT else key


@settings(deadline=None, database=None, max_examples=300)
@given(steps)
def test_bars_and_gaps_are_those_of_the_model(script: list[tuple[int, Side, object]]) -> None:
    at = Instant(START_MS, START_MS)
    market, follower = Market(SYMBOLS, SILENCE_MS), Follower(SYMBOLS, SILENCE_MS, at)
    opening = [Link(venue, Phase.OPEN, "begin", at) for venue in Side]
    bars: dict[tuple[str, int, int], BarRow] = {}
    gaps: dict[tuple[Side, str, int, str], RecordedGap] = {}
    seen: dict[tuple[str, int], list[Decimal]] = {}
    for number, (after_ms, venue, what) in enumerate([*((0, one.side, one) for one in opening), *script], start=1):
        at = Instant(at.wall_ms + after_ms, at.mono_ms + after_ms)
        happened = what if isinstance(what, Link) else event(venue, what, at, number)
        if isinstance(happened, Link):
            follower.take_link(happened)
        elif isinstance(happened, Batch):
            follower.take_batch(happened)
        apply_piecewise(market, happened, seen, at)
        bars |= {(bar.symbol, bar.second, bar.part): bar for bar in follower.bars()}
        gaps |= {(gap.side, gap.symbol, gap.start_ms, gap.reason): gap for gap in follower.gaps()}
    check_bars(bars, seen)
    kept = {(gap.side, gap.symbol, gap.start.wall_ms, gap.end and gap.end.wall_ms) for gap in market.gaps.all()}
    ours = {(gap.side, gap.symbol, gap.start_ms, gap.end_ms) for gap in gaps.values() if gap.end_ms != gap.start_ms}
    assert ours == kept


def apply_piecewise(market: Market, happened: Event, seen: dict[tuple[str, int], list[Decimal]], at: Instant) -> None:
    """Apply an event so that every sample shows: the extremes are forgotten before each piece of it."""
    pieces: list[Event] = [happened]
    if isinstance(happened, Batch) and len(happened.quotes) > 1 and len({one.symbol for one in happened.quotes}) == 1:
        pieces = [Batch(happened.side, at, [one], heard=True) for one in happened.quotes]
    elif isinstance(happened, Batch) and len(happened.quotes) > 1:
        return apply_whole(market, happened, seen, at)
    for piece in pieces:
        apply_whole(market, piece, seen, at)
    return None


def apply_whole(market: Market, happened: Event, seen: dict[tuple[str, int], list[Decimal]], at: Instant) -> None:
    for symbol in SYMBOLS:
        market.reset(symbol)
    market.apply(happened)
    for pair in market.snapshot(at).pairs:
        spread = pair.spread
        if spread.samples and spread.high and spread.low:
            between = [spread.low.spread] * (spread.samples - 2)
            ends = [spread.high.spread, spread.low.spread][: spread.samples]
            seen.setdefault((pair.symbol, at.wall_ms // 1000), []).extend([*ends, *between])


def check_bars(bars: dict[tuple[str, int, int], BarRow], seen: dict[tuple[str, int], list[Decimal]]) -> None:
    assert {(symbol, second) for symbol, second, _ in bars} == set(seen)
    for (symbol, second, part), bar in bars.items():
        spreads = seen[symbol, second]
        assert part == 0
        assert (Decimal(bar.high), Decimal(bar.low), bar.samples) == (max(spreads), min(spreads), len(spreads))
        assert Decimal(bar.low) <= Decimal(bar.open) <= Decimal(bar.high)
        assert Decimal(bar.low) <= Decimal(bar.close) <= Decimal(bar.high)


def test_a_clock_that_is_set_back_begins_the_seconds_anew() -> None:
    follower = Follower(["BTCUSDT"], SILENCE_MS, Instant(START_MS, 0))
    for venue in Side:
        follower.take_link(Link(venue, Phase.OPEN, "begin", Instant(START_MS, 0)))
    for number, at_ms in enumerate((0, 1200, 2400, 3100, 3600, 900, 1800)):
        at = Instant(START_MS + at_ms, number * 100)
        for venue in Side:
            batch = event(venue, [("BTCUSDT", 100 + number)], at, number + 1)
            assert isinstance(batch, Batch)
            follower.take_batch(batch)
    found = [(bar.second - START_MS // 1000, bar.part) for bar in follower.bars()]
    assert found == [(0, 0), (1, 0), (2, 0), (3, 0), (0, 1), (1, 1)]
