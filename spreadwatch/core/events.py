"""What travels from a source through the sink to the market: frozen values, each with its moment."""

from collections.abc import Callable
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from spreadwatch.core.quote import Instant, Quote, Venue


class Batch(Struct, frozen=True):
    """All that one socket read brought from one venue.

    `heard` is True when at least one valid, new quote arrived, the heartbeat symbol's included: only that is
    a sign of life. `rejects` holds one reason per refused frame, `repeated` the symbol of each quote that
    was dropped because its update id was not above the last one.
    """

    venue: Venue
    at: Instant
    quotes: list[Quote]
    heard: bool
    rejects: tuple[str, ...] = ()
    repeated: tuple[str, ...] = ()


class Phase(StrEnum):
    """Where the connection to a venue stands."""

    OPENING = "opening"
    OPEN = "open"
    LOST = "lost"


class Link(Struct, frozen=True):
    """The connection to a venue entered a phase, with the reason in plain words."""

    venue: Venue
    phase: Phase
    reason: str
    at: Instant


class Listing(Struct, frozen=True):
    """What the exchange's symbol list says of one leg.

    `tick` is the price step per coin, None when unknown. `problem` is a sentence when the symbol cannot
    be quoted there, else None.
    """

    venue: Venue
    symbol: str
    tick: Decimal | None
    problem: str | None


class Fault(Struct, frozen=True):
    """A part of the program failed and goes on; `sentence` is for the person."""

    sentence: str


class Dropped(Struct, frozen=True):
    """So many quotes were lost because the inbox was full."""

    count: int


Event = Batch | Link | Listing | Fault | Dropped

Sink = Callable[[Event], None]
"""Where sources hand over events. Never blocks a feed; safe from any thread."""

Clock = Callable[[], Instant]
"""Tells the present moment: the machine's clocks, or the recorded time of a replay."""
