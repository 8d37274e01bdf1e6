"""What travels from the recorder to a store: rows as plain values, in the words of the wire.

Times are Unix ms. `arrival` numbers whatever came within one millisecond, over all legs, from 0: (time, arrival) is
the order in which things came; between two batches a number is left out. Prices and quantities are the wire's
texts, per contract, not per coin.
"""

from collections.abc import Iterator
from decimal import Context, Decimal, Inexact
from typing import Protocol

from msgspec import Struct

from spreadwatch.core.answers import RecordedGap
from spreadwatch.core.quote import Instant, Quote, Side
from spreadwatch.errors import SpreadwatchError

ARRIVALS = 1 << 14
"""How many rows of one millisecond can be told apart."""

EXACT = Context(prec=200, traps=[Inexact])
"""For arithmetic on recorded numbers: what it cannot do exactly raises."""


class StorageError(SpreadwatchError):
    """A recording that cannot be opened, written or read now; the message says what to do."""

    exit_code = 2


class Refusal(StorageError):  # noqa: N818 - an answer, not an accident
    """A store that is not ours to write: another's file, a newer schema, or somebody else is writing."""


class Named(Protocol):
    """What a side calls a symbol, and how many coins one contract holds."""

    @property
    def symbol(self) -> str:
        """The program's name of it."""

    @property
    def wire(self) -> str:
        """The side's name of it."""

    @property
    def multiplier(self) -> int:
        """A price on the wire ÷ this is the price of one coin."""


class StoredLeg(Struct, frozen=True, rename={"side": "venue"}):
    """One symbol on one side, with the name and the multiplier of the wire. Files call the side a venue."""

    side: Side
    symbol: str
    wire: str
    multiplier: int = 1


class Run(Struct, frozen=True):
    """One start of a recorder."""

    uuid: str
    started_ms: int


class QuoteRow(Struct, frozen=True, gc=False, array_like=True):
    """A quote as it stands in a store."""

    received_ms: int
    arrival: int
    update_id: int
    exchange_ms: int | None
    bid: str
    bid_qty: str
    ask: str
    ask_qty: str


class TradeRow(Struct, frozen=True, gc=False, array_like=True):
    """A spot trade as it stands in a store."""

    received_ms: int
    arrival: int
    trade_id: int
    exchange_ms: int
    price: str
    qty: str


class LinkRow(Struct, frozen=True, array_like=True):
    """A connection entered a phase."""

    received_ms: int
    arrival: int
    side: Side
    phase: str
    reason: str


class BeatRow(Struct, frozen=True, gc=False, array_like=True):
    """A connection was heard although no recorded symbol spoke: without it a replay would call it silent."""

    received_ms: int
    arrival: int
    side: Side


class BarRow(Struct, frozen=True, array_like=True):
    """One second of a spread, in quote currency per coin, decimals as text.

    `second` is a Unix second, `close_ms` the moment of the last sample. `part` grows when the clock was set back
    and a second came again.
    """

    symbol: str
    second: int
    part: int
    open: str
    high: str
    low: str
    close: str
    close_ms: int
    samples: int


class Chunk(Struct):
    """What one commit stores. All or nothing of it."""

    run: Run
    until_ms: int
    quotes: list[tuple[StoredLeg, list[QuoteRow]]]
    trades: list[tuple[StoredLeg, list[TradeRow]]]
    links: list[LinkRow]
    beats: list[BeatRow]
    gaps: list[RecordedGap]
    bars: list[BarRow]

    @property
    def rows(self) -> int:
        """How many quotes and trades are in it."""
        return sum(len(rows) for _, rows in self.quotes) + sum(len(rows) for _, rows in self.trades)

    def legs(self) -> Iterator[tuple[str, StoredLeg]]:
        """Yield every leg in it with the kind of its rows: "quotes" or "trades"."""
        for leg, _ in self.quotes:
            yield "quotes", leg
        for leg, _ in self.trades:
            yield "trades", leg


class Limits(Struct, frozen=True):
    """How long and how large a recording may grow. None: without limit.

    Only quotes, trades and beats go; bars, gaps and links stay.
    """

    age_ms: int | None = None
    size_bytes: int | None = None


class Store(Protocol):
    """One database. A recorder's thread owns it."""

    def open(self, run: Run) -> None:
        """Make it ready for the chunks of `run`. Raises StorageError; may be called again after that."""

    def write(self, chunk: Chunk) -> None:
        """Store a chunk; it is safe once this returns. Raises StorageError: then nothing of it is stored."""

    def prune(self, limits: Limits, now_ms: int) -> bool:
        """Delete a little of what is older or more than allowed; tell whether there is more to delete."""

    def note(self) -> str | None:
        """Return a sentence about its state, None when there is nothing to say."""

    def close(self) -> None:
        """Let go of it. Never raises."""


def per_coin(text: str, multiplier: int) -> Decimal:
    """Return a recorded price as the price of one coin, exactly."""
    return EXACT.divide(Decimal(text), Decimal(multiplier)) if multiplier != 1 else Decimal(text)


class StoredQuote(Struct, frozen=True, gc=False):
    """A quote with its leg. `run` is the number of its run in this store."""

    leg: StoredLeg
    row: QuoteRow
    run: int

    @property
    def mid(self) -> Decimal:
        """The middle of bid and ask per coin, exact."""
        both = EXACT.add(Decimal(self.row.bid), Decimal(self.row.ask))
        return EXACT.divide(both, Decimal(2 * self.leg.multiplier))

    def quote(self) -> Quote:
        """Return it as the parser gave it out."""
        row, coins = self.row, self.leg.multiplier
        bid, bid_qty, ask, ask_qty = Decimal(row.bid), Decimal(row.bid_qty), Decimal(row.ask), Decimal(row.ask_qty)
        if coins != 1:
            bid, ask, bid_qty, ask_qty = bid / coins, ask / coins, bid_qty * coins, ask_qty * coins
        at = Instant(row.received_ms, row.received_ms)
        leg = self.leg
        return Quote(leg.side, leg.symbol, bid, bid_qty, ask, ask_qty, row.update_id, row.exchange_ms, at)


class StoredTrade(Struct, frozen=True, gc=False):
    """A spot trade with its leg. `run` is the number of its run in this store."""

    leg: StoredLeg
    row: TradeRow
    run: int

    @property
    def price(self) -> Decimal:
        """The price per coin, exact."""
        return per_coin(self.row.price, self.leg.multiplier)
