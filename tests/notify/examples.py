"""Alerts to send."""

from decimal import Decimal

from spreadwatch.core.alerts import Alert, Direction, Number, Rule
from spreadwatch.core.quote import Instant, Quote, Side

NOON_MS = 1_775_134_927_000
"""2026-04-02 13:02:07 UTC, the noon of the window's examples."""
RULE = Rule("entry is cheap", "ETHUSDT", Number.EDGE, Direction.ABOVE, Decimal("3.50"), Decimal("2.0"), 2.0, 60.0)


def alert(
    serial: int = 1, rule: Rule = RULE, *, symbol: str = "ETHUSDT", value: str = "3.5123456", after_ms: int = 0
) -> Alert:
    """Return an alert at a moment, with quotes a little older."""
    at = Instant(NOON_MS + after_ms, 1_000_000 + after_ms)
    spot_at, futures_at = (Instant(at.wall_ms - age, at.mono_ms - age) for age in (38, 41))
    spot = Quote(
        *(Side.SPOT, symbol, Decimal("3412.56"), Decimal("11.0264"), Decimal("3412.57"), Decimal("4.1830")),
        *(400900217, None, spot_at),
    )
    futures = Quote(
        *(Side.FUTURES, symbol, Decimal("3413.87"), Decimal("27.4410"), Decimal("3413.88"), Decimal("0.9120")),
        *(88001122, NOON_MS + after_ms - 48, futures_at),
    )
    return Alert(serial, rule, symbol, Decimal(value), at, spot, futures, 38, 41)
