"""The rules of meaning, one claim at a time (RULES: both or nothing, states, silence, after a reconnect, age)."""

from decimal import Decimal

import pytest

from spreadwatch.core.events import Batch, Dropped, Listing, Phase
from spreadwatch.core.leg import State
from spreadwatch.core.quote import Instant, Side
from tests.core.builders import FUTURES, HOUR_MS, SILENCE_MS, SPOT, SYMBOL, Scene, batch, live_scene, moment, quote


def test_a_spread_exists_once_both_legs_have_spoken() -> None:
    scene = Scene()
    scene.say(SPOT, 10, "99.00", "100.00")
    assert scene.look(15).spread.current is None
    assert scene.look(15).state is State.CONNECTING
    scene.say(FUTURES, 20, "98.50", "101.00")
    pair = scene.look(25)
    assert (pair.state, pair.reason) == (State.LIVE, None)
    assert (pair.spread.current, pair.spread.reverse) == (Decimal("1.50"), Decimal("-2.00"))
    assert pair.spread.bps == Decimal("150.0000")
    assert pair.spread.samples == 1


@pytest.mark.parametrize("silent", list(Side))
def test_a_silent_leg_hides_the_spread(silent: Side) -> None:
    scene = live_scene()
    last_ms = 10 if silent is SPOT else 20
    for ms in range(500, 4000, 500):
        scene.beat(silent.other, ms)
    assert scene.look(last_ms + SILENCE_MS).spread.current == Decimal("1.00")
    pair = scene.look(last_ms + SILENCE_MS + 1)
    assert (pair.state, pair.spread.current, pair.spread.reverse, pair.spread.bps) == (State.STALE, None, None, None)
    assert pair.reason is not None
    assert silent.value in pair.reason
    assert "silent" in pair.reason


@pytest.mark.parametrize("silent", list(Side))
def test_a_silent_leg_moves_no_extreme_and_counts_no_sample(silent: Side) -> None:
    scene = live_scene()
    before = scene.look(30).spread
    for ms in range(3100, 6000, 100):
        scene.say(silent.other, ms, "80.00", "120.00")
    after = scene.look(6000).spread
    assert (after.high, after.low, after.samples) == (before.high, before.low, before.samples)


def test_the_last_quotes_of_a_stale_leg_stay_readable_with_their_age() -> None:
    pair = live_scene().look(10_010)
    assert pair.spot.state is State.STALE
    assert pair.spot.quote is not None
    assert (pair.spot.quote.ask, pair.spot.age_ms) == (Decimal("100.00"), 10_000)
    assert pair.spread.high is not None


def test_a_heartbeat_keeps_a_quiet_coin_live_with_its_age_shown() -> None:
    scene = live_scene()
    for ms in range(1000, 60_000, 1000):
        scene.beat(SPOT, ms)
        scene.beat(FUTURES, ms)
    pair = scene.look(60_000)
    assert (pair.state, pair.spread.current) == (State.LIVE, Decimal("1.00"))
    assert (pair.spot.age_ms, pair.futures.age_ms) == (59_990, 59_980)


@pytest.mark.parametrize("rejects", [(), ("zero",), ("not JSON", "crossed")])
def test_what_is_not_a_valid_quote_is_not_life(rejects: tuple[str, ...]) -> None:
    scene = live_scene()
    for ms in range(100, 4000, 100):
        scene.beat(FUTURES, ms)
        scene.market.apply(Batch(SPOT, moment(ms), [], heard=False, rejects=rejects))
    assert scene.look(4000).spot.state is State.STALE
    assert scene.look(4000).counts.rejected == 39 * len(rejects)


def test_a_connection_that_speaks_again_shows_the_spread_and_counts_it() -> None:
    scene = live_scene()
    scene.say(FUTURES, 4000, "97.00", "101.00")
    assert scene.look(4000).spread.current is None
    scene.beat(SPOT, 4100)
    pair = scene.look(4100)
    assert pair.spread.current == Decimal("3.00")
    assert pair.spread.high is not None
    assert (pair.spread.high.spread, pair.spread.high.at) == (Decimal("3.00"), moment(4100))
    assert (pair.spread.high.spot_age_ms, pair.spread.high.futures_age_ms) == (4090, 100)


@pytest.mark.parametrize("reason", ["the exchange closed the connection", ""])
@pytest.mark.parametrize("venue", list(Side))
@pytest.mark.parametrize("phase", [Phase.LOST, Phase.OPENING])
def test_a_lost_connection_hides_the_spread_whatever_the_reason(venue: Side, phase: Phase, reason: str) -> None:
    scene = live_scene()
    scene.link(venue, phase, 30, reason)
    pair = scene.look(31)
    assert (pair.state, pair.spread.current) == (State.STALE, None)
    assert (pair.reason or "") == reason


