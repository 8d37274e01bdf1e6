"""Whatever stands in a file or in the environment is taken or refused, never fatal."""

import datetime as dt
import json
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st

from spreadwatch.config import KEYS, Key, describe
from spreadwatch.errors import ConfigError
from tests.config.test_load import NOTHING, Env, Folders

TOML_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=50)
TOML_VALUES = st.recursive(
    st.booleans() | st.integers() | st.floats() | TOML_TEXT | st.dates() | st.datetimes() | st.times()
    | st.sampled_from(["ETHUSDT", "wss://a.b", "ws://localhost", "https://x:1", "dark", "utc", 16, 3.5]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TOML_TEXT, inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


def toml(value: object) -> str:
    match value:
        case bool() | str():
            return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
        case dt.date() | dt.time():
            return value.isoformat()
        case list():
            return f"[{', '.join(map(toml, value))}]"
        case dict():
            return "{" + ", ".join(f"{toml(name)} = {toml(inner)}" for name, inner in value.items()) + "}"
    return str(value)


def load_or_refuse(content: str | bytes, env: Env = NOTHING) -> None:
    with TemporaryDirectory() as folder:
        folders = Folders(Path(folder))
        folders.write(content)
        try:
            settings = folders.load(env)
        except ConfigError as error:
            faults = error.faults
        else:
            folders.write(describe(settings))
            assert folders.load() == settings
            return
    assert faults
    assert all(fault.isprintable() for fault in faults)


@given(st.sampled_from(KEYS), TOML_VALUES)
def test_any_value_in_the_file_is_taken_or_refused(key: Key, value: object) -> None:
    load_or_refuse(f"{key.dotted} = {toml(value)}")


@given(st.sampled_from(KEYS), st.text())
def test_any_text_in_the_environment_is_taken_or_refused(key: Key, text: str) -> None:
    load_or_refuse("", {key.name.upper(): text})


@given(st.dictionaries(TOML_TEXT, TOML_VALUES, max_size=4))
def test_any_keys_in_the_file_are_taken_or_refused(document: dict[str, object]) -> None:
    load_or_refuse("".join(f"{toml(name)} = {toml(value)}\n" for name, value in document.items()))


@given(st.binary() | st.text("[]='\"#.,\n abwindow").map(str.encode))
def test_any_bytes_as_a_file_are_taken_or_refused(content: bytes) -> None:
    load_or_refuse(content)
