"""The chart, the alerts and every key, in the window as a whole."""

import tkinter as tk
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from spreadwatch.core.quote import Side
from spreadwatch.core.series import Series
from spreadwatch.core.snapshot import Snapshot
from spreadwatch.ui.chart import export
from spreadwatch.ui.dashboard import Dashboard
from spreadwatch.ui.frame.shortcuts import SHORTCUTS, sequences
from tests.ui import examples, pasts
from tests.ui.conftest import Open, alert_list, paint, press, settle
from tests.ui.sight import box, check
from tests.ui.test_dashboard import words


def lost_ms(dashboard: Dashboard) -> int | None:
    scene = dashboard._layout.chart.chart._scene
    assert scene
    return scene.lost_ms


STATES: dict[str, tuple[Callable[[], Snapshot], str]] = {
    "live": (examples.with_all, ""),
    "costs": (examples.with_all, "<Control-f>"),
    "alert": (lambda: pasts.alerted(9), ""),
    "alert and list": (lambda: pasts.alerted(9, examples.listed(31)), ""),
    "stale": (examples.stale, ""),
    "huge": (lambda: examples.with_all(examples.huge()), "<Control-f>"),
    "tiny": (lambda: pasts.alerted(1, examples.with_all(examples.tiny())), ""),
}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("dpi", [96, 192])
def test_nothing_is_clipped_in_the_whole_window(opened: Open, state: str, theme: str) -> None:
    make, key = STATES[state]
    snapshot = make()
    dashboard = opened(pasts.WithPast(symbols=(snapshot.pairs[0].symbol,), theme=theme))
    check(dashboard.root)
    paint(dashboard, snapshot)
    if key:
        press(dashboard, key)
    check(dashboard.root)
    least = dashboard.root.minsize()
    for size in (least, (1500, 1000)):
        dashboard.root.geometry("{}x{}".format(*size))
        settle(dashboard)
        check(dashboard.root)


@pytest.mark.parametrize("compact", [False, True])
@pytest.mark.parametrize("dpi", [96, 192])
def test_the_list_of_alerts_has_room_and_gives_it_back(opened: Open, compact: bool) -> None:
    dashboard = opened(pasts.WithPast(compact=compact))
    paint(dashboard, pasts.alerted(14))
    before = dashboard.root.geometry()
    press(dashboard, "<F3>")
    check(alert_list(dashboard).frame)  # type: ignore[arg-type]
    assert box(alert_list(dashboard).frame)[3] <= box(dashboard.root)[3]
    press(dashboard, "<Escape>")
    assert dashboard.root.geometry() == before


# ----- keys


def test_every_action_has_a_key_that_runs_it(opened: Open) -> None:
    dashboard = opened(pasts.WithPast(symbols=("ETHUSDT", "BTCUSDT")))
    paint(dashboard, examples.with_all())
    ran: list[str] = []
    for shortcut in SHORTCUTS:
        assert shortcut.keys, shortcut.action
        for key in shortcut.keys:
            for sequence in sequences(key, apple=False):
                assert dashboard.root.bind(sequence), sequence
                ran.append(sequence)
    assert len(ran) == len(set(ran))
    for shortcut in SHORTCUTS:
        if shortcut.action in ("close", "topmost"):
            continue
        for key in shortcut.keys:
            press(dashboard, sequences(key, apple=False)[0])
    assert dashboard.root.winfo_viewable()


def test_everything_that_can_be_pressed_is_reached_by_tab(opened: Open) -> None:
    dashboard = opened(pasts.WithPast())
    paint(dashboard, examples.listed(5))
    dashboard.root.focus_force()
    dashboard.root.update()
    reached = set()
    for _ in range(80):
        focus = dashboard.root.focus_get()
        assert focus
        reached.add(str(focus))
        focus.event_generate("<Tab>")
        dashboard.root.update()
    bar = dashboard._layout.chart.chart._bar
    parts = [bar.reverse, bar.export, *bar.windows.values()]
    wanted = [str(one.label) for one in parts]
    wanted += [str(dashboard._layout.chart.chart.canvas), str(dashboard._layout.watch_list.canvas)]
    wanted += [str(dashboard._layout.costs.line.fold.label)]
    wanted += [str(row.values["max"].label) for row in dashboard._layout.spread_card.table.rows]
    assert not set(wanted) - reached


