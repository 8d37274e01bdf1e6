"""A few words of explanation beside a widget, inside the window, while it is pointed at or has the focus."""

import tkinter as tk
from collections.abc import Callable

from spreadwatch.ui.kit import fonts
from spreadwatch.ui.kit.painter import Painter

_WIDTH = 300


class Tooltip:
    """One label for all explanations of a window, laid over it where it is needed."""

    def __init__(self, root: tk.Misc, painter: Painter) -> None:
        px = painter.px
        self._root = root
        self._gap = px(4)
        self.label = tk.Label(
            root,
            font=fonts.SMALL_WORDS,
            justify="left",
            anchor="w",
            wraplength=px(_WIDTH),
            borderwidth=0,
            highlightthickness=px(1),
            padx=px(10),
            pady=px(7),
        )
        painter.tint(self.label, background="hover", foreground="text", highlightbackground="border")

    def attach(self, widget: tk.Misc, words: Callable[[], str]) -> None:
        """Explain a widget; `words` are asked for each time, none shows nothing."""
        for event in ("<Enter>", "<FocusIn>"):
            widget.bind(event, lambda _event: self._show(widget, words()), add=True)
        for event in ("<Leave>", "<FocusOut>", "<Unmap>"):
            widget.bind(event, lambda _event: self.hide(), add=True)

    def _show(self, widget: tk.Misc, words: str) -> None:
        if not words:
            return
        self.label.configure(text=words)
        root, label = self._root, self.label
        label.update_idletasks()
        width, height = label.winfo_reqwidth(), label.winfo_reqheight()
        x = min(widget.winfo_rootx() - root.winfo_rootx(), root.winfo_width() - width - 2 * self._gap)
        top = widget.winfo_rooty() - root.winfo_rooty()
        below = top + widget.winfo_height() + self._gap
        fits = below + height <= root.winfo_height()
        label.place(x=max(x, 0), y=below if fits else max(top - height - self._gap, 0))
        label.lift()

    def hide(self) -> None:
        """Take the words away."""
        self.label.place_forget()
