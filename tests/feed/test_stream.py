"""A stream keeps one connection to a real server: subscribes, hands over, notices every loss, stops at once."""

import contextlib
import itertools
import json
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from spreadwatch.core.events import Batch, Event, Phase
from spreadwatch.core.leg import State
from spreadwatch.core.quote import Instant, Side
from spreadwatch.feed import clock
from spreadwatch.feed.stream import Stream
from tests.conftest import PATIENCE_S, Feeds, Sink, wait_for
from tests.exchange.frames import Response
from tests.exchange.server import STALL, Drip, Exchange, frame, http_response
from tests.exchange.tls import self_signed

ETH = "ethusdt@bookTicker"
PAYLOAD = json.dumps({"u": 9, "s": "ETHUSDT", "b": "1", "B": "1", "a": "2", "A": "1"}).encode()
STOP_S = 0.5


def stopped_in_time(stream: Stream) -> bool:
    stream.stop()
    return stream.join(STOP_S)


# ----- connecting


@pytest.mark.parametrize(("venue", "path"), [(Side.SPOT, "/stream"), (Side.FUTURES, "/public/stream")])
def test_symbols_and_heartbeat_are_subscribed_by_one_message(feeds: Feeds, venue: Side, path: str) -> None:
    feeds.start(venue)
    connection = feeds.exchange.wait_subscribed(venue, ETH)
    assert connection.path == path
    [message] = connection.messages
    request = json.loads(message)
    assert (request["method"], request["params"]) == ("SUBSCRIBE", [ETH, "btcusdt@bookTicker"])


def test_a_quote_is_handed_over_as_it_stands_on_the_wire(feeds: Feeds, sink: Sink) -> None:
    feeds.start(Side.FUTURES)
    feeds.exchange.wait_subscribed("futures", ETH)
    feeds.exchange.quote("futures", "ETHUSDT", "3412.50", "3412.57", bid_qty="0.0010", ask_qty="4.1830", u=77)
    [quote] = sink.wait_quotes(1)
    assert (str(quote.bid), str(quote.bid_qty), str(quote.ask), str(quote.ask_qty)) == (
        "3412.50",
        "0.0010",
        "3412.57",
        "4.1830",
    )
    assert (quote.side, quote.symbol, quote.update_id) == (Side.FUTURES, "ETHUSDT", 77)
    assert [link.phase for link in sink.links(*Phase)] == [Phase.OPENING, Phase.OPEN]


def test_a_refused_subscription_is_counted(feeds: Feeds, sink: Sink) -> None:
    feeds.exchange.answer("spot", lambda _connection, _message: b'{"error":{"code":2,"msg":"Invalid request"},"id":1}')
    feeds.start()
    sink.wait(lambda: bool(sink.batches()))
    [batch] = sink.batches()
    assert (batch.heard, batch.rejects) == (False, ("error reply",))


# ----- losing and coming back

LOSSES: dict[str, tuple[Callable[[Exchange], object], str]] = {
    "fin": (lambda exchange: exchange.fin("spot"), "closed the connection without a word"),
    "rst": (lambda exchange: exchange.rst("spot"), "no connection to 127.0.0.1: Connection reset by peer"),
    "close 1000": (lambda exchange: exchange.close("spot", 1000), "closed the connection (1000)"),
    "close 1008": (lambda exchange: exchange.close("spot", 1008, "Too many requests"), "(1008): Too many requests"),
    "empty close": (lambda exchange: exchange.close("spot", None, end_tcp=False), "the exchange closed the connection"),
    "masked": (lambda exchange: exchange.send_raw("spot", frame(b"x", mask=b"abcd")), "broke the protocol: a masked"),
    "rsv": (
        lambda exchange: exchange.send_raw("spot", frame(b"{}", rsv=4)),
        "broke the protocol: a frame with reserved",
    ),
    "2^62": (lambda exchange: exchange.send_raw("spot", frame(length=1 << 62)), "a frame of 4611686018427387904 bytes"),
}


