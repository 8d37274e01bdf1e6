"""The watchdog cuts what says nothing, and nothing else."""

import time

import pytest

from spreadwatch.core.events import Phase
from spreadwatch.core.leg import State
from spreadwatch.core.quote import Instant, Side
from spreadwatch.feed import clock
from spreadwatch.feed.watchdog import Watchdog
from tests.conftest import PATIENCE_S, Feeds, Sink, wait_for
from tests.exchange.server import frame

ETH = "ethusdt@bookTicker"


class Watched:
    """Counts how often it was looked at; `faulty` raises every time."""

    def __init__(self, *, faulty: bool) -> None:
        self.looks: list[Instant] = []
        self._faulty = faulty

    def check(self, now: Instant) -> None:
        self.looks.append(now)
        if self._faulty:
            raise ZeroDivisionError


@pytest.mark.parametrize("order", [1, -1], ids=["faulty first", "faulty last"])
def test_a_fault_in_one_stream_does_not_end_the_watch_over_the_other(
    caplog: pytest.LogCaptureFixture, order: int
) -> None:
    faulty, sound, moment = Watched(faulty=True), Watched(faulty=False), Instant(5, 7)
    watchdog = Watchdog(lambda: [faulty, sound][::order], lambda: moment)
    watchdog.start()
    try:
        wait_for(lambda: len(sound.looks) >= 2, 5)
    finally:
        watchdog.stop()
        assert watchdog.join(PATIENCE_S)
    assert set(sound.looks) == {moment}
    assert any(record.exc_info for record in caplog.records)


def test_a_silent_connection_is_cut_although_it_pings_acks_and_talks_nonsense(feeds: Feeds, sink: Sink) -> None:
    feeds.start(silence_s=0.3)
    connection = feeds.exchange.wait_subscribed("spot", ETH)
    began = time.monotonic()
    while connection.is_open and time.monotonic() < began + PATIENCE_S:
        connection.ping(b"alive?")
        foreign = b'{"stream":"x","data":{"u":1,"s":"XUSDT","b":"1","B":"1","a":"2","A":"1"}}'
        connection.send_raw(frame(b'{"result":null,"id":1}') + frame(b"{") + frame(foreign))
        time.sleep(0.02)
    assert sink.wait_link(Phase.LOST).reason == "spot sent no quote for 0.3 s; trying again"
    assert time.monotonic() - began < 2
    feeds.exchange.wait_subscribed("spot", ETH, PATIENCE_S, count=2)


@pytest.mark.parametrize("muted", [True, False], ids=["half-open", "inside a frame"])
def test_a_connection_that_falls_silent_is_cut(feeds: Feeds, sink: Sink, muted: bool) -> None:
    feeds.start(Side.FUTURES, silence_s=0.3)
    connection = feeds.exchange.wait_subscribed("futures", ETH)
    feeds.exchange.quote("futures", "ETHUSDT", 1, 2)
    sink.wait_quotes(1)
    if muted:
        connection.mute()
    else:
        connection.send_raw(frame(b"x" * 500)[:100])
    assert sink.wait_link(Phase.LOST).reason == "futures sent no quote for 0.3 s; trying again"
    feeds.exchange.wait_subscribed("futures", ETH, PATIENCE_S, count=2)


def test_the_heartbeat_keeps_a_quiet_coin_live(busy_feeds: Feeds, sink: Sink) -> None:
    busy_feeds.start(silence_s=1)
    busy_feeds.exchange.wait_subscribed("spot", ETH)
    busy_feeds.exchange.quote("spot", "ETHUSDT", 1, 2)
    [quote] = sink.wait_quotes(1)
    sink.wait(lambda: (last := sink.last_batch()) is not None and last.at.since(quote.received) > 1_300)
    assert sink.links(Phase.LOST) == []
    leg = sink.pair(at=sink.batches()[-1].at, silence_ms=1_000).spot
    assert leg.state is State.LIVE
    assert leg.age_ms is not None
    assert leg.age_ms > 1_000


def test_a_name_that_stays_silent_is_doubted_within_10_s_while_the_other_symbol_goes_on(
    busy_feeds: Feeds, sink: Sink
) -> None:
    zero = clock.now()

    def fourfold() -> Instant:
        passed_ms = clock.now().since(zero) * 4
        return Instant(zero.wall_ms + passed_ms, zero.mono_ms + passed_ms)

    busy_feeds.start(now=fourfold, symbols=["ETHUSDT", "NOSUCHUSDT"])
    busy_feeds.exchange.wait_subscribed("spot", "nosuchusdt@bookTicker")
    busy_feeds.exchange.quote("spot", "ETHUSDT", 1, 2)
    opened = sink.wait_link(Phase.OPEN).at
    sink.wait(lambda: (last := sink.last_batch()) is not None and last.at.since(opened) > 9_000)
    at = Instant(opened.wall_ms + 9_000, opened.mono_ms + 9_000)
    doubted = sink.pair("NOSUCHUSDT", at=at).spot
    assert doubted.state is State.CONNECTING
    assert "NOSUCHUSDT has sent nothing on spot in 9 s" in str(doubted.reason)
    assert sink.pair("ETHUSDT", at=at).spot.state is State.LIVE


def test_a_cut_meant_for_a_lost_connection_leaves_the_next_one_guarded(feeds: Feeds, sink: Sink) -> None:
    stream = feeds.start(watched=False)
    feeds.exchange.wait_subscribed("spot", ETH)

    class LateNow:
        """The watchdog is held up here while its connection ends and the next one opens."""

        def since(self, _earlier: Instant) -> int:
            feeds.exchange.fin("spot")
            sink.wait_link(Phase.OPEN, 2)
            return 10**9

    stream.check(LateNow())  # type: ignore[arg-type]
    stream.check(Instant(1 << 60, 1 << 60))  # silent for ages by now
    sink.wait(lambda: len(sink.links(Phase.LOST)) >= 2, 3)


def test_a_cut_meant_for_a_replaced_connection_leaves_its_successor_guarded(feeds: Feeds, sink: Sink) -> None:
    frozen = clock.now()
    much_later = Instant(frozen.wall_ms + 60_000, frozen.mono_ms + 60_000)
    stream = feeds.start(now=lambda: frozen, watched=False, renew_s=0.05)
    first = feeds.exchange.wait_subscribed("spot", ETH)
    second = feeds.exchange.wait_subscribed("spot", ETH, PATIENCE_S, count=2)
    payload = b'{"u":1,"s":"ETHUSDT","b":"1","B":"1","a":"2","A":"1"}'
    second.send_raw(second.wrap(ETH, payload))  # it is ready; its time to take over never comes
    wait_for(lambda: stream._successor is not None and stream._successor.finished.is_set())
    stream.check(much_later)
    feeds.exchange.wait_until(lambda: not first.is_open)
    deadline = time.monotonic() + 2
    while not sink.links(Phase.LOST) and time.monotonic() < deadline:
        stream.check(much_later)  # the successor is silent too by now
        time.sleep(0.05)
    assert sink.links(Phase.LOST)
