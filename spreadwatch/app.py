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

import platformdirs

from spreadwatch import config, logs
from spreadwatch.commands.output import JsonLines, Lines, say
from spreadwatch.commands.watch import WatchOptions, tell_faults, watch
from spreadwatch.config import Config
from spreadwatch.core.snapshot import Snapshot
from spreadwatch.errors import NoDisplayError
from spreadwatch.feed import binance, clock
from spreadwatch.run.session import Session

if TYPE_CHECKING:
    from spreadwatch.feed.probe import Finding
    from spreadwatch.run.alarms import Alarms
    from spreadwatch.run.switches import Switches
    from spreadwatch.sources.playhead import Playhead
    from spreadwatch.ui.dashboard import Dashboard
    from spreadwatch.ui.options import WindowOptions
    from spreadwatch.worker import Worker

_INTERRUPTED = 130
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

    return Session(settings.symbols, settings, clock.now, recruit, badge="DEMO", charted=charted)


def run(arguments: argparse.Namespace, settings: Config) -> int:
    """Run the command that was asked for and return the exit code."""
    if arguments.command == "doctor":
        from spreadwatch.commands import doctor

        return doctor.examine(settings, _window_findings())
    if arguments.command == "replay":
        return _replay(arguments, settings)
    charted = arguments.command == "window"
    session = demo(settings, arguments.seed, charted=charted) if arguments.demo else live(settings, charted=charted)
    if arguments.command == "record":
        return _record(session, arguments.duration)
    if arguments.command == "serve":
        return _serve(session)
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
    from spreadwatch.run.alarms import Alarms

    if session.badge:
        say(f"{session.badge.lower()}: these quotes are invented")
    view = JsonLines(sys.stdout) if as_json else Lines(sys.stdout)
    alarms = Alarms(session, say)
    alarms.open()
    session.start()
    try:
        watch(alarms.turn, view, options, session.check)
    finally:
        session.stop()
        alarms.stop()
    return 0


def _record(session: Session, duration_s: float | None) -> int:
    from spreadwatch.commands.record import record, sentence
    from spreadwatch.run.recording import Recording, where

    recording = Recording(session.settings, clock.now, session.sink)
    session.taps.append(recording.tap)
    recording.begin(session)
    try:
        recording.ready(_OPEN_S)
        say(f"recording {', '.join(session.symbols)} to {where(session.settings, session.badge)}; Ctrl-C ends it")
        session.start()
        record(session.turn, recording, duration_s, session.check)
    finally:
        session.stop()
        if status := recording.end():
            say(sentence(status))
    return 0


def _serve(session: Session) -> int:
    """Serve until Ctrl-C, and record beside it where the settings say so."""
    from spreadwatch.commands.record import record
    from spreadwatch.run.recording import Recording
    from spreadwatch.run.switches import open_service

    recording = Recording(session.settings, clock.now, session.sink)
    session.taps.append(recording.tap)
    if session.settings.record.enabled:
        recording.begin(session)
    try:
        recording.ready(_OPEN_S)
        serving = open_service(session)
        serving.start()
        try:
            say(f"serving {serving.url}; Ctrl-C ends it")
            session.start()
            record(session.turn, recording, None, session.check)
        finally:
            serving.stop()
    finally:
        session.stop()
        recording.end()
    return 0


def _replay(arguments: argparse.Namespace, settings: Config) -> int:
    from spreadwatch.run import playback

    # Only --symbol chooses from what was recorded; the settings say what to watch live.
    chosen = settings.symbols if settings.sources.get("symbols") == "command line" else ()
    span = arguments.from_ms, arguments.to_ms
    with contextlib.ExitStack() as opened:
        if arguments.file is not None:
            heartbeat = binance.canonical(settings.feed.heartbeat_symbol)
            source = playback.of_capture(arguments.file, chosen, heartbeat, *span)
        else:
            from spreadwatch.run.recording import open_history, where

            history = opened.enter_context(contextlib.closing(open_history(settings)))
            source = playback.of_history(history, where(settings), chosen, *span)
        then_end = not arguments.json
        session = playback.Playback(source.reel, source.symbols, settings, arguments.speed, then_end=then_end)
        faults = source.faults
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
    tell_faults(faults, source.name)
    return code


