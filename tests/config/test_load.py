"""The configuration: sources, precedence, faults, and the texts generated from the table of keys."""

import logging
import os
import re
from collections.abc import Mapping
from operator import attrgetter
from pathlib import Path
from typing import Final, Never

import pytest

from spreadwatch.config import KEYS, Config, Window, describe, example, load
from spreadwatch.config.load import _is_secret
from spreadwatch.errors import ConfigError

ROOT = Path(__file__).parents[2]
NOTHING: Final[Mapping[str, Never]] = {}
Env = Mapping[str, str]
Arguments = Mapping[str, object]
File = Path | None


class Folders:
    """A working folder and a user's folder; `load` reads nothing else."""

    def __init__(self, root: Path) -> None:
        self.cwd = root / "cwd"
        self.user = root / "user"
        self.cwd.mkdir()
        self.user.mkdir()

    def write(self, text: str | bytes, name: str = "config.toml") -> Path:
        path = self.cwd / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def load(self, env: Env = NOTHING, arguments: Arguments = NOTHING, file: File = None) -> Config:
        variables = {"SPREADWATCH_" + name: text for name, text in env.items()}
        return load(arguments, variables, self.cwd, file, user_folder=self.user)

    def faults(self, env: Env = NOTHING, arguments: Arguments = NOTHING, file: File = None) -> str:
        with pytest.raises(ConfigError) as caught:
            self.load(env, arguments, file)
        assert str(caught.value).splitlines() == list(caught.value.faults)
        return str(caught.value)

    def faults_of(self, toml: str | bytes) -> str:
        self.write(toml)
        return self.faults()


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    return Folders(tmp_path)


def test_without_any_source_the_defaults_hold(folders: Folders) -> None:
    assert folders.load() == Config()
    assert folders.load().file is None


def test_defaults_satisfy_their_own_rules(tmp_path: Path) -> None:
    for key in KEYS:
        checked = key.takes.check(key.default, tmp_path)
        assert (type(checked), checked) == (type(key.default), key.default)


def test_a_stronger_source_wins(folders: Folders) -> None:
    assert folders.load().window.frame_ms == 16
    (folders.user / "config.toml").write_text("[window]\nframe_ms = 20\n")
    assert folders.load().window.frame_ms == 20
    folders.write("[window]\nframe_ms = 30\n")
    assert folders.load().window.frame_ms == 30
    folders.write("SPREADWATCH_FRAME_MS=40\n", ".env")
    assert folders.load().window.frame_ms == 40
    assert folders.load({"FRAME_MS": "50"}).window.frame_ms == 50
    assert folders.load({"FRAME_MS": "50"}, {"frame_ms": 60}).window.frame_ms == 60
    assert folders.load({"FRAME_MS": "50"}, {"frame_ms": None}).window.frame_ms == 50


def test_each_value_knows_where_it_came_from(folders: Folders) -> None:
    folders.write('[window]\ntheme = "light"\n')
    folders.write("SPREADWATCH_SILENCE_S=4\n", ".env")
    settings = folders.load({"SYMBOLS": "btcusdt"}, {"compact": True})
    lines = describe(settings).splitlines()
    assert 'symbols = ["BTCUSDT"]  # from: environment SPREADWATCH_SYMBOLS' in lines
    assert 'theme = "light"  # from: config.toml' in lines
    assert "compact = true  # from: command line" in lines
    assert "silence_s = 4.0  # from: .env" in lines
    assert "topmost = false  # from: default" in lines
    assert settings.file == folders.cwd / "config.toml"


def test_the_file_is_looked_for_in_the_promised_order(folders: Folders) -> None:
    def frame_ms(env: Env = NOTHING, file: File = None) -> int:
        return folders.load(env, file=file).window.frame_ms

    (folders.user / "config.toml").write_text("window.frame_ms = 20")
    for number, name in enumerate(("here.toml", "by_dotenv.toml", "by_environment.toml", "named.toml"), 3):
        folders.write(f"window.frame_ms = {number}0", "config.toml" if number == 3 else name)
    assert frame_ms() == 30
    folders.write("SPREADWATCH_CONFIG=by_dotenv.toml", ".env")
    assert frame_ms() == 40
    assert frame_ms({"CONFIG": "by_environment.toml"}) == 50
    assert frame_ms({"CONFIG": "absent"}, Path("named.toml")) == 60


