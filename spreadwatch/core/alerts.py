"""Alerts: a rule watches one number of one symbol and fires when it crosses a level. Pure."""

import math
from collections.abc import Iterable
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from spreadwatch.core.net import Fees, edge_bps
from spreadwatch.core.numbers import BPS_KEPT_PLACES
from spreadwatch.core.quote import Instant, Quote
from spreadwatch.core.source import Source
from spreadwatch.core.spread import bps, too_far_apart

KEPT = 200
"""How many of the last alerts are kept."""

_NEVER_MS = 1 << 62


class Number(StrEnum):
    """What a rule watches: the spread in quote currency, the spread in bps, or the entry's edge in bps."""

    SPREAD = "spread"
    BPS = "bps"
    EDGE = "edge"

    @property
    def unit(self) -> str:
        """What follows its figures, with a blank before it; empty for quote currency."""
        return "" if self is Number.SPREAD else " bps"


class Direction(StrEnum):
    """Where a number has to go for the rule to fire."""

    ABOVE = "above"
    BELOW = "below"


class Rule(Struct, frozen=True):
    """Fire when `number` of `symbol` (None: of every one) is `side` of `level` or at it, for `hold_s` on end.

    After that it must come back to `rearm` before it can fire again, and not sooner than `cooldown_s` after: a number
    that is still there then fires at that moment. `once`: never again for that symbol. It must have been at `rearm`
    or past it before the first time too, and again after every moment without a live spread. `name` is for the
    person.
    """

    name: str
    symbol: str | None
    number: Number
    side: Direction
    level: Decimal
    rearm: Decimal
    hold_s: float = 0.0
    cooldown_s: float = 0.0
    once: bool = False


class Alert(Struct, frozen=True):
    """A rule fired for a symbol at `at` with `value`, and all that proves it. Ages are ms at `at`.

    `serial` counts from 1 up through the run; `source` tells what kind of run it is.
    """

    serial: int
    rule: Rule
    symbol: str
    value: Decimal
    at: Instant
    spot: Quote
    futures: Quote
    spot_age_ms: int
    futures_age_ms: int
    source: Source = Source.LIVE


def check(rule: Rule) -> str | None:
    """Say what is wrong with a rule and what to do; None when it can be watched."""
    for word, number in (("level", rule.level), ("re-arm", rule.rearm)):
        if not number.is_finite():
            return f'alert "{rule.name}": its {word} is {number}: give a finite number'
    for word, seconds in (("hold", rule.hold_s), ("cool-down", rule.cooldown_s)):
        if not 0 <= seconds < math.inf:
            return f'alert "{rule.name}": its {word} is {seconds:g} s: give 0 or more seconds'
    above = rule.side is Direction.ABOVE
    if rule.rearm >= rule.level if above else rule.rearm <= rule.level:
        where = "below" if above else "above"
        return (
            f'alert "{rule.name}": it fires {rule.side} {rule.level:f} but re-arms at {rule.rearm:f}: '
            f"give a re-arm level {where} {rule.level:f}"
        )
    return None


class Watch:
    """One rule on one symbol. Times are ms on an axis that never goes back.

    A value stands until the next one comes. Between the level and the re-arm level lies the hysteresis: it is armed
    once a value was at the re-arm level or past it. A hold is counted from the first value at the level or past it,
    and broken by any other. `due_ms`, when it fires, is known from then on: how often anybody looks changes nothing.
    """

    __slots__ = (
        "_above",
        "_armed",
        "_cooldown_ms",
        "_done",
        "_hold_ms",
        "_value",
        "due_ms",
        "fired_ms",
        "fired_value",
        "rule",
    )

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self.due_ms = _NEVER_MS
        """When it fires if the value stays where it is; far off while it would not."""
        self.fired_ms = -_NEVER_MS
        self.fired_value = Decimal(0)
        """When it fired last, and with what."""
        self._value = Decimal(0)  # the one that stands
        self._above = rule.side is Direction.ABOVE
        self._hold_ms, self._cooldown_ms = round(rule.hold_s * 1_000), round(rule.cooldown_s * 1_000)
        self._armed = False
        self._done = False

    def take(self, t_ms: int, value: Decimal | None) -> bool:
        """Take a live value at `t_ms`, None when it ceases to be live; tell whether the rule fired.

        It may have fired before, by the value that stood until now: `fired_ms` tells. A value that replaces it in the
        ms in which it was due comes before that.
        """
        fired = self.pass_time(t_ms)
        if value is None:
            self._armed, self.due_ms = False, _NEVER_MS
            return fired
        self._value = value
        rule = self.rule
        if value >= rule.level if self._above else value <= rule.level:
            if self.due_ms == _NEVER_MS and self._armed:
                self.due_ms = max(t_ms + self._hold_ms, self.fired_ms + self._cooldown_ms)
            return (t_ms >= self.due_ms and self._fire()) or fired
        self.due_ms = _NEVER_MS
        if not self._armed and not self._done:
            self._armed = value <= rule.rearm if self._above else value >= rule.rearm
        return fired

    def pass_time(self, t_ms: int) -> bool:
        """Tell whether the rule fired before `t_ms` by the value that stands, which must have been live until then."""
        return t_ms > self.due_ms and self._fire()

    def _fire(self) -> bool:
        self.fired_ms, self.fired_value = self.due_ms, self._value
        self._armed, self.due_ms, self._done = False, _NEVER_MS, self.rule.once
        return True


class _Seen(Struct, frozen=True):
    """The last sample of a symbol."""

    t_ms: int
    spot: Quote
    futures: Quote
    at: Instant


