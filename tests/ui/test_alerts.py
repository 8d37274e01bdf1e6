"""The list of alerts in a real window, driven by keys and clicks."""

import json
import tkinter as tk
from collections.abc import Sequence
from decimal import Decimal

import pytest
from msgspec.structs import replace

from spreadwatch.core.alert_json import alert_to_json
from spreadwatch.core.alerts import Direction, Number, Rule
from spreadwatch.ui.alerts import words as alert_words
from spreadwatch.ui.alerts.alerts import has_notifications, notify
from spreadwatch.ui.kit.fields import TextField, WordChoice
from spreadwatch.ui.kit.painter import Cell
from tests.notify.examples import RULE, alert
from tests.ui.alert_window import LONG, RULES, AlertWindow, OpenWindow, alerts, snapshot
from tests.ui.conftest import Open
from tests.ui.sight import check, visible


def press(window: AlertWindow, *keys: str) -> None:
    for key in keys:
        target = window.root.focus_lastfor()
        assert target is not None
        target.focus_force()
        target.event_generate(key)
        window.settle()


def listed(window: AlertWindow) -> list[list[str]]:
    """Return the rows of alerts that are shown, without the mark."""
    return [[cell.words for cell in cells[1:]] for cells in window.list.rows.table.cells if cells[1].words]


def marked(window: AlertWindow) -> list[int]:
    return [number for number, cells in enumerate(window.list.rows.table.cells) if cells[0].words]


def entry(window: AlertWindow, name: str) -> tk.Entry:
    field = window.list.form.fields[name]
    assert isinstance(field, TextField)
    return field.entry


def choice(window: AlertWindow, name: str) -> WordChoice:
    field = window.list.form.fields[name]
    assert isinstance(field, WordChoice)
    return field


def type_text(window: AlertWindow, text: str) -> None:
    names = {"-": "minus", ".": "period", "?": "question", " ": "space"}
    press(window, *(f"<Key-{names.get(letter, letter)}>" for letter in text))


def test_the_list_shows_the_newest_first_and_its_evidence(open_window: OpenWindow) -> None:
    window = open_window()
    window.open_list(snapshot(14))
    rows = listed(window)
    assert len(rows) == 9
    assert [row[0] for row in rows[:5]] == ["13:02:04", "13:01:17", "13:00:30", "12:59:43", "12:58:56"]
    assert rows[1][1:] == ["ETHUSDT", "\N{MINUS SIGN}1.30", "spread below one dollar (spread below \N{MINUS SIGN}1.00)"]
    assert marked(window) == [0]
    shown = window.words()
    assert "ALERTS 14" in shown
    assert "bid 3\N{NO-BREAK SPACE}412.56 × 11.0264" in shown
    assert "ask 3\N{NO-BREAK SPACE}413.88 × 0.912" in shown
    assert not [one for one in window.root.winfo_children() if isinstance(one, tk.Toplevel)]


def test_the_arrow_keys_choose_and_scroll_and_the_choice_stays_when_a_newer_one_comes(open_window: OpenWindow) -> None:
    window = open_window()
    window.open_list(snapshot(14))
    press(window, *["<Key-Down>"] * 10)
    assert window.list.chosen is not None
    assert window.list.chosen.serial == 4
    assert marked(window) == [8]
    window.list.render(snapshot(15), at_once=True)
    assert window.list.chosen.serial == 4
    assert marked(window) == [8]
    press(window, "<Key-End>")
    assert window.list.chosen.serial == 1
    press(window, "<Key-Home>")
    assert (window.list.chosen.serial, marked(window)) == (15, [0])
    press(window, "<Key-Next>", "<Key-Up>")
    assert window.list.chosen.serial == 8


def test_until_somebody_chooses_the_newest_is_chosen(open_window: OpenWindow) -> None:
    window = open_window()
    window.open_list(snapshot(2))
    window.list.render(snapshot(5), at_once=True)
    assert window.list.chosen is not None
    assert window.list.chosen.serial == 5


def test_a_click_chooses_and_does_not_close_the_list(open_window: OpenWindow) -> None:
    window = open_window()
    window.open_list(snapshot(3))
    third = window.list.rows.table.frame.grid_slaves(row=3, column=4)[0]
    third.event_generate("<Button-1>")
    window.settle()
    assert marked(window) == [2]
    for widget in visible(window.list.frame):
        if widget.winfo_class() in ("Label", "Frame", "TextField"):
            widget.event_generate("<Button-1>")
    window.settle()
    assert window.overlay.shown is window.list


