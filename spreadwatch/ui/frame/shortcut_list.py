"""The list of shortcuts, made of their table."""

import tkinter as tk
from collections.abc import Sequence

from spreadwatch.ui.frame.shortcuts import MORE_HINTS, SHORTCUTS, is_apple, label
from spreadwatch.ui.kit import fonts
from spreadwatch.ui.kit.overlay import Panel
from spreadwatch.ui.kit.painter import Painter
from spreadwatch.ui.kit.widgets import frame, still

_COLUMNS = 2


class ShortcutList(Panel):
    """Every key and what it does; `hints` are keys that only this window has."""

    def __init__(self, parent: tk.Misc, painter: Painter, hints: Sequence[tuple[tuple[str, ...], str]] = ()) -> None:
        super().__init__(parent, painter)
        px = painter.px
        self.inner = inner = frame(self.card, painter, "card")
        inner.pack(expand=True)
        still(inner, painter, "SHORTCUTS", fonts.CAPTION, "muted", "card").grid(
            row=0, column=0, columnspan=5, sticky="w", pady=(0, px(8))
        )
        apple = is_apple(parent)
        table = [
            ((one.group,) if one.group else tuple(label(key, apple=apple) for key in one.keys), one.words)
            for one in SHORTCUTS
            if one.group != ""
        ]
        table += [*hints, *MORE_HINTS]
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
