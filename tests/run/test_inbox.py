"""The queue between sources and the market: it never blocks a feed, loses nothing in silence (RULES: nothing waits)."""

import threading
import time
from collections.abc import Callable, Iterable
from decimal import Decimal
from unittest.mock import patch

import pytest

from spreadwatch.core.events import Batch, Dropped, Event, Link, Phase
from spreadwatch.core.leg import State
from spreadwatch.core.market import Market
from spreadwatch.core.quote import Instant, Quote, Side
from spreadwatch.run.inbox import Inbox, Pump

SYMBOL = "ETHUSDT"
PATIENCE_S = 20.0


def batch(venue: Side, number: int, count: int = 1) -> Batch:
    """Return a batch of `count` quotes whose update ids go up with `number`."""
    at, one = Instant(number, number), Decimal(1)
    bid = Decimal(100)
    ids = range(number * count, (number + 1) * count)
    quotes = [Quote(venue, SYMBOL, bid, one, bid + 1, one, update_id + 1, None, at) for update_id in ids]
    return Batch(venue, at, quotes, heard=True)


def pump(inbox: Inbox, now_ms: int = 0) -> Pump:
    return Pump(inbox, Market([SYMBOL], 3000), lambda: Instant(now_ms, now_ms))


def opened(inbox: Inbox) -> None:
    for venue in Side:
        inbox.put(Link(venue, Phase.OPEN, "open", Instant(0, 0)))


def putting(put: Callable[[Event], None], events: Iterable[Event], name: str) -> threading.Thread:
    """Return a thread that hands over events as fast as it can."""

    def work() -> None:
        for event in events:
            put(event)

    return threading.Thread(target=work, name=name, daemon=True)


def run(*work: threading.Thread) -> None:
    """Start threads and see them end in time."""
    for thread in work:
        thread.start()
    for thread in work:
        thread.join(PATIENCE_S)
        assert not thread.is_alive()


class Endless(Inbox):
    """An inbox that a producer fills faster than anyone can empty it."""

    def get(self) -> Event | None:
        return batch(Side.SPOT, 0)


def test_what_is_put_comes_out_in_order_and_then_nothing() -> None:
    inbox, events = Inbox(10), [batch(Side.SPOT, number) for number in range(10)]
    for event in events:
        inbox.put(event)
    assert [inbox.get() for _ in range(11)] == [*events, None]


def test_an_overflow_counts_the_quotes_it_dropped_and_the_snapshot_says_so() -> None:
    inbox = Inbox(4)
    opened(inbox)
    for number in range(10):
        inbox.put(batch(Side.SPOT, number, count=7))
    snapshot = pump(inbox, 9).turn()
    counts = snapshot.pairs[0].counts
    assert counts.dropped > 0
    assert counts.spot + counts.dropped == 70


def test_an_overflow_that_ended_is_not_counted_again() -> None:
    inbox = Inbox(1)
    one = pump(inbox)
    inbox.put(batch(Side.SPOT, 1))
    inbox.put(batch(Side.SPOT, 2, count=3))
    assert [one.turn().pairs[0].counts.dropped for _ in range(3)] == [3, 3, 3]
    inbox.put(batch(Side.SPOT, 3))
    assert one.turn().pairs[0].counts.spot == 2


def test_what_was_dropped_is_told_before_what_is_left() -> None:
    inbox = Inbox(1)
    inbox.put(batch(Side.SPOT, 1))
    inbox.put(batch(Side.SPOT, 2, count=5))
    assert inbox.get() == Dropped(5)


def test_a_full_inbox_never_blocks_a_feed() -> None:
    inbox = Inbox(1)
    event = batch(Side.SPOT, 1)
    run(putting(inbox.put, [event] * 20_000, "feed"))
    assert inbox.get() == Dropped(19_999)


@pytest.mark.parametrize("venue", list(Side))
def test_an_overflow_never_swallows_the_news_of_a_connection(venue: Side) -> None:
    inbox = Inbox(3)
    one = pump(inbox, 50)
    opened(inbox)
    one.drain(PATIENCE_S)
    for each in Side:
        inbox.put(batch(each, 10))
    assert one.turn().pairs[0].state is State.LIVE
    for number in range(11, 20):  # a frozen window: nobody takes
        inbox.put(batch(venue.other, number))
    inbox.put(Link(venue, Phase.LOST, "cut", Instant(20, 20)))
    inbox.put(Link(venue, Phase.OPEN, "open", Instant(21, 21)))
    inbox.put(Batch(venue, Instant(22, 22), [], heard=True))
    one.drain(PATIENCE_S)
    pair = one.turn().pairs[0]
    assert (pair.state, pair.spread.current, pair.counts.reconnects) == (State.CONNECTING, None, 1)


