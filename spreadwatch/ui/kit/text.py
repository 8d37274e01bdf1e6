"""Numbers, ages, times and sentences as the window writes them. Pure."""

import math
import time
from collections.abc import Callable
from decimal import Decimal

from spreadwatch.core import numbers
from spreadwatch.core.numbers import GROUP, MINUS, on_screen, rounded

NO_VALUE = "\N{EM DASH}"
_ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"
UP = "\N{BLACK UP-POINTING TRIANGLE}"
DOWN = "\N{BLACK DOWN-POINTING TRIANGLE}"
_STEPS = ((Decimal(10) ** 9, "G"), (Decimal(10) ** 6, "M"), (Decimal(10) ** 3, "k"))
_THREE_DIGITS = Decimal("999.5")


def price(number: Decimal, places: int) -> str:
    """Write a number for the eye: grouped, at least `places` decimals, never rounded."""
    return on_screen(numbers.exact(number, places))


def signed(number: Decimal, places: int) -> str:
    """Write a number like `price`, with its sign always shown; zero has none."""
    return on_screen(numbers.signed(number, places))


def bps(number: Decimal | None) -> str:
    """Write basis points without their unit; a dash for None."""
    return NO_VALUE if number is None else on_screen(numbers.bps(number))


def change(number: Decimal | None, places: int) -> str:
    """Write a change as an arrow and its size; empty when there is none yet."""
    if number is None:
        return ""
    arrow = UP + " " if number > 0 else DOWN + " " if number < 0 else ""
    return arrow + price(number.copy_abs(), places)


def short(number: Decimal) -> str:
    """Write an amount in three digits: 950, 14.3k, 1.25M."""
    size = abs(number)
    sign = MINUS if number < 0 else ""
    for step, suffix in _STEPS:
        if size >= step or size * 1000 >= _THREE_DIGITS * step:
            return f"{sign}{_three_digits(size / step)}{suffix}"
    return f"{sign}{_three_digits(size)}"


def _three_digits(number: Decimal) -> str:
    if number >= 100:
        return f"{number:.0f}"
    return f"{number:.1f}" if number >= 10 else f"{number:.2f}"


def money(number: Decimal, places: int) -> str:
    """Write an amount of money, rounded."""
    return price(rounded(number, places), places)


def percent(fraction: Decimal, places: int) -> str:
    """Write a fraction in percent with its sign: +0.0100%."""
    return on_screen(numbers.percent(fraction, places))


def countdown(left_ms: int) -> str:
    """Write the time that is left: 0:41, 2:14:07, 35 d 4 h."""
    seconds = max(left_ms, 0) // 1_000
    if seconds >= 2 * 86_400:
        return f"{seconds // 86_400} d {seconds % 86_400 // 3_600} h"
    hours, minutes = seconds // 3_600, seconds % 3_600 // 60
    if hours:
        return f"{hours}:{minutes:02d}:{seconds % 60:02d}"
    return f"{minutes}:{seconds % 60:02d}"


def count(number: int) -> str:
    """Write a count, grouped."""
    return f"{number:,}".replace(",", GROUP)


def counted(number: int, word: str, words: str) -> str:
    """Write a count and what it counts: '1 reconnect', '2 reconnects'."""
    return f"{count(number)} {word if number == 1 else words}"


def age(age_ms: int | None) -> str:
    """Write an age, coarser as it grows: 38 ms, 1.2 s, 14 s, 3 min, 5 h, 3 d; a dash for None."""
    if age_ms is None:
        return NO_VALUE
    if age_ms < 1_000:
        return f"{age_ms} ms"
    if age_ms < 10_000:
        return f"{age_ms // 100 / 10:.1f} s"
    seconds = age_ms // 1_000
    if seconds < 120:
        return f"{seconds} s"
    if seconds < 2 * 3_600:
        return f"{seconds // 60} min"
    if seconds < 48 * 3_600:
        return f"{seconds // 3_600} h"
    return f"{seconds // 86_400} d"


def clock(wall_ms: int, now_ms: int, *, utc: bool) -> str:
    """Write a Unix ms as time of day, with month and day in front when that is not today's at `now_ms`.

    A dash when the system's calendar cannot tell.
    """
    calendar = time.gmtime if utc else time.localtime
    try:
        then, now = calendar(wall_ms // 1_000), calendar(now_ms // 1_000)
    except (OverflowError, ValueError, OSError):
        return NO_VALUE
    return time.strftime("%H:%M:%S" if then[:3] == now[:3] else "%m-%d %H:%M:%S", then)


def moment(wall_ms: int, *, utc: bool) -> str:
    """Write a Unix ms as date and time to the millisecond; a dash when the system's calendar cannot tell."""
    try:
        then = (time.gmtime if utc else time.localtime)(wall_ms // 1_000)
    except (OverflowError, ValueError, OSError):
        return NO_VALUE
    return f"{time.strftime('%Y-%m-%d %H:%M:%S', then)}.{wall_ms % 1_000:03d}"


def sentence(words: str | None) -> str:
    """Write a reason as a sentence; empty for None."""
    words = (words or "").strip()
    if not words:
        return ""
    return words[0].upper() + words[1:] + ("" if words[-1] in ".!?…" else ".")


def title(symbol: str, spread: Decimal | None, places: int, badge: str | None) -> str:
    """Write the window's title: the number first, so that a taskbar shows it; a dash for None."""
    number = NO_VALUE if spread is None else signed(spread, places)
    suffix = f" ({badge.lower()})" if badge else ""
    return f"{number} {symbol} · spreadwatch{suffix}"


def waiting(symbol: str, badge: str | None) -> str:
    """Say what an empty window waits for."""
    source = {"": "Binance", "DEMO": "the demo", "REPLAY": "the replay"}.get((badge or "").partition(" ")[0])
    return f"Waiting for the first quotes of {symbol} from {source or badge}."


def wrapped_lines(words: str, width: float, measure: Callable[[str], float]) -> int:
    """Return how many lines a text takes when it wraps at `width`, in the unit of `measure`; at least 1."""
    space = measure(" ")
    lines, used = 1, 0.0
    for word in words.split(" "):
        length = measure(word)
        if used and used + space + length > width:
            lines, used = lines + 1, 0.0
        if length > width > 0:  # a word longer than the line breaks inside
            full = math.ceil(length / width) - 1
            lines, length = lines + full, length - full * width
        used += length + (space if used else 0)
    return lines


def shortened(words: str, width: float, measure: Callable[[str], float]) -> str:
    """Return a text cut to fit `width`, in the unit of `measure`, with an ellipsis when something is missing."""
    if measure(words) <= width:
        return words
    left = width - measure(_ELLIPSIS)
    kept = 0
    for character in words:
        left -= measure(character)
        if left < 0:
            break
        kept += 1
    return words[:kept].rstrip(" ,.:;·") + _ELLIPSIS
