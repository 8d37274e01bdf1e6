"""A capture comes out exact, at any speed: against the published figures and against a count by brute force."""

import gzip
import json
import threading
from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from spreadwatch.core.events import Batch, Event, Link, Phase
from spreadwatch.core.leg import State
from spreadwatch.core.market import Market
from spreadwatch.core.quote import Venue
from spreadwatch.core.snapshot import Snapshot
from spreadwatch.feed.binance import contract
from spreadwatch.feed.capture import Capture
from spreadwatch.feed.replay import Replay
from tests.conftest import CAPTURE, DATA, PATIENCE_S, Program, Sink, Tape

SILENCE_MS = 3_000
PUBLISHED = (Decimal("26.30"), Decimal("85.97"), 1723161501069, Decimal("-4.90"), 1723161514063, 93851)
COUNTS = {"spot": 28040, "futures": 66089, "rejected": 0, "repeated": 0, "reconnects": 0, "dropped": 0}
Sample = tuple[int, Decimal]


def by_brute_force(rows: Sequence[Any], silence_ms: int = SILENCE_MS) -> list[Sample]:
    """Return (ms, spread) after each frame at which both markets had spoken within the silence limit."""
    last: dict[str, tuple[int, Any]] = {}
    samples = []
    for row in rows:
        market, now_ms, raw = row["market"], row["recv_ms"], row["raw"]
        if market in last and raw["u"] <= last[market][1]["u"]:
            continue
        last[market] = (now_ms, raw)
        if len(last) == 2 and all(now_ms - heard_ms <= silence_ms for heard_ms, _ in last.values()):
            samples.append((now_ms, Decimal(last["spot"][1]["a"]) - Decimal(last["um"][1]["b"])))
    return samples


def figures(snapshot: Any) -> tuple[Any, ...]:  # noqa: ANN401 - JSON
    """Return the spread's figures out of a snapshot's JSON, numbers as numbers."""
    spread = snapshot["spread"]
    numbers = [None if spread[name] is None else Decimal(spread[name]) for name in ("current", "max", "min")]
    return numbers[0], numbers[1], spread["max_at_ms"], numbers[2], spread["min_at_ms"], spread["samples"]


def figures_of(samples: Sequence[Sample]) -> tuple[Any, ...]:
    high = max(samples, key=lambda sample: sample[1])  # of equals, both take the first
    low = min(samples, key=lambda sample: sample[1])
    return samples[-1][1], high[1], high[0], low[1], low[0], len(samples)


def replayed(path: Path, program: Program, *options: object) -> list[Any]:
    done = program.run("replay", path, "--speed", "max", "--json", *options)
    assert (done.code, done.err) == (0, "")
    return done.snapshots


def events_of(path: Path, speed: float | None, symbols: Iterable[str] = ("BTCUSDT",)) -> list[Event]:
    """Play a capture on its thread to its end and return all that came."""
    sink = Sink()
    contracts = {venue: [contract(venue, symbol) for symbol in symbols] for venue in Venue}
    done = threading.Event()
    player = Replay(Capture(path), contracts, lambda event, _stop: sink(event), speed, done=done, then_end=False)
    player.start()
    assert player.join(PATIENCE_S)
    assert done.is_set()
    return sink.events


def final(events: Iterable[Event], symbols: Sequence[str] = ("BTCUSDT",)) -> Snapshot:
    market = Market(symbols, SILENCE_MS)
    for event in events:
        market.apply(event)
    return market.snapshot(market.latest)


# ----- the recorded capture


@pytest.fixture(scope="module")
def rows() -> list[Any]:
    """Read the lines of the recorded capture with the standard library; skips the test where it is absent."""
    if not CAPTURE.exists():
        pytest.skip("needs ../shared/data/" + CAPTURE.name)
    with gzip.open(CAPTURE) as file:
        return [json.loads(line) for line in file]


@pytest.fixture(scope="module")
def samples(rows: list[Any]) -> list[Sample]:
    """Return every spread of the recorded capture."""
    return by_brute_force(rows)