def test_the_wheel_scrolls_without_choosing(open_window: OpenWindow) -> None:
    window = open_window()
    window.open_list(snapshot(14))
    window.list.rows.table.frame.winfo_children()[3].event_generate("<Button-5>")
    window.settle()
    assert listed(window)[0][0] == "13:01:17"
    assert window.list.chosen is not None
    assert (window.list.chosen.serial, marked(window)) == (14, [])


def test_copy_gives_the_evidence_as_json(open_window: OpenWindow) -> None:
    window = open_window()
    window.open_list(snapshot(3))
    press(window, "<Key-Down>")
    window.list.copy_button.invoke()
    [(text, what)] = window.copied
    assert json.loads(text) == alert_to_json(alerts(3)[1])
    assert what == "the alert"
    assert window.list.copy_text() == (text, what)


def test_an_empty_list_says_so_and_copies_nothing(open_window: OpenWindow) -> None:
    window = open_window()
    window.kept.clear()
    window.open_list(None)
    assert {"ALERTS 0", "No alert yet.", "No rule yet. Add one below."} <= set(window.words())
    assert window.list.chosen is None
    assert window.list.copy_text() == ("", "")
    press(window, "<Key-Down>", "<Key-End>", "<Key-Delete>")
    window.list.remove_button.invoke()
    window.settle()


def test_the_test_button_asks_for_a_test_and_says_so(open_window: OpenWindow) -> None:
    window = open_window()
    window.open_list(snapshot(1))
    window.list.test_button.invoke()
    window.settle()
    assert window.tests == 1
    assert "a test alert was sent" in window.words()


def test_a_rule_is_added_by_the_keyboard_alone(open_window: OpenWindow) -> None:
    window = open_window()
    window.open_list(snapshot(1))
    form = window.list.form
    entry(window, "symbol").focus_force()
    press(window, "<Control-a>")
    entry(window, "symbol").delete(0, "end")
    type_text(window, "btcusdt")
    press(window, "<Tab>", "<Key-Right>", "<Key-Right>")
    assert choice(window, "number").text == "edge"
    press(window, "<Tab>", "<Key-space>")
    assert choice(window, "side").text == "below"
    press(window, "<Tab>")
    type_text(window, "-1.50")
    press(window, "<Tab>")
    type_text(window, "2")
    press(window, "<Return>")
    assert form.refusal == ""
    assert window.kept[-1] == Rule(
        "BTCUSDT edge below -1.50", "BTCUSDT", Number.EDGE, Direction.BELOW, Decimal("-1.50"), Decimal(2)
    )
    assert "rule added" in window.words()
    assert entry(window, "level").get() == ""
    assert window.pressed == []


def test_a_refused_rule_stays_in_the_form_with_one_sentence(open_window: OpenWindow) -> None:
    window = open_window()
    window.open_list(snapshot(1))
    entry(window, "level").insert(0, "cheap")
    entry(window, "rearm").insert(0, "1")
    window.list.form.button.invoke()
    window.settle()
    assert window.list.form.refusal.startswith('level = "cheap": wrong type, this is text; allowed: a number from')
    assert entry(window, "level").get() == "cheap"
    assert tuple(window.kept) == RULES
    check(window.root)


def test_keys_typed_into_a_field_run_no_shortcut_but_escape_does(open_window: OpenWindow) -> None:
    window = open_window()
    window.open_list(snapshot(1))
    entry(window, "name").focus_force()
    window.settle()
    type_text(window, "why?")
    press(window, "<Control-c>", "<Key-Left>", "<Key-Home>", "<Key-BackSpace>")
    assert entry(window, "name").get() == "why?"
    assert window.pressed == []
    press(window, "<Control-g>", "<Key-Escape>", "<Key-F1>")
    assert window.pressed == ["gaps", "dismiss", "shortcuts"]


def test_the_chosen_rule_is_removed_by_button_or_delete(open_window: OpenWindow) -> None:
    window = open_window()
    window.open_list(snapshot(1))
    window.list.rules.frame.focus_force()
    press(window, "<Key-Down>", "<Key-Delete>")
    assert tuple(window.kept) == (RULES[0], RULES[2])
    window.list.remove_button.invoke()
    window.list.remove_button.invoke()
    window.settle()
    assert window.kept == []
    assert "No rule yet. Add one below." in window.words()


def test_every_part_of_the_list_is_reached_by_tab(open_window: OpenWindow) -> None:
    window = open_window()
    window.open_list(snapshot(3))
    window.list.rows.frame.focus_force()
    window.root.update()
    reached: set[str] = set()
    for _ in range(30):
        press(window, "<Tab>")
        reached.add(str(window.root.focus_get()))
    form = window.list.form
    lines = [field.line if isinstance(field, WordChoice) else field.entry for field in form.fields.values()]
    buttons = [window.list.copy_button, window.list.test_button, window.list.remove_button, form.button]
    assert {str(one) for one in (*lines, *buttons, window.list.rows.frame, window.list.rules.frame)} <= reached


