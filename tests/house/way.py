"""The way of one quote from the socket to the label, traced in the running program.

    python -m tests.house.way

The program itself runs as `spreadwatch --symbol ethusdt` against a local exchange, its window under Xvfb. Once
it is in its steady state one quote goes through that moves the spread; a profile function follows it from what
recv returned, stage by stage: bytes, quote, spread, frozen spread, the label's text. Whoever is given the bytes
or the quote, or gives it back, is on the way, with all that were entered to get there; of the spread, the frozen
spread and the text it is the first to be given it, for what else is made of them (windows, chart, costs) is not
on the way to the label. Prints one JSON line: the modules in the order in which they were entered.
"""

import json
import os
import signal
import sys
import tempfile
import threading
import time
import tkinter as tk
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from types import FrameType
from typing import Any

from tests.exchange.server import Exchange
from tests.house.source import PACKAGE
from tests.ui.screen import display, put_pointer_away, xvfb

SYMBOL = "ETHUSDT"
BID, ASK, FUTURES_BID = "3001.11", "3003.37", "3002.10"
SPREAD = Decimal(ASK) - Decimal(FUTURES_BID)
WORDS = f"{SPREAD:+f}".replace("-", "−")
_QUOTE = (ASK.encode(), ASK, Decimal(ASK))
_STEADY_S = 2.5
_LIMIT_S = 30.0
_ENDPOINTS = ("spot_stream", "futures_stream", "spot_rest", "futures_rest")


def _is_one_of(value: object, wanted: tuple[object, ...]) -> bool:
    if isinstance(value, bytes | bytearray):
        return any(isinstance(one, bytes) and one in value for one in wanted)
    return isinstance(value, str | Decimal) and any(type(one) is type(value) and one == value for one in wanted)


def _is_value(value: object) -> bool:
    return type(value).__module__.startswith(PACKAGE.name)


def _inside(value: object) -> Iterator[object]:
    """Yield what a value of the package, or a sequence, holds directly."""
    if isinstance(value, list | tuple):
        yield from value
    elif _is_value(value):
        for name in (*getattr(value, "__struct_fields__", ()), *getattr(value, "__dataclass_fields__", ())):
            yield getattr(value, name, None)


def _holds(value: object, wanted: tuple[object, ...], depth: int) -> bool:
    """Tell whether a value is one of those wanted, or holds one at most so many steps inside."""
    if _is_one_of(value, wanted):
        return True
    return depth > 0 and any(_holds(one, wanted, depth - 1) for one in _inside(value))


def _has(values: list[object], wanted: tuple[object, ...], depth: int) -> bool:
    return any(_holds(value, wanted, depth) for value in values)


class Tracer:
    """Follows the one quote from when `armed` is set until `done`. `modules` says of each that it entered why."""

    def __init__(self, package: Path) -> None:
        """Look at the functions of a package only."""
        self._package = package
        self.armed = False
        self.done = threading.Event()
        self.modules: dict[str, str] = {}
        self._open: dict[int, list[FrameType]] = {}
        self._stage = "quote"
        self._painting: FrameType | None = None

    def __call__(self, frame: FrameType, event: str, answer: Any) -> None:  # noqa: ANN401 - sys.setprofile's
        """Be the profile function of every thread."""
        if not self.armed or self.done.is_set() or event not in {"call", "return"}:
            return
        stack = self._open.setdefault(threading.get_ident(), [])
        if event == "call":
            stack.append(frame)
            given = [value for name, value in frame.f_locals.items() if name != "self"]
            if self._reaches(frame, given, answered=False):
                self._note(frame, stack)
            if self._stage == "text" and self._painting is None and _has(given, (WORDS,), 0):
                self._painting = frame
            return
        if self._reaches(frame, [answer], answered=True):
            self._note(frame, [*stack, *([frame.f_back] if frame.f_back else []), frame])
        if stack and stack[-1] is frame:
            stack.pop()
        if frame is self._painting:
            self.done.set()

    def _reaches(self, frame: FrameType, values: list[object], *, answered: bool) -> bool:
        """Tell whether a function that is given or answers these values is on the way; the next stage may begin."""
        if not self._is_ours(frame):
            return False
        if threading.current_thread() is not threading.main_thread():
            return self._stage == "quote" and _has(values, _QUOTE, 3)
        if self._stage == "quote" and _has(values, (SPREAD,), 0):
            self._stage = "spread"
        elif self._stage == "quote":
            return _has(values, _QUOTE, 3)
        elif self._stage == "spread" and answered and _is_value(values[0]) and _has(values, (SPREAD,), 2):
            self._stage = "frozen spread"
        elif self._stage in {"frozen spread", "text"} and _has(values, (WORDS,), 0):
            self._stage = "text"
        else:
            return False
        return True

    def _is_ours(self, frame: FrameType) -> bool:
        return frame.f_code.co_filename.startswith(f"{self._package}{os.sep}")

    def _note(self, frame: FrameType, entered: list[FrameType]) -> None:
        for one in entered:
            if self._is_ours(one):
                shown = Path(one.f_code.co_filename).relative_to(self._package).as_posix()
                self.modules.setdefault(shown, f"{one.f_code.co_name} to {frame.f_code.co_name}, the {self._stage}")


