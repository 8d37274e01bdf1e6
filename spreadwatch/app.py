"""Composition root: builds the parts, wires them, starts and stops them in order.

What only one command needs, and all that speaks to the network, is imported where it is used: the window is
on the screen before.
"""

import argparse
import contextlib
import logging
import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from spreadwatch import config, logs
from spreadwatch.commands.output import JsonLines, Lines, say
from spreadwatch.commands.watch import WatchOptions, tell_faults, watch
from spreadwatch.config import Config
from spreadwatch.core.snapshot import Snapshot
from spreadwatch.core.source import Source
from spreadwatch.errors import INTERRUPTED, NoDisplayError
from spreadwatch.feed import binance, clock
from spreadwatch.run.services import Services
from spreadwatch.run.session import Session, named

if TYPE_CHECKING:
    from spreadwatch.feed.probe import Finding
    from spreadwatch.sources.playhead import Playhead
    from spreadwatch.ui.dashboard import Dashboard
    from spreadwatch.worker import Worker

_OPEN_S = 10.0

log = logging.getLogger(__name__)


def live(settings: Config, *, charted: bool = True) -> Session:
    """Return a session on the exchange's streams. Raises ConfigError for a ca_file without a certificate."""
    if settings.feed.ca_file:
        from spreadwatch.feed.dial import tls_context

        tls_context(Path(settings.feed.ca_file))
    from spreadwatch.run.live import LiveSession

    return LiveSession(settings, charted=charted)


def demo(settings: Config, seed: int, *, charted: bool = True) -> Session:
    """Return a session on invented quotes."""

    def recruit(session: Session) -> "list[Worker]":
        from spreadwatch.sources.demo import Demo

        return [Demo(session.symbols, seed, session.sink, clock.now, with_books=settings.size.quote is not None)]

    return Session(named(settings), settings, clock.now, recruit, Source.DEMO, charted=charted)


def run(arguments: argparse.Namespace, settings: Config) -> int:
    """Run the command that was asked for and return the exit code."""
    if arguments.command == "doctor":
        from spreadwatch.commands import doctor

        return doctor.examine(settings, _window_findings())
    if arguments.command == "replay":
        return _replay(arguments, settings)
    charted = arguments.command == "window"
    session = demo(settings, arguments.seed, charted=charted) if arguments.demo else live(settings, charted=charted)
    if arguments.command in ("record", "serve"):
        return _headless(session, arguments.command, getattr(arguments, "duration", None))
    if arguments.command == "watch":
        options = WatchOptions(arguments.interval, arguments.duration, arguments.once)
        return _terminal(session, options, as_json=arguments.json)
    try:
        return _window(session, settings)
    except NoDisplayError as error:
        if sys.stdout is None or not sys.stdout.isatty():
            raise
        say(f"{error} Watching in the terminal instead; Ctrl-C ends it.")
        return _terminal(session, WatchOptions(1.0, None, once=False), as_json=False)


def _terminal(session: Session, options: WatchOptions, *, as_json: bool) -> int:
    if session.badge:
        say(f"{session.badge.lower()}: these quotes are invented")
    view = JsonLines(sys.stdout) if as_json else Lines(sys.stdout)
    services = Services(session, say)
    services.open()
    session.start()
    try:
        watch(session.turn, view, options, session.check)
    finally:
        session.stop()
        services.close()
    return 0


def _headless(session: Session, command: str, duration_s: float | None) -> int:
    """Record or serve until the end; `serve` records beside it where the settings say so."""
    from spreadwatch.commands.headless import run_headless, sentence
    from spreadwatch.run.recording import where

    services = Services(session, say)
    try:
        services.open()
        if command == "record" or session.settings.record.enabled:
            services.begin_recording()
            services.recording_ready(_OPEN_S)
        if command == "record":
            place = where(session.settings, session.badge)
            say(f"recording {', '.join(session.symbols)} to {place}; Ctrl-C ends it")
        else:
            services.begin_serving()
            say(f"serving {services.url}; Ctrl-C ends it")
        session.start()
        run_headless(session, services, duration_s)
    finally:
        session.stop()
        status = services.close()
        if status is not None and command == "record":
            say(sentence(status))
    return 0


