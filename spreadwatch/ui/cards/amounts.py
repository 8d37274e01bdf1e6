"""Rounded amounts for the eye: shortened, in percent, per year. Prices are never rounded by these. Pure."""

from decimal import Decimal

from spreadwatch.core import numbers
from spreadwatch.core.numbers import MINUS, on_screen
from spreadwatch.ui.kit import text

_STEPS = ((Decimal(10) ** 9, "G"), (Decimal(10) ** 6, "M"), (Decimal(10) ** 3, "k"))
_THREE_DIGITS = Decimal("999.5")


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
    near = numbers.rounded(number, places)
    return text.price(near, places)


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
