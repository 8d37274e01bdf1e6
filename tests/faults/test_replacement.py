"""A connection is replaced before its end: no gap, no quote twice, none missing, and one venue at a time."""

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from unittest.mock import patch
from urllib.parse import urlsplit

import pytest

from spreadwatch.core.quote import Side
from spreadwatch.feed import policy
from spreadwatch.feed.policy import StreamSettings
from tests.exchange.connection import Answer
from tests.exchange.frames import Response
from tests.exchange.server import STALL, Connection, Exchange, encode, frame, http_response
from tests.faults import figures
from tests.faults.proxy import Proxy
from tests.faults.streams import STREAM, Publisher, Streams, bases, longest_gap_s

SPOT, FUTURES = Side.SPOT, Side.FUTURES
_NEVER_S = 3600.0
_GAP_S = 0.25
RAW = b'{"e":"serverShutdown","E":1770123456789}'
COMBINED = b'{"stream":"!serverShutdown","data":' + RAW + b"}"


def _settings(renew_s: float = _NEVER_S, silence_s: float = 1.0) -> StreamSettings:
    return StreamSettings(silence_s=silence_s, handshake_s=0.5, backoff_cap_s=0.5, renew_s=renew_s)


class Watch:
    """Counts, 500 times a second, how many connections each venue has open. A context manager."""

    def __init__(self, exchange: Exchange) -> None:
        self.both = 0
        self.most = 0
        self._exchange = exchange
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join(3)

    def _run(self) -> None:
        while not self._stopping.wait(0.002):
            counts = [len(open_ones(self._exchange, venue)) for venue in ("spot", "futures")]
            self.most = max(self.most, *counts)
            self.both += min(counts) > 1


def open_ones(exchange: Exchange, venue: str) -> list[Connection]:
    """Return a venue's connections that are open."""
    return [one for one in exchange.connections(venue) if one.is_open]


def check_ids(streams: Streams, venue: Side, publisher: Publisher) -> None:
    """Assert that every update id came once, in order, without a gap in time."""
    seen = streams.quotes(venue)
    ids = [quote.update_id for _, quote in seen]
    wrong = sum(after <= before for before, after in itertools.pairwise(ids))
    missing = [(before, after) for before, after in itertools.pairwise(ids) if after > before + 1]
    lost = sum(after - before - 1 for before, after in missing)
    gap_s = longest_gap_s([at_s for at_s, _ in seen], publisher.sent_s)
    figures.note("planned replacement, backward or duplicate update ids", wrong, "ids", 0)
    figures.note("planned replacement, missing update ids", lost, "ids", 0)
    figures.note("planned replacement, gap", round(gap_s * 1000), "ms", _GAP_S * 1000)
    assert wrong == 0, f"{wrong} update ids of {len(ids)} backward or twice"
    assert gap_s <= _GAP_S, f"{gap_s * 1000:.0f} ms without a quote"
    assert not missing, f"{lost} of {len(ids)} update ids missing: {missing[:5]}"


def check_unbroken(streams: Streams, publisher: Publisher) -> None:
    """Assert that no connection was lost, and that every id arrived."""
    for venue in streams.streams:
        assert not streams.reasons(venue), streams.story()
        check_ids(streams, venue, publisher)


def replaced_often(seconds: float = 6.0) -> None:
    """Both venues, a replacement every half second."""
    with (
        Exchange() as exchange,
        Watch(exchange) as watch,
        Publisher(exchange, 0.002) as publisher,
        Streams(bases(exchange), _settings(0.5)) as streams,
    ):
        for venue in streams.streams:
            streams.wait(lambda venue=venue: streams.quotes(venue))  # type: ignore[misc]
        time.sleep(seconds)
        streams.stop()
        counts = {venue: len(exchange.connections(str(venue))) for venue in streams.streams}
    assert min(counts.values()) >= seconds / 1.5, counts
    figures.note("planned replacements watched", sum(counts.values()), "connections", 10, "total")
    figures.note("both venues replaced at once", watch.both, "samples", 0)
    assert watch.both == 0
    assert watch.most == 2, watch.most
    check_unbroken(streams, publisher)


