"""The watch list: what it shows, in which order, how it is moved in, and what a paint of it costs."""

import itertools
import time
import tkinter as tk
from collections.abc import Callable
from decimal import Decimal

import pytest
from msgspec.structs import replace

from spreadwatch.ui.dashboard import Dashboard
from spreadwatch.ui.kit import theme
from spreadwatch.ui.watch import columns as list_columns
from spreadwatch.ui.watch.columns import RowOrder
from tests.ui import examples
from tests.ui.breakage import SECOND, Breakage, run_broken
from tests.ui.conftest import Open, paint, press, settle
from tests.ui.sight import check
from tests.ui.test_dashboard import spread_of, words
from tests.ui.test_loop import tcl_calls

MIN = "\N{MINUS SIGN}"


def lines(dashboard: Dashboard) -> list[list[str]]:
    """Return the texts of every drawn row, from top to bottom, read off the canvas."""
    canvas, shown = dashboard._layout.watch_list.canvas, []
    for slot in dashboard._layout.watch_list._slots:
        texts = [str(look(canvas, item, "text")) for item in slot._items]
        if any(texts):
            shown.append(texts)
    return shown


def look(canvas: tk.Canvas, item: int, option: str) -> str:
    return str(canvas.tk.call(canvas, "itemcget", item, f"-{option}"))


def _noting(asked: list[str]) -> Callable[[str], str | None]:
    def remove(symbol: str) -> None:
        asked.append(symbol)

    return remove


def symbols(dashboard: Dashboard) -> list[str]:
    return [line[0] for line in lines(dashboard)]


def caption(dashboard: Dashboard) -> str:
    """Return the caption of the column that it is sorted by."""
    canvas = dashboard._layout.watch_list.canvas
    texts = [str(look(canvas, item, "text")) for item in dashboard._layout.watch_list._captions]
    [chosen] = [one for one in texts if one.endswith(("▲", "▼"))]
    return chosen


def key(dashboard: Dashboard, name: str) -> None:
    canvas = dashboard._layout.watch_list.canvas
    dashboard.root.focus_force()
    canvas.focus_set()
    dashboard.root.update()
    canvas.event_generate(name)
    settle(dashboard)


def click(dashboard: Dashboard, column: int, line: int) -> None:
    """Click into a column of a line; line 0 is the captions."""
    listed = dashboard._layout.watch_list
    y = line * listed.row_height + listed.row_height // 2
    listed.canvas.event_generate("<Button-1>", x=listed._edges[column] - 3, y=y)
    settle(dashboard)


def test_a_single_symbol_has_no_list(opened: Open) -> None:
    dashboard = opened()
    width = dashboard.root.winfo_width()
    paint(dashboard, replace(examples.listed(2), rows=(examples.row(1),)))
    assert not dashboard._layout.watch_list.frame.winfo_viewable()
    assert dashboard.root.winfo_width() == width


def test_several_symbols_stand_beside_the_number_best_edge_first(opened: Open) -> None:
    dashboard = opened()
    width = dashboard.root.winfo_width()
    paint(dashboard, examples.listed(12))
    assert dashboard.root.winfo_width() > width
    assert spread_of(dashboard) == f"{MIN}1.30"
    shown = lines(dashboard)
    assert len(shown) == 12
    assert ["ETHUSDT", f"{MIN}1.30", f"{MIN}3.81", f"{MIN}11.19", "14.3k", "+0.0100%", "● live"] in shown
    edges = [line[3].replace(MIN, "-") for line in shown]
    known = [float(one) for one in edges if one != "—"]
    assert known == sorted(known, reverse=True)
    assert edges[-1] == "—", "what is not live comes last"
    assert caption(dashboard) == "EDGE ▼"


