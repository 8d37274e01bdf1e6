"""The rules of alerts, fees, size and notification in the configuration: exact, checked together, no secret shown."""

from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from spreadwatch.config import Config, describe, load, rule_from_texts
from spreadwatch.config.alerts import FIELDS, rule_to_table
from spreadwatch.core.alerts import Direction, Number, Rule
from tests.config.test_any_value import TOML_VALUES, load_or_refuse, toml
from tests.config.test_load import Folders, folders

__all__ = ["folders"]

CHEAP = """
[[alerts]]
name = "entry is cheap"
symbol = "ethusdt"
number = "edge"
side = "above"
level = 3.50
rearm = 2
hold_s = 1.5
cooldown_s = 60
once = true
"""
BELOW = 'alert "all bps below -5": it fires below -5 but re-arms at -7.5: give a re-arm level above -5'
WEBHOOK = "https://hooks.example.com/services/hunter2?token=hunter2"


def test_a_rule_is_read_exactly(folders: Folders) -> None:
    folders.write(CHEAP)
    [rule] = folders.load().alerts
    assert rule == Rule(
        "entry is cheap", "ETHUSDT", Number.EDGE, Direction.ABOVE, Decimal("3.50"), Decimal(2), 1.5, 60.0, once=True
    )
    assert str(rule.level) == "3.50"
    assert (type(rule.level), type(rule.rearm), type(rule.hold_s)) == (Decimal, Decimal, float)
    assert isinstance(rule.number, Number)
    assert isinstance(rule.side, Direction)


def test_a_level_that_no_float_holds_stays_exact(folders: Folders) -> None:
    text = "123456789.123456789012"
    folders.write(f'alerts = [{{symbol="all", number="spread", side="below", level={text}, rearm=200000000.1}}]')
    [rule] = folders.load().alerts
    assert str(rule.level) == text
    assert rule.symbol is None
    assert rule.name == f"all spread below {text}"
    assert (rule.hold_s, rule.cooldown_s, rule.once) == (0.0, 0.0, False)


def test_all_faults_of_all_rules_come_at_once_with_their_lines(folders: Folders) -> None:
    folders.write(
        "[window]\nframe_ms = 1\n"
        + CHEAP
        + """
[[alerts]]
symbol = "ETHUSDT"
number = "edges"
side = "above"
lvl = 3
rearm = "2"

[[alerts]]
symbol = "all"
number = "bps"
side = "below"
level = -5
rearm = -7.5
"""
    )
    faults = folders.faults().splitlines()
    assert [fault.partition("; allowed")[0] for fault in faults] == [
        "config.toml:2: window.frame_ms = 1: out of range",
        "config.toml:19: alerts[2].lvl: unknown key; did you mean level?",
        'config.toml:17: alerts[2].number = "edges": not one of the choices',
        "config.toml:15: alerts[2].level: missing",
        'config.toml:20: alerts[2].rearm = "2": wrong type, this is text',
        "config.toml:27: alerts[3].rearm = -7.5: " + BELOW,
    ]


@pytest.mark.parametrize(
    ("side", "level", "rearm", "is_right"),
    [
        ("above", "3", "2.999999999999", True),
        ("above", "3", "3", False),
        ("above", "3", "3.1", False),
        ("above", "-3", "-4", True),
        ("below", "3", "3.000000000001", True),
        ("below", "3", "3.0", False),
        ("below", "-3", "-4", False),
    ],
)
def test_rearm_lies_on_the_side_where_the_rule_does_not_fire(
    folders: Folders, side: str, level: str, rearm: str, is_right: bool
) -> None:
    folders.write(f'alerts = [{{symbol="all", number="bps", side="{side}", level={level}, rearm={rearm}}}]')
    if is_right:
        assert len(folders.load().alerts) == 1
    else:
        assert "give a re-arm level " in folders.faults()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("alerts = 3", "alerts = 3: not a list of tables; allowed: up to 100 tables, each headed [[alerts]]"),
        ("[alerts]\nname = 'a'", "alerts = {…}: not a list of tables"),
        ("alerts = ['a']", 'alerts[1]: "a" is not a table; write [[alerts]]'),
        (CHEAP + CHEAP, 'config.toml:13: alerts[2]: another rule has the name "entry is cheap"'),
        (CHEAP.replace("[[alerts]]", "[[alert]]"), "unknown key alert; did you mean alerts?"),
        (CHEAP.replace("3.50", "nan"), "alerts[1].level = nan: out of range"),
        (CHEAP.replace("3.50", "1e99999999999999999999"), "alerts[1].level = nan: out of range"),
        (CHEAP.replace("3.50", "1.0000000000001"), "alerts[1].level = 1.0000000000001: too many decimals"),
        (CHEAP.replace("3.50", "true"), "alerts[1].level = true: wrong type, this is true/false"),
        (CHEAP.replace("1.5", "-1"), "alerts[1].hold_s = -1: out of range"),
        (CHEAP.replace('"ethusdt"', '"ETH-USDT"'), "alerts[1].symbol = "),
        (CHEAP + "token = 'hunter2'", "alerts.token looks like a secret"),
    ],
)
def test_a_fault_of_a_rule_says_what_and_where(folders: Folders, text: str, said: str) -> None:
    faults = folders.faults_of(text)
    assert said in faults
    assert "hunter2" not in faults


