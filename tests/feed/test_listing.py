"""What the exchange's symbol lists say of a leg, fetched from a real server."""

import json
import ssl
import time
import urllib.error
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from spreadwatch.core.events import Event, Interval, Listing
from spreadwatch.core.pair_name import PERPETUAL, market_of
from spreadwatch.core.quote import MarketKind, Side
from spreadwatch.feed import catalog, listing
from spreadwatch.feed.binance import Contract, contract
from spreadwatch.feed.dial import tls_context
from spreadwatch.feed.listing import ListingLoader
from tests.conftest import PATIENCE_S, Sink, wait_for
from tests.exchange.server import STALL, Exchange, Symbol, http_response
from tests.exchange.tls import self_signed

TLS = tls_context(None)
WATCHED = ("ETHUSDT", "PEPEUSDT", "NOSUCHUSDT")


def fetch(venue: Side, base: str, symbol: str, tls: ssl.SSLContext = TLS) -> Listing:
    wanted = contract(venue, symbol)
    return catalog.listing_of(venue, wanted, catalog.rows(market_of(venue, symbol), base, tls, [wanted.wire]))


@pytest.fixture
def loader(exchange: Exchange, sink: Sink, monkeypatch: pytest.MonkeyPatch) -> Iterator[ListingLoader]:
    monkeypatch.setattr(listing, "_RETRY_S", (0.02, 0.02, 0.02))
    bases = {MarketKind.SPOT: exchange.spot_rest, MarketKind.USD_M: exchange.futures_rest}
    made = ListingLoader(bases, PERPETUAL, None, sink)
    made.look_up(WATCHED)
    yield made
    made.stop()
    assert made.join(PATIENCE_S)


def found(events: list[Event]) -> dict[tuple[Side, str], Listing]:
    return {(event.side, event.symbol): event for event in events if isinstance(event, Listing)}


def test_each_leg_learns_its_tick_per_coin_or_that_its_name_is_unknown(loader: ListingLoader, sink: Sink) -> None:
    loader.start()
    sink.wait(lambda: len(found(sink.events)) == 6)
    listings = found(sink.events)
    assert {key: str(one.tick) for key, one in listings.items() if one.problem is None} == {
        (Side.SPOT, "ETHUSDT"): "0.01000000",
        (Side.SPOT, "PEPEUSDT"): "1E-8",
        (Side.FUTURES, "ETHUSDT"): "0.01",
        (Side.FUTURES, "PEPEUSDT"): "1E-10",
    }
    for venue in Side:
        unknown = listings[venue, "NOSUCHUSDT"]
        assert unknown.problem == f"NOSUCHUSDT is not traded on Binance {venue}: check the name"
        assert unknown.tick is None


def test_a_symbol_that_does_not_trade_now_is_told_with_its_status() -> None:
    halted = Symbol("ETH", "0.01", "0.1", status="BREAK")
    with Exchange(spot_symbols=[halted]) as exchange:
        leg = fetch(Side.SPOT, exchange.spot_rest, "ETHUSDT")
    assert leg == Listing(
        Side.SPOT, "ETHUSDT", Decimal("0.01"), "ETHUSDT does not trade on Binance spot now (status BREAK)"
    )


def test_a_name_beyond_ascii_is_asked_for_and_found() -> None:
    with Exchange(spot_symbols=[Symbol("币安人生", "0.0001", "0.1")]) as exchange:
        leg = fetch(Side.SPOT, exchange.spot_rest, "币安人生USDT", TLS)
    assert (leg.problem, leg.tick) == (None, Decimal("0.0001"))


@pytest.mark.parametrize("tick", ["", "0.00000000", "-0.01", "cheap"])
def test_a_tick_without_sense_is_no_tick(tick: str) -> None:
    with Exchange(futures_symbols=[Symbol("ETH", tick, "0.1")]) as exchange:
        leg = fetch(Side.FUTURES, exchange.futures_rest, "ETHUSDT", TLS)
    assert (leg.problem, leg.tick) == (None, None)


