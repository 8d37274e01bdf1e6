"""Where log lines go: a rotating file in the state folder, and stderr for as much as was asked for."""

import logging
import logging.handlers
import re
import sys
import threading
from collections import deque
from pathlib import Path

_FORMAT = "%(asctime)s %(levelname)-7s %(threadName)s %(name)s: %(message)s"
_FILE_BYTES, _FILES = 1 << 20, 4
_LAST_LINES = 200
_SECRET = re.compile(
    r"(?i)((?:listenkey|api_?key|secret|signature|token|passw(?:or)?d|dsn|authorization)[\"']?\s*[=:]\s*[\"']?)[^\s&\"',}]+"
    r"|(//)[^/\s@]+@"
)

log = logging.getLogger(__name__)

last_lines: deque[str] = deque(maxlen=_LAST_LINES)
"""The newest log lines, for a report; any thread may read a copy."""


def without_secrets(text: str) -> str:
    """Return `text` with the values of keys, tokens, passwords and the logins of URLs taken out."""
    return _SECRET.sub(lambda found: f"{found[1] or found[2]}…" + ("@" if found[2] else ""), text)


class _Formatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return without_secrets(super().format(record))


class _LastLines(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        last_lines.append(self.format(record))


def set_up(verbosity: int, folder: Path | None) -> None:
    """Log INFO and worse into `folder`, and WARNING (0), INFO (1) or DEBUG (2) and worse to stderr.

    A folder that cannot be written is said once and done without; None asks for no file. Also logs what would
    kill a thread silently.
    """
    root = logging.getLogger("spreadwatch")
    root.setLevel(logging.DEBUG if verbosity > 1 else logging.INFO)
    handlers: list[tuple[logging.Handler, int]] = [(_LastLines(), logging.INFO)]
    if sys.stderr is not None:
        level = (logging.WARNING, logging.INFO, logging.DEBUG)[min(verbosity, 2)]
        handlers.append((logging.StreamHandler(sys.stderr), level))
    unwritable = None
    if folder is not None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            file = logging.handlers.RotatingFileHandler(
                folder / "spreadwatch.log", maxBytes=_FILE_BYTES, backupCount=_FILES, encoding="utf-8"
            )
            handlers.append((file, logging.DEBUG))
        except OSError as error:
            unwritable = error
    for handler, level in handlers:
        handler.setLevel(level)
        handler.setFormatter(_Formatter(_FORMAT))
        root.addHandler(handler)
    threading.excepthook = _thread_died
    if unwritable is not None:
        log.warning("no log file: %s", unwritable)


def _thread_died(failure: threading.ExceptHookArgs) -> None:
    name = failure.thread.name if failure.thread else "unknown"
    exception = failure.exc_value
    if exception is not None:
        log.error("thread %s died", name, exc_info=(failure.exc_type, exception, failure.exc_traceback))
