"""The measured process: a checkout's own program, with one thread beside it that answers questions.

    python -P …/tests/bench/guest.py CHECKOUT WAY ARGUMENT…

`spreadwatch` must come from CHECKOUT, which is any commit of this repository, and gets the arguments as its
command line. WAY says what is altered: see _WAYS. This file imports nothing else of the project, and names no
more of the program than it must, because rooms move: the window's `Dashboard.show` and `.render`, the inbox's
`put`, the market's `apply`. The first line it prints is where `spreadwatch` came from. After that a question
is a line on standard input and its answer a line of JSON on standard output, which the program itself does not
see. CPU times are user + system, in seconds.
"""

import contextlib
import os
import runpy
import sys
import threading
import time
from collections.abc import Callable, Iterable
from importlib import import_module
from typing import Any, NoReturn

_INBOXES = ("spreadwatch.run.inbox", "spreadwatch.inbox")
_LIMIT_S = 60.0


class Seen:
    """What the hooks have seen of the program so far. `snapshot`: the newest; `quotes`: counted by the sink."""

    def __init__(self) -> None:
        self.window: Any = None
        self.snapshot: Any = None
        self.quotes = 0
        self.awaited: int | None = None
        self.reached = threading.Event()
        self.reached_ns = 0

    def taken(self) -> int:
        """Return how many quotes of the first pair are in the newest snapshot, or were counted by the sink."""
        if self.snapshot is None:
            return self.quotes
        counts = self.snapshot.pairs[0].counts
        return int(counts.spot + counts.futures)

    def rendered(self, window: Any, snapshot: Any) -> None:  # noqa: ANN401 - of any checkout
        """Take note of a frame."""
        self.window, self.snapshot = window, snapshot
        if self.awaited is not None and self.taken() >= self.awaited:
            window.root.update_idletasks()  # painted once Tk has drawn it
            self.reached_ns, self.awaited = time.monotonic_ns(), None
            self.reached.set()


_seen = Seen()


def _start() -> None:
    """End the process once the window is painted for the first time."""
    dashboard: Any = import_module("spreadwatch.ui.dashboard").Dashboard
    show = dashboard.show

    def show_and_leave(window: Any) -> NoReturn:  # noqa: ANN401
        show(window)
        window.root.update()
        os._exit(0)

    dashboard.show = show_and_leave


def _window() -> None:
    """Only look on."""
    dashboard: Any = import_module("spreadwatch.ui.dashboard").Dashboard
    render = dashboard.render

    def look_on(window: Any, snapshot: Any) -> None:  # noqa: ANN401
        render(window, snapshot)
        _seen.rendered(window, snapshot)

    dashboard.render = look_on


def _unpainted() -> None:
    """Take every snapshot as the window does, and paint none."""
    dashboard: Any = import_module("spreadwatch.ui.dashboard").Dashboard

    def look_on(window: Any, snapshot: Any) -> None:  # noqa: ANN401
        _seen.rendered(window, snapshot)

    dashboard.render = look_on


def _received() -> None:
    """End the way of a quote where the feed hands it over."""
    inbox: Any = _first(_INBOXES).Inbox

    def put(_: Any, event: Any) -> None:  # noqa: ANN401
        _seen.quotes += len(getattr(event, "quotes", ()))

    inbox.put = put


def _untouched() -> None:
    """Leave the program as it is."""


def _first(modules: Iterable[str]) -> Any:  # noqa: ANN401
    """Import the first module that this checkout has."""
    for name in modules:
        with contextlib.suppress(ModuleNotFoundError):
            return import_module(name)
    raise ModuleNotFoundError(f"none of {', '.join(modules)} is in this checkout: tell {__file__} where it is now")


