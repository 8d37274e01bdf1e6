"""Composition root: builds the parts, wires them, starts and stops them in order.

What only one command needs, and all that speaks to the network, is imported where it is used: the window is
on the screen before.
"""

import argparse
import contextlib
import logging
import os
import random
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from spreadwatch import config, logs
from spreadwatch.commands.output import JsonLines, Lines, say
from spreadwatch.commands.watch import WatchOptions, last_snapshot, tell_faults, watch
from spreadwatch.config import Config
from spreadwatch.core.events import Clock, Fault
from spreadwatch.core.market import Market
from spreadwatch.core.quote import Venue
from spreadwatch.core.snapshot import Snapshot
from spreadwatch.errors import CaptureError, NoDisplayError, RegionError
from spreadwatch.feed import binance, clock
from spreadwatch.inbox import Inbox, Pump

if TYPE_CHECKING:
    from spreadwatch.feed.probe import Finding
    from spreadwatch.feed.worker import Worker
    from spreadwatch.ui.dashboard import Dashboard

_STOP_S = 1.0
_INTERRUPTED = 130

log = logging.getLogger(__name__)


class Session:
    """One run: its workers, and the pump that serves the market. `badge` names a source that is not live."""

    def __init__(
        self,
        symbols: Iterable[str],
        settings: Config,
        now: Clock | None,
        recruit: "Callable[[Session], list[Worker]]",
        badge: str | None = None,
    ) -> None:
        """Watch `symbols` by the workers that `recruit` makes at the start.

        `now` is None when the events themselves tell the time, as in a replay.
        """
        self.symbols = tuple(dict.fromkeys(binance.canonical(symbol) for symbol in symbols))
        self.badge = badge
        self.inbox = Inbox(settings.feed.inbox_batches)
        self.market = Market(self.symbols, round(settings.feed.silence_s * 1000))
        self.pump = Pump(self.inbox, self.market, now or (lambda: self.market.latest))
        self.workers: list[Worker] = []
        self._recruit = recruit

    def contracts(self) -> dict[Venue, list[binance.Contract]]:
        """Return what each venue calls the watched symbols."""
        return {venue: [binance.contract(venue, symbol) for symbol in self.symbols] for venue in Venue}

    def start(self) -> None:
        """Make every worker and start it."""
        self.workers = self._recruit(self)
        for worker in self.workers:
            worker.on_fault = self._tell_fault
            worker.start()

    def stop(self) -> None:
        """Stop every worker, the last one first, and wait a second at most."""
        for worker in reversed(self.workers):
            worker.stop()
        for worker in self.workers:
            if not worker.join(_STOP_S / len(self.workers)):
                log.info("a worker did not end in time and is left behind")

    def _tell_fault(self, sentence: str) -> None:
        self.inbox.put(Fault(sentence))

    def diagnostics(self, settings: Config) -> str:
        """Return a report for whoever helps, even when the display is what fails. The pump's thread."""
        from spreadwatch.commands import diagnostics

        now = clock.now()
        found = [worker.health_at(now) for worker in self.workers]
        healths = [health for health in found if health is not None]
        return logs.without_secrets(
            diagnostics.report(self.market.snapshot(now), healths, config.describe(settings), list(logs.last_lines))
        )

    def check(self) -> None:
        """Raise RegionError when the exchange refuses this location."""
        for worker in self.workers:
            if barred := worker.barred():
                raise RegionError(f"{barred}: Binance does not serve it, and trying again does not help")


def live(settings: Config) -> Session:
    """Return a session on the exchange's streams. Raises ConfigError for a ca_file without a certificate."""
    if settings.feed.ca_file:
        from spreadwatch.feed.dial import tls_context

        tls_context(Path(settings.feed.ca_file))
    return Session(settings.symbols, settings, clock.now, lambda session: _live_workers(session, settings))


def _live_workers(session: Session, settings: Config) -> "list[Worker]":
    from spreadwatch.feed.listing import ListingLoader
    from spreadwatch.feed.stream import Stream, StreamSettings
    from spreadwatch.feed.watchdog import Watchdog

    contracts = session.contracts()
    feed, ends = settings.feed, settings.endpoints
    ca_file = Path(feed.ca_file) if feed.ca_file else None
    heartbeat = binance.canonical(feed.heartbeat_symbol)
    bases = {Venue.SPOT: ends.spot_stream, Venue.FUTURES: ends.futures_stream}
    renewing = threading.Lock()
    streams = [
        Stream(
            venue,
            bases[venue],
            contracts[venue],
            binance.contract(venue, heartbeat),
            settings=StreamSettings(feed.silence_s, feed.handshake_s, feed.backoff_cap_s),
            ca_file=ca_file,
            sink=session.inbox.put,
            clock=clock.now,
            chance=random.random,
            renewing=renewing,
        )
        for venue in Venue
    ]
    rest = {Venue.SPOT: ends.spot_rest, Venue.FUTURES: ends.futures_rest}
    return [*streams, Watchdog(streams, clock.now), ListingLoader(rest, contracts, ca_file, session.inbox.put)]


def demo(settings: Config, seed: int) -> Session:
    """Return a session on invented quotes."""

    def recruit(session: Session) -> "list[Worker]":
        from spreadwatch.feed.demo import Demo

        return [Demo(session.symbols, seed, session.inbox.put, clock.now)]

    return Session(settings.symbols, settings, clock.now, recruit, badge="DEMO")


