"""The menu behind the three dots and the right mouse button."""

import tkinter as tk
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from spreadwatch.ui.frame.shortcuts import BY_ACTION, MENU, Action, is_apple, label
from spreadwatch.ui.kit import fonts
from spreadwatch.ui.kit.painter import Painter
from spreadwatch.ui.kit.widgets import dress_menu

_MOST_SYMBOLS = 20
"""A longer menu would not fit the screen; the symbol box and the watch list have no such limit."""
_SYMBOL_VARIABLE = "spreadwatch_symbol"


@dataclass(frozen=True, slots=True)
class MenuState:
    """What the menu shows as chosen. `ticks`: actions that are on or off."""

    symbols: tuple[str, ...]
    symbol: str
    ticks: Mapping[Action, bool]


class Menu:
    """Built anew each time it opens, so that it shows the state and the theme of that moment."""

    def __init__(
        self,
        root: tk.Tk,
        painter: Painter,
        actions: Mapping[Action, Callable[[], None]],
        choose: Callable[[str], None],
    ) -> None:
        self._root = root
        self._painter = painter
        self._actions = actions
        self._choose = choose
        self.menu = tk.Menu(root, tearoff=False, font=fonts.WORDS, relief="flat")

    def build(self, state: MenuState) -> None:
        """Fill the menu."""
        menu = self.menu
        menu.delete(0, "end")
        dress_menu(menu, self._painter)
        if 1 < len(state.symbols) <= _MOST_SYMBOLS:
            self._add_symbols(state)
        apple = is_apple(self._root)
        for number, group in enumerate(MENU):
            if number:
                self._add_gap()
            for action in group:
                self._add(action, state, apple=apple)

    def _add(self, action: Action, state: MenuState, *, apple: bool) -> None:
        shortcut = BY_ACTION[action]
        words = shortcut.menu or shortcut.words
        key, command = label(shortcut.keys[0], apple=apple), self._actions[action]
        if action not in state.ticks:
            self.menu.add_command(label=words, accelerator=key, command=command)
            return
        variable = f"spreadwatch_{action}"
        self._root.setvar(variable, "1" if state.ticks[action] else "0")
        # The variable by its name: a `tkinter.Variable` freed by a worker's garbage collector aborts the process.
        self.menu.add_checkbutton(label=words, accelerator=key, command=command, variable=variable)  # type: ignore[arg-type]

    def _add_symbols(self, state: MenuState) -> None:
        self._root.setvar(_SYMBOL_VARIABLE, state.symbol)
        for symbol in state.symbols:
            self.menu.add_radiobutton(
                label=symbol,
                value=symbol,
                variable=_SYMBOL_VARIABLE,  # type: ignore[arg-type]  # by its name, as above
                command=lambda symbol=symbol: self._choose(symbol),  # type: ignore[misc]
            )
        self._add_gap()

    def _add_gap(self) -> None:
        if self._root.tk.call("tk", "windowingsystem") == "x11":  # where a separator is a glaring line
            self.menu.add_command(state="disabled", label="", font=("TkDefaultFont", -self._painter.px(4)))
        else:
            self.menu.add_separator()

    def open_below(self, button: tk.Misc, state: MenuState) -> None:
        """Open with the upper right corner at the button's lower right."""
        self.build(state)
        self.menu.update_idletasks()
        x = button.winfo_rootx() + button.winfo_width() - self.menu.winfo_reqwidth()
        self._open(max(x, 0), button.winfo_rooty() + button.winfo_height() + self._painter.px(2))

    def open_at(self, x: int, y: int, state: MenuState) -> None:
        """Open at a point of the screen."""
        self.build(state)
        self._open(x, y)

    def _open(self, x: int, y: int) -> None:
        try:
            self.menu.tk_popup(x, y)
        finally:
            self.menu.grab_release()
