"""The list of gaps in the window, and what leads to it."""

import itertools
import time
import tkinter as tk
from collections.abc import Callable

import pytest
from msgspec.structs import replace

from spreadwatch.core.gaps import Gap
from spreadwatch.core.quote import Side
from spreadwatch.core.snapshot import Snapshot
from spreadwatch.ui.dashboard import Dashboard
from tests.ui import examples
from tests.ui.conftest import Open, gap_list, paint, press, settle
from tests.ui.sight import box, labels
from tests.ui.test_dashboard import words


def rows(dashboard: Dashboard) -> list[list[str]]:
    """Return what stands in the rows that can be seen."""
    return [[str(one.cget("text")) for one in row] for row in gap_list(dashboard).table.rows if row[0].winfo_viewable()]


def test_ctrl_g_lists_the_newest_gaps_inside_the_window(opened: Open) -> None:
    dashboard = opened()
    paint(dashboard, examples.gappy(14))
    press(dashboard, "<Control-g>")
    shown = rows(dashboard)
    assert len(shown) >= 8
    assert shown[0][:4] == ["13:01:55", "ETHUSDT", "futures", "still open 12 s"]
    assert shown[0][4].startswith("closed by the exchange with code 1008")
    assert shown[0][4].endswith("…")
    assert shown[1] == ["13:01:08", "ETHUSDT", "spot", "560 ms", "connection reset by peer, next try in 0.8 s"]
    assert {"GAPS 14", "2 of them while starting", "UTC", "LENGTH", "Ctrl+C copies all"} <= set(words(dashboard))
    assert not [one for one in dashboard.root.winfo_children() if isinstance(one, tk.Toplevel)]


@pytest.mark.parametrize("key", ["<Control-g>", "<Escape>"])
def test_it_closes_by_the_same_key_and_by_escape(opened: Open, key: str) -> None:
    dashboard = opened()
    paint(dashboard, examples.gappy(14))
    before = dashboard.root.geometry()
    press(dashboard, "<Control-G>")
    press(dashboard, key)
    assert "GAPS 14" not in words(dashboard)
    assert dashboard.root.geometry() == before


def test_a_click_closes_it_and_gives_back_the_room(opened: Open) -> None:
    dashboard = opened(compact=True)
    paint(dashboard, examples.gappy(14))
    before = dashboard.root.geometry()
    press(dashboard, "<Control-g>")
    assert dashboard.root.geometry() != before
    gap_list(dashboard).table.rows[3][4].event_generate("<Button-1>")
    settle(dashboard)
    assert "GAPS 14" not in words(dashboard)
    assert dashboard.root.geometry() == before


def test_only_one_list_is_open_at_a_time(opened: Open) -> None:
    dashboard = opened(compact=True)
    paint(dashboard, examples.gappy(14))
    before = dashboard.root.geometry()
    press(dashboard, "<F1>")
    press(dashboard, "<Control-g>")
    assert "SHORTCUTS" not in words(dashboard)
    assert "GAPS 14" in words(dashboard)
    press(dashboard, "<F1>")
    assert "SHORTCUTS" in words(dashboard)
    assert "GAPS 14" not in words(dashboard)
    press(dashboard, "<Escape>")
    assert "SHORTCUTS" not in words(dashboard)
    assert dashboard.root.geometry() == before


@pytest.mark.parametrize("word", ["12 gaps", "12 gaps · 3 reconnects"])
def test_the_status_bar_counts_the_gaps_and_a_click_lists_them(opened: Open, word: str) -> None:
    dashboard = opened()
    snapshot = examples.gappy(14)
    reconnects = 3 if "reconnects" in word else 0
    pairs = tuple(replace(pair, counts=replace(pair.counts, reconnects=reconnects)) for pair in snapshot.pairs)
    paint(dashboard, replace(snapshot, pairs=pairs))
    [label] = [one for one in labels(dashboard.root) if one.cget("text") == word]
    assert str(label.cget("cursor")) == "hand2"
    label.event_generate("<Button-1>")
    settle(dashboard)
    assert "GAPS 14" in words(dashboard)


def test_the_gaps_of_the_start_are_not_counted_in_the_status_bar(opened: Open) -> None:
    dashboard = opened()
    paint(dashboard, examples.gappy(2))
    assert not any("gap" in one for one in words(dashboard))
    press(dashboard, "<Control-g>")
    assert {"GAPS 2", "while starting, none since"} <= set(words(dashboard))
    assert len(rows(dashboard)) == 2