def _apply() -> NoReturn:
    """Let the program replay once; then, at each question, apply what it applied to a new market."""
    market: Any = import_module("spreadwatch.core.market").Market
    make, apply = market.__init__, market.apply
    made: list[tuple[Any, Any]] = []
    events: list[Any] = []

    def making(one: Any, *values: Any, **named: Any) -> None:  # noqa: ANN401
        made.append((values, named))
        make(one, *values, **named)

    def applying(one: Any, event: Any) -> None:  # noqa: ANN401
        events.append(event)
        apply(one, event)

    market.__init__, market.apply = making, applying
    with contextlib.suppress(SystemExit):
        _run_program()
    market.__init__, market.apply = make, apply
    values, named = made[0]
    quotes = sum(len(getattr(event, "quotes", ())) for event in events)
    _answer(quotes=quotes)
    for _ in sys.stdin:
        take = market(*values, **named).apply
        began_s = time.process_time()
        for event in events:
            take(event)
        _answer(quotes=quotes, cpu_s=time.process_time() - began_s)
    os._exit(0)


_WAYS: dict[str, Callable[[], None]] = {
    "start": _start,
    "window": _window,
    "unpainted": _unpainted,
    "received": _received,
    "untouched": _untouched,
    "apply": _apply,
}


def _answer(**words: object) -> None:
    import json  # not before: the start is measured

    _answers.write(json.dumps(words) + "\n")
    _answers.flush()


def _converse(questions: Any) -> None:  # noqa: ANN401 - a text stream
    """Answer until the parent closes the pipe, then end the process."""
    for line in questions:
        what, _, argument = line.strip().partition(" ")
        _ANSWERS[what](argument)
    os._exit(0)


def _read(_: str) -> None:
    pair = _seen.snapshot and _seen.snapshot.pairs[0]
    _answer(
        cpu_s=time.process_time(),
        wall_s=time.monotonic(),
        threads=_threads(),
        quotes=_seen.taken(),
        dropped=pair.counts.dropped if pair else 0,
        live=bool(pair and pair.spread.current is not None),
        resident=_resident(),
    )


def _threads() -> dict[str, float]:
    """Return the CPU time of each thread by its name, as far as the system tells."""
    found = {}
    for thread in threading.enumerate():
        if sys.platform == "linux" and thread.native_id is not None:
            with contextlib.suppress(OSError):  # it has just ended
                found[thread.name] = time.clock_gettime(~thread.native_id << 3 | 6)  # CLOCK_THREAD_CPUTIME_ID of it
    return found


def _await(argument: str) -> None:
    """Answer when so many quotes more are painted."""
    _seen.reached.clear()
    _seen.awaited = _seen.taken() + int(argument)
    _answer(awaited=_seen.awaited)
    if not _seen.reached.wait(_LIMIT_S):
        _seen.awaited = None
    _answer(at_ns=_seen.reached_ns, cpu_s=time.process_time())


def _press(argument: str) -> None:
    """Press a key, and tell what that cost until it was drawn and whether more widgets are on the screen."""
    root = _seen.window.root
    root.focus_force()
    root.update()
    before, began_s = _mapped(root), time.process_time()
    root.event_generate(f"<{argument}>")
    root.update()
    cpu_s = time.process_time() - began_s
    _answer(cpu_s=cpu_s, grown=_mapped(root) - before)


def _mapped(widget: Any) -> int:  # noqa: ANN401
    """Count the widgets on the screen."""
    return int(widget.winfo_ismapped()) + sum(map(_mapped, widget.winfo_children()))


_ANSWERS: dict[str, Callable[[str], None]] = {"read": _read, "await": _await, "press": _press}


def _resident() -> int:
    """Return the bytes of memory in use now, 0 where that is not told."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123 - pathlib costs the start
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


def _run_program() -> None:
    runpy.run_module("spreadwatch", run_name="__main__", alter_sys=True)


def main() -> None:
    """Be the program."""
    checkout, way, *arguments = sys.argv[1:]
    import spreadwatch

    if not str(spreadwatch.__file__).startswith(checkout + os.sep):
        sys.exit(f"spreadwatch was to come from {checkout}, and came from {spreadwatch.__file__}")
    sys.argv = ["spreadwatch", *arguments]
    _answers.write(f"{spreadwatch.__file__}\n")
    _answers.flush()
    if way not in ("start", "apply"):
        questions = os.fdopen(os.dup(0), encoding="utf-8")
        threading.Thread(target=_converse, args=(questions,), name="bench-answers", daemon=True).start()
    _WAYS[way]()
    _run_program()


if __name__ == "__main__":
    _answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    main()