@pytest.mark.parametrize("loss", LOSSES)
def test_a_lost_connection_is_named_and_made_anew(feeds: Feeds, sink: Sink, loss: str) -> None:
    lose, reason = LOSSES[loss]
    feeds.start()
    feeds.exchange.wait_subscribed("spot", ETH)
    lose(feeds.exchange)
    assert reason in sink.wait_link(Phase.LOST).reason
    feeds.exchange.wait_subscribed("spot", ETH, PATIENCE_S, count=2)
    feeds.exchange.quote("spot", "ETHUSDT", 1, 2)
    sink.wait_quotes(1)
    feeds.exchange.wait_until(lambda: not feeds.exchange.connections("spot")[0].is_open)


def test_what_came_before_a_loss_is_not_lost(feeds: Feeds, sink: Sink) -> None:
    feeds.start()
    connection = feeds.exchange.wait_subscribed("spot", ETH)
    connection.send_raw(connection.wrap(ETH, PAYLOAD) + frame(b"", rsv=1))
    sink.wait_link(Phase.LOST)
    assert [quote.update_id for quote in sink.quotes()] == [9]


def test_a_leg_is_connecting_after_a_reconnect_until_its_next_quote(feeds: Feeds, sink: Sink) -> None:
    feeds.start()
    feeds.exchange.wait_subscribed("spot", ETH)
    feeds.exchange.quote("spot", "ETHUSDT", 1, 2)
    sink.wait_quotes(1)
    assert sink.pair().spot.state is State.LIVE
    feeds.exchange.fin("spot")
    sink.wait_link(Phase.LOST)
    sink.wait_link(Phase.OPEN, 2)
    leg = sink.pair().spot
    assert (leg.state, leg.reason) == (State.CONNECTING, "connected to spot, waiting for the first quote of ETHUSDT")
    feeds.exchange.wait_subscribed("spot", ETH, count=2)
    feeds.exchange.quote("spot", "ETHUSDT", 1, 2)
    sink.wait_quotes(2)
    assert sink.pair().spot.state is State.LIVE
    assert sink.pair().counts.reconnects == 1


def test_a_fault_of_our_own_costs_a_connection_and_no_more(
    feeds: Feeds, sink: Sink, caplog: pytest.LogCaptureFixture
) -> None:
    def faulty(event: Event) -> None:
        sink(event)
        if isinstance(event, Batch) and len(sink.batches()) == 1:
            raise ZeroDivisionError

    feeds.start(sink=faulty)
    for count in (1, 2):
        feeds.exchange.wait_subscribed("spot", ETH, PATIENCE_S, count=count)
        feeds.exchange.quote("spot", "ETHUSDT", 1, 2)
        sink.wait_quotes(count)
    assert sink.wait_link(Phase.LOST).reason.startswith("an error in this program")
    assert any(record.exc_info for record in caplog.records)


# ----- handshakes


@pytest.mark.parametrize("response", [STALL, Drip(0.05), Drip(0, b"HTTP/1.1 101 Swit")], ids=["stall", "drip", "half"])
def test_a_handshake_that_takes_too_long_is_given_up(feeds: Feeds, sink: Sink, response: Response) -> None:
    feeds.exchange.upgrade("spot", response, times=1)
    began = time.monotonic()
    feeds.start(handshake_s=0.4)
    assert sink.wait_link(Phase.LOST).reason == "127.0.0.1 did not answer within 0.4 s; trying again"
    assert time.monotonic() - began < 2
    feeds.exchange.wait_subscribed("spot", ETH, PATIENCE_S)


def test_a_refused_region_is_asked_again_after_five_minutes_at_the_earliest(feeds: Feeds, sink: Sink) -> None:
    feeds.exchange.upgrade("spot", http_response(451, {"Retry-After": "1"}, b'{"code":0}'))
    stream = feeds.start()
    reason = sink.wait_link(Phase.LOST).reason
    assert reason == "127.0.0.1 is not offered from this location (451); trying again in 300 s"
    assert stream.failure is not None
    assert stream.failure.status == 451
    assert stream.failure.pause_s >= 300
    assert len(feeds.exchange.attempts("spot")) == 1


def test_retry_after_is_honoured(feeds: Feeds) -> None:
    feeds.exchange.upgrade("spot", http_response(429, {"Retry-After": "1"}), times=1)
    feeds.start()
    feeds.exchange.wait_subscribed("spot", ETH, PATIENCE_S)
    first, second = feeds.exchange.attempts("spot")
    assert second - first >= 1


