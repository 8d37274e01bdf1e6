"""Costs, funding, depth, windows of extremes, and the evidence of one: what they show and how they are reached."""

import json
import tkinter as tk
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from msgspec.structs import replace

from spreadwatch.core.snapshot import Snapshot
from spreadwatch.ui.dashboard import Dashboard
from spreadwatch.ui.kit import theme
from tests.ui import examples
from tests.ui.conftest import Open, paint, press, settle
from tests.ui.sight import box, check, labels
from tests.ui.test_dashboard import colour_of, spread_of, words

M = "\N{MINUS SIGN}"
N = "\N{NO-BREAK SPACE}"
BEGINNERS = (
    "Buying one ETH spot and selling it as a future brings 1.30 USDT now; the taker fees take 5.12 USDT, "
    "so it costs 3.82 USDT in all."
)

SCENES: dict[str, tuple[str, Callable[[], Snapshot]]] = {
    "full": ("ETHUSDT", examples.with_all),
    "thin": ("ETHUSDT", examples.thin),
    "stale": ("ETHUSDT", examples.no_longer_live),
    "delivery": ("ETHUSDT", examples.delivery),
    "tiny": ("PEPEUSDT", lambda: examples.with_all(examples.tiny())),
    "huge": ("BTCTRY", lambda: examples.with_all(examples.huge())),
    "listed": ("ETHUSDT", lambda: examples.listed(40)),
    "listed huge": ("BTCTRY", lambda: examples.listed(40, examples.with_all(examples.huge()))),
}


def with_costs(dashboard: Dashboard) -> Dashboard:
    """Open all that costs."""
    dashboard._act("costs")
    settle(dashboard)
    return dashboard


@pytest.mark.parametrize("scene", SCENES)
@pytest.mark.parametrize("is_open", [False, True])
@pytest.mark.parametrize("dpi", [96, 192])
def test_nothing_is_clipped_with_all_there_is(opened: Open, scene: str, is_open: bool) -> None:
    symbol, make = SCENES[scene]
    dashboard = opened(symbols=(symbol,), badge="REPLAY 2024-08-08")
    if is_open:
        with_costs(dashboard)
    check(dashboard.root)
    paint(dashboard, make())
    check(dashboard.root)
    dashboard.note("A sentence that is so long that it cannot possibly stand in a single line. " * 4)
    settle(dashboard)
    check(dashboard.root)


@pytest.mark.parametrize("dpi", [96, 192])
def test_nothing_is_clipped_from_state_to_state_and_form_to_form(opened: Open) -> None:
    dashboard = opened(theme="light")
    for make in (examples.with_all, examples.no_longer_live, lambda: examples.listed(3), examples.thin, examples.stale):
        paint(dashboard, make())
        check(dashboard.root)
        for name in ("<Control-m>", "<Control-m>", "<F2>", "<F2>", "<Control-f>"):
            press(dashboard, name)
            check(dashboard.root)


def test_what_was_never_known_takes_no_room(opened: Open) -> None:
    dashboard = opened()
    paint(dashboard, examples.ethusdt().at())
    assert {"Edge", "Round trip"} <= set(words(dashboard))
    assert not {"Funding", "My size"} & set(words(dashboard))
    press(dashboard, "<Control-f>")
    assert "AFTER FEES ▾" in words(dashboard)
    assert not {"FUNDING", "MY SIZE"} & set(words(dashboard))
    paint(dashboard, examples.with_all(depth=None))
    assert "FUNDING" in words(dashboard)
    assert "MY SIZE" not in words(dashboard)
    press(dashboard, "<Control-f>")
    assert "Funding" in words(dashboard)
    assert "My size" not in words(dashboard)


