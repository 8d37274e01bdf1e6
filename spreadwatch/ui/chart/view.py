"""Which stretch of time, and which range of values, the chart shows. Pure."""

import math

from msgspec import Struct

ALL = "all"
_SPANS = {
    "1m": (60_000, "LAST MINUTE"),
    "5m": (300_000, "LAST 5 MINUTES"),
    "15m": (900_000, "LAST 15 MINUTES"),
    "1h": (3_600_000, "LAST HOUR"),
}
SPANS_MS = {name: span_ms for name, (span_ms, _) in _SPANS.items()}
WINDOWS = (*_SPANS, ALL)
_WORDS = {**{name: words for name, (_, words) in _SPANS.items()}, ALL: "ALL"}
_LEAST_MS = 5_000
_ROOM_FACTOR = 4  # how much wider than its data a view may be
_SHRINK_S = 2.0
_LOOSE, _CLOSE = 0.12, 0.02


class View:
    """A window of time that follows the present, or stays where it was moved to. Times in ms of the series."""

    def __init__(self) -> None:
        self.name: str | None = "5m"
        """The window chosen; None after a zoom."""
        self._span_ms = SPANS_MS["5m"]
        self._end_ms: int | None = None

    @property
    def is_live(self) -> bool:
        """Whether its right edge is the present."""
        return self._end_ms is None

    @property
    def title(self) -> str:
        """What it shows, in words; empty when a window's name does not say it."""
        return _WORDS[self.name] if self.name and self.is_live else ""

    def choose(self, name: str) -> None:
        """Show one of WINDOWS, up to the present."""
        self.name, self._end_ms = name, None
        self._span_ms = SPANS_MS.get(name, self._span_ms)

    def follow(self) -> None:
        """Go back to the present."""
        self._end_ms = None

    def span_ms(self, first_ms: int, now_ms: int) -> int:
        """Return its length. That of all grows in steps, so that the picture stands still between them."""
        if self.name != ALL:
            return self._span_ms
        total_ms = max(now_ms - first_ms, SPANS_MS["1m"])
        step_ms = 1 << max((total_ms // 16).bit_length() - 1, 0)
        return -(-total_ms // step_ms) * step_ms

    def end_ms(self, now_ms: int) -> int:
        """Return its right edge."""
        return now_ms if self._end_ms is None else self._end_ms

    def zoom(self, factor: float, share: float, first_ms: int, now_ms: int) -> None:
        """Show `factor` times as much, with what is at `share` of the width (0 left, 1 right) staying there."""
        span_ms, end_ms = self.span_ms(first_ms, now_ms), self.end_ms(now_ms)
        most_ms = max(_ROOM_FACTOR * (now_ms - first_ms), SPANS_MS["1h"])
        wanted_ms = min(max(round(span_ms * factor), _LEAST_MS), most_ms)
        if wanted_ms == span_ms:
            return
        self.name = next((name for name, length_ms in SPANS_MS.items() if length_ms == wanted_ms), None)
        self._span_ms = wanted_ms
        still_ms = end_ms - (1 - share) * span_ms
        self._stop_at(round(still_ms + (1 - share) * wanted_ms), first_ms, now_ms)

    def pan(self, share: float, first_ms: int, now_ms: int) -> None:
        """Move by so much of the width: later when positive. Reaching the present follows it again."""
        span_ms = self.span_ms(first_ms, now_ms)
        if self.name == ALL:
            self._span_ms, self.name = span_ms, None
        self._stop_at(self.end_ms(now_ms) + round(share * span_ms), first_ms, now_ms)

    def _stop_at(self, end_ms: int, first_ms: int, now_ms: int) -> None:
        least_ms = min(first_ms + self._span_ms // 2, now_ms)
        self._end_ms = None if end_ms >= now_ms else max(end_ms, least_ms)


class Frame(Struct, frozen=True):
    """A view laid on pixels: columns of `width_ms` in a plot `across` pixels wide that shows `span_ms`.

    Places are rounded on the axis itself, not in the view, so that nothing jitters while it moves.
    """

    from_ms: int
    span_ms: int
    width_ms: int
    across: int

    @property
    def to_ms(self) -> int:
        """The right edge."""
        return self.from_ms + self.span_ms

    @property
    def first(self) -> int:
        """The index of the first column that is partly in view."""
        return self.from_ms // self.width_ms

    @property
    def count(self) -> int:
        """How many columns are at least partly in view."""
        return -(-self.to_ms // self.width_ms) - self.first

    def x(self, t_ms: int) -> int:
        """Return the pixel of a time, 0 at the left edge; outside of the view, too."""
        return t_ms * self.across // self.span_ms - self.from_ms * self.across // self.span_ms

    def time(self, x: int) -> int:
        """Return the time of a pixel."""
        return self.from_ms + x * self.span_ms // self.across


class Scale(Struct, frozen=True):
    """Where values lie: the pixel of the value 0, and how many pixels a value of 1 is higher."""

    zero: float
    per_value: float

    def y(self, value: float) -> int:
        """Return the pixel of a value; 0 is the upper edge."""
        return int(self.zero + 0.5 - value * self.per_value)


class ValueRange:
    """The lowest and highest value on the y axis: widens at once, shrinks slowly."""

    def __init__(self) -> None:
        self.low, self.high = 0.0, 0.0
        self.settles = False
        """True while it is still shrinking."""
        self._at_s = -math.inf

    def scale(self, top: int, bottom: int) -> Scale:
        """Return the scale on which the highest value is at the pixel `top`, the lowest at `bottom`."""
        height = self.high - self.low
        per_value = max(bottom - top, 1) / height if height > 0 else 1.0
        return Scale(top + self.high * per_value, per_value)

    def follow(self, low: float, high: float, now_s: float, *, jump: bool) -> None:
        """Make room for these values; `jump`: they are others than before, so fit them at once."""
        gone_s, self._at_s = max(now_s - self._at_s, 0.0), now_s
        if jump:
            self.low, self.high, self.settles = low, high, False
            return
        self.low, self.high = min(self.low, low), max(self.high, high)
        height = self.high - self.low
        loose = (low - self.low) + (self.high - high)
        if loose > _LOOSE * height:
            self.settles = True
        if not self.settles:
            return
        if loose <= _CLOSE * height:
            self.low, self.high, self.settles = low, high, False
            return
        kept = math.exp(-gone_s / _SHRINK_S)
        self.low, self.high = low + (self.low - low) * kept, high + (self.high - high) * kept