def test_a_redirect_is_not_followed(feeds: Feeds, sink: Sink) -> None:
    target = feeds.exchange.futures_stream + "/public/stream"
    feeds.exchange.upgrade("spot", http_response(302, {"Location": target}), times=1)
    feeds.start()
    assert "login page" in sink.wait_link(Phase.LOST).reason
    assert feeds.exchange.attempts("futures") == []


# ----- pings


def test_a_ping_is_answered_in_kind_once_the_quotes_before_it_are_handed_over(feeds: Feeds, sink: Sink) -> None:
    pongs_at_quote: list[int] = []

    def slow(event: Event) -> None:
        if isinstance(event, Batch):
            time.sleep(0.05)  # time enough for a hasty pong to arrive
            pongs_at_quote.append(len(connection.pongs))
        sink(event)

    feeds.start(sink=slow)
    connection = feeds.exchange.wait_subscribed("spot", ETH)
    connection.send_raw(connection.wrap(ETH, PAYLOAD) + frame(b"\x00\xff1791382994657", opcode=9))
    feeds.exchange.wait_until(lambda: len(connection.pongs) == 1)
    assert connection.pongs == [b"\x00\xff1791382994657"]
    assert pongs_at_quote == [0]


# ----- stopping


@pytest.mark.parametrize("stage", ["accept", "upgrade"])
def test_a_stream_stops_while_its_server_does_not_answer(feeds: Feeds, stage: str) -> None:
    if stage == "accept":
        feeds.exchange.accept("spot", STALL)
    else:
        feeds.exchange.upgrade("spot", STALL)
    stream = feeds.start()
    seen = feeds.exchange.attempts if stage == "accept" else feeds.exchange.requests
    feeds.exchange.wait_until(lambda: len(seen("spot")) == 1)
    assert stopped_in_time(stream)


def test_a_stream_stops_while_it_waits_to_try_again(feeds: Feeds, sink: Sink) -> None:
    feeds.exchange.upgrade("spot", http_response(403))
    stream = feeds.start()
    sink.wait_link(Phase.LOST)
    assert stopped_in_time(stream)


@pytest.mark.parametrize("last", [b"", frame(b"x" * 500)[:100]], ids=["idle", "mid-frame"])
def test_an_open_stream_stops(feeds: Feeds, last: bytes) -> None:
    stream = feeds.start()
    feeds.exchange.wait_subscribed("spot", ETH).send_raw(last)
    assert stopped_in_time(stream)


def test_a_stream_stops_under_a_flood(feeds: Feeds, sink: Sink) -> None:
    stream = feeds.start()
    connection = feeds.exchange.wait_subscribed("spot", ETH)
    ids = itertools.count(1)

    def pour() -> None:
        payload = b'{"u":%d,"s":"ETHUSDT","b":"1","B":"1","a":"2","A":"1"}'
        while connection.send_raw(b"".join(connection.wrap(ETH, payload % next(ids)) for _ in range(500))):
            pass

    pourer = threading.Thread(target=pour, name="pourer")
    pourer.start()
    try:
        sink.wait_quotes(5_000)
        assert stopped_in_time(stream)
    finally:
        connection.end()
        pourer.join(PATIENCE_S)


# ----- replacing a connection before its end


def test_a_connection_is_replaced_without_losing_or_repeating_a_quote(feeds: Feeds, sink: Sink) -> None:
    feeds.start(renew_s=0.3)
    first = feeds.exchange.wait_subscribed("spot", ETH)
    for update_id in itertools.count(1):
        feeds.exchange.quote("spot", "ETHUSDT", 1, 2, u=update_id)
        time.sleep(0.005)
        if not first.is_open:
            break
    quotes = sink.wait_quotes(update_id)
    assert [quote.update_id for quote in quotes] == list(range(1, update_id + 1))
    assert len(feeds.exchange.connections("spot")) >= 2
    assert sink.links(Phase.LOST) == []
    assert sink.pair().counts.reconnects == 0


def test_a_notice_of_shutdown_begins_a_replacement(feeds: Feeds, sink: Sink) -> None:
    feeds.start()
    first = feeds.exchange.wait_subscribed("spot", ETH)
    feeds.exchange.send("spot", {"e": "serverShutdown", "E": 1770123456789})
    second = feeds.exchange.wait_subscribed("spot", ETH, PATIENCE_S, count=2)
    second.send_raw(second.wrap(ETH, PAYLOAD))
    feeds.exchange.wait_until(lambda: not first.is_open)
    assert [quote.update_id for quote in sink.quotes()] == [9]
    assert sink.links(Phase.LOST) == []
    assert all(batch.rejects == () for batch in sink.batches())


