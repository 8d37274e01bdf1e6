"""Any run of events gives the figures that a slow model derives (RULES: states, extremes)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from spreadwatch.core.events import Batch, Dropped, Event, Link, Phase
from spreadwatch.core.market import Market
from spreadwatch.core.quote import Instant, Quote, Side
from spreadwatch.core.snapshot import Snapshot, to_json
from tests.core.builders import HOUR_MS, SILENCE_MS
from tests.core.oracle import Oracle, Reset, extremes_json

SYMBOLS = ("ETHUSDT", "PEPEUSDT")
fast = settings(deadline=None, database=None, max_examples=150)

Run = list[Event | Reset | Instant]
"""Events in order; an Instant is a look at the market."""

PAUSES_MS = [0, 0, 0, 1, 1, 20, 900, SILENCE_MS - 1, SILENCE_MS, SILENCE_MS + 1]


@dataclass
class Exchange:
    """Both connections as a feed would report them, driven by drawn choices."""

    draw: st.DrawFn
    wild: bool
    jumps: bool
    mono_ms: int = 0
    ahead_ms: int = 0
    ids: dict[tuple[Side, str], int] = field(default_factory=dict)
    phases: dict[Side, Phase] = field(default_factory=dict)

    def now(self) -> Instant:
        return Instant(10**12 + self.mono_ms + self.ahead_ms, self.mono_ms)

    def wait(self) -> None:
        self.mono_ms += self.draw(st.sampled_from(PAUSES_MS))
        if self.jumps and self.draw(st.integers(0, 9)) == 0:
            self.mono_ms += 1
            self.ahead_ms = self.draw(st.sampled_from([-HOUR_MS, 0, HOUR_MS]))

    def link(self, venue: Side) -> Link:
        phase = self.phases.get(venue, Phase.LOST)
        choices = {
            Phase.LOST: [Phase.OPENING],
            Phase.OPENING: [Phase.OPEN, Phase.OPEN, Phase.LOST],
            Phase.OPEN: [Phase.LOST],
        }
        self.phases[venue] = self.draw(st.sampled_from(choices[phase]))
        return Link(venue, self.phases[venue], self.draw(st.sampled_from(["", "a reason"])), self.now())

    def batch(self, venue: Side) -> Batch:
        at = self.now()
        quotes = [self.quote(venue, at) for _ in range(self.draw(st.sampled_from([0, 1, 1, 1, 2, 3])))]
        heard = bool(quotes) or self.draw(st.booleans())
        rejects = tuple(self.draw(st.lists(st.sampled_from(["zero", "crossed"]), max_size=2)))
        repeated = tuple(self.draw(st.lists(st.sampled_from([*SYMBOLS, "XRPUSDT"]), max_size=2)))
        return Batch(venue, at, quotes, heard, rejects, repeated)

    def quote(self, venue: Side, at: Instant) -> Quote:
        symbol = self.draw(st.sampled_from([*SYMBOLS, "XRPUSDT"] if self.wild else SYMBOLS))
        self.ids[venue, symbol] = update_id = self.ids.get((venue, symbol), 10) + self.draw(st.sampled_from([1, 5]))
        cents = self.draw(st.sampled_from([60, 76, 80, 96, 100, 104, 120, 125] if self.wild else range(96, 106)))
        bid = Decimal(cents).scaleb(-2)
        size = Decimal(self.draw(st.integers(1, 3)))
        exchange_ms = at.wall_ms if venue is Side.FUTURES else None
        return Quote(venue, symbol, bid, size, bid + Decimal("0.010"), size, update_id, exchange_ms, at)

    def next(self) -> Event | Reset | Instant:
        self.wait()
        kind = self.draw(st.sampled_from(["batch"] * 10 + ["link", "look", "look", "reset", "dropped"]))
        venue = self.draw(st.sampled_from(list(Side)))
        if kind == "look":
            return self.now()
        if kind == "reset":
            return Reset(self.draw(st.sampled_from(SYMBOLS)))
        if kind == "dropped":
            return Dropped(self.draw(st.integers(1, 9)))
        return self.batch(venue) if kind == "batch" and self.phases[venue] is Phase.OPEN else self.link(venue)


@st.composite
def runs(draw: st.DrawFn, *, wild: bool = False, jumps: bool = True) -> Run:
    """Draw a run that starts with both connections open; `wild` prices are often too far apart."""
    exchange = Exchange(draw, wild, jumps)
    run: Run = []
    for venue in Side:
        exchange.phases[venue] = Phase.OPEN
        run.append(Link(venue, Phase.OPEN, "", exchange.now()))
    run += [exchange.next() for _ in range(draw(st.integers(1, 25)))]
    exchange.wait()
    return [*run, exchange.now()]


def play(run: Run, *, look: bool = True) -> tuple[Market, Oracle, list[tuple[Instant, Snapshot]]]:
    """Give a run to the market and to the oracle; return both and every look at the market."""
    market, oracle = Market(SYMBOLS, SILENCE_MS), Oracle(SILENCE_MS)
    looks: list[tuple[Instant, Snapshot]] = []
    for event in run:
        if isinstance(event, Instant):
            if look:
                looks.append((event, market.snapshot(event)))
        elif isinstance(event, Reset):
            market.reset(event.symbol)
            oracle.reset(event.symbol)
        else:
            market.apply(event)
            oracle.apply(event)
    return market, oracle, looks


def without_reasons(found: Mapping[str, object]) -> dict[str, object]:
    """Check that a reason stands where something is not live, and nowhere else; return the rest."""
    rest: dict[str, object] = {}
    for key, value in found.items():
        rest[key] = without_reasons(value) if isinstance(value, dict) and "state" in value else value
    reason = rest.pop("reason")
    assert reason is None or rest["state"] != "live"
    return rest


def check(run: Run) -> None:
    market, oracle, _ = play(run)
    now = run[-1]
    assert isinstance(now, Instant)
    for pair in market.snapshot(now).pairs:
        found = without_reasons(to_json(pair))
        counts = found["counts"]
        assert isinstance(counts, dict)
        counts.pop("gaps")  # has a test of its own
        session = extremes_json(oracle.samples(pair.symbol, session=True))
        told = found["windows"]
        assert isinstance(told, dict)
        assert told["session"] == {key: value for key, value in session.items() if key.startswith("m")}
        assert [found.pop(key) for key in ("contract", "source")] == ["perpetual", "live"]
        for key in ("windows", "percentile", "net", "funding", "depth"):  # have oracles of their own
            found.pop(key)
        assert found == oracle.answer(pair.symbol, now)
        for extreme, pick in ((pair.spread.high, max), (pair.spread.low, min)):
            if extreme is not None:
                proof = pick(oracle.samples(pair.symbol), key=lambda sample: sample.spread)
                assert (extreme.spot, extreme.futures, extreme.at) == (proof.spot, proof.futures, proof.at)
                assert extreme.spot_age_ms == proof.at.since(proof.spot.received)
                assert extreme.futures_age_ms == proof.at.since(proof.futures.received)


@settings(fast, max_examples=200)
@given(runs())
def test_any_run_of_events_gives_the_figures_of_the_slow_model(run: Run) -> None:
    check(run)


@settings(fast, max_examples=200)
@given(runs(wild=True))
def test_prices_too_far_apart_are_refused_and_leave_no_trace(run: Run) -> None:
    check(run)


def joined(gaps: list[tuple[Instant, Instant | None]]) -> list[tuple[Instant, Instant | None]]:
    """Make one of gaps that touch: between them the leg was live for less than the ms that an oracle sees."""
    whole: list[tuple[Instant, Instant | None]] = []
    for start, end in gaps:
        if whole and whole[-1][1] == start:
            whole[-1] = (whole[-1][0], end)
        else:
            whole.append((start, end))
    return whole


@settings(fast, max_examples=150)
@given(runs(jumps=False))
def test_every_interval_in_which_a_leg_was_not_live_is_in_the_ledger(run: Run) -> None:
    market, oracle, _ = play(run)
    now = run[-1]
    assert isinstance(now, Instant)
    snapshot = market.snapshot(now)
    total = 0
    for venue in Side:
        for symbol in SYMBOLS:
            noted = [(gap.start, gap.end) for gap in snapshot.gaps if (gap.side, gap.symbol) == (venue, symbol)]
            assert joined(noted) == oracle.gaps(venue, symbol, now)
            total += len(noted)
    assert snapshot.pairs[0].counts.gaps == total


@fast
@given(runs(wild=True))
def test_a_spread_is_shown_only_while_both_legs_are_live(run: Run) -> None:
    for _, snapshot in play(run)[2]:
        for pair in snapshot.pairs:
            both = pair.spot.state.value == pair.futures.state.value == "live"
            assert (pair.spread.current is not None) == (pair.state.value == "live")
            assert both == (pair.state.value in ("live", "refused"))


@fast
@given(runs(jumps=False).map(lambda run: [event for event in run if not isinstance(event, Reset)]))
def test_a_spread_that_is_shown_lies_between_its_extremes(run: Run) -> None:
    for _, snapshot in play(run)[2]:
        for pair in snapshot.pairs:
            if pair.spread.current is not None:
                assert pair.spread.high is not None
                assert pair.spread.low is not None
                assert pair.spread.low.spread <= pair.spread.current <= pair.spread.high.spread


@fast
@given(runs())
def test_looking_at_the_market_more_often_changes_nothing(run: Run) -> None:
    now = run[-1]
    assert isinstance(now, Instant)
    assert play(run)[0].snapshot(now) == play(run, look=False)[0].snapshot(now)


@fast
@given(runs())
def test_the_same_run_gives_the_same_snapshots(run: Run) -> None:
    assert play(run)[2] == play(run)[2]
