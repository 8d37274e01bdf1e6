"""What can be done with Tk before, or without, the dashboard: tell which there is, and show why there is no window."""

import tkinter as tk
from tkinter import ttk

from spreadwatch.ui.kit.scale import become_dpi_aware, px_for, scale_of


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


_WIDTH = 420


def show_failure(sentence: str) -> None:
    """Show a sentence until it is closed. Main thread. Raises tk.TclError without a display."""
    become_dpi_aware()
    root = tk.Tk(className="spreadwatch")
    root.title("spreadwatch")
    px = px_for(scale_of(root))
    frame = ttk.Frame(root, padding=px(16))
    frame.grid(sticky="nsew")
    ttk.Label(frame, text=sentence, wraplength=px(_WIDTH), justify="left").grid(sticky="w")
    button = ttk.Button(frame, text="Close", command=root.destroy)
    button.grid(sticky="e", pady=(px(16), 0))
    button.focus_set()
    for key in ("<Return>", "<Escape>"):
        root.bind(key, lambda _event: root.destroy())
    root.mainloop()
