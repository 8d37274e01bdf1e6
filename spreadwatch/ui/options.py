"""What the window is given at its start: how it looks, and whom it asks."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from spreadwatch.core.alerts import Alert, Rule
from spreadwatch.core.quote import Instant
from spreadwatch.core.series import Series


@dataclass(frozen=True, slots=True)
class WindowOptions:
    """How the window begins. `badge`: 'DEMO', 'REPLAY 2024-08-08' …; `geometry_file`: None remembers nothing.

    `symbols` are shown until the first snapshot; from then on the snapshots say which are watched. `banner`,
    `bell`, `flash`, `desktop`: how the window tells an alert; the last one needs Tk 9. `export_folder`: where
    charts are saved; None saves none.
    """

    symbols: tuple[str, ...]
    theme: Literal["dark", "light"]
    compact: bool
    topmost: bool
    utc: bool
    frame_ms: int
    badge: str | None
    geometry_file: Path | None
    banner: bool = True
    bell: bool = True
    flash: bool = True
    desktop: bool = False
    export_folder: Path | None = None


def _fixed(_symbol: str) -> str | None:
    return "The watched symbols cannot be changed here."


def _nothing(_symbol: str) -> None:
    return None


def _out_of_reach() -> Sequence[str] | None:
    return None


def _no_series(_symbol: str) -> Series | None:
    return None


def _no_rules() -> tuple[Rule, ...]:
    return ()


def _no_rule(_asked: object) -> str | None:
    return "Rules cannot be changed here."


def _no_switch(_name: str) -> str:
    return "This cannot be switched here."


def _no_test(_symbol: str) -> Alert | None:
    return None


@dataclass(frozen=True, slots=True)
class Callbacks:
    """What the window asks of the program. All are called in the main thread and must return at once.

    `reset`: forget a symbol's extremes. `diagnostics`: a report to copy. `focus`: this symbol is shown from now
    on, so `Snapshot.pairs` has to hold it. `add`, `remove`: watch a symbol, or no longer; a sentence says why
    not. `candidates`: the symbols that trade on both sides, None while that is not known.

    `series`: the past of a symbol, None for one that is not watched; `axis_ms`: where a moment is on its axis.
    `rules`: those of alerts that are in force; `add_rule` takes texts by the names of a rule's fields; a sentence
    says why not. `test_alert`: send an invented alert on every way that leaves the program, and return it for the
    window to show.

    `switch`: turn "record" or "serve" on or off; the sentence says what came of it. `switched_on`: whether one is
    on. `recording`: what the recorder does, in a few words, empty while it is off.

    `playback`: what a replay is controlled by, None for what is live.
    """

    reset: Callable[[str], None]
    diagnostics: Callable[[], str]
    focus: Callable[[str], None] = _nothing
    add: Callable[[str], str | None] = _fixed
    remove: Callable[[str], str | None] = _fixed
    candidates: Callable[[], Sequence[str] | None] = _out_of_reach
    series: Callable[[str], Series | None] = _no_series
    axis_ms: Callable[[Instant], int] = lambda at: at.mono_ms
    rules: Callable[[], tuple[Rule, ...]] = _no_rules
    add_rule: Callable[[Mapping[str, str]], str | None] = _no_rule
    remove_rule: Callable[[Rule], str | None] = _no_rule
    test_alert: Callable[[str], Alert | None] = _no_test
    switch: Callable[[str], str] = _no_switch
    switched_on: Callable[[str], bool] = lambda _name: False
    recording: Callable[[], str] = str
    playback: "Playback | None" = None


class Playback(Protocol):
    """What the window knows of a replay and asks of it. Times in Unix ms; a speed of None is as fast as it goes.

    `paused`: recorded time stands, or will once it is where it was sent.
    """

    @property
    def first_ms(self) -> int: ...  # noqa: D102
    @property
    def last_ms(self) -> int: ...  # noqa: D102
    @property
    def position_ms(self) -> int: ...  # noqa: D102
    @property
    def target_ms(self) -> int | None: ...  # noqa: D102
    @property
    def speed(self) -> float | None: ...  # noqa: D102
    @property
    def paused(self) -> bool: ...  # noqa: D102
    @property
    def is_rushing(self) -> bool: ...  # noqa: D102
    @property
    def has_ended(self) -> bool: ...  # noqa: D102

    def toggle(self) -> None:
        """Play or pause; at the end, play from the beginning."""

    def set_speed(self, speed: float | None) -> None:
        """Play at so many times the recorded pace."""

    def seek(self, at_ms: int) -> None:
        """Go to a time."""

    def find_extreme(self, symbol: str) -> None:
        """Go on to the next event that moves max or min of a symbol, and pause there."""
