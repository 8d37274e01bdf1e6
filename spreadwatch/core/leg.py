"""One leg of a symbol's spread: its last quote, and whether that may be called live."""

from decimal import Decimal, InvalidOperation
from enum import StrEnum

from spreadwatch.core.events import Phase
from spreadwatch.core.numbers import significant_places
from spreadwatch.core.quote import Instant, Quote, Side
from spreadwatch.core.told import Told

UNHEARD_MS = 8_000
"""How long a symbol may say nothing on a talking connection before its name is doubted."""


class State(StrEnum):
    """How far a leg, or a pair of legs, can be trusted."""

    CONNECTING = "connecting"
    LIVE = "live"
    STALE = "stale"
    REFUSED = "refused"
    """Pairs only: both legs are live but too far apart to be the same coin."""


class SideLink:
    """The connection to one side, as the model knows it."""

    __slots__ = ("heard", "opened", "opens", "phase", "reason", "side", "silence_ms")

    def __init__(self, side: Side, silence_ms: int) -> None:
        self.side = side
        self.silence_ms = silence_ms
        self.phase = Phase.OPENING
        self.reason = "starting"
        self.opens = 0
        self.opened: Instant | None = None
        self.heard: Instant | None = None

    def silent_ms(self, now: Instant) -> int:
        """Return the ms without a valid quote since the connection opened or last spoke."""
        last = self.heard or self.opened
        return now.since(last) if last else 0

    def was_silent(self, at: Instant) -> bool:
        """Tell whether an open connection that spoke before had been silent for too long just before `at`."""
        return self.phase is Phase.OPEN and self.heard is not None and at.since(self.heard) > self.silence_ms

    def silent_from(self) -> Instant:
        """Return the first moment at which the connection counts as silent if it says nothing more."""
        last = self.heard or self.opened or Instant(0, 0)
        after_ms = self.silence_ms + 1
        return Instant(last.wall_ms + after_ms, last.mono_ms + after_ms)

    def talks(self, now: Instant) -> bool:
        """Tell whether the connection is open and spoke within the silence limit."""
        return self.phase is Phase.OPEN and self.heard is not None and now.since(self.heard) <= self.silence_ms


class Leg:
    """Last quote of one symbol on one side. `fresh`: the quote is of the present connection.

    `asked`: when the symbol was added to a running program, None for one that was there from the start.
    """

    __slots__ = (
        "accepted",
        "asked",
        "fresh",
        "grain",
        "line",
        "places",
        "problem",
        "quote",
        "repeated",
        "symbol",
        "tick",
        "told",
    )

    def __init__(self, symbol: str, line: SideLink, asked: Instant | None = None) -> None:
        self.symbol = symbol
        self.line = line
        self.asked = asked
        self.quote: Quote | None = None
        self.fresh = False
        self.accepted = 0
        self.repeated = 0
        self.places = 0
        self.grain = Decimal(1)  # one unit in the last of `places`
        self.tick: Decimal | None = None
        self.problem: str | None = None
        self.told = Told()

    def take(self, quote: Quote) -> None:
        """Keep a quote: from now on the leg is of the present connection."""
        try:
            finer = quote.bid % self.grain or quote.ask % self.grain
        except InvalidOperation:  # the price has more than 28 digits down to that grain
            finer = Decimal(1)
        if finer:
            self.places = max(self.places, significant_places(quote.bid), significant_places(quote.ask))
            self.grain = Decimal(1).scaleb(-self.places)
        self.quote = quote
        self.fresh = True
        self.accepted += 1

    def state(self, now: Instant) -> tuple[State, str | None]:
        """Return the state at `now` and its reason in plain words; a live leg has none."""
        line = self.line
        if not self.fresh:
            return State.CONNECTING, self._waiting_for(now)
        if line.phase is Phase.OPEN:
            silent_ms = line.silent_ms(now)
            if silent_ms <= line.silence_ms:
                return State.LIVE, None
            return State.STALE, f"{line.side} has been silent for {silent_ms / 1000:.1f} s"
        return State.STALE, line.reason

    def _waiting_for(self, now: Instant) -> str:
        line = self.line
        if self.problem:
            return self.problem
        if line.phase is not Phase.OPEN:
            return line.reason
        waited_ms = min(now.since(since) for since in (line.opened, self.asked) if since) if line.opened else 0
        if line.heard and waited_ms > UNHEARD_MS:
            waited_s = waited_ms // 1000
            return (
                f"{self.symbol} has sent nothing on {line.side} in {waited_s} s while other symbols do: check its name"
            )
        return f"connected to {line.side}, waiting for the first quote of {self.symbol}"

    def shown_places(self) -> int:
        """Return how many decimals a price needs: the tick size's, else the most seen on the wire."""
        return self.places if self.tick is None else significant_places(self.tick)
