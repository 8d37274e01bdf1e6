"""A replay under control gives the same figures as a plain one, wherever it was stopped, hurried and turned back."""

import itertools
import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as given_settings
from hypothesis import strategies as st

from spreadwatch import playback
from spreadwatch.config import Config
from spreadwatch.core.events import Batch, Event, Link, Phase
from spreadwatch.core.leg import State
from spreadwatch.core.market import Market
from spreadwatch.core.quote import Instant, Venue
from spreadwatch.core.snapshot import Snapshot
from spreadwatch.errors import CaptureError, SpreadwatchError
from spreadwatch.feed.replay import Reel, links
from spreadwatch.playback import Playback
from spreadwatch.storage.rows import StorageError
from spreadwatch.storage.sqlite_history import SqliteHistory
from spreadwatch.storage.sqlite_store import SqliteStore
from tests.conftest import PATIENCE_S, Program, Tape
from tests.feed.test_replay import Sample, by_brute_force
from tests.storage.parts import events_of as events_of_records
from tests.storage.parts import lines_of, record
from tests.storage.test_follow import SILENCE_MS, START_MS, SYMBOLS, event, steps

BTC, ETH = SYMBOLS
Script = list[tuple[int, Venue, object]]


prices = st.tuples(st.sampled_from(SYMBOLS), st.integers(95, 105))
crowded = st.lists(
    st.tuples(st.sampled_from([0, 0, 1]), st.sampled_from(list(Venue)), st.lists(prices, min_size=1, max_size=3)),
    max_size=40,
)
"""Many quotes within one millisecond."""

scripts = st.one_of(steps, crowded)