@pytest.mark.parametrize("venue", list(Side))
def test_a_quote_that_comes_late_from_a_lost_connection_is_no_spread(venue: Side) -> None:
    scene = live_scene()
    scene.link(venue, Phase.LOST, 30)
    scene.say(venue, 40, "97.00", "98.00")
    pair = scene.look(45)
    assert (pair.state, pair.spread.current, pair.spread.samples) == (State.STALE, None, 1)


@pytest.mark.parametrize("venue", list(Side))
def test_after_a_reconnect_a_leg_is_connecting_until_its_next_quote(venue: Side) -> None:
    scene = live_scene()
    scene.link(venue, Phase.LOST, 30)
    scene.link(venue, Phase.OPENING, 40)
    assert scene.look(45).state is State.STALE
    scene.link(venue, Phase.OPEN, 50)
    scene.beat(venue, 60)
    scene.say(venue.other, 70, "80.00", "120.00")
    pair = scene.look(80)
    assert (pair.state, pair.spread.current) == (State.CONNECTING, None)
    assert (pair.spread.samples, pair.counts.reconnects) == (1, 1)
    scene.say(venue, 90, "99.00", "100.50")
    assert scene.look(95).state is not State.CONNECTING


def test_a_connecting_leg_keeps_its_last_quote_readable() -> None:
    scene = live_scene()
    scene.link(SPOT, Phase.LOST, 30)
    scene.link(SPOT, Phase.OPEN, 50)
    pair = scene.look(80)
    assert pair.spot.state is State.CONNECTING
    assert pair.spot.quote is not None
    assert pair.spot.age_ms == 70


def test_a_symbol_that_stays_mute_on_a_talking_connection_is_doubted_by_name() -> None:
    scene = Scene()
    for ms in range(1000, 12_000, 1000):
        scene.beat(SPOT, ms)
    reason = scene.look(12_000).spot.reason
    assert reason is not None
    assert SYMBOL in reason
    assert "check its name" in reason


def test_what_the_symbol_list_says_of_a_symbol_stands_as_the_reason_until_it_speaks() -> None:
    scene = Scene()
    scene.market.apply(Listing(FUTURES, SYMBOL, None, "ETHUSDT is not listed"))
    assert scene.look(10).futures.reason == "ETHUSDT is not listed"
    scene.say(FUTURES, 20, "99.00", "101.00")
    assert scene.look(30).futures.reason is None


def test_on_a_tie_the_first_time_stays() -> None:
    scene = live_scene()
    scene.say(SPOT, 30, "98.00", "100.000")
    scene.say(FUTURES, 40, "99.0", "102.00")
    spread = scene.look(50).spread
    assert spread.high is not None
    assert spread.high == spread.low
    assert (spread.high.at, spread.samples) == (moment(20), 3)


def test_an_extreme_carries_its_time_both_quotes_and_both_ages() -> None:
    scene = live_scene()
    scene.say(FUTURES, 700, "99.50", "101.00")
    scene.say(SPOT, 800, "99.10", "99.20")
    low = scene.look(900).spread.low
    assert low is not None
    assert (low.spread, low.at) == (Decimal("-0.30"), moment(800))
    assert (low.spot.ask, low.spot.update_id, low.spot_age_ms) == (Decimal("99.20"), 2, 0)
    assert (low.futures.bid, low.futures.update_id, low.futures_age_ms) == (Decimal("99.50"), 2, 100)


def test_every_quote_of_a_batch_moves_the_extremes() -> None:
    scene = live_scene()
    at = moment(30)
    asks = ["100.00", "107.00", "94.00", "100.00"]
    scene.market.apply(batch(*(quote(SPOT, 10 + n, "90.00", ask, at) for n, ask in enumerate(asks))))
    spread = scene.look(40).spread
    assert spread.high is not None
    assert spread.low is not None
    assert (spread.high.spread, spread.low.spread, spread.current) == (Decimal(8), Decimal(-5), Decimal(1))
    assert spread.samples == 5


def test_a_reset_forgets_the_extremes_of_one_symbol_and_nothing_else() -> None:
    scene = live_scene()
    scene.market.reset(SYMBOL)
    pair = scene.look(30)
    assert (pair.spread.high, pair.spread.low, pair.spread.since, pair.spread.samples) == (None, None, None, 0)
    assert (pair.state, pair.counts.spot, pair.counts.futures) == (State.LIVE, 1, 1)
    scene.say(SPOT, 40, "99.00", "100.40")
    spread = scene.look(50).spread
    assert spread.high is not None
    assert (spread.high.spread, spread.since, spread.samples) == (Decimal("1.40"), moment(40), 1)


