"""A capture comes out exact: against a count by brute force (RULES: replay)."""

import gzip
import json
import threading
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from spreadwatch.core.events import Batch, Event, Fault, Link, Phase
from spreadwatch.core.leg import State
from spreadwatch.core.market import Market
from spreadwatch.core.quote import Instant, Side
from spreadwatch.core.snapshot import Snapshot
from spreadwatch.errors import CaptureError
from spreadwatch.feed.binance import contract
from spreadwatch.sources.capture import Capture
from spreadwatch.sources.replay import Reel, Replay, capture_events, links, opened
from tests.captures.files import Minutes
from tests.captures.oracle import SILENCE_MS, Rows, Sample, by_brute_force, counts_of, figures, figures_of, lines_of
from tests.conftest import PATIENCE_S, Program, Sink, Tape


def replayed(path: Path, program: Program, *options: object) -> list[Any]:
    done = program.run("replay", path, "--speed", "max", "--json", *options)
    assert (done.code, done.err) == (0, "")
    return done.snapshots


def reel(path: Path, symbols: Iterable[str] = ("BTCUSDT",), from_ms: int = 0, to_ms: int | None = None) -> Reel:
    """Return a capture as a reel."""
    contracts = {venue: [contract(venue, symbol) for symbol in symbols] for venue in Side}
    return Reel(0, 0, lambda: capture_events(Capture(path), contracts, None, from_ms, to_ms))


def events_of(played: Reel, *, then_end: bool = False) -> list[Event]:
    """Read a reel on its thread to its end and return all that came."""
    sink = Sink()
    player = Replay(played, lambda event, _stop: sink(event), then_end=then_end)
    player.start()
    assert player.join(PATIENCE_S)
    assert player.done.is_set()
    return sink.events


def final(events: Iterable[Event], symbols: Sequence[str] = ("BTCUSDT",)) -> Snapshot:
    market = Market(symbols, SILENCE_MS)
    for event in events:
        market.apply(event)
    return market.snapshot(market.latest)


# ----- minutes of a market


@pytest.fixture
def rows(recorded: Path) -> Rows:
    """Read the lines of a capture with the standard library."""
    return lines_of(recorded)


@pytest.fixture
def samples(rows: Rows) -> list[Sample]:
    """Return every spread of a capture."""
    return by_brute_force(rows)


def test_a_capture_gives_what_brute_force_gives(
    rows: Rows, samples: list[Sample], recorded: Path, program: Program
) -> None:
    [snapshot] = replayed(recorded, program)
    assert figures(snapshot) == figures_of(samples)
    assert snapshot["counts"].items() >= counts_of(rows).items()
    assert (snapshot["symbol"], snapshot["state"], snapshot["at_ms"]) == ("BTCUSDT", "live", rows[-1]["recv_ms"])
    assert snapshot["spread"]["since_ms"] == samples[0][0]
    spot, futures = ([row for row in rows if row["market"] == market][-1]["raw"] for market in ("spot", "um"))
    for leg, raw in (("spot", spot), ("futures", futures)):
        shown = snapshot[leg]
        assert [shown[name] for name in ("bid", "bid_qty", "ask", "ask_qty")] == [raw[name] for name in "bBaA"]
    assert Decimal(snapshot["spread"]["reverse"]) == Decimal(spot["b"]) - Decimal(futures["a"])


