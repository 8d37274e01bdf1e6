"""What the window knows of the program and asks of it: all that passes between the two is declared here."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from spreadwatch.config import Config
from spreadwatch.ui.alerts.list import RuleBook
from spreadwatch.ui.chart.card import Past
from spreadwatch.ui.frame.playback_bar import Player


class Program(Past, RuleBook, Protocol):
    """Everything is asked in the main thread and must return at once. What the chart and the alerts ask is with them.

    `badge`: 'DEMO', 'REPLAY 2024-08-08' …, None for what is live. `symbols` are shown until the first snapshot; from
    then on the snapshots say which are watched. `geometry_file`: where the window's place is kept, None to forget it.
    """

    @property
    def settings(self) -> Config: ...  # noqa: D102
    @property
    def badge(self) -> str | None: ...  # noqa: D102
    @property
    def symbols(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def geometry_file(self) -> Path | None: ...  # noqa: D102
    @property
    def player(self) -> Player | None:
        """What a replay is controlled by, None for what is live."""

    def show(self, symbol: str) -> None:
        """Give this symbol in full from now on: `Snapshot.pairs` has to hold it."""

    def reset(self, symbol: str) -> None:
        """Forget a symbol's extremes."""

    def add(self, symbol: str) -> str | None:
        """Watch one more symbol; a sentence says why not."""

    def remove(self, symbol: str) -> str | None:
        """Watch a symbol no longer; a sentence says why not."""

    def candidates(self) -> Sequence[str] | None:
        """Return the symbols that trade on both sides, None while that is not known."""

    def switch(self, name: str) -> str:
        """Turn "record" or "serve" on or off; say what came of it."""

    def switched(self, name: str) -> str | None:
        """Return what "record" or "serve" does, in a few words or none; None while it is off."""

    def diagnostics(self) -> str:
        """Return a report to copy."""