BAD_ANSWERS = {
    "busy": http_response(429, {"Retry-After": "1"}),
    "forbidden": http_response(403, body=b"<html>WAF</html>"),
    "another refusal": http_response(400, body=b'{"code":-1003,"msg":"Too many requests."}'),
    "login page": http_response(200, body=b"<html>Please log in</html>"),
    "cut short": http_response(200, body=b'{"symbols":[', length=500),
    "wrong type": http_response(200, body=b'{"symbols":{"ETHUSDT":1}}'),
    "no symbols": http_response(200, body=b"{}"),
    "empty": http_response(200),
    "not HTTP": b"SSH-2.0-OpenSSH\r\n\r\n",
    "hung up": b"",
    "not UTF-8": http_response(200, body=b'{"symbols":[{"symbol":"\xff"}]}'),
    "bottomless": http_response(200, body=b'{"symbols":' + b"[" * 100_000),
    "odd redirect": http_response(302, {"Location": "http://[portal/"}),
    "endless redirect": http_response(302, {"Location": "/api/v3/exchangeInfo"}),
}


@pytest.mark.parametrize("answer", BAD_ANSWERS)
def test_a_useless_answer_is_forgotten_and_asked_for_again(
    loader: ListingLoader, exchange: Exchange, sink: Sink, answer: str
) -> None:
    exchange.rest("spot", BAD_ANSWERS[answer], times=1)
    loader.start()
    sink.wait(lambda: len(found(sink.events)) == 6, 2)


def test_the_loader_gives_up_in_peace_when_nobody_answers(
    loader: ListingLoader, exchange: Exchange, sink: Sink
) -> None:
    for venue in Side:
        exchange.refuse(venue)
    loader.start()
    wait_for(lambda: not loader._asked.is_set() and loader._todo)
    time.sleep(0.2)  # for all its tries
    for venue in Side:
        exchange.start(venue)
    assert sink.events == []
    loader.look_up(["ETHUSDT"])  # what is asked for later begins anew
    sink.wait(lambda: len(found(sink.events)) == 6)


def test_what_one_venue_says_does_not_wait_for_the_other(exchange: Exchange, loader: ListingLoader, sink: Sink) -> None:
    exchange.refuse("spot")
    loader.start()
    sink.wait(lambda: len(found(sink.events)) == 3)
    assert {venue for venue, _ in found(sink.events)} == {Side.FUTURES}
    exchange.start("spot")


def test_the_loader_stops_while_it_waits_to_ask_again(
    loader: ListingLoader, exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "_RETRY_S", (300.0,))
    for venue in Side:
        exchange.rest(venue, http_response(503))
    loader.start()
    wait_for(lambda: exchange.requests("futures"))
    loader.stop()
    assert loader.join(2)


def test_a_silent_server_holds_the_loader_for_a_few_seconds_only(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalog, "_TIMEOUT_S", 0.2)
    exchange.rest("spot", STALL)
    with pytest.raises(OSError, match="timed out"):
        fetch(Side.SPOT, exchange.spot_rest, "ETHUSDT", TLS)


def test_lists_come_over_tls_from_a_trusted_host_only(tmp_path: Path) -> None:
    server, certificate = self_signed(tmp_path)
    with Exchange(tls=server) as exchange:
        trusting = tls_context(certificate)
        leg = fetch(Side.SPOT, exchange.spot_rest, "ETHUSDT", trusting)
        assert leg.problem is None
        with pytest.raises(urllib.error.URLError, match="CERTIFICATE_VERIFY_FAILED"):
            fetch(Side.SPOT, exchange.spot_rest, "ETHUSDT", TLS)


