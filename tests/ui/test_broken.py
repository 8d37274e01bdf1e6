"""Whatever raises, wherever: from that very frame on, nothing in the window looks like a live spread."""

import logging
import tkinter as tk
from collections.abc import Callable, Iterator
from operator import attrgetter

import pytest
from msgspec.structs import replace

from spreadwatch.core.snapshot import Snapshot
from spreadwatch.ui.dashboard import Dashboard
from spreadwatch.ui.frame import title
from spreadwatch.ui.frame.faults import Faults, brief
from spreadwatch.ui.kit import theme
from tests.ui import examples
from tests.ui.breakage import FIRST, REASON, SECOND, Breakage, assert_honest, later, run_broken, signs_of_life
from tests.ui.conftest import Open, paint, press, settle
from tests.ui.sight import check
from tests.ui.test_dashboard import words

pytestmark = pytest.mark.usefixtures("expected_faults")


@pytest.fixture(autouse=True)
def fast_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a frame follow the other: what is claimed here does not depend on their pace."""
    monkeypatch.setattr("spreadwatch.ui.frame.loop.FASTEST_MS", 1)


def test_the_check_sees_a_live_spread(opened: Open) -> None:
    dashboard = opened()
    paint(dashboard, FIRST)
    found = signs_of_life(dashboard.root)
    assert {"title −1.30 ETHUSDT · spreadwatch", "−1.30", "● LIVE", "3\N{NO-BREAK SPACE}412.57"} <= set(found)


@pytest.mark.parametrize("compact", [False, True])
@pytest.mark.parametrize("dpi", [96, 192])
def test_a_turn_that_raises_shows_the_pair_as_not_live(
    opened: Open, caplog: pytest.LogCaptureFixture, compact: bool
) -> None:
    dashboard = opened(compact=compact)
    shown: list[str] = []

    def look() -> None:
        shown.extend(words(dashboard))
        settle(dashboard)
        check(dashboard.root)

    looks, last = run_broken(dashboard, Breakage(), in_turn=True, check_frame=look)
    assert_honest(looks, last, caplog)
    assert {"—", "○ STALE", REASON} <= set(shown)
    assert any("ValueError: a bad day" in one for one in shown)
    assert "−0.46" in shown, "the extremes were true and stay"


PARTS = ("header", "spread_card", "spot_card", "futures_card", "status_bar", "title", "costs")


def part(dashboard: Dashboard, name: str) -> object:
    return dashboard._guard._title if name == "title" else getattr(dashboard._layout, name)


@pytest.mark.parametrize("only_live", [False, True])
@pytest.mark.parametrize("name", PARTS)
def test_a_part_that_raises_shows_the_pair_as_not_live(
    opened: Open, caplog: pytest.LogCaptureFixture, name: str, only_live: bool
) -> None:
    dashboard = opened()
    fault = Breakage(only_live=only_live)
    fault.into(part(dashboard, name), "render")
    shown: list[str] = []
    looks, last = run_broken(dashboard, fault, check_frame=lambda: shown.extend(words(dashboard)))
    assert_honest(looks, last, caplog)
    assert {"—", "○ STALE", REASON} <= set(shown)
    # What can still be painted as stale is; else the cover stands in its place.
    assert ("Ctrl+D copy diagnostics" in shown) is not only_live
    assert ("−0.46" in shown) is only_live


@pytest.mark.parametrize("name", ["header", "spread_card", "title"])
def test_a_part_of_the_compact_window_that_raises_does_too(
    opened: Open, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    dashboard = opened(compact=True)
    fault = Breakage()
    fault.into(part(dashboard, name), "render")
    looks, last = run_broken(dashboard, fault, check_frame=lambda: check(dashboard.root))
    assert_honest(looks, last, caplog)


def test_a_part_that_raises_does_not_keep_the_others_from_being_painted(opened: Open) -> None:
    dashboard = opened()
    paint(dashboard, FIRST)
    fault = Breakage(only_live=True)
    fault.on = True
    fault.into(dashboard._layout.header, "render")
    dashboard.render(SECOND)
    assert {"STALE", "○ spot stale —", "○ futures stale —"} <= set(words(dashboard))
    assert "3\N{NO-BREAK SPACE}412.59" in words(dashboard), "the quotes are the newest, greyed"


@pytest.mark.parametrize("in_turn", [False, True])
def test_a_number_that_cannot_be_painted_is_covered_as_long_as_anything_fails(
    opened: Open, caplog: pytest.LogCaptureFixture, in_turn: bool
) -> None:
    dashboard = opened()
    fault = Breakage()
    fault.into(dashboard._layout.spread_card.spread, "show")
    looks, last = run_broken(dashboard, fault, in_turn=in_turn)
    assert looks == [[]] * 3
    assert "−1.28" in last
    assert len([record for record in caplog.records if record.levelno >= logging.ERROR]) == 1 + in_turn


def _into_painter(dashboard: Dashboard, fault: Breakage) -> None:
    fault.into(dashboard._painter, "flush")


def _into_tcl(dashboard: Dashboard, fault: Breakage) -> None:
    fault.into_tcl(dashboard)


def _into_fit(dashboard: Dashboard, fault: Breakage) -> None:
    fault.into(dashboard._guard, "_fit")
    take = dashboard._layout.gap_count.take

    def grow(snapshot: Snapshot) -> None:
        take(snapshot)
        dashboard._painter.resized = True

    dashboard._layout.gap_count.take = grow  # type: ignore[method-assign]


@pytest.mark.parametrize("break_", [_into_painter, _into_tcl, _into_fit])
@pytest.mark.parametrize(("compact", "theme_name"), [(False, "light"), (True, "dark")])
def test_a_painter_that_raises_brings_the_cover(
    opened: Open,
    caplog: pytest.LogCaptureFixture,
    break_: Callable[[Dashboard, Breakage], None],
    compact: bool,
    theme_name: str,
) -> None:
    dashboard = opened(compact=compact, theme=theme_name)
    size = dashboard.root.winfo_width(), dashboard.root.winfo_height()
    fault = Breakage()
    break_(dashboard, fault)
    shown: list[str] = []
    sizes: list[tuple[int, int]] = []

    def look() -> None:
        shown.extend(words(dashboard))
        sizes.append((dashboard.root.winfo_width(), dashboard.root.winfo_height()))
        check(dashboard.root)

    looks, last = run_broken(dashboard, fault, check_frame=look)
    assert_honest(looks, last, caplog)
    assert set(shown) == {"ETHUSDT", "○ STALE", "SPREAD", "—", REASON, "Ctrl+D copy diagnostics"}
    assert set(sizes) == {size}


def test_after_lost_paints_everything_is_painted_again(opened: Open) -> None:
    dashboard = opened()
    paint(dashboard, examples.connecting())
    fault = Breakage()
    fault.into_tcl(dashboard)
    fault.on = True
    press(dashboard, "<Control-t>")
    dashboard.render(FIRST)
    dashboard.render(SECOND)
    fault.on = False
    paint(dashboard, later(SECOND, 1))
    press(dashboard, "<Escape>")  # the notice
    whole = opened(theme="light")
    for snapshot in (examples.connecting(), FIRST, SECOND, later(SECOND, 1)):
        paint(whole, snapshot)
    assert words(dashboard) == words(whole)
    check(dashboard.root)
    light = set(theme.PALETTES["light"].values())
    for path in _labels(dashboard.root):
        assert str(dashboard.root.tk.call(path, "cget", "-foreground")) in light


def test_lengths_that_were_lost_are_set_afterwards(opened: Open) -> None:
    dashboard = opened()
    paint(dashboard, FIRST)
    fault = Breakage()
    fault.into_tcl(dashboard)
    fault.on = True
    label = dashboard._layout.spread_card.reason.label
    dashboard._painter.configure(str(label), "-wraplength", 123)
    dashboard._painter.flush_now()
    assert signs_of_life(dashboard.root) == []
    fault.on = False
    paint(dashboard, SECOND)
    assert int(label.cget("wraplength")) == 123


def test_after_the_cover_the_window_cannot_be_made_smaller_than_what_is_in_it(opened: Open) -> None:
    dashboard = opened()
    for snapshot in (FIRST, SECOND, FIRST):
        paint(dashboard, snapshot)
    least = dashboard.root.minsize()
    fault = Breakage()
    fault.into_tcl(dashboard)
    fault.on = True
    dashboard.reset()
    fault.on = False
    dashboard._painter.resized = True
    dashboard._painter.flush_now()
    assert dashboard.root.minsize() < least, "the cover needs less"
    paint(dashboard, later(FIRST, 1))
    assert dashboard.root.minsize() >= least


def test_a_notice_that_raises_is_a_fault_of_its_own(caplog: pytest.LogCaptureFixture) -> None:
    def note(_sentence: str) -> None:
        raise OSError("no room")

    faults = Faults(note)
    for _ in range(2):
        faults.take(_raised(ValueError("a bad day")))
    assert [record.exc_info and type(record.exc_info[1]) for record in caplog.records] == [ValueError, OSError]


class UnspeakableError(Exception):
    def __str__(self) -> str:
        raise TypeError


def test_an_exception_without_words_is_told_by_its_name() -> None:
    assert brief(UnspeakableError()) == "UnspeakableError"
    assert brief(ValueError("x" * 500)).endswith("x…")


def _raised(error: Exception) -> Exception:
    try:
        raise error
    except type(error):
        return error


def _labels(root: tk.Tk) -> Iterator[str]:
    todo = ["."]
    while todo:
        path = todo.pop()
        todo.extend(map(str, root.tk.splitlist(root.tk.call("winfo", "children", path))))
        if root.tk.call("winfo", "class", path) == "Label":
            yield path


def test_the_title_stays_blank_for_as_long_as_the_cover_stands(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    dashboard = opened()
    paint(dashboard, FIRST)
    now_s = 0.0
    monkeypatch.setattr(title.time, "monotonic", lambda: now_s)  # type: ignore[attr-defined]
    fault = Breakage()
    fault.into(dashboard._layout.header, "render")
    fault.on = True
    for count in range(3):
        now_s += 60.0
        dashboard.render(later(SECOND, count))
        assert str(dashboard.root.title()).startswith("— "), count


HOOKS = ("_layout.gap_count.take", "_layout.notice.show", "_layout.overlay.shown.render", "_guard.paint")


@pytest.mark.parametrize("hook", HOOKS)
def test_whatever_else_a_frame_does_may_raise(opened: Open, caplog: pytest.LogCaptureFixture, hook: str) -> None:
    dashboard = opened()
    paint(dashboard, FIRST)
    if hook == "_layout.overlay.shown.render":
        dashboard._panels.press("gaps")
    owner, method = hook.rsplit(".", 1)
    fault = Breakage()
    fault.into(attrgetter(owner)(dashboard), method)
    snapshot = replace(SECOND, faults=("The recorder failed and was started again.",))
    looks, last = run_broken(dashboard, fault, snapshot=snapshot)
    if hook == "_layout.notice.show":  # told once: the second frame has nothing to tell, and is painted
        looks = looks[:1]
    assert looks == [[]] * len(looks)
    assert "● LIVE" in last
    assert len([record for record in caplog.records if record.levelno >= logging.ERROR]) == 1


def test_no_key_brings_an_old_number_back_while_the_display_is_broken(opened: Open) -> None:
    dashboard = opened(symbols=("ETHUSDT", "BTCUSDT"))
    paint(dashboard, FIRST)
    dashboard.root.clipboard_clear()
    dashboard.root.clipboard_append("before")
    dashboard._turn_failed(ValueError("a bad day"))
    keys = ("m", "m", "t", "g", "g", "Next", "Prior", "r", "c")
    for key in keys:
        press(dashboard, f"<Control-{key}>")
        assert signs_of_life(dashboard.root) == [], key
    press(dashboard, "<F1>")
    assert dashboard.root.clipboard_get() == "before"


def test_a_compact_window_that_grows_never_draws_the_quotes_of_the_past(opened: Open) -> None:
    dashboard = opened()
    paint(dashboard, FIRST)
    press(dashboard, "<Control-m>")
    paint(dashboard, examples.stale())
    seen: list[str] = []
    idle = dashboard.root.update_idletasks

    def watched() -> None:
        idle()
        seen.extend(signs_of_life(dashboard.root))

    dashboard.root.update_idletasks = watched  # type: ignore[method-assign]
    dashboard._toggle_compact()
    assert [one for one in seen if "412" in one or "LIVE" in one] == []


def test_a_failing_window_can_be_closed(opened: Open) -> None:
    dashboard = opened()
    fault = Breakage()
    fault.into(dashboard._painter, "flush")
    fault.on = True
    count = 0

    def turn() -> Snapshot:
        nonlocal count
        count += 1
        if count == 3:
            dashboard.close()
            raise ValueError("after the end")
        return SECOND

    dashboard.run(turn)
    assert count == 3


def test_diagnostics_can_be_copied_from_the_cover(opened: Open) -> None:
    dashboard = opened(diagnostics=lambda: "# report")
    paint(dashboard, FIRST)
    fault = Breakage()
    fault.into(dashboard._painter, "flush")
    fault.on = True
    dashboard.render(SECOND)
    press(dashboard, "<Control-d>")
    assert dashboard.root.clipboard_get() == "# report"
    press(dashboard, "<Control-c>")
    assert dashboard.root.clipboard_get() == "# report", "the spread of a moment ago is not copied"
    assert signs_of_life(dashboard.root) == []