@pytest.mark.parametrize("name", ["<F2>", "<Control-l>"])
def test_a_key_hides_the_list_and_gives_back_its_room(opened: Open, name: str) -> None:
    dashboard = opened()
    paint(dashboard, examples.with_all())
    before = dashboard.root.winfo_width()
    paint(dashboard, examples.listed(12))
    wide = dashboard.root.winfo_width()
    press(dashboard, name)
    assert not dashboard._layout.watch_list.frame.winfo_viewable()
    assert dashboard.root.winfo_width() == before
    press(dashboard, name)
    assert dashboard.root.winfo_width() == wide
    assert len(lines(dashboard)) == 12


def test_the_compact_window_has_no_list_and_the_full_one_has_it_again(opened: Open) -> None:
    dashboard = opened(compact=True)
    before = dashboard.root.geometry()
    paint(dashboard, examples.listed(12))
    assert dashboard.root.geometry() == before
    press(dashboard, "<Control-m>")
    assert len(lines(dashboard)) == 12
    check(dashboard.root)
    press(dashboard, "<Control-m>")
    assert dashboard.root.geometry() == before


def test_a_click_and_the_arrow_keys_focus_a_symbol(opened: Open) -> None:
    asked: list[str] = []
    dashboard = opened(show=asked.append)
    paint(dashboard, examples.listed(12))
    shown = symbols(dashboard)
    click(dashboard, 1, 3)
    assert asked == [shown[2]]
    paint(dashboard, examples.listed(12))
    key(dashboard, "<Down>")
    key(dashboard, "<End>")
    key(dashboard, "<Up>")
    key(dashboard, "<Home>")
    assert asked == [shown[2], shown[3], shown[11], shown[10], shown[0]]
    assert dashboard._selection.symbol == shown[0]


def test_until_its_pair_comes_the_old_symbol_keeps_its_name_and_its_number(opened: Open) -> None:
    dashboard = opened()
    paint(dashboard, examples.listed(12))
    click(dashboard, 1, 3)
    other = dashboard._selection.symbol
    assert other != "ETHUSDT"
    assert {"ETHUSDT", f"{MIN}1.30"} <= set(words(dashboard))
    scene = examples.ethusdt(examples.Scene((other,)))
    paint(dashboard, replace(examples.listed(12), pairs=scene.at().pairs))
    assert other in words(dashboard)
    assert "ETHUSDT" not in words(dashboard)


