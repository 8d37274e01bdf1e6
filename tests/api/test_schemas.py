"""What is documented is what is sent: the schema of a type, the README's table, and the objects themselves."""

import contextlib
import json
import re
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from spreadwatch.api.operations import schema_of
from spreadwatch.api.parameters import BadParameterError, pair
from spreadwatch.config.kinds import PAIR_PATTERN
from spreadwatch.core import times
from spreadwatch.core.answers_json import SnapshotJson, snapshot
from spreadwatch.core.pair_name import PERPETUAL
from spreadwatch.core.questions import QUESTIONS
from spreadwatch.core.quote import Side
from spreadwatch.core.sliding import WINDOWS
from spreadwatch.core.snapshot import PairJson, to_json
from tests.api.test_openapi import fits
from tests.core.builders import Scene
from tests.ui import examples

WINDOW_NAMES = [name for name, _ in WINDOWS] + ["session"]
README = Path(__file__).parents[2] / "README.md"
_ROW = re.compile(r"^\| (`\w+`(?:, `\w+`)*) \| (.*) \|$", re.MULTILINE)


class Odd(Struct):
    """One of everything."""

    price: Decimal
    side: Side | None
    names: tuple[str, ...]
    counts: Annotated[dict[str, int], "some"]


def test_a_type_says_how_it_is_written() -> None:
    with pytest.raises(TypeError, match="declare what it is on the wire"):
        schema_of(Odd)
    exact = {"type": "string", "description": "an exact decimal as text", "pattern": r"^-?\d+(\.\d+)?$"}
    assert schema_of(Decimal) == exact
    assert schema_of(Side | None) == {"type": ["string", "null"], "enum": ["spot", "futures", None]}
    assert schema_of(tuple[str, ...]) == {"type": "array", "items": {"type": "string"}}


@pytest.mark.parametrize("pair", [examples.full(), Scene().look(30)], ids=["all that can be known", "nothing yet"])
def test_a_pair_as_it_is_sent_fits_its_type_and_lacks_nothing_of_it(pair: Any) -> None:  # noqa: ANN401 - a snapshot
    sent = json.loads(json.dumps(to_json(pair)))
    fits(sent, schema_of(PairJson))
    assert set(sent) == set(get_type_hints(PairJson))


def test_a_snapshot_fits_its_type() -> None:
    fits(snapshot(examples.ethusdt().at()), schema_of(SnapshotJson))


def test_an_unknown_key_or_a_missing_one_does_not_fit() -> None:
    sent: Mapping[str, object] = to_json(examples.full())
    for wrong in (dict(sent, more=1), {key: value for key, value in sent.items() if key != "depth"}):
        with pytest.raises(AssertionError):
            fits(wrong, schema_of(PairJson))


def test_the_readme_names_every_field_of_a_pair_and_no_other() -> None:
    text = README.read_text("utf-8")
    told: dict[str, str] = {}
    for names, words in _ROW.findall(text[text.index("One object per symbol:") : text.index("`reverse` is spot bid")]):
        told |= dict.fromkeys(re.findall(r"`(\w+)`", names), words)
    fields: Any = schema_of(PairJson)["properties"]
    assert set(told) == set(fields)
    for name, field in fields.items():
        inside = field.get("properties") or field.get("additionalProperties") or {}
        inner = set(inside.get("properties", inside)) if isinstance(inside, dict) else set()
        if inner:
            words = set(re.findall(r"`(\w+)`", told[name])) - set(WINDOW_NAMES)
            assert words == inner, name
    assert set(WINDOW_NAMES) <= set(re.findall(r"`(\w+)`", told["windows"]))


def test_every_moment_over_http_has_the_form_that_is_documented() -> None:
    form = re.compile(times.PATTERN, re.ASCII)
    assert all(form.search(text) for text in ("now", "-5m", "1700000000", "2026-07-03T08:30:36.5+02:00", "2026-07-03"))
    assert not any(form.search(text) for text in ("", "5m", "yesterday", "2026-07-03T8:30"))


@given(st.text(max_size=45) | st.from_regex(PAIR_PATTERN) | st.sampled_from(["ethusdt", "BTCUSDT@next_quarter"]))
def test_every_pair_that_is_taken_over_http_has_the_form_that_is_documented(text: str) -> None:
    with contextlib.suppress(BadParameterError):
        pair("symbol", text, PERPETUAL)
        assert re.search(PAIR_PATTERN, text)


def test_every_question_of_the_command_has_names_for_its_arguments() -> None:
    for one in QUESTIONS:
        assert one.route or one.command, one.name
        if one.command:
            assert one.meaning, one.name
            assert all(parameter.shown for parameter in one.parameters if parameter.kind == "moment"), one.name
