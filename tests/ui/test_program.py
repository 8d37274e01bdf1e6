"""The program itself, driven by keys and the mouse in its real window from the first quote to the close."""

import json
import time
import tkinter as tk
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from spreadwatch import app
from spreadwatch.config import Config, Endpoints
from spreadwatch.core.leg import State
from spreadwatch.core.snapshot import Snapshot
from spreadwatch.run.session import Session
from spreadwatch.ui.dashboard import Dashboard
from tests.exchange.server import Exchange
from tests.ui.conftest import alert_list
from tests.ui.sight import check
from tests.ui.test_dashboard import words

pytestmark = pytest.mark.usefixtures("screen")

Wish = Callable[[], object]
Script = Callable[[Dashboard], Iterator[Wish]]


def settings(*symbols: str) -> Config:
    base = Config()
    return replace(base, symbols=symbols, window=replace(base.window, remember_geometry=False, time_zone="utc"))


def play(session: Session, chosen: Config, script: Script, monkeypatch: pytest.MonkeyPatch) -> int:
    """Open the program's window and go through a script: it goes on when what it yielded holds. Return the code."""
    render = Dashboard.render
    running: list[Iterator[Wish]] = []
    wish: list[Wish] = [lambda: True]
    failures: list[BaseException] = []
    deadline = time.monotonic() + 60

    def rendering(dashboard: Dashboard, snapshot: Snapshot) -> None:
        render(dashboard, snapshot)
        if not running:
            running.append(script(dashboard))
        if dashboard._closed or failures:
            return
        try:
            assert time.monotonic() < deadline, f"never came: {words(dashboard)}"
            if wish[0]():
                wish[0] = next(running[0])
        except BaseException as error:  # noqa: BLE001  told below
            failures.append(error)
            dashboard.close()

    monkeypatch.setattr(Dashboard, "render", rendering)
    code = app._window(session, chosen)
    assert not [one for one in failures if not isinstance(one, StopIteration)], failures
    return code


def press(dashboard: Dashboard, *keys: str) -> None:
    """Press keys where the focus is."""
    for key in keys:
        dashboard.root.update()  # a focus that was asked for comes by an event
        target = dashboard.root.focus_get() or dashboard.root
        target.event_generate(key)


def type_text(dashboard: Dashboard, text: str) -> None:
    names = {"-": "minus", ".": "period", " ": "space"}
    press(dashboard, *(f"<Key-{names.get(letter, letter)}>" for letter in text))


def drag(canvas: tk.Canvas, by: int) -> None:
    x, y = canvas.winfo_width() // 2, canvas.winfo_height() // 2
    canvas.event_generate("<Motion>", x=x, y=y)
    canvas.event_generate("<ButtonPress-1>", x=x, y=y)
    canvas.event_generate("<B1-Motion>", x=x + by, y=y)
    canvas.event_generate("<ButtonRelease-1>", x=x + by, y=y)


def said(dashboard: Dashboard, *parts: str) -> bool:
    return all(any(part in one for one in words(dashboard)) for part in parts)


def in_all_its_parts(dashboard: Dashboard, folder: Path) -> Iterator[Wish]:
    root, chart, focus = dashboard.root, dashboard._layout.chart.chart, dashboard._selection
    yield lambda: chart.view() and all(row.state is State.LIVE for row in focus.rows())
    root.focus_force()
    yield lambda: root.focus_get() is not None
    # The symbol box: one that cannot be, one that is watched.
    press(dashboard, "<Control-k>")
    type_text(dashboard, "nosuchusdt")
    press(dashboard, "<Return>")
    yield lambda: said(dashboard, "NOSUCHUSDT: No symbol like it trades on both venues.")
    press(dashboard, "<Escape>", "<Control-k>")
    type_text(dashboard, "btcusdt")
    press(dashboard, "<Return>")
    yield lambda: focus.pair().symbol == "BTCUSDT" and focus.pair().state is State.LIVE
    # The watch list: the arrows take the focus along.
    dashboard._layout.watch_list.canvas.focus_set()
    before = dashboard._layout.watch_list.order.symbols.index("BTCUSDT")
    press(dashboard, "<Key-Down>" if before < 2 else "<Key-Up>")
    yield lambda: focus.find() is not None and focus.symbol != "BTCUSDT"
    dashboard.choose("ETHUSDT")
    yield lambda: focus.pair().symbol == "ETHUSDT" and chart.view()
    yield from in_the_chart(dashboard, folder)
    # Evidence, and a copy of it.
    press(dashboard, "<Control-e>")
    yield lambda: said(dashboard, "HIGHEST SPREAD OF ETHUSDT")
    press(dashboard, "<Control-c>")
    assert json.loads(root.clipboard_get())["symbol"] == "ETHUSDT"
    press(dashboard, "<Escape>")
    yield from of_an_alert(dashboard)
    # Sizes and forms.
    for size in ("200x200", "1600x1000", "900x760"):
        root.geometry(size)
        root.update_idletasks()
        yield lambda: root.winfo_width() >= root.minsize()[0]
        yield lambda: True
        root.update()  # what this very frame made wider is laid out
        check(root)
    for key in ("<Control-m>", "<Control-m>", "<Control-t>", "<Control-f>", "<F1>", "<F1>"):
        press(dashboard, key)
        yield lambda: True
        root.update()
        if dashboard._layout.overlay.shown is None:
            check(root)
    press(dashboard, "<Control-w>")
    yield lambda: False


