"""What one side says of one symbol, when it was heard, and the time axis of a run. Pure."""

from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

JUMP_MS = 1_000
"""How far the two clocks may shift against each other before that is a sleep or a clock that was set."""

_NEVER_MS = -(1 << 62)


class Side(StrEnum):
    """The place in a spread that a quote has: bought on SPOT, sold on FUTURES."""

    SPOT = "spot"
    FUTURES = "futures"

    @property
    def other(self) -> "Side":
        """The opposite side of the spread."""
        return Side.FUTURES if self is Side.SPOT else Side.SPOT


class MarketKind(StrEnum):
    """Where a contract trades. The value is its word in captures.

    Contracts of COIN_M, which are quoted in USD and counted in contracts, are not offered yet.
    """

    SPOT = "spot"
    USD_M = "um"
    COIN_M = "cm"

    @property
    def side(self) -> Side:
        """The place that its contracts have in a spread."""
        return Side.SPOT if self is MarketKind.SPOT else Side.FUTURES


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


class Timeline:
    """Turn the instants of a run, in the order they come, into ms since the first one.

    The axis runs with the monotonic clock. When the wall clock gains more than JUMP_MS on it, the machine slept,
    or its clock was set forward, which looks the same: that time is added. A wall clock that is set back, and
    jitter between the two, change nothing. A replay has one clock, so its axis is the recorded time.
    """

    __slots__ = ("_ahead_ms", "_last_ms", "_zero_ms")

    def __init__(self) -> None:
        self._ahead_ms = _NEVER_MS  # wall − monotonic when one of them last jumped
        self._zero_ms = 0  # the monotonic clock at 0 of the axis, less the sleeps
        self._last_ms = 0

    def elapsed_ms(self, at: Instant) -> int:
        """Return where `at` is on the axis, in ms, never less than the time before."""
        mono_ms = at.mono_ms
        ahead_ms = at.wall_ms - mono_ms
        if not -JUMP_MS <= ahead_ms - self._ahead_ms <= JUMP_MS:
            self._zero_ms = self._zero_of(mono_ms, ahead_ms)
            self._ahead_ms = ahead_ms
        elapsed_ms = mono_ms - self._zero_ms
        if elapsed_ms > self._last_ms:
            self._last_ms = elapsed_ms
        return self._last_ms

    def peek_ms(self, at: Instant) -> int:
        """Return where `at` is on the axis, and keep nothing of it: for a look, or a moment that is past.

        Before the first instant was taken that is 0.
        """
        return at.mono_ms - self._zero_of(at.mono_ms, at.wall_ms - at.mono_ms)

    def _zero_of(self, mono_ms: int, ahead_ms: int) -> int:
        if self._ahead_ms == _NEVER_MS:
            return mono_ms
        gained_ms = ahead_ms - self._ahead_ms
        return self._zero_ms - gained_ms if gained_ms > JUMP_MS else self._zero_ms
