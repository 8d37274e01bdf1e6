"""Where the window stood last time, and where it may stand now."""

import contextlib
import json
import logging
import os
import re
from dataclasses import asdict, dataclass
from pathlib import Path

logger = logging.getLogger(__name__)

_GEOMETRY = re.compile(r"(\d+)x(\d+)\+(-?\d+)\+(-?\d+)")
_HIGHEST = 100_000  # pixels; more is a broken file


@dataclass(frozen=True, slots=True)
class Rect:
    """A rectangle in pixels of the virtual root, which may begin left of or above 0."""

    x: int
    y: int
    width: int
    height: int

    def __str__(self) -> str:
        """Write it as Tk's `wm geometry` takes it."""
        return f"{self.width}x{self.height}+{self.x}+{self.y}"


@dataclass(frozen=True, slots=True)
class Remembered:
    """The window of last time: where its full and its compact form stood, and which of them was shown.

    `costs`: whether all that costs stood there, or one line of it.
    """

    full: Rect | None = None
    small: Rect | None = None
    compact: bool = False
    costs: bool = False


def parse(geometry: str) -> Rect | None:
    """Read what `wm geometry` returns; None when it is something else."""
    match = _GEOMETRY.fullmatch(geometry)
    if match is None:
        return None
    width, height, x, y = (int(number) for number in match.groups())
    return Rect(x, y, width, height)


def clamp(wanted: Rect, screen: Rect, least_width: int, least_height: int) -> Rect:
    """Return `wanted` at no less than the least size, no larger than the screen if that allows, wholly on it.

    What cannot fit begins at the screen's upper left, where the title bar can be reached.
    """
    width = max(min(wanted.width, screen.width), least_width)
    height = max(min(wanted.height, screen.height), least_height)
    x = max(min(wanted.x, screen.x + screen.width - width), screen.x)
    y = max(min(wanted.y, screen.y + screen.height - height), screen.y)
    return Rect(x, y, width, height)


def load(path: Path) -> Remembered:
    """Read what was remembered. A missing file is nothing; a broken one is ignored with a warning."""
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        rects = _rect(stored.get("full")), _rect(stored.get("small"))
        return Remembered(*rects, stored.get("compact") is True, stored.get("costs") is True)
    except FileNotFoundError:
        return Remembered()
    except (OSError, ValueError, TypeError, AttributeError, RecursionError) as error:
        logger.warning("window position in %s ignored: %s", path, error)
        return Remembered()


def save(path: Path, remembered: Remembered) -> None:
    """Write the file anew, whole or not at all; a failure is only logged."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh.write_text(json.dumps(asdict(remembered)) + "\n", encoding="utf-8")
        fresh.replace(path)
    except OSError as error:
        logger.warning("window position not written to %s: %s", path, error)
        with contextlib.suppress(OSError):
            fresh.unlink(missing_ok=True)


def _rect(stored: object) -> Rect | None:
    if stored is None:
        return None
    if not isinstance(stored, dict):
        raise TypeError("a rectangle must be an object")
    numbers = [stored.get(name) for name in ("x", "y", "width", "height")]
    whole = [number for number in numbers if isinstance(number, int) and abs(number) <= _HIGHEST]
    if len(whole) != 4 or min(whole[2:]) < 1:
        raise ValueError("a rectangle needs x, y, width and height in pixels")
    return Rect(*whole)
