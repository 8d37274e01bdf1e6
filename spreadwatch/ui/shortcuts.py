"""Every key of the window, once: the bindings, the menu and the F1 list are made from this table."""

import tkinter as tk
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from tkinter import ttk
from typing import Literal

Action = Literal[
    "reset", "copy", "gaps", "diagnostics", "compact", "topmost", "theme", "next", "previous", "shortcuts", "dismiss",
    "close",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shortcut:
    """What some keys do. In `keys`, Mod is Control, on macOS Command."""

    action: Action
    keys: tuple[str, ...]
    words: str


SHORTCUTS = (
    Shortcut("reset", ("Mod+R",), "Reset max and min"),
    Shortcut("copy", ("Mod+C",), "Copy the spread"),
    Shortcut("gaps", ("Mod+G",), "List of gaps"),
    Shortcut("diagnostics", ("Mod+D",), "Copy diagnostics"),
    Shortcut("compact", ("Mod+M",), "Compact window"),
    Shortcut("topmost", ("Mod+P",), "Always on top"),
    Shortcut("theme", ("Mod+T",), "Dark or light"),
    Shortcut("next", ("Mod+PgDn", "Alt+Right"), "Next symbol"),
    Shortcut("previous", ("Mod+PgUp", "Alt+Left"), "Previous symbol"),
    Shortcut("shortcuts", ("F1", "?"), "This list"),
    Shortcut("dismiss", ("Esc",), "Close a list or a notice"),
    Shortcut("close", ("Mod+W", "Mod+Q"), "Close the window"),
)
BY_ACTION = {shortcut.action: shortcut for shortcut in SHORTCUTS}
MORE_HINTS = (
    (("Click",), "Copy any value"),
    (("Tab", "Return"), "Reach and press anything"),
)

_KEYSYMS = {"PgDn": "Next", "PgUp": "Prior", "Esc": "Escape", "?": "question"}
_ARROWS = {"Left": "\N{LEFTWARDS ARROW}", "Right": "\N{RIGHTWARDS ARROW}"}
_APPLE = {"Mod": "\N{PLACE OF INTEREST SIGN}", "Alt": "\N{OPTION KEY}"}


def sequences(key: str, *, apple: bool) -> list[str]:
    """Return the Tk event patterns of a key; letters both small and large, for Caps Lock."""
    *modifiers, name = key.split("+")
    keysym = _KEYSYMS.get(name, name)
    names = [keysym.lower(), keysym.upper()] if len(keysym) == 1 else [keysym]
    held = [{"Mod": "Command" if apple else "Control", "Alt": "Option" if apple else "Alt"}[one] for one in modifiers]
    return [f"<{'-'.join([*held, 'Key', one])}>" for one in names]


def label(key: str, *, apple: bool) -> str:
    """Write a key as people read it: 'Ctrl+R', on macOS '⌘R'."""
    *modifiers, name = key.split("+")
    name = _ARROWS.get(name, name)
    if apple:
        return "".join(_APPLE[one] for one in modifiers) + name
    return "+".join([*("Ctrl" if one == "Mod" else one for one in modifiers), name])


def is_apple(root: tk.Misc) -> bool:
    """Tell whether this window is one of macOS."""
    return str(root.tk.call("tk", "windowingsystem")) == "aqua"


def bind_all(root: tk.Tk, actions: Mapping[Action, Callable[[], None]]) -> None:
    """Bind every shortcut to its action, for the whole window."""
    apple = is_apple(root)
    for shortcut in SHORTCUTS:
        for key in shortcut.keys:
            for sequence in sequences(key, apple=apple):
                root.bind(sequence, _handler(actions[shortcut.action]))
    for sequence in ("<Return>", "<KP_Enter>"):
        root.bind_class("TButton", sequence, _press)


def _press(event: "tk.Event[tk.Misc]") -> None:
    if isinstance(event.widget, ttk.Button):
        event.widget.invoke()


def _handler(action: Callable[[], None]) -> "Callable[[tk.Event[tk.Misc]], str]":
    def handle(_event: "tk.Event[tk.Misc]") -> str:
        action()
        return "break"

    return handle
