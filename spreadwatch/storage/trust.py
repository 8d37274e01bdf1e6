"""What can be known to be wrong of recorded numbers, from themselves and their neighbours. Nothing is guessed.

A version before this one multiplied numbers of an SQLite recording that it should have left (CHANGELOG). It left
traces: floats where only whole numbers are written, numbers off by a power of ten from both neighbours, and texts
that it should have written as numbers.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from decimal import Decimal, InvalidOperation
from itertools import repeat
from typing import Any

from msgspec import Struct

from spreadwatch.core.answers import RowKind, SeriesTrust
from spreadwatch.core.quote import Side
from spreadwatch.storage.rows import StoredLeg

_FAR = 9
"""A price is so many times the one before and the one after, or so small a part of both: no market goes and returns."""

_NEAR = 1.1
"""The prices before and after differ by this factor at most: else the market may have moved."""

_NEIGHBOUR_MS = 60_000

_Valid = tuple[int, float, float]


class Columns(Struct, frozen=True):
    """Some rows of a series, in order, a column each, as a store keeps it.

    Numbers are of the type `whole`, above zero and below `limit`, or texts. A number × `unit` is a price.
    `times` ÷ `per_ms` are Unix ms. `steps` are ask − bid, beside a bid that is a text the ask; None for trades.
    `fits_price` and `fits_size` tell whether a text should have been a number.
    """

    times: Sequence[int]
    prices: Sequence[Any]
    steps: Sequence[Any] | None
    sizes: tuple[Sequence[Any], ...]
    whole: type[int] | type[Decimal]
    limit: int
    fits_price: Callable[[str], bool]
    fits_size: Callable[[str], bool]
    per_ms: int = 1
    unit: float = 1.0


class _WrongError(Exception):
    """A row is not as it was sent; the message is the count under which it goes."""


class Inspector:
    """Looks through one series, some rows after another. What is in order costs next to nothing."""

    def __init__(self, kind: RowKind, leg: StoredLeg) -> None:
        """Begin before the first row."""
        self._kind: RowKind = kind
        self._leg = leg
        self._rows = 0
        self._wrong = Counter[str]()
        self._first_ms: int | None = None
        self._last_ms: int | None = None
        self._before: _Valid | None = None
        self._middle: _Valid | None = None

    def take(self, columns: Columns) -> None:
        """Look at the next rows."""
        count = len(columns.times)
        self._rows += count
        if count > 1 and _in_order(columns):
            for row in (0, 1):
                self._meet(_valid(columns, row))
            self._before, self._middle = _valid(columns, count - 2), _valid(columns, count - 1)
            return
        steps = repeat(None) if columns.steps is None else columns.steps
        for time, price, step, *sizes in zip(columns.times, columns.prices, steps, *columns.sizes, strict=False):
            at_ms = time // columns.per_ms
            if _is_trace(columns, price, step, sizes):
                self._count("rewritten", at_ms)
            try:
                self._meet((at_ms, *_prices(columns, price, step, sizes)))
            except _WrongError as wrong:
                self._count(str(wrong), at_ms)

    def found(self) -> SeriesTrust:
        """Return what is known."""
        wrong, leg = self._wrong, self._leg
        counts = (wrong["float"], wrong["impossible"], wrong["crossed"], wrong["far"], wrong["rewritten"])
        return SeriesTrust(leg.symbol, leg.side, self._kind, self._rows, *counts, self._first_ms, self._last_ms)

    def _meet(self, after: _Valid) -> None:
        """Judge the price before this one by its two neighbours."""
        before, middle = self._before, self._middle
        if before is not None and middle is not None and _is_far(before, middle, after):
            self._count("far", middle[0])
        else:
            self._before = middle
        self._middle = after

    def _count(self, wrong: str, at_ms: int) -> None:
        self._wrong[wrong] += 1
        self._first_ms = at_ms if self._first_ms is None else min(self._first_ms, at_ms)
        self._last_ms = at_ms if self._last_ms is None else max(self._last_ms, at_ms)


class Inspection:
    """An inspector for each series that is read."""

    def __init__(self) -> None:
        """Begin without any."""
        self._inspectors: dict[tuple[RowKind, StoredLeg], Inspector] = {}

    def of(self, kind: RowKind, leg: StoredLeg) -> Inspector:
        """Return the one of a series."""
        return self._inspectors.setdefault((kind, leg), Inspector(kind, leg))

    def found(self) -> list[SeriesTrust]:
        """Return what is known of every series, by symbol."""
        found = [one.found() for one in self._inspectors.values()]
        return sorted(found, key=lambda one: (one.symbol, one.side is not Side.SPOT, one.kind))


def _in_order(columns: Columns) -> bool:
    """Tell whether there is nothing but proper numbers, none of them far from another."""
    numbers = (columns.prices, *(() if columns.steps is None else (columns.steps,)), *columns.sizes)
    try:
        return all(
            set(map(type, column)) == {columns.whole} and min(column) > 0 and max(column) < columns.limit
            for column in numbers
        ) and max(columns.prices) < _FAR * min(columns.prices)
    except InvalidOperation:  # what is no number cannot be compared
        return False


def _valid(columns: Columns, row: int) -> _Valid:
    """Return moment, bid and ask of a row that is in order; of a trade its price twice."""
    price, step = columns.prices[row], 0 if columns.steps is None else columns.steps[row]
    return columns.times[row] // columns.per_ms, float(price) * columns.unit, float(price + step) * columns.unit


def _prices(columns: Columns, price: Any, step: Any, sizes: list[Any]) -> tuple[float, float]:  # noqa: ANN401 - raw
    """Return bid and ask of any row likewise. Raises _WrongError."""
    if any(isinstance(number, float) for number in (price, step, *sizes)):
        raise _WrongError("float")
    for size in sizes:
        _above_zero(columns, size)
    low = high = _above_zero(columns, price)
    if isinstance(price, str) and step is not None:
        high = _above_zero(columns, step)
    elif step is not None:
        if not isinstance(step, columns.whole):
            raise _WrongError("impossible")
        high = low + step
    if step is not None and high <= low:
        raise _WrongError("crossed")
    unit = 1.0 if isinstance(price, str) else columns.unit
    return float(low) * unit, float(high) * unit


def _is_trace(columns: Columns, price: Any, step: Any, sizes: list[Any]) -> bool:  # noqa: ANN401 - raw
    """Tell whether a text stands where its series would have a number: so the faulty version left it."""
    prices = (price,) if step is None else (price, step)
    if all(isinstance(text, str) and columns.fits_price(text) for text in prices):
        return True
    return any(isinstance(size, str) and columns.fits_size(size) for size in sizes)


def _above_zero(columns: Columns, number: Any) -> Decimal | int:  # noqa: ANN401 - as it is in the store
    """Return the number of a cell. Raises _WrongError when it cannot be one that was sent."""
    exact: Decimal | int = 0
    if isinstance(number, columns.whole):
        exact = number if Decimal(number).is_finite() and number < columns.limit else 0
    elif isinstance(number, str):
        with suppress(InvalidOperation):
            exact = Decimal(number)
    if not Decimal(exact).is_finite() or exact <= 0:
        raise _WrongError("impossible")
    return exact


def _is_far(before: _Valid, middle: _Valid, after: _Valid) -> bool:
    """Tell whether both prices of a row are far from those before and after, which are near each other."""
    if middle[0] - before[0] > _NEIGHBOUR_MS or after[0] - middle[0] > _NEIGHBOUR_MS:
        return False
    for was, now, then in zip(before[1:], middle[1:], after[1:], strict=True):
        least, most = min(was, then), max(was, then)
        if most > least * _NEAR or least / _FAR < now < most * _FAR:
            return False
    return True
