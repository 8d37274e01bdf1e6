"""The controls of a replay: keys, buttons and drags do what they say, and nobody overlooks that time stands."""

import tkinter as tk
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from spreadwatch.sources.playhead import Playhead
from spreadwatch.ui.dashboard import Dashboard
from spreadwatch.ui.frame.playback_bar import SPEEDS, PlaybackBar
from spreadwatch.ui.kit import theme
from tests.ui import examples
from tests.ui.conftest import Open, press, settle, shortcut_list, symbol_box, until
from tests.ui.sight import check
from tests.ui.test_dashboard import words

FIRST_MS = 1_723_161_254_087
LAST_MS = FIRST_MS + 345_000


@dataclass
class Playing:
    """A window with a replay that stands at its beginning, and the real time of it."""

    dashboard: Dashboard
    playhead: Playhead
    real_s: list[float] = field(default_factory=lambda: [0.0])

    @property
    def bar(self) -> PlaybackBar:
        bar = self.dashboard._layout.playback
        assert bar is not None
        return bar

    def paint(self) -> None:
        """Paint as a frame does."""
        self.dashboard.render(examples.ethusdt().at())
        settle(self.dashboard)

    def go_to(self, at_ms: int) -> None:
        """Be somewhere, all played up to there."""
        self.playhead.position_ms = at_ms
        self.playhead.target_ms = None
        self.paint()


Play = Callable[..., Playing]


@pytest.fixture
def play(opened: Open) -> Play:
    def open_(span_ms: int = LAST_MS - FIRST_MS, **options: object) -> Playing:
        playhead = Playhead(FIRST_MS, FIRST_MS + span_ms, 1.0, lambda: 0.0)
        dashboard = opened(badge="REPLAY", player=playhead, **options)
        playing = Playing(dashboard, playhead)
        playing.paint()
        return playing

    return open_


def key(playing: Playing, name: str) -> None:
    press(playing.dashboard, name)
    playing.paint()


def text_of(widget: tk.Misc) -> str:
    return str(widget.cget("text"))


# ----- what is shown


def test_a_live_window_has_no_controls_of_a_replay(opened: Open) -> None:
    dashboard = opened()
    assert dashboard._layout.playback is None
    press(dashboard, "<Key-space>")
    press(dashboard, "<F1>")
    assert "Play or pause the replay" not in words(dashboard)


def test_the_times_of_the_replay_are_shown_and_the_day_is_in_the_badge(play: Play) -> None:
    playing = play()
    shown = words(playing.dashboard)
    for expected in ("23:54:14", "23:59:59", "REPLAY 2024-08-08"):
        assert expected in shown
    playing.go_to(FIRST_MS + 100_000)
    assert "23:55:54" in words(playing.dashboard)


def test_a_replay_of_days_shows_the_day_of_each_moment(play: Play) -> None:
    playing = play(3 * 86_400_000)
    assert "08-08 23:54:14" in words(playing.dashboard)
    playing.go_to(FIRST_MS + 86_400_000)
    assert "REPLAY 2024-08-09" in words(playing.dashboard)


@pytest.mark.parametrize("compact", [False, True])
def test_a_paused_replay_says_so_beside_the_number_and_in_the_title(play: Play, compact: bool) -> None:
    playing = play(compact=compact)
    key(playing, "<Key-space>")
    assert playing.playhead.paused
    assert "PAUSED 2024-08-08" in words(playing.dashboard)

    def is_titled() -> bool:  # some frames later: a title is painted ten times a second at most
        playing.paint()
        return playing.dashboard.root.title() == "−1.30 ETHUSDT · spreadwatch (paused 2024-08-08)"

    until(playing.dashboard, is_titled)
    key(playing, "<Key-space>")
    assert "REPLAY 2024-08-08" in words(playing.dashboard)


def test_the_first_button_says_what_it_does(play: Play) -> None:
    playing = play()
    assert text_of(playing.bar.play) == "Pause"
    playing.bar.play.invoke()
    playing.paint()
    assert (playing.playhead.paused, text_of(playing.bar.play)) == (True, "Play")
    playing.playhead.ended()
    playing.paint()
    assert text_of(playing.bar.play) == "Again"
    playing.playhead.position_ms = LAST_MS
    playing.bar.play.invoke()
    assert playing.playhead.must_rewind
    assert not playing.playhead.paused


# ----- keys and buttons


