"""How many pixels a length takes on this screen."""

import subprocess
import sys
import tkinter as tk
from collections.abc import Callable

Px = Callable[[float], int]
"""Turns a length, in pixels at 96 dpi, into pixels of this screen."""

_REFERENCE_DPI = 96
_LOWEST, _HIGHEST = 0.75, 4.0  # some X servers report absurd screen sizes


def become_dpi_aware() -> None:
    """Ask Windows not to blur the window by stretching it; nothing elsewhere. Call before the first window."""
    if sys.platform == "win32":
        import ctypes

        try:
            ctypes.windll.shcore.SetProcessDpiAwareness(1)
        except (AttributeError, OSError):
            return


def scale_of(root: tk.Misc) -> float:
    """Return the screen's scale, 1.0 at 96 dpi, following `tk scaling` and the user's font scaling."""
    if root.tk.call("tk", "windowingsystem") == "aqua":
        return 1.0  # macOS counts in points and draws them at the screen's own density
    if tk.TkVersion < 9 and root.tk.call("tk", "windowingsystem") == "x11":
        dpi = _font_dpi()
        if dpi:
            root.tk.call("tk", "scaling", dpi / 72)
    factor = float(root.winfo_fpixels("1i")) / _REFERENCE_DPI
    return min(max(round(factor, 2), _LOWEST), _HIGHEST)


def px_for(factor: float) -> Px:
    """Return the function that scales lengths by `factor`; what is above 0 stays at least 1."""

    def px(length: float) -> int:
        return max(round(length * factor), 1) if length > 0 else 0

    return px


def _font_dpi() -> float | None:
    """Return the X resource Xft.dpi, where desktops keep scale and text size; Tk 9 reads it itself."""
    try:
        done = subprocess.run(
            ["xrdb", "-query"],  # noqa: S607  found on the PATH as Tk 9 does
            capture_output=True,
            text=True,
            timeout=0.5,
            check=False,
        )
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return None
    for line in done.stdout.splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "Xft.dpi":
            try:
                return float(value)
            except ValueError:
                return None
    return None
