"""Times as a person writes them, and as answers show them. Pure: the present comes in as an argument."""

import re
from datetime import UTC, datetime, timedelta

from spreadwatch.config.wording import printable
from spreadwatch.core.times import EPOCH, MINUTE_MS, iso
from spreadwatch.errors import UsageError

HOW = (
    "A time is 2026-07-03T08:30:36, which is UTC unless an offset such as +02:00 follows, or Unix seconds or "
    "milliseconds, or now, or so long ago: -90s, -5m, -2h, -1d."
)
"""How to write one, for --help."""

_FIRST_MS, _END_MS = 946_684_800_000, 4_102_444_800_000  # the years 2000 to 2099
_MOST_UNIX_S = 99_999_999_999
_UNITS_MS = {"s": 1000, "m": MINUTE_MS, "h": 3_600_000, "d": 86_400_000}
_AGO = re.compile(r"-(\d{1,9})([smhd])", re.ASCII)
_UNIX = re.compile(r"(\d{1,16})(?:\.(\d{1,9}))?", re.ASCII)
_CALENDAR = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?)?", re.ASCII)


def read_time(name: str, text: str, now_ms: int) -> int:
    """Return the Unix ms of what `HOW` describes; parts of a ms are cut off. `name`: what it is for.

    Raises UsageError for what is no time, or one that has not come yet at `now_ms`.
    """
    at_ms = _moment(text.strip(), now_ms)
    if at_ms is None:
        raise UsageError(
            f"{name} must be a time such as 2026-07-03T08:30:36 (UTC), Unix seconds, now or -5m, "
            f"not {printable(text, 40)!r}"
        )
    if at_ms > now_ms:
        raise UsageError(
            f"{name} {printable(text, 40)} is in the future: it is {iso(now_ms, 'seconds')} UTC now, "
            f"and a local time needs its offset, such as +02:00"
        )
    if at_ms < _FIRST_MS:
        raise UsageError(f"{name} {printable(text, 40)} is before the year 2000, when nothing was recorded")
    return at_ms


def _moment(text: str, now_ms: int) -> int | None:
    if text == "now":
        return now_ms
    if match := _AGO.fullmatch(text):
        return max(now_ms - int(match[1]) * _UNITS_MS[match[2]], 0)
    if match := _UNIX.fullmatch(text):
        whole = int(match[1])
        if whole > _MOST_UNIX_S:
            return min(whole, _END_MS)
        return whole * 1000 + int((match[2] or "").ljust(3, "0")[:3])
    if not _CALENDAR.fullmatch(text):
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:  # no such day, hour or offset
        return None
    return ((at if at.tzinfo else at.replace(tzinfo=UTC)) - EPOCH) // timedelta(milliseconds=1)


def length(span_ms: int) -> str:
    """Write how long something lasts, with its unit: exact below a minute."""
    if span_ms < MINUTE_MS:
        return f"{span_ms / 1000:.3f} s"
    for word, unit_ms in (("d", _UNITS_MS["d"]), ("h", _UNITS_MS["h"])):
        if span_ms >= 2 * unit_ms:
            return f"{span_ms / unit_ms:.1f} {word}"
    return f"{span_ms / MINUTE_MS:.1f} min"
