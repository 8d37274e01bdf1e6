import os
import tkinter as tk
from pathlib import Path

import pytest

from spreadwatch.core.quote import Side
from spreadwatch.ui.dashboard import Dashboard
from spreadwatch.ui.frame.window import Rect, Remembered, load_remembered, save_remembered
from spreadwatch.ui.kit import theme
from tests.ui import examples
from tests.ui.conftest import Open, paint, press, settle
from tests.ui.program import Program
from tests.ui.sight import labels


def words(dashboard: Dashboard) -> list[str]:
    """Return all that can be read in the window."""
    return [str(one.cget("text")) for one in labels(dashboard.root)]


def spread_of(dashboard: Dashboard) -> str:
    return str(dashboard._layout.spread_card.spread.label.cget("text"))


def colour_of(label: tk.Label) -> str:
    return str(label.cget("foreground"))


def test_the_first_paint_says_what_it_waits_for(opened: Open) -> None:
    dashboard = opened()
    assert dashboard.root.winfo_viewable()
    assert "Waiting for the first quotes of ETHUSDT from Binance." in words(dashboard)
    assert spread_of(dashboard) == "—"
    assert "○ CONNECTING" in words(dashboard)
    assert dashboard.root.title() == "— ETHUSDT · spreadwatch"


def test_a_live_pair_shows_the_figures_of_the_mock(opened: Open) -> None:
    dashboard = opened()
    paint(dashboard, examples.ethusdt().at())
    assert spread_of(dashboard) == "−1.30"
    shown = words(dashboard)
    for expected in (
        "● LIVE", "▼ 0.02", "USDT", "−3.81 bps", "−0.46", "−1.92", "13:01:07", "13:01:08",
        "3\N{NO-BREAK SPACE}412.57", "3\N{NO-BREAK SPACE}412.56", "3\N{NO-BREAK SPACE}413.88",
        "3\N{NO-BREAK SPACE}413.87", "4.1830", "11.0264", "27.441", "QTY ETH", "›",
        "● spot 38 ms", "● futures 41 ms", "received", "exchange", "UTC", "F1 shortcuts",
    ):  # fmt: skip
        assert expected in shown, expected
    assert dashboard.root.title() == "−1.30 ETHUSDT · spreadwatch"


def test_the_prices_of_the_spread_are_bright_and_the_others_muted(opened: Open) -> None:
    dashboard = opened()
    paint(dashboard, examples.ethusdt().at())
    palette, spot, futures = theme.PALETTES["dark"], dashboard._layout.spot_card, dashboard._layout.futures_card
    assert colour_of(spot.ask.price.label) == colour_of(futures.bid.price.label) == palette["text"]
    assert colour_of(spot.bid.price.label) == colour_of(futures.ask.price.label) == palette["muted"]
    assert words(dashboard).count("›") == 2


def test_a_stale_leg_hides_the_spread_and_greys_its_numbers(opened: Open) -> None:
    dashboard = opened(badge="DEMO")
    paint(dashboard, examples.ethusdt().at())
    paint(dashboard, examples.stale())
    shown = words(dashboard)
    assert spread_of(dashboard) == "—"
    assert "Spot has been silent for 14.0 s." in shown
    assert "○ STALE" in shown
    assert "STALE · 14 s ago" in shown
    assert "−0.46" in shown
    assert not {"›", "−3.81 bps", "▼ 0.02"} & set(shown)
    faint = theme.PALETTES["dark"]["faint"]
    for line in (dashboard._layout.spot_card.ask, dashboard._layout.spot_card.bid):
        assert colour_of(line.price.label) == colour_of(line.qty.label) == faint
    assert dashboard.root.title() == "— ETHUSDT · spreadwatch (demo)"


def test_without_futures_quotes_that_card_says_so(opened: Open) -> None:
    dashboard = opened()
    paint(dashboard, examples.connecting())
    assert "No route to stream.binance.com, next try in 4 s." in words(dashboard)
    assert "CONNECTING" in words(dashboard)
    assert str(dashboard._layout.spot_card.ask.price.label.cget("text")) == "—"


def test_rejects_reconnects_and_drops_are_shown_only_when_there_are_any(opened: Open) -> None:
    dashboard = opened(symbols=("BTCTRY",))
    paint(dashboard, examples.huge())
    assert {"1 gap · 1 reconnect", "1\N{NO-BREAK SPACE}234 rejected"} <= set(words(dashboard))
    quiet = opened()
    paint(quiet, examples.ethusdt().at())
    assert not any("reject" in one or "dropped" in one or "reconnect" in one for one in words(quiet))


def test_a_click_copies_the_exact_number_and_says_so(opened: Open) -> None:
    dashboard = opened()
    paint(dashboard, examples.ethusdt().at())
    card = dashboard._layout.spread_card
    for value, exact in (
        (card.spread, "-1.30"),
        (dashboard._layout.spot_card.ask.price, "3412.57"),
        (dashboard._layout.spot_card.bid.qty, "11.0264"),
        (dashboard._layout.futures_card.bid.qty, "27.441"),
    ):
        value.label.event_generate("<Button-1>")
        settle(dashboard)
        assert dashboard.root.clipboard_get() == exact
    press(dashboard, "<Control-c>")
    assert dashboard.root.clipboard_get() == "-1.30"
    assert "copied −1.30" in words(dashboard)


