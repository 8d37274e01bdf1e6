"""The form for a new rule, inside the window: texts and choices, reached by Tab, sent by Return."""

import tkinter as tk
from collections.abc import Callable, Mapping, Sequence
from tkinter import ttk

from spreadwatch.core.alerts import Direction, Number
from spreadwatch.ui.alerts import words as alert_words
from spreadwatch.ui.kit import fonts, theme
from spreadwatch.ui.kit.painter import Painter
from spreadwatch.ui.kit.widgets import frame, painted, still
from spreadwatch.ui.kit.wrapping import WrappedLine

_FILLED, _HOLLOW = "\N{BLACK CIRCLE}", "\N{WHITE CIRCLE}"
_ENTRY_TAG = "SpreadwatchEntry"
_PASSED = ("Escape", "Tab", "ISO_Left_Tab", *(f"F{number}" for number in range(1, 13)))
_CLIPBOARD = ("c", "x", "v", "a", "C", "X", "V", "A")
_HELD = 0x4 | 0x8 | 0x20000  # Control, Alt on X11 or Command on macOS, Alt on Windows


class Form:
    """Collects a rule as texts under the names of its fields.

    `add` gets them and returns the sentence that refuses them, or None when there is a new rule.
    """

    def __init__(
        self,
        parent: tk.Misc,
        painter: Painter,
        add: Callable[[Mapping[str, str]], str | None],
        changed: Callable[[], object],
    ) -> None:
        px = painter.px
        self._painter = painter
        self._add = add
        self._changed = changed
        self.frame = frame(parent, painter, "card")
        first, second = frame(self.frame, painter, "card"), frame(self.frame, painter, "card")
        first.grid(row=0, column=0, sticky="ew")
        second.grid(row=1, column=0, sticky="ew", pady=(px(6), 0))
        self.frame.columnconfigure(0, weight=1)
        self.fields: dict[str, Entry | Choice] = {
            "symbol": Entry(first, painter, "SYMBOL", 12, alert_words.EVERY),
            "number": Choice(first, painter, "NUMBER", tuple(Number), changed),
            "side": Choice(first, painter, "FIRES", tuple(Direction), changed),
            "level": Entry(first, painter, "LEVEL", 9),
            "rearm": Entry(first, painter, "RE-ARM", 9),
            "hold_s": Entry(second, painter, "HOLD, S", 6),
            "cooldown_s": Entry(second, painter, "COOL-DOWN, S", 6),
            "once": Choice(second, painter, "ONCE", ("no", "yes"), changed),
            "name": Entry(second, painter, "NAME, IF YOU LIKE", 18),
        }
        for line, count in ((first, 5), (second, 4)):
            for column, field in enumerate([one for one in self.fields.values() if one.frame.master is line]):
                is_last = line is second and column == count - 1
                field.frame.grid(
                    row=0, column=column, sticky="new" if is_last else "nw", padx=(px(14) if column else 0, 0)
                )
        second.columnconfigure(3, weight=1)
        self.button = ttk.Button(second, text="Add rule", style=theme.BUTTON, command=self.send)
        self.button.grid(row=0, column=4, sticky="se", padx=(px(14), 0))
        self._refusal = WrappedLine(self.frame, painter, fonts.SMALL_WORDS, "card", lines=2)
        self._refusal.label.grid(row=2, column=0, sticky="ew", pady=(px(6), 0))
        for field in self.fields.values():
            field.frame.bind("<Return>", self._returned)
            if isinstance(field, Entry):
                for key in ("<Return>", "<KP_Enter>"):
                    field.entry.bind(key, self._returned)

    @property
    def refusal(self) -> str:
        """The sentence shown; empty when the last rule was taken."""
        return self._refusal.words

    def texts(self) -> dict[str, str]:
        """Return what is typed and chosen."""
        return {name: field.text for name, field in self.fields.items()}

    def send(self) -> None:
        """Offer the rule; clear the numbers when it was taken, else say why not."""
        refused = self._add(self.texts())
        self._refusal.show(refused or "", "stale")
        if refused is None:
            for name in ("level", "rearm", "name"):
                field = self.fields[name]
                if isinstance(field, Entry):
                    field.entry.delete(0, "end")
        self._changed()

    def _returned(self, _event: "tk.Event[tk.Misc]") -> str:
        self.send()
        return "break"


class Entry:
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


class Choice:
    """One of a few words: by click, or with the arrow keys and space when it has the focus."""

    def __init__(
        self, parent: tk.Misc, painter: Painter, caption: str, words: Sequence[str], changed: Callable[[], object]
    ) -> None:
        px = painter.px
        self._words = tuple(str(word) for word in words)
        self._changed = changed
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
        self._changed()
        return "break"

    def _paint(self) -> None:
        for number, (cell, word) in enumerate(zip(self._cells, self._words, strict=True)):
            is_chosen = number == self._index
            cell.show(f"{_FILLED if is_chosen else _HOLLOW} {word}", "text" if is_chosen else "muted")