def test_a_lost_connection_that_is_back_is_live_again_after_an_overflow() -> None:
    inbox = Inbox(3)
    one = pump(inbox, 50)
    opened(inbox)
    inbox.put(Link(Side.SPOT, Phase.LOST, "cut", Instant(5, 5)))
    one.drain(PATIENCE_S)
    for number in range(6, 20):
        inbox.put(batch(Side.FUTURES, number))
    inbox.put(Link(Side.SPOT, Phase.OPEN, "open", Instant(21, 21)))
    one.drain(PATIENCE_S)
    inbox.put(batch(Side.SPOT, 30))
    inbox.put(batch(Side.FUTURES, 31))
    assert one.turn().pairs[0].state is State.LIVE


def test_a_drain_ends_within_its_budget_under_a_producer_that_never_stops() -> None:
    one = pump(Endless(1))
    began_s = time.perf_counter()
    emptied = one.drain(0.01)
    assert not emptied
    assert 0.01 <= time.perf_counter() - began_s < 1.0


def test_a_drain_without_budget_still_makes_progress() -> None:
    inbox = Inbox(10)
    one = pump(inbox)
    for number in range(5):
        inbox.put(batch(Side.SPOT, number))
    turns = 0
    while not one.drain(0.0):
        turns += 1
        assert turns < 10
    assert one.market.snapshot(Instant(9, 9)).pairs[0].counts.spot == 5


def test_a_drain_of_a_few_events_takes_all_of_them() -> None:
    inbox = Inbox(100)
    one = pump(inbox)
    for number in range(50):
        inbox.put(batch(Side.FUTURES, number))
    assert one.drain(PATIENCE_S)
    assert inbox.get() is None


def test_a_turn_gives_the_snapshot_of_the_present() -> None:
    assert pump(Inbox(1), now_ms=1234).turn().at == Instant(1234, 1234)


def test_two_producers_at_once_keep_each_its_own_order_and_lose_nothing() -> None:
    inbox, count = Inbox(100_000), 5000
    feeds = [putting(inbox.put, [batch(venue, number) for number in range(count)], f"feed-{venue}") for venue in Side]
    taken: dict[Side, list[int]] = {venue: [] for venue in Side}

    def take() -> None:
        deadline_s = time.monotonic() + PATIENCE_S
        while sum(map(len, taken.values())) < 2 * count and time.monotonic() < deadline_s:
            if isinstance(event := inbox.get(), Batch):
                taken[event.side].append(event.at.mono_ms)

    run(*feeds, threading.Thread(target=take, name="taker", daemon=True))
    assert taken == {venue: list(range(count)) for venue in Side}


def test_a_replay_waits_for_room_and_loses_nothing() -> None:
    inbox, stop = Inbox(2), threading.Event()
    events = [batch(Side.SPOT, number) for number in range(300)]
    source = putting(lambda event: inbox.put_waiting(event, stop), events, "replay")
    source.start()
    taken: list[int] = []
    deadline_s = time.monotonic() + PATIENCE_S
    while len(taken) < 300 and time.monotonic() < deadline_s:
        if (event := inbox.get()) is not None:
            assert isinstance(event, Batch)
            taken.append(event.at.mono_ms)
    source.join(PATIENCE_S)
    assert taken == list(range(300))


def test_a_replay_that_waits_for_room_stops_when_told_to() -> None:
    inbox, stop = Inbox(1), threading.Event()
    inbox.put(batch(Side.SPOT, 1))
    source = threading.Thread(target=inbox.put_waiting, args=(batch(Side.SPOT, 2), stop), name="replay", daemon=True)
    source.start()
    stop.set()
    began_s = time.monotonic()
    source.join(PATIENCE_S)
    assert not source.is_alive()
    assert time.monotonic() - began_s < 5
    assert isinstance(inbox.get(), Batch)
    assert inbox.get() is None


@pytest.mark.parametrize("failures", [1, 4, 5])
def test_news_of_a_connection_is_applied_again_when_the_market_failed(failures: int) -> None:
    inbox = Inbox(10)
    served = pump(inbox)
    opened(inbox)
    news = Link(Side.SPOT, Phase.LOST, "gone", Instant(5, 5))
    inbox.put(news)
    seen: list[Event] = []
    apply = served.market.apply

    def failing(event: Event) -> None:
        seen.append(event)
        if event is news and seen.count(news) <= failures:
            raise RuntimeError
        apply(event)

    with patch.object(served.market, "apply", failing):
        for _ in range(failures):
            with pytest.raises(RuntimeError):
                served.turn()
        assert (served.turn().pairs[0].spot.reason == "gone") is (failures < 5)
    assert seen.count(news) == min(failures + 1, 5)  # a fault that stays must not stop the rest
