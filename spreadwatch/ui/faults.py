"""What becomes of an exception in the window: logged once per kind, and said in the window."""

import logging
import traceback
from collections.abc import Callable

logger = logging.getLogger(__name__)


class Faults:
    """Tell each kind of exception once. A kind is its type and the line that raised it."""

    def __init__(self, note: Callable[[str], None]) -> None:
        self._note = note
        self._seen: set[tuple[type[BaseException], str, int | None]] = set()

    def take(self, error: BaseException) -> None:
        """Log and show an exception, unless its kind was seen before."""
        frames = traceback.extract_tb(error.__traceback__)
        last = frames[-1] if frames else None
        kind = (type(error), last.filename if last else "", last.lineno if last else None)
        if kind in self._seen:
            return
        self._seen.add(kind)
        logger.error("exception in the window", exc_info=error)
        self._note(f"A fault inside spreadwatch ({_brief(error)}). The window goes on; the log has the details.")


def _brief(error: BaseException) -> str:
    words = str(error).strip().partition("\n")[0]
    if len(words) > 120:
        words = words[:119] + "…"
    return f"{type(error).__name__}: {words}" if words else type(error).__name__