def test_rules_are_set_in_the_file_alone(folders: Folders) -> None:
    faults = folders.faults({"ALERTS": "x"}, {"alerts": []})
    assert "environment: SPREADWATCH_ALERTS cannot be set here; write [[alerts]] in the file" in faults
    assert "command line: unknown key alerts" in faults


def test_symbols_all_and_contract_come_from_the_command_line_too(folders: Folders) -> None:
    settings = folders.load({}, {"symbols": ["btcusdt"], "all": True, "contract": "next_quarter"})
    assert (settings.symbols, settings.all, settings.contract) == (("BTCUSDT",), True, "next_quarter")
    assert 'allowed: "perpetual" or "current_quarter" or "next_quarter"' in folders.faults({}, {"contract": "weekly"})


@pytest.mark.parametrize("text", ["7.5", "0", "100", "0.075"])
def test_fees_are_kept_exactly(folders: Folders, text: str) -> None:
    folders.write(f"fees.spot_taker_bps = {text}")
    assert str(folders.load().fees.spot_taker_bps) == text
    assert str(folders.load({"FUTURES_TAKER_BPS": text}).fees.futures_taker_bps) == text


@pytest.mark.parametrize("text", ["-0.1", "100.1", "nan", "inf", "1e300", "true", "'ten'"])
def test_fees_out_of_range_are_refused_with_the_range(folders: Folders, text: str) -> None:
    faults = folders.faults_of(f"fees.spot_taker_bps = {text}")
    assert faults.startswith("config.toml:1: fees.spot_taker_bps = ")
    assert "allowed: a number from 0 to 100 (bps, 1 is 0.01 %)" in faults


def test_the_default_fees_carry_their_date(folders: Folders) -> None:
    fees = folders.load().fees
    assert (fees.spot_taker_bps, fees.futures_taker_bps, fees.bnb) == (Decimal(10), Decimal(5), False)
    assert "2026-10-12" in Path("config.example.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize("zero", ["0", "0.0", "-0.0", "0e5"])
def test_a_size_of_zero_is_refused_with_what_to_do(folders: Folders, zero: str) -> None:
    faults = folders.faults_of(f"size.quote = {zero}")
    assert 'a size of zero buys nothing: write "off", or the amount you trade, such as 10000' in faults
    assert "a size of zero" in folders.faults({"QUOTE": "0.00"})


def test_a_size_is_off_or_an_exact_amount(folders: Folders) -> None:
    assert folders.load().size.quote is None
    assert folders.load({"QUOTE": "off"}).size.quote is None
    assert str(folders.load({"QUOTE": "10000.10"}).size.quote) == "10000.10"
    assert "out of range" in folders.faults({"QUOTE": "-1"})


def test_a_command_is_a_list_and_no_shell_reads_it(folders: Folders) -> None:
    folders.write('notify.command = ["sh", "-c", "echo $HOME; ls"]')
    assert folders.load().notify.command == ("sh", "-c", "echo $HOME; ls")
    assert folders.load({"COMMAND": "tell 'two words' $HOME"}).notify.command == ("tell", "two words", "$HOME")
    assert "a quotation mark" in folders.faults({"COMMAND": "tell 'open"})
    for text in ("'text'", "['']", "[3]", '["a\\u0000"]'):
        assert "notify.command = " in folders.faults_of(f"notify.command = {text}")


def test_the_webhook_comes_from_the_environment_or_dotenv_and_is_shown_nowhere(folders: Folders) -> None:
    settings = folders.load({"WEBHOOK_URL": WEBHOOK})
    assert settings.notify.webhook_url == WEBHOOK
    folders.write(f"SPREADWATCH_WEBHOOK_URL={WEBHOOK}\n", ".env")
    assert folders.load() == settings
    shown = describe(settings) + repr(settings)
    assert "hunter2" not in shown
    assert "hooks.example.com" not in shown
    assert "# webhook_url: set, never shown  # from: environment SPREADWATCH_WEBHOOK_URL" in shown


@pytest.mark.parametrize("key", ["webhook_url", "webhook", "notify.webhook_url", "notify.webhook"])
def test_a_webhook_in_the_file_is_refused_and_not_shown(folders: Folders, key: str) -> None:
    faults = folders.faults_of(f"{key} = '{WEBHOOK}'")
    assert "secrets belong in the environment or .env" in faults
    assert "hunter2" not in faults


@pytest.mark.parametrize(
    "url",
    [
        *("hunter2", "ftp://h/hunter2", "http://example.com/hunter2", "https://user:hunter2@h/", "https://h/#hunter2"),
        *(
            "https:///hunter2",
            "https://h:0/hunter2",
            "https://h:x/hunter2",
            "https://a b/hunter2",
            "https://[::1/hunter2",
        ),
    ],
)
def test_a_bad_webhook_is_refused_without_showing_it(folders: Folders, url: str) -> None:
    faults = folders.faults({"WEBHOOK_URL": url})
    assert faults.startswith("environment SPREADWATCH_WEBHOOK_URL: notify.webhook_url = (not shown): ")
    assert "hunter2" not in faults
    assert len(faults.splitlines()) == 1


def test_the_description_shows_alerts_and_loads_to_the_same_settings(folders: Folders) -> None:
    folders.write(CHEAP + "[size]\nquote = 250000.5\n[notify]\ncommand = ['a', 'b\"']\ntimeout_s = 3\n")
    settings = folders.load()
    shown = describe(settings)
    assert "[[alerts]]  # from: config.toml" in shown
    assert "level = 3.50" in shown
    folders.write(shown)
    assert folders.load() == settings


def test_the_rule_in_the_example_works_when_its_comment_signs_are_taken_away(folders: Folders) -> None:
    text = Path("config.example.toml").read_text(encoding="utf-8")
    tail = text[text.index("# [[alerts]]") :]
    folders.write("\n".join(line.removeprefix("# ") for line in tail.splitlines()))
    [rule] = folders.load().alerts
    assert (rule.name, rule.level, rule.rearm) == ("entry is cheap", Decimal("3.5"), Decimal(2))


FORM = {"symbol": " ethusdt ", "number": "spread", "side": "below", "level": "\N{MINUS SIGN}1.50", "rearm": "-1"}


def test_a_form_makes_a_rule() -> None:
    rule = rule_from_texts({**FORM, "name": "", "hold_s": "", "cooldown_s": "5", "once": "true"})
    assert rule == Rule(
        "ETHUSDT spread below -1.50",
        "ETHUSDT",
        Number.SPREAD,
        Direction.BELOW,
        Decimal("-1.50"),
        Decimal(-1),
        0.0,
        5.0,
        True,
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"level": "cheap"}, 'level = "cheap": wrong type, this is text; allowed: a number from'),
        ({"level": ""}, "level: missing; allowed: a number from"),
        ({"symbol": "ETH/USDT"}, 'symbol = "ETH/USDT": a character that no symbol has; allowed: a symbol'),
        (
            {"rearm": "-2"},
            'rearm = -2: alert "ETHUSDT spread below -1.50": it fires below -1.50 but re-arms at -2: give',
        ),
        ({"hold_s": "-1"}, "hold_s = -1.0: out of range; allowed: a number from 0 to 86400 (seconds)."),
        ({"nonsense": "1"}, "nonsense: unknown key; keys here:"),
    ],
)
def test_a_form_is_refused_with_one_sentence(change: dict[str, str], said: str) -> None:
    sentence = rule_from_texts({**FORM, **change})
    assert isinstance(sentence, str)
    assert sentence.startswith(said)
    assert sentence.endswith(".")


