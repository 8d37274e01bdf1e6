"""The faces: digits in a monospace one, words in the system's.

Named fonts are made by plain Tcl calls: a `tkinter.font.Font` that a worker thread's garbage collector
frees would call Tcl from there.
"""

import logging
import tkinter as tk
from collections.abc import Iterable, Sequence

from spreadwatch.ui.kit.scale import Px

logger = logging.getLogger(__name__)

GIANT = "spreadwatch-giant"
LARGE = "spreadwatch-large"
FIGURE = "spreadwatch-figure"
SMALL_FIGURE = "spreadwatch-small-figure"
SYMBOL = "spreadwatch-symbol"
CAPTION = "spreadwatch-caption"
WORDS = "spreadwatch-words"
SMALL_WORDS = "spreadwatch-small-words"

_DIGITS = ("JetBrains Mono", "Cascadia Mono", "SF Mono", "Menlo", "Consolas", "DejaVu Sans Mono")
_LETTERS = ("Inter", "Segoe UI", "SF Pro Text", "Helvetica Neue", "Noto Sans", "DejaVu Sans")
_WIDE = {"DejaVu Sans": 0.92}  # drawn so large in its em that it would overflow what fits the others
_SHAPES = {
    GIANT: (_DIGITS, 62, "bold"),
    LARGE: (_DIGITS, 42, "bold"),
    FIGURE: (_DIGITS, 18, "normal"),
    SMALL_FIGURE: (_DIGITS, 13, "normal"),
    SYMBOL: (_LETTERS, 20, "bold"),
    CAPTION: (_LETTERS, 12, "bold"),
    WORDS: (_LETTERS, 13, "normal"),
    SMALL_WORDS: (_LETTERS, 12, "normal"),
}


def create_fonts(root: tk.Misc, px: Px) -> None:
    """Create the named fonts of this room in `root`."""
    families = root.tk.splitlist(root.tk.call("font", "families"))
    digits = first_installed(_DIGITS, families) or _family_of(root, "TkFixedFont")
    letters = first_installed(_LETTERS, families) or _family_of(root, "TkDefaultFont")
    for name, (wanted, size, weight) in _SHAPES.items():
        family = digits if wanted is _DIGITS else letters
        pixels = px(size * _WIDE.get(family, 1.0))
        root.tk.call("font", "create", name, "-family", family, "-size", -pixels, "-weight", weight)
    if root.tk.call("tk", "windowingsystem") == "x11" and root.tk.call("tk::pkgconfig", "get", "fontsystem") != "xft":
        logger.warning("this Python's Tk draws without Xft, so letters look coarse; the system's Python has it")


def first_installed(wanted: Sequence[str], installed: Iterable[str]) -> str | None:
    """Return the first wanted family that is installed, as the system spells it; None when there is none."""
    spelled = {family.casefold(): family for family in installed}
    return next((spelled[family.casefold()] for family in wanted if family.casefold() in spelled), None)


def _family_of(root: tk.Misc, font: str) -> str:
    return str(root.tk.call("font", "actual", font, "-family"))
