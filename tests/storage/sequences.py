"""What a recording may meet, drawn by hypothesis: batches of valid texts, faults, restarts; and what must come of it.

A valid text is one that the border lets through: a plain decimal above zero of at most 24 signs.
"""

import csv
import io
from collections.abc import Callable
from decimal import Decimal

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from msgspec import Struct

from spreadwatch.core.quote import Side
from spreadwatch.storage.export import Kind, Wanted, write
from spreadwatch.storage.history import END_MS, History
from spreadwatch.storage.rows import Chunk, QuoteRow, Run, StoredLeg, TradeRow
from tests.storage.parts import START_MS

slow = settings(deadline=None, database=None, suppress_health_check=list(HealthCheck))
"""For what takes many milliseconds an example."""

SIGNS = 24
LEGS = (
    StoredLeg(Side.SPOT, "BTCUSDT", "BTCUSDT"),
    StoredLeg(Side.FUTURES, "BTCUSDT", "BTCUSDT"),
    StoredLeg(Side.FUTURES, "PEPEUSDT", "1000PEPEUSDT", 1000),
)
PLACES = (0, 1, 2, 5, 8, 8, 12)
KINDS: tuple[Kind, ...] = ("quotes", "trades")

COMMIT = -1

Texts = tuple[str, ...]


class Step(Struct, frozen=True):
    """One write: `fault` is the number of the statement that fails, COMMIT for the last, None when none does.

    `done`: whether that statement was carried out all the same. `kills`: whether the process is gone with it.
    """

    quotes: tuple[tuple[StoredLeg, tuple[QuoteRow, ...]], ...]
    trades: tuple[tuple[StoredLeg, tuple[TradeRow, ...]], ...]
    fault: int | None
    done: bool
    kills: bool
    restarts: bool

    def chunk(self, run: Run) -> Chunk:
        """Return what the recorder would hand over in this run."""
        quotes = [(leg, list(rows)) for leg, rows in self.quotes]
        trades = [(leg, list(rows)) for leg, rows in self.trades]
        return Chunk(run, START_MS, quotes, trades, [], [], [], [])


def plain(places: int, units: int, zeros: int) -> str:
    """Return `units` written with so many places, of which so many at the end are 0 if there is room for them."""
    digits = (str(units) + "0" * min(zeros, places))[: SIGNS - 2].zfill(places + 1)
    return f"{digits[:-places]}.{digits[-places:]}" if places else digits


def spelled(text: str, how: int) -> str:
    """Return a text, now and then as nobody writes it but as the border lets it through."""
    odd = {0: "00" + text, 1: text.lstrip("0"), 2: text + ("" if "." in text else ".")}.get(how, text)
    return odd if len(odd) <= SIGNS and Decimal(odd or "0") else text


_UNITS = st.one_of(st.integers(1, 9), st.integers(1, 10**7), st.integers(10**14, 10**19), st.integers(1, 10**22))


def _numbers(places: int) -> st.SearchStrategy[str]:
    usual = st.builds(plain, st.just(places), _UNITS, st.integers(0, places))
    other = st.builds(plain, st.sampled_from(PLACES), _UNITS, st.integers(0, 8))
    spelt = st.builds(spelled, usual, st.integers(0, 3))
    return st.one_of(usual, usual, usual, spelt, other)


def _quote(prices: st.SearchStrategy[str], sizes: st.SearchStrategy[str]) -> st.SearchStrategy[Texts | None]:
    """Draw bid, its size, ask and its size; None where both prices are the same."""

    def ordered(one: str, bid_qty: str, other: str, ask_qty: str) -> Texts | None:
        bid, ask = sorted((one, other), key=Decimal)
        return None if Decimal(bid) == Decimal(ask) else (bid, bid_qty, ask, ask_qty)

    return st.builds(ordered, prices, sizes, prices, sizes)


class _Pen:
    """Gives the rows of a sequence their ids, times and arrivals."""

    def __init__(self) -> None:
        self.at_ms = START_MS
        self.number = self.arrival = 0

    def go(self, step_ms: int) -> None:
        """Let time pass, or set the clock back: keys that are taken come again."""
        self.at_ms += step_ms
        self.arrival = self.arrival if step_ms == 0 else 0

    def quote(self, texts: Texts, lag_ms: int | None) -> QuoteRow:
        """Return the next quote."""
        at_ms, arrival = self._next()
        return QuoteRow(at_ms, arrival, self.number, None if lag_ms is None else at_ms - lag_ms, *texts)

    def trade(self, texts: Texts, lag_ms: int) -> TradeRow:
        """Return the next trade."""
        at_ms, arrival = self._next()
        return TradeRow(at_ms, arrival, self.number, at_ms - lag_ms, *texts)

    def _next(self) -> tuple[int, int]:
        self.number += 1
        self.arrival += 1
        return self.at_ms, self.arrival - 1