def test_one_line_tells_the_costs_until_all_are_asked_for(opened: Open, tmp_path: Path) -> None:
    path = tmp_path / "window.json"
    dashboard = opened(geometry_file=path)
    paint(dashboard, examples.with_all())
    before = dashboard.root.winfo_height()
    line = dashboard._layout.costs.line
    told = {name: value.cell.words for name, value in line.values.items()}
    assert told == {"Edge": f"{M}11.19 bps", "Round trip": "30.06 bps", "Funding": "+0.0100%", "My size": f"{M}0.95"}
    assert BEGINNERS in words(dashboard)
    line.fold.label.event_generate("<Button-1>")
    settle(dashboard)
    assert {"FUNDING", "MY SIZE", BEGINNERS} <= set(words(dashboard))
    assert "Edge" not in words(dashboard)
    assert dashboard.root.winfo_height() > before
    dashboard.close()
    again = opened(geometry_file=path)
    paint(again, examples.with_all())
    assert {"FUNDING", "AFTER FEES ▾"} <= set(words(again))
    again._layout.costs.net.fold.label.focus_force()
    again.root.update()
    again._layout.costs.net.fold.label.event_generate("<Return>")
    settle(again)
    assert "AFTER FEES ▸" in words(again)
    assert again.root.winfo_height() == before


def test_the_line_of_costs_is_honest_about_what_is_not_live(opened: Open) -> None:
    dashboard = opened()
    paint(dashboard, examples.thin())
    values = dashboard._layout.costs.line.values
    assert values["My size"].cell.words == "too thin"
    assert colour_of(values["Funding"].label) == theme.PALETTES["dark"]["faint"]
    paint(dashboard, examples.no_longer_live())
    assert [values[name].cell.words for name in ("Edge", "Round trip", "My size")] == ["—"] * 3
    assert BEGINNERS not in words(dashboard)


def test_the_compact_window_is_as_it_was(opened: Open) -> None:
    plain, full = opened(compact=True), opened(compact=True)
    paint(plain, examples.ethusdt().at())
    paint(full, examples.listed(12))
    ours = [one for one in words(full) if one != "2/12"]
    assert ours == words(plain)
    assert full.root.winfo_height() == plain.root.winfo_height()


def test_both_directions_stand_with_their_edges(opened: Open) -> None:
    dashboard = with_costs(opened())
    paint(dashboard, examples.with_all())
    net = dashboard._layout.costs.net
    texts = [[value.cell.words for value in line.values] for line in (net.entry, net.exit, net.round_trip)]
    assert texts == [
        [f"{M}1.30", f"{M}3.81", f"{M}11.19"],
        [f"{M}1.32", f"{M}3.87", f"{M}18.87"],
        ["10.26", "30.06", ""],
    ]
    palette = theme.PALETTES["dark"]
    assert colour_of(net.entry.values[2].label) == palette["down"]
    assert {"Size now, spot limits", f"4.183 ETH = 14{N}275 USDT"} <= set(words(dashboard))
    assert BEGINNERS in words(dashboard)
    net.round_trip.values[0].label.event_generate("<Button-1>")
    assert Decimal(dashboard.root.clipboard_get()) == examples.full().net.round_trip  # type: ignore[union-attr]


def test_a_pair_that_is_not_live_has_no_costs(opened: Open) -> None:
    dashboard = with_costs(opened())
    paint(dashboard, examples.with_all())
    paint(dashboard, examples.no_longer_live())
    net = dashboard._layout.costs.net
    for line in (net.entry, net.exit, net.round_trip):
        assert [value.cell.words for value in line.values] == ["—"] * 3
    assert not any("Buying" in one or "last hour" in one for one in words(dashboard))
    assert {"—", "next in 2:14:07", "No live book."} <= set(words(dashboard))


def test_funding_that_fell_silent_is_greyed_with_its_age(opened: Open) -> None:
    dashboard = with_costs(opened())
    paint(dashboard, examples.with_all())
    assert {"next in 2:14:07", "Rate per 8 h", "+0.0100%", "+10.95%"} <= set(words(dashboard))
    value = dashboard._layout.costs.carry.funding.values["Mark"].label
    assert colour_of(value) == theme.PALETTES["dark"]["text"]
    paint(dashboard, examples.thin())
    assert {"STALE · 14 s ago", "Rate per 8 h assumed", "At this rate they never pay back the fees."} <= set(
        words(dashboard)
    )
    assert colour_of(value) == theme.PALETTES["dark"]["faint"]
    assert spread_of(dashboard) == f"{M}1.30", "it touches nothing but these fields"