def _replay(arguments: argparse.Namespace, settings: Config) -> int:
    from spreadwatch.run import playback

    # Only --symbol chooses from what was recorded; the settings say what to watch live.
    asked = settings.symbols if settings.sources.get("symbols") == "command line" else ()
    chosen = list(dict.fromkeys(map(binance.canonical, asked)))
    span = arguments.from_ms, arguments.to_ms
    with contextlib.ExitStack() as opened:
        if arguments.file is not None:
            heartbeat = binance.canonical(settings.feed.heartbeat_symbol)
            played = playback.of_capture(arguments.file, chosen, heartbeat, *span)
        else:
            from spreadwatch.run.recording import open_history, where

            history = opened.enter_context(contextlib.closing(open_history(settings)))
            played = playback.of_history(history, where(settings), chosen, *span)
        then_end = not arguments.json
        session = playback.Playback(played.reel, played.symbols, settings, arguments.speed, then_end=then_end)
        faults = played.faults
        if not arguments.json:
            code = _window(session, settings, session.playhead)
        else:
            session.start()
            try:
                snapshot = session.play_to_end()
                JsonLines(sys.stdout).show(snapshot)
            finally:
                session.stop()
            faults.update(snapshot.rejects)
            code = 0
    tell_faults(faults, played.name)
    return code


def _window(session: Session, settings: Config, playhead: "Playhead | None" = None) -> int:
    """Open the window, then start the session; return when the window was closed."""
    services = Services(session)
    dashboard = _open_dashboard(session, settings, services, playhead)
    interrupted = threading.Event()

    def obey(_: Snapshot) -> None:
        if interrupted.is_set():  # here and not in the handler, which may run in the middle of a paint
            dashboard.close()

    session.watchers.append(obey)
    before = signal.signal(signal.SIGINT, lambda *_: interrupted.set())
    try:
        session.show(session.symbols[:1])
        dashboard.show()
        services.open(with_desktop=not dashboard.notifies_desktop)
        services.switch_on_as_set()
        session.start()
        dashboard.run(session.turn)
    finally:
        signal.signal(signal.SIGINT, before)
        session.stop()
        services.close()
    return INTERRUPTED if interrupted.is_set() else 0


def _open_dashboard(
    session: Session,
    settings: Config,
    services: Services,
    playhead: "Playhead | None" = None,
) -> "Dashboard":
    """Create the window; `playhead`: of a replay. Raises NoDisplayError with the sentence that helps."""
    from spreadwatch.run.program import SessionProgram

    try:
        import tkinter as tk

        from spreadwatch.ui.dashboard import Dashboard
    except ImportError as error:
        from spreadwatch.commands import doctor

        raise NoDisplayError(f"Python has no tkinter here ({error}). {doctor.install_tkinter()}") from error
    try:
        return Dashboard(SessionProgram(session, settings, services, playhead, lambda: _diagnostics(session)))
    except tk.TclError as error:
        from spreadwatch.commands import doctor

        raise NoDisplayError(f"No window can be opened here ({error}). {doctor.find_display(os.environ)}") from error


def _diagnostics(session: Session) -> str:
    """Return a report for whoever helps, even when the display is what fails. The pump's thread."""
    from spreadwatch.commands import diagnostics
    from spreadwatch.feed.health import HealthReport

    now = clock.now()
    found = [worker.health_at(now) for worker in session.workers]
    healths = [health for health in found if isinstance(health, HealthReport)]
    settings = config.describe(session.settings)
    return logs.without_secrets(
        diagnostics.report(session.market.snapshot(now), healths, settings, list(logs.last_lines))
    )


def _window_findings() -> "Iterator[Finding]":
    """Find out whether a window can be opened."""
    from spreadwatch.commands import doctor
    from spreadwatch.feed.probe import Finding

    try:
        import tkinter as tk

        from spreadwatch.ui.frame import tk_check
    except ImportError as error:
        yield Finding("tkinter", f"missing ({error}). {doctor.install_tkinter()}", NoDisplayError.exit_code)
        return
    yield Finding("tkinter", tk_check.tk_version())
    try:
        yield Finding("display", tk_check.screen())
    except tk.TclError as error:
        yield Finding("display", f"{error}. {doctor.find_display(os.environ)}", NoDisplayError.exit_code)


def show_error(sentence: str) -> None:
    """Tell a person who may have no console what went wrong."""
    say(sentence)
    if sys.stderr is not None and sys.stderr.isatty():
        return
    try:
        import tkinter as tk

        from spreadwatch.ui.frame.tk_check import show_failure
    except ImportError:
        return
    with contextlib.suppress(tk.TclError):
        show_failure(sentence)
