"""Nothing is clipped and nothing overlaps, whatever the density, the form and the numbers."""

from collections.abc import Callable

import pytest

from spreadwatch.core.quote import Side
from spreadwatch.core.snapshot import Snapshot
from tests.ui import examples
from tests.ui.conftest import Open, paint, press, settle, shortcut_list
from tests.ui.sight import box, check, labels

SCENES: dict[str, tuple[str, Callable[[], Snapshot]]] = {
    "live": ("ETHUSDT", lambda: examples.ethusdt().at()),
    "stale": ("ETHUSDT", examples.stale),
    "connecting": ("ETHUSDT", examples.connecting),
    "refused": ("ETHUSDT", examples.refused),
    "tiny": ("PEPEUSDT", examples.tiny),
    "huge": ("BTCTRY", examples.huge),
    "doubtful": ("NOSUCHUSDT", examples.doubtful_name),
}


@pytest.mark.parametrize("scene", SCENES)
@pytest.mark.parametrize("compact", [False, True])
@pytest.mark.parametrize("dpi", [96, 192])
def test_nothing_is_clipped(opened: Open, scene: str, compact: bool) -> None:
    symbol, make = SCENES[scene]
    dashboard = opened(symbols=(symbol, "BTCUSDT"), compact=compact, badge="REPLAY 2024-08-08")
    check(dashboard.root)
    paint(dashboard, make())
    check(dashboard.root)


@pytest.mark.parametrize("dpi", [96, 192])
def test_nothing_is_clipped_on_the_way_from_state_to_state_and_form_to_form(opened: Open) -> None:
    dashboard = opened(theme="light")
    for make in (examples.connecting, lambda: examples.ethusdt().at(), examples.stale, examples.refused):
        paint(dashboard, make())
        check(dashboard.root)
        for _ in range(2):
            press(dashboard, "<Control-m>")
            check(dashboard.root)


@pytest.mark.parametrize("dpi", [96, 192])
@pytest.mark.parametrize("compact", [False, True])
def test_a_problem_sentence_has_room(opened: Open, compact: bool) -> None:
    dashboard = opened(compact=compact)
    paint(dashboard, examples.ethusdt().at())
    dashboard.root.geometry("{}x{}".format(*dashboard.root.minsize()))  # no room is left to take
    settle(dashboard)
    before = dashboard.root.winfo_height()
    dashboard.note("A sentence that is so long that it cannot possibly stand in a single line. " * 4)
    settle(dashboard)
    check(dashboard.root)
    assert dashboard.root.winfo_height() > before


@pytest.mark.parametrize("dpi", [96, 192])
@pytest.mark.parametrize("compact", [False, True])
def test_the_list_of_shortcuts_has_room_and_gives_it_back(opened: Open, compact: bool) -> None:
    dashboard = opened(compact=compact)
    paint(dashboard, examples.ethusdt().at())
    before = dashboard.root.geometry()
    press(dashboard, "<F1>")
    panel = shortcut_list(dashboard)
    assert panel.card.winfo_viewable()
    inner = panel.inner
    assert inner.winfo_width() >= inner.winfo_reqwidth()
    assert inner.winfo_height() >= inner.winfo_reqheight()
    right, bottom = box(panel.frame)[2:]
    assert right <= box(dashboard.root)[2]
    assert bottom <= box(dashboard.root)[3]
    press(dashboard, "<Escape>")
    assert dashboard.root.geometry() == before


def test_lengths_double_with_the_density(
    opened: Open, normal_screen: str | None, dense_screen: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    widths = []
    for name in (normal_screen, dense_screen):
        assert name
        monkeypatch.setenv("DISPLAY", name)
        dashboard = opened()
        paint(dashboard, examples.ethusdt().at())
        widths.append(dashboard.root.winfo_width())
    assert widths[1] == pytest.approx(widths[0] * 2, rel=0.06)


def test_numbers_that_get_shorter_move_nothing(opened: Open) -> None:
    dashboard = opened()
    scene = examples.ethusdt()
    paint(dashboard, scene.at())
    scene.quote(Side.SPOT, "3500.00", "1234567.1234", "3512.57", "4.1830", 10)
    paint(dashboard, scene.at(20))
    wide = [(str(one), box(one)) for one in labels(dashboard.root)]
    scene.quote(Side.SPOT, "3412.56", "1.0000", "3412.57", "4.1830", 30)
    paint(dashboard, scene.at(40))
    assert [(str(one), box(one)) for one in labels(dashboard.root)] == wide


def test_cards_stretch_with_the_window(opened: Open) -> None:
    dashboard = opened()
    paint(dashboard, examples.ethusdt().at())
    dashboard.root.geometry("1400x800")
    settle(dashboard)
    check(dashboard.root)
    layout = dashboard._layout
    cards = (layout.spread_card.frame, layout.spot_card.frame, layout.futures_card.frame)
    assert box(cards[0])[2] == box(cards[2])[2]
    assert cards[0].winfo_width() > 1300
    assert abs(cards[1].winfo_width() - cards[2].winfo_width()) <= 1
