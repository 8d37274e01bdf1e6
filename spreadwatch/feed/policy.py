"""When a stream attempts to connect, waits, renews its connection and calls it dead. Pure.

What happened comes in with its moment, chance as an argument, and a decision goes out; `stream` has the sockets and
obeys. All seconds are of one monotonic clock. In the words of the field: backoff with full jitter, a rate limit of
attempts, staleness, and make-before-break, where a connection is replaced by a successor that delivers already.
"""

from collections.abc import Callable, Iterator
from enum import Enum

from msgspec import Struct

from spreadwatch.core.quote import Instant

REGION = 451
"""The status with which the exchange refuses a location: trying again does not help."""

_FIRST_DELAY_S = 0.5
_PROVEN_S = 30.0  # of a connection that opened, before the backoff starts from its beginning again
_RENEW_AGAIN_S = 10.0  # after a renewal that failed
_OVERLAP_MS = 100  # for what was under way on the old connection when the new one began to speak
_LATEST_S = 23.5 * 3600.0  # of a connection that the exchange closes after 24 h
_RENEW_SPREAD = 1 / 46  # to either side, so that connections that were begun together are not renewed together

_BARRED_S = 300.0  # after 403 and 451: asking sooner only prolongs it
_BANNED_S = 120.0  # a 418 ban begins at two minutes
_BUSY_S = 10.0


class StreamSettings(Struct, frozen=True):
    """How long, in seconds, silence, a handshake, the wait between attempts and a connection may last."""

    silence_s: float
    handshake_s: float
    backoff_cap_s: float
    renew_s: float = 23 * 3600.0


def delays(first_s: float, cap_s: float, chance: Callable[[], float]) -> Iterator[float]:
    """Yield seconds to wait: full jitter under a limit that doubles from `first_s` to `cap_s`.

    `chance` gives numbers in [0, 1). Source of full jitter: the AWS Architecture Blog, 2015.
    """
    limit_s = first_s
    while True:
        yield limit_s * chance()
        limit_s = min(limit_s * 2, cap_s)


def pause_s(status: int, asked_s: float | None) -> float:
    """Return the least seconds before another attempt after an HTTP status that refused one.

    `asked_s`: what a Retry-After header said, None without one. It counts as it is, but never shortens a bar.
    """
    usual_s = {403: _BARRED_S, REGION: _BARRED_S, 418: _BANNED_S, 429: _BUSY_S}.get(status, 0.0)
    if asked_s is None:
        return usual_s
    return max(asked_s, usual_s) if usual_s == _BARRED_S else asked_s


def renewal_s(renew_s: float, chance: float) -> float:
    """Return after how many seconds a connection is renewed: around `renew_s`, as `chance` in [0, 1) has it.

    Never later than half an hour before the exchange would close it, whatever `renew_s` is.
    """
    middle_s = min(renew_s, _LATEST_S / (1 + _RENEW_SPREAD))
    return middle_s * (1 + (2 * chance - 1) * _RENEW_SPREAD)


class Attempts:
    """A rate limit of attempts to connect: a few at once, then one every `refill_s`. Not thread-safe.

    In any 5 minutes at most `burst` + 300 / `refill_s` are made: 70, where the exchange allows 300 per
    address for both sides and whoever else shares it.
    """

    def __init__(self, burst: int = 10, refill_s: float = 5.0) -> None:
        self._burst = burst
        self._refill_s = refill_s
        self._spent = 0.0
        self._last_s = 0.0

    def pause(self, now_s: float) -> float:
        """Take one attempt and return the seconds to wait before making it."""
        self._spent = self._spent_at(now_s) + 1
        self._last_s = now_s
        return max(self._spent - self._burst, 0.0) * self._refill_s

    def is_free(self, now_s: float) -> bool:
        """Tell whether an attempt may be made without waiting."""
        return self._spent_at(now_s) + 1 <= self._burst

    def _spent_at(self, now_s: float) -> float:
        return max(self._spent - (now_s - self._last_s) / self._refill_s, 0.0)


