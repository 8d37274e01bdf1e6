"""What becomes of an exception in the window: logged once per kind, and said in the window."""

import logging
from collections.abc import Callable

logger = logging.getLogger(__name__)

_LONGEST = 120


class Faults:
    """Tell each kind of exception once. A kind is its type and the line that raised it."""

    def __init__(self, note: Callable[[str], None]) -> None:
        self._note = note
        self._seen: set[tuple[type[BaseException], str, int | None]] = set()

    def take(self, error: BaseException) -> None:
        """Log and show an exception, unless its kind was seen before. Never raises."""
        if not self.log(error):
            return
        try:
            self._note(f"A fault inside spreadwatch ({brief(error)}). The window goes on; the log has the details.")
        except Exception as another:  # noqa: BLE001  what shows faults may be what is at fault
            self.take(another)

    def log(self, error: BaseException) -> bool:
        """Log an exception; False when its kind was seen before."""
        kind = _kind(error)
        if kind in self._seen:
            return False
        self._seen.add(kind)
        logger.error("exception in the window", exc_info=error)
        return True


def brief(error: BaseException) -> str:
    """Write an exception in a few words: 'ValueError: a bad day'."""
    try:
        words = str(error).strip().partition("\n")[0]
    except Exception:  # noqa: BLE001  a foreign __str__
        words = ""
    if len(words) > _LONGEST:
        words = words[: _LONGEST - 1] + "…"
    return f"{type(error).__name__}: {words}" if words else type(error).__name__


def _kind(error: BaseException) -> tuple[type[BaseException], str, int | None]:
    last = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    if last is None:
        return type(error), "", None
    return type(error), last.tb_frame.f_code.co_filename, last.tb_lineno
