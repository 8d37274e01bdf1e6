"""The table of markets: what has to hold of every row, and what the words for them are."""

import pytest

from spreadwatch.config import Endpoints
from spreadwatch.core.quote import MarketKind, Side
from spreadwatch.feed import binance
from spreadwatch.feed.markets import MARKETS, OFFERED, StreamRoute, rest_bases, stream_bases, stream_url


@pytest.mark.parametrize("kind", MarketKind)
def test_a_market_has_a_row_with_every_route(kind: MarketKind) -> None:
    market = MARKETS[kind]
    assert set(market.routes) == set(StreamRoute)
    assert stream_url(kind, "wss://a/").startswith("wss://a/")
    assert (market.funding_info is None) == (kind.side is Side.SPOT)


def test_markets_have_words_of_their_own() -> None:
    assert len({market.word for market in MARKETS.values()}) == len(MARKETS)
    assert [kind.value for kind in MarketKind] == ["spot", "um", "cm"], "captures are read by these"


def test_what_is_offered_has_endpoints_in_the_settings() -> None:
    assert OFFERED == (MarketKind.SPOT, MarketKind.USD_M)
    ends = Endpoints()
    assert stream_bases(ends) == {MarketKind.SPOT: ends.spot_stream, MarketKind.USD_M: ends.futures_stream}
    assert rest_bases(ends) == {MarketKind.SPOT: ends.spot_rest, MarketKind.USD_M: ends.futures_rest}


@pytest.mark.parametrize("kind", OFFERED)
def test_no_market_is_offered_whose_quantities_nobody_reckons(kind: MarketKind) -> None:
    assert not MARKETS[kind].is_inverse
    assert MARKETS[kind].quoted is None


def test_a_heartbeat_has_the_name_of_its_market() -> None:
    assert binance.heartbeat(MarketKind.USD_M, "PEPEUSDT") == binance.contract(Side.FUTURES, "PEPEUSDT")
    assert binance.heartbeat(MarketKind.SPOT, "PEPEUSDT") == binance.contract(Side.SPOT, "PEPEUSDT")