def test_the_menu_leads_to_it(opened: Open) -> None:
    dashboard = opened()
    paint(dashboard, examples.gappy(14))
    dashboard._menu.build(dashboard._menu_state())
    dashboard._menu.menu.invoke("Gaps")
    settle(dashboard)
    assert "GAPS 14" in words(dashboard)


def test_without_gaps_it_says_so(opened: Open) -> None:
    dashboard = opened()
    press(dashboard, "<Control-g>")
    assert "None yet: the first quotes are still to come." in words(dashboard)
    press(dashboard, "<Escape>")
    paint(dashboard, examples.gappy(0))
    paint(dashboard, replace(examples.gappy(0), gaps=()))
    press(dashboard, "<Control-g>")
    assert {"GAPS 0", "None: both sides have been live since the start."} <= set(words(dashboard))
    assert "LENGTH" not in words(dashboard)
    assert rows(dashboard) == []


def test_it_is_painted_at_most_once_a_second_while_open(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    dashboard = opened()
    now_s = time.monotonic()
    monkeypatch.setattr("spreadwatch.ui.gaps.list.time.monotonic", lambda: now_s)
    paint(dashboard, examples.gappy(14))
    press(dashboard, "<Control-g>")
    snapshot = examples.gappy(14)
    open_for = itertools.count(13)
    seen = []
    for passed_s in (0.5, 0.4, 0.2):
        now_s += passed_s
        later = replace(snapshot, at=examples.moment((next(open_for) - 12) * 1_000))
        paint(dashboard, later)
        seen.append(rows(dashboard)[0][3])
    assert seen == ["still open 12 s", "still open 12 s", "still open 15 s"]


def test_gaps_that_end_and_begin_move_the_rows(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    dashboard = opened()
    paint(dashboard, examples.gappy(5))
    press(dashboard, "<Control-g>")
    assert len(rows(dashboard)) == 5
    monkeypatch.setattr(gap_list(dashboard), "_painted_at", 0.0)
    paint(dashboard, examples.gappy(3, open_=False))
    assert len(rows(dashboard)) == 3
    assert "still open" not in " ".join(words(dashboard))


def test_ctrl_c_copies_all_gaps_while_the_list_is_open(opened: Open) -> None:
    dashboard = opened()
    paint(dashboard, examples.gappy(40))
    press(dashboard, "<Control-g>")
    press(dashboard, "<Control-c>")
    copied = dashboard.root.clipboard_get().splitlines()
    assert len(copied) == 41
    assert copied[-1].startswith("2026-04-02T13:01:55.000\tETHUSDT\tfutures\t12.000\topen\tclosed by")
    assert "copied 40 gaps" in words(dashboard)
    press(dashboard, "<Escape>")
    press(dashboard, "<Control-c>")
    assert dashboard.root.clipboard_get() == "-1.30"


def test_an_empty_list_copies_nothing(opened: Open) -> None:
    dashboard = opened()
    press(dashboard, "<Control-g>")
    press(dashboard, "<Control-c>")
    assert "nothing to copy yet" in words(dashboard)


# ----- room


def check_list(dashboard: Dashboard) -> None:
    """Nothing in the list is clipped: every text has its width, every row its height, all inside the card."""
    panel = gap_list(dashboard)
    probe = tk.Label(dashboard.root)
    left, top, right, bottom = box(panel.card)
    texts = labels(panel.frame)
    assert texts
    for one in texts:
        options = ("text", "font", "padx", "pady", "borderwidth", "highlightthickness")
        probe.configure({option: one.cget(option) for option in options})
        assert probe.winfo_reqwidth() <= one.winfo_width(), one.cget("text")
        assert probe.winfo_reqheight() <= one.winfo_height(), one.cget("text")
        x1, y1, x2, y2 = box(one)
        assert left < x1 <= x2 < right, one.cget("text")
        assert top < y1 <= y2 < bottom, one.cget("text")
    for one, other in itertools.combinations(texts, 2):
        a, b = box(one), box(other)
        assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1], (one.cget("text"), other.cget("text"))
    probe.destroy()
    outer, window = box(panel.frame), box(dashboard.root)
    assert window[0] <= outer[0] <= outer[2] <= window[2]
    assert window[1] <= outer[1] <= outer[3] <= window[3]


def _many(count: int) -> Snapshot:
    return examples.gappy(count)


def _wordy(count: int) -> Snapshot:
    """Return gaps of long symbols, of another day, with reasons of a thousand characters."""
    snapshot = examples.gappy(count)
    start, end = examples.moment(-200_000_000), examples.moment(-1_000)
    gaps = [
        Gap("1000000MOGUSDT", venue, start, end if number else None, "W" * 40 + " and so on" * 100)
        for number, venue in enumerate((Side.FUTURES, Side.SPOT) * (count // 2))
    ]
    return replace(snapshot, gaps=tuple(gaps))


@pytest.mark.parametrize("make", [_many, _wordy])
@pytest.mark.parametrize("compact", [False, True])
@pytest.mark.parametrize("dpi", [96, 192])
def test_the_list_has_room_for_eight_gaps(opened: Open, make: Callable[[int], Snapshot], compact: bool) -> None:
    dashboard = opened(compact=compact, symbols=("ETHUSDT", "BTCUSDT"))
    paint(dashboard, make(14))
    before = dashboard.root.geometry()
    press(dashboard, "<Control-g>")
    check_list(dashboard)
    assert len(rows(dashboard)) >= 8
    press(dashboard, "<Control-t>")
    press(dashboard, "<Control-c>")
    check_list(dashboard)
    press(dashboard, "<Escape>")
    assert dashboard.root.geometry() == before


def test_a_larger_window_shows_more_gaps_and_longer_reasons(opened: Open) -> None:
    dashboard = opened()
    paint(dashboard, examples.gappy(60))
    press(dashboard, "<Control-g>")
    few, short = len(rows(dashboard)), rows(dashboard)[0][4]
    dashboard.root.geometry("1300x900")
    settle(dashboard)
    check_list(dashboard)
    many, full = len(rows(dashboard)), rows(dashboard)[0][4]
    assert few < 30 < many < 60
    assert short.endswith("…")
    assert full == examples.REASONS[2]
    dashboard.root.geometry("761x620")
    settle(dashboard)
    check_list(dashboard)
    assert len(rows(dashboard)) < many
    assert rows(dashboard)[0][4].endswith("…")


# ----- diagnostics, and what failed elsewhere


def test_ctrl_d_copies_the_diagnostics(opened: Open) -> None:
    dashboard = opened(diagnostics=lambda: "# spreadwatch\n…")
    press(dashboard, "<Control-d>")
    assert dashboard.root.clipboard_get() == "# spreadwatch\n…"
    assert "copied diagnostics" in words(dashboard)
    dashboard._menu.build(dashboard._menu_state())
    assert dashboard._menu.menu.entrycget("Copy diagnostics", "accelerator") == "Ctrl+D"


def test_feedback_is_seen_though_a_list_covers_the_status_bar(opened: Open) -> None:
    dashboard = opened(diagnostics=lambda: "# spreadwatch\n…")
    press(dashboard, "<Control-g>")
    press(dashboard, "<Control-d>")
    [header] = [one for one in labels(dashboard._layout.header.frame) if one.cget("text") == "copied diagnostics"]
    assert header.winfo_rooty() < gap_list(dashboard).frame.winfo_rooty()


def test_diagnostics_that_raise_become_a_notice(
    opened: Open, expected_faults: None, caplog: pytest.LogCaptureFixture
) -> None:
    def diagnostics() -> str:
        raise OSError("the disk is gone")

    dashboard = opened(diagnostics=diagnostics)
    paint(dashboard, examples.ethusdt().at())
    dashboard.root.clipboard_clear()
    dashboard.root.clipboard_append("before")
    for _ in range(2):
        press(dashboard, "<Control-d>")
        notice = "The diagnostics could not be put together (OSError: the disk is gone). The log has the details."
        assert notice in words(dashboard)
        press(dashboard, "<Escape>")
    assert dashboard.root.clipboard_get() == "before"
    assert "−1.30" in words(dashboard)
    assert len(caplog.records) == 1


def test_a_part_that_failed_is_told_once(opened: Open) -> None:
    dashboard = opened()
    sentence = "The listing could not be read: thread listing failed and was started again."
    snapshot = replace(examples.ethusdt().at(), faults=(sentence,))
    paint(dashboard, snapshot)
    assert sentence in words(dashboard)
    press(dashboard, "<Escape>")
    paint(dashboard, replace(snapshot, at=examples.moment(5_000)))
    assert sentence not in words(dashboard)
    paint(dashboard, replace(snapshot, faults=(sentence, "Another one.")))
    assert "Another one." in words(dashboard)
    assert "−1.30" in words(dashboard)
