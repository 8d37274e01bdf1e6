"""The bare window: its size and place, remembered and kept on the screen, and its end."""

import tkinter as tk
from collections.abc import Callable
from pathlib import Path

from spreadwatch.ui.frame import geometry
from spreadwatch.ui.frame.geometry import Rect, Remembered
from spreadwatch.ui.kit import scale

_FULL_WIDTH, _FULL_HEIGHT = 761, 684
_COMPACT_WIDTH = 511
_TAKEN = 80
"""Height that a desktop's own bars and the window's frame take of a small screen."""

_interpreters: list[object] = []
"""Every Tcl interpreter made here. One freed by a garbage collector that happens to run in a worker thread
would abort the process, so none is ever freed."""


class Window:
    """A withdrawn `tkinter.Tk` that knows how large it must be. Raises TclError where there is no display."""

    def __init__(self, remember_in: Path | None, *, compact: bool) -> None:
        scale.become_dpi_aware()
        self.root = tk.Tk(className="spreadwatch")
        _interpreters.append(self.root.tk)
        self.root.withdraw()
        self.px = scale.px_for(scale.scale_of(self.root))
        self._file = remember_in
        stored = geometry.load(remember_in) if remember_in else Remembered()
        self.compact = compact or stored.compact
        self.costs = stored.costs
        """Whether all that costs is shown, or one line of it; remembered."""
        self._rects = {False: stored.full, True: stored.small}
        self._lent: Rect | None = None
        self._aside = 0
        self._is_gone = False

    def place(self) -> None:
        """Give the window its first size and, when that is remembered, its place."""
        stored = self._rects[self.compact]
        self.root.update_idletasks()
        if stored is None:
            self.root.geometry("{}x{}".format(*self._usual()))
        else:
            self.root.geometry(str(self._clamped(stored)))
        self.root.minsize(*self._least())

    def show(self) -> None:
        """Map the window and let it be drawn."""
        self.root.deiconify()
        self.root.update()

    def fit(self) -> None:
        """Grow the window when what is in it has grown; never make it smaller."""
        self.root.update_idletasks()
        if self._is_gone:  # closed by what was waiting for an idle moment
            return
        width, height = self._least()
        self.root.minsize(width, height)
        now = geometry.parse(self.root.geometry())
        if now and now.width > 1 and (now.width < width or now.height < height):
            self.root.geometry(f"{max(now.width, width)}x{max(now.height, height)}")

    def switch(self, arrange: Callable[[], None]) -> None:
        """Take the other form and its size. `arrange` shows its widgets. The upper left corner stays."""
        now = self._present()
        self._rects[self.compact] = now
        self._lent = None
        self.compact = not self.compact
        arrange()
        self.root.update_idletasks()
        width, height = self._least()
        self.root.minsize(width, height)
        stored = self._rects[self.compact]
        if stored is not None:
            width, height = max(stored.width, width), max(stored.height, height)
        else:
            width, height = self._usual()
        if now is not None:
            self._move(Rect(now.x, now.y, width, height), now)

    def lend(self, width: int, height: int) -> None:
        """Make room for something passing, until `give_back`; may be called again before that."""
        now = geometry.parse(self.root.geometry())
        if now and (now.width < width or now.height < height):
            self._lent = self._lent or now
            self._move(Rect(now.x, now.y, max(now.width, width), max(now.height, height)), now)

    def give_back(self) -> None:
        """Take back the room that was lent."""
        if self._lent is not None:
            self.root.geometry(f"{self._lent.width}x{self._lent.height}")
            self._lent = None

    def set_aside(self, width: int) -> None:
        """Make the full form wider or narrower by what now stands, or no longer stands, beside its usual content."""
        by, self._aside = width - self._aside, width
        if self.compact:
            self._rects[False] = _wider(self._rects[False], by)
            return
        self._lent = _wider(self._lent, by)
        now = geometry.parse(self.root.geometry())
        if now is None or now.width <= 1 or self._is_zoomed():  # not placed yet, or as wide as can be
            return
        self.root.update_idletasks()
        self.root.minsize(*self._least())
        self._move(Rect(now.x, now.y, max(now.width + by, 1), now.height), now)

    def set_height(self, height: int) -> None:
        """Make the window so high: what is in it takes more room, or less, from now on."""
        now = geometry.parse(self.root.geometry())
        if now is None or now.width <= 1 or self._is_zoomed():
            return
        self.root.update_idletasks()
        self.root.minsize(*self._least())
        self._move(Rect(now.x, now.y, now.width, height), now)

    def destroy(self) -> None:
        """End the window at once, then remember where it stood."""
        self._is_gone = True
        self._rects[self.compact] = self._present()
        for timer in self.root.tk.splitlist(self.root.tk.call("after", "info")):
            self.root.tk.call("after", "cancel", timer)
        self.root.quit()  # other interpreters of this process would keep the main loop going
        self.root.destroy()
        if self._file is not None:
            geometry.save(self._file, Remembered(self._rects[False], self._rects[True], self.compact, self.costs))

    def _present(self) -> Rect | None:
        """Return where the window stands, or what was remembered when it fills the screen or was never seen."""
        now = geometry.parse(self.root.geometry())
        if now is None or now.width <= 1 or self._is_zoomed():
            return self._rects[self.compact]
        if self._lent is not None:
            return Rect(now.x, now.y, self._lent.width, self._lent.height)
        return now

    def _is_zoomed(self) -> bool:
        if self.root.tk.call("tk", "windowingsystem") == "x11":
            return bool(self.root.tk.getboolean(self.root.tk.call("wm", "attributes", self.root, "-zoomed")))
        return self.root.state() == "zoomed"

    def _least(self) -> tuple[int, int]:
        return self.root.winfo_reqwidth(), self.root.winfo_reqheight()

    def _usual(self) -> tuple[int, int]:
        """Return the first size. The chart of the full form takes what the rest leaves."""
        width, height = self._least()
        if self.compact:
            return max(width, self.px(_COMPACT_WIDTH)), height
        room = min(self.px(_FULL_HEIGHT), self.root.winfo_screenheight() - self.px(_TAKEN))
        return max(width, self.px(_FULL_WIDTH) + self._aside), max(height, room)

    def _clamped(self, wanted: Rect) -> Rect:
        root = self.root
        screen = Rect(root.winfo_vrootx(), root.winfo_vrooty(), root.winfo_vrootwidth(), root.winfo_vrootheight())
        return geometry.clamp(wanted, screen, *self._least())

    def _move(self, wanted: Rect, now: Rect) -> None:
        """Resize, and move only when the new size would leave the screen."""
        wanted = self._clamped(wanted)
        if (wanted.x, wanted.y) == (now.x, now.y):
            self.root.geometry(f"{wanted.width}x{wanted.height}")
        else:
            self.root.geometry(str(wanted))


def _wider(rect: Rect | None, by: int) -> Rect | None:
    return rect and Rect(rect.x, rect.y, max(rect.width + by, 1), rect.height)