def test_n_looks_for_the_next_extreme_of_the_symbol_shown(play: Play) -> None:
    playing = play()
    hunted = []
    for name in ("<Key-n>", "<Key-space>"):
        key(playing, name)
        hunted.append(playing.playhead.hunted)
    assert hunted == ["ETHUSDT", None]
    assert playing.playhead.paused
    playing.bar.extreme.invoke()
    assert playing.playhead.hunted == "ETHUSDT"


def test_a_search_does_not_look_paused(play: Play) -> None:
    playing = play()
    key(playing, "<Key-space>")
    key(playing, "<Key-n>")
    assert "REPLAY 2024-08-08" in words(playing.dashboard)
    assert text_of(playing.bar.play) == "Pause"


def test_brackets_step_through_the_speeds_and_stop_at_the_ends(play: Play) -> None:
    playing = play()
    seen = []
    for _ in range(len(SPEEDS) + 2):
        key(playing, "<Key-bracketright>")
        seen.append(text_of(playing.bar.speed))
    assert seen == ["2×", "5×", "10×", "20×", "50×", "100×", "max", *["max"] * 6]
    for _ in range(len(SPEEDS) + 2):
        key(playing, "<Key-bracketleft>")
    assert (playing.playhead.speed, text_of(playing.bar.speed)) == (0.1, "0.1×")


@pytest.mark.parametrize(("speed", "slower", "faster"), [(3.0, 2.0, 5.0), (0.05, 0.1, 0.1), (1000.0, 100.0, None)])
def test_from_a_speed_between_the_steps_the_next_step_is_taken(
    play: Play, speed: float, slower: float, faster: float | None
) -> None:
    playing = play()
    for by, expected in ((-1, slower), (1, faster)):
        playing.playhead.set_speed(speed)
        playing.bar.change_speed(by)
        assert playing.playhead.speed == expected


