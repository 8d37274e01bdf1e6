"""Alerts and their rules in words: rows, evidence, the banner. Pure."""

from collections.abc import Sequence
from decimal import Decimal

from spreadwatch.core import alert_json
from spreadwatch.core.alerts import Alert, Number, Rule
from spreadwatch.core.numbers import on_screen, significant_places
from spreadwatch.core.quote import Instant, Quote
from spreadwatch.ui.kit import text

_TIMES = "\N{MULTIPLICATION SIGN}"
EVERY = "all"


def value(alert: Alert) -> str:
    """Write what fired, with its sign and its unit."""
    return on_screen(alert_json.value(alert))


def _places(*quotes: Quote) -> int:
    return max(significant_places(price) for quote in quotes for price in (quote.bid, quote.ask))


def _typed(number: Decimal) -> str:
    return on_screen(alert_json.typed(number))


def row(alert: Alert, now: Instant, *, utc: bool) -> tuple[str, ...]:
    """Write an alert for the list: time, symbol, value, rule."""
    return (
        text.clock(alert.at.wall_ms, now.wall_ms, utc=utc),
        alert.symbol,
        value(alert),
        f"{alert.rule.name} ({condition(alert.rule)})",
    )


def condition(rule: Rule) -> str:
    """Say when a rule fires: 'edge above +3.50 bps', 'spread below −1.00', 'below −5 bps'."""
    level = f"{rule.side} {_typed(rule.level)}{rule.number.unit}"
    return level if rule.number is Number.BPS else f"{rule.number} {level}"


def rule_row(rule: Rule) -> tuple[str, ...]:
    """Write a rule for the list: symbol, when it fires, when it may again, its name."""
    again = [f"re-arms at {_typed(rule.rearm)}"]
    if rule.hold_s:
        again.append(f"hold {rule.hold_s:g} s")
    if rule.cooldown_s:
        again.append(f"wait {rule.cooldown_s:g} s")
    if rule.once:
        again = ["once", *again[1:2]] if rule.hold_s else ["once"]
    return rule.symbol or EVERY, condition(rule), ", ".join(again), rule.name


def evidence(alert: Alert) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Write what proves an alert, a line for spot and one for futures: leg, age, bid and ask with quantities."""
    places = _places(alert.spot, alert.futures)
    return _leg(alert.spot, alert.spot_age_ms, places), _leg(alert.futures, alert.futures_age_ms, places)


def _leg(quote: Quote, age_ms: int, places: int) -> tuple[str, ...]:
    quantities = max(significant_places(quote.bid_qty), significant_places(quote.ask_qty))
    return (
        quote.side.value,
        f"{text.age(age_ms)} old",
        f"bid {text.price(quote.bid, places)} {_TIMES} {text.price(quote.bid_qty, quantities)}",
        f"ask {text.price(quote.ask, places)} {_TIMES} {text.price(quote.ask_qty, quantities)}",
    )


def banner(alert: Alert) -> str:
    """Write an alert for the banner: 'ETHUSDT edge +3.51 bps'."""
    return f"{alert.symbol} {alert.rule.number} {value(alert)}"


def flashing_title(alert: Alert) -> str:
    """Write the window's title for the moments in which it flashes."""
    return f"\N{BLACK CIRCLE} ALERT {banner(alert)} · spreadwatch"


def newest_first(alerts: Sequence[Alert]) -> list[Alert]:
    """Return alerts that come oldest first the other way round."""
    return list(reversed(alerts))