def test_the_recorded_capture_gives_the_published_figures(recorded: Path, program: Program) -> None:
    [snapshot] = replayed(recorded, program)
    assert figures(snapshot) == PUBLISHED
    assert snapshot["counts"].items() >= COUNTS.items()
    assert (snapshot["symbol"], snapshot["state"], snapshot["at_ms"]) == ("BTCUSDT", "live", 1723161599999)


def test_the_recorded_capture_gives_what_brute_force_gives(
    rows: list[Any], samples: list[Sample], recorded: Path, program: Program
) -> None:
    [snapshot] = replayed(recorded, program)
    assert figures(snapshot) == figures_of(samples)
    assert snapshot["spread"]["since_ms"] == samples[0][0]
    spot, futures = ([row for row in rows if row["market"] == market][-1]["raw"] for market in ("spot", "um"))
    for leg, raw in (("spot", spot), ("futures", futures)):
        shown = snapshot[leg]
        assert [shown[name] for name in ("bid", "bid_qty", "ask", "ask_qty")] == [raw[name] for name in "bBaA"]
    assert Decimal(snapshot["spread"]["reverse"]) == Decimal(spot["b"]) - Decimal(futures["a"])


def test_who_samples_every_half_second_misses_the_extremes_that_we_see(
    rows: list[Any], samples: list[Sample], recorded: Path, program: Program
) -> None:
    zero_ms = rows[0]["recv_ms"]
    at_half_seconds = {(now_ms - zero_ms) // 500: spread for now_ms, spread in samples}  # the last one stays
    assert (max(at_half_seconds.values()), min(at_half_seconds.values())) == (Decimal("49.10"), Decimal("-2.40"))
    [snapshot] = replayed(recorded, program)
    assert Decimal(snapshot["spread"]["max"]) == Decimal("85.97")
    assert Decimal(snapshot["spread"]["min"]) == Decimal("-4.90")


def test_frames_of_another_symbol_work_the_same(recorded: Path, tape: Tape, program: Program) -> None:
    renamed = gzip.decompress(recorded.read_bytes()).replace(b'"s":"BTCUSDT"', b'"s":"ETHUSDT"')
    [snapshot] = replayed(tape.save("ethusdt.jsonl", renamed), program)
    assert (snapshot["symbol"], figures(snapshot)) == ("ETHUSDT", PUBLISHED)
    assert snapshot["counts"].items() >= COUNTS.items()


def test_a_capture_with_every_stream_gives_the_same_figures(recorded: Path, program: Program) -> None:
    everything = recorded.with_name("btcusdt-20240808-allstreams.jsonl.gz")
    if not everything.exists():
        pytest.skip("needs ../shared/data/" + everything.name)
    [snapshot] = replayed(everything, program)
    assert figures(snapshot) == PUBLISHED
    assert snapshot["counts"].items() >= COUNTS.items()


def test_todays_futures_frames_are_accepted(program: Program) -> None:
    path = DATA / "usdm-20260927-bookticker.jsonl"
    if not path.exists():
        pytest.skip("needs ../shared/data/" + path.name)
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    snapshots = replayed(path, program)
    assert sum(snapshot["counts"]["futures"] for snapshot in snapshots) == len(rows) == 16
    assert all(snapshot["counts"]["rejected"] == snapshot["counts"]["repeated"] == 0 for snapshot in snapshots)
    for snapshot in snapshots:
        last = [row["raw"] for row in rows if row["raw"]["s"] == snapshot["symbol"]][-1]
        assert (snapshot["futures"]["bid"], snapshot["futures"]["exchange_ms"]) == (last["b"], last["T"])
        assert (snapshot["futures"]["state"], snapshot["spread"]["current"]) == ("live", None)


def test_symbols_of_the_settings_do_not_hide_what_the_capture_holds(tape: Tape, program: Program) -> None:
    (program.folder / "config.toml").write_text('symbols = ["ETHUSDT"]\n')
    done = program.run("replay", tape.spot("1.0", "2.0").um("1.0", "2.0").save(), "--speed", "max", "--json")
    assert "BTCUSDT" in done.out + done.err


# ----- order, silence and speed


@pytest.fixture
def restless(tape: Tape) -> Tape:
    """Write a capture with a repeat, a silence of either leg and of both, and frames of the same moment."""
    tape.spot("100.0", "100.2").um("100.1", "100.3").um("100.5", "100.6", u=1).spot("100.1", "100.4")
    tape.at_ms += 2_900
    tape.um("100.2", "100.5")
    tape.at_ms += 200
    tape.um("90.0", "100.5").um("95.0", "100.5").spot("100.0", "100.3")
    tape.at_ms += 9_000
    tape.spot("100.0", "110.3").um("100.2", "100.4")
    tape.at_ms -= 10
    tape.um("100.3", "100.4").spot("100.0", "100.1")
    return tape


def test_the_spread_pauses_while_a_leg_is_silent_and_repeats_do_not_count(restless: Tape, program: Program) -> None:
    path = restless.save()
    samples = by_brute_force([json.loads(line) for line in restless.lines])
    [snapshot] = replayed(path, program)
    assert figures(snapshot) == figures_of(samples)
    assert figures(snapshot)[1] < Decimal("100.3") - Decimal(90)
    assert snapshot["counts"]["repeated"] == 1


@pytest.mark.parametrize("speed", [40.0, 1000.0])
def test_the_same_capture_gives_the_same_snapshot_at_any_speed(restless: Tape, speed: float) -> None:
    path = restless.save()
    assert final(events_of(path, speed)) == final(events_of(path, None))


def test_a_gap_turns_a_leg_stale_while_it_is_replayed(restless: Tape) -> None:
    market, states = Market(["BTCUSDT"], SILENCE_MS), list[State]()
    for event in events_of(restless.save(), 40.0):
        market.apply(event)
        states.append(market.snapshot(market.latest).pairs[0].state)
    stale = states.index(State.STALE)
    assert State.LIVE in states[:stale]
    assert states[-1] is State.LIVE


def test_a_replay_keeps_the_recorded_pace(tape: Tape) -> None:
    tape.spot("1.0", "2.0")
    tape.at_ms += 490
    events = events_of(tape.um("1.0", "2.0").save(), 2.0)
    ticks = [event.at.wall_ms for event in events if isinstance(event, Batch) and not event.quotes]
    assert len(ticks) > 5
    assert ticks == sorted(ticks)


@pytest.mark.parametrize("speed", [1.0, None])
def test_a_replay_stops_wherever_it_is(tape: Tape, sink: Sink, speed: float | None) -> None:
    tape.spot("1.0", "2.0")
    tape.at_ms += 3_600_000
    path = tape.um("1.0", "2.0").save()
    contracts = {venue: [contract(venue, "BTCUSDT")] for venue in Venue}

    def full(event: Event, stop: threading.Event) -> None:
        sink(event)
        if speed is None and isinstance(event, Batch):
            stop.wait(PATIENCE_S)

    player = Replay(Capture(path), contracts, full, speed, done=threading.Event(), then_end=False)
    player.start()
    sink.wait_quotes(1)
    player.stop()
    assert player.join(1)
    assert len(sink.quotes()) == 1


def test_after_the_last_frame_a_window_is_told_that_the_recording_has_ended(tape: Tape, sink: Sink) -> None:
    path = tape.spot("100.0", "100.2").um("100.1", "100.3").save()
    contracts = {venue: [contract(venue, "BTCUSDT")] for venue in Venue}
    player = Replay(
        Capture(path), contracts, lambda event, _stop: sink(event), None, done=threading.Event(), then_end=True
    )
    player.start()
    assert player.join(PATIENCE_S)
    assert [type(event) for event in sink.events[-2:]] == [Link, Link]
    assert {link.reason for link in sink.links(Phase.LOST)} == {"the recording has ended"}
    [pair] = final(sink.events).pairs
    assert (pair.state, pair.reason, pair.spread.samples) == (State.STALE, "the recording has ended", 1)
