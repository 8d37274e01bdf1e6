"""Which connection carries which symbol, and that nobody loses a quote when symbols come and go."""

import itertools
import json
import random
import threading
import time
from collections.abc import Callable, Iterator
from decimal import Decimal

import pytest

from spreadwatch.core.events import Books, Marks, Phase
from spreadwatch.core.quote import MarketKind, Side
from spreadwatch.feed import clock, fleet
from spreadwatch.feed.binance import Contract
from spreadwatch.feed.fleet import Fleet, FleetSettings
from spreadwatch.feed.markets import StreamRoute, stream_url
from spreadwatch.feed.policy import StreamSettings
from spreadwatch.feed.stream import Stream
from tests.conftest import PATIENCE_S, Sink
from tests.exchange.server import Connection, Exchange

MARK = {"e": "markPriceUpdate", "p": "100", "i": "101", "r": "0.0001", "T": 1791388800000}


class Yard:
    """Fleets of a test, and what ends them."""

    def __init__(self, exchange: Exchange, sink: Sink) -> None:
        self.exchange, self.sink = exchange, sink
        self.streams: list[Stream] = []

    def build(self, *, with_books: bool = False) -> Fleet:
        settings = FleetSettings(
            bases={MarketKind.SPOT: self.exchange.spot_stream, MarketKind.USD_M: self.exchange.futures_stream},
            heartbeat="BTCUSDT",
            stream=StreamSettings(30, 30, 5),
            ca_file=None,
            chance=random.Random(1).random,
            wishes=frozenset({"books"} if with_books else ()),
        )
        return Fleet(settings, self.sink, clock.now, self._launch)

    def _launch(self, stream: Stream) -> None:
        self.streams.append(stream)
        stream.start()


@pytest.fixture
def yard(exchange: Exchange, sink: Sink) -> Iterator[Yard]:
    made = Yard(exchange, sink)
    yield made
    for stream in made.streams:
        stream.stop()
    assert [stream for stream in made.streams if not stream.join(PATIENCE_S)] == []


def subscribed(exchange: Exchange, venue: str, kind: str) -> set[str]:
    """Return the symbols whose streams of a kind are carried now."""
    names = itertools.chain.from_iterable(one.subscriptions for one in exchange.connections(venue) if one.is_open)
    return {name.removesuffix(f"@{kind}") for name in names if name.endswith(f"@{kind}")}


def until(exchange: Exchange, condition: Callable[[], bool]) -> None:
    exchange.wait_until(condition, PATIENCE_S)


def test_symbols_come_and_go_on_the_connections_that_are_there(yard: Yard, exchange: Exchange) -> None:
    fleet = yard.build()
    assert fleet.add(["ETHUSDT", "PEPEUSDT"]) == {"ETHUSDT": 0, "PEPEUSDT": 0}
    until(exchange, lambda: subscribed(exchange, "spot", "bookTicker") == {"ethusdt", "pepeusdt", "btcusdt"})
    until(exchange, lambda: subscribed(exchange, "marks", "markPrice@1s") == {"ethusdt", "1000pepeusdt"})
    fleet.add(["SOLUSDT"])
    until(exchange, lambda: "solusdt" in subscribed(exchange, "futures", "bookTicker"))
    until(exchange, lambda: "solusdt" in subscribed(exchange, "marks", "markPrice@1s"))
    fleet.remove("PEPEUSDT")
    until(exchange, lambda: subscribed(exchange, "futures", "bookTicker") == {"ethusdt", "btcusdt", "solusdt"})
    until(exchange, lambda: subscribed(exchange, "marks", "markPrice@1s") == {"ethusdt", "solusdt"})
    assert [len(exchange.connections(venue)) for venue in ("spot", "futures", "marks")] == [1, 1, 1]


