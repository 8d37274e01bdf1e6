"""A problem sentence in the window, until it is clicked away or replaced."""

import tkinter as tk

from spreadwatch.ui.kit import fonts
from spreadwatch.ui.kit.painter import Painter
from spreadwatch.ui.kit.widgets import frame, still
from spreadwatch.ui.kit.wrapping import WrappedLine


class Notice:
    """A line that takes room only while it has something to say."""

    def __init__(self, parent: tk.Misc, painter: Painter) -> None:
        px = painter.px
        self._painter = painter
        self.frame = frame(parent, painter, "background")
        mark = still(self.frame, painter, "!", fonts.CAPTION, "background", "down")
        mark.configure(padx=px(6), pady=px(1))
        mark.grid(row=0, column=0, sticky="n", padx=(0, px(8)))
        self._line = WrappedLine(self.frame, painter, fonts.SMALL_WORDS, "background", lines=1)
        self._line.label.grid(row=0, column=1, sticky="ew")
        close = still(self.frame, painter, "\N{MULTIPLICATION SIGN}", fonts.WORDS, "muted", "background")
        close.grid(row=0, column=2, sticky="n", padx=(px(8), 0))
        self.frame.columnconfigure(1, weight=1)
        for widget in (mark, self._line.label, close):
            widget.configure(cursor="hand2")
            widget.bind("<Button-1>", lambda _event: self.dismiss())

    @property
    def words(self) -> str:
        """The sentence shown; empty when there is none."""
        return self._line.words

    def show(self, sentence: str) -> None:
        """Show a sentence in place of the last one."""
        self._line.show(sentence, "text")
        self.frame.grid()
        self._painter.resized = True

    def dismiss(self) -> None:
        """Take the sentence away."""
        self._line.show("", "text")
        self._line.shrink()
        self.frame.grid_remove()