def test_a_named_file_must_exist(folders: Folders) -> None:
    assert "SPREADWATCH_CONFIG absent.toml: no such file" in folders.faults({"CONFIG": "absent.toml"})
    assert "SPREADWATCH_CONFIG is empty" in folders.faults({"CONFIG": ""})
    assert "--config other.toml: no such file" in folders.faults(file=Path("other.toml"))
    assert "cannot be read" in folders.faults(file=folders.user)


def test_reading_dotenv_neither_uses_nor_changes_the_process_environment(folders: Folders) -> None:
    before = dict(os.environ)
    folders.write("SPREADWATCH_CA_FILE=${HOME}\nexport OTHER=1\n", ".env")
    (folders.cwd / "${HOME}").write_text("a certificate")
    assert folders.load().feed.ca_file == str(folders.cwd / "${HOME}")
    assert dict(os.environ) == before


def test_a_folder_named_dotenv_is_ignored(folders: Folders) -> None:
    (folders.cwd / ".env").mkdir()
    assert folders.load() == Config()


def test_a_broken_line_of_dotenv_is_a_fault_only_when_it_is_ours(
    folders: Folders, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    folders.write('FOREIGN="open\n# SPREADWATCH_ in a comment\n', ".env")
    assert folders.load() == Config()
    folders.write('A=1\n\nSPREADWATCH_THEME="open\nSPREADWATCH_COMPACT\n', ".env")
    assert [fault[:7] for fault in folders.faults().splitlines()] == [".env:3:", ".env:4:"]


def test_a_byte_order_mark_is_tolerated(folders: Folders) -> None:
    folders.write(b"\xef\xbb\xbfsymbols = ['btcusdt']\r\n")
    folders.write(b"\xef\xbb\xbfSPREADWATCH_COMPACT=1\r\n", ".env")
    assert folders.load() == Config(symbols=("BTCUSDT",), window=Window(compact=True))


def test_all_faults_of_all_sources_come_at_once(folders: Folders) -> None:
    folders.write("SPREADWATCH_TIME_ZONE=mars\n", ".env")
    folders.write("[window]\nframe_ms = 5\n\n[feed]\nsilence_s = true\n")
    faults = folders.faults({"COMPACT": "perhaps"}, {"symbols": ["ETHUSDT", "ethusdt"]})
    assert [fault.partition("; ")[0] for fault in faults.splitlines()] == [
        "config.toml:2: window.frame_ms = 5: out of range",
        "config.toml:5: feed.silence_s = true: wrong type, this is true/false",
        '.env SPREADWATCH_TIME_ZONE: window.time_zone = "mars": not one of the choices',
        'environment SPREADWATCH_COMPACT: window.compact = "perhaps": wrong type, this is text',
        'command line: symbols = ["ETHUSDT", "ethusdt"]: symbol 2: the same as symbol 1',
    ]
    assert "; allowed: a whole number from 8 to 1000 (milliseconds)\n" in faults


def test_a_value_that_is_overridden_is_still_checked(folders: Folders) -> None:
    folders.write("window.theme = 'blue'")
    assert "window.theme" in folders.faults({"THEME": "dark"})


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ("[window]\nthem = 1", "config.toml:2: unknown key window.them; did you mean window.theme?"),
        ("[window]\nframe-ms = 20", "did you mean window.frame_ms?"),
        ("[window]\nsilence_s = 3", "unknown key window.silence_s; it belongs in [feed]"),
        ("theme = 'dark'", "unknown key theme; it belongs in [window]"),
        ("[feed]\nsymbols = []", "it belongs at the top, above the first section"),
        ("[feed]\nqqqq = 1", "unknown key feed.qqqq; keys here: silence_s, heartbeat_symbol"),
        ("[windows]\ntheme = 1", "config.toml:1: unknown section [windows]; did you mean [window]?"),
        ("[qqqq]", "unknown section [qqqq]; sections: window, fees, size, notify, record, serve, feed, endpoints"),
        ("window = 3", "config.toml:1: window is a section; write [window]"),
        ("[[window]]", "window is a section; write [window]"),
        ("'window.theme' = 'dark'", "unknown key window.theme"),
        ("[symbols]", "symbols = {…}: wrong type, this is a table"),
        ("symbols = 'ETHUSDT'", "wrong type, this is text"),
        ("symbols = ['ETHUSDT', 3]", "symbol 2: wrong type, this is a whole number"),
        ("window.frame_ms = 16.0", "wrong type, this is a number with a fraction"),
        ("window.frame_ms = 2020-01-01", "wrong type, this is a date or time"),
        ("feed.silence_s = nan", "feed.silence_s = nan: out of range"),
        ("window.frame_ms = 0x" + "f" * 9999, "window.frame_ms = (too long to show): out of range"),
        ("[window]\n\ntheme = = 3\n", "config.toml:3: not valid TOML: Invalid value"),
        ("a = 1\na = 2\n", "config.toml:2: not valid TOML: Cannot overwrite a value"),
        ("a = " + "9" * 9999, "config.toml:1: not valid TOML: a number with too many digits"),
        ("a = " + "[" * 9999, "config.toml: nested too deeply"),
        ("theme = 'x'".encode("utf-16"), "config.toml: not UTF-8 (byte 1)"),
    ],
)
def test_a_fault_in_the_file_says_what_and_where(folders: Folders, toml: str | bytes, said: str) -> None:
    faults = folders.faults_of(toml)
    assert said in faults
    assert len(faults.splitlines()) == 1