def test_the_heartbeat_stays_when_it_is_no_longer_watched(yard: Yard, exchange: Exchange, sink: Sink) -> None:
    fleet = yard.build()
    fleet.add(["BTCUSDT", "ETHUSDT"])
    exchange.wait_subscribed("spot", "btcusdt@bookTicker")
    exchange.quote("spot", "BTCUSDT", 1, 2)
    assert sink.wait_quotes(1)[0].symbol == "BTCUSDT"
    fleet.remove("BTCUSDT")
    fleet.add(["SOLUSDT"])  # by the time this is asked for, an unsubscription would have been
    until(exchange, lambda: "solusdt" in subscribed(exchange, "spot", "bookTicker"))
    time.sleep(1.2)
    assert "btcusdt" in subscribed(exchange, "spot", "bookTicker")
    exchange.quote("spot", "BTCUSDT", 1, 2)
    sink.wait(lambda: sum(batch.heard for batch in sink.batches()) >= 2)
    assert len(sink.quotes()) == 1
    fleet.add(["BTCUSDT"])
    exchange.quote("spot", "BTCUSDT", 1, 2)
    assert len(sink.wait_quotes(2)) == 2


def test_many_symbols_are_split_over_connections(
    yard: Yard, exchange: Exchange, sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fleet, "SHARD_SYMBOLS", 3)
    ships = yard.build()
    symbols = [f"COIN{number}USDT" for number in range(7)]
    assert list(ships.add(symbols).values()) == [0, 0, 0, 1, 1, 1, 2]
    until(exchange, lambda: len(subscribed(exchange, "spot", "bookTicker")) == 8)
    assert len(exchange.connections("spot")) == 3
    assert all("btcusdt@bookTicker" in one.subscriptions for one in exchange.connections("spot"))
    exchange.wait_subscribed("futures", "coin6usdt@bookTicker")
    exchange.quote("futures", "COIN6USDT", 1, 2)
    sink.wait_quotes(1)
    assert {batch.shard for batch in sink.batches() if batch.quotes} == {2}
    assert {link.shard for link in sink.links(Phase.OPEN)} == {0, 1, 2}
    ships.remove("COIN1USDT")
    assert ships.add(["NEWUSDT"]) == {"NEWUSDT": 0}


def test_a_connection_that_is_begun_while_somebody_records_keeps_the_texts_too(
    yard: Yard, exchange: Exchange, sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fleet, "SHARD_SYMBOLS", 1)
    ships = yard.build()
    ships.keep_texts()
    ships.add(["ETHUSDT", "PEPEUSDT"])
    exchange.wait_subscribed("futures", "1000pepeusdt@bookTicker")
    exchange.quote("futures", "1000PEPEUSDT", "0.0123000", "0.0124000")
    sink.wait_quotes(1)
    [batch] = [batch for batch in sink.batches() if batch.quotes]
    assert batch.shard == 1
    assert batch.texts is not None
    assert batch.texts[0][0] == "0.0123000"


def test_a_quarters_contract_joins_when_it_is_known(yard: Yard, exchange: Exchange, sink: Sink) -> None:
    ships = yard.build()
    key = "BTCUSDT@current_quarter"
    ships.add([key])
    exchange.wait_subscribed("spot", "btcusdt@bookTicker")
    assert "btcusdt_261225" not in subscribed(exchange, "futures", "bookTicker")
    ships.resolve(Contract(key, "BTCUSDT_261225"))
    exchange.wait_subscribed("futures", "btcusdt_261225@bookTicker")
    exchange.wait_subscribed("marks", "btcusdt_261225@markPrice@1s")
    exchange.quote("futures", "BTCUSDT_261225", 101, 102)
    assert sink.wait_quotes(1)[0].symbol == key
    payload = {**MARK, "s": "BTCUSDT_261225", "r": "", "T": 0}
    exchange.send("marks", payload, "btcusdt_261225@markPrice@1s")
    sink.wait(lambda: any(isinstance(event, Marks) and event.marks for event in sink.events))