class Desk:
    """A replay with a clock in the hand."""

    def __init__(self, session: Playback, real_s: list[float]) -> None:
        self.session = session
        self.transport = session.transport
        self._real_s = real_s

    def turn(self, after_s: float = 0.0) -> Snapshot:
        """Let real time pass and take a turn, when what may be due has been read."""
        self._real_s[0] += after_s
        snapshot = self.session.turn()
        if not self.session._is_read():  # what the thread had not read yet is applied without more time passing
            self._read()
            snapshot = self.session.turn()
        return snapshot

    def _read(self) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not self.session._is_read():
            assert time.monotonic() < deadline
            time.sleep(0.0005)

    def settle(self) -> Snapshot:
        """Take turns until it is where it was sent."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            self.turn()
            if not self.transport.is_rushing:
                return self.session.turn()
            assert time.monotonic() < deadline

    def finish(self) -> Snapshot:
        """Play to the end."""
        self.transport.set_speed(None)
        if self.transport.paused:
            self.transport.toggle()
        deadline = time.monotonic() + PATIENCE_S
        while not self.transport.has_ended:
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
    transport = desk.transport
    acts: dict[str, Callable[[], object]] = {
        "pass": lambda: desk.turn(value),  # type: ignore[arg-type]
        "toggle": transport.toggle,
        "speed": lambda: transport.set_speed(value),  # type: ignore[arg-type]
        "seek": lambda: transport.seek(START_MS + value),  # type: ignore[operator]
        "extreme": lambda: transport.find_extreme(value),  # type: ignore[arg-type]
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
        if one.transport.hunted:
            one.transport.toggle()
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
        one.transport.paused = True
        one.transport.seek(START_MS + after_ms)
        at_ms = min(START_MS + after_ms, last_ms(events))
        assert one.settle() == plain(one, until(events, at_ms), at_ms)
        assert one.transport.position_ms == at_ms


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
        one.transport.paused = True
        for place in stops:
            one.transport.find_extreme(symbol)
            shown = one.settle()
            assert shown == plain(one, events[: place + 1], one.transport.position_ms)
            assert one.transport.position_ms == until(events[: place + 1], 1 << 60)[-1].at.wall_ms  # type: ignore[union-attr]
            assert one.transport.paused
            assert one.turn(60.0) is shown
        one.transport.find_extreme(symbol)
        assert one.settle() == plain(one, events, last_ms(events))
        assert one.transport.has_ended


# ----- time


def tones(count: int, every_ms: int) -> list[Event]:
    """Return quotes of both legs, one of each every so often."""
    script: Script = []
    for number in range(count):
        script += [(every_ms, Venue.SPOT, [(BTC, 100 + number % 2)]), (0, Venue.FUTURES, [(BTC, 100)])]
    return written(script)


@pytest.mark.parametrize("speed", [0.1, 1.0, 7.0, 100.0])
def test_recorded_time_passes_at_the_speed_asked_for(speed: float) -> None:
    with desk(tones(1000, 100), speed) as one:
        for _ in range(50):
            one.turn(0.016)
        assert one.transport.position_ms - START_MS == pytest.approx(50 * 16 * speed, abs=1)
        one.transport.set_speed(2 * speed)
        one.turn(0.1)
        assert one.transport.position_ms - START_MS == pytest.approx(1000 * speed, abs=1)


def test_the_clock_of_a_silent_stretch_goes_on_and_turns_the_legs_stale() -> None:
    with desk([*tones(1, 0), *written([(10_000, Venue.SPOT, "beat")])[2:]]) as one:
        assert one.turn(SILENCE_MS / 1000).pairs[0].state is State.LIVE
        later = one.turn(0.001)
        assert (later.pairs[0].state, later.at.wall_ms) == (State.STALE, START_MS + SILENCE_MS + 1)


def test_a_paused_replay_grows_no_older() -> None:
    with desk(tones(10, 100)) as one:
        shown = one.turn(0.25)
        one.transport.toggle()
        assert one.turn(3600.0) is one.turn(3600.0)
        assert one.turn() == shown
        assert one.turn().pairs[0].state is State.LIVE
        one.transport.toggle()
        assert one.turn(0.016).at.wall_ms == shown.at.wall_ms + 16


def test_what_waits_behind_a_stop_comes_when_it_goes_on() -> None:
    events = tones(40, 5)
    with desk(events) as one:
        one.transport.find_extreme(BTC)
        one.settle()
        assert one.transport.paused
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
        before_ms = one.transport.position_ms
        assert before_ms < START_MS + 1000
        go_on.set()
        one._read()
        one.turn(0.1)
        assert one.transport.position_ms == before_ms + 100


def test_a_seek_to_the_present_or_later_plays_nothing_again() -> None:
    with desk(tones(10, 100)) as one:
        now_ms = one.turn(0.25).at.wall_ms
        reader = one.session._replay
        for at_ms in (now_ms, now_ms + 50):
            one.transport.seek(at_ms)
            one.settle()
        assert one.session._replay is reader
        one.transport.seek(now_ms)
        one.settle()
        assert one.session._replay is not reader


def test_play_at_the_end_begins_again() -> None:
    with desk(tones(10, 100), None, then_end=True) as one:
        ended = one.finish()
        assert ended.pairs[0].reason == "the recording has ended"
        assert one.turn(60.0) is one.turn(60.0)
        one.transport.set_speed(1.0)
        one.transport.toggle()
        assert one.turn().at.wall_ms == START_MS
        one.turn(0.3)
        assert one.transport.position_ms == START_MS + 300
        one.transport.set_speed(None)
        assert one.finish() == ended


def test_a_space_stops_the_search_for_an_extreme() -> None:
    with desk(tones(10, 100)) as one:
        one.transport.find_extreme(ETH)
        one.transport.toggle()
        assert (one.transport.hunted, one.transport.paused) == (None, True)
        assert one.turn(9.0).at.wall_ms == START_MS


def test_alert_rules_stay_when_a_replay_goes_back() -> None:
    from spreadwatch.core.alerts import Number, Rule, Side

    rule = Rule("a", None, Number.SPREAD, Side.ABOVE, Decimal(2), Decimal(1))
    with desk(tones(10, 100), None) as one:
        one.session.market.alerts.add(rule)
        first = one.finish()
        assert len(first.alerts) == 5
        one.transport.paused = True
        one.transport.seek(START_MS)
        assert one.settle().alerts == ()
        assert one.finish() == first


def test_going_back_again_and_again_leaves_no_thread_behind() -> None:
    with desk(tones(200, 10)) as one:
        for turn in range(30):
            one.transport.seek(last_ms(tones(200, 10)) - turn)
            one.settle()
        assert len(one.session.workers) < 5


# ----- captures and recordings


@pytest.fixture(scope="module")
def extremes(request: pytest.FixtureRequest) -> list[int]:
    """Return the ms at which max or min of the recorded capture moved, by brute force."""
    from tests.conftest import CAPTURE

    if not CAPTURE.exists():
        pytest.skip("needs ../shared/data/" + CAPTURE.name)
    samples: list[Sample] = by_brute_force(lines_of(CAPTURE))
    found, high, low = list[int](), samples[0][1] - 1, samples[0][1] + 1
    for at_ms, spread in samples:
        if spread > high or spread < low:
            found.append(at_ms)
        high, low = max(high, spread), min(low, spread)
    return found


def test_steps_through_the_recorded_capture_meet_every_extreme(recorded: Path, extremes: list[int]) -> None:
    source = playback.of_capture(recorded, (), "BTCUSDT")
    session = Playback(source.reel, source.symbols, Config(), 1.0, then_end=True)
    session.transport.paused = True
    session.start()
    stops: list[int] = []
    deadline = time.monotonic() + 2 * PATIENCE_S
    try:
        while not session.transport.has_ended:
            session.transport.find_extreme("BTCUSDT")
            while session.transport.is_rushing:
                session.pump.drain(1.0)
                assert time.monotonic() < deadline
            stops.append(session.transport.position_ms)
    finally:
        session.stop()
    assert list(dict.fromkeys(stops[:-1])) == list(dict.fromkeys(extremes))
    assert (1723161501069 in stops, 1723161514063 in stops) == (True, True)


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the recorded capture as a recording."""
    from tests.conftest import CAPTURE

    if not CAPTURE.exists():
        pytest.skip("needs ../shared/data/" + CAPTURE.name)
    from spreadwatch.feed.capture import Capture

    path = tmp_path_factory.mktemp("recording") / "recording.sqlite"
    record(SqliteStore(path), events_of_records(Capture(CAPTURE).records()))
    return path


