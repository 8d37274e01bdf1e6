"""Faults of what a message says: every foreign text is a valid quote or a counted reject."""

import json
import random
from collections.abc import Callable
from typing import Any

from tests.exchange.server import encode, envelope, frame
from tests.faults.feeder import SYMBOL, WIRE
from tests.faults.harness import Rig
from tests.faults.scenario import Fault, Inject, Kind

Payload = dict[str, Any]
_NOT_WHOLE: tuple[object, ...] = ("1", 1.5, None, [], 1e30)
_NOT_JSON, _WRONG_TYPE, _MISSING, _NOT_A_NUMBER = "not JSON", "wrong type", "missing field", "not a number"


def changed(change: Callable[[Payload], object]) -> Inject:
    """Send a quote that differs from a valid one."""

    def inject(rig: Rig, venue: str, _chance: random.Random) -> None:
        payload = rig.feeder.payload(venue, rig.feeder.next_id())
        change(payload)
        rig.send(venue, frame(envelope(WIRE, encode(payload))))

    return inject


def _with(**fields: object) -> Inject:
    return changed(lambda payload: payload.update(fields))


def _without(name: str) -> Inject:
    return changed(lambda payload: payload.pop(name))


def raw(message: bytes) -> Inject:
    """Send a message as it is."""
    return lambda rig, venue, _chance: rig.send(venue, frame(message))


def _data(data: bytes) -> Inject:
    return raw(envelope(WIRE, data))


def _edited(edit: Callable[[bytes], bytes]) -> Inject:
    """Send a message whose bytes differ from a valid quote's."""

    def inject(rig: Rig, venue: str, _chance: random.Random) -> None:
        payload = encode(rig.feeder.payload(venue, rig.feeder.next_id()))
        rig.send(venue, frame(edit(envelope(WIRE, payload))))

    return inject


def _lower_id(step: int) -> Inject:
    """Send a quote with other prices whose update id is not above the last."""

    def inject(rig: Rig, venue: str, _chance: random.Random) -> None:
        with rig.feeder.between_beats[venue]:
            last_id = rig.feeder.quote(rig.line(venue))
            payload = rig.feeder.payload(venue, rig.feeder.next_id())
            payload["u"] = last_id - step
            rig.send(venue, frame(envelope(WIRE, encode(payload))))

    return inject


def _same_again(rig: Rig, venue: str, _chance: random.Random) -> None:
    """Send the same quote many times over."""
    with rig.feeder.between_beats[venue]:
        line = rig.line(venue)
        order, payload = rig.feeder.announce(line, rig.feeder.next_id())
        line.send_raw(line.wrap(WIRE, payload) * 50)
        rig.feeder.truths[venue].has_sent(order)


def _crossed(payload: Payload) -> None:
    payload["b"], payload["a"] = payload["a"], payload["b"]


def _locked(payload: Payload) -> None:
    payload["b"] = payload["a"]


def _nested(opening: str, closing: str, depth: int = 30_000) -> bytes:
    return (opening * depth + "1" + closing * depth).encode()


def _refused(inject: Inject, reason: str, mutant: str) -> Fault:
    return Fault(Kind.REFUSED, inject, reason, mutant)


def _numbers() -> dict[str, Fault]:
    """Return every number that is none, in every field that holds one."""
    texts = {
        "zero": ("0.00", "zero"),
        "negative": ("-3000.00", "negative"),
        "NaN": ("NaN", _NOT_A_NUMBER),
        "Infinity": ("Infinity", _NOT_A_NUMBER),
        "1e999": ("1e999", _NOT_A_NUMBER),
        "Arabic digits": ("٣٠٠٠", _NOT_A_NUMBER),
        "full-width digits": ("３０００", _NOT_A_NUMBER),
        "1_0": ("1_0", _NOT_A_NUMBER),
        "a blank before": (" 3000", _NOT_A_NUMBER),
        "a newline after": ("3000\n", _NOT_A_NUMBER),
        "a plus": ("+3000", _NOT_A_NUMBER),
        "a point alone": (".", _NOT_A_NUMBER),
        "two points": ("3.0.0", _NOT_A_NUMBER),
        "hex": ("0x10", _NOT_A_NUMBER),
        "empty": ("", _MISSING),
    }
    return {
        f"{name} as {field}": _refused(_with(**{field: text}), reason, "trusts_prices")
        for name, (text, reason) in texts.items()
        for field in "bBaA"
    }


def _types() -> dict[str, Fault]:
    values: dict[str, object] = {"null": None, "a number": 3000.5, "a list": ["1"], "an object": {}, "true": True}
    prices = {
        f"{name} as {field}": _refused(_with(**{field: value}), _WRONG_TYPE, "crashes_on_garbage")
        for name, value in values.items()
        for field in ("b", "A", "s")
    }
    ids = {f"{value!r} as u": _refused(_with(u=value), _WRONG_TYPE, "crashes_on_garbage") for value in _NOT_WHOLE}
    deep = {"deep lists": _nested("[", "]"), "deep and unended": b'{"data":' + b"[" * 200_000}
    missing = {f"no {field}": _refused(_without(field), _MISSING, "trusts_prices") for field in "bBaA"}
    return {
        **prices,
        **ids,
        **missing,
        **{name: _refused(raw(text), _WRONG_TYPE, "crashes_on_garbage") for name, text in deep.items()},
        "no s": _refused(_without("s"), _MISSING, "trusts_prices"),
        "no u": _refused(_without("u"), _MISSING, "trusts_prices"),
        "data is a list": _refused(_data(b"[]"), _WRONG_TYPE, "crashes_on_garbage"),
        "data is a text": _refused(_data(b'"x"'), _WRONG_TYPE, "crashes_on_garbage"),
        "data is empty": _refused(_data(b"{}"), _MISSING, "trusts_prices"),
        "data is null": _refused(_data(b"null"), _MISSING, "garbage_uncounted"),
        "an error reply": _refused(raw(b'{"error":{"code":4},"id":1}'), "error reply", "garbage_uncounted"),
    }


