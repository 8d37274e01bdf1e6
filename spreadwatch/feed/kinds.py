"""Kinds of streams, a row each: on which markets, by which route, who reads them, how often they speak.

A new kind is a parser, a row here, an event and a branch in the model; then whatever shows it.
"""

from collections.abc import Callable, Iterable
from enum import Enum

from msgspec import Struct

from spreadwatch.core.quote import MarketKind, Side
from spreadwatch.feed.binance import Contract
from spreadwatch.feed.markets import MARKETS, StreamRoute
from spreadwatch.feed.parsing.base import Parser
from spreadwatch.feed.parsing.books import BookParser
from spreadwatch.feed.parsing.marks import MarkParser
from spreadwatch.feed.parsing.quotes import QuoteParser
from spreadwatch.feed.parsing.trades import TradeParser

EVERY = tuple(MARKETS)
FUTURES = tuple(kind for kind in MARKETS if kind.side is Side.FUTURES)
_SLOW_S = 15.0


class Silence(Enum):
    """What it means that a connection says nothing valid for too long; it is cut and made anew in any case."""

    LEGS_ARE_STALE = "legs"
    """No leg on it is live. A heartbeat beside the watched symbols speaks often; the limit is the person's setting."""
    NEWS_IS_OLD = "news"
    """What it told grows old, and whoever shows it says so. Legs stay as they are."""


class Reach(Enum):
    """Whose streams are subscribed to."""

    WATCHED = "watched"
    """Every watched symbol's, in shards."""
    SHOWN = "shown"
    """Those of the symbols that are shown in full, on one connection per market."""


class Kind(Struct, frozen=True):
    """One kind of stream.

    `name`: what its connections are called, of which `{market}` becomes the word for the market. `cadence_ms`: how
    often one symbol's stream speaks, None when only on a change. `silence_s`: after how many seconds a connection is
    silent, None where the settings say it. `wish`: the word without which it is not subscribed to at all, None for
    always.
    """

    name: str
    markets: tuple[MarketKind, ...]
    route: StreamRoute
    parser: Callable[[Side, Iterable[Contract]], Parser]
    cadence_ms: int | None
    silence: Silence = Silence.NEWS_IS_OLD
    silence_s: float | None = _SLOW_S
    reach: Reach = Reach.WATCHED
    wish: str | None = None


QUOTES = Kind("{market}", EVERY, StreamRoute.PUBLIC, QuoteParser, None, Silence.LEGS_ARE_STALE, silence_s=None)
"""The one that legs live by."""

KINDS = (
    QUOTES,
    Kind("marks", FUTURES, StreamRoute.MARKET, MarkParser, 1000),
    Kind("trades", (MarketKind.SPOT,), StreamRoute.PUBLIC, TradeParser, None, wish="trades"),
    Kind("{market} books", EVERY, StreamRoute.PUBLIC, BookParser, 100, reach=Reach.SHOWN, wish="books"),
)
"""Every kind, in the order in which its connections are begun."""