def test_replacements_lose_and_repeat_nothing() -> None:
    replaced_often(15.0 if figures.is_long() else 6.0)


def noticed(payload: bytes) -> None:
    """`serverShutdown` on spot: replaced at once."""
    with (
        Exchange() as exchange,
        Publisher(exchange, 0.002) as publisher,
        Streams(bases(exchange), _settings()) as streams,
    ):
        streams.wait(lambda: streams.quotes(SPOT) and streams.quotes(FUTURES))
        old = open_ones(exchange, "spot")[0]
        began_s = time.monotonic()
        old.send_raw(frame(payload))
        streams.wait(lambda: len(exchange.connections("spot")) == 2 and not old.is_open, 2.0, "a successor")
        taken_s = time.monotonic() - began_s
        time.sleep(0.1)
        assert len(exchange.connections("futures")) == 1
        streams.stop()
    figures.note("serverShutdown to the new connection alone", taken_s, "s", 1.0)
    assert taken_s <= 1.0
    assert all(not batch.rejects for _, batch in streams.batches(SPOT))
    check_unbroken(streams, publisher)


@pytest.mark.parametrize("payload", [RAW, COMBINED], ids=["raw", "combined"])
def test_a_notice_of_the_end_is_heeded(payload: bytes) -> None:
    noticed(payload)


def test_a_notice_on_the_new_connection_is_heeded() -> None:
    with (
        Exchange() as exchange,
        Publisher(exchange) as publisher,
        Streams(bases(exchange, SPOT), _settings()) as streams,
    ):
        streams.wait(lambda: streams.quotes(SPOT))

        def answer(connection: Connection, _: bytes) -> bytes:
            if len(exchange.connections("spot")) == 2:
                connection.send_raw(frame(RAW))
            return b'{"result":null,"id":1}'

        exchange.answer("spot", answer)
        exchange.send_raw("spot", frame(RAW))
        streams.wait(lambda: len(exchange.connections("spot")) == 3, 3.0, "a successor of the successor")
        streams.stop()
    check_unbroken(streams, publisher)


def test_a_notice_on_both_venues_replaces_one_after_the_other() -> None:
    with (
        Exchange() as exchange,
        Watch(exchange) as watch,
        Publisher(exchange, 0.002) as publisher,
        Streams(bases(exchange), _settings()) as streams,
    ):
        streams.wait(lambda: streams.quotes(SPOT) and streams.quotes(FUTURES))
        for venue in ("spot", "futures"):
            exchange.send_raw(venue, frame(RAW))
        both = ("spot", "futures")
        streams.wait(
            lambda: all(len(exchange.connections(one)) == 2 and len(open_ones(exchange, one)) == 1 for one in both), 3.0
        )
        streams.stop()
    assert watch.both == 0
    check_unbroken(streams, publisher)


def slower_old(old_s: float, new_s: float) -> None:
    """The new connection's way is shorter, or longer, than the old one's."""
    with (
        Exchange() as exchange,
        Proxy(urlsplit(exchange.spot_stream).port or 0) as proxy,
        Publisher(exchange, 0.002) as publisher,
    ):
        proxy.latency_s = old_s
        with Streams({SPOT: proxy.url}, _settings()) as streams:
            streams.wait(lambda: streams.quotes(SPOT))
            proxy.latency_s = new_s
            exchange.send_raw("spot", frame(RAW))
            streams.wait(lambda: len(exchange.connections("spot")) == 2 and len(open_ones(exchange, "spot")) == 1, 3.0)
            time.sleep(0.1)
            streams.stop()
    check_unbroken(streams, publisher)


@pytest.mark.parametrize(("old_s", "new_s"), [(0.03, 0.0), (0.0, 0.03), (0.08, 0.0)])
def test_ways_of_different_length_lose_nothing(old_s: float, new_s: float) -> None:
    slower_old(old_s, new_s)


