"""A stretch of the spread as CSV: a row per bar, exact decimals, times in UTC. Pure."""

from collections.abc import Iterator

from spreadwatch.core.numbers import exact
from spreadwatch.core.series import Series
from spreadwatch.core.times import iso

_SIDES = ("open", "high", "high_at_ms", "low", "low_at_ms", "close")
HEADER = ",".join(
    ["time_utc", "from_ms", "to_ms", "samples", "after_gap"]
    + [f"{name}_{side}" for name in ("spread", "reverse") for side in _SIDES]
)


def lines(series: Series, from_ms: int, to_ms: int, wall_offset_ms: int, places: int) -> Iterator[str]:
    """Yield the header and a line per bar of an interval, each ended by CRLF. Times of the series + offset = Unix ms.

    The bars are the finest that are kept. `after_gap` is 1 when just before the bar there was no live spread.
    """
    yield HEADER + "\r\n"
    for bar in series.bars(from_ms, to_ms):
        fields = [
            iso(bar.open_ms + wall_offset_ms, "milliseconds"),
            str(bar.open_ms + wall_offset_ms),
            str(bar.close_ms + wall_offset_ms),
            str(bar.samples),
            "1" if bar.begins else "0",
        ]
        for side in (bar.entry, bar.reverse):
            fields += [
                exact(side.open, places),
                exact(side.high, places),
                str(side.high_ms + wall_offset_ms),
                exact(side.low, places),
                str(side.low_ms + wall_offset_ms),
                exact(side.close, places),
            ]
        yield ",".join(fields) + "\r\n"
