"""What one side says of one symbol, and when it was heard."""

from decimal import Decimal
from enum import StrEnum

from msgspec import Struct


class Side(StrEnum):
    """The place in a spread that a quote has: bought on SPOT, sold on FUTURES."""

    SPOT = "spot"
    FUTURES = "futures"

    @property
    def other(self) -> "Side":
        """The opposite side of the spread."""
        return Side.FUTURES if self is Side.SPOT else Side.SPOT


class Instant(Struct, frozen=True, gc=False):
    """One moment on two clocks: Unix ms, and ms of a clock that never jumps.

    The wall clock jumps when it is set, the monotonic one stands still while a laptop sleeps, so only
    both together tell how old something is. A replay has one clock and puts it in both.
    """

    wall_ms: int
    mono_ms: int

    def since(self, earlier: "Instant") -> int:
        """Return the ms gone by since `earlier`: the larger of both differences, never below 0."""
        return max(self.wall_ms - earlier.wall_ms, self.mono_ms - earlier.mono_ms, 0)


class Quote(Struct, frozen=True, gc=False):
    """Best bid and ask of one symbol on one side, as accepted at the border.

    Prices are in quote currency per coin, quantities in coins; all four are positive and bid < ask.
    `exchange_ms` is the matching engine's Unix ms, None on spot, which sends no time.
    """

    side: Side
    symbol: str
    bid: Decimal
    bid_qty: Decimal
    ask: Decimal
    ask_qty: Decimal
    update_id: int
    exchange_ms: int | None
    received: Instant
