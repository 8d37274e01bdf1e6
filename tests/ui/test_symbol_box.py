"""The symbol box: what it offers, what it takes, what it refuses."""

import pytest

from spreadwatch.ui.dashboard import Dashboard
from tests.ui import examples
from tests.ui.conftest import Open, paint, press, settle, symbol_box
from tests.ui.sight import labels
from tests.ui.test_dashboard import words
from tests.ui.test_glance import check_panel

COINS = ["BTCUSDT", "ETHUSDT", "ETHFIUSDT", "ETHUSDC", "STETHUSDT", "ETCUSDT"]


def write(dashboard: Dashboard, typed: str) -> None:
    """Type into the box, key by key."""
    entry = symbol_box(dashboard).entry
    for letter in typed:
        name = "question" if letter == "?" else letter
        entry.event_generate(f"<Key-{name}>")
        entry.event_generate(f"<KeyRelease-{name}>")
    settle(dashboard)


def key(dashboard: Dashboard, name: str) -> None:
    symbol_box(dashboard).entry.event_generate(name)
    settle(dashboard)


def is_open(dashboard: Dashboard) -> bool:
    return dashboard._layout.overlay.shown is symbol_box(dashboard)


def found(dashboard: Dashboard) -> list[str]:
    return symbol_box(dashboard)._found


def test_typing_offers_what_trades_on_both_venues_and_return_takes_it(opened: Open) -> None:
    asked: list[str] = []

    def add(symbol: str) -> None:
        asked.append(f"add {symbol}")

    dashboard = opened(add=add, show=lambda symbol: asked.append(f"focus {symbol}"), candidates=lambda: COINS)
    paint(dashboard, examples.with_all())
    press(dashboard, "<Control-k>")
    assert is_open(dashboard)
    assert "6 symbols trade on both venues." in words(dashboard)
    assert found(dashboard) == [one for one in COINS if one != "ETHUSDT"]
    write(dashboard, "eth")
    assert found(dashboard) == ["ETHUSDT", "ETHUSDC", "ETHFIUSDT", "STETHUSDT"]
    assert "watched already" in words(dashboard)
    key(dashboard, "<Down>")
    key(dashboard, "<Return>")
    assert asked == ["add ETHUSDC", "focus ETHUSDC"]
    assert not is_open(dashboard)


def test_a_watched_symbol_is_only_shown(opened: Open) -> None:
    asked: list[str] = []
    dashboard = opened(add=lambda _symbol: "no", show=asked.append, candidates=lambda: COINS)
    paint(dashboard, examples.listed(12))
    press(dashboard, "<Control-K>")
    write(dashboard, "btc")
    key(dashboard, "<Return>")
    assert asked == ["BTCUSDT"]
    assert not is_open(dashboard)


def test_a_refusal_stays_in_the_box(opened: Open) -> None:
    dashboard = opened(add=lambda _symbol: "The exchange allows no more streams.", candidates=lambda: COINS)
    press(dashboard, "<Control-k>")
    write(dashboard, "etc")
    key(dashboard, "<Return>")
    assert is_open(dashboard)
    assert "The exchange allows no more streams." in words(dashboard)
    assert dashboard._selection.symbol == "ETHUSDT"
    key(dashboard, "<BackSpace>")
    key(dashboard, "<KeyRelease-BackSpace>")
    assert "The exchange allows no more streams." not in words(dashboard)


def test_without_the_exchange_s_list_any_likely_name_is_taken_and_that_is_said(opened: Open) -> None:
    asked: list[str] = []

    def add(symbol: str) -> None:
        asked.append(symbol)

    dashboard = opened(add=add)
    press(dashboard, "<Control-k>")
    assert any("out of reach" in one for one in words(dashboard))
    write(dashboard, "wif")
    assert found(dashboard) == ["WIFUSDT"]
    key(dashboard, "<Return>")
    assert asked == ["WIFUSDT"]


@pytest.mark.parametrize(("known", "words_of"), [(True, "No symbol like it"), (False, "does not look like")])
def test_a_name_that_is_none_is_told_so(opened: Open, known: bool, words_of: str) -> None:
    dashboard = opened(candidates=lambda: COINS if known else None)
    press(dashboard, "<Control-k>")
    symbol_box(dashboard).entry.insert("end", "x!")
    key(dashboard, "<Return>")
    assert is_open(dashboard)
    assert any(one.startswith("X!: ") and words_of in one for one in words(dashboard))


def test_what_is_typed_does_nothing_else_in_the_window(opened: Open) -> None:
    dashboard = opened(candidates=lambda: COINS)
    paint(dashboard, examples.ethusdt().at())
    dashboard.root.clipboard_clear()
    dashboard.root.clipboard_append("before")
    press(dashboard, "<Control-k>")
    write(dashboard, "?")
    key(dashboard, "<Control-c>")
    assert is_open(dashboard)
    assert symbol_box(dashboard).entry.get() == "?"
    assert dashboard.root.clipboard_get() == "before"
    key(dashboard, "<Control-t>")
    assert dashboard._theme == "light", "the other keys do what they always do"
    key(dashboard, "<Escape>")
    assert not is_open(dashboard)
    press(dashboard, "<Control-c>")
    assert dashboard.root.clipboard_get() == "-1.30", "the window has the keys again"


def test_a_click_on_an_offer_takes_it_and_one_beside_it_closes_nothing(opened: Open) -> None:
    asked: list[str] = []

    def add(symbol: str) -> None:
        asked.append(symbol)

    dashboard = opened(add=add, candidates=lambda: COINS)
    press(dashboard, "<Control-k>")
    symbol_box(dashboard).card.event_generate("<Button-1>", x=2, y=2)
    settle(dashboard)
    assert is_open(dashboard)
    [label] = [one for one in labels(symbol_box(dashboard).frame) if "ETCUSDT" in str(one.cget("text"))]
    label.event_generate("<Button-1>")
    settle(dashboard)
    assert asked == ["ETCUSDT"]


@pytest.mark.parametrize("compact", [False, True])
@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize("dpi", [96, 192])
def test_the_box_has_room_and_gives_it_back(opened: Open, compact: bool, known: bool) -> None:
    dashboard = opened(compact=compact, candidates=lambda: COINS * 3 if known else None)
    paint(dashboard, examples.ethusdt().at())
    before = dashboard.root.geometry()
    press(dashboard, "<Control-k>")
    panel = symbol_box(dashboard)
    check_panel(dashboard, panel.frame, panel.card)
    press(dashboard, "<Escape>")
    assert dashboard.root.geometry() == before