def test_an_unknown_variable_is_a_fault_that_never_shows_the_value(folders: Folders) -> None:
    faults = folders.faults({"SYMBOL": "hunter2", "XXXX": "hunter2"})
    assert "environment: unknown variable SPREADWATCH_SYMBOL; did you mean SPREADWATCH_SYMBOLS?" in faults
    assert "environment: unknown variable SPREADWATCH_XXXX; there is no such key" in faults
    assert "hunter2" not in faults
    folders.write("spreadwatch_theme=light\nTHEME=light\nSPREADWATC=light\n", ".env")
    assert folders.faults() == ".env: unknown variable spreadwatch_theme; did you mean SPREADWATCH_THEME?"


def test_an_unknown_argument_is_a_fault(folders: Folders) -> None:
    assert "command line: unknown key them; did you mean window.theme?" in folders.faults({}, {"them": 1})


@pytest.mark.parametrize(
    "toml",
    [
        "api_key = 'hunter2'",
        "[feed]\napi_secret = 'hunter2'",
        "[storage]\ndsn = 'hunter2'",
        "[storage.deep]\npassword = ['hunter2']",
        "[window]\ntheme = {Token = 'hunter2'}",
        "api-key = {a = 'hunter2'}",
        "[[x]]\napiKey = 'hunter2'",
        "endpoints.spot_rest = 'https://user:hunter2@api.binance.com'",
        "endpoints.spot_rest = ['https://host/?x=hunter2']",
    ],
)
def test_a_secret_in_the_file_is_refused_and_never_shown(folders: Folders, toml: str) -> None:
    faults = folders.faults_of(toml)
    assert "hunter2" not in faults
    assert "secrets belong in the environment or .env" in faults or "may hold a password" in faults


def test_no_key_looks_like_a_secret() -> None:
    assert not [key.name for key in KEYS if _is_secret(key.name) != (key.kind == "secret")]


def test_faults_hold_no_control_characters(folders: Folders) -> None:
    folders.write('window.theme = "\\u001b[31m\\n\\u202e"\n"\\u001bx" = 1\n')
    faults = folders.faults({}, {"ca_file": "\udcff"})
    assert all(fault.isprintable() for fault in faults.splitlines())
    assert len(faults.splitlines()) == 3


def test_symbols_are_upper_cased_in_ascii_only(folders: Folders) -> None:
    settings = folders.load({"SYMBOLS": "ethusdt, 币安人生usdt ,btcusdt_261225,ß1"})
    assert settings.symbols == ("ETHUSDT", "币安人生USDT", "BTCUSDT_261225", "ß1")


@pytest.mark.parametrize("symbols", ["", "a", "ETHUSDT,", "ETH-USDT", "ETH USDT", "E" * 41, "aa,AA", "٣٣"])
def test_what_is_no_symbol_is_refused(folders: Folders, symbols: str) -> None:
    assert "symbols = " in folders.faults({"SYMBOLS": symbols})


def test_one_to_fifty_symbols_are_allowed(folders: Folders) -> None:
    many = [f"A{number:02}" for number in range(51)]
    assert folders.load({}, {"symbols": tuple(many[:50])}).symbols == tuple(many[:50])
    assert "51 symbols" in folders.faults({}, {"symbols": many})
    assert "0 symbols" in folders.faults({}, {"symbols": ()})