def test_only_the_books_that_are_shown_are_asked_for(yard: Yard, exchange: Exchange, sink: Sink) -> None:
    ships = yard.build(with_books=True)
    ships.add(["ETHUSDT", "PEPEUSDT"])
    assert len(yard.streams) == 3
    ships.show(["ETHUSDT"])
    exchange.wait_subscribed("spot", "ethusdt@depth20@100ms")
    exchange.wait_subscribed("futures", "ethusdt@depth20@100ms")
    payload = {"lastUpdateId": 1, "bids": [["99", "1"]], "asks": [["100", "1"]]}
    exchange.send("spot", payload, "ethusdt@depth20@100ms")
    sink.wait(lambda: any(isinstance(event, Books) and event.books for event in sink.events))
    ships.show(["PEPEUSDT"])
    until(exchange, lambda: subscribed(exchange, "futures", "depth20@100ms") == {"1000pepeusdt"})
    until(exchange, lambda: subscribed(exchange, "spot", "depth20@100ms") == {"pepeusdt"})
    assert not any(batch.rejects for batch in sink.batches())


def test_adding_and_removing_fifty_symbols_in_a_flood_loses_no_quote_of_the_others(
    yard: Yard, exchange: Exchange, sink: Sink
) -> None:
    fixed = [f"COIN{number}USDT" for number in range(20)]
    coming = [f"NEW{number}USDT" for number in range(50)]
    ships = yard.build()
    ships.add(fixed)
    for venue in ("spot", "futures"):
        exchange.wait_subscribed(venue, "coin19usdt@bookTicker")
    sent, stop = itertools.count(1), threading.Event()

    def flood() -> None:
        while not stop.is_set():
            for venue in ("spot", "futures"):
                number = next(sent)
                for symbol in (*fixed, *coming):
                    exchange.quote(venue, symbol, 100, 101, u=number)
            time.sleep(0.02)

    thread = threading.Thread(target=flood, name="flood")
    thread.start()
    try:
        ships.add(coming)
        until(exchange, lambda: {"new49usdt"} <= subscribed(exchange, "futures", "bookTicker"))
        for symbol in coming:
            ships.remove(symbol)
        for venue in ("spot", "futures"):
            until(exchange, lambda venue=venue: "new49usdt" not in subscribed(exchange, venue, "bookTicker"))  # type: ignore[misc]
    finally:
        stop.set()
        thread.join()
    check_whole(sink, fixed, next(sent) - 1)
    assert [len(exchange.connections(venue)) for venue in ("spot", "futures")] == [1, 1]
    assert not any(batch.rejects for batch in sink.batches())
    for connection in (*exchange.connections("spot"), *exchange.connections("futures")):
        check_pace(connection)


def check_whole(sink: Sink, symbols: list[str], last: int) -> None:
    """Assert that every id from the first one on arrived, in order, of every symbol on both venues."""
    sink.wait(lambda: any(quote.update_id == last and quote.symbol == symbols[-1] for quote in sink.quotes()))
    for venue, first in ((Side.SPOT, 1), (Side.FUTURES, 2)):
        for symbol in symbols:
            seen = [quote.update_id for quote in sink.quotes() if (quote.side, quote.symbol) == (venue, symbol)]
            assert seen == list(range(first, last + 1, 2))


def check_pace(connection: Connection) -> None:
    """Assert that requests kept the exchange's pace, and that names travelled together."""
    assert min((after - before for before, after in itertools.pairwise(connection.received_at)), default=1.0) >= 0.45
    assert len([json.loads(message)["method"] for message in connection.messages]) <= 4


def test_silent_marks_touch_nothing_but_funding(yard: Yard, exchange: Exchange, sink: Sink) -> None:
    ships = yard.build()
    ships.add(["ETHUSDT"])
    exchange.wait_subscribed("marks", "ethusdt@markPrice@1s").rst()
    exchange.upgrade("marks", None)
    exchange.wait_subscribed("futures", "ethusdt@bookTicker")
    exchange.quote("futures", "ETHUSDT", Decimal(1), Decimal(2))
    sink.wait_quotes(1)
    assert {link.side for link in sink.links(Phase.LOST)} == set()
    assert stream_url(MarketKind.USD_M, "wss://a/", StreamRoute.MARKET) == "wss://a/market/stream"
