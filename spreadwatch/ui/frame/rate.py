"""Updates per second out of a running total. Pure."""

from collections import deque

WINDOW_MS = 2_000
_STEP_MS = 100
_ENOUGH_MS = 500


class Rate:
    """Average over the last two seconds."""

    def __init__(self) -> None:
        self._seen: deque[tuple[int, int]] = deque()

    def take(self, total: int, mono_ms: int) -> float | None:
        """Take a running total at `mono_ms` and return the rate per second; None while too little is known."""
        seen = self._seen
        if not total:
            return None
        if seen and (total < seen[-1][1] or mono_ms < seen[-1][0]):
            seen.clear()
        if not seen or mono_ms - seen[-1][0] >= _STEP_MS:
            seen.append((mono_ms, total))
        while len(seen) > 2 and mono_ms - seen[1][0] >= WINDOW_MS:
            seen.popleft()
        since_ms = mono_ms - seen[0][0]
        return (total - seen[0][1]) * 1_000 / since_ms if since_ms >= _ENOUGH_MS else None