_Fired = tuple[Watch, str, _Seen | None]
"""A watch that fired, for which symbol, on what sample."""


class _Symbol:
    """The watches of one symbol, in the order of the rules."""

    __slots__ = ("seen", "watches")

    def __init__(self, watches: list[Watch]) -> None:
        self.watches = watches
        self.seen: _Seen | None = None


class AlertBook:
    """All rules on all symbols. Not thread-safe: one thread owns it.

    Test `rules` before each sample: while it is empty there is nothing to do. Times are ms on an axis that never
    goes back.
    """

    def __init__(self, rules: Iterable[Rule] = (), source: Source = Source.LIVE) -> None:
        self._source = source
        self.rules = tuple(rules)
        """Rules that `check` has no objection to."""
        self.recent: tuple[Alert, ...] = ()
        """The last alerts, oldest first, at most KEPT."""
        self._symbols: dict[str, _Symbol] = {}
        self._serial = 0
        self._due_ms = _NEVER_MS  # nothing fires by itself before that

    def add(self, rule: Rule) -> None:
        """Watch one more rule, from the next sample on."""
        self.rules = (*self.rules, rule)
        for symbol, watched in self._symbols.items():
            if rule.symbol in (None, symbol):
                watched.watches.append(Watch(rule))

    def remove(self, rule: Rule) -> None:
        """Stop watching a rule; of several equal ones the first. Raises ValueError when it is not there."""
        place = self.rules.index(rule)
        self.rules = (*self.rules[:place], *self.rules[place + 1 :])
        for watched in self._symbols.values():
            kept = next((watch for watch in watched.watches if watch.rule == rule), None)
            if kept is not None:
                watched.watches.remove(kept)

    def forget(self, symbol: str) -> None:
        """Forget a symbol that is no longer watched; its alerts stay."""
        self._symbols.pop(symbol, None)

    def take(self, t_ms: int, symbol: str, spot: Quote, futures: Quote, fees: Fees, at: Instant) -> list[Alert]:
        """Take two quotes that are both live at `at`, which is `t_ms` on the axis; return the alerts that are new.

        Quotes too far apart to be of the same coin count as a loss.
        """
        watched = self._symbols.get(symbol)
        if watched is None:
            rules = [rule for rule in self.rules if rule.symbol in (None, symbol)]
            watched = self._symbols[symbol] = _Symbol([Watch(rule) for rule in rules])
        if not watched.watches:
            return []
        if too_far_apart(spot, futures):
            return self.lose(t_ms, symbol)
        before, watched.seen = watched.seen, _Seen(t_ms, spot, futures, at)
        values: dict[Number, Decimal] = {}
        fired: list[_Fired] = []
        for watch in watched.watches:
            number = watch.rule.number
            value = values.get(number)
            if value is None:
                value = values[number] = _value(number, spot, futures, fees)
            if watch.take(t_ms, value):
                fired.append((watch, symbol, watched.seen if watch.fired_ms == t_ms else before))
            if watch.due_ms < self._due_ms:
                self._due_ms = watch.due_ms
        return self._keep(fired)

    def lose(self, t_ms: int, symbol: str) -> list[Alert]:
        """Note that a symbol has had no live spread since `t_ms`; return the alerts that came before that.

        Tell it as soon as it is known, and before `pass_time`: what fires after `t_ms` would be of a stale leg.
        """
        watched = self._symbols.get(symbol)
        if watched is None or watched.seen is None:
            return []
        seen, watched.seen = watched.seen, None
        return self._keep([(watch, symbol, seen) for watch in watched.watches if watch.take(t_ms, None)])

    def pass_time(self, t_ms: int) -> list[Alert]:
        """Return the alerts of holds that ended before `t_ms`; costs one comparison when there can be none.

        Every sample and loss before `t_ms` must have been told.
        """
        if t_ms <= self._due_ms:
            return []
        fired: list[_Fired] = []
        for symbol, watched in self._symbols.items():
            fired += [(watch, symbol, watched.seen) for watch in watched.watches if watch.pass_time(t_ms)]
        left = (watch.due_ms for watched in self._symbols.values() for watch in watched.watches)
        self._due_ms = min(left, default=_NEVER_MS)
        return self._keep(fired)

    def _keep(self, fired: list[_Fired]) -> list[Alert]:
        """Make alerts in the order of time, and keep them."""
        if not fired:
            return []
        new = []
        for watch, symbol, seen in sorted(fired, key=lambda each: each[0].fired_ms):
            if seen is not None:
                self._serial += 1
                new.append(_alert(self._serial, watch, symbol, seen, self._source))
        self.recent = (*self.recent, *new)[-KEPT:]
        return new


def _alert(serial: int, watch: Watch, symbol: str, seen: _Seen, source: Source) -> Alert:
    """Return the alert with the quotes that stood when the watch fired, and their ages then."""
    later_ms = watch.fired_ms - seen.t_ms
    at = Instant(seen.at.wall_ms + later_ms, seen.at.mono_ms + later_ms)
    spot, futures = seen.spot, seen.futures
    ages_ms = at.since(spot.received), at.since(futures.received)
    return Alert(serial, watch.rule, symbol, watch.fired_value, at, spot, futures, *ages_ms, source)


def _value(number: Number, spot: Quote, futures: Quote, fees: Fees) -> Decimal:
    """Return what a rule compares with its level: of basis points what other programs get to see of them."""
    if number is Number.EDGE:
        return round(edge_bps(spot, futures, fees), BPS_KEPT_PLACES)
    spread = spot.ask - futures.bid
    return round(bps(spread, spot.ask), BPS_KEPT_PLACES) if number is Number.BPS else spread