class Renewal(Enum):
    """What to do about a successor that was begun."""

    NOTHING = "nothing"
    HAND_OVER = "hand over"
    """Go on with the successor and close the old connection."""
    DROP = "drop"
    """Do without the successor, which failed; the old connection goes on."""


class Policy:
    """The decisions of one stream. One thread, but for `silent_s` and `is_late`, which any may ask."""

    def __init__(self, settings: StreamSettings, chance: Callable[[], float]) -> None:
        """Decide by `settings`; `chance` gives numbers in [0, 1)."""
        self.renew_at_s = 0.0
        """When a successor of the present connection is due."""
        self._settings = settings
        self._chance = chance
        self._attempts = Attempts()
        self._waits = self._backoff()
        self._began_s = 0.0
        self._has_opened = False
        self._barred_until_s = 0.0  # the exchange asked to be left alone until then

    # ----- attempts

    def attempt(self, now_s: float) -> float:
        """Take an attempt to connect from the budget; return the seconds to wait before it is made."""
        wait_s = self._attempts.pause(now_s)
        self._began_s, self._has_opened = now_s + wait_s, False
        return wait_s

    def opened(self, now_s: float) -> None:
        """Note that a connection opened, or that a successor took over."""
        self._has_opened = True
        self.renew_at_s = now_s + renewal_s(self._settings.renew_s, self._chance())

    def lost(self, now_s: float, pause_s: float) -> float:
        """Return the seconds to wait after an attempt that failed, or whose connection and successors ended.

        `pause_s`: the least that the failure itself asks for.
        """
        if self._has_opened and now_s - self._began_s > _PROVEN_S:
            self._waits = self._backoff()
        self.heed(now_s, pause_s)
        return max(next(self._waits), self._barred_until_s - now_s)

    def heed(self, now_s: float, pause_s: float) -> None:
        """Make no attempt before `pause_s` went by, because the exchange, or what stands before it, says so."""
        self._barred_until_s = max(self._barred_until_s, now_s + pause_s)

    def _backoff(self) -> Iterator[float]:
        return delays(_FIRST_DELAY_S, self._settings.backoff_cap_s, self._chance)

    # ----- staleness

    def silent_s(self, since: Instant, now: Instant, *, is_open: bool) -> float | None:
        """Return the limit in seconds that a connection has broken at `now`, None while it has not.

        `since`: its last valid, new value; before the first one the moment it opened; before that its beginning.
        """
        limit_s = self._settings.silence_s if is_open else self._settings.handshake_s
        return limit_s if now.since(since) > limit_s * 1000 else None

    def is_late(self, began: Instant, now: Instant) -> bool:
        """Tell whether a successor that was `began` takes too long to deliver: a handshake, and as long again."""
        return now.since(began) > 2 * self._settings.handshake_s * 1000

    # ----- make-before-break

    def leaving(self, now_s: float) -> None:
        """Note that the exchange gave notice of the connection's end: a successor is due at once."""
        self.renew_at_s = now_s

    def may_begin(self, now_s: float) -> bool:
        """Tell whether a successor is due, allowed, and within the budget of attempts."""
        return now_s >= max(self.renew_at_s, self._barred_until_s) and self._attempts.is_free(now_s)

    def begun(self, now_s: float) -> None:
        """Take the successor's attempt from the budget."""
        self._attempts.pause(now_s)

    def with_successor(self, ready: Instant | None, now: Instant, *, has_ended: bool) -> Renewal:
        """Decide about a successor that delivers since `ready`, None if it does not; `has_ended`: it never will."""
        if ready is not None:
            return Renewal.HAND_OVER if now.since(ready) >= _OVERLAP_MS else Renewal.NOTHING
        return Renewal.DROP if has_ended else Renewal.NOTHING

    def dropped(self, now_s: float, pause_s: float) -> None:
        """Note that a successor was given up: the next one is due a little later, and not before `pause_s`."""
        self.heed(now_s, pause_s)
        self.renew_at_s = now_s + _RENEW_AGAIN_S
