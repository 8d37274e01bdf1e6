"""`watch`: the snapshot on stdout again and again."""

import time
from collections.abc import Callable

from msgspec import Struct

from spreadwatch.commands.output import JsonLines, Lines, say
from spreadwatch.core.leg import State
from spreadwatch.core.snapshot import Snapshot
from spreadwatch.errors import UnreachableError

_TURN_S = 0.016
_ONCE_S = 20.0


class WatchOptions(Struct, frozen=True):
    """Seconds between outputs, seconds until the end (None: never), and whether the first live spread ends it."""

    interval_s: float
    duration_s: float | None
    once: bool


def watch(
    turn: Callable[[], Snapshot], view: Lines | JsonLines, options: WatchOptions, check: Callable[[], None]
) -> None:
    """Show a snapshot every interval until the duration is over.

    `turn` takes what arrived and freezes it. `check` may raise what ends a `--once` early. With `once`, raises
    UnreachableError when no spread was live within the duration (20 s if none is given).
    """
    limit_s = options.duration_s if options.duration_s is not None else (_ONCE_S if options.once else None)
    began_s = time.monotonic()
    shown = 0
    while True:
        snapshot = turn()
        passed_s = time.monotonic() - began_s
        if options.once:
            if any(pair.state is State.LIVE for pair in snapshot.pairs):
                view.show(snapshot)
                return
            check()
        elif passed_s >= (shown + 1) * options.interval_s:
            shown = int(passed_s / options.interval_s)
            view.show(snapshot)
        if limit_s is not None and passed_s >= limit_s:
            break
        time.sleep(_TURN_S)
    if not options.once and not shown:
        view.show(snapshot)
    if options.once:
        reasons = " · ".join(dict.fromkeys(pair.reason or pair.state for pair in snapshot.pairs))
        raise UnreachableError(f"no live spread within {limit_s:g} s: {reasons}")


def tell_faults(faults: dict[str, int], where: str) -> None:
    """Say in one sentence what of a capture was skipped, if anything was."""
    if faults:
        counted = ", ".join(f"{count} × {reason}" for reason, count in sorted(faults.items()))
        say(f"{where}: skipped {counted}")
