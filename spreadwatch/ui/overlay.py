"""The list of shortcuts, laid over the window under its header. No window of its own."""

import tkinter as tk

from spreadwatch.ui import fonts
from spreadwatch.ui.painter import Painter
from spreadwatch.ui.shortcuts import MORE_HINTS, SHORTCUTS, is_apple, label
from spreadwatch.ui.widgets import card, frame, still

_ROWS = 6


class Overlay:
    """Opens and closes over `parent`."""

    def __init__(self, parent: tk.Misc, painter: Painter) -> None:
        px = painter.px
        self.frame = frame(parent, painter, "background")
        self.card = card(self.frame, painter)
        self.card.configure(padx=px(20), pady=px(14))
        self.card.pack(fill="both", expand=True)
        inner = frame(self.card, painter, "card")
        inner.pack(expand=True)
        still(inner, painter, "SHORTCUTS", fonts.CAPTION, "muted", "card").grid(
            row=0, column=0, columnspan=5, sticky="w", pady=(0, px(8))
        )
        apple = is_apple(parent)
        rows = [(tuple(label(key, apple=apple) for key in one.keys), one.words) for one in SHORTCUTS]
        for number, (keys, words) in enumerate([*rows, *MORE_HINTS]):
            row, column = 1 + number % _ROWS, number // _ROWS * 3
            held = "  ".join(keys)
            still(inner, painter, held, fonts.SMALL_FIGURE, "text", "card").grid(
                row=row, column=column, sticky="w", pady=px(3)
            )
            still(inner, painter, words, fonts.WORDS, "muted", "card").grid(
                row=row, column=column + 1, sticky="w", padx=(px(16), 0)
            )
        inner.columnconfigure(2, minsize=px(36))
        for widget in (self.frame, self.card, inner, *inner.winfo_children()):
            widget.bind("<Button-1>", lambda _event: self.close())
        self._inner = inner
        self._painter = painter
        self.is_open = False

    def needs(self) -> tuple[int, int]:
        """Return the width and height in pixels that the list needs."""
        self._inner.update_idletasks()
        return self.card.winfo_reqwidth(), self.card.winfo_reqheight()

    def open(self, area: tk.Misc, top: int) -> None:
        """Lay the list over everything in `area` that is at least `top` pixels below its upper edge."""
        self.is_open = True
        self.frame.place(in_=area, x=0, y=top, relwidth=1, relheight=1, height=-top)
        self.frame.lift()

    def close(self) -> None:
        """Take the list away."""
        self.is_open = False
        self.frame.place_forget()
