"""What travels from a source through the sink to the market: frozen values, each with its moment."""

from collections.abc import Callable
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from msgspec import Struct

from spreadwatch.core.depth import Level
from spreadwatch.core.quote import Instant, Quote, Side


class Batch(Struct, frozen=True):
    """All that one socket read brought from one side.

    `heard` is True when at least one valid, new quote arrived, the heartbeat symbol's included: only that is
    a sign of life. `rejects` holds one reason per refused frame, `repeated` the symbol of each quote that
    was dropped because its update id was not above the last one. `shard` numbers the side's connections. `texts`
    holds bid, bid quantity, ask and ask quantity of each quote as on the wire, per contract; None unless
    somebody records.
    """

    side: Side
    at: Instant
    quotes: list[Quote]
    heard: bool
    rejects: tuple[str, ...] = ()
    repeated: tuple[str, ...] = ()
    shard: int = 0
    texts: tuple[tuple[str, str, str, str], ...] | None = None


class Phase(StrEnum):
    """Where the connection to a side stands."""

    OPENING = "opening"
    OPEN = "open"
    LOST = "lost"


class Link(Struct, frozen=True):
    """A connection to a side, its `shard`, entered a phase, with the reason in plain words."""

    side: Side
    phase: Phase
    reason: str
    at: Instant
    shard: int = 0


class Listing(Struct, frozen=True):
    """What the exchange's symbol list says of one leg.

    `tick` is the price step per coin, None when unknown. `problem` is a sentence when the symbol cannot
    be quoted there, else None. `delivery_ms`: Unix ms of a delivery contract's end, None for all else.
    """

    side: Side
    symbol: str
    tick: Decimal | None
    problem: str | None
    delivery_ms: int | None = None


class Naming(Struct, frozen=True):
    """Which contract a pair's futures leg is in this run, where its key does not tell: e.g. a current quarter's."""

    symbol: str
    wire: str


class News(Protocol):
    """What a stream beside the quotes says of one symbol on one side: frozen, with the moment it was heard."""

    @property
    def side(self) -> Side:
        """The side that it is of."""

    @property
    def symbol(self) -> str:
        """The symbol, as the program calls it."""

    @property
    def at(self) -> Instant:
        """When it was heard."""


class Mark(Struct, frozen=True):
    """A futures contract's mark and index price per coin, and its funding, told at `at`.

    `rate`: the present estimate as a fraction per interval; `next_ms`: Unix ms of the next funding; both None
    when none is scheduled. `index` is None where the exchange sends none.
    """

    symbol: str
    mark: Decimal
    index: Decimal | None
    rate: Decimal | None
    next_ms: int | None
    at: Instant

    @property
    def side(self) -> Side:
        """Only futures have a mark price."""
        return Side.FUTURES


class Marks(Struct, frozen=True):
    """All marks that one socket read brought. `heard`, `rejects`, `repeated` as in Batch."""

    marks: list[Mark]
    heard: bool
    rejects: tuple[str, ...] = ()
    repeated: tuple[str, ...] = ()


class Interval(Struct, frozen=True):
    """How many hours lie between two fundings of a symbol."""

    symbol: str
    hours: int


class Book(Struct, frozen=True):
    """The best twenty levels of one symbol on one side, best first, heard at `at`."""

    side: Side
    symbol: str
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]
    at: Instant


class Books(Struct, frozen=True):
    """All books that one socket read brought. `heard`, `rejects`, `repeated` as in Batch."""

    books: list[Book]
    heard: bool
    rejects: tuple[str, ...] = ()
    repeated: tuple[str, ...] = ()


class Trade(Struct, frozen=True):
    """One spot trade, price and quantity as texts of the wire. `exchange_ms`: Unix ms of the matching engine."""

    symbol: str
    trade_id: int
    price: str
    qty: str
    exchange_ms: int
    received: Instant


class Trades(Struct, frozen=True):
    """All trades that one socket read brought. `heard`, `rejects`, `repeated` as in Batch."""

    trades: list[Trade]
    heard: bool
    rejects: tuple[str, ...] = ()
    repeated: tuple[str, ...] = ()


class Fault(Struct, frozen=True):
    """A part of the program failed and goes on; `sentence` is for the person."""

    sentence: str


class Dropped(Struct, frozen=True):
    """So many quotes were lost because the inbox was full."""

    count: int


Read = Batch | Marks | Books | Trades
"""What one socket read may bring."""

Event = Batch | Link | Listing | Naming | Marks | Interval | Books | Trades | Fault | Dropped

Sink = Callable[[Event], None]
"""Where sources hand over events. Never blocks a feed; safe from any thread."""

Clock = Callable[[], Instant]
"""Tells the present moment: the machine's clocks, or the recorded time of a replay."""