def run(arguments: argparse.Namespace, settings: Config) -> int:
    """Run the command that was asked for and return the exit code."""
    if arguments.command == "doctor":
        from spreadwatch.commands import doctor

        return doctor.examine(settings, _window_findings())
    if arguments.command == "replay":
        return _replay(arguments, settings)
    session = demo(settings, arguments.seed) if arguments.demo else live(settings)
    if arguments.command == "watch":
        options = WatchOptions(arguments.interval, arguments.duration, arguments.once)
        return _watch(session, options, as_json=arguments.json)
    try:
        return _window(session, settings)
    except NoDisplayError as error:
        if sys.stdout is None or not sys.stdout.isatty():
            raise
        say(f"{error} Watching in the terminal instead; Ctrl-C ends it.")
        return _watch(session, WatchOptions(1.0, None, once=False), as_json=False)


def _watch(session: Session, options: WatchOptions, *, as_json: bool) -> int:
    if session.badge:
        say(f"{session.badge.lower()}: these quotes are invented")
    view = JsonLines(sys.stdout) if as_json else Lines(sys.stdout)
    session.start()
    try:
        watch(session.pump, view, options, session.check)
    finally:
        session.stop()
    return 0


def _replay(arguments: argparse.Namespace, settings: Config) -> int:
    from spreadwatch.feed.capture import Capture
    from spreadwatch.feed.replay import Replay

    capture = Capture(arguments.file)
    # Only --symbol chooses from a capture; the settings say what to watch live.
    symbols = settings.symbols if settings.sources.get("symbols") == "command line" else capture.symbols()
    if not symbols:
        skipped = f" ({capture.faults.total()} unusable lines)" if capture.faults else ""
        raise CaptureError(
            f"{arguments.file} holds no bookTicker frame{skipped}: expected lines such as "
            '{"market":"spot","recv_ms":1723161254087,"raw":{…}}'
        )
    done = threading.Event()

    def recruit(session: Session) -> "list[Worker]":
        return [
            Replay(
                capture,
                session.contracts(),
                session.inbox.put_waiting,
                arguments.speed,
                done=done,
                then_end=not arguments.json,
                heartbeat=binance.canonical(settings.feed.heartbeat_symbol),
            )
        ]

    session = Session(symbols, settings, None, recruit, badge="REPLAY")
    if not arguments.json:
        code = _window(session, settings)
    else:
        session.start()
        try:
            snapshot = last_snapshot(session.pump, done)
            JsonLines(sys.stdout).show(snapshot)
        finally:
            session.stop()
        capture.faults.update(snapshot.rejects)
        code = 0
    tell_faults(capture.faults, str(arguments.file))
    return code


def _window(session: Session, settings: Config) -> int:
    """Open the window, then start the session; return when the window was closed."""
    dashboard = _open_dashboard(session, settings)
    interrupted = threading.Event()

    def turn() -> Snapshot:
        if interrupted.is_set():  # here and not in the handler, which may run in the middle of a paint
            dashboard.close()
        return session.pump.turn()

    before = signal.signal(signal.SIGINT, lambda *_: interrupted.set())
    try:
        dashboard.show()
        session.start()
        dashboard.run(turn)
    finally:
        signal.signal(signal.SIGINT, before)
        session.stop()
    return _INTERRUPTED if interrupted.is_set() else 0


def _open_dashboard(session: Session, settings: Config) -> "Dashboard":
    """Create the window. Raises NoDisplayError with the sentence that helps."""
    try:
        import tkinter as tk

        from spreadwatch.ui.dashboard import Dashboard, WindowOptions
    except ImportError as error:
        from spreadwatch.commands import doctor

        raise NoDisplayError(f"Python has no tkinter here ({error}). {doctor.install_tkinter()}") from error
    window = settings.window
    geometry = platformdirs.user_state_path("spreadwatch", appauthor=False) / "window.json"
    options = WindowOptions(
        symbols=session.symbols,
        theme=window.theme,
        compact=window.compact,
        topmost=window.topmost,
        utc=window.time_zone == "utc",
        frame_ms=window.frame_ms,
        badge=session.badge,
        geometry_file=geometry if window.remember_geometry else None,
    )
    try:
        return Dashboard(options, session.pump.reset, lambda: session.diagnostics(settings))
    except tk.TclError as error:
        from spreadwatch.commands import doctor

        raise NoDisplayError(f"No window can be opened here ({error}). {doctor.find_display(os.environ)}") from error


def _window_findings() -> "Iterator[Finding]":
    """Find out whether a window can be opened."""
    from spreadwatch.commands import doctor
    from spreadwatch.feed.probe import Finding

    try:
        import tkinter as tk

        from spreadwatch.ui import probe
    except ImportError as error:
        yield Finding("tkinter", f"missing ({error}). {doctor.install_tkinter()}", NoDisplayError.exit_code)
        return
    yield Finding("tkinter", probe.tk_version())
    try:
        yield Finding("display", probe.screen())
    except tk.TclError as error:
        yield Finding("display", f"{error}. {doctor.find_display(os.environ)}", NoDisplayError.exit_code)


def show_error(sentence: str) -> None:
    """Tell a person who may have no console what went wrong."""
    say(sentence)
    if sys.stderr is not None and sys.stderr.isatty():
        return
    try:
        import tkinter as tk

        from spreadwatch.ui.failure import show_failure
    except ImportError:
        return
    with contextlib.suppress(tk.TclError):
        show_failure(sentence)
