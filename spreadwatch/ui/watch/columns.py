"""The watch list in words: its columns, the texts of a row, and the order of rows. Pure."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from spreadwatch.core.leg import State
from spreadwatch.core.snapshot import Row
from spreadwatch.ui.cards import amounts
from spreadwatch.ui.kit import text

_STATE_WORDS = {
    State.LIVE: "\N{BLACK CIRCLE} live",
    State.CONNECTING: "\N{WHITE CIRCLE} waiting",
    State.STALE: "\N{WHITE CIRCLE} stale",
    State.REFUSED: "\N{MULTIPLICATION SIGN} refused",
}
_STATE_ORDER = {state: number for number, state in enumerate(_STATE_WORDS)}


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `usual`: the widest usual text, whose room is kept. `falls`: best first means highest first.

    `key` tells what it is sorted by; None comes last either way.
    """

    caption: str
    usual: str
    falls: bool
    key: Callable[[Row], Any]
    words: Callable[[Row], str]
    is_number: bool = True


def _spread(row: Row) -> str:
    return text.NO_VALUE if row.spread is None else text.signed(row.spread, row.places)


def _size(row: Row) -> str:
    return text.NO_VALUE if row.size_quote is None else amounts.short(row.size_quote)


def _funding(row: Row) -> str:
    return text.NO_VALUE if row.funding_rate is None else amounts.percent(row.funding_rate, 4)


COLUMNS = (
    Column("SYMBOL", "", falls=False, key=lambda row: row.symbol, words=lambda row: row.symbol, is_number=False),
    Column("SPREAD", "+0.00000012", falls=False, key=lambda row: row.spread, words=_spread),
    Column("BPS", "+000.00", falls=False, key=lambda row: row.bps, words=lambda row: text.bps(row.bps)),
    Column("EDGE", "+000.00", falls=True, key=lambda row: row.edge_bps, words=lambda row: text.bps(row.edge_bps)),
    Column("SIZE", "00.0k", falls=True, key=lambda row: row.size_quote, words=_size),
    Column("FUNDING", "+0.0000%", falls=True, key=lambda row: row.funding_rate, words=_funding),
    Column(
        "STATE",
        max(_STATE_WORDS.values(), key=len),
        falls=False,
        key=lambda row: _STATE_ORDER[row.state],
        words=lambda row: _STATE_WORDS[row.state],
        is_number=False,
    ),
)
SYMBOL, SPREAD, EDGE, STATE = 0, 1, 3, 6


def ordered(rows: Iterable[Row], column: int, *, reverse: bool) -> list[Row]:
    """Sort rows by a column, best first or in `reverse`. Equals keep their places; what is None comes last."""
    key = COLUMNS[column].key
    known: list[Row] = []
    unknown: list[Row] = []
    for row in rows:
        (unknown if key(row) is None else known).append(row)
    known.sort(key=key, reverse=COLUMNS[column].falls is not reverse)
    return known + unknown
