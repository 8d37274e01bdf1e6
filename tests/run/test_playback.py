"""A replay under control gives the same figures as a plain one, wherever it was stopped, hurried and turned back."""

import itertools
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import settings as given_settings
from hypothesis import strategies as st

from spreadwatch.config import Config
from spreadwatch.core.events import Batch, Event, Link, Phase
from spreadwatch.core.leg import State
from spreadwatch.core.market import Market
from spreadwatch.core.quote import Instant, Side
from spreadwatch.core.snapshot import Snapshot
from spreadwatch.run.playback import Playback
from spreadwatch.sources.replay import Reel, links
from tests.conftest import PATIENCE_S
from tests.storage.test_bar_builder import SILENCE_MS, START_MS, SYMBOLS, event, steps

BTC, ETH, _ = SYMBOLS
Script = list[tuple[int, Side, object]]


prices = st.tuples(st.sampled_from(SYMBOLS), st.integers(95, 105))
crowded = st.lists(
    st.tuples(st.sampled_from([0, 0, 1]), st.sampled_from(list(Side)), st.lists(prices, min_size=1, max_size=3)),
    max_size=40,
)
"""Many quotes within one millisecond."""

scripts = st.one_of(steps, crowded)


class Desk:
    """A replay with a clock in the hand."""

    def __init__(self, session: Playback, real_s: list[float]) -> None:
        self.session = session
        self.playhead = session.playhead
        self._real_s = real_s

    def turn(self, after_s: float = 0.0) -> Snapshot:
        """Let real time pass and take a turn, when what may be due has been read."""
        self._real_s[0] += after_s
        snapshot = self.session.turn()
        if not self.session._is_read():  # what the thread had not read yet is applied without more time passing
            self.read()
            snapshot = self.session.turn()
        return snapshot

    def read(self) -> None:
        """Wait until all events wait in the inbox."""
        deadline = time.monotonic() + PATIENCE_S
        while not self.session._is_read():
            assert time.monotonic() < deadline
            time.sleep(0.0005)

    def settle(self) -> Snapshot:
        """Take turns until it is where it was sent."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            self.turn()
            if not self.playhead.is_rushing:
                return self.session.turn()
            assert time.monotonic() < deadline

    def finish(self) -> Snapshot:
        """Play to the end."""
        self.playhead.set_speed(None)
        if self.playhead.paused:
            self.playhead.toggle()
        deadline = time.monotonic() + PATIENCE_S
        while not self.playhead.has_ended:
            assert time.monotonic() < deadline
            self.turn()
        return self.session.turn()


@contextmanager
def desk(
    events: Sequence[Event],
    speed: float | None = 1.0,
    *,
    then_end: bool = False,
    played: Callable[[], Iterator[Event]] | None = None,
) -> Iterator[Desk]:
    moments = [one.at.wall_ms for one in events if isinstance(one, Batch | Link)]
    real_s = [1000.0]
    base = Config()
    config = replace(base, feed=replace(base.feed, silence_s=SILENCE_MS / 1000))
    reel = Reel(moments[0], moments[-1], played or (lambda: iter(events)))
    session = Playback(reel, SYMBOLS, config, speed, then_end=then_end, real_s=lambda: real_s[0])
    session.start()
    try:
        yield Desk(session, real_s)
    finally:
        session.stop()


def written(script: Script) -> list[Event]:
    """Return a script as events, both connections open at first."""
    at = Instant(START_MS, START_MS)
    events: list[Event] = [*links(Phase.OPEN, "begin", at)]
    for number, (after_ms, venue, what) in zip(itertools.count(1), script, strict=False):
        at = Instant(at.wall_ms + after_ms, at.mono_ms + after_ms)
        events.append(event(venue, what, at, number))
    return events


def plain(desk: Desk, events: Sequence[Event], at_ms: int) -> Snapshot:
    """Return what a market makes of events, at a moment."""
    market = Market(SYMBOLS, SILENCE_MS, desk.session.market.terms)
    for one in events:
        market.apply(one)
    return market.snapshot(Instant(at_ms, at_ms))


def until(events: Sequence[Event], at_ms: int) -> list[Event]:
    return [one for one in events if isinstance(one, Batch | Link) and one.at.wall_ms <= at_ms]


def last_ms(events: Sequence[Event]) -> int:
    return max(one.at.wall_ms for one in events if isinstance(one, Batch | Link))


# ----- the same figures, whatever was asked


orders = st.lists(
    st.one_of(
        st.tuples(st.just("pass"), st.sampled_from([0.0, 0.016, 0.3, 1.0, 7.0])),
        st.tuples(st.just("toggle"), st.just(0)),
        st.tuples(st.just("speed"), st.sampled_from([0.1, 1.0, 3.0, 100.0, None])),
        st.tuples(st.just("seek"), st.integers(-2000, 60_000)),
        st.tuples(st.just("extreme"), st.sampled_from(SYMBOLS)),
        st.tuples(st.just("show"), st.sampled_from([[BTC], [ETH], [BTC, ETH]])),
    ),
    max_size=20,
)


def obey(desk: Desk, order: str, value: object) -> None:
    playhead = desk.playhead
    acts: dict[str, Callable[[], object]] = {
        "pass": lambda: desk.turn(value),  # type: ignore[arg-type]
        "toggle": playhead.toggle,
        "speed": lambda: playhead.set_speed(value),  # type: ignore[arg-type]
        "seek": lambda: playhead.seek(START_MS + value),  # type: ignore[operator]
        "extreme": lambda: playhead.find_extreme(value),  # type: ignore[arg-type]
        "show": lambda: desk.session.show(value),  # type: ignore[arg-type]
    }
    acts[order]()


@given_settings(deadline=None, database=None, max_examples=150)
@given(scripts, orders)
def test_whatever_was_asked_the_end_is_that_of_a_plain_replay(script: Script, asked: list[tuple[str, object]]) -> None:
    events = written(script)
    with desk(events) as one:
        for order, value in asked:
            obey(one, order, value)
        one.session.show(SYMBOLS)
        if one.playhead.hunted:
            one.playhead.toggle()
        assert one.finish() == plain(one, events, last_ms(events))


@given_settings(deadline=None, database=None, max_examples=150)
@given(scripts, orders, st.integers(0, 60_000))
def test_a_seek_shows_what_a_replay_cut_there_shows(
    script: Script, asked: list[tuple[str, object]], after_ms: int
) -> None:
    events = written(script)
    with desk(events) as one:
        for order, value in asked:
            obey(one, order, value)
        one.session.show(SYMBOLS)
        one.playhead.paused = True
        one.playhead.seek(START_MS + after_ms)
        at_ms = min(START_MS + after_ms, last_ms(events))
        assert one.settle() == plain(one, until(events, at_ms), at_ms)
        assert one.playhead.position_ms == at_ms


@given_settings(deadline=None, database=None, max_examples=150)
@given(scripts, st.sampled_from(SYMBOLS))
def test_every_step_stops_right_at_the_event_that_moved_an_extreme(script: Script, symbol: str) -> None:
    events = written(script)
    stops, market = [], Market(SYMBOLS, SILENCE_MS)
    before: tuple[Decimal | None, ...] = (None, None)
    for place, one_event in enumerate(events):
        market.apply(one_event)
        spread = next(pair.spread for pair in market.snapshot(market.latest).pairs if pair.symbol == symbol)
        now = tuple(None if extreme is None else extreme.spread for extreme in (spread.high, spread.low))
        if now != before:
            stops.append(place)
        before = now
    with desk(events) as one:
        one.playhead.paused = True
        for place in stops:
            one.playhead.find_extreme(symbol)
            shown = one.settle()
            assert shown == plain(one, events[: place + 1], one.playhead.position_ms)
            assert one.playhead.position_ms == until(events[: place + 1], 1 << 60)[-1].at.wall_ms  # type: ignore[union-attr]
            assert one.playhead.paused
            assert one.turn(60.0) is shown
        one.playhead.find_extreme(symbol)
        assert one.settle() == plain(one, events, last_ms(events))
        assert one.playhead.has_ended


# ----- time


def tones(count: int, every_ms: int) -> list[Event]:
    """Return quotes of both legs, one of each every so often."""
    script: Script = []
    for number in range(count):
        script += [(every_ms, Side.SPOT, [(BTC, 100 + number % 2)]), (0, Side.FUTURES, [(BTC, 100)])]
    return written(script)


@pytest.mark.parametrize("speed", [0.1, 1.0, 7.0, 100.0])
def test_recorded_time_passes_at_the_speed_asked_for(speed: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spreadwatch.run.playback.DRAIN_S", PATIENCE_S)
    with desk(tones(1000, 100), speed) as one:
        one.read()  # whatever is late, the thread that reads or a turn, holds the clock up
        for _ in range(50):
            one.turn(0.016)
        assert one.playhead.position_ms - START_MS == pytest.approx(50 * 16 * speed, abs=1)
        one.playhead.set_speed(2 * speed)
        one.turn(0.1)
        assert one.playhead.position_ms - START_MS == pytest.approx(1000 * speed, abs=1)


def test_the_clock_of_a_silent_stretch_goes_on_and_turns_the_legs_stale() -> None:
    with desk([*tones(1, 0), *written([(10_000, Side.SPOT, "beat")])[2:]]) as one:
        assert one.turn(SILENCE_MS / 1000).pairs[0].state is State.LIVE
        later = one.turn(0.001)
        assert (later.pairs[0].state, later.at.wall_ms) == (State.STALE, START_MS + SILENCE_MS + 1)


def test_a_paused_replay_grows_no_older() -> None:
    with desk(tones(10, 100)) as one:
        shown = one.turn(0.25)
        one.playhead.toggle()
        assert one.turn(3600.0) is one.turn(3600.0)
        assert one.turn() == shown
        assert one.turn().pairs[0].state is State.LIVE
        one.playhead.toggle()
        assert one.turn(0.016).at.wall_ms == shown.at.wall_ms + 16


def test_what_waits_behind_a_stop_comes_when_it_goes_on() -> None:
    events = tones(40, 5)
    with desk(events) as one:
        one.playhead.find_extreme(BTC)
        one.settle()
        assert one.playhead.paused
        assert one.finish() == plain(one, events, last_ms(events))


def test_the_pace_waits_for_a_recording_that_is_slow_to_read() -> None:
    events, go_on = tones(20, 100), threading.Event()

    def slowly() -> Iterator[Event]:
        yield from events[:10]
        go_on.wait(PATIENCE_S)
        yield from events[10:]

    with desk(events, played=slowly) as one:
        session, real_s = one.session, one._real_s
        for _ in range(100):
            real_s[0] += 1.0
            session.turn()
        before_ms = one.playhead.position_ms
        assert before_ms < START_MS + 1000
        go_on.set()
        one.read()
        one.turn(0.1)
        assert one.playhead.position_ms == before_ms + 100


def test_a_seek_to_the_present_or_later_plays_nothing_again() -> None:
    with desk(tones(10, 100)) as one:
        now_ms = one.turn(0.25).at.wall_ms
        reader = one.session._replay
        for at_ms in (now_ms, now_ms + 50):
            one.playhead.seek(at_ms)
            one.settle()
        assert one.session._replay is reader
        one.playhead.seek(now_ms)
        one.settle()
        assert one.session._replay is not reader


def test_play_at_the_end_begins_again() -> None:
    with desk(tones(10, 100), None, then_end=True) as one:
        ended = one.finish()
        assert ended.pairs[0].reason == "the recording has ended"
        assert one.turn(60.0) is one.turn(60.0)
        one.playhead.set_speed(1.0)
        one.playhead.toggle()
        assert one.turn().at.wall_ms == START_MS
        one.turn(0.3)
        assert one.playhead.position_ms == START_MS + 300
        one.playhead.set_speed(None)
        assert one.finish() == ended


def test_a_space_stops_the_search_for_an_extreme() -> None:
    with desk(tones(10, 100)) as one:
        one.playhead.find_extreme(ETH)
        one.playhead.toggle()
        assert (one.playhead.hunted, one.playhead.paused) == (None, True)
        assert one.turn(9.0).at.wall_ms == START_MS


def test_alert_rules_stay_when_a_replay_goes_back() -> None:
    from spreadwatch.core.alerts import Direction, Number, Rule

    rule = Rule("a", None, Number.SPREAD, Direction.ABOVE, Decimal(2), Decimal(1))
    with desk(tones(10, 100), None) as one:
        one.session.market.alerts.add(rule)
        first = one.finish()
        assert len(first.alerts) == 5
        one.playhead.paused = True
        one.playhead.seek(START_MS)
        assert one.settle().alerts == ()
        assert one.finish() == first


def test_going_back_again_and_again_leaves_no_thread_behind() -> None:
    with desk(tones(200, 10)) as one:
        for turn in range(30):
            one.playhead.seek(last_ms(tones(200, 10)) - turn)
            one.settle()
        assert len(one.session.workers) < 5
