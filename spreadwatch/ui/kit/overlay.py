"""Panels laid over the window under its header, one at a time. No window of their own."""

import tkinter as tk
from typing import Protocol

from spreadwatch.core.snapshot import Snapshot
from spreadwatch.ui.kit.painter import Painter
from spreadwatch.ui.kit.widgets import card, frame


class Host(Protocol):
    """The window that panels are laid over. `compact`: whether it shows the little that its small form has room for."""

    root: tk.Tk
    compact: bool

    def lend(self, width: int, height: int) -> None:
        """Make room for something passing, until `give_back`."""

    def give_back(self) -> None:
        """Take back the room that was lent."""


class Panel:
    """What can be laid over the window: a card, filled by the subclass."""

    closes_on_click = True
    """A click anywhere on it closes it. Escape always does."""

    fills = True
    """Covers all below the header. Else it takes only what it needs where that leaves the big number in sight."""

    def __init__(self, parent: tk.Misc, painter: Painter) -> None:
        self.frame = frame(parent, painter, "background")
        self.card = card(self.frame, painter)
        self.card.configure(padx=painter.px(20), pady=painter.px(14))
        self.card.pack(fill="both", expand=True)
        if not self.fills:
            painter.tint(self.card, highlightbackground="muted", highlightcolor="muted")

    def asked(self, snapshot: Snapshot | None, *, is_open: bool) -> bool | str:
        """Get ready after its key was pressed; tell whether it is to be open now, or in words why it cannot be."""
        if not is_open:
            self.render(snapshot, at_once=True)
        return not is_open

    def focus(self) -> None:
        """Take the keyboard, right after it was opened."""

    def render(self, snapshot: Snapshot | None, *, at_once: bool = False) -> None:
        """Paint what changes with time; `at_once` however little ago it was painted."""

    def copy_text(self) -> tuple[str, str] | None:
        """Return what is copied from it and a word for that, empty texts for nothing yet; None when nothing ever is."""

    def closed(self) -> None:
        """Hear that it was taken away."""

    def needs(self) -> tuple[int, int]:
        """Return the width and height in pixels that it needs."""
        self.card.update_idletasks()
        return self.card.winfo_reqwidth(), self.card.winfo_reqheight()


class Overlay:
    """Opens a panel over everything in `area` from the upper edge of `first` on; a click closes it."""

    def __init__(self, window: Host, area: tk.Misc, first: tk.Misc, number: tk.Misc, side: tk.Misc) -> None:
        """Leave `number` in sight of a panel that need not fill the window; where there is no room, cover it whole.

        Never a part of it, which would read as another number. What stands in `side` is covered in its full width,
        for the same reason.
        """
        self.shown: Panel | None = None
        self._window = window
        self._area = area
        self._first = first
        self._number = number
        self._side = side
        window.root.bind("<Button-1>", self._clicked)

    def toggle(self, panel: Panel) -> None:
        """Open a panel in place of any other, or close it when it is open."""
        if self.shown is panel:
            self.close()
            return
        if self.shown is not None:
            self._take_away(self.shown)
        self.shown = panel
        width, height = panel.needs()
        root, area, top = self._window.root, self._area, self._first.winfo_y()
        margin_x = root.winfo_width() - area.winfo_width()
        margin_y = root.winfo_height() - area.winfo_height()
        self._window.lend(width + margin_x, height + top + margin_y)
        number, side = self._number, self._side
        if side.winfo_ismapped():
            width = max(width, side.winfo_width())
        kept = number.winfo_rootx() + number.winfo_width() - area.winfo_rootx()
        if panel.fills or self._window.compact or area.winfo_width() - width < kept:
            panel.frame.place(in_=area, x=0, y=top, relwidth=1, relheight=1, height=-top)
        else:
            panel.frame.place(in_=area, relx=1, y=top, width=width, anchor="ne")
        panel.frame.lift()

    def close(self) -> None:
        """Take the panel away, and the room that was lent to it."""
        if self.shown is not None:
            self._take_away(self.shown)
            self.shown = None
            self._window.give_back()

    def _take_away(self, panel: Panel) -> None:
        panel.frame.place_forget()
        panel.closed()

    def _clicked(self, event: "tk.Event[tk.Misc]") -> None:
        panel = self.shown
        if panel is not None and panel.closes_on_click and str(event.widget).startswith(str(panel.frame)):
            self.close()
