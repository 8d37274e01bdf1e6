"""The evidence of an alert: exact, whole, readable, and where it comes from (RULES: source)."""

import json
from decimal import Decimal

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from spreadwatch.core.alert_json import alert_to_json, sentence
from spreadwatch.core.alerts import Direction, Number
from tests.notify.examples import NOON_MS, RULE, alert


def test_the_evidence_holds_everything_as_documented() -> None:
    assert alert_to_json(alert(7)) == {
        "text": "entry is cheap: ETHUSDT edge is +3.51 bps, at or above +3.50",
        "serial": 7,
        "symbol": "ETHUSDT",
        "contract": "perpetual",
        "source": "live",
        "number": "edge",
        "value": "3.5123456",
        "at_ms": NOON_MS,
        "rule": {
            "name": "entry is cheap",
            "symbol": "ETHUSDT",
            "side": "above",
            "level": "3.50",
            "rearm": "2.0",
            "hold_s": 2.0,
            "cooldown_s": 60.0,
            "once": False,
        },
        "spot": {
            "bid": "3412.56",
            "bid_qty": "11.0264",
            "ask": "3412.57",
            "ask_qty": "4.1830",
            "update_id": 400900217,
            "exchange_ms": None,
            "received_ms": NOON_MS - 38,
            "age_ms": 38,
        },
        "futures": {
            "bid": "3413.87",
            "bid_qty": "27.4410",
            "ask": "3413.88",
            "ask_qty": "0.9120",
            "update_id": 88001122,
            "exchange_ms": NOON_MS - 48,
            "received_ms": NOON_MS - 41,
            "age_ms": 41,
        },
        "spread": "-1.30",
        "skew_ms": 3,
    }


def test_a_spread_is_said_exactly_and_a_rule_for_all_has_no_symbol() -> None:
    rule = replace(RULE, symbol=None, number=Number.SPREAD, side=Direction.BELOW, level=Decimal("-0.000001"))
    made = alert(rule=rule, value="-0.00000135")
    assert sentence(made) == "entry is cheap: ETHUSDT spread is -0.00000135, at or below -0.000001"
    assert alert_to_json(made)["rule"]["symbol"] is None  # type: ignore[index]


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9))
def test_any_value_survives_json_to_the_digit(value: Decimal) -> None:
    text = msgspec.json.encode(alert_to_json(alert(value=str(value))))
    assert Decimal(json.loads(text)["value"]) == value
    assert b"E" not in json.dumps(json.loads(text)["value"]).encode()
