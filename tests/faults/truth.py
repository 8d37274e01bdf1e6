"""What the exchange really sent, and whether what the program calls live agrees with it.

Knows nothing of the program: a claim is plain values, taken from a snapshot or from a line of JSON.
"""

import itertools
import threading
import time
from collections import deque
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from msgspec import Struct

from spreadwatch.core.alerts import Alert
from spreadwatch.core.snapshot import LegSnapshot, PairSnapshot

TRANSIT_S = 0.25
"""A quote may be on its way for so long."""

_KEPT = 50_000

Numbers = tuple[Decimal, Decimal, Decimal, Decimal]
"""Bid, bid quantity, ask, ask quantity."""


class BrokenPromiseError(AssertionError):
    """The program did not do what it promises under a fault."""


class Claim(Struct, frozen=True):
    """What the program says of one leg."""

    venue: str
    live: bool
    update_id: int | None
    numbers: Numbers | None


class PairClaim(Struct, frozen=True):
    """What the program says of a pair."""

    live: bool
    current: Decimal | None
    legs: tuple[Claim, Claim]


class _Sent(Struct, frozen=True):
    order: int
    numbers: Numbers
    line: object


class VenueTruth:
    """All valid quotes of the watched symbol that one venue sent, and when it last sent any."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._orders = itertools.count(1)
        self._known: dict[int, _Sent] = {}
        self._delivered: deque[tuple[float, int]] = deque(maxlen=_KEPT)
        self._ended: dict[object, float] = {}
        self.last_valid_s = time.monotonic()
        """When the last valid quote of any symbol left."""
        self._valid_s = deque([self.last_valid_s], maxlen=_KEPT)

    def will_send(self, update_id: int, numbers: Numbers, line: object) -> int:
        """Note a quote of the watched symbol before it leaves on the connection `line`; return its order."""
        with self._lock:
            order = next(self._orders)
            self._known[update_id] = _Sent(order, numbers, line)
            if len(self._known) > _KEPT:
                del self._known[next(iter(self._known))]
        return order

    def has_sent(self, order: int | None) -> None:
        """Note that a valid quote left whole; `order` is None for the heartbeat's."""
        now_s = time.monotonic()
        with self._lock:
            self.last_valid_s = now_s
            self._valid_s.append(now_s)
            if order is not None:
                self._delivered.append((now_s, order))

    def ended(self, line: object) -> None:
        """Note that the exchange ended a connection."""
        with self._lock:
            self._ended[line] = time.monotonic()

    def forgive_newer(self) -> None:
        """Forget what was delivered: what follows cannot be told from what the program must refuse."""
        with self._lock:
            self._delivered.clear()

    def lie(self, claim: Claim, silence_s: float, grace_s: float, now_s: float, slack_s: float = 0.0) -> str | None:
        """Tell in what a claim of a live leg differs from the truth; None if it does not."""
        with self._lock:
            sent = self._known.get(claim.update_id or 0)
            if sent is None or sent.numbers != claim.numbers:
                return f"update id {claim.update_id} with {claim.numbers} was never sent as a valid quote"
            noted_s = now_s + TRANSIT_S + slack_s  # a quote is noted after it left
            silent_s = now_s - next((at_s for at_s in reversed(self._valid_s) if at_s <= noted_s), now_s)
            if silent_s > silence_s + grace_s + slack_s:
                return f"live after {silent_s:.3f} s of silence"
            newest = self._newest_before(now_s - TRANSIT_S - slack_s)
            if newest > sent.order:
                return f"{newest - sent.order} quotes behind what was sent more than {TRANSIT_S} s ago"
            gone_s = now_s - self._ended.get(sent.line, now_s)
            if gone_s > grace_s + slack_s:
                return f"the connection of this quote ended {gone_s:.3f} s ago"
        return None

    def _newest_before(self, until_s: float) -> int:
        return next((order for at_s, order in reversed(self._delivered) if at_s <= until_s), 0)

    def line_of(self, update_id: int) -> object | None:
        """Return the connection that a quote left on; None if there was no such quote."""
        with self._lock:
            sent = self._known.get(update_id)
        return sent.line if sent else None

    def is_true(self, update_id: int, numbers: Numbers) -> bool:
        """Tell whether such a quote was sent, at any time that is still remembered."""
        with self._lock:
            sent = self._known.get(update_id)
        return sent is not None and sent.numbers == numbers


def claim_of_snapshot(pair: PairSnapshot) -> PairClaim:
    """Return what a snapshot claims."""
    return PairClaim(pair.state.value == "live", pair.spread.current, (_of_leg(pair.spot), _of_leg(pair.futures)))


def claim_of_alert(alert: Alert) -> PairClaim:
    """Return what an alert claims: that both legs were live when it fired, with these quotes."""
    legs = (
        Claim(quote.side.value, True, quote.update_id, (quote.bid, quote.bid_qty, quote.ask, quote.ask_qty))
        for quote in (alert.spot, alert.futures)
    )
    spot, futures = legs
    return PairClaim(True, alert.value, (spot, futures))


def _of_leg(leg: LegSnapshot) -> Claim:
    quote = leg.quote
    numbers = (quote.bid, quote.bid_qty, quote.ask, quote.ask_qty) if quote else None
    return Claim(leg.side.value, leg.state.value == "live", quote.update_id if quote else None, numbers)


def claim_of_json(line: Mapping[str, Any]) -> PairClaim:
    """Return what a line of `watch --json` claims."""
    current = line["spread"]["current"]
    legs = _of_json("spot", line["spot"]), _of_json("futures", line["futures"])
    return PairClaim(line["state"] == "live", None if current is None else Decimal(current), legs)


def _of_json(venue: str, leg: Mapping[str, Any]) -> Claim:
    texts = [leg[name] for name in ("bid", "bid_qty", "ask", "ask_qty")]
    numbers = None
    if None not in texts:
        bid, bid_qty, ask, ask_qty = map(Decimal, texts)
        numbers = bid, bid_qty, ask, ask_qty
    return Claim(venue, leg["state"] == "live", leg["update_id"], numbers)
