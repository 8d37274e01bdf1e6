"""The ledger of gaps says the truth however seldom, often or late somebody looks (RULES: gaps)."""

from decimal import Decimal

from hypothesis import given, settings

from spreadwatch.core.events import Phase
from spreadwatch.core.gaps import KEPT, GapLedger
from spreadwatch.core.leg import State
from spreadwatch.core.quote import Instant, Side
from spreadwatch.core.snapshot import Snapshot
from tests.core.builders import FUTURES, HOUR_MS, SPOT, SYMBOL, Scene, live_scene, moment
from tests.core.test_market_oracle import Run, play, runs

fast = settings(deadline=None, database=None, max_examples=150)


def beats(scene: Scene, start_ms: int, stop_ms: int) -> None:
    """Let both connections be heard ten times a second."""
    for ms in range(start_ms, stop_ms, 100):
        scene.beat(SPOT, ms)
        scene.beat(FUTURES, ms)


def spans(snapshot: Snapshot, venue: Side) -> list[tuple[int, int | None]]:
    """Return the gaps of a venue in monotonic ms."""
    found = [gap for gap in snapshot.gaps if gap.side is venue]
    return [(gap.start.mono_ms, None if gap.end is None else gap.end.mono_ms) for gap in found]


@fast
@given(runs())
def test_a_leg_has_an_open_gap_exactly_while_it_is_not_live(run: Run) -> None:
    for now, snapshot in play(run)[2]:
        lasting = {(gap.symbol, gap.side) for gap in snapshot.gaps if gap.end is None}
        for pair in snapshot.pairs:
            for leg in (pair.spot, pair.futures):
                assert (leg.state is not State.LIVE) == ((pair.symbol, leg.side) in lasting), now


@fast
@given(runs())
def test_looking_more_often_changes_no_gap(run: Run) -> None:
    now = run[-1]
    assert isinstance(now, Instant)
    often, seldom = play(run)[0].snapshot(now), play(run, look=False)[0].snapshot(now)
    assert often.gaps == seldom.gaps
    assert often.pairs == seldom.pairs


def test_a_silence_is_a_gap_from_the_moment_it_grew_too_long() -> None:
    scene = live_scene()
    for ms in range(100, 6000, 100):
        scene.beat(FUTURES, ms)
    assert spans(scene.market.snapshot(moment(6000)), SPOT)[-1] == (3011, None)
    scene.beat(SPOT, 6500)
    assert spans(scene.market.snapshot(moment(6500)), SPOT)[-1] == (3011, 6500)


def test_a_look_while_quotes_still_wait_in_the_inbox_leaves_no_gap_behind() -> None:
    scene = live_scene()
    before = scene.market.snapshot(moment(30)).gaps
    assert scene.look(5000).state is State.STALE  # a window that was frozen for 5 s, its backlog not yet applied
    beats(scene, 100, 5100)
    pair = scene.look(5100)
    assert pair.state is State.LIVE
    assert scene.market.snapshot(moment(5100)).gaps == before


def test_a_gap_after_a_late_look_has_its_own_time_and_reason() -> None:
    scene = live_scene()
    scene.look(5000)
    beats(scene, 100, 5100)
    scene.link(SPOT, Phase.LOST, 5200, "cut")
    scene.link(SPOT, Phase.OPEN, 5500)
    scene.say(SPOT, 5600, "99.00", "100.00")
    last = [gap for gap in scene.market.snapshot(moment(5700)).gaps if gap.side is SPOT][-1]
    assert (last.start, last.end, last.reason) == (moment(5200), moment(5600), "cut")


def test_a_wall_clock_that_jumps_forth_and_back_between_two_quotes_leaves_no_gap() -> None:
    scene = live_scene()
    before = scene.market.snapshot(moment(30)).gaps
    scene.wall_ahead_ms = HOUR_MS
    scene.look(40)
    scene.wall_ahead_ms = 0
    beats(scene, 50, 60)
    assert scene.market.snapshot(moment(70)).gaps == before


def test_a_laptop_that_slept_has_a_gap_until_its_first_quote() -> None:
    scene = live_scene()
    scene.wall_ahead_ms = HOUR_MS
    scene.say(SPOT, 25, "99.00", "100.00")
    scene.say(FUTURES, 26, "99.00", "101.00")
    for venue, last_ms, back_ms in ((SPOT, 10, 25), (FUTURES, 20, 26)):
        gap = [gap for gap in scene.market.snapshot(scene.at(27)).gaps if gap.side is venue][-1]
        assert gap.end == scene.at(back_ms)
        assert gap.start.wall_ms == last_ms + 3001


def test_only_the_last_gaps_are_kept_and_all_are_counted() -> None:
    ledger = GapLedger()
    for number in range(KEPT + 500):
        ledger.begin(SYMBOL, SPOT, moment(10 * number), "cut")
        ledger.end(SYMBOL, SPOT, moment(10 * number + 5))
    ledger.begin(SYMBOL, FUTURES, moment(1), "opening")
    assert (ledger.count, len(ledger.all())) == (KEPT + 501, KEPT + 1)
    assert ledger.all()[-1].end is None


def test_the_decimals_shown_do_not_depend_on_when_somebody_looked() -> None:
    places = []
    for looks in (True, False):
        scene = Scene()
        for ms, bid in ((10, "25.3500000"), (20, "25.3510000"), (30, "25.3500000")):
            scene.say(SPOT, ms, bid, str(Decimal(bid) + 1))
            if looks:
                scene.look(ms)
        places.append(scene.look(40).spot.places)
    assert places == [3, 3]


def test_prices_of_absurdly_different_sizes_do_not_raise() -> None:
    scene = Scene()
    tiny, huge = "0." + "0" * 20 + "1", "9" * 24
    for ms, (bid, ask) in enumerate([(tiny, huge), ("1.5", "2.5"), (huge, huge + "9"), (tiny, "1")], start=1):
        scene.say(SPOT, ms, bid, ask)
        scene.say(FUTURES, ms, bid, ask)
        assert scene.json(ms)["state"] in ("live", "refused")