@contextmanager
def leaving(
    exchange: Exchange, settings: StreamSettings | None = None
) -> Iterator[tuple[Streams, Connection, Publisher]]:
    """Run spot under a steady stream until its exchange says that it will close the connection."""
    with Publisher(exchange, 0.002) as publisher, Streams(bases(exchange, SPOT), settings or _settings()) as streams:
        streams.wait(lambda: streams.quotes(SPOT))
        old = open_ones(exchange, "spot")[0]
        yield streams, old, publisher
        streams.stop()


FAILING: dict[str, Response] = {
    "refused": http_response(503),
    "stalled": STALL,
    "login page": http_response(200, {}, b"<html>"),
}


def successor_fails(answer: Response) -> None:
    """The old connection goes on when the new one fails, and another one is tried later."""
    with (
        Exchange() as exchange,
        patch.object(policy, "_RENEW_AGAIN_S", 0.3),
        leaving(exchange) as (streams, old, publisher),
    ):
        exchange.upgrade("spot", answer, times=1)
        old.send_raw(frame(RAW))
        streams.wait(lambda: len(exchange.connections("spot")) == 2 and not old.is_open, 6.0, "another successor")
        streams.stop()
        check_unbroken(streams, publisher)


@pytest.mark.parametrize("case", FAILING)
def test_a_successor_that_fails_is_done_without(case: str) -> None:
    successor_fails(FAILING[case])


def _mute_but(old: Connection) -> Answer:
    def answer(connection: Connection, _: bytes) -> None:
        if connection is not old:
            connection.mute()

    return answer


def mute_successor() -> None:
    """A successor that opens and never speaks is given up."""
    with (
        Exchange() as exchange,
        patch.object(policy, "_RENEW_AGAIN_S", 0.2),
        leaving(exchange) as (streams, old, publisher),
    ):
        exchange.answer("spot", _mute_but(old))
        old.send_raw(frame(RAW))
        mute = exchange.wait_subscribed("spot", STREAM, count=2)
        exchange.answer("spot", None)
        began_s = time.monotonic()
        streams.wait(lambda: len(exchange.connections("spot")) == 3 and not old.is_open, 2.5, "another successor")
        assert time.monotonic() - began_s <= 2.5
        assert not mute.wire.send(b"x") or len(open_ones(exchange, "spot")) <= 2
        streams.stop()
        mute.end()
        check_unbroken(streams, publisher)


def test_a_mute_successor_is_given_up() -> None:
    mute_successor()


def ordered_to_wait() -> None:
    """A successor that is asked to wait is not tried again before that, and nor is a lost connection."""
    with (
        Exchange() as exchange,
        patch.object(policy, "_RENEW_AGAIN_S", 0.2),
        leaving(exchange) as (streams, old, _),
    ):
        exchange.upgrade("spot", http_response(429, {"Retry-After": "2"}))
        old.send_raw(frame(RAW))
        exchange.wait_until(lambda: len(exchange.attempts("spot")) == 2)
        first_s = exchange.attempts("spot")[1]
        time.sleep(0.7)
        old.rst()
        streams.wait(lambda: streams.reasons(SPOT))
        time.sleep(max(first_s + 1.9 - time.monotonic(), 0))
        early = [at_s - first_s for at_s in exchange.attempts("spot")[2:]]
        streams.stop()
    figures.note("attempts before Retry-After in a replacement", len(early), "attempts", 0)
    assert not early, f"attempts {early} s after being told to wait 2 s"


def test_a_successor_told_to_wait_is_not_tried_again_before() -> None:
    ordered_to_wait()


