"""The bare window: its size and place, remembered and kept on the screen, and its end."""

import contextlib
import json
import logging
import os
import re
import tkinter as tk
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from spreadwatch.ui.kit import scale

logger = logging.getLogger(__name__)

_GEOMETRY = re.compile(r"(\d+)x(\d+)\+(-?\d+)\+(-?\d+)")
_HIGHEST = 100_000  # pixels; more is a broken file


@dataclass(frozen=True, slots=True)
class Rect:
    """A rectangle in pixels of the virtual root, which may begin left of or above 0."""

    x: int
    y: int
    width: int
    height: int

    def __str__(self) -> str:
        """Write it as Tk's `wm geometry` takes it."""
        return f"{self.width}x{self.height}+{self.x}+{self.y}"


@dataclass(frozen=True, slots=True)
class Remembered:
    """The window of last time: where its full and its compact form stood, and which of them was shown.

    `costs`: whether all that costs stood there, or one line of it.
    """

    full: Rect | None = None
    small: Rect | None = None
    compact: bool = False
    costs: bool = False


def parse_geometry(geometry: str) -> Rect | None:
    """Read what `wm geometry` returns; None when it is something else."""
    match = _GEOMETRY.fullmatch(geometry)
    if match is None:
        return None
    width, height, x, y = (int(number) for number in match.groups())
    return Rect(x, y, width, height)


def clamp(wanted: Rect, screen: Rect, least_width: int, least_height: int) -> Rect:
    """Return `wanted` at no less than the least size, no larger than the screen if that allows, wholly on it.

    What cannot fit begins at the screen's upper left, where the title bar can be reached.
    """
    width = max(min(wanted.width, screen.width), least_width)
    height = max(min(wanted.height, screen.height), least_height)
    x = max(min(wanted.x, screen.x + screen.width - width), screen.x)
    y = max(min(wanted.y, screen.y + screen.height - height), screen.y)
    return Rect(x, y, width, height)


def load_remembered(path: Path) -> Remembered:
    """Read what was remembered. A missing file is nothing; a broken one is ignored with a warning."""
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        rects = _rect(stored.get("full")), _rect(stored.get("small"))
        return Remembered(*rects, stored.get("compact") is True, stored.get("costs") is True)
    except FileNotFoundError:
        return Remembered()
    except (OSError, ValueError, TypeError, AttributeError, RecursionError) as error:
        logger.warning("window position in %s ignored: %s", path, error)
        return Remembered()


def save_remembered(path: Path, remembered: Remembered) -> None:
    """Write the file anew, whole or not at all; a failure is only logged."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh.write_text(json.dumps(asdict(remembered)) + "\n", encoding="utf-8")
        fresh.replace(path)
    except OSError as error:
        logger.warning("window position not written to %s: %s", path, error)
        with contextlib.suppress(OSError):
            fresh.unlink(missing_ok=True)


def _rect(stored: object) -> Rect | None:
    if stored is None:
        return None
    if not isinstance(stored, dict):
        raise TypeError("a rectangle must be an object")
    numbers = [stored.get(name) for name in ("x", "y", "width", "height")]
    whole = [number for number in numbers if isinstance(number, int) and abs(number) <= _HIGHEST]
    if len(whole) != 4 or min(whole[2:]) < 1:
        raise ValueError("a rectangle needs x, y, width and height in pixels")
    return Rect(*whole)


_FULL_WIDTH, _FULL_HEIGHT = 761, 684
_COMPACT_WIDTH = 511
_TAKEN = 80
"""Height that a desktop's own bars and the window's frame take of a small screen."""

_interpreters: list[object] = []
"""Every Tcl interpreter made here. One freed by a garbage collector that happens to run in a worker thread
would abort the process, so none is ever freed."""


class MainWindow:
    """A withdrawn `tkinter.Tk` that knows how large it must be. Raises TclError where there is no display."""

    def __init__(self, remember_in: Path | None, *, compact: bool) -> None:
        scale.become_dpi_aware()
        self.root = tk.Tk(className="spreadwatch")
        _interpreters.append(self.root.tk)
        self.root.withdraw()
        self.px = scale.px_for(scale.scale_of(self.root))
        self._file = remember_in
        stored = load_remembered(remember_in) if remember_in else Remembered()
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
        now = parse_geometry(self.root.geometry())
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
        now = parse_geometry(self.root.geometry())
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
        now = parse_geometry(self.root.geometry())
        if now is None or now.width <= 1 or self._is_zoomed():  # not placed yet, or as wide as can be
            return
        self.root.update_idletasks()
        self.root.minsize(*self._least())
        self._move(Rect(now.x, now.y, max(now.width + by, 1), now.height), now)

    def set_height(self, height: int) -> None:
        """Make the window so high: what is in it takes more room, or less, from now on."""
        now = parse_geometry(self.root.geometry())
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
            save_remembered(self._file, Remembered(self._rects[False], self._rects[True], self.compact, self.costs))

    def _present(self) -> Rect | None:
        """Return where the window stands, or what was remembered when it fills the screen or was never seen."""
        now = parse_geometry(self.root.geometry())
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
        return clamp(wanted, screen, *self._least())

    def _move(self, wanted: Rect, now: Rect) -> None:
        """Resize, and move only when the new size would leave the screen."""
        wanted = self._clamped(wanted)
        if (wanted.x, wanted.y) == (now.x, now.y):
            self.root.geometry(f"{wanted.width}x{wanted.height}")
        else:
            self.root.geometry(str(wanted))


def _wider(rect: Rect | None, by: int) -> Rect | None:
    return rect and Rect(rect.x, rect.y, max(rect.width + by, 1), rect.height)
