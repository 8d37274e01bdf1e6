"""Moments as text, in UTC. Pure."""

from datetime import UTC, datetime, timedelta

MINUTE_MS = 60_000

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def iso(at_ms: int, precision: str | None = None) -> str:
    """Write Unix ms in UTC: 2026-07-03T08:30:36, with three decimals when it is not a whole second.

    `precision`: "minutes", "seconds" or "milliseconds", whatever the moment.
    """
    at = (EPOCH + timedelta(milliseconds=at_ms)).replace(tzinfo=None)
    return at.isoformat(timespec=precision or ("milliseconds" if at_ms % 1000 else "seconds"))