@pytest.mark.parametrize("dpi", [96, 192])
@pytest.mark.parametrize("compact", [False, True])
@pytest.mark.parametrize("count", [0, 3, 14])
def test_nothing_of_the_list_is_clipped(open_window: OpenWindow, compact: bool, count: int) -> None:
    window = open_window(compact=compact, style="light")
    before = window.root.geometry()
    window.open_list(snapshot(count))
    for widget in visible(window.list.frame):
        assert widget.winfo_width() >= widget.winfo_reqwidth(), widget
        assert widget.winfo_height() >= widget.winfo_reqheight(), widget
    check(window.list.frame)  # type: ignore[arg-type]
    window.list.form.button.invoke()
    window.settle()
    check(window.list.frame)  # type: ignore[arg-type]
    window.overlay.close()
    window.settle()
    assert window.root.geometry() == before


def shown_of(cells: Sequence[Cell], words: Sequence[str]) -> list[bool]:
    """Tell of each cell whether its text is cut; fail where it is neither the whole text nor its beginning with "…"."""
    cut = []
    for cell, whole in zip(cells, words, strict=True):
        shown = cell.words
        cut.append(shown != whole)
        if cut[-1]:
            assert shown.endswith("…"), (shown, whole)
            assert len(shown) > 1
            assert whole.startswith(shown[:-1])
    return cut


def test_the_most_extreme_numbers_are_cut_not_overlapped(open_window: OpenWindow) -> None:
    window = open_window()
    extreme = replace(
        LONG, name="x", level=Decimal("-999999999.999999999999"), hold_s=86_400.0, cooldown_s=604_800.0, once=False
    )
    window.kept.append(extreme)
    made = alert(1, LONG, symbol="1000000MOGUSDT", value="-123456789.12345678")
    quote = replace(made.spot, bid=Decimal("5123455.78"), ask_qty=Decimal("12345678.91234567"))
    made = replace(made, spot=replace(quote, bid_qty=Decimal("12345678.91234567")), spot_age_ms=123_456_789)
    told = replace(snapshot(0), alerts=(made,))
    window.open_list(told)
    window.list.rules.frame.focus_force()
    press(window, "<End>")
    check(window.list.frame)  # type: ignore[arg-type]
    [row] = [cells[1:] for cells in window.list.rows.table.cells if cells[1].words]
    time, _, value, _ = shown_of(row, alert_words.row(made, told.at, utc=True))
    assert (time, value) == (False, True)
    last = window.list.rules.table.cells[-1]
    assert last[0].words
    _, fires, again, name = shown_of(last[1:], alert_words.rule_row(extreme))
    assert (fires, again, name) == (True, True, False)
    spot, futures = alert_words.evidence(made)
    assert shown_of(window.list._evidence[0], spot)[:3] == [False, False, False]
    assert shown_of(window.list._evidence[1], futures) == [False, False, False, False]


# ----- words


def test_a_rule_in_words() -> None:
    assert alert_words.rule_row(RULE) == (
        "ETHUSDT",
        "edge above +3.50 bps",
        "re-arms at +2.0, hold 2 s, wait 60 s",
        "entry is cheap",
    )
    assert alert_words.rule_row(LONG)[1:3] == ("below \N{MINUS SIGN}123.456789 bps", "once, hold 12.5 s")
    assert alert_words.rule_row(replace(LONG, symbol=None, hold_s=0.0))[::2] == ("all", "once")


def test_tk_8_has_no_desktop_notifications_and_a_refusal_is_a_sentence(open_window: OpenWindow) -> None:
    window = open_window()
    assert has_notifications(window.root) == (tk.TkVersion >= 9)
    if tk.TkVersion < 9:
        said = notify(window.root, alert())
        assert said == "no desktop notification was shown: this desktop takes none from Tk"


@pytest.mark.parametrize("badge", [None, "DEMO", "REPLAY"])
def test_the_desktop_is_told_of_live_alerts_and_of_tests_only(
    badge: str | None, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[int] = []
    monkeypatch.setattr("spreadwatch.ui.alerts.alerts.notify", lambda _root, one: told.append(one.serial))
    dashboard = opened(badge=badge)
    ways = dashboard._layout.alerts
    ways.notifies = True
    ways.render(snapshot(2))
    assert told == ([1, 2] if badge is None else [])
    ways.tell(alert(0))
    assert told[-1] == 0