@st.composite
def sequences(draw: st.DrawFn, statements: int = 20) -> tuple[Step, ...]:
    """Draw some writes into one recording. A fault comes at one of the first `statements` statements of a write."""
    pen, steps = _Pen(), []
    places = st.sampled_from(PLACES)
    series = [(_numbers(draw(places)), _numbers(draw(places))) for _ in LEGS]
    rows = [st.lists(_quote(prices, sizes), min_size=1, max_size=4) for prices, sizes in series]
    deals = st.lists(st.tuples(*series[0]), min_size=1, max_size=3)
    for _ in range(draw(st.integers(1, 6))):
        pen.go(draw(st.sampled_from((700, 700, 1, 0, 60_000, -700))))
        quotes = []
        for leg in draw(st.lists(st.sampled_from(range(len(LEGS))), max_size=len(LEGS), unique=True)):
            lag_ms = None if LEGS[leg].side is Side.SPOT else draw(st.integers(-3, 9))
            made = tuple(pen.quote(texts, lag_ms) for texts in draw(rows[leg]) if texts is not None)
            if made:
                quotes.append((LEGS[leg], made))
        trades = []
        if not quotes or draw(st.booleans()):
            trades.append((LEGS[0], tuple(pen.trade(texts, 3) for texts in draw(deals))))
        fault = draw(st.one_of(st.none(), st.integers(0, statements), st.just(COMMIT)))
        done, kills, restarts = draw(st.tuples(st.booleans(), st.booleans(), st.booleans()))
        steps.append(Step(tuple(quotes), tuple(trades), fault, done, kills, restarts))
    return tuple(steps)


class Ledger:
    """What a recording must hold."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._rows: dict[Kind, list[tuple[int, int, str]]] = {kind: [] for kind in KINDS}

    def add(self, chunk: Chunk) -> None:
        """Note a chunk."""
        for leg, rows in chunk.quotes:
            for row in rows:
                names = (row.received_ms, leg.side.value, leg.symbol, leg.wire, leg.multiplier, row.update_id)
                line = _line((*names, row.exchange_ms, row.bid, row.bid_qty, row.ask, row.ask_qty))
                self._rows["quotes"].append((row.received_ms, row.arrival, line))
        for leg, trades in chunk.trades:
            for one in trades:
                line = _line((one.received_ms, leg.symbol, one.trade_id, one.exchange_ms, one.price, one.qty))
                self._rows["trades"].append((one.received_ms, one.arrival, line))

    def plus(self, chunk: Chunk | None) -> "Ledger":
        """Return another with one more chunk in it."""
        more = Ledger()
        more._rows = {kind: list(rows) for kind, rows in self._rows.items()}
        if chunk is not None:
            more.add(chunk)
        return more

    def __len__(self) -> int:
        """Return how many rows there are."""
        return sum(map(len, self._rows.values()))

    def differs(self, history: History) -> str | None:
        """Say what of a recording is not what was put in, to the letter; None when all is."""
        for kind, rows in self._rows.items():
            written = io.StringIO()
            write(history, Wanted(kind, "csv", tuple(sorted({leg.symbol for leg in LEGS})), 0, END_MS), written)
            found = written.getvalue().splitlines()[1:]
            expected = [line for _, _, line in sorted(rows, key=lambda row: row[:2])]
            if len({row[:2] for row in rows}) < len(rows):  # the clock was set back: some had to give way
                found, expected = sorted(found), sorted(expected)
            if found != expected:
                return f"{kind}: expected\n" + "\n".join(expected) + "\nfound\n" + "\n".join(found)
        return None


def _line(cells: tuple[object, ...]) -> str:
    written = io.StringIO()
    csv.writer(written, lineterminator="").writerow(cells)
    return written.getvalue()


def holds_one_of(open_history: Callable[[], History], *ledgers: Ledger) -> Ledger:
    """Return the ledger whose rows a recording holds; fails when it is none of them, or when its numbers are doubted.

    Prices that are far from their neighbours are none to wonder at here.
    """
    history = open_history()
    try:
        differences = [ledger.differs(history) for ledger in ledgers]
        doubted = [one for one in history.check() if one.floats + one.impossible + one.crossed + one.rewritten]
    finally:
        history.close()
    assert not doubted, doubted
    assert None in differences, "\n".join(difference or "" for difference in differences)
    return ledgers[differences.index(None)]
