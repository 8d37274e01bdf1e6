"""Tell what Tk and which screen there are."""

import tkinter as tk


def tk_version() -> str:
    """Return the version of Tk."""
    return f"Tk {tk.TkVersion}"


def screen() -> str:
    """Open and close a window unseen; return the screen's size and density. Raises tk.TclError without one."""
    root = tk.Tk()
    root.withdraw()
    words = f"{root.winfo_screenwidth()} × {root.winfo_screenheight()}, {root.winfo_fpixels('1i'):.0f} dpi"
    root.destroy()
    return words
