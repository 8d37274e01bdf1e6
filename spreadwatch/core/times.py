"""Moments as text: one way to read one and one to write it, in UTC. Pure: the present comes in as an argument."""

import re
from datetime import UTC, datetime, timedelta

MINUTE_MS = 60_000

FIRST_MS, END_MS = 946_684_800_000, 4_102_444_800_000
"""A moment that can be asked for lies from the year 2000 up to, not including, 2100."""

HOW = (
    "A time is 2026-07-03T08:30:36, which is UTC unless an offset such as +02:00 follows, or Unix seconds or "
    "milliseconds (12 digits and more), or now, or so long ago: -90s, -5m, -2h, -1d."
)
"""How to write one, for --help and for the document of the service."""

_CALENDAR = r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?)?"
_UNIX = r"\d{1,16}(\.\d{1,9})?"
_AGO = r"-\d{1,9}[smhd]"
PATTERN = f"^({_CALENDAR}|{_UNIX}|{_AGO}|now)$"
"""What `read` takes, as a regular expression. Not every text of this form is a moment."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNITS_MS = {"s": 1000, "m": MINUTE_MS, "h": 3_600_000, "d": 86_400_000}
_MOST_UNIX_S = 99_999_999_999
_SHOWN_CHARS = 40


class NotAMomentError(ValueError):
    """A text that is no moment, or none that can be asked for: what was expected, and what came."""


def read(name: str, text: str, now_ms: int, *, past: bool = False) -> int:
    """Return the Unix ms of what `HOW` describes; parts of a ms are cut off.

    `name`: what it is for. `past`: it must not lie after `now_ms`. Raises NotAMomentError.
    """
    shown = repr(text if len(text) <= _SHOWN_CHARS else text[: _SHOWN_CHARS - 1] + "…")
    at_ms = _moment(text.strip(" "), now_ms)
    if at_ms is None:
        raise NotAMomentError(
            f"{name} must be a time such as 2026-07-03T08:30:36 (UTC), Unix seconds or milliseconds, now or -5m, "
            f"not {shown}"
        )
    if past and at_ms > now_ms:
        raise NotAMomentError(
            f"{name} {text.strip()} is in the future: it is {iso(now_ms, 'seconds')} UTC now, "
            f"and a local time needs its offset, such as +02:00"
        )
    if at_ms < FIRST_MS:
        raise NotAMomentError(f"{name} must not lie before the year 2000, when nothing was recorded, as {shown} does")
    if at_ms >= END_MS:
        raise NotAMomentError(f"{name} must lie before the year 2100, which {shown} does not")
    return at_ms


def _moment(text: str, now_ms: int) -> int | None:
    if not re.fullmatch(PATTERN, text, re.ASCII):
        return None
    if text == "now":
        return now_ms
    if text[0] == "-":
        return max(now_ms - int(text[1:-1]) * _UNITS_MS[text[-1]], 0)
    if "-" not in text:
        whole, _, fraction = text.partition(".")
        unix = int(whole)
        return unix if unix > _MOST_UNIX_S else unix * 1000 + int(fraction.ljust(3, "0")[:3])
    try:
        at = datetime.fromisoformat(text)
        return ((at if at.tzinfo else at.replace(tzinfo=UTC)) - _EPOCH) // timedelta(milliseconds=1)
    except ValueError:  # no such day, hour or offset
        return None


def iso(at_ms: int, precision: str | None = None) -> str:
    """Write Unix ms in UTC without saying so, for a column whose name says it: 2026-07-03T08:30:36.

    Three decimals follow when it is not a whole second. `precision`: "minutes", "seconds" or "milliseconds",
    whatever the moment. Empty for what is before the year 1 or after 9999.
    """
    try:
        at = (_EPOCH + timedelta(milliseconds=at_ms)).replace(tzinfo=None)
    except OverflowError:
        return ""
    return at.isoformat(timespec=precision or ("milliseconds" if at_ms % 1000 else "seconds"))


def utc(at_ms: int, precision: str | None = None) -> str:
    """Write Unix ms like `iso`, with the Z of UTC: 2026-07-03T08:30:36Z."""
    text = iso(at_ms, precision)
    return text and text + "Z"


def length(span_ms: int) -> str:
    """Write how long something lasts, with its unit: exact below a minute."""
    if span_ms < MINUTE_MS:
        return f"{span_ms / 1000:.3f} s"
    for word, unit_ms in (("d", _UNITS_MS["d"]), ("h", _UNITS_MS["h"])):
        if span_ms >= 2 * unit_ms:
            return f"{span_ms / unit_ms:.1f} {word}"
    return f"{span_ms / MINUTE_MS:.1f} min"
