"""`doctor`: checks this machine and the way to the exchange, a line each."""

import sys
from collections.abc import Iterable, Mapping

from spreadwatch.config import Config
from spreadwatch.feed.probe import Finding, probe

_TKINTER = {
    "linux": "Install it: 'apt install python3-tk' (Debian, Ubuntu), 'dnf install python3-tkinter' (Fedora), "
    "'pacman -S tk' (Arch), 'apk add py3-tkinter' (Alpine).",
    "darwin": "Install it: 'brew install python-tk', or take Python from python.org, which brings it.",
    "win32": "Run Python's installer again, choose Modify, and tick 'tcl/tk and IDLE'.",
}


def examine(settings: Config, window: Iterable[Finding]) -> int:
    """Print every finding as it comes; return the gravest one's exit code. `window`: what was found of Tk."""
    codes = []
    config = Finding("config", f"{settings.file or 'no file, defaults'}, symbols {', '.join(settings.symbols)}")
    for findings in ([config], window, probe(settings)):
        for finding in findings:
            mark = "FAIL" if finding.code else "ok"
            sys.stdout.write(f"{mark:<5} {finding.what:<15} {finding.text}\n")
            sys.stdout.flush()
            codes.append(finding.code)
    return max(codes)


def install_tkinter() -> str:
    """Return which package brings tkinter on this system."""
    return _TKINTER.get(sys.platform, "Install the package of your system that brings Python's tkinter.")


def find_display(environment: Mapping[str, str]) -> str:
    """Return what to do when no window can be opened."""
    if sys.platform.startswith("linux") and not environment.get("DISPLAY"):
        return "DISPLAY is not set: log in to a desktop, use 'ssh -X', or run 'spreadwatch watch' in the terminal."
    return "Run 'spreadwatch watch' to see the numbers in the terminal."
