"""What SQLite and the system say, in words that say what to do."""

import sqlite3
from pathlib import Path

_WORDS = {
    sqlite3.SQLITE_FULL: "the disk that holds {path} is full: recording goes on when there is room again",
    sqlite3.SQLITE_READONLY: "{path} may not be written: allow it, or name another file",
    sqlite3.SQLITE_PERM: "{path} may not be written: allow it, or name another file",
    sqlite3.SQLITE_CANTOPEN: "{path} cannot be opened: its folder must exist and be ours to write",
    sqlite3.SQLITE_BUSY: "{path} is locked by another program",
    sqlite3.SQLITE_IOERR: "the disk that holds {path} reports a failure ({error}): look after it",
    sqlite3.SQLITE_CORRUPT: "{path} is damaged ({error}): move it away, then a new file is begun",
    sqlite3.SQLITE_NOTADB: "{path} is not a database: name another file for the recording",
}


def explain(error: Exception, path: Path) -> str:
    """Return the sentence for a failure with a file."""
    if isinstance(error, OSError):
        return f"{path}: {error.strerror or error}"
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return _WORDS.get(code, "{path}: {error}").format(path=path, error=error)