unhurried = hypothesis_settings(deadline=None)
DECIMALS = st.decimals(-(10**9), 10**9, places=6, allow_nan=False)


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    low, high = sorted(draw(st.tuples(DECIMALS, DECIMALS).filter(lambda two: two[0] != two[1])))
    side = draw(st.sampled_from(Direction))
    level, rearm = (high, low) if side is Direction.ABOVE else (low, high)
    name = draw(st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=60))
    symbol = draw(st.none() | st.sampled_from(["ETHUSDT", "币安人生USDT", "BTCUSDT_261225"]))
    seconds = st.floats(0, 86_400)
    number = draw(st.sampled_from(Number))
    return Rule(name, symbol, number, side, level, rearm, draw(seconds), draw(seconds), draw(st.booleans()))


@unhurried
@given(st.lists(rules(), max_size=4, unique_by=lambda rule: rule.name))
def test_any_rules_survive_their_description(made: list[Rule]) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder)
        (path / "config.toml").write_text(describe(Config(alerts=tuple(made))), encoding="utf-8")
        assert load({}, {}, path, user_folder=path).alerts == tuple(made)


@unhurried
@given(st.dictionaries(st.sampled_from([*FIELDS, "other"]), TOML_VALUES, max_size=6))
def test_any_table_is_taken_or_refused(table: dict[str, object]) -> None:
    whole = {**rule_to_table(Rule("a", None, Number.BPS, Direction.ABOVE, Decimal(2), Decimal(1))), **table}
    load_or_refuse("[[alerts]]\n" + "".join(f"{name} = {toml(value)}\n" for name, value in whole.items()))
    load_or_refuse(f"alerts = [{toml(table)}]")


@unhurried
@given(st.dictionaries(st.sampled_from([*FIELDS, "other"]), st.text(), max_size=6))
def test_any_form_makes_a_rule_or_a_sentence(texts: dict[str, str]) -> None:
    made = rule_from_texts({**FORM, **texts})
    assert isinstance(made, Rule) or made.isprintable()