def test_who_samples_every_half_second_misses_the_extremes_that_we_see(
    rows: Rows, samples: list[Sample], recorded: Path, program: Program
) -> None:
    zero_ms = rows[0]["recv_ms"]
    at_half_seconds = {(now_ms - zero_ms) // 500: spread for now_ms, spread in samples}  # the last one stays
    seen = figures(replayed(recorded, program)[0])
    assert (seen.high, seen.low) == (max(spread for _, spread in samples), min(spread for _, spread in samples))
    assert seen.high > max(at_half_seconds.values())
    assert seen.low < min(at_half_seconds.values())


def test_frames_of_another_symbol_work_the_same(
    rows: Rows, samples: list[Sample], recorded: Path, tape: Tape, program: Program
) -> None:
    renamed = gzip.decompress(recorded.read_bytes()).replace(b'"s":"BTCUSDT"', b'"s":"ETHUSDT"')
    [snapshot] = replayed(tape.save("ethusdt.jsonl", renamed), program)
    assert (snapshot["symbol"], figures(snapshot)) == ("ETHUSDT", figures_of(samples))
    assert snapshot["counts"].items() >= counts_of(rows).items()


def test_a_capture_with_every_stream_gives_the_same_figures(
    minutes: Minutes, rows: Rows, samples: list[Sample], program: Program
) -> None:
    [snapshot] = replayed(minutes.allstreams, program)
    assert figures(snapshot) == figures_of(samples)
    assert snapshot["counts"].items() >= counts_of(rows).items()


def test_todays_futures_frames_are_accepted(minutes: Minutes, program: Program) -> None:
    rows = lines_of(minutes.today)
    snapshots = replayed(minutes.today, program)
    assert sum(snapshot["counts"]["futures"] for snapshot in snapshots) == len(rows)
    assert all(snapshot["counts"]["rejected"] == snapshot["counts"]["repeated"] == 0 for snapshot in snapshots)
    for snapshot in snapshots:
        last = [row["raw"] for row in rows if row["raw"]["s"] == snapshot["symbol"]][-1]
        assert (snapshot["futures"]["bid"], snapshot["futures"]["exchange_ms"]) == (last["b"], last["T"])
        assert (snapshot["futures"]["state"], snapshot["spread"]["current"]) == ("live", None)


def test_symbols_of_the_settings_do_not_hide_what_the_capture_holds(tape: Tape, program: Program) -> None:
    (program.folder / "config.toml").write_text('symbols = ["ETHUSDT"]\n')
    done = program.run("replay", tape.spot("1.0", "2.0").um("1.0", "2.0").save(), "--speed", "max", "--json")
    assert "BTCUSDT" in done.out + done.err


# ----- order and silence


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
    seen = figures(snapshot)
    assert seen == figures_of(samples)
    assert seen.high < Decimal("100.3") - Decimal(90)
    assert snapshot["counts"]["repeated"] == 1


def test_a_replay_stops_wherever_it_is(tape: Tape, sink: Sink) -> None:
    def full(event: Event, stop: threading.Event) -> None:
        sink(event)
        if isinstance(event, Batch):
            stop.wait(PATIENCE_S)

    player = Replay(reel(tape.spot("1.0", "2.0").um("1.0", "2.0").save()), full, then_end=True)
    player.start()
    sink.wait_quotes(1)
    player.stop()
    assert player.join(1)
    assert (len(sink.quotes()), sink.links(Phase.LOST)) == (1, [])


def test_after_the_last_frame_a_window_is_told_that_the_recording_has_ended(tape: Tape) -> None:
    events = events_of(reel(tape.spot("100.0", "100.2").um("100.1", "100.3").save()), then_end=True)
    lost = [event for event in events[-2:] if isinstance(event, Link)]
    assert [(link.phase, link.reason) for link in lost] == [(Phase.LOST, "the recording has ended")] * 2
    [pair] = final(events).pairs
    assert (pair.state, pair.reason, pair.spread.samples) == (State.STALE, "the recording has ended", 1)


def test_a_reel_gives_the_same_events_each_time(restless: Tape) -> None:
    played = reel(restless.save())
    assert events_of(played) == events_of(played)


def test_a_time_cut_out_of_a_capture_holds_its_frames_and_begins_with_open_connections(restless: Tape) -> None:
    path = restless.save()
    everything = [event for event in events_of(reel(path)) if isinstance(event, Batch)]
    for begin, end in ((0, 3), (2, 5), (4, len(everything) - 1)):
        from_ms, to_ms = everything[begin].at.wall_ms, everything[end].at.wall_ms
        found = events_of(reel(path, from_ms=from_ms, to_ms=to_ms))
        assert [link.phase for link in found[:2] if isinstance(link, Link)] == [Phase.OPEN] * 2
        wanted = [quote for batch in everything for quote in batch.quotes if from_ms <= batch.at.wall_ms < to_ms]
        assert [quote for batch in found[2:] if isinstance(batch, Batch) for quote in batch.quotes] == wanted


def test_what_a_recording_tells_of_its_connections_stays_as_it_is() -> None:
    at = Instant(5, 5)
    spot, futures = (Batch(venue, at, [], heard=True) for venue in Side)
    told = links(Phase.OPEN, "told", at)
    assert list(opened([*told, spot, futures])) == [*told, spot, futures]
    lost = Link(Side.SPOT, Phase.LOST, "lost", at)
    assert list(opened([lost, futures, spot])) == [
        lost, Link(Side.FUTURES, Phase.OPEN, "replaying", at), futures, spot
    ]  # fmt: skip


def test_a_failure_of_the_world_ends_a_replay_with_its_sentence(sink: Sink) -> None:
    def events() -> Iterator[Event]:
        yield Batch(Side.SPOT, Instant(5, 5), [], heard=True)
        raise CaptureError("the disk is gone")

    player = Replay(Reel(0, 9, events), lambda event, _stop: sink(event), then_end=True)
    player.start()
    assert player.join(PATIENCE_S)
    assert isinstance(player.failure, CaptureError)
    assert sink.events[1] == Fault("the disk is gone")
    assert [link.reason for link in sink.links(Phase.LOST)] == ["the recording cannot be read any further"] * 2
    assert player.done.is_set()