def test_the_arrows_move_the_chart_only_when_it_has_the_focus(opened: Open) -> None:
    dashboard = opened(pasts.WithPast())
    paint(dashboard, examples.with_all())
    chart = dashboard._layout.chart.chart
    before = chart.view()
    press(dashboard, "<Key-Left>")
    assert chart.view() == before
    chart.canvas.focus_set()
    dashboard.root.update()
    chart.canvas.event_generate("<Key-Left>")
    settle(dashboard)
    assert chart.view() != before
    press(dashboard, "<Home>")
    assert chart.view() == before


def test_keys_typed_into_the_form_do_not_change_the_chart(opened: Open) -> None:
    dashboard = opened(pasts.WithPast())
    paint(dashboard, examples.with_all())
    before = dashboard._layout.chart.chart.view()
    press(dashboard, "<F3>")
    entry = alert_list(dashboard).form.fields["level"].frame.winfo_children()[-1]
    entry.focus_set()
    dashboard.root.update()
    for key in ("<Key-1>", "<Key-minus>", "<Key-v>"):
        entry.event_generate(key)
    settle(dashboard)
    assert dashboard._layout.chart.chart.view() == before
    assert "REVERSE" not in " ".join(words(dashboard))
    assert isinstance(entry, tk.Entry)
    assert entry.get() == "1-v"


# ----- the chart


def test_a_silence_that_the_past_does_not_know_is_shaded_from_its_beginning(opened: Open) -> None:
    dashboard = opened(pasts.WithPast())
    paint(dashboard, examples.ethusdt().at())
    assert lost_ms(dashboard) is None
    paint(dashboard, examples.stale())
    gap = next(one for one in examples.stale().gaps if one.end is None)
    assert lost_ms(dashboard) == 400_000 + (gap.start.mono_ms - examples.moment().mono_ms)


def test_a_display_that_failed_shows_no_present_value(opened: Open, expected_faults: None) -> None:
    dashboard = opened(pasts.WithPast())
    paint(dashboard, examples.ethusdt().at())
    dashboard._turn_failed(ValueError("a bad day"))
    settle(dashboard)
    assert lost_ms(dashboard) is not None
    scene = dashboard._layout.chart.chart._scene
    assert scene
    assert scene.last is None
    scene_after = examples.ethusdt()
    scene_after.quote(Side.SPOT, "3412.56", "1", "3412.57", "1", 50)
    paint(dashboard, scene_after.at(60))
    assert lost_ms(dashboard) is None


def test_before_the_first_spread_the_chart_says_what_it_waits_for(opened: Open) -> None:
    dashboard = opened(pasts.WithPast(Series))
    canvas, call = str(dashboard._layout.chart.chart.canvas), dashboard.root.tk.call
    items = dashboard.root.tk.splitlist(call(canvas, "find", "all"))
    texts = [call(canvas, "itemcget", one, "-text") for one in items if call(canvas, "type", one) == "text"]
    assert "The line begins with the first live spread." in texts


def test_the_chart_takes_the_room_that_is_left_and_the_compact_window_has_none(opened: Open) -> None:
    dashboard = opened(pasts.WithPast())
    paint(dashboard, examples.with_all())
    before = dashboard._layout.chart.frame.winfo_height(), dashboard._layout.spread_card.frame.winfo_height()
    dashboard.root.geometry("900x1000")
    settle(dashboard)
    assert dashboard._layout.chart.frame.winfo_height() > before[0] + 250
    assert dashboard._layout.spread_card.frame.winfo_height() == before[1]
    press(dashboard, "<Control-m>")
    assert not dashboard._layout.chart.frame.winfo_viewable()


def test_a_chart_is_saved_as_a_new_file_each_time(opened: Open, tmp_path: Path) -> None:
    dashboard = opened(pasts.WithPast(export_folder=tmp_path / "charts"))
    paint(dashboard, examples.with_all())
    for _ in range(3):
        press(dashboard, "<Control-s>")
    name = "spread-ETHUSDT-20260402-130207"
    assert sorted(one.name for one in (tmp_path / "charts").iterdir()) == [
        f"{name}-2.csv", f"{name}-3.csv", f"{name}.csv",
    ]  # fmt: skip
    assert any(one.startswith(f"saved {name}-3.csv in /") for one in words(dashboard))