def dies_in_overlap(end: Callable[[Connection], object]) -> None:
    """The old connection dies while the new one has begun to speak, or is about to."""
    with (
        Exchange() as exchange,
        patch.object(policy, "_OVERLAP_MS", 2000),
        leaving(exchange) as (streams, old, publisher),
    ):
        old.send_raw(frame(RAW))
        streams.wait(
            lambda: len(exchange.connections("spot")) == 2 and STREAM in exchange.connections("spot")[1].subscriptions
        )
        successor = streams.streams[SPOT]._successor
        assert successor is not None
        streams.wait(lambda: successor.ready)
        end(old)
        time.sleep(0.5)
        assert len(exchange.connections("spot")) == 2
        streams.stop()
        check_unbroken(streams, publisher)


@pytest.mark.parametrize("how", ["fin", "rst", "close"])
def test_the_old_connection_may_die_in_the_overlap(how: str) -> None:
    ways: dict[str, Callable[[Connection], object]] = {
        "fin": Connection.fin,
        "rst": Connection.rst,
        "close": Connection.close,
    }
    dies_in_overlap(ways[how])


def watched_after() -> None:
    """A connection that took over from one that was cut for its silence is watched as any other."""
    with (
        Exchange() as exchange,
        patch.object(policy, "_OVERLAP_MS", 5000),
        Publisher(exchange) as publisher,
        Streams(bases(exchange, SPOT), _settings(silence_s=0.6)) as streams,
    ):
        streams.wait(lambda: streams.quotes(SPOT))
        publisher.paused = True
        exchange.send_raw("spot", frame(RAW))
        new = exchange.wait_subscribed("spot", STREAM, count=2)
        quote = encode({"s": "ETHUSDT", "u": 10**6, "b": "1", "B": "1", "a": "2", "A": "1"})
        new.send_raw(new.wrap(STREAM, quote))  # to the new one alone; the old one is cut for its silence
        old = exchange.connections("spot")[0]
        streams.wait(lambda: not old.is_open, 2.0, "the hand-over")
        assert not streams.reasons(SPOT), streams.story()
        streams.wait(lambda: streams.reasons(SPOT), 2.0, "the watchdog")
        streams.stop()


def test_a_successor_of_a_silent_connection_is_watched() -> None:
    watched_after()


def test_a_quiet_coin_survives_a_replacement() -> None:
    with (
        Exchange() as exchange,
        patch.object(policy, "_OVERLAP_MS", 300),
        Publisher(exchange, symbol="BTCUSDT"),
        Streams(bases(exchange, SPOT), _settings(silence_s=0.5)) as streams,
    ):
        streams.wait(lambda: streams.batches(SPOT))
        exchange.send_raw("spot", frame(RAW))
        exchange.wait_subscribed("spot", STREAM, count=2)
        exchange.quote("spot", "ETHUSDT", "1000.10", "1000.20")  # comes twice, then the coin is quiet
        time.sleep(1.5)
        assert len(streams.quotes(SPOT)) == 1
        assert not streams.reasons(SPOT), streams.story()
        assert len(exchange.connections("spot")) == 2


def stopped_in_overlap(answer: Response) -> None:
    """Told to stop while a successor is being opened, or has taken over nothing yet."""
    before = set(threading.enumerate())
    with (
        Exchange() as exchange,
        patch.object(policy, "_OVERLAP_MS", 5000),
        leaving(exchange) as (streams, old, _),
    ):
        exchange.upgrade("spot", answer)
        seen = len(exchange.attempts("spot"))
        old.send_raw(frame(RAW))
        exchange.wait_until(lambda: len(exchange.attempts("spot")) > seen)
        time.sleep(0.1)
        streams.stop()
        left = [thread.name for thread in set(threading.enumerate()) - before if thread.name.startswith("feed-")]
        exchange.wait_until(lambda: not open_ones(exchange, "spot"), 1.0)
    figures.note("stop in an overlap", streams.stopped_s, "s", 0.3)
    assert streams.stopped_s <= 0.3, f"{streams.stopped_s} s"
    assert not left


@pytest.mark.parametrize("case", ["opens", "stalled"])
def test_stop_in_the_overlap_ends_both(case: str) -> None:
    stopped_in_overlap(None if case == "opens" else STALL)
