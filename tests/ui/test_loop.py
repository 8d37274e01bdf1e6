"""The loop and the end of the window: what raises does not stop it, and closing takes no time."""

import itertools
import logging
import sys
import time
import tkinter as tk
from collections.abc import Callable
from types import FrameType

import pytest

from spreadwatch.core.quote import Side
from spreadwatch.core.snapshot import Snapshot
from spreadwatch.ui.dashboard import Dashboard
from tests.ui import examples
from tests.ui.conftest import Open, paint
from tests.ui.test_dashboard import spread_of, words

SNAPSHOT = examples.ethusdt().at()


def tcl_calls(work: Callable[[], object]) -> int:
    """Count the calls into Tcl during `work`, whoever makes them."""
    calls = 0

    def watch(_frame: FrameType, event: str, called: object) -> None:
        nonlocal calls
        if event == "c_call" and type(getattr(called, "__self__", None)).__name__ == "tkapp":
            calls += 1

    sys.setprofile(watch)
    try:
        work()
    finally:
        sys.setprofile(None)
    return calls


def closing_after(dashboard: Dashboard, turns: int, answer: Callable[[int], Snapshot]) -> Callable[[], Snapshot]:
    """Return a turn that closes the window after so many."""
    count = 0

    def turn() -> Snapshot:
        nonlocal count
        count += 1
        if count >= turns:
            dashboard.root.after(1, dashboard.close)
        return answer(count)

    return turn


def test_a_snapshot_without_change_makes_no_tcl_call(opened: Open) -> None:
    dashboard = opened()
    paint(dashboard, SNAPSHOT)
    same = examples.ethusdt().at()
    assert tcl_calls(lambda: dashboard.render(same)) == 0
    assert tcl_calls(lambda: dashboard.render(SNAPSHOT)) == 0


def test_a_frame_is_one_tcl_call_however_much_changed(opened: Open) -> None:
    dashboard = opened()
    scene = examples.ethusdt()
    scene.quote(Side.SPOT, "3411.01", "9.8765", "3411.02", "8.7654", 10)
    scene.quote(Side.FUTURES, "3412.03", "7.654", "3412.04", "6.543", 11)
    other = scene.at(1_000)
    for snapshot in (SNAPSHOT, other, SNAPSHOT):
        paint(dashboard, snapshot)
    assert tcl_calls(lambda: dashboard.render(other)) == 1
    assert spread_of(dashboard) == "−1.01"


def test_a_turn_that_raises_is_told_once_and_the_loop_lives_on(
    opened: Open, caplog: pytest.LogCaptureFixture, expected_faults: None
) -> None:
    dashboard = opened()
    seen: list[str] = []

    def answer(count: int) -> Snapshot:
        if count <= 5:
            raise ValueError("a bad day")
        seen.extend(words(dashboard))
        return SNAPSHOT

    dashboard.run(closing_after(dashboard, 9, answer))
    assert any("ValueError: a bad day" in one for one in seen)
    assert "−1.30" in seen
    assert [record.levelno for record in caplog.records] == [logging.ERROR]


def test_a_paint_that_raises_does_not_stop_the_loop(
    opened: Open, caplog: pytest.LogCaptureFixture, expected_faults: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    dashboard = opened()
    turns: list[int] = []
    monkeypatch.setattr(dashboard._layout.header, "render", lambda *_: 1 / 0)

    def answer(count: int) -> Snapshot:
        turns.append(count)
        return SNAPSHOT

    dashboard.run(closing_after(dashboard, 4, answer))
    assert turns[:4] == [1, 2, 3, 4]
    assert "division by zero" in caplog.text


def test_a_callback_that_raises_is_logged_and_shown(
    opened: Open, caplog: pytest.LogCaptureFixture, expected_faults: None
) -> None:
    dashboard = opened()
    empty: dict[str, str] = {}
    dashboard.root.after(1, lambda: empty["x"])
    shown: list[str] = []

    def answer(_count: int) -> Snapshot:
        shown.extend(words(dashboard))
        return SNAPSHOT

    dashboard.run(closing_after(dashboard, 5, answer))
    assert any("KeyError" in one for one in shown)
    assert len(caplog.records) == 1


def test_ctrl_c_closes_the_window_and_comes_out(opened: Open) -> None:
    dashboard = opened()

    def turn() -> Snapshot:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        dashboard.run(turn)
    assert is_gone(dashboard)


def is_gone(dashboard: Dashboard) -> bool:
    try:
        dashboard.root.winfo_exists()
    except tk.TclError:
        return True
    return False


def test_close_tells_its_hook_first_and_takes_no_time(opened: Open, capfd: pytest.CaptureFixture[str]) -> None:
    dashboard = opened()
    there: list[bool] = []
    dashboard.on_close = lambda: there.append(bool(dashboard.root.winfo_viewable()))
    began: list[float] = []

    def answer(count: int) -> Snapshot:
        if count == 5:
            began.append(time.perf_counter())
            dashboard.close()
        return SNAPSHOT

    dashboard.run(closing_after(dashboard, 1_000, answer))
    assert time.perf_counter() - began[0] <= 0.3
    assert there == [True]
    assert is_gone(dashboard)
    dashboard.close()
    dashboard.note("too late")
    assert capfd.readouterr().err == ""


def test_the_close_button_of_the_window_manager_ends_the_loop(opened: Open) -> None:
    dashboard = opened()
    close = dashboard.root.protocol("WM_DELETE_WINDOW")
    dashboard.root.after(20, lambda: dashboard.root.tk.call(close))
    dashboard.run(lambda: SNAPSHOT)
    assert is_gone(dashboard)


def test_a_hook_that_raises_does_not_keep_the_window(
    opened: Open, caplog: pytest.LogCaptureFixture, expected_faults: None
) -> None:
    dashboard = opened()

    def hook() -> None:
        raise OSError("no")

    dashboard.on_close = hook
    dashboard.close()
    assert is_gone(dashboard)
    assert "the close hook failed" in caplog.text


def test_a_window_closed_before_the_loop_never_runs_it(opened: Open) -> None:
    dashboard = opened()
    dashboard.close()
    dashboard.run(lambda: pytest.fail("no turn after close"))


def test_close_cancels_pending_feedback(opened: Open, capfd: pytest.CaptureFixture[str]) -> None:
    dashboard = opened()
    dashboard.reset()
    dashboard.close()
    assert capfd.readouterr().err == ""


def test_there_are_at_most_sixty_paints_a_second(opened: Open) -> None:
    dashboard = opened(frame_ms=1)
    turns: list[float] = []
    scene = examples.ethusdt()

    def turn() -> Snapshot:
        turns.append(time.perf_counter())
        if turns[-1] - turns[0] > 0.5:
            dashboard.close()
        count = len(turns)
        scene.quote(Side.SPOT, "3412.56", "1", "3412.57", f"{count}", count)
        return scene.at(count)

    dashboard.run(turn)
    assert 5 < len(turns) <= 32


def test_a_silent_market_is_polled_a_little_less_often(opened: Open) -> None:
    dashboard = opened()
    turns: list[float] = []

    def turn() -> Snapshot:
        turns.append(time.perf_counter())
        if turns[-1] - turns[0] > 1.6:
            dashboard.close()
        return SNAPSHOT

    dashboard.run(turn)
    gaps = [later - earlier for earlier, later in itertools.pairwise(turns)]
    late = sorted(gaps[-10:])
    assert 0.0225 <= late[len(late) // 2] <= 0.040
