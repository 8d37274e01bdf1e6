"""The line above the chart: what it shows, and small buttons to show something else."""

import tkinter as tk
from collections.abc import Callable

from spreadwatch.ui.chart.view import WINDOWS
from spreadwatch.ui.kit import fonts
from spreadwatch.ui.kit.painter import Painter
from spreadwatch.ui.kit.widgets import frame, painted

_WIDEST = "LAST 15 MINUTES · REVERSE"
_LIVE = "\N{RIGHTWARDS ARROW} live"


class BarButton:
    """Words that act on a click, or on Return and the space bar when they have the focus."""

    def __init__(self, parent: tk.Misc, painter: Painter, words: str, act: Callable[[], None]) -> None:
        self._painter = painter
        self._act = act
        self._chosen = False
        self.label, self._cell = painted(parent, painter, fonts.WORDS, "muted", "card", chars=None, anchor="center")
        px = painter.px
        self.label.configure(text=words, cursor="hand2", takefocus=1, highlightthickness=px(1), padx=px(7), pady=px(2))
        painter.tint(self.label, highlightbackground="card", highlightcolor="accent")
        self._cell.show(words, "muted")
        for event in ("<Button-1>", "<Return>", "<KP_Enter>", "<space>"):
            self.label.bind(event, self._pressed)

    def choose(self, *, chosen: bool) -> None:
        """Show whether this is what is shown."""
        if chosen != self._chosen:
            self._chosen = chosen
            self.recolour()

    def recolour(self) -> None:
        """Take the colours from the painter's palette."""
        ground = self._painter.palette["border" if self._chosen else "card"]
        self._painter.change(str(self.label), "configure", "-background", ground)
        self._cell.show(self._cell.words, "text" if self._chosen else "muted")

    def _pressed(self, _event: "tk.Event[tk.Misc]") -> str:
        self._act()
        return "break"


class ChartBar:
    """Caption on the left; on the right the way back to live, the reverse, the export and the windows."""

    def __init__(
        self,
        parent: tk.Misc,
        painter: Painter,
        choose: Callable[[str], None],
        follow: Callable[[], None],
        turn: Callable[[], None],
        export: Callable[[], None],
    ) -> None:
        px = painter.px
        self.frame = frame(parent, painter, "card")
        caption, self._caption = painted(self.frame, painter, fonts.CAPTION, "muted", "card", chars=None)
        caption.configure(width=1)  # the room left is its: it must not push the buttons out of sight
        caption.grid(row=0, column=0, sticky="ew")
        self.live = BarButton(self.frame, painter, _LIVE, follow)
        self.live.label.grid(row=0, column=2, padx=(0, px(8)))
        # Its room is kept free, so that nothing jumps when it comes.
        self.frame.columnconfigure(2, minsize=self.live.label.winfo_reqwidth() + px(8))
        self.live.label.grid_remove()
        self.reverse = BarButton(self.frame, painter, "reverse", turn)
        self.reverse.label.grid(row=0, column=3)
        self.export = BarButton(self.frame, painter, "CSV", export)
        self.export.label.grid(row=0, column=4, padx=(px(2), px(12)))
        self.windows: dict[str, BarButton] = {}
        for column, name in enumerate(WINDOWS, start=5):
            choice = BarButton(self.frame, painter, name, lambda name=name: choose(name))  # type: ignore[misc]
            choice.label.grid(row=0, column=column)
            self.windows[name] = choice
        self.frame.columnconfigure(0, weight=1, minsize=painter.measure(fonts.CAPTION, _WIDEST))
        self._is_live = True

    def show(self, caption: str, window: str | None, *, live: bool, reverse: bool) -> None:
        """Show what the chart shows."""
        self._caption.show(caption, "muted")
        for name, choice in self.windows.items():
            choice.choose(chosen=name == window)
        self.reverse.choose(chosen=reverse)
        if live != self._is_live:
            self._is_live = live
            if live:
                self.live.label.grid_remove()
            else:
                self.live.label.grid()

    def recolour(self) -> None:
        """Take the colours from the painter's palette."""
        for choice in (self.live, self.reverse, self.export, *self.windows.values()):
            choice.recolour()