def _window(session: Session, settings: Config, playhead: "Playhead | None" = None) -> int:
    """Open the window, then start the session; return when the window was closed."""
    from spreadwatch.run.alarms import Alarms
    from spreadwatch.run.switches import Switches

    alarms, switches = Alarms(session), Switches(session)
    dashboard = _open_dashboard(session, settings, alarms, switches, playhead)
    interrupted = threading.Event()

    def turn() -> Snapshot:
        if interrupted.is_set():  # here and not in the handler, which may run in the middle of a paint
            dashboard.close()
        return alarms.turn()

    before = signal.signal(signal.SIGINT, lambda *_: interrupted.set())
    try:
        session.show(session.symbols[:1])
        dashboard.show()
        alarms.open(with_desktop=not dashboard.notifies_desktop)
        switches.open()
        session.start()
        dashboard.run(turn)
    finally:
        signal.signal(signal.SIGINT, before)
        session.stop()
        switches.close()
        alarms.stop()
    return _INTERRUPTED if interrupted.is_set() else 0


def _open_dashboard(
    session: Session,
    settings: Config,
    alarms: "Alarms | None" = None,
    switches: "Switches | None" = None,
    playhead: "Playhead | None" = None,
) -> "Dashboard":
    """Create the window. Raises NoDisplayError with the sentence that helps.

    `alarms`: what sends alerts out of the program, None for those that nobody sends. `playhead`: of a replay.
    """
    from spreadwatch.run.alarms import Alarms
    from spreadwatch.run.switches import Switches

    alarms, switches = alarms or Alarms(session), switches or Switches(session)
    try:
        import tkinter as tk

        from spreadwatch.ui.dashboard import Dashboard
        from spreadwatch.ui.options import Callbacks
    except ImportError as error:
        from spreadwatch.commands import doctor

        raise NoDisplayError(f"Python has no tkinter here ({error}). {doctor.install_tkinter()}") from error
    try:
        callbacks = Callbacks(
            reset=session.reset,
            diagnostics=lambda: _diagnostics(session),
            focus=lambda symbol: session.show([symbol]),
            add=session.add,
            remove=session.remove,
            candidates=session.candidates,
            series=session.market.series,
            axis_ms=session.market.axis_ms,
            rules=alarms.rules,
            add_rule=alarms.add,
            remove_rule=alarms.remove,
            test_alert=alarms.test,
            switch=switches.switch,
            switched_on=switches.is_on,
            recording=switches.words,
            playback=playhead,
        )
        return Dashboard(_window_options(session, settings), callbacks)
    except tk.TclError as error:
        from spreadwatch.commands import doctor

        raise NoDisplayError(f"No window can be opened here ({error}). {doctor.find_display(os.environ)}") from error


def _window_options(session: Session, settings: Config) -> "WindowOptions":
    from spreadwatch.ui.options import WindowOptions

    window = settings.window
    state = platformdirs.user_state_path("spreadwatch", appauthor=False)
    documents = platformdirs.user_documents_path()
    return WindowOptions(
        symbols=session.symbols,
        theme=window.theme,
        compact=window.compact,
        topmost=window.topmost,
        utc=window.time_zone == "utc",
        frame_ms=window.frame_ms,
        badge=session.badge,
        geometry_file=state / "window.json" if window.remember_geometry else None,
        banner=settings.notify.banner,
        bell=settings.notify.bell,
        flash=settings.notify.title,
        desktop=settings.notify.desktop,
        export_folder=documents if documents.is_dir() else state / "charts",
    )


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

        from spreadwatch.ui.frame.failure import show_failure
    except ImportError:
        return
    with contextlib.suppress(tk.TclError):
        show_failure(sentence)