def test_a_dash_is_not_copied(opened: Open) -> None:
    dashboard = opened()
    dashboard.root.clipboard_clear()
    dashboard.root.clipboard_append("before")
    press(dashboard, "<Control-c>")
    assert dashboard.root.clipboard_get() == "before"
    assert "nothing to copy yet" in words(dashboard)


def test_values_and_buttons_are_reached_and_pressed_by_keys(opened: Open) -> None:
    resets: list[str] = []
    dashboard = opened(reset=resets.append)
    paint(dashboard, examples.ethusdt().at())
    dashboard.root.focus_force()
    dashboard.root.update()
    reached: list[str] = []
    for _ in range(30):
        focus = dashboard.root.focus_get()
        assert focus
        reached.append(str(focus))
        focus.event_generate("<Tab>")
        dashboard.root.update()
    values = [dashboard._layout.spread_card.spread.label, dashboard._layout.futures_card.bid.qty.label]
    for widget in (dashboard._layout.header._reset, dashboard._layout.header.menu_button, *values):
        assert str(widget) in reached
    dashboard._layout.header._reset.focus_set()
    dashboard.root.update()
    dashboard._layout.header._reset.event_generate("<Return>")
    values[1].focus_set()
    dashboard.root.update()
    values[1].event_generate("<Return>")
    settle(dashboard)
    assert resets == ["ETHUSDT"]
    assert dashboard.root.clipboard_get() == "27.441"


def test_reset_asks_for_the_symbol_shown(opened: Open) -> None:
    resets: list[str] = []
    dashboard = opened(reset=resets.append, symbols=("ETHUSDT", "PEPEUSDT"))
    press(dashboard, "<Control-r>")
    press(dashboard, "<Control-Next>")
    press(dashboard, "<Control-R>")
    dashboard._layout.header._reset.invoke()
    assert resets == ["ETHUSDT", "PEPEUSDT", "PEPEUSDT"]


def test_symbols_are_cycled_and_numbered(opened: Open) -> None:
    dashboard = opened(symbols=("ETHUSDT", "PEPEUSDT", "BTCTRY"))
    scene = examples.Scene(("ETHUSDT", "PEPEUSDT", "BTCTRY"))
    examples.ethusdt(scene)
    scene.quote(Side.SPOT, "0.00001233", "1", "0.00001234", "1", -5, symbol="PEPEUSDT")
    scene.quote(Side.FUTURES, "0.00001236", "1", "0.00001237", "1", -4, symbol="PEPEUSDT")
    paint(dashboard, scene.at())
    assert spread_of(dashboard) == "−1.30"
    assert "1/3" in words(dashboard)
    press(dashboard, "<Control-Next>")
    assert spread_of(dashboard) == "−0.00000002"
    assert "2/3" in words(dashboard)
    assert "QTY PEPE" in words(dashboard)
    press(dashboard, "<Alt-Left>")
    press(dashboard, "<Control-Prior>")
    assert "3/3" in words(dashboard)
    assert spread_of(dashboard) == "—"


def test_a_snapshot_without_the_symbol_shown_is_still_waiting(opened: Open) -> None:
    dashboard = opened(symbols=("BTCUSDT", "ETHUSDT"))
    scene = examples.ethusdt(examples.Scene(("ETHUSDT", "BTCUSDT")))
    paint(dashboard, scene.market.snapshot(examples.moment(), ["ETHUSDT"]))
    assert "Waiting for the first quotes of BTCUSDT from Binance." in words(dashboard)


def test_f1_lists_every_shortcut_inside_the_window(opened: Open) -> None:
    dashboard = opened()
    assert "Ctrl+R" not in words(dashboard)
    press(dashboard, "<F1>")
    shown = words(dashboard)
    for expected in ("Ctrl+R", "Ctrl+M", "Ctrl+W  Ctrl+Q", "Reset max and min", "Copy any value"):
        assert expected in shown
    press(dashboard, "<F1>")
    assert "Ctrl+R" not in words(dashboard)


def test_nothing_opens_a_window_of_its_own(opened: Open) -> None:
    dashboard = opened()
    press(dashboard, "<F1>")
    dashboard.note("A problem.")
    assert not [one for one in dashboard.root.winfo_children() if isinstance(one, tk.Toplevel)]


def test_the_theme_changes_at_run_time(opened: Open) -> None:
    dashboard = opened()
    paint(dashboard, examples.ethusdt().at())
    press(dashboard, "<Control-t>")
    light = set(theme.PALETTES["light"].values())
    for one in labels(dashboard.root):
        assert {str(one.cget("background")), colour_of(one)} <= light, one.cget("text")
    press(dashboard, "<Control-t>")
    assert colour_of(dashboard._layout.spread_card.spread.label) == theme.PALETTES["dark"]["text"]


