"""One writer per file: a lock that the system takes back when its holder dies, with the holder's name in it."""

import os
import sys
from pathlib import Path
from typing import IO

from spreadwatch.storage.rows import Refusal, StorageError

_FAR = 1 << 30
"""The locked byte. Windows forbids others to read what is locked, so it lies behind the text."""


class WriterLock:
    """Held from `take` to `release`, or to the end of the process, however it ends."""

    def __init__(self, path: Path) -> None:
        """Lock `path`, which is named `<file>.lock` beside the file."""
        resolved = path.resolve()
        self.path = resolved.with_name(resolved.name + ".lock")
        self._file: IO[bytes] | None = None

    def take(self) -> None:
        """Take the lock. Raises Refusal naming its holder, StorageError when it cannot be written."""
        if self._file is not None:
            return
        try:
            file = self.path.open("a+b")
        except OSError as error:
            raise StorageError(f"cannot write {self.path}: {error.strerror or error}") from error
        try:
            _lock(file)
        except OSError as error:
            file.seek(0)
            holder = file.read(200).decode(errors="replace").strip() or "another process"
            file.close()
            recording = self.path.with_suffix("")
            raise Refusal(f"{recording} is being written by {holder}: only one at a time may write it") from error
        try:
            file.seek(0)
            file.truncate()
            file.write(f"process {os.getpid()} ({Path(sys.argv[0]).name or 'python'})\n".encode())
            file.flush()
        except OSError:  # a full disk: the lock holds without its text
            pass
        self._file = file

    def release(self) -> None:
        """Let go of it. The file stays: to delete it would race with the next holder."""
        file, self._file = self._file, None
        if file is not None:
            file.close()


if sys.platform == "win32":
    import msvcrt

    def _lock(file: IO[bytes]) -> None:
        file.seek(_FAR)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(file: IO[bytes]) -> None:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
