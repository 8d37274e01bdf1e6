"""The line that controls a replay: play, the next extreme, where it is, how fast."""

import tkinter as tk
from collections.abc import Callable
from functools import partial
from tkinter import ttk
from typing import Protocol

from spreadwatch.ui.frame.shortcuts import REPLAY, SLIDER, Action, bind_keys
from spreadwatch.ui.kit import fonts, text, theme
from spreadwatch.ui.kit.painter import Painter
from spreadwatch.ui.kit.slider import Slider
from spreadwatch.ui.kit.widgets import dress_menu, frame, painted

SPEEDS: tuple[float | None, ...] = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, None)
"""What can be chosen, in times the recorded pace; None is as fast as it goes."""

_PLAY, _PAUSE, _AGAIN = "Play", "Pause", "Again"
_SPEED_VARIABLE = "spreadwatch_speed"
_CONTROL = 0x4
_STEP_MS, _LEAP_MS = 5_000, 60_000


class Player(Protocol):
    """What the window knows of a replay and asks of it. Times in Unix ms; a speed of None is as fast as it goes.

    `paused`: recorded time stands, or will once it is where it was sent.
    """

    @property
    def first_ms(self) -> int: ...  # noqa: D102
    @property
    def last_ms(self) -> int: ...  # noqa: D102
    @property
    def position_ms(self) -> int: ...  # noqa: D102
    @property
    def target_ms(self) -> int | None: ...  # noqa: D102
    @property
    def speed(self) -> float | None: ...  # noqa: D102
    @property
    def paused(self) -> bool: ...  # noqa: D102
    @property
    def is_rushing(self) -> bool: ...  # noqa: D102
    @property
    def has_ended(self) -> bool: ...  # noqa: D102

    def toggle(self) -> None:
        """Play or pause; at the end, play from the beginning."""

    def set_speed(self, speed: float | None) -> None:
        """Play at so many times the recorded pace."""

    def seek(self, at_ms: int) -> None:
        """Go to a time."""

    def find_extreme(self, symbol: str) -> None:
        """Go on to the next event that moves max or min of a symbol, and pause there."""


