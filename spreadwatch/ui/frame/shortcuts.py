"""Every key of the window, once: the bindings, the menu and the F1 list are made from these tables."""

import tkinter as tk
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from tkinter import ttk
from typing import Literal

from spreadwatch.ui.kit import fonts
from spreadwatch.ui.kit.overlay import Panel
from spreadwatch.ui.kit.painter import Painter
from spreadwatch.ui.kit.widgets import frame, still

Action = Literal[
    "reset", "copy", "evidence", "watch_list", "symbols", "remove", "gaps", "diagnostics", "compact", "topmost",
    "theme", "next", "previous", "shortcuts", "dismiss", "close", "alerts", "costs",
    "chart_1m", "chart_5m", "chart_15m", "chart_1h", "chart_all",
    "zoom_in", "zoom_out", "live", "reverse", "export", "record", "serve",
    "play", "slower", "faster", "extreme", "time_back", "time_on", "leap_back", "leap_on", "time_first", "time_last",
    "row_up", "row_down", "page_up", "page_down", "row_first", "row_last", "row_remove",
    "sort_left", "sort_right", "sort_turn", "earlier", "later", "to_live",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shortcut:
    """What some keys do. In `keys`, Mod is Control, on macOS Command; a sign stands for its keys on the digits, too.

    `group`: how the F1 list writes the keys of this and what follows it, None for its own, empty for not at all.
    `menu`: how the menu says it, None for `words`.
    """

    action: Action
    keys: tuple[str, ...]
    words: str
    group: str | None = None
    menu: str | None = None


_MINUS = "\N{MINUS SIGN}"
SHORTCUTS = (
    Shortcut("reset", ("Mod+R",), "Reset max and min"),
    Shortcut("copy", ("Mod+C",), "Copy the spread"),
    Shortcut("evidence", ("Mod+E",), "Evidence of max, then min"),
    Shortcut("costs", ("Mod+F",), "Fees, funding, size"),
    Shortcut("watch_list", ("F2", "Mod+L"), "Watch list"),
    Shortcut("symbols", ("Mod+K",), "Watch a symbol"),
    Shortcut("remove", ("Mod+Del",), "Stop watching this one"),
    Shortcut("next", ("Mod+PgDn", "Alt+Right"), "Next symbol"),
    Shortcut("previous", ("Mod+PgUp", "Alt+Left"), "Previous symbol"),
    Shortcut("alerts", ("F3", "Mod+A"), "Alerts"),
    Shortcut("chart_1m", ("1",), "Chart of 1m 5m 15m 1h all", "1 2 3 4 5"),
    Shortcut("chart_5m", ("2",), "Chart of 5 minutes", ""),
    Shortcut("chart_15m", ("3",), "Chart of 15 minutes", ""),
    Shortcut("chart_1h", ("4",), "Chart of an hour", ""),
    Shortcut("chart_all", ("5",), "Chart of all", ""),
    Shortcut("zoom_in", ("+",), "Chart closer, wider", f"+ {_MINUS}"),
    Shortcut("zoom_out", ("-",), "Chart wider", ""),
    Shortcut("live", ("Home",), "Chart back to live"),
    Shortcut("reverse", ("V",), "Chart of the reverse"),
    Shortcut("export", ("Mod+S",), "Save the chart as CSV"),
    Shortcut("record", ("F6",), "Record, or stop it", menu="Record"),
    Shortcut("serve", ("F7",), "Web page on or off", menu="Web page"),
    Shortcut("gaps", ("Mod+G",), "List of gaps", menu="Gaps"),
    Shortcut("diagnostics", ("Mod+D",), "Copy diagnostics"),
    Shortcut("compact", ("Mod+M",), "Compact window"),
    Shortcut("topmost", ("Mod+P",), "Always on top"),
    Shortcut("theme", ("Mod+T",), "Dark or light"),
    Shortcut("shortcuts", ("F1", "?"), "This list", menu="Shortcuts"),
    Shortcut("dismiss", ("Esc",), "Close a list, an alert, a notice"),
    Shortcut("close", ("Mod+W", "Mod+Q"), "Close the window"),
)
BY_ACTION = {shortcut.action: shortcut for shortcut in SHORTCUTS}
MENU: tuple[tuple[Action, ...], ...] = (
    ("reset", "copy", "evidence"),
    ("symbols", "remove", "watch_list"),
    ("alerts", "costs", "reverse", "export"),
    ("record", "serve", "gaps", "diagnostics"),
    ("compact", "topmost", "theme"),
    ("shortcuts", "close"),
)
"""What the menu offers, in its groups."""

_UP_DOWN = "\N{UPWARDS ARROW} \N{DOWNWARDS ARROW}"
_LEFT_RIGHT = "\N{LEFTWARDS ARROW} \N{RIGHTWARDS ARROW}"
REPLAY = (
    Shortcut("play", ("Space",), "Play or pause the replay"),
    Shortcut("slower", ("[",), "Slower, faster", "[  ]"),
    Shortcut("faster", ("]",), "Faster", ""),
    Shortcut("extreme", ("N",), "On to the next max or min"),
)
"""The keys of the whole window while it shows a replay."""
SLIDER = (
    Shortcut("time_back", ("Left",), "On the slider: 5 s, a minute", f"{_LEFT_RIGHT}  PgDn"),
    Shortcut("time_on", ("Right",), "5 s on", ""),
    Shortcut("leap_back", ("PgUp",), "A minute back", ""),
    Shortcut("leap_on", ("PgDn",), "A minute on", ""),
    Shortcut("time_first", ("Home",), "To its beginning", ""),
    Shortcut("time_last", ("End",), "To its end", ""),
)
ROWS = (
    Shortcut("row_up", ("Up",), "In the list: show, remove", f"{_UP_DOWN}  Del"),
    Shortcut("row_down", ("Down",), "The row below", ""),
    Shortcut("page_up", ("PgUp",), "A page up", ""),
    Shortcut("page_down", ("PgDn",), "A page down", ""),
    Shortcut("row_first", ("Home",), "The first row", ""),
    Shortcut("row_last", ("End",), "The last row", ""),
)
"""The keys of every list of rows that has the focus."""
COIN_REMOVAL = (Shortcut("row_remove", ("Del",), "Stop watching the one shown", ""),)
RULE_REMOVAL = (Shortcut("row_remove", ("Del", "BackSpace"), "Remove the rule", ""),)
SORTING = (
    Shortcut("sort_left", ("Left",), "In the list: sort, turn", f"{_LEFT_RIGHT}  Space"),
    Shortcut("sort_right", ("Right",), "By the column on the right", ""),
    Shortcut("sort_turn", ("Space",), "The other way round", ""),
)
CHART = (
    Shortcut("earlier", ("Left",), "In the chart: earlier, later", _LEFT_RIGHT),
    Shortcut("later", ("Right",), "Later", ""),
    Shortcut("to_live", ("0",), "Back to live", ""),
    *(BY_ACTION[action] for action in ("zoom_in", "zoom_out", "live", "reverse")),
)
"""The keys of the chart when it has the focus: its own, and those that do the same from anywhere."""

_MOVES: dict[Action, tuple[int, int]] = {
    "row_up": (-1, 0), "row_down": (1, 0), "page_up": (0, -1), "page_down": (0, 1),
    "row_first": (-1_000_000, 0), "row_last": (1_000_000, 0),
}  # fmt: skip
_ANYWHERE = ((("Click",), "Copy any value"), (("Tab", "Return"), "Reach and press anything"))

_KEYSYMS = {
    "PgDn": ("Next",), "PgUp": ("Prior",), "Esc": ("Escape",), "Del": ("Delete",), "?": ("question",),
    "+": ("plus", "equal", "KP_Add"), "-": ("minus", "KP_Subtract"),
    "[": ("bracketleft",), "]": ("bracketright",), "Space": ("space",),
}  # fmt: skip
_COLUMNS = 2
_ARROWS = {"Left": "\N{LEFTWARDS ARROW}", "Right": "\N{RIGHTWARDS ARROW}"}
_APPLE = {"Mod": "\N{PLACE OF INTEREST SIGN}", "Alt": "\N{OPTION KEY}"}


def sequences(key: str, *, apple: bool) -> list[str]:
    """Return the Tk event patterns of a key; letters both small and large, for Caps Lock."""
    *modifiers, name = _split(key)
    names = _KEYSYMS.get(name, (name.lower(), name.upper()) if name.isalpha() and len(name) == 1 else (name,))
    held = [{"Mod": "Command" if apple else "Control", "Alt": "Option" if apple else "Alt"}[one] for one in modifiers]
    return [f"<{'-'.join([*held, 'Key', one])}>" for one in names]


def _split(key: str) -> list[str]:
    return [key] if len(key) == 1 else key.split("+")


def label(key: str, *, apple: bool) -> str:
    """Write a key as people read it: 'Ctrl+R', on macOS '⌘R'."""
    *modifiers, name = _split(key)
    name = _ARROWS.get(name, name)
    if apple:
        return "".join(_APPLE[one] for one in modifiers) + name
    return "+".join([*("Ctrl" if one == "Mod" else one for one in modifiers), name])


def is_apple(root: tk.Misc) -> bool:
    """Tell whether this window is one of macOS."""
    return str(root.tk.call("tk", "windowingsystem")) == "aqua"


def bind_all(root: tk.Tk, actions: Mapping[Action, Callable[[], None]]) -> None:
    """Bind every shortcut to its action, for the whole window."""
    bind_keys(root, SHORTCUTS, actions)
    for sequence in ("<Return>", "<KP_Enter>"):
        root.bind_class("TButton", sequence, _press)


def bind_keys(
    widget: tk.Misc,
    shortcuts: Iterable[Shortcut],
    actions: Mapping[Action, Callable[[], object]],
    unless: Callable[["tk.Event[tk.Misc]"], bool] | None = None,
) -> None:
    """Bind shortcuts where this widget has the focus, or in all of it if it is a window; not `unless` that holds."""
    apple = is_apple(widget)
    for shortcut in shortcuts:
        for key in shortcut.keys:
            for sequence in sequences(key, apple=apple):
                widget.bind(sequence, _handler(actions[shortcut.action], unless))


def bind_rows(widget: tk.Misc, move: Callable[[int, int], object]) -> None:
    """Bind the keys of a list of rows; `move` goes so many rows and pages further."""
    bind_keys(widget, ROWS, {action: partial(move, *step) for action, step in _MOVES.items()})


def _press(event: "tk.Event[tk.Misc]") -> None:
    if isinstance(event.widget, ttk.Button):
        event.widget.invoke()


def _handler(
    action: Callable[[], object], unless: Callable[["tk.Event[tk.Misc]"], bool] | None
) -> "Callable[[tk.Event[tk.Misc]], str | None]":
    def handle(event: "tk.Event[tk.Misc]") -> str | None:
        if unless is not None and unless(event):
            return None
        action()
        return "break"

    return handle


class ShortcutList(Panel):
    """The list of every key and what it does; of a replay's too, where there is one."""

    def __init__(self, parent: tk.Misc, painter: Painter, *, is_replay: bool) -> None:
        super().__init__(parent, painter)
        px = painter.px
        self.inner = inner = frame(self.card, painter, "card")
        inner.pack(expand=True)
        still(inner, painter, "SHORTCUTS", fonts.CAPTION, "muted", "card").grid(
            row=0, column=0, columnspan=5, sticky="w", pady=(0, px(8))
        )
        apple = is_apple(parent)
        table = _listed(SHORTCUTS, apple=apple)
        table += _listed((*REPLAY, *SLIDER), apple=apple) if is_replay else []
        table += [*_ANYWHERE, *_listed((*ROWS, *COIN_REMOVAL, *SORTING, *CHART[:3]), apple=apple)]
        rows = -(-len(table) // _COLUMNS)
        for number, (keys, words) in enumerate(table):
            row, column = 1 + number % rows, number // rows * 3
            held = "  ".join(keys)
            still(inner, painter, held, fonts.SMALL_FIGURE, "text", "card").grid(
                row=row, column=column, sticky="w", pady=px(3)
            )
            still(inner, painter, words, fonts.WORDS, "muted", "card").grid(
                row=row, column=column + 1, sticky="w", padx=(px(16), 0)
            )
        inner.columnconfigure(2, minsize=px(36))


def _listed(shortcuts: Iterable[Shortcut], *, apple: bool) -> list[tuple[tuple[str, ...], str]]:
    """Return what the list says of shortcuts: keys, and what they do."""
    return [
        ((one.group,) if one.group else tuple(label(key, apple=apple) for key in one.keys), one.words)
        for one in shortcuts
        if one.group != ""
    ]
