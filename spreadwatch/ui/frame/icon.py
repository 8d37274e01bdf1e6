"""The window's icon, drawn in code: a high and a low line, and the gap between them."""

import tkinter as tk

from spreadwatch.ui.kit.theme import PALETTES, Role

_SIZE = 64
_SHAPES: tuple[tuple[Role, int, int, int, int], ...] = (
    ("card", 2, 2, 62, 62),
    ("border", 2, 2, 62, 4), ("border", 2, 60, 62, 62), ("border", 2, 2, 4, 62), ("border", 60, 2, 62, 62),
    ("up", 12, 14, 52, 22),
    ("down", 12, 42, 52, 50),
    ("text", 29, 26, 35, 38),
)  # fmt: skip


def set_icon(root: tk.Tk) -> None:
    """Give the window its icon.

    By plain Tcl calls: a `tkinter.PhotoImage` that a worker thread's garbage collector frees would call
    Tcl from there.
    """
    call = root.tk.call
    image = call("image", "create", "photo", "spreadwatch-icon", "-width", _SIZE, "-height", _SIZE)
    for role, *box in _SHAPES:
        call(image, "put", PALETTES["dark"][role], "-to", *box)
    call("wm", "iconphoto", root, "-default", image)