def test_compact_keeps_header_and_spread_and_comes_back(opened: Open) -> None:
    dashboard = opened()
    paint(dashboard, examples.ethusdt().at())
    full = dashboard.root.winfo_width(), dashboard.root.winfo_height()
    press(dashboard, "<Control-m>")
    small = dashboard.root.winfo_width(), dashboard.root.winfo_height()
    assert small < full
    assert spread_of(dashboard) == "−1.30"
    assert not {"SPOT", "Ask", "F1 shortcuts"} & set(words(dashboard))
    dashboard._layout.spread_card.spread.copy()
    settle(dashboard)
    assert "copied −1.30" in words(dashboard)
    press(dashboard, "<Control-m>")
    assert (dashboard.root.winfo_width(), dashboard.root.winfo_height()) == full
    assert "SPOT" in words(dashboard)


def test_a_compact_window_shows_fresh_quotes_when_it_grows(opened: Open) -> None:
    dashboard = opened(compact=True)
    paint(dashboard, examples.ethusdt().at())
    press(dashboard, "<Control-m>")
    assert "3\N{NO-BREAK SPACE}413.87" in words(dashboard)


def test_always_on_top_is_asked_of_the_window_manager(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    dashboard = opened()
    asked: list[object] = []
    monkeypatch.setattr(dashboard.root, "attributes", lambda *wanted: asked.append(wanted))
    press(dashboard, "<Control-p>")
    press(dashboard, "<Control-p>")
    assert asked == [("-topmost", True), ("-topmost", False)]


def test_the_menu_offers_the_symbols_and_the_table(opened: Open) -> None:
    dashboard = opened(symbols=("ETHUSDT", "BTCUSDT"), compact=True)
    dashboard._menu.build(dashboard._menu_state())
    menu = dashboard._menu.menu
    entries = {
        menu.entrycget(index, "label"): index
        for index in range(int(menu.index("end") or 0) + 1)
        if menu.type(index) != "separator"
    }
    assert menu.entrycget(entries["Reset max and min"], "accelerator") == "Ctrl+R"
    assert dashboard.root.getvar("spreadwatch_compact") in (1, "1")
    menu.invoke(entries["BTCUSDT"])
    settle(dashboard)
    assert "BTCUSDT" in words(dashboard)
    menu.invoke(entries["Compact window"])
    settle(dashboard)
    assert "F1 shortcuts" in words(dashboard)


def test_a_note_stands_until_escape_or_the_next_one(opened: Open) -> None:
    dashboard = opened()
    before = dashboard.root.winfo_height()
    dashboard.note("The first problem.")
    dashboard.note("The second problem.")
    settle(dashboard)
    assert "The second problem." in words(dashboard)
    assert "The first problem." not in words(dashboard)
    press(dashboard, "<Escape>")
    assert "The second problem." not in words(dashboard)
    assert dashboard.root.winfo_reqheight() <= before


def test_the_window_comes_back_where_it_was(opened: Open, tmp_path: Path) -> None:
    path = tmp_path / "window.json"
    first = opened(geometry_file=path)
    first.root.geometry("900x700+120+80")
    settle(first)
    press(first, "<Control-m>")
    first.close()
    second = opened(geometry_file=path)
    assert "SPOT" not in words(second)
    assert (second.root.winfo_x(), second.root.winfo_y()) == (120, 80)
    press(second, "<Control-m>")
    assert second.root.geometry() == "900x700+120+80"
    second.close()
    assert load_remembered(path).full == Rect(120, 80, 900, 700)


def test_a_window_remembered_off_the_screen_is_brought_back(opened: Open, tmp_path: Path) -> None:
    path = tmp_path / "window.json"
    save_remembered(path, Remembered(Rect(90_000, -90_000, 800, 400)))
    dashboard = opened(geometry_file=path)
    root = dashboard.root
    assert 0 <= root.winfo_rootx() <= root.winfo_screenwidth() - root.winfo_width()
    assert 0 <= root.winfo_rooty() <= root.winfo_screenheight() - root.winfo_height()


def test_the_size_lent_to_the_shortcuts_is_not_remembered(opened: Open, tmp_path: Path) -> None:
    path = tmp_path / "window.json"
    dashboard = opened(geometry_file=path, compact=True)
    height = dashboard.root.winfo_height()
    press(dashboard, "<F1>")
    assert dashboard.root.winfo_height() > height
    dashboard.close()
    small = load_remembered(path).small
    assert small is not None
    assert small.height == height


def test_without_a_display_the_error_comes_out(monkeypatch: pytest.MonkeyPatch) -> None:
    if os.name == "nt":
        pytest.skip("Windows always has a display")
    monkeypatch.setenv("DISPLAY", ":4242")
    with pytest.raises(tk.TclError):
        Dashboard(Program())


def test_the_user_s_text_size_is_followed(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    from spreadwatch.ui.kit import scale

    usual = opened().root
    factor, width = usual.tk.call("tk", "scaling"), usual.winfo_width()
    monkeypatch.setattr(scale, "_font_dpi", lambda: 144.0)
    assert opened().root.winfo_width() == pytest.approx(width * 1.5, rel=0.05)
    usual.tk.call("tk", "scaling", factor)  # all windows on a display share it
