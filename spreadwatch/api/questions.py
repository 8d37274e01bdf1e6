"""What the service asks of the rest of the program: a recording, and what is live. Any thread."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Protocol

from spreadwatch.core.quote import Venue
from spreadwatch.core.snapshot import Snapshot


class PriceAnswer(Protocol):
    """A spot price per coin and the Unix ms since which it held. `source`: "trade" or "mid"."""

    @property
    def at_ms(self) -> int: ...  # noqa: D102 - said above
    @property
    def price(self) -> Decimal: ...  # noqa: D102
    @property
    def source(self) -> str: ...  # noqa: D102


class PriceRangeAnswer(Protocol):
    """Highest and lowest spot price of the minute that begins at `minute_ms`."""

    @property
    def minute_ms(self) -> int: ...  # noqa: D102 - said above
    @property
    def high(self) -> Decimal: ...  # noqa: D102
    @property
    def low(self) -> Decimal: ...  # noqa: D102
    @property
    def source(self) -> str: ...  # noqa: D102


class SpreadAnswer(Protocol):
    """A spread in quote currency and when it was a sample. `source`: "quotes" or "bars"."""

    @property
    def at_ms(self) -> int: ...  # noqa: D102 - said above
    @property
    def spread(self) -> Decimal: ...  # noqa: D102
    @property
    def source(self) -> str: ...  # noqa: D102


class SpreadRangeAnswer(Protocol):
    """Highest and lowest spread of the minute that begins at `minute_ms`."""

    @property
    def minute_ms(self) -> int: ...  # noqa: D102 - said above
    @property
    def high(self) -> Decimal: ...  # noqa: D102
    @property
    def low(self) -> Decimal: ...  # noqa: D102
    @property
    def samples(self) -> int: ...  # noqa: D102


class BarAnswer(Protocol):
    """One Unix second of a spread."""

    @property
    def second(self) -> int: ...  # noqa: D102 - said above
    @property
    def open(self) -> Decimal: ...  # noqa: D102
    @property
    def high(self) -> Decimal: ...  # noqa: D102
    @property
    def low(self) -> Decimal: ...  # noqa: D102
    @property
    def close(self) -> Decimal: ...  # noqa: D102
    @property
    def samples(self) -> int: ...  # noqa: D102


class GapAnswer(Protocol):
    """A leg was not live, or not stored, from `start_ms` to `end_ms`, which is None while it lasts."""

    @property
    def venue(self) -> Venue: ...  # noqa: D102 - said above
    @property
    def start_ms(self) -> int: ...  # noqa: D102
    @property
    def end_ms(self) -> int | None: ...  # noqa: D102
    @property
    def reason(self) -> str: ...  # noqa: D102


class Archive(Protocol):
    """A recording. Times are Unix ms. What it knows nothing of is None; it raises SpreadwatchError.

    Asked on several threads at once, none of which serves the network.
    """

    def symbols(self) -> Sequence[str]:
        """Return the symbols of which anything is recorded."""

    def latest(self, symbol: str) -> PriceAnswer | None:
        """Return the last price."""

    def at(self, symbol: str, at_ms: int) -> PriceAnswer | None:
        """Return the last price at or before a moment."""

    def minmax(self, symbol: str, minute_ms: int) -> PriceRangeAnswer | None:
        """Return the highest and lowest price of the minute in which a moment lies."""

    def spread_latest(self, symbol: str) -> SpreadAnswer | None:
        """Return the last spread."""

    def spread_at(self, symbol: str, at_ms: int) -> SpreadAnswer | None:
        """Return the last spread at or before a moment."""

    def spread_minmax(self, symbol: str, minute_ms: int) -> SpreadRangeAnswer | None:
        """Return the highest and lowest spread of the minute in which a moment lies."""

    def bars(self, symbol: str, from_ms: int, to_ms: int) -> Iterable[BarAnswer]:
        """Return the one-second bars that begin from a moment up to, not including, another."""

    def gaps(self, symbol: str, from_ms: int, to_ms: int) -> Sequence[GapAnswer]:
        """Return the gaps of both legs that touch the time, by their start."""


class Live(Protocol):
    """What the program watches now. Any thread."""

    def latest(self) -> Snapshot | None:
        """Return the newest snapshot, None before the first. Never blocks."""

    def health(self) -> str | None:
        """Return what is wrong in the program, in words; None when nothing is. Never blocks."""