def _direct(exchange: Exchange, tracer: Tracer, faults: list[str]) -> None:
    """Warm the program up, send the one quote, see it on the window, and end the program."""
    try:
        for venue in ("spot", "futures"):
            exchange.wait_subscribed(venue, f"{SYMBOL.lower()}@bookTicker", _LIMIT_S)
        began_s, number = time.monotonic(), 0
        while time.monotonic() < began_s + _STEADY_S:
            number += 1
            exchange.quote("spot", SYMBOL, BID, f"3003.{10 + number % 70}")
            exchange.quote("futures", SYMBOL, FUTURES_BID, "3004.00")
            time.sleep(0.05)
        time.sleep(_STEADY_S / 5)
        tracer.armed = True
        exchange.quote("spot", SYMBOL, BID, ASK)
        if not tracer.done.wait(_LIMIT_S):
            faults.append(f"no label was given {WORDS}: {tracer.modules}")
        time.sleep(_STEADY_S / 5)
        os.kill(os.getpid(), signal.SIGUSR1)
        time.sleep(_STEADY_S / 5)
    except Exception as error:  # noqa: BLE001 - told by main
        faults.append(f"{type(error).__name__}: {error}")
    os.kill(os.getpid(), signal.SIGINT)


def _labels(root: tk.Misc) -> Iterator[str]:
    for widget in root.winfo_children():
        if isinstance(widget, tk.Label):
            yield str(widget.cget("text"))
        yield from _labels(widget)


def main() -> int:
    """Run the program and print the modules. Returns 1 with a sentence where the quote never came to a label."""
    from spreadwatch import cli

    tracer, faults, shown = Tracer(PACKAGE), list[str](), list[str]()
    threading.setprofile(tracer)
    sys.setprofile(tracer)
    signal.signal(signal.SIGUSR1, lambda *_: shown.extend(_labels(tk._get_default_root())))  # type: ignore[attr-defined]
    with tempfile.TemporaryDirectory() as home, xvfb(96) as server, display(server), Exchange() as exchange:
        put_pointer_away(server)
        os.chdir(home)
        os.environ.update({f"SPREADWATCH_{name.upper()}": getattr(exchange, name) for name in _ENDPOINTS})
        os.environ.update(HOME=home, XDG_STATE_HOME=home, XDG_CONFIG_HOME=home, SPREADWATCH_SILENCE_S="60")
        director = threading.Thread(target=_direct, args=(exchange, tracer, faults), name="director", daemon=True)
        director.start()
        cli.main(["--symbol", SYMBOL])
        director.join(_LIMIT_S)
    if WORDS not in shown:
        faults.append(f"no label of the window shows {WORDS}, but {shown}")
    if faults:
        sys.stderr.write("\n".join(faults) + "\n")
        return 1
    print(json.dumps(tracer.modules))
    return 0


if __name__ == "__main__":
    sys.exit(main())
