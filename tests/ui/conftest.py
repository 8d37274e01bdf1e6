"""A window per test under X servers of the test run's own, and no fault of Tk's passes unnoticed."""

import contextlib
import logging
import platform
import shutil
import time
from collections.abc import Callable, Iterator
from typing import Any, Literal, TypeVar

import pytest

from spreadwatch.core.snapshot import Snapshot
from spreadwatch.ui.alerts.list import AlertList
from spreadwatch.ui.dashboard import Dashboard
from spreadwatch.ui.frame.shortcuts import Action, ShortcutList
from spreadwatch.ui.gaps.list import GapList
from spreadwatch.ui.kit.overlay import Panel
from spreadwatch.ui.watch.symbol_box import SymbolBox
from tests.ui.alert_window import AlertWindow, OpenWindow
from tests.ui.program import Program
from tests.ui.screen import display, put_pointer_away, xvfb

ON_LINUX = platform.system() == "Linux"
Open = Callable[..., Dashboard]
One = TypeVar("One", bound=Panel)


@contextlib.contextmanager
def _screen(dpi: int) -> Iterator[str | None]:
    if not ON_LINUX:
        yield None
    elif shutil.which("Xvfb") is None:
        pytest.fail("these tests need Xvfb: apt-get install xvfb")
    else:
        with xvfb(dpi) as name:
            put_pointer_away(name)
            yield name


@pytest.fixture(scope="session")
def normal_screen() -> Iterator[str | None]:
    with _screen(96) as name:
        yield name


@pytest.fixture(scope="session")
def dense_screen() -> Iterator[str | None]:
    if not ON_LINUX:
        pytest.skip("the density of the screen can only be chosen under Xvfb")
    with _screen(192) as name:
        yield name


@pytest.fixture
def dpi() -> int:
    """The density of the screen; tests override it by parametrizing."""
    return 96


@pytest.fixture
def screen(request: pytest.FixtureRequest, dpi: int) -> Iterator[None]:
    name = request.getfixturevalue("normal_screen" if dpi == 96 else "dense_screen")
    if name is None:
        yield
        return
    with display(name):
        yield


@pytest.fixture
def opened(screen: None) -> Iterator[Open]:
    """Open shown dashboards; they are closed after the test. What the program is, or answers, as keywords."""
    windows: list[Dashboard] = []

    def open_(program: Program | None = None, **answers: Any) -> Dashboard:  # noqa: ANN401
        dashboard = Dashboard(program or Program(**answers))
        windows.append(dashboard)
        dashboard.show()
        settle(dashboard)
        return dashboard

    yield open_
    for dashboard in windows:
        dashboard.close()


@pytest.fixture
def expected_faults() -> None:
    """Ask for this where ERROR in the log is what the test wants."""


@pytest.fixture(autouse=True)
def no_faults(request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Fail a test in which a Tk callback raised, or ERROR was logged, unexpectedly."""
    yield
    if "expected_faults" in request.fixturenames:
        return
    records = [*caplog.get_records("setup"), *caplog.get_records("call")]
    faults = [record for record in records if record.levelno >= logging.ERROR]
    assert not faults, [record.exc_text or record.getMessage() for record in faults]


def settle(dashboard: Dashboard) -> None:
    """Let Tk handle all that is pending, and paint what its layout asked for."""
    for _ in range(3):
        dashboard.root.update()
        dashboard._painter.flush_now()


def alert_list(dashboard: Dashboard) -> AlertList:
    """Return the panel of the alerts."""
    return _panel(dashboard, "alerts", AlertList)


def gap_list(dashboard: Dashboard) -> GapList:
    """Return the panel of the gaps."""
    return _panel(dashboard, "gaps", GapList)


def shortcut_list(dashboard: Dashboard) -> ShortcutList:
    """Return the panel of the shortcuts."""
    return _panel(dashboard, "shortcuts", ShortcutList)


def symbol_box(dashboard: Dashboard) -> SymbolBox:
    """Return the panel in which a symbol is typed."""
    return _panel(dashboard, "symbols", SymbolBox)


def _panel(dashboard: Dashboard, action: Action, kind: type[One]) -> One:
    panel = dashboard._panels.find(action)
    assert isinstance(panel, kind)
    return panel


def paint(dashboard: Dashboard, snapshot: Snapshot) -> None:
    """Show a snapshot and let Tk draw it."""
    dashboard.render(snapshot)
    settle(dashboard)


def until(dashboard: Dashboard, reached: Callable[[], bool], within_s: float = 5.0) -> None:
    """Let Tk work until a condition holds."""
    deadline = time.monotonic() + within_s
    while not reached():
        assert time.monotonic() < deadline, "not reached in time"
        dashboard.root.update()
        time.sleep(0.001)


def press(dashboard: Dashboard, key: str) -> None:
    """Press a key in the window."""
    dashboard.root.focus_force()
    dashboard.root.update()
    dashboard.root.event_generate(key)
    settle(dashboard)


@pytest.fixture
def open_window(screen: None) -> Iterator[OpenWindow]:
    """Open windows with the banner and the list of alerts alone; they are closed after the test."""
    made: list[AlertWindow] = []

    def open_(*, style: Literal["dark", "light"] = "dark", compact: bool = False) -> AlertWindow:
        made.append(AlertWindow(style=style, compact=compact))
        return made[-1]

    yield open_
    for window in made:
        window.close()