def _texts() -> dict[str, Fault]:
    deep = {
        "deep objects": _nested('{"a":', "}"),
        "deep result": b'{"result":' + _nested("[", "]") + b"}",
        "deep in a quote": envelope(WIRE, b'{"x":' + _nested('{"s":', "}") + b"}"),
    }
    broken = {
        "nothing": b"",
        "a blank": b" ",
        "half of JSON": b'{"stream":"ethusdt@bookTicker","data":{"u":1,"s":"ETHU',
        "JSON and more": b'{"result":null,"id":1}{',
        "NUL": b"\0" * 100,
        "JSON's NaN": b'{"data":NaN}',
        "HTML": b"<!doctype html><title>502 Bad Gateway</title>",
    }
    edits: dict[str, Callable[[bytes], bytes]] = {
        "a BOM": lambda message: b"\xef\xbb\xbf" + message,
        "UTF-16": lambda message: message.decode().encode("utf-16"),
        "bad UTF-8 in the symbol": lambda message: message.replace(b'"s":"ETH', b'"s":"\xff\xfe'),
        "bad UTF-8 in a price": lambda message: message.replace(b'"b":"3', b'"b":"\xc3\x28'),
        "overlong UTF-8 in a price": lambda message: message.replace(b'"b":"3', b'"b":"\xc0\xb3'),
        "a surrogate as UTF-8": lambda message: message.replace(b'"b":"3', b'"b":"\xed\xa0\x80'),
        "a lone surrogate in the symbol": lambda message: message.replace(b'"s":"ETH', b'"s":"\\ud800'),
        "a lone surrogate in a price": lambda message: message.replace(b'"b":"3', b'"b":"\\udfff'),
        "a bad escape": lambda message: message.replace(b'"b":"3', b'"b":"\\x33'),
    }
    return {
        **{name: _refused(raw(text), _NOT_JSON, "crashes_on_garbage") for name, text in (broken | deep).items()},
        **{name: _refused(_edited(edit), _NOT_JSON, "crashes_on_garbage") for name, edit in edits.items()},
    }


_ORDER: dict[str, Fault] = {
    "crossed": _refused(changed(_crossed), "crossed", "trusts_prices"),
    "locked": _refused(changed(_locked), "locked", "trusts_prices"),
    "a foreign symbol": _refused(_with(s="XRPUSDT"), "foreign symbol", "trusts_prices"),
    "the symbol in lower case": _refused(_with(s=SYMBOL.lower()), "foreign symbol", "trusts_prices"),
    "the symbol with a Cyrillic letter": _refused(_with(s="ЕTHUSDT"), "foreign symbol", "trusts_prices"),
    "an old update id": _refused(_lower_id(50), "repeated", "no_order"),
    "a lower update id": _refused(_lower_id(1), "repeated", "no_order"),
    "the same update id, other prices": _refused(_lower_id(0), "repeated", "no_order"),
    "the same quote 50 times": _refused(_same_again, "repeated", "no_order"),
    "a huge update id": _refused(_with(u=1 << 62), _WRONG_TYPE, "no_end_of_ids"),
    "an update id of 63 bits": _refused(_with(u=(1 << 63) - 1), _WRONG_TYPE, "no_end_of_ids"),
    "an update id of 64 bits": _refused(_with(u=1 << 64), _WRONG_TYPE, "no_end_of_ids"),
    "an update id of 400 digits": _refused(_with(u=10**400), _WRONG_TYPE, "no_end_of_ids"),
    "a negative update id": _refused(_with(u=-5), "negative", "trusts_prices"),
    "a lone surrogate in a key": Fault(
        Kind.REFUSED, raw(b'{"stream":"x","\\ud800":1,"data":{}}'), "not JSON", "crashes_on_garbage"
    ),
}

_IGNORED: dict[str, Fault] = {
    "an acknowledgement": Fault(Kind.IGNORED, raw(b'{"result":null,"id":7}'), "", "crashes_on_acks"),
    "a list of subscriptions": Fault(Kind.IGNORED, raw(b'{"result":["a@b"],"id":8}'), "", "crashes_on_acks"),
}


def _odd_but_valid(edit: Callable[[bytes], bytes]) -> Fault:
    """Send a quote that is valid though no honest exchange writes it so."""

    def inject(rig: Rig, venue: str, _chance: random.Random) -> int:
        with rig.feeder.between_beats[venue]:
            line, update_id = rig.line(venue), rig.feeder.next_id()
            order, payload = rig.feeder.announce(line, update_id)
            line.send_raw(frame(edit(envelope(WIRE, payload))))
            rig.feeder.truths[venue].has_sent(order)
        return update_id

    return Fault(Kind.TAKEN, inject, "", "compact_json_only")


_ODD: dict[str, Fault] = {
    "blanks between tokens": _odd_but_valid(lambda text: json.dumps(json.loads(text), indent=8).encode()),
    "escaped keys and prices": _odd_but_valid(lambda text: text.replace(b'"s":"E', b'"\\u0073":"\\u0045')),
    "unknown fields": _odd_but_valid(lambda text: text.replace(b'"s":', b'"x":[{"y":null}],"z":1e999,"s":')),
    "unknown fields around": _odd_but_valid(lambda text: b'{"new":{},' + text[1:]),
}

FAULTS: dict[str, Fault] = {**_ORDER, **_numbers(), **_types(), **_texts(), **_IGNORED, **_ODD}