def test_a_replacement_that_is_always_a_little_later_takes_over_all_the_same(feeds: Feeds, sink: Sink) -> None:
    feeds.start(renew_s=0.05)
    first = feeds.exchange.wait_subscribed("spot", ETH)
    second = feeds.exchange.wait_subscribed("spot", ETH, PATIENCE_S, count=2)
    for update_id in range(1, 100):
        payload = b'{"u":%d,"s":"ETHUSDT","b":"1","B":"1","a":"2","A":"1"}' % update_id
        if not first.send_raw(first.wrap(ETH, payload)):
            break
        sink.wait_quotes(update_id)
        second.send_raw(second.wrap(ETH, payload))
        time.sleep(0.01)
    assert not first.is_open


def test_a_replacement_that_fails_leaves_the_connection_alone(feeds: Feeds, sink: Sink) -> None:
    feeds.start(renew_s=0.2)
    feeds.exchange.wait_subscribed("spot", ETH)
    feeds.exchange.upgrade("spot", http_response(503))
    feeds.exchange.wait_until(lambda: len(feeds.exchange.requests("spot")) == 2, PATIENCE_S)
    feeds.exchange.quote("spot", "ETHUSDT", 1, 2)
    sink.wait_quotes(1)
    assert sink.links(Phase.LOST) == []
    assert feeds.exchange.connections("spot")[0].is_open


@pytest.mark.parametrize("response", [STALL, None], ids=["handshake", "open"])
def test_a_stream_stops_while_it_replaces_its_connection(feeds: Feeds, response: Response) -> None:
    stream = feeds.start(renew_s=0.2)
    feeds.exchange.wait_subscribed("spot", ETH)
    feeds.exchange.upgrade("spot", response)
    feeds.exchange.wait_until(lambda: len(feeds.exchange.requests("spot")) == 2, PATIENCE_S)
    assert stopped_in_time(stream)


def test_what_was_kept_for_a_sleeping_machine_is_not_taken_for_new(feeds: Feeds, sink: Sink) -> None:
    slept_ms = 0

    def waking() -> Instant:
        now = clock.now()
        return Instant(now.wall_ms + slept_ms, now.mono_ms)

    feeds.start(now=waking, watched=False)
    feeds.exchange.wait_subscribed("spot", ETH)
    feeds.exchange.quote("spot", "ETHUSDT", 1, 2)
    sink.wait_quotes(1)
    slept_ms = 60_000
    feeds.exchange.quote("spot", "ETHUSDT", 1, 2)
    assert "slept" in sink.wait_link(Phase.LOST).reason
    assert len(sink.quotes()) == 1


# ----- TLS


@pytest.fixture
def stalled(tmp_path: Path, sink: Sink) -> Iterator[tuple[Feeds, Path]]:
    """Run an exchange over TLS with a spot stream inside its handshake: the server says nothing."""
    server, certificate = self_signed(tmp_path)
    with Exchange(tls=server) as exchange, contextlib.ExitStack() as stack:
        exchange.accept("spot", STALL)
        feeds = Feeds(exchange, sink)
        stack.callback(feeds.stop)
        spot = feeds.start(Side.SPOT, ca_file=certificate, handshake_s=4)
        wait_for(lambda: doing(spot) == "do_handshake")
        yield feeds, certificate


def doing(stream: Stream) -> str:
    """Return the name of the function that a stream's thread is in."""
    ident = stream._thread.ident
    frame_of = sys._current_frames().get(ident) if ident is not None else None
    return frame_of.f_code.co_name if frame_of else ""


def test_a_tls_handshake_that_stalls_on_one_venue_does_not_hold_up_the_other(stalled: tuple[Feeds, Path]) -> None:
    feeds, certificate = stalled
    feeds.start(Side.FUTURES, ca_file=certificate)
    feeds.exchange.wait_subscribed("futures", ETH, 2)


def test_a_stream_stops_inside_a_tls_handshake(stalled: tuple[Feeds, Path]) -> None:
    assert stopped_in_time(stalled[0].streams[0])