def test_loopback_goes_past_the_environments_proxy(exchange: Exchange, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    body = catalog.read(exchange.spot_rest + "/api/v3/time", TLS)
    assert json.loads(body)["serverTime"] > 0


MANY = [
    Symbol("BTC", "0.1", "1"),
    Symbol("ETH", "0.1", "1"),
    Symbol("DODOX", "0.1", "1"),
    Symbol("1000PEPE", "0.1", "1"),
]
SPOT_MANY = [
    Symbol("BTC", "0.1", "1"),
    Symbol("DODO", "0.1", "1"),
    Symbol("PEPE", "0.1", "1"),
    Symbol("XYZ", "0.1", "1"),
]
QUARTERS = [
    Symbol("BTC", "0.1", "1", contract="CURRENT_QUARTER", delivery_ms=1798185600000, name="BTCUSDT_261225"),
    Symbol("BTC", "0.1", "1", contract="NEXT_QUARTER", delivery_ms=1806048000000, name="BTCUSDT_270326"),
    Symbol("ETH", "0.1", "1", contract="CURRENT_QUARTER", status="SETTLING", name="ETHUSDT_260925"),
]


def started(exchange: Exchange, sink: Sink, usual: str = PERPETUAL) -> ListingLoader:
    bases = {MarketKind.SPOT: exchange.spot_rest, MarketKind.USD_M: exchange.futures_rest}
    made = ListingLoader(bases, usual, None, sink)
    made.start()
    return made


@pytest.mark.parametrize(
    ("usual", "traded"),
    [
        (PERPETUAL, ("BTCUSDT", "DODOUSDT", "PEPEUSDT")),
        ("current_quarter", ("BTCUSDT@current_quarter",)),
        ("next_quarter", ("BTCUSDT@next_quarter",)),
    ],
)
def test_only_coins_that_trade_on_both_venues_are_offered(sink: Sink, usual: str, traded: tuple[str, ...]) -> None:
    halted = Symbol("SOL", "0.1", "1", status="BREAK")
    other_currency = Symbol("ADA", "0.1", "1", quote="USDC")
    spot = [*SPOT_MANY, Symbol("ETH", "0.1", "1", status="HALT"), Symbol("SOL", "0.1", "1"), Symbol("ADA", "0.1", "1")]
    with Exchange(spot_symbols=spot, futures_symbols=[*MANY, halted, other_currency, *QUARTERS]) as exchange:
        loader = started(exchange, sink, usual)
        loader.load_all()
        wait_for(lambda: loader.traded is not None)
        loader.stop()
        assert loader.join(PATIENCE_S)
    assert loader.traded == traded
    assert loader.known is not None
    assert set(loader.known) == {
        *("BTCUSDT", "DODOUSDT", "PEPEUSDT"),
        *("BTCUSDT@current_quarter", "BTCUSDT_261225", "BTCUSDT@next_quarter", "BTCUSDT_270326"),
    }


def test_a_quarters_contract_is_found_by_its_pair_and_one_that_is_not_there_is_named(sink: Sink) -> None:
    with Exchange(futures_symbols=[*MANY, *QUARTERS]) as exchange:
        loader = started(exchange, sink)
        loader.look_up(["BTCUSDT@current_quarter", "ETHUSDT@current_quarter"])
        sink.wait(lambda: len(found(sink.events)) == 4)
        loader.stop()
        assert loader.join(PATIENCE_S)
    listings = found(sink.events)
    assert loader.resolved.get_nowait() == Contract("BTCUSDT@current_quarter", "BTCUSDT_261225")
    assert loader.resolved.empty()
    quarter = listings[Side.FUTURES, "BTCUSDT@current_quarter"]
    assert quarter.delivery_ms == 1798185600000
    assert listings[Side.SPOT, "BTCUSDT"].problem is None
    assert listings[Side.FUTURES, "ETHUSDT@current_quarter"].problem == (
        "ETHUSDT has no current quarter contract on Binance futures; it has BTCUSDT: "
        "choose one of those, or the perpetual"
    )


def test_funding_intervals_are_told_where_the_exchange_says_them(sink: Sink) -> None:
    with Exchange(intervals={"ETHUSDT": 4, "1000PEPEUSDT": 1, "BTCUSDT": 0}) as exchange:
        loader = started(exchange, sink)
        loader.look_up(["ETHUSDT", "PEPEUSDT", "BTCUSDT"])
        sink.wait(lambda: len(found(sink.events)) == 6 and sum(isinstance(one, Interval) for one in sink.events) == 2)
        loader.stop()
        assert loader.join(PATIENCE_S)
    assert {(one.symbol, one.hours) for one in sink.events if isinstance(one, Interval)} == {
        ("ETHUSDT", 4),
        ("PEPEUSDT", 1),
    }
