"""A run without a window that prints no quotes: `record` and `serve` until their end."""

import time

from spreadwatch.commands.output import say
from spreadwatch.run.services import Services
from spreadwatch.run.session import Session
from spreadwatch.storage.recorder import RecorderStatus

_TURN_S = 0.05
_TELL_S = 10.0


def run_headless(session: Session, services: Services, duration_s: float | None) -> None:
    """Serve a session until the duration is over (None: until Ctrl-C), telling now and then what is recorded.

    Raises RegionError when the exchange refuses this location.
    """
    began_s = told_s = time.monotonic()
    while duration_s is None or time.monotonic() - began_s < duration_s:
        snapshot = session.turn()
        session.check()
        status = services.recorder_status()
        now_s = time.monotonic()
        if status is not None and now_s - told_s >= _TELL_S:
            told_s = now_s
            live = sum(row.spread is not None for row in snapshot.rows)
            say(f"{sentence(status)}; {live} of {len(snapshot.rows)} live")
        time.sleep(_TURN_S)


def sentence(status: RecorderStatus) -> str:
    """Say what is stored, what waits and what was lost."""
    lost = f", {status.dropped:,} lost for want of room" if status.dropped else ""
    trouble = "" if status.well else f" ({status.sentence})"
    return f"{status.stored:,} quotes and trades stored, {status.waiting:,} waiting{lost}{trouble}"