def in_the_chart(dashboard: Dashboard, folder: Path) -> Iterator[Wish]:
    chart = dashboard._layout.chart.chart

    def span_ms() -> int:
        view = chart.view()
        assert view
        return view[1] - view[0]

    press(dashboard, "<Key-1>")
    yield lambda: said(dashboard, "LAST MINUTE")
    assert span_ms() == 60_000
    press(dashboard, "<Key-plus>", "<Key-equal>")
    yield lambda: span_ms() == round(60_000 / 1.25**2)
    chart.canvas.event_generate("<Button-5>", x=100, y=50)
    yield lambda: span_ms() > 40_000
    drag(chart.canvas, 200)
    yield lambda: said(dashboard, "→ live", " – ")
    press(dashboard, "<Key-Left>")  # the drag gave the canvas the focus
    press(dashboard, "<Home>")
    yield lambda: not said(dashboard, "→ live")
    press(dashboard, "<Key-v>")
    yield lambda: said(dashboard, "REVERSE")
    press(dashboard, "<Key-v>", "<Control-s>")
    yield lambda: said(dashboard, "saved spread-ETHUSDT-")
    press(dashboard, "<Control-s>")
    [first, second] = sorted(folder.glob("spread-ETHUSDT-*.csv"))
    for path in (first, second):
        assert len(path.read_text(encoding="utf-8").splitlines()) > 1
    press(dashboard, "<Key-2>")


def of_an_alert(dashboard: Dashboard) -> Iterator[Wish]:
    root, banner, focus = dashboard.root, dashboard._layout.alerts.banner, dashboard._selection
    press(dashboard, "<F3>")
    form = alert_list(dashboard).form
    yield lambda: form.frame.winfo_viewable() and focus.pair().spread.current is not None
    level = focus.pair().spread.current
    assert level is not None
    for name, text in (("symbol", "ethusdt"), ("level", f"{level}"), ("rearm", f"{level - Decimal('0.01')}")):
        entry = form.fields[name].frame.winfo_children()[-1]
        assert isinstance(entry, tk.Entry)
        entry.focus_set()
        root.update_idletasks()
        entry.delete(0, "end")
        type_text(dashboard, text)
    press(dashboard, "<Return>")
    yield lambda: said(dashboard, "rule added")
    yield lambda: banner.is_ringing and banner.frame.winfo_viewable()
    yield lambda: root.title().startswith("● ALERT ETHUSDT spread")
    assert alert_list(dashboard).chosen or said(dashboard, "ALERTS")
    press(dashboard, "<Escape>")
    yield lambda: dashboard._layout.overlay.shown is None
    assert said(dashboard, "ALERT"), "the first Escape closes the list"
    press(dashboard, "<Escape>")
    yield lambda: not banner.is_ringing
    yield lambda: not banner.frame.winfo_viewable()


def test_a_run_of_the_demo_by_keys_and_mouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platformdirs.user_documents_path", lambda: tmp_path)
    chosen = settings("ETHUSDT", "BTCUSDT", "SOLUSDT")
    script: Script = lambda dashboard: in_all_its_parts(dashboard, tmp_path)  # noqa: E731
    assert play(app.demo(chosen, 3), chosen, script, monkeypatch) == 0


def test_a_symbol_is_added_by_the_box_and_removed_by_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    with Exchange(heartbeat=0.05) as exchange:
        chosen = replace(
            settings("BTCUSDT"),
            endpoints=Endpoints(
                exchange.spot_stream, exchange.futures_stream, exchange.spot_rest, exchange.futures_rest
            ),
        )

        def script(dashboard: Dashboard) -> Iterator[Wish]:
            focus = dashboard._selection
            yield lambda: focus.pair().state is State.LIVE
            dashboard.root.focus_force()
            yield lambda: dashboard.root.focus_get() is not None
            assert not dashboard._layout.has_list
            press(dashboard, "<Control-k>")
            type_text(dashboard, "ethusdt")
            press(dashboard, "<Return>")
            yield lambda: [row.symbol for row in focus.rows()] == ["BTCUSDT", "ETHUSDT"]
            yield lambda: dashboard._layout.has_list and focus.symbol == "ETHUSDT"
            press(dashboard, "<Control-Delete>")
            yield lambda: [row.symbol for row in focus.rows()] == ["BTCUSDT"]
            yield lambda: not dashboard._layout.has_list and focus.pair().state is State.LIVE
            press(dashboard, "<Control-q>")
            yield lambda: False

        assert play(app.live(chosen), chosen, script, monkeypatch) == 0