@pytest.mark.parametrize(("bid", "refused"), [("80.00", False), ("79.99", True), ("120.00", False), ("120.01", True)])
def test_a_pair_more_than_a_fifth_apart_is_refused_with_a_sentence(bid: str, refused: bool) -> None:
    scene = Scene()
    scene.say(SPOT, 10, "99.00", "100.00")
    scene.say(FUTURES, 20, bid, "130.00")
    pair = scene.look(30)
    assert (pair.state is State.REFUSED) == (pair.spread.current is None) == (pair.spread.samples == 0) == refused
    if refused:
        assert pair.reason is not None
        assert "20 %" in pair.reason
        assert (pair.spread.high, pair.spread.low, pair.spread.since) == (None, None, None)


def test_a_refused_spread_is_not_recorded_even_inside_known_extremes() -> None:
    scene = Scene()
    scene.say(SPOT, 10, "99.00", "100.00")
    scene.say(FUTURES, 20, "81.00", "82.00")  # 19.00, 19 %
    scene.say(FUTURES, 30, "99.00", "101.00")  # 1.00
    scene.say(SPOT, 40, "50.00", "60.00")  # −39.00, 65 %: refused
    scene.say(FUTURES, 50, "47.00", "48.00")  # 13.00, between 1 and 19, but 21.7 %: refused
    pair = scene.look(60)
    assert (pair.state, pair.spread.samples) == (State.REFUSED, 2)


@pytest.mark.parametrize("jump_ms", [HOUR_MS, -HOUR_MS])
def test_a_jump_of_the_wall_clock_heals_with_the_next_sign_of_life(jump_ms: int) -> None:
    scene = live_scene()
    scene.wall_ahead_ms = jump_ms
    expected = State.STALE if jump_ms > 0 else State.LIVE
    assert scene.look(100).state is expected
    scene.say(SPOT, 200, "99.00", "100.10")
    scene.say(FUTURES, 210, "99.00", "101.00")
    pair = scene.look(220)
    assert (pair.state, pair.spot.age_ms, pair.futures.age_ms) == (State.LIVE, 20, 10)


def test_a_laptop_that_slept_shows_nothing_live() -> None:
    scene = live_scene()
    scene.wall_ahead_ms = HOUR_MS  # the monotonic clock stood still
    pair = scene.look(25)
    assert (pair.state, pair.spread.current) == (State.STALE, None)
    assert pair.spot.age_ms == HOUR_MS + 15


def test_a_wall_clock_set_back_makes_no_leg_look_fresh() -> None:
    scene = live_scene()
    scene.wall_ahead_ms = -HOUR_MS
    pair = scene.look(5000)
    assert (pair.state, pair.spot.age_ms) == (State.STALE, 4990)


def test_a_glance_from_before_the_last_event_shows_no_negative_age() -> None:
    pair = live_scene().look(0)
    assert (pair.spot.age_ms, pair.futures.age_ms) == (0, 0)


def test_foreign_symbols_are_ignored_and_others_kept_apart() -> None:
    scene = live_scene()
    scene.market.apply(batch(quote(SPOT, 99, "1.00", "2.00", moment(30), symbol="XRPUSDT")))
    pair = scene.look(40)
    assert (pair.counts.spot, pair.spread.current) == (1, Decimal("1.00"))
    assert [pair.symbol for pair in scene.market.snapshot(moment(40)).pairs] == [SYMBOL]


def test_dropped_and_rejected_are_counted() -> None:
    scene = live_scene()
    scene.market.apply(Dropped(3))
    scene.market.apply(Dropped(4))
    scene.market.apply(Batch(SPOT, moment(30), [], heard=False, rejects=("zero", "crossed", "zero")))
    assert (scene.look(40).counts.dropped, scene.look(40).counts.rejected) == (7, 3)
    assert scene.market.snapshot(moment(40)).rejects == {"zero": 2, "crossed": 1}


def test_the_decimals_shown_follow_the_tick_else_the_finest_price_so_far() -> None:
    scene = Scene()
    scene.say(SPOT, 10, "25.3500000", "25.36000000")
    assert scene.look(11).spot.places == 2
    scene.say(SPOT, 20, "25.3510000", "25.36000000")
    assert scene.look(21).spot.places == 3
    scene.say(SPOT, 30, "25.3500000", "25.36000000")
    assert scene.look(31).spot.places == 3
    scene.market.apply(Listing(SPOT, SYMBOL, Decimal("0.00010000"), None))
    assert scene.look(32).spot.places == 4


def test_an_instant_knows_the_larger_of_both_differences() -> None:
    assert Instant(1000, 50).since(Instant(400, 40)) == 600
    assert Instant(400, 90).since(Instant(1000, 40)) == 50
    assert Instant(1, 1).since(Instant(2, 2)) == 0
