"""What changed in a frame goes to Tcl in one call.

Every Tcl call gives other threads a chance to take the interpreter lock, so under load many small calls
cost far more than one large one. A frame without a change makes none.
"""

import math
import tkinter as tk
from collections.abc import Callable, Iterable, Iterator
from typing import Literal

from spreadwatch.config import Config
from spreadwatch.ui.kit.scale import Px
from spreadwatch.ui.kit.theme import Palette, Role

_PROCEDURE = "spreadwatch_paint"
_BODY = """
    set problem {}
    foreach command $args {
        if {[catch {{*}$command} message]} {set problem $message}
    }
    if {$problem ne {}} {error $problem}
"""  # one change that fails must not take the others of its frame with it

_Command = tuple[str | int, ...]
Drawing = Callable[[], Iterable[_Command]]
"""Gives all commands that draw something anew, such as the items of a canvas, in the palette of the moment."""

ColourOption = Literal[
    "-background", "-foreground", "-highlightbackground", "-highlightcolor", "-insertbackground", "-selectbackground",
    "-selectforeground",
]  # fmt: skip


class Painter:
    """Collects changes of labels and hands them over in `flush`. `px` scales lengths to this screen.

    `settings`: what a person set, for whatever is painted; `utc`: whether times of day are shown in UTC.
    """

    def __init__(self, root: tk.Misc, palette: Palette, px: Px, settings: Config) -> None:
        self.px = px
        self.palette = palette
        self.settings = settings
        self.utc = settings.window.time_zone == "utc"
        self.resized = False
        """True when a label changed its width or height; whoever fits the window sets it back."""
        self.flush_now: Callable[[], object] = self.flush
        """Call it after painting outside of a frame. The window puts its guard's flush here, which never raises."""
        self._tk = root.tk
        self._tk.call("proc", _PROCEDURE, "args", _BODY)
        self._pending: list[_Command] = []
        self._cells: list[Cell] = []
        self._tints: list[tuple[str, ColourOption, Role]] = []
        self._drawings: list[Drawing] = []
        self._lasting: dict[tuple[str, str], int] = {}
        self._lost = False
        self._advances: dict[str, dict[str, int]] = {}

    def tint(self, widget: tk.Misc, **roles: Role) -> None:
        """Colour a widget's options by role, now and after each change of theme: `background="card"`."""
        path = str(widget)
        for name, role in roles.items():
            option: ColourOption = f"-{name}"  # type: ignore[assignment]
            self._tints.append((path, option, role))
            self._pending.append((path, "configure", option, self.palette[role]))

    def cell(self, label: tk.Label, role: Role, chars: int | None = 0) -> "Cell":
        """Return the handle to paint a label, with `role` as its first colour.

        The label is at least `chars` digits wide and widens with its text; None leaves its width alone.
        """
        cell = Cell(self, str(label), str(label.cget("font")), role, chars)
        self._cells.append(cell)
        return cell

    def add_drawing(self, everything: Drawing) -> None:
        """Draw `everything` anew after a change of theme, and after a frame that got lost."""
        self._drawings.append(everything)

    def recolour(self, palette: Palette) -> None:
        """Change the theme of all that was painted."""
        self.palette = palette
        for everything in self._drawings:
            self._pending.extend(everything())
        self._pending.extend((path, "configure", option, palette[role]) for path, option, role in self._tints)
        for cell in self._cells:
            cell.recolour()

    def shrink(self) -> None:
        """Let every label go back to its least width: another symbol has other numbers."""
        for cell in self._cells:
            cell.shrink()

    def configure(self, path: str, option: str, value: int) -> None:
        """Set an option of a widget, such as `-height`."""
        self._lasting[path, option] = value
        self._pending.append((path, "configure", option, value))

    def change(self, *command: str | int) -> None:
        """Add any Tcl command to this frame's call."""
        self._pending.append(command)

    def flush(self) -> int:
        """Hand this frame's changes to Tcl in one call; return how many there were.

        Raises what Tcl answers. What got lost by that goes along with the next call.
        """
        if self._lost:
            self._pending = [*self._everything(), *self._pending]
        pending = self._pending
        if not pending:
            return 0
        self._pending = []
        self._lost = True
        self._tk.call(_PROCEDURE, *pending)
        self._lost = False
        return len(pending)

    def _everything(self) -> Iterator[_Command]:
        for path, option, role in self._tints:
            yield path, "configure", option, self.palette[role]
        for (path, name), value in self._lasting.items():
            yield path, "configure", name, value
        for cell in self._cells:
            yield cell.all()
        for everything in self._drawings:
            yield from everything()

    def measure(self, font: str, words: str) -> int:
        """Return the width of a text in pixels. Each character is asked of Tcl once."""
        advances = self._advances.setdefault(font, {})
        try:
            return sum([advances[character] for character in words])
        except KeyError:
            for character in set(words) - advances.keys():
                advances[character] = int(self._tk.call("font", "measure", font, character))
            return sum([advances[character] for character in words])


class Cell:
    """One label whose text and colour change. Its width only grows, so its neighbours stay put."""

    __slots__ = ("_chars", "_font", "_grows", "_least", "_painter", "_path", "_role", "_zero", "words")

    def __init__(self, painter: Painter, path: str, font: str, role: Role, chars: int | None) -> None:
        self.words = ""
        self._painter = painter
        self._path = path
        self._font = font
        self._role = role
        self._grows = chars is not None
        self._least = self._chars = chars or 0
        self._zero = max(painter.measure(font, "0"), 1)
        painter.change(path, "configure", "-foreground", painter.palette[role])
        if self._grows:
            painter.change(path, "configure", "-width", self._chars)

    def show(self, words: str, role: Role) -> None:
        """Show a text in a colour; costs nothing when both are as before."""
        if words == self.words:
            if role != self._role:
                self._role = role
                self._painter.change(self._path, "configure", "-foreground", self._painter.palette[role])
            return
        self.words, self._role = words, role
        painter = self._painter
        chars = self._needed() if self._grows else 0
        colour = painter.palette[role]
        if chars > self._chars:
            self._chars = chars
            painter.resized = True
            painter.change(self._path, "configure", "-text", words, "-foreground", colour, "-width", chars)
        else:
            painter.change(self._path, "configure", "-text", words, "-foreground", colour)

    def all(self) -> _Command:
        """Return the command that paints it whatever was painted before."""
        colour = self._painter.palette[self._role]
        command = (self._path, "configure", "-text", self.words, "-foreground", colour, "-font", self._font)
        return (*command, "-width", self._chars) if self._grows else command

    def recolour(self) -> None:
        """Take the colour of the same role from the painter's new palette."""
        self._painter.change(self._path, "configure", "-foreground", self._painter.palette[self._role])

    def shrink(self) -> None:
        """Go back to the least width that fits the text shown."""
        chars = max(self._least, self._needed()) if self._grows else 0
        if chars != self._chars:
            self._chars = chars
            self._painter.resized = True
            self._painter.change(self._path, "configure", "-width", chars)

    def set_font(self, font: str) -> None:
        """Draw in another font from now on."""
        if font == self._font:
            return
        self._font = font
        self._zero = max(self._painter.measure(font, "0"), 1)
        self._chars = max(self._least, self._needed())
        self._painter.resized = True
        self._painter.change(self._path, "configure", "-font", font, "-width", self._chars)

    def _needed(self) -> int:
        return math.ceil(self._painter.measure(self._font, self.words) / self._zero)