def test_the_focus_follows_nothing_by_itself(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    dashboard = opened(show=asked.append)
    paint(dashboard, examples.listed(40))
    for tick in range(1, 5):
        monkeypatch.setattr(dashboard._layout.watch_list.order, "_sorted_at", float("-inf"))
        rows = tuple(examples.row(number, tick) for number in range(40))
        paint(dashboard, replace(examples.listed(40), rows=rows))
    assert asked == []
    assert spread_of(dashboard) == f"{MIN}1.30"


def test_a_symbol_that_is_no_longer_watched_gives_way_to_its_neighbour(opened: Open) -> None:
    asked: list[str] = []
    dashboard = opened(show=asked.append)
    snapshot = examples.listed(12)
    paint(dashboard, snapshot)
    rows = tuple(row for row in snapshot.rows if row.symbol != "ETHUSDT")
    paint(dashboard, replace(snapshot, rows=rows))
    assert asked == ["SOLUSDT"]
    assert "ETHUSDT" not in symbols(dashboard)


def test_delete_stops_watching_the_symbol_in_focus(opened: Open) -> None:
    asked: list[str] = []
    dashboard = opened(remove=_noting(asked))
    paint(dashboard, examples.listed(12))
    key(dashboard, "<Delete>")
    press(dashboard, "<Control-Delete>")
    assert asked == ["ETHUSDT", "ETHUSDT"]
    assert "ETHUSDT is no longer watched" in words(dashboard)


def test_a_refused_removal_says_why_and_the_last_symbol_stays(opened: Open) -> None:
    dashboard = opened(remove=lambda _symbol: "A demo keeps its symbols.")
    paint(dashboard, examples.listed(12))
    key(dashboard, "<Delete>")
    assert "A demo keeps its symbols." in words(dashboard)
    asked: list[str] = []
    single = opened(remove=_noting(asked))
    press(single, "<Control-Delete>")
    assert "The last symbol stays: watch another one first." in words(single)
    assert asked == []


def test_a_click_on_a_caption_sorts_and_another_turns_it(opened: Open) -> None:
    dashboard = opened()
    paint(dashboard, examples.listed(12))
    click(dashboard, 0, 0)
    assert caption(dashboard) == "SYMBOL ▲"
    assert symbols(dashboard) == sorted(symbols(dashboard))
    click(dashboard, 0, 0)
    assert caption(dashboard) == "SYMBOL ▼"
    assert symbols(dashboard) == sorted(symbols(dashboard), reverse=True)
    click(dashboard, 4, 0)
    assert caption(dashboard) == "SIZE ▼"
    click(dashboard, 6, 0)
    assert caption(dashboard) == "STATE ▲"
    key(dashboard, "<Left>")
    assert caption(dashboard) == "FUNDING ▼"
    key(dashboard, "<space>")
    assert caption(dashboard) == "FUNDING ▲"


def test_the_wheel_and_the_keys_scroll_to_the_last_row_and_back(opened: Open) -> None:
    dashboard = opened()
    paint(dashboard, examples.listed(100))
    listed = dashboard._layout.watch_list
    first = symbols(dashboard)
    listed.canvas.event_generate("<Button-5>")
    settle(dashboard)
    assert symbols(dashboard)[:-3] == first[3:]
    for _ in range(60):
        listed.canvas.event_generate("<Button-5>")
    settle(dashboard)
    assert symbols(dashboard)[-1] == listed.order.symbols[-1]
    assert len(symbols(dashboard)) == len(first)
    for _ in range(60):
        listed.canvas.event_generate("<Button-4>")
    settle(dashboard)
    assert symbols(dashboard) == first
    key(dashboard, "<End>")
    assert symbols(dashboard)[-1] == dashboard._selection.symbol == listed.order.symbols[-1]
    key(dashboard, "<Prior>")
    assert dashboard._selection.symbol in symbols(dashboard)


def test_a_larger_window_draws_more_rows(opened: Open) -> None:
    dashboard = opened()
    paint(dashboard, examples.listed(100))
    dashboard.root.geometry("1500x620")
    settle(dashboard)
    few = len(lines(dashboard))
    dashboard.root.geometry("1500x1000")
    settle(dashboard)
    assert len(lines(dashboard)) > few
    dashboard.root.geometry("1500x620")
    settle(dashboard)
    assert few <= len(lines(dashboard)) < 40


def test_only_rows_that_changed_are_painted_and_none_costs_nothing(opened: Open) -> None:
    dashboard = opened()
    snapshot = examples.listed(400)
    paint(dashboard, snapshot)
    assert tcl_calls(lambda: dashboard.render(snapshot)) == 0
    place = [row.symbol for row in snapshot.rows].index(symbols(dashboard)[2])
    rows = list(snapshot.rows)
    rows[place] = replace(rows[place], size_quote=Decimal("123456"))
    seen: list[object] = []
    change = dashboard._painter.change

    def watched(*command: str | int) -> None:
        seen.append(command)
        change(*command)

    dashboard._painter.change = watched  # type: ignore[method-assign]
    assert tcl_calls(lambda: dashboard.render(replace(snapshot, rows=tuple(rows)))) == 1
    assert len(seen) == 1
    assert lines(dashboard)[2][4] == "123k"


def test_a_hundred_changed_rows_of_four_hundred_are_painted_in_two_ms(opened: Open) -> None:
    dashboard = opened()
    snapshot = examples.listed(400)
    dashboard.root.geometry("1500x900")
    paint(dashboard, snapshot)
    spent: list[float] = []
    for tick in range(1, 30):
        rows = list(dashboard._selection.rows())
        for number in range(tick % 4, 400, 4):
            if rows[number].symbol != "ETHUSDT":
                rows[number] = examples.row(number, tick)
        later = replace(snapshot, rows=tuple(rows))
        began = time.perf_counter()
        dashboard.render(later)
        spent.append((time.perf_counter() - began) * 1_000)
        dashboard.root.update()
    assert sorted(spent)[len(spent) // 4] <= 2.0, spent


def test_sorting_four_hundred_rows_stalls_nothing() -> None:
    order = RowOrder(time.monotonic)
    rows = tuple(examples.row(number) for number in range(400))
    order.take(rows)
    spent = []
    for column in range(len(list_columns.COLUMNS)):
        began = time.perf_counter()
        order.sort_by(column)
        spent.append((time.perf_counter() - began) * 1_000)
    assert max(spent) <= 10.0, spent


def test_a_broken_display_shows_no_number_in_the_list(opened: Open, expected_faults: None) -> None:
    dashboard = opened()
    paint(dashboard, examples.listed(12))
    dashboard._turn_failed(ValueError("a bad day"))
    assert lines(dashboard)
    for line in lines(dashboard):
        assert line[1:] == ["—"] * 5 + ["○ stale"]
    paint(dashboard, examples.listed(12))
    assert "● live" in {line[6] for line in lines(dashboard)}


def test_a_list_that_cannot_be_painted_is_covered(opened: Open, expected_faults: None) -> None:
    dashboard = opened()
    paint(dashboard, examples.listed(12))
    fault = Breakage()
    fault.into(dashboard._layout.watch_list, "render")
    looks, last = run_broken(dashboard, fault, snapshot=examples.listed(12, SECOND))
    assert looks == [[]] * 3
    assert "● LIVE" in last


def test_the_list_changes_its_theme(opened: Open) -> None:
    dashboard = opened()
    paint(dashboard, examples.listed(40))
    press(dashboard, "<Control-t>")
    light, canvas = set(theme.PALETTES["light"].values()), dashboard._layout.watch_list.canvas
    shown = [item for item in canvas.find_all() if look(canvas, item, "state") != "hidden"]
    assert {str(look(canvas, item, "fill")) for item in shown} <= light
    assert str(canvas.cget("background")) in light


@pytest.mark.parametrize("dpi", [96, 192])
@pytest.mark.parametrize("count", [3, 400])
def test_no_text_of_the_list_is_clipped_or_meets_another(opened: Open, count: int) -> None:
    dashboard = opened()
    paint(dashboard, examples.listed(count))
    check(dashboard.root)
    canvas, listed = dashboard._layout.watch_list.canvas, dashboard._layout.watch_list
    lowest = canvas.winfo_height()
    for _ in range(4):
        columns = [listed._captions, *(slot._items for slot in listed._slots if slot.row)]
        assert len(columns) > min(count, 8)
        for items in columns:
            boxes = [canvas.bbox(item) for item in items]
            assert all(one[3] <= lowest and one[0] >= 0 and one[2] <= canvas.winfo_width() for one in boxes)
            for left, right in itertools.pairwise(boxes):
                assert left[2] <= right[0], [look(canvas, item, "text") for item in items]
        key(dashboard, "<Next>")


def test_the_first_paint_lists_what_it_waits_for(opened: Open) -> None:
    dashboard = opened(symbols=("ETHUSDT", "BTCUSDT"))
    assert lines(dashboard) == [[name, "—", "—", "—", "—", "—", "○ waiting"] for name in ("ETHUSDT", "BTCUSDT")]


def test_the_list_is_reached_by_tab(opened: Open) -> None:
    dashboard = opened()
    paint(dashboard, examples.listed(12))
    dashboard.root.focus_force()
    dashboard.root.update()
    for _ in range(60):
        focus = dashboard.root.focus_get()
        assert focus
        if focus is dashboard._layout.watch_list.canvas:
            return
        focus.event_generate("<Tab>")
        dashboard.root.update()
    pytest.fail("not reached")