def test_the_menu_offers_every_speed(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    playing = play()
    menu = playing.bar._menu
    monkeypatch.setattr(menu, "tk_popup", lambda *_: None)
    playing.bar.speed.invoke()
    for place, speed in enumerate(SPEEDS):
        menu.invoke(place)
        assert playing.playhead.speed == speed
        playing.paint()
        assert text_of(playing.bar.speed) == menu.entrycget(place, "label")


def test_space_on_a_button_presses_it_and_does_nothing_else(play: Play) -> None:
    playing = play()
    playing.dashboard.root.focus_force()
    playing.bar.extreme.focus_set()
    settle(playing.dashboard)
    playing.bar.extreme.event_generate("<Key-space>")
    until(playing.dashboard, lambda: playing.playhead.hunted is not None)
    assert not playing.playhead.paused


def test_after_a_click_on_a_button_the_keys_are_the_windows(play: Play) -> None:
    playing = play()
    playing.dashboard.root.focus_force()
    settle(playing.dashboard)
    for event in ("<Enter>", "<ButtonPress-1>", "<ButtonRelease-1>"):
        playing.bar.extreme.event_generate(event, x=5, y=5)
    settle(playing.dashboard)
    assert playing.playhead.hunted == "ETHUSDT"
    assert str(playing.dashboard.root.focus_get()) == "."


def test_keys_that_write_into_a_field_do_not_control_the_replay(play: Play) -> None:
    playing = play()
    press(playing.dashboard, "<Control-k>")
    entry = symbol_box(playing.dashboard).entry
    for name in ("n", "space", "bracketright"):
        entry.event_generate(f"<Key-{name}>")
    settle(playing.dashboard)
    playhead = playing.playhead
    assert (playhead.hunted, playhead.paused, playhead.speed) == (None, False, 1.0)


def test_control_n_is_no_n(play: Play) -> None:
    playing = play()
    key(playing, "<Control-Key-n>")
    assert playing.playhead.hunted is None


@pytest.mark.parametrize("dpi", [96, 192])
@pytest.mark.parametrize("compact", [False, True])
def test_the_keys_are_in_the_list_of_shortcuts(play: Play, compact: bool) -> None:
    playing = play(compact=compact)
    key(playing, "<F1>")
    shown = words(playing.dashboard)
    inner = shortcut_list(playing.dashboard).inner
    assert inner.winfo_width() >= inner.winfo_reqwidth()
    assert inner.winfo_height() >= inner.winfo_reqheight()
    for expected in ("Space", "Play or pause the replay", "[  ]", "Slower, faster", "N", "On to the next max or min"):
        assert expected in shown


# ----- the slider


def drag(playing: Playing, *shares: float) -> None:
    """Press the mouse at a share of the slider and move it to others; it stays down."""
    slider = playing.bar.slider
    left, right = slider._ends()
    for number, share in enumerate(shares):
        x = round(left + (right - left) * share)
        slider.canvas.event_generate("<B1-Motion>" if number else "<ButtonPress-1>", x=x, y=8)
    playing.paint()


def let_go(playing: Playing) -> None:
    playing.bar.slider.canvas.event_generate("<ButtonRelease-1>", x=0, y=0)
    playing.paint()


@pytest.mark.parametrize("dpi", [96, 192])
def test_a_drag_shows_the_time_and_goes_there_when_the_mouse_lets_go(play: Play) -> None:
    playing = play()
    drag(playing, 0.1, 0.4, 0.5)
    assert playing.playhead.target_ms is None
    middle_ms = playing.bar.slider.dragged_ms
    assert middle_ms == pytest.approx((FIRST_MS + LAST_MS) / 2, abs=1_000)
    assert {"23:57:06", "23:57:07"} & set(words(playing.dashboard))
    let_go(playing)
    assert playing.playhead.target_ms == middle_ms
    assert playing.bar.slider.dragged_ms is None


def test_a_drag_to_the_left_plays_again_from_the_beginning(play: Play) -> None:
    playing = play()
    playing.go_to(LAST_MS - 1)
    drag(playing, 0.9, -3.0)
    let_go(playing)
    assert (playing.playhead.target_ms, playing.playhead.must_rewind) == (FIRST_MS, True)


def test_the_thumb_is_where_the_replay_is_bound_for_and_the_bar_where_it_is(play: Play) -> None:
    playing = play()
    slider = playing.bar.slider
    playing.go_to(FIRST_MS + 86_250)
    left, right = slider._ends()

    def ends() -> tuple[float, float]:
        thumb = slider.canvas.coords(slider._thumb._number)
        return slider.canvas.coords(slider._played._number)[2], (thumb[0] + thumb[2]) / 2

    quarter, three_quarters = (left + (right - left) * share for share in (0.25, 0.75))
    assert ends() == pytest.approx((quarter, quarter), abs=1)
    playing.playhead.seek(FIRST_MS + 258_750)
    playing.paint()
    assert ends() == pytest.approx((quarter, three_quarters), abs=1)


@pytest.mark.parametrize(
    ("name", "by_ms"),
    [("Right", 5_000), ("Left", -5_000), ("Next", 60_000), ("Prior", -60_000), ("End", 9**9), ("Home", -(9**9))],
)
def test_keys_move_the_slider_that_has_the_focus(play: Play, name: str, by_ms: int) -> None:
    playing = play()
    playing.go_to(FIRST_MS + 100_000)
    playing.dashboard.root.focus_force()
    playing.bar.slider.canvas.focus_set()
    settle(playing.dashboard)
    playing.bar.slider.canvas.event_generate(f"<Key-{name}>")
    assert playing.playhead.target_ms == min(max(FIRST_MS + 100_000 + by_ms, FIRST_MS), LAST_MS)


def test_quick_keys_add_up(play: Play) -> None:
    playing = play()
    playing.dashboard.root.focus_force()
    playing.bar.slider.canvas.focus_set()
    settle(playing.dashboard)
    for _ in range(3):
        playing.bar.slider.canvas.event_generate("<Key-Right>")
        playing.paint()
    assert playing.playhead.target_ms == FIRST_MS + 15_000


# ----- the look


@pytest.mark.parametrize("dpi", [96, 192])
@pytest.mark.parametrize("span_ms", [345_000, 90 * 86_400_000])
def test_the_controls_have_room_in_each_state_and_form(play: Play, span_ms: int) -> None:
    playing = play(span_ms)
    for act in ("<Key-space>", "<Key-bracketright>", "<Control-m>", "<Control-m>", "<Control-t>"):
        key(playing, act)
        check(playing.dashboard.root)
    playing.playhead.set_speed(None)
    playing.playhead.ended()
    playing.paint()
    check(playing.dashboard.root)


def test_a_change_of_theme_reaches_the_slider(play: Play) -> None:
    playing = play()
    slider, fills = playing.bar.slider, set[str]()
    for _ in range(2):
        fills.add(str(slider.canvas.tk.call(slider.canvas, "itemcget", slider._thumb._number, "-fill")))
        key(playing, "<Control-t>")
    assert fills == {theme.PALETTES[name]["text"] for name in ("dark", "light")}