def test_no_funding_scheduled_and_a_delivery_are_told_apart(opened: Open) -> None:
    dashboard = with_costs(opened())
    paint(dashboard, examples.with_all(funding=replace(examples.FUNDING, next_in_ms=None)))
    assert "no funding scheduled" in words(dashboard)
    assert not any("pay back" in one for one in words(dashboard))
    paint(dashboard, examples.delivery())
    assert "delivery in 34 d 2 h" in words(dashboard)


def test_the_countdown_goes_on_while_nothing_else_changes(opened: Open) -> None:
    dashboard = with_costs(opened())
    snapshot = examples.with_all()
    paint(dashboard, snapshot)
    later = replace(snapshot.pairs[0], funding=replace(examples.FUNDING, next_in_ms=8_046_000))
    paint(dashboard, replace(snapshot, pairs=(later,)))
    assert "next in 2:14:06" in words(dashboard)


def test_a_book_too_thin_names_its_leg(opened: Open) -> None:
    dashboard = with_costs(opened())
    paint(dashboard, examples.thin())
    assert {f"250{N}000 USDT on each leg", "Book too thin on spot."} <= set(words(dashboard))
    values = dashboard._layout.costs.carry.depth.values
    assert [values[name].cell.words for name in ("Spot ask", "Spread", "Best quotes")] == ["—", "—", f"{M}1.30"]


def test_the_formula_is_told_by_pointing_and_by_the_keyboard(opened: Open) -> None:
    dashboard = with_costs(opened())
    paint(dashboard, examples.with_all())
    label = dashboard._layout.costs.carry.funding.values["Yearly"].label
    dashboard.root.focus_force()
    for begin, end in (("<Enter>", "<Leave>"), ("<FocusIn>", "<FocusOut>")):
        label.event_generate(begin)
        settle(dashboard)
        [told] = [one for one in labels(dashboard.root) if "365 × 24 h ÷ 8 h" in str(one.cget("text"))]
        assert "= +0.0100% × 1095 = +10.95% a year" in str(told.cget("text"))
        left, top, right, bottom = box(told)
        window = box(dashboard.root)
        assert window[0] <= left <= right <= window[2]
        assert window[1] <= top <= bottom <= window[3]
        label.event_generate(end)
        settle(dashboard)
        assert not told.winfo_viewable()


def test_the_windows_stand_in_a_table_and_the_percentile_below_the_number(opened: Open) -> None:
    dashboard = opened()
    paint(dashboard, examples.with_all())
    table = [
        [row._name.words, row.values["max"].cell.words, row.values["min"].cell.words]
        for row in dashboard._layout.spread_card.table.rows
    ]
    assert table == [
        ["1m", f"{M}1.30", f"{M}1.30"],
        ["15m", f"{M}1.30", f"{M}1.92"],
        ["1h", f"{M}0.46", f"{M}1.92"],
        ["session", f"{M}0.46", f"{M}1.92"],
        ["reset", f"{M}0.46", f"{M}1.92"],
    ]
    assert "Above 34 % of the last hour." in words(dashboard)
    assert not dashboard._layout.spread_card.maximum.value.label.winfo_viewable()
    empty = tuple(replace(one, high=None, low=None) for one in examples.full().windows)
    paint(dashboard, examples.with_all(windows=empty))
    highest = [row.values["max"].cell.words for row in dashboard._layout.spread_card.table.rows]
    assert highest == ["—"] * 4 + [f"{M}0.46"]


# ----- evidence


def _by_click(dashboard: Dashboard) -> None:
    dashboard._layout.spread_card.table.rows[2].values["max"].label.event_generate("<Button-1>")
    settle(dashboard)


def _by_return(dashboard: Dashboard) -> None:
    label = dashboard._layout.spread_card.table.rows[2].values["max"].label
    dashboard.root.focus_force()
    label.focus_set()
    dashboard.root.update()
    label.event_generate("<Return>")
    settle(dashboard)


