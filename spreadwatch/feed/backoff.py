"""How long to wait before the next attempt to connect. Pure: chance comes in as an argument."""

from collections.abc import Callable, Iterator


def delays(first_s: float, cap_s: float, chance: Callable[[], float]) -> Iterator[float]:
    """Yield seconds to wait: full jitter under a limit that doubles from `first_s` to `cap_s`.

    `chance` gives numbers in [0, 1). Source of full jitter: the AWS Architecture Blog, 2015.
    """
    limit_s = first_s
    while True:
        yield limit_s * chance()
        limit_s = min(limit_s * 2, cap_s)


class Attempts:
    """A budget of attempts to connect: a few at once, then one every `refill_s`. Not thread-safe.

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
