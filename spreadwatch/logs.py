"""Where log lines go: to stderr, warnings and worse unless more is asked for."""

import logging
import sys
import threading

_FORMAT = "%(asctime)s %(levelname)-7s %(threadName)s %(name)s: %(message)s"

log = logging.getLogger(__name__)


def set_up(verbosity: int) -> None:
    """Log to stderr from WARNING (0), INFO (1) or DEBUG (2) on, and catch what would kill a thread silently."""
    root = logging.getLogger("spreadwatch")
    root.setLevel((logging.WARNING, logging.INFO, logging.DEBUG)[min(verbosity, 2)])
    if sys.stderr is not None and not root.handlers:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(logging.Formatter(_FORMAT))
        root.addHandler(handler)
    threading.excepthook = _thread_died


def _thread_died(failure: threading.ExceptHookArgs) -> None:
    name = failure.thread.name if failure.thread else "unknown"
    exception = failure.exc_value
    if exception is not None:
        log.error("thread %s died", name, exc_info=(failure.exc_type, exception, failure.exc_traceback))