@pytest.mark.parametrize(
    ("low", "high", "below", "name", "allowed"),
    [
        ("0.5", "60", "0.4", "feed.silence_s", "a number from 0.5 to 60 (seconds)"),
        ("8", "1000", "7", "window.frame_ms", "a whole number from 8 to 1000 (milliseconds)"),
    ],
)
def test_both_ends_of_a_range_are_taken_and_what_lies_beyond_is_refused_with_the_range(
    folders: Folders, low: str, high: str, below: str, name: str, allowed: str
) -> None:
    variable = name.partition(".")[2].upper()
    for text in (low, high, f" {low} "):
        assert attrgetter(name)(folders.load({variable: text})) == float(text)
    for text in (below, high + "1", "nan", "inf", "1e999", "", "9" * 9999):
        [fault] = folders.faults({variable: text}).splitlines()
        assert fault.startswith(f'environment SPREADWATCH_{variable}: {name} = "{text[:40]}')
        assert fault.endswith(f"; allowed: {allowed}")


def test_a_whole_number_becomes_a_float_where_a_fraction_is_allowed(folders: Folders) -> None:
    assert repr(folders.load({}, {"silence_s": 4}).feed.silence_s) == "4.0"


@pytest.mark.parametrize("url", ["ws://127.0.0.1:8080", "ws://LOCALHOST:1", "ws://[::1]:9000/", "WSS://A.b"])
def test_a_stream_url_is_kept_in_its_plain_form(folders: Folders, url: str) -> None:
    assert folders.load({"SPOT_STREAM": url}).endpoints.spot_stream == url.rstrip("/").lower()


@pytest.mark.parametrize("host", ["example.com", "10.0.0.1", "127.0.0.1.a.com", "localhost.a.com"])
def test_an_unencrypted_url_to_another_machine_is_refused(folders: Folders, host: str) -> None:
    faults = folders.faults({"SPOT_STREAM": f"ws://{host}", "SPOT_REST": f"http://{host}"})
    assert "ws:// is not encrypted, so quotes could be forged on the way" in faults
    assert "http:// is not encrypted, so quotes could be forged on the way" in faults


NOT_BASE_URLS = """
    wss:// wss:host stream.binance.com https://host wss://host/path wss://host?a wss://host#a wss://user@host
    wss://:9443 wss://host:0 wss://host:99999 wss://host: wss://a..b wss://[::1 wss://[::1%25x] wss://币安.com
    ws://localhost\\@evil.com ws://localhost#@evil.com ws://127.0.0.1@evil.com ws://[::1]evil.com
"""


@pytest.mark.parametrize("url", ["", "wss://ho st", "wss://ho\nst", "wss://host\0", *NOT_BASE_URLS.split()])
def test_what_is_no_base_url_is_refused(folders: Folders, url: str) -> None:
    assert "endpoints.spot_stream = " in folders.faults({"SPOT_STREAM": url})


def test_a_certificate_file_is_sought_beside_the_file_that_names_it(folders: Folders) -> None:
    (folders.user / "ca.pem").write_text("a certificate")
    (folders.user / "config.toml").write_text('[feed]\nca_file = "ca.pem"\n')
    assert folders.load().feed.ca_file == str(folders.user / "ca.pem")
    assert "no such file" in folders.faults({"CA_FILE": "ca.pem"})
    assert folders.load({"CA_FILE": ""}).feed.ca_file == ""
    folders.faults({"CA_FILE": "x" * 9999})
    folders.faults({"CA_FILE": "a\0b"})


def test_names_are_unique_across_sections() -> None:
    assert len({key.flat for key in KEYS}) == len({key.variable for key in KEYS}) == len(KEYS)
    assert "config" not in {key.name for key in KEYS}


def test_the_example_file_is_up_to_date() -> None:
    assert (ROOT / "config.example.toml").read_text(encoding="utf-8") == example()


def test_the_example_loads_to_the_defaults(folders: Folders) -> None:
    folders.write(example())
    assert folders.load() == Config()


def test_the_example_holds_every_key(folders: Folders) -> None:
    folders.write(re.sub(r"^#(?! )", "", example(), flags=re.MULTILINE))
    settings = folders.load()
    assert settings == Config()
    assert set(settings.sources) == {key.dotted for key in KEYS if key.kind == "value"}


def test_the_description_loads_to_the_same_settings(folders: Folders) -> None:
    authority = folders.write("a certificate", 'ca "\x7f\\é.pem')
    file = folders.write("window.compact = true", "a\nb = 1.toml")
    settings = folders.load({"THEME": "light"}, {"ca_file": str(authority), "symbols": ["币安人生"]}, file)
    folders.write(describe(settings))
    assert folders.load() == settings
