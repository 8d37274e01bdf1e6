"""An alert for other programs and for people: the evidence as a JSON object, and one sentence. Pure."""

from decimal import Decimal

from spreadwatch.core.alerts import Alert, Number, Rule
from spreadwatch.core.numbers import bps, plain, signed, significant_places
from spreadwatch.core.pair_name import of_key
from spreadwatch.core.snapshot import quote_to_json


def alert_to_json(alert: Alert) -> dict[str, object]:
    """Return the alert with all that proves it: decimals as strings, times Unix ms, ages and skew in ms.

    `text` is the sentence for people, under the name that chat services look for.
    """
    rule, name = alert.rule, of_key(alert.symbol)
    return {
        "text": sentence(alert),
        "serial": alert.serial,
        "symbol": name.symbol,
        "contract": name.contract,
        "source": alert.source.value,
        "number": rule.number.value,
        "value": plain(alert.value),
        "at_ms": alert.at.wall_ms,
        "rule": _rule_to_json(rule),
        "spot": quote_to_json(alert.spot, alert.spot_age_ms),
        "futures": quote_to_json(alert.futures, alert.futures_age_ms),
        "spread": plain(alert.spot.ask - alert.futures.bid),
        "skew_ms": abs(alert.spot_age_ms - alert.futures_age_ms),
    }


def sentence(alert: Alert) -> str:
    """Say what happened: 'entry is cheap: ETHUSDT edge is +3.51 bps, at or above +3.50'."""
    rule = alert.rule
    return (
        f"{rule.name}: {alert.symbol} {rule.number.value} is {value(alert)}, "
        f"at or {rule.side.value} {typed(rule.level)}"
    )


def value(alert: Alert) -> str:
    """Write what fired, with its sign: basis points with their unit, a spread as finely as its prices and the level."""
    if alert.rule.number is not Number.SPREAD:
        return f"{bps(alert.value)}{alert.rule.number.unit}"
    prices = [price for one in (alert.spot, alert.futures) for price in (one.bid, one.ask)]
    return signed(alert.value, max(*map(significant_places, prices), _places(alert.rule.level)))


def typed(number: Decimal) -> str:
    """Write a number that somebody typed, with its sign and all its digits."""
    return signed(number, _places(number))


def _places(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    return -exponent if isinstance(exponent, int) and exponent < 0 else 0


def _rule_to_json(rule: Rule) -> dict[str, object]:
    return {
        "name": rule.name,
        "symbol": rule.symbol,
        "side": rule.side.value,
        "level": plain(rule.level),
        "rearm": plain(rule.rearm),
        "hold_s": rule.hold_s,
        "cooldown_s": rule.cooldown_s,
        "once": rule.once,
    }
