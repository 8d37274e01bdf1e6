"""A private X server without a screen, for tests of the window and for its pictures."""

import contextlib
import os
import subprocess
from collections.abc import Iterator


@contextlib.contextmanager
def xvfb(dpi: int, size: str = "3840x2160") -> Iterator[str]:
    """Run Xvfb and yield its display name, ':7'. The server picks a free number itself."""
    read_end, write_end = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write_end), "-screen", "0", f"{size}x24", "-dpi", str(dpi), "-nolisten", "tcp"],
        pass_fds=(write_end,),
        stderr=subprocess.DEVNULL,
    )
    os.close(write_end)
    try:
        with os.fdopen(read_end) as told:
            number = told.readline().strip()
        assert number, "Xvfb did not start"
        yield f":{number}"
    finally:
        server.terminate()
        server.wait(10)


@contextlib.contextmanager
def display(name: str) -> Iterator[None]:
    """Make the windows opened inside appear on a display."""
    before = os.environ.get("DISPLAY")
    os.environ["DISPLAY"] = name
    try:
        yield
    finally:
        if before is None:
            del os.environ["DISPLAY"]
        else:
            os.environ["DISPLAY"] = before


def put_pointer_away(name: str) -> None:
    """Move the pointer from the middle to the corner of a display, before any other window is opened there.

    Without a window manager a window under it gets the focus, and Tk 8.6 keeps pointing at such a window after
    its end: the next window of this process that takes the focus would crash.
    """
    import tkinter as tk

    with display(name):
        root = tk.Tk()
        root.geometry("1x1+0+0")
        root.update()
        root.event_generate("<Motion>", warp=True, x=10_000, y=10_000)
        root.update()
        root.destroy()
