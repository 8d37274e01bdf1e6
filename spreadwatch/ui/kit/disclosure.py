"""A caption that opens and closes what it heads."""

import tkinter as tk
from collections.abc import Callable

from spreadwatch.ui.kit import fonts
from spreadwatch.ui.kit.painter import Painter
from spreadwatch.ui.kit.widgets import Value

_OPEN, _CLOSED = "\N{BLACK DOWN-POINTING SMALL TRIANGLE}", "\N{BLACK RIGHT-POINTING SMALL TRIANGLE}"


class Fold:
    """Acts on a click, or on Return and the space bar when it has the focus."""

    def __init__(
        self, parent: tk.Misc, painter: Painter, words: str, act: Callable[[], None], *, is_open: bool
    ) -> None:
        self._value = Value(parent, painter, _copy_nothing, fonts.CAPTION, chars=0, anchor="w", press=act)
        self._value.show(f"{words} {_OPEN if is_open else _CLOSED}", "muted", "")
        self.label = self._value.label


def _copy_nothing(_exact: str, _words: str) -> None:
    return