def test_a_recording_prints_what_its_capture_prints(recorded: Path, recording: Path, program: Program) -> None:
    original = program.run("replay", recorded, "--speed", "max", "--json")
    program.environment["SPREADWATCH_RECORD_PATH"] = str(recording)
    again = program.run("replay", "--from", "2024-08-08", "--speed", "max", "--json")
    assert (again.code, again.err) == (0, "")
    assert again.snapshots == original.snapshots
    assert original.snapshots[0]["spread"]["samples"] == 93851


def test_a_time_of_a_recording_prints_what_that_time_of_its_capture_prints(
    recorded: Path, recording: Path, program: Program
) -> None:
    span = ("--from", "2024-08-08T23:55:00", "--to", "2024-08-09T01:58:22+02:00", "--speed", "max", "--json")
    original = program.run("replay", recorded, *span)
    program.environment["SPREADWATCH_RECORD_PATH"] = str(recording)
    [again], [wanted] = program.run("replay", *span).snapshots, original.snapshots
    for snapshot in (again, wanted):
        del snapshot["counts"]["gaps"]  # a capture opens both connections at once, a recording each when it speaks
    assert again == wanted
    rows = [row for row in lines_of(recorded) if 1723161300000 <= row["recv_ms"] < 1723161502000]
    samples = by_brute_force(rows)
    assert Decimal(again["spread"]["max"]) == max(spread for _, spread in samples) == Decimal("85.97")
    assert again["spread"]["samples"] == len(samples)


def test_a_recording_is_entered_anywhere(recording: Path) -> None:
    with closing(SqliteHistory(recording)) as history:
        source = playback.of_history(history, "it", (), 1723161400000, 1723161401000)
        assert (source.symbols, source.faults) == (("BTCUSDT",), {})
        assert 1723161400000 <= source.reel.first_ms < source.reel.last_ms == 1723161400999
        market = Market(source.symbols, 3000)
        for one in source.reel.events():
            market.apply(one)
        assert market.snapshot(market.latest).pairs[0].state is State.LIVE


def test_what_cannot_be_played_is_refused_in_one_sentence(recording: Path, tape: Tape) -> None:
    def refused(play: Callable[[], object]) -> str:
        with pytest.raises(SpreadwatchError) as caught:
            play()
        assert isinstance(caught.value, CaptureError | StorageError)
        return str(caught.value)

    with closing(SqliteHistory(recording)) as history:
        assert refused(lambda: playback.of_history(history, "it", ("NOSUCHUSDT",))) == (
            "it holds no NOSUCHUSDT; it has BTCUSDT"
        )
        assert refused(lambda: playback.of_history(history, "it", (), 5, 6)) == (
            "it holds nothing between those times: it goes from 2024-08-08T23:54:14Z to 2024-08-08T23:59:59Z"
        )
    path = tape.spot("1.0", "2.0").save()
    assert "it goes from 2024-08-08T23:54:14Z" in refused(lambda: playback.of_capture(path, (), "BTCUSDT", 5, 6))
    nothing = tape.save("empty.jsonl", b"\n")
    assert "holds no bookTicker frame" in refused(lambda: playback.of_capture(nothing, (), "BTCUSDT"))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "give a capture FILE, or --from or --to for a time of the recording"),
        (["--from", "yesterday"], "expected a time such as 2026-07-03T08:30:36 or Unix ms, got 'yesterday'"),
        (["--from", "-1"], "expected a time such as"),
        (["--to", "99999999999999999"], "expected a time such as"),
        (["x.jsonl", "--from", "2024-08-09", "--to", "2024-08-08"], "--from must be before --to"),
        (["--from", "2024-08-08"], "there is no recording at"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_times_that_make_no_sense_are_refused_in_one_line_with_2(
    program: Program, arguments: Sequence[str], words: str
) -> None:
    program.environment["SPREADWATCH_RECORD_PATH"] = str(program.folder / "none.sqlite")
    done = program.run("replay", *arguments, "--json")
    assert (done.code, done.out) == (2, "")
    [line] = done.err.splitlines()
    assert words in line


@pytest.mark.parametrize("begin", ["2024-08-08T23:54:14.010", "2024-08-09T01:54:14.010+02:00", "1723161254010"])
def test_a_time_is_utc_unless_it_carries_an_offset(tape: Tape, program: Program, begin: str) -> None:
    path = tape.spot("1.0", "2.0").spot("1.1", "2.1").um("1.0", "2.0").save()
    [snapshot] = program.run("replay", path, "--from", begin, "--speed", "max", "--json").snapshots
    assert (snapshot["counts"]["spot"], snapshot["counts"]["futures"]) == (1, 1)
    assert json.loads(tape.lines[1])["recv_ms"] == 1723161254010
