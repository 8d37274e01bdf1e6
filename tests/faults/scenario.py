"""A fault as data, and what the program has to do under each kind of fault."""

import random
import re
import time
from collections.abc import Callable
from enum import StrEnum

from msgspec import Struct

from tests.faults.harness import Rig
from tests.faults.truth import BrokenPromiseError

RECOVER_S = 1.0
"""Scaled runs: to new quotes after a visible loss, and after the silence limit. Generous: threads do not scale."""

_SEE_S = 0.8  # of the silence limit: what is visible must be seen before the silence would tell
_TAKE_S = 0.5


class Kind(StrEnum):
    """What a fault leads to."""

    VISIBLE = "the connection is lost, and everybody can see it"
    SILENT = "the connection says nothing valid any more"
    REFUSED = "something is refused and counted; the connection goes on"
    TAKEN = "odd, but legal: it is taken and shown"
    IGNORED = "neither a quote nor a fault: nothing changes"


Inject = Callable[[Rig, str, random.Random], object]
"""Commit a fault at a venue. For TAKEN it returns the update id that must be shown."""


class Fault(Struct, frozen=True):
    """`reason`: what it is counted under, for a lost connection a pattern. `mutant`: a program that does not stand it.

    `heal` ends the fault once it was seen; None when it ends by itself.
    """

    kind: Kind
    inject: Inject
    reason: str
    mutant: str
    heal: Inject | None = None


def run(rig: Rig, fault: Fault, venue: str, chance: random.Random, recover_s: float = RECOVER_S) -> float:
    """Commit a fault in a rig that is live and watch it recover; return how many seconds that took.

    A lost connection must be replaced within `recover_s`, after the silence limit if it is silent. Raises
    BrokenPromiseError.
    """
    match fault.kind:
        case Kind.VISIBLE:
            took_s = _visible(rig, fault, venue, chance, recover_s)
        case Kind.SILENT:
            took_s = _silent(rig, fault, venue, chance, recover_s)
        case Kind.REFUSED:
            took_s = _refused(rig, fault, venue, chance)
        case Kind.TAKEN:
            took_s = _taken(rig, fault, venue, chance)
        case Kind.IGNORED:
            took_s = _ignored(rig, fault, venue, chance)
    rig.check_lies()
    return took_s


def _visible(rig: Rig, fault: Fault, venue: str, chance: random.Random, recover_s: float) -> float:
    before = len(rig.exchange.connections(venue))
    told = _told(rig, fault, venue)
    with rig.hold(venue):
        began_s = time.monotonic()
        fault.inject(rig, venue, chance)
        rig.until(lambda: not rig.is_live(venue), rig.silence_s * _SEE_S, f"{venue} is not shown as live")
    if fault.heal:
        began_s = time.monotonic()
        fault.heal(rig, venue, chance)
    _until_renewed(rig, venue, before, recover_s)
    took_s = time.monotonic() - began_s
    if _told(rig, fault, venue) <= told:
        raise BrokenPromiseError(f"no connection ended because of '{fault.reason}': {dict(rig.reasons(venue))}")
    return took_s


def _silent(rig: Rig, fault: Fault, venue: str, chance: random.Random, recover_s: float) -> float:
    before = len(rig.exchange.connections(venue))
    told = _told(rig, fault, venue)
    began_s = time.monotonic()
    fault.inject(rig, venue, chance)
    with rig.hold(venue):
        pass

    def seen() -> bool:
        return not rig.is_live(venue) or len(rig.exchange.connections(venue)) > before

    rig.until(seen, rig.silence_s + rig.grace_s, f"{venue} is not shown as live")
    _until_renewed(rig, venue, before, recover_s)
    took_s = time.monotonic() - began_s
    if _told(rig, fault, venue) <= told:
        raise BrokenPromiseError(f"no connection ended because of '{fault.reason}': {dict(rig.reasons(venue))}")
    return took_s


def _told(rig: Rig, fault: Fault, venue: str) -> int:
    return sum(count for reason, count in rig.reasons(venue).items() if re.search(fault.reason, reason))


def _until_renewed(rig: Rig, venue: str, before: int, limit_s: float) -> None:
    """Wait for a new connection and a quote that came over it."""

    def renewed() -> bool:
        line = rig.feeder.truths[venue].line_of(_shown_id(rig, venue))
        return rig.is_live(venue) and line in rig.exchange.connections(venue)[before:]

    rig.until(renewed, limit_s, f"{venue} is live on a new connection")


def _refused(rig: Rig, fault: Fault, venue: str, chance: random.Random) -> float:
    before = len(rig.exchange.connections(venue))
    counted = _counted(rig, fault.reason)
    began_s = time.monotonic()
    fault.inject(rig, venue, chance)
    rig.until(lambda: _counted(rig, fault.reason) > counted, _TAKE_S, f"counted as '{fault.reason}'")
    until_newer(rig, venue)
    _same_connection(rig, venue, before)
    return time.monotonic() - began_s


def _ignored(rig: Rig, fault: Fault, venue: str, chance: random.Random) -> float:
    before = len(rig.exchange.connections(venue))
    refused = rig.pair.counts.rejected, rig.pair.counts.repeated
    began_s = time.monotonic()
    fault.inject(rig, venue, chance)
    until_newer(rig, venue)
    if (rig.pair.counts.rejected, rig.pair.counts.repeated) != refused:
        raise BrokenPromiseError(f"something was refused: {rig.words()}")
    _same_connection(rig, venue, before)
    return time.monotonic() - began_s


def _taken(rig: Rig, fault: Fault, venue: str, chance: random.Random) -> float:
    before = len(rig.exchange.connections(venue))
    with rig.hold(venue):
        began_s = time.monotonic()
        update_id = fault.inject(rig, venue, chance)
        rig.until(lambda: _shown_id(rig, venue) == update_id, rig.silence_s * _SEE_S, "the odd quote is shown")
        took_s = time.monotonic() - began_s
    until_newer(rig, venue)
    _same_connection(rig, venue, before)
    return took_s


def _counted(rig: Rig, reason: str) -> int:
    if reason == "repeated":
        return rig.pair.counts.repeated
    snapshot = rig.snapshot
    return 0 if snapshot is None else snapshot.rejects.get(reason, 0)


def _shown_id(rig: Rig, venue: str) -> int:
    quote = rig.leg(venue).quote
    return quote.update_id if quote else 0


def until_newer(rig: Rig, venue: str) -> None:
    """Wait for a quote that was sent after this call."""
    update_id = rig.feeder.next_id()
    rig.until(lambda: _shown_id(rig, venue) > update_id and rig.is_live(venue), _TAKE_S, f"a newer {venue} quote")


def _same_connection(rig: Rig, venue: str, before: int) -> None:
    if len(rig.exchange.connections(venue)) != before:
        raise BrokenPromiseError(f"{venue} was connected anew: {dict(rig.reasons(venue))}")
