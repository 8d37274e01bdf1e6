"""The window's icon, drawn in code: a high and a low line, and the gap between them."""

import tkinter as tk

_SIZE = 64
_SHAPES = (
    ("#161D27", 2, 2, 62, 62),
    ("#283443", 2, 2, 62, 4), ("#283443", 2, 60, 62, 62), ("#283443", 2, 2, 4, 62), ("#283443", 60, 2, 62, 62),
    ("#58A6FF", 12, 14, 52, 22),
    ("#F0883E", 12, 42, 52, 50),
    ("#E6EDF3", 29, 26, 35, 38),
)  # fmt: skip


def set_icon(root: tk.Tk) -> None:
    """Give the window its icon.

    By plain Tcl calls: a `tkinter.PhotoImage` that a worker thread's garbage collector frees would call
    Tcl from there.
    """
    call = root.tk.call
    image = call("image", "create", "photo", "spreadwatch-icon", "-width", _SIZE, "-height", _SIZE)
    for colour, *box in _SHAPES:
        call(image, "put", colour, "-to", *box)
    call("wm", "iconphoto", root, "-default", image)
