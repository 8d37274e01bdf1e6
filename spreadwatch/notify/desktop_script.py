"""Show one desktop notification: `python desktop_script.py`, with [title, message] as JSON on standard input.

Run as a script by desktop.py, so it imports nothing of this package. Ends with 1 when it was not shown.
"""

import importlib
import json
import sys


def show(title: str, message: str) -> bool:
    """Show a notification; tell whether the desktop took it."""
    sync = importlib.import_module("desktop_notifier.sync")
    taken: list[bool] = []
    notifier = sync.DesktopNotifierSync(app_name="spreadwatch")
    notifier.send(title=title, message=message, on_dispatched=lambda: taken.append(True))
    return bool(taken)


if __name__ == "__main__":
    sys.exit(0 if show(*json.load(sys.stdin)) else 1)
