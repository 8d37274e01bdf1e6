"""How a connection is doing: figures for a person who looks for a fault."""

from collections import Counter, deque

from msgspec import Struct

from spreadwatch.core.events import Batch, Read
from spreadwatch.core.quote import Instant

_LATENCIES = 4096  # of the last reads; one per read


class HealthReport(Struct, frozen=True):
    """A connection's figures at one moment. Times in seconds and ms as named; None means not known.

    `offset_ms` is how far this machine's clock runs ahead of the exchange's plus the fastest transit seen:
    the two cannot be told apart. Latencies are what came on top of it, so never negative.
    """

    name: str
    uptime_s: float | None
    messages: int
    messages_per_s: float | None
    last_quote_ms: int | None
    reconnects: int
    reasons: dict[str, int]
    offset_ms: int | None
    latency_p50_ms: int | None
    latency_p99_ms: int | None


class Health:
    """Collects on the feed's thread; `report` may be called from any."""

    def __init__(self, name: str) -> None:
        self.open_since: Instant | None = None
        self._name = name
        self._messages = 0
        self._since_open = 0
        self._last: Instant | None = None
        self._reasons: Counter[str] = Counter()
        self._transits: deque[int] = deque(maxlen=_LATENCIES)

    def opened(self, at: Instant) -> None:
        """Note that a connection opened."""
        self.open_since = at
        self._since_open = 0

    def closed(self, reason: str) -> None:
        """Note that the connection ended, or could not be opened."""
        self.open_since = None
        self._reasons[reason] += 1

    def took(self, read: Read, at: Instant, messages: int) -> None:
        """Note one read."""
        self._messages += messages
        self._since_open += messages
        if read.heard:
            self._last = at
        if isinstance(read, Batch) and read.quotes and (sent_ms := read.quotes[-1].exchange_ms) is not None:
            self._transits.append(at.wall_ms - sent_ms)

    def report(self, now: Instant) -> HealthReport:
        """Freeze the figures at `now`."""
        transits = sorted(self._transits.copy())
        offset_ms = transits[0] if transits else None
        uptime_s = now.since(self.open_since) / 1000 if self.open_since else None
        return HealthReport(
            name=self._name,
            uptime_s=uptime_s,
            messages=self._messages,
            messages_per_s=round(self._since_open / uptime_s, 1) if uptime_s else None,
            last_quote_ms=now.since(self._last) if self._last else None,
            reconnects=self._reasons.total(),
            reasons=dict(self._reasons),
            offset_ms=offset_ms,
            latency_p50_ms=_quantile(transits, 0.50),
            latency_p99_ms=_quantile(transits, 0.99),
        )


def _quantile(transits: list[int], share: float) -> int | None:
    """Return how much a share of the transits exceeds the fastest at most."""
    return transits[min(int(len(transits) * share), len(transits) - 1)] - transits[0] if transits else None
