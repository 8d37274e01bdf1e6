"""The banner of an alert in a real window, driven by keys and clicks."""

from typing import Literal

import pytest
from msgspec.structs import replace

from spreadwatch.ui.alerts import alerts as window_alerts
from spreadwatch.ui.kit import theme
from tests.notify.examples import alert
from tests.ui import examples
from tests.ui.alert_window import LONG, RULES, OpenWindow, alerts, snapshot
from tests.ui.program import settings
from tests.ui.sight import check, labels


def test_the_newest_alert_is_shown_with_how_many_wait(open_window: OpenWindow) -> None:
    window = open_window()
    made = snapshot(3)
    window.banner.render(made.alerts, made.at)
    window.settle()
    assert window.banner.frame.winfo_viewable()
    assert {"ALERT", "entry is cheap", "ETHUSDT edge +3.51 bps", "13:02:04", "+2"} <= set(window.words())
    check(window.root)


def test_an_acknowledged_alert_does_not_come_back_and_a_newer_one_counts_from_there(open_window: OpenWindow) -> None:
    window = open_window()
    made = snapshot(3)
    assert not window.banner.acknowledge()
    window.banner.render(made.alerts, made.at)
    assert window.banner.acknowledge()
    window.settle()
    window.banner.render(made.alerts, made.at)
    window.settle()
    assert not window.banner.frame.winfo_viewable()
    assert not window.banner.is_ringing
    window.banner.render(alerts(5), made.at)
    window.settle()
    assert "+1" in window.words()
    window.banner.acknowledge()
    window.banner.render(alerts(6), made.at)
    window.settle()
    assert not [one for one in window.words() if one.startswith("+")]


def test_a_new_run_with_serials_from_one_rings_again(open_window: OpenWindow) -> None:
    window = open_window()
    made = snapshot(9)
    window.banner.render(made.alerts, made.at)
    window.banner.acknowledge()
    window.banner.render(alerts(1), made.at)
    assert window.banner.is_ringing


def test_a_click_opens_the_list_and_the_cross_acknowledges(open_window: OpenWindow) -> None:
    window = open_window()
    made = snapshot(1)
    window.banner.render(made.alerts, made.at)
    window.settle()
    by_text = {str(one.cget("text")): one for one in labels(window.banner.frame)}
    by_text["ALERT"].event_generate("<Button-1>")
    assert window.pressed == ["list"]
    by_text["Esc \N{MULTIPLICATION SIGN}"].event_generate("<Button-1>")
    window.settle()
    assert not window.banner.frame.winfo_viewable()
    assert window.pressed == ["list"]


def test_the_title_flashes_until_the_alert_is_acknowledged(
    open_window: OpenWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = open_window()
    made = snapshot(1)
    assert window.banner.title() is None
    window.banner.render(made.alerts, made.at)
    times = iter((100.0, 100.4, 100.6, 100.9, 101.1))
    monkeypatch.setattr(window_alerts.time, "monotonic", lambda: next(times))  # type: ignore[attr-defined]
    shown = [window.banner.title() for _ in range(5)]
    flash = "\N{BLACK CIRCLE} ALERT ETHUSDT spread \N{MINUS SIGN}1.30 · spreadwatch"
    assert shown == [flash, flash, None, None, flash]
    assert window.banner.acknowledge()
    assert window.banner.title() is None


def test_the_bell_rings_at_most_once_a_second(open_window: OpenWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    window = open_window()
    rings = []
    monkeypatch.setattr(window.painter, "change", lambda *command: rings.append(command))
    now_s = 100.0
    monkeypatch.setattr(window_alerts.time, "monotonic", lambda: now_s)  # type: ignore[attr-defined]
    for count, now_s in enumerate((100.0, 100.3, 100.9, 101.0, 101.5), start=1):  # noqa: B007
        window.banner.render(alerts(count), examples.moment())
    assert rings.count(("bell",)) == 2


def test_what_is_switched_off_stays_away(open_window: OpenWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    window = open_window()
    rings = []
    change = window.painter.change
    monkeypatch.setattr(window.painter, "change", lambda *command: rings.append(command) or change(*command))  # type: ignore[func-returns-value]
    window.painter.settings = settings(banner=False, bell=False, title=False)
    quiet = window_alerts.Banner(window.body, window.painter, lambda: None)
    quiet.frame.grid(row=5, column=0)
    quiet.hide()
    quiet.render(alerts(1), examples.moment())
    window.settle()
    assert not quiet.frame.winfo_viewable()
    assert quiet.title() is None
    assert ("bell",) not in rings
    assert quiet.acknowledge()


@pytest.mark.parametrize("dpi", [96, 192])
@pytest.mark.parametrize("compact", [False, True])
@pytest.mark.parametrize("style", ["dark", "light"])
def test_nothing_of_the_banner_is_clipped(
    open_window: OpenWindow, compact: bool, style: Literal["dark", "light"]
) -> None:
    window = open_window(style=style, compact=compact)
    width = window.root.winfo_width()
    for rule in RULES:
        long = alert(1234, replace(rule, name=LONG.name), symbol="ETHUSDT", value="-123456.789")
        window.banner.show(long, examples.moment(), 1233)
        window.settle()
        check(window.root)
    assert window.root.winfo_width() <= width * 1.15
    window.painter.recolour(theme.PALETTES["dark"])
    window.banner.acknowledge()
    window.settle()
    check(window.root)
