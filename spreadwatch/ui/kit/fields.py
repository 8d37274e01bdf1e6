"""Where a person types and chooses, inside the window: no key typed into a text reaches a shortcut."""

import tkinter as tk
from collections.abc import Sequence

from spreadwatch.ui.kit import fonts
from spreadwatch.ui.kit.painter import Painter
from spreadwatch.ui.kit.widgets import frame, painted, still

_FILLED, _HOLLOW = "\N{BLACK CIRCLE}", "\N{WHITE CIRCLE}"
_ENTRY_TAG, _TYPING_TAG = "SpreadwatchEntry", "SpreadwatchTyping"
_PASSED = ("Escape", "Tab", "ISO_Left_Tab", *(f"F{number}" for number in range(1, 13)))
_CLIPBOARD = ("c", "x", "v", "a", "C", "X", "V", "A")
_HELD = 0x4 | 0x8 | 0x20000  # Control, Alt on X11 or Command on macOS, Alt on Windows


class TextField:
    """A caption over a text field. Keys typed into it reach no shortcut of the window."""

    def __init__(self, parent: tk.Misc, painter: Painter, caption: str, chars: int, words: str = "") -> None:
        px = painter.px
        self.frame = frame(parent, painter, "card")
        still(self.frame, painter, caption, fonts.CAPTION, "faint", "card").pack(anchor="w")
        self.entry = tk.Entry(
            self.frame, width=chars, font=fonts.SMALL_FIGURE, relief="flat", borderwidth=px(3), highlightthickness=px(1)
        )
        painter.tint(self.entry, background="background", foreground="text", insertbackground="text")
        painter.tint(self.entry, highlightbackground="border", highlightcolor="accent")
        painter.tint(self.entry, selectbackground="accent", selectforeground="background")
        self.entry.insert(0, words)
        self.entry.pack(fill="x", pady=(px(2), 0))
        path, kind, *outer = self.entry.bindtags()
        self.entry.bindtags((path, kind, _ENTRY_TAG, *outer))
        self.entry.bind_class(_ENTRY_TAG, "<Key>", _keep_key)

    @property
    def text(self) -> str:
        """What is typed."""
        return self.entry.get()


def _keep_key(event: "tk.Event[tk.Misc]") -> str | None:
    """Keep a key from the window's shortcuts when it belongs to the text."""
    if int(event.state) & _HELD:
        return "break" if event.keysym in _CLIPBOARD else None
    return None if event.keysym in _PASSED else "break"


class WordChoice:
    """One of a few words: by click, or with the arrow keys and space when it has the focus."""

    def __init__(self, parent: tk.Misc, painter: Painter, caption: str, words: Sequence[str]) -> None:
        px = painter.px
        self._words = tuple(str(word) for word in words)
        self._painter = painter
        self._index = 0
        self.frame = frame(parent, painter, "card")
        still(self.frame, painter, caption, fonts.CAPTION, "faint", "card").pack(anchor="w")
        self.line = tk.Frame(self.frame, borderwidth=0, highlightthickness=px(1), takefocus=1, padx=px(4), pady=px(3))
        painter.tint(self.line, background="card", highlightbackground="card", highlightcolor="accent")
        self.line.pack(anchor="w", pady=(px(2), 0))
        self._cells = []
        for number in range(len(self._words)):
            label, cell = painted(self.line, painter, fonts.SMALL_WORDS, "muted", "card", chars=None)
            label.grid(row=0, column=number, padx=(px(10) if number else 0, 0))
            label.configure(cursor="hand2")
            label.bind("<Button-1>", lambda _event, number=number: self._clicked(number))  # type: ignore[misc]
            self._cells.append(cell)
        for key, by in (("Left", -1), ("Right", 1), ("Up", -1), ("Down", 1), ("space", 1)):
            self.line.bind(f"<Key-{key}>", lambda _event, by=by: self._step(by))  # type: ignore[misc]
        self._paint()

    @property
    def text(self) -> str:
        """The chosen word."""
        return self._words[self._index]

    def _clicked(self, number: int) -> None:
        self.line.focus_set()
        self._step(number - self._index)

    def _step(self, by: int) -> str:
        self._index = (self._index + by) % len(self._words)
        self._paint()
        self._painter.flush_now()
        return "break"

    def _paint(self) -> None:
        for number, (cell, word) in enumerate(zip(self._cells, self._words, strict=True)):
            is_chosen = number == self._index
            cell.show(f"{_FILLED if is_chosen else _HOLLOW} {word}", "text" if is_chosen else "muted")


def leave_typing_alone(entry: tk.Entry, *, apple: bool) -> None:
    """Keep the keys that write or edit text from doing anything else in the window; the others still do."""
    modifier = "Command" if apple else "Control"
    own, kind, *rest = entry.bindtags()
    entry.bindtags((own, kind, _TYPING_TAG, *rest))
    entry.bind_class(_TYPING_TAG, "<Key>", lambda _event: "break")
    passing = (f"<{modifier}-Key>", "<Escape>", "<<NextWindow>>", "<<PrevWindow>>")
    for sequence in (*passing, *(f"<F{number}>" for number in range(1, 13))):
        entry.bind_class(_TYPING_TAG, sequence, lambda _event: None)
    for letter in "acvxACVX":
        entry.bind_class(_TYPING_TAG, f"<{modifier}-Key-{letter}>", lambda _event: "break")