class PlaybackBar:
    """Render the state of a replay and hand on what a person asks of it."""

    def __init__(self, parent: tk.Misc, painter: Painter, player: Player) -> None:
        px = painter.px
        self._painter, self._player, self._utc = painter, player, painter.utc
        self._symbol = ""
        self._words: dict[str, str] = {}
        self.frame = frame(parent, painter, "background")
        self.play = self._button(_PAUSE, 5, player.toggle)
        self.extreme = self._button("Next extreme", 0, self.find_extreme)
        chars = len(text.clock(player.first_ms, player.last_ms, utc=painter.utc))
        at, self._at = painted(self.frame, painter, fonts.SMALL_FIGURE, "text", "background", chars=chars, anchor="e")
        self.slider = Slider(self.frame, painter, player.first_ms, player.last_ms, player.seek)
        end, self._end = painted(self.frame, painter, fonts.SMALL_FIGURE, "muted", "background", chars=8)
        self.speed = self._button("", 5, self._open_menu)
        self._menu = tk.Menu(self.frame, tearoff=False, font=fonts.WORDS, relief="flat")
        gap = (px(10), 0)
        self.play.grid(row=0, column=0)
        self.extreme.grid(row=0, column=1, padx=(px(6), 0))
        at.grid(row=0, column=2, padx=gap)
        self.slider.canvas.grid(row=0, column=3, padx=(px(6), 0), sticky="ew")
        end.grid(row=0, column=4, padx=(px(6), 0))
        self.speed.grid(row=0, column=5, padx=gap)
        self.frame.columnconfigure(3, weight=1)
        self._bind(self.frame.winfo_toplevel())

    def _button(self, words: str, chars: int, command: Callable[[], None]) -> ttk.Button:
        made = ttk.Button(self.frame, text=words, style=theme.BUTTON, width=chars, command=command)
        # After a click the keys are the window's again: space plays, and does not press this button once more.
        made.bind("<ButtonRelease-1>", lambda _event: made.winfo_toplevel().focus_set())
        return made

    def _bind(self, window: tk.Misc) -> None:
        play, slower, faster, extreme = REPLAY
        bind_keys(window, (play, extreme), {"play": self._player.toggle, "extreme": self.find_extreme}, _means_other)
        speeds: dict[Action, Callable[[], None]] = {
            "slower": partial(self.change_speed, -1),
            "faster": partial(self.change_speed, 1),
        }
        bind_keys(window, (slower, faster), speeds)
        step, all_ms = self.slider.step, self._player.last_ms - self._player.first_ms
        steps: dict[Action, int] = {"time_back": -_STEP_MS, "time_on": _STEP_MS, "leap_back": -_LEAP_MS}
        steps |= {"leap_on": _LEAP_MS, "time_first": -all_ms, "time_last": all_ms}
        bind_keys(self.slider.canvas, SLIDER, {action: partial(step, by_ms) for action, by_ms in steps.items()})

    # ----- painting

    def render(self, symbol: str) -> None:
        """Paint what changed; `symbol` is the one shown, whose extremes are looked for."""
        self._symbol = symbol
        player, slider = self._player, self.slider
        held_ms, target_ms = slider.dragged_ms, player.target_ms
        slider.show(player.position_ms, player.position_ms if target_ms is None else target_ms)
        shown_ms = player.position_ms if held_ms is None else held_ms
        self._at.show(self._clock(shown_ms), "text" if held_ms is None else "accent")
        self._end.show(self._clock(player.last_ms), "muted")
        self._say(self.play, _AGAIN if player.has_ended else _PLAY if self._stands else _PAUSE)
        self._say(self.speed, _speed(player.speed))

    @property
    def badge(self) -> str:
        """What the present number is: of a replay, of which day, and whether time stands."""
        day = text.moment(self._player.position_ms, utc=self._utc).partition(" ")[0]
        return f"{'PAUSED' if self._stands else 'REPLAY'} {day}"

    @property
    def _stands(self) -> bool:
        player = self._player
        is_hunting = player.is_rushing and player.target_ms is None
        return player.paused and not is_hunting

    def _clock(self, at_ms: int) -> str:
        return text.clock(at_ms, self._player.last_ms, utc=self._utc)

    def _say(self, button: ttk.Button, words: str) -> None:
        path = str(button)
        if self._words.get(path) != words:
            self._words[path] = words
            self._painter.change(path, "configure", "-text", words)

    # ----- what a person asks

    def find_extreme(self) -> None:
        """Go on to the next max or min of the symbol shown."""
        if self._symbol:
            self._player.find_extreme(self._symbol)

    def change_speed(self, by: int) -> None:
        """Take a slower or a faster one of SPEEDS."""
        now = self._player.speed
        if now is None:
            place = len(SPEEDS) - 1 + by
        elif by > 0:
            place = next(place for place, one in enumerate(SPEEDS) if one is None or one > now)
        else:
            place = sum(one is not None and one < now for one in SPEEDS) - 1
        self._player.set_speed(SPEEDS[min(max(place, 0), len(SPEEDS) - 1)])

    def _open_menu(self) -> None:
        menu = self._menu
        menu.delete(0, "end")
        dress_menu(menu, self._painter)
        # The variable by its name: a `tkinter.Variable` freed by a worker's garbage collector aborts the process.
        menu.setvar(_SPEED_VARIABLE, _speed(self._player.speed))
        for speed in SPEEDS:
            menu.add_radiobutton(
                label=_speed(speed),
                value=_speed(speed),
                variable=_SPEED_VARIABLE,  # type: ignore[arg-type]
                command=lambda speed=speed: self._player.set_speed(speed),  # type: ignore[misc]
            )
        menu.update_idletasks()
        x = self.speed.winfo_rootx() + self.speed.winfo_width() - menu.winfo_reqwidth()
        try:
            menu.tk_popup(max(x, 0), max(self.speed.winfo_rooty() - menu.winfo_reqheight() - self._painter.px(2), 0))
        finally:
            menu.grab_release()


def _speed(speed: float | None) -> str:
    return "max" if speed is None else f"{speed:g}×"


def _means_other(event: "tk.Event[tk.Misc]") -> bool:
    """Tell whether a key presses a button, or is held together with Control."""
    return (event.keysym == "space" and isinstance(event.widget, ttk.Button)) or bool(int(event.state) & _CONTROL)
