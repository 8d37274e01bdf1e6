"""What the window says of its own accord: brief words on what was just done, and problems; and the clipboard."""

import tkinter as tk
from collections.abc import Callable

_FEEDBACK_MS = 1_800


class Feedback:
    """Says something for a moment. `show` paints the words, or takes them away when they are empty.

    `note` shows a problem until it is dismissed.
    """

    def __init__(self, root: tk.Misc, show: Callable[[str], None], note: Callable[[str], None]) -> None:
        self.note = note
        self._root = root
        self._show = show
        self._timer: str | None = None

    def say(self, words: str, for_ms: int = _FEEDBACK_MS) -> None:
        """Show words for a moment."""
        self._show(words)
        if self._timer is not None:
            self._root.after_cancel(self._timer)
        self._timer = self._root.after(for_ms, self._say_nothing)

    def copy(self, exact: str, words: str) -> None:
        """Put a text on the clipboard and say so; empty: say that there is none."""
        if not exact:
            self.say("nothing to copy yet")
            return
        self._root.clipboard_clear()
        self._root.clipboard_append(exact)
        self.say(f"copied {words}")

    def _say_nothing(self) -> None:
        self._timer = None
        self._show("")