@pytest.mark.parametrize("open_it", [_by_click, _by_return])
def test_an_extreme_opens_its_evidence_and_gives_it_as_json(opened: Open, open_it: Callable[[Dashboard], None]) -> None:
    dashboard = opened()
    paint(dashboard, examples.with_all())
    open_it(dashboard)
    for expected in (
        "HIGHEST SPREAD OF ETHUSDT OF THE LAST 1H", f"{M}0.46 USDT", "2026-04-02 13:01:07.000 UTC",
        f"spot ask 3{N}412.57 {M} futures bid 3{N}413.03 = {M}0.46", "2026-04-02 13:01:05.993", "0.4", "1.0 s", "0 ms",
        "Spot quoted 1.0 s after futures.",
    ):  # fmt: skip
        assert expected in words(dashboard), expected
    press(dashboard, "<Control-c>")
    copied = json.loads(dashboard.root.clipboard_get())
    assert (copied["spread"], copied["extreme"], copied["window"], copied["skew_ms"]) == ("-0.46", "max", "1h", 1_000)
    assert copied["spot"] == {
        "bid": "3412.56", "bid_qty": "1.0000", "ask": "3412.57", "ask_qty": "1.0000", "update_id": 2,
        "exchange_ms": None, "received_ms": examples.NOON_MS - 60_000, "age_ms": 0,
    }  # fmt: skip
    assert copied["futures"]["exchange_ms"] == examples.NOON_MS - 61_007
    assert copied["futures"]["age_ms"] == 1_000
    press(dashboard, "<Escape>")
    assert "Spot quoted 1.0 s after futures." not in words(dashboard)


def test_ctrl_e_shows_the_highest_then_the_lowest_then_none(opened: Open) -> None:
    dashboard = opened()
    press(dashboard, "<Control-e>")
    assert "no extremes yet" in words(dashboard)
    paint(dashboard, examples.ethusdt().at())
    before = dashboard.root.geometry()
    press(dashboard, "<Control-e>")
    assert "HIGHEST SPREAD OF ETHUSDT SINCE THE RESET" in words(dashboard)
    press(dashboard, "<Control-e>")
    assert "LOWEST SPREAD OF ETHUSDT SINCE THE RESET" in words(dashboard)
    press(dashboard, "<Control-e>")
    assert dashboard._layout.overlay.shown is None
    assert dashboard.root.geometry() == before


def test_evidence_stays_while_the_market_goes_on(opened: Open) -> None:
    dashboard = opened()
    paint(dashboard, examples.with_all())
    _by_click(dashboard)
    before = [str(one.cget("text")) for one in labels(dashboard._panels.evidence.frame)]
    paint(dashboard, examples.no_longer_live())
    assert [str(one.cget("text")) for one in labels(dashboard._panels.evidence.frame)] == before


@pytest.mark.parametrize("scene", ["full", "huge", "tiny", "listed"])
@pytest.mark.parametrize("compact", [False, True])
@pytest.mark.parametrize("dpi", [96, 192])
def test_evidence_has_room_and_cuts_no_number(opened: Open, scene: str, compact: bool) -> None:
    symbol, make = SCENES[scene]
    dashboard = opened(symbols=(symbol,), compact=compact)
    paint(dashboard, make())
    before = dashboard.root.geometry()
    press(dashboard, "<Control-e>")
    panel = dashboard._panels.evidence
    check_panel(dashboard, panel.frame, panel.card)
    press(dashboard, "<Escape>")
    assert dashboard.root.geometry() == before


def check_panel(dashboard: Dashboard, frame: tk.Misc, card: tk.Misc) -> None:
    """What is laid over the window lies in it, holds its texts whole, and hides the number wholly or not at all."""
    outer, inner, window = box(frame), box(card), box(dashboard.root)
    assert window[0] <= outer[0] <= outer[2] <= window[2]
    assert window[1] <= outer[1] <= outer[3] <= window[3]
    texts = labels(frame)
    assert texts
    for one in texts:
        left, top, right, bottom = box(one)
        assert inner[0] <= left <= right <= inner[2], one.cget("text")
        assert inner[1] <= top <= bottom <= inner[3], one.cget("text")
        assert one.winfo_width() >= one.winfo_reqwidth(), one.cget("text")
    number = box(dashboard._layout.spread_card.spread.label)
    beside = number[2] <= outer[0]
    hidden = outer[0] <= number[0] and number[2] <= outer[2] and outer[1] <= number[1] and number[3] <= outer[3]
    assert beside or hidden
