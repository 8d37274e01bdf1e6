"""What the service asks of the rest of the program: a recording, and what is live. Any thread."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from spreadwatch.core.answers import Bar, Price, PriceRange, RecordedGap, SpreadRange, SpreadValue
from spreadwatch.core.snapshot import Snapshot


class Archive(Protocol):
    """A recording. Times are Unix ms. What it knows nothing of is None; it raises SpreadwatchError.

    Asked on several threads at once, none of which serves the network.
    """

    def symbols(self) -> Sequence[str]:
        """Return the symbols of which anything is recorded."""

    def latest(self, symbol: str) -> Price | None:
        """Return the last price."""

    def at(self, symbol: str, at_ms: int) -> Price | None:
        """Return the last price at or before a moment."""

    def minmax(self, symbol: str, minute_ms: int) -> PriceRange | None:
        """Return the highest and lowest price of the minute in which a moment lies."""

    def spread_latest(self, symbol: str) -> SpreadValue | None:
        """Return the last spread."""

    def spread_at(self, symbol: str, at_ms: int) -> SpreadValue | None:
        """Return the last spread at or before a moment."""

    def spread_minmax(self, symbol: str, minute_ms: int) -> SpreadRange | None:
        """Return the highest and lowest spread of the minute in which a moment lies."""

    def bars(self, symbol: str, from_ms: int, to_ms: int) -> Iterable[Bar]:
        """Return the one-second bars that begin from a moment up to, not including, another."""

    def gaps(self, symbol: str, from_ms: int, to_ms: int) -> Sequence[RecordedGap]:
        """Return the gaps of both legs that touch the time, by their start."""


class Live(Protocol):
    """What the program watches now. Any thread."""

    def latest(self) -> Snapshot | None:
        """Return the newest snapshot, None before the first. Never blocks."""

    def health(self) -> str | None:
        """Return what is wrong in the program, in words; None when nothing is. Never blocks."""
