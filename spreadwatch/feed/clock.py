"""The machine's clocks."""

import time

from spreadwatch.core.quote import Instant


def now() -> Instant:
    """Return this moment on the wall clock and on the monotonic one."""
    return Instant(time.time_ns() // 1_000_000, time.monotonic_ns() // 1_000_000)
