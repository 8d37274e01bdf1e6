"""The table of kinds of streams: what has to hold of every row."""

import pytest

from spreadwatch.core.quote import Side
from spreadwatch.feed import binance
from spreadwatch.feed.kinds import KINDS, QUOTES, Kind, Reach, Silence
from spreadwatch.feed.markets import MARKETS

ETH = binance.contract(Side.FUTURES, "ETHUSDT")


def test_connections_have_names_of_their_own() -> None:
    assert len({kind.name for kind in KINDS}) == len(KINDS)
    for kind in KINDS:
        names = {kind.name.format(market=MARKETS[market].word) for market in kind.markets}
        # a shard has one futures market, and its number goes with the name
        assert len(names) == len(kind.markets) or kind.reach is Reach.WATCHED


def test_legs_live_by_quotes_alone() -> None:
    assert [kind for kind in KINDS if kind.silence is Silence.LEGS_ARE_STALE] == [QUOTES]
    assert QUOTES.silence_s is None
    assert QUOTES.wish is None


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_kind_that_speaks_in_time_is_never_taken_for_silent(kind: Kind) -> None:
    assert kind.silence_s is None or (kind.cadence_ms or 0) * 3 <= kind.silence_s * 1000


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_parser_reads_the_streams_that_it_asks_for(kind: Kind) -> None:
    for market in kind.markets:
        parser = kind.parser(market.side, [ETH])
        assert parser.side is market.side
        assert parser.streams() == [f"ethusdt@{parser.kind}"]
        assert parser.again().streams() == parser.streams()
