"""Faults that can be put into a window, and what would let a person take it for live meanwhile."""

import logging
import tkinter as tk
from collections.abc import Callable
from dataclasses import replace as settings_replace
from typing import Any

import pytest
from msgspec.structs import replace

from spreadwatch.core.leg import State
from spreadwatch.core.quote import Side
from spreadwatch.core.snapshot import PairSnapshot, Snapshot
from spreadwatch.ui.dashboard import Dashboard
from spreadwatch.ui.kit import painter as painter_module
from spreadwatch.ui.kit import theme
from tests.ui import examples
from tests.ui.test_dashboard import words

REASON = "An error in this program stopped the display: see the log."


def two_snapshots() -> tuple[Snapshot, Snapshot]:
    """Return two live moments with different spreads, −1.30 and −1.28, and a rate."""
    scene = examples.ethusdt()
    for bid in ("3413.60", "3414.10", "3413.87"):  # extremes of the last minute that are no present spread
        scene.quote(Side.FUTURES, bid, "27.4410", "3414.11", "0.9120", 900)
    first = scene.at(1_000)
    scene.quote(Side.SPOT, "3412.58", "1", "3412.59", "1", 1_500)
    return first, scene.at(2_000)


FIRST, SECOND = two_snapshots()
SIGNS_OF_LIFE = ("1.30", "1.28", "LIVE", " bps", "›", "▲", "▼", "updates/s", " ms", "Last quote")


def signs_of_life(root: tk.Tk) -> list[str]:
    """Return all that would let a person take the spread for live, read off the widgets by plain Tcl calls."""
    call, split = root.tk.call, root.tk.splitlist
    found = [] if str(call("wm", "title", ".")).startswith("— ") else [f"title {call('wm', 'title', '.')}"]
    todo, seen = ["."], 0
    while todo:
        path = todo.pop()
        todo.extend(map(str, split(call("winfo", "children", path))))
        if call("winfo", "class", path) != "Label" or not call("winfo", "viewable", path):
            continue
        text, font = str(call(path, "cget", "-text")), str(call(path, "cget", "-font"))
        seen += bool(text)
        signed = any(sign in text for sign in SIGNS_OF_LIFE)
        big = font in ("spreadwatch-giant", "spreadwatch-large") and text not in ("", "—")
        bright = font == "spreadwatch-figure" and text and str(call(path, "cget", "-foreground")) in BRIGHT
        if signed or big or bright:
            found.append(text)
    assert seen >= 4, "an empty window proves nothing"
    return found


BRIGHT = {palette["text"] for palette in theme.PALETTES.values()}


class Breakage:
    """A fault that can be switched on and off. `only_live`: a part fails for live pairs only."""

    def __init__(self, *, only_live: bool = False) -> None:
        self.on = False
        self.calls = 0
        self._only_live = only_live

    def into(self, owner: object, name: str) -> None:
        """Make a method raise while this is on."""
        method = getattr(owner, name)

        def broken(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
            pair = args[0] if args and isinstance(args[0], PairSnapshot) else None
            if self.on and not (self._only_live and pair and pair.state is not State.LIVE):
                self.calls += 1
                raise ValueError("a bad day")
            return method(*args, **kwargs)

        setattr(owner, name, broken)

    def into_tcl(self, dashboard: Dashboard) -> None:
        """Make the one call of a frame raise while this is on, before Tcl does anything of it."""
        tk_app = dashboard._painter._tk
        fault = self

        class Broken:
            def call(self, *args: Any) -> Any:  # noqa: ANN401
                if fault.on and args[0] == painter_module._PROCEDURE:
                    fault.calls += 1
                    raise ValueError("a bad day")
                return tk_app.call(*args)

        dashboard._painter._tk = Broken()  # type: ignore[assignment]


def run_broken(
    dashboard: Dashboard,
    fault: Breakage,
    *,
    in_turn: bool = False,
    snapshot: Snapshot = SECOND,
    check_frame: Callable[[], None] = lambda: None,
) -> tuple[list[list[str]], list[str]]:
    """Run two good frames, three broken ones, and good ones again.

    Return what looked alive right after each broken frame, and what can be read at the end.
    """
    looks: list[list[str]] = []
    last: list[str] = []
    count = 0

    def turn() -> Snapshot:
        nonlocal count
        count += 1
        if 3 < count <= 6:
            looks.append(signs_of_life(dashboard.root))
            check_frame()
        fault.on = 3 <= count < 6
        if count == 8:
            last.extend(words(dashboard))
            dashboard.close()
        if fault.on and in_turn:
            fault.calls += 1
            raise ValueError("a bad day")
        return FIRST if count < 3 else later(snapshot, count)

    dashboard._settings = settings_replace(dashboard._settings, frame_ms=1)
    dashboard.run(turn)
    assert fault.calls, "the fault never struck"
    return looks, last


def later(snapshot: Snapshot, count: int) -> Snapshot:
    """Return the same with other counts, so that every frame paints."""
    pairs = (replace(pair, counts=replace(pair.counts, spot=pair.counts.spot + count)) for pair in snapshot.pairs)
    return replace(snapshot, pairs=tuple(pairs))


def assert_honest(looks: list[list[str]], last: list[str], caplog: pytest.LogCaptureFixture) -> None:
    """Nothing looked alive while it was broken, all is well again, and the log has it once."""
    assert looks == [[]] * 3
    assert "−1.28" in last
    assert "● LIVE" in last
    assert REASON not in last
    errors = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert len(errors) == 1
    assert "a bad day" in caplog.text