def test_a_folder_that_cannot_be_written_is_a_sentence(opened: Open, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    dashboard = opened(pasts.WithPast(export_folder=tmp_path / "file"))
    paint(dashboard, examples.with_all())
    press(dashboard, "<Control-s>")
    assert any("The chart was not saved" in one for one in words(dashboard))


def test_a_file_that_could_not_be_written_whole_is_not_left_behind(tmp_path: Path) -> None:
    def lines() -> object:
        yield "time\r\n"
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        export.save(tmp_path, "ETHUSDT", 0, lines())  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


# ----- alerts


def test_escape_closes_what_is_open_then_the_alert_then_the_notice(opened: Open) -> None:
    dashboard = opened(pasts.WithPast())
    paint(dashboard, pasts.alerted(1))
    dashboard.note("A problem.")
    press(dashboard, "<F3>")
    assert "RULES" in words(dashboard)
    press(dashboard, "<Escape>")
    assert "RULES" not in words(dashboard)
    assert "ALERT" in words(dashboard)
    press(dashboard, "<Escape>")
    assert "ALERT" not in words(dashboard)
    assert "A problem." in words(dashboard)
    press(dashboard, "<Escape>")
    assert "A problem." not in words(dashboard)


def test_an_alert_flashes_in_the_title_until_it_is_acknowledged(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    dashboard = opened(pasts.WithPast())
    snapshot = pasts.alerted(1, examples.ethusdt().at())
    titles = []
    for _ in range(4):
        dashboard.render(snapshot)
        titles.append(dashboard.root.title())
        now[0] += 0.5
    flash, usual = "\N{BLACK CIRCLE} ALERT", "\N{MINUS SIGN}1.30 ETHUSDT"
    assert [title.startswith(flash) for title in titles] == [True, False, True, False]
    assert titles[1].startswith(usual)
    dashboard._dismiss()
    now[0] += 0.5
    dashboard.render(snapshot)
    assert dashboard.root.title().startswith(usual)


def test_what_is_switched_off_stays_off(opened: Open) -> None:
    dashboard = opened(pasts.WithPast(banner=False, bell=False, title=False))
    paint(dashboard, pasts.alerted(1))
    assert not dashboard._layout.alerts.banner.frame.winfo_viewable()
    assert "ALERT" not in dashboard.root.title()


def test_the_test_button_shows_the_alert_that_the_program_sent(opened: Open) -> None:
    program = pasts.WithPast()
    dashboard = opened(program)
    paint(dashboard, examples.with_all())
    press(dashboard, "<F3>")
    alert_list(dashboard).test_button.invoke()
    settle(dashboard)
    assert [one.symbol for one in program.tested] == ["ETHUSDT"]
    assert dashboard._layout.alerts.banner.frame.winfo_viewable()
    assert any("TEST" in one for one in words(dashboard))


def test_rules_are_added_and_removed_by_the_program(opened: Open) -> None:
    program = pasts.WithPast()
    dashboard = opened(program)
    paint(dashboard, examples.with_all())
    press(dashboard, "<F3>")
    alerts = alert_list(dashboard)
    for name, text in (("level", "-2"), ("rearm", "-3")):
        entry = alerts.form.fields[name].frame.winfo_children()[-1]
        assert isinstance(entry, tk.Entry)
        entry.insert("end", text)
    alerts.form.send()
    assert len(program.kept) == 4
    alerts.remove_button.invoke()
    assert len(program.kept) == 3


def test_the_banner_of_another_symbol_stands_in_the_compact_window_too(opened: Open) -> None:
    dashboard = opened(pasts.WithPast(compact=True))
    snapshot = pasts.alerted(3, examples.ethusdt().at())
    paint(dashboard, replace(snapshot, alerts=snapshot.alerts[:2]))
    assert dashboard._layout.alerts.banner.frame.winfo_viewable()
    check(dashboard.root)
