"""What can be seen in a window, and whether any of it is clipped or covered."""

import itertools
import tkinter as tk
from collections.abc import Iterator


def visible(root: tk.Misc) -> Iterator[tk.Misc]:
    """Yield every widget on the screen, menus excepted."""
    for widget in root.winfo_children():
        if widget.winfo_viewable() and widget.winfo_class() != "Menu":
            yield widget
            yield from visible(widget)


def labels(root: tk.Misc) -> list[tk.Label]:
    """Return the visible labels that have a text."""
    return [widget for widget in visible(root) if isinstance(widget, tk.Label) and widget.cget("text")]


def box(widget: tk.Misc) -> tuple[int, int, int, int]:
    """Return left, top, right and bottom on the screen."""
    x, y = widget.winfo_rootx(), widget.winfo_rooty()
    return x, y, x + widget.winfo_width(), y + widget.winfo_height()


def check(root: tk.Tk) -> None:
    """Fail unless every widget has the room that it asks for, and no text lies over another."""
    probe = tk.Label(root)
    options = ("text", "font", "padx", "pady", "borderwidth", "highlightthickness", "wraplength", "justify")
    for one in labels(root):
        probe.configure({option: one.cget(option) for option in options})
        needs, has = (probe.winfo_reqwidth(), probe.winfo_reqheight()), (one.winfo_width(), one.winfo_height())
        assert needs[0] <= has[0], (one.cget("text"), needs, has)
        assert needs[1] <= has[1], (one.cget("text"), needs, has)
    probe.destroy()
    left, top, right, bottom = box(root)
    for widget in visible(root):
        assert widget.winfo_width() >= widget.winfo_reqwidth(), widget
        assert widget.winfo_height() >= widget.winfo_reqheight(), widget
        x1, y1, x2, y2 = box(widget)
        assert left <= x1 <= x2 <= right, widget
        assert top <= y1 <= y2 <= bottom, widget
    for one, other in itertools.combinations(labels(root), 2):
        a, b = box(one), box(other)
        apart = a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]
        assert apart, (one.cget("text"), other.cget("text"))
