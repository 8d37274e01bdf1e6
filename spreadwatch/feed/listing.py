"""What the exchange's symbol lists say of the watched symbols: price steps, funding intervals, wrong names.

A help, never a condition: quotes of perpetuals flow without it. Runs on its own thread, `feed-listing`.
"""

import logging
import queue
import ssl
import threading
from collections.abc import Iterable
from http.client import HTTPException
from pathlib import Path

import msgspec

from spreadwatch.core.events import Interval, Listing, Sink
from spreadwatch.core.pair_name import PERPETUAL, PairName, market_of, of_key, spot_symbol
from spreadwatch.core.quote import MarketKind, Side
from spreadwatch.feed import binance, catalog
from spreadwatch.feed.binance import Contract
from spreadwatch.feed.dial import tls_context
from spreadwatch.feed.markets import MARKETS
from spreadwatch.worker import Worker

_RETRY_S = (5.0, 30.0, 300.0)
_FEW = 20  # so many symbols are asked for one by one on spot, whose whole list has megabytes

_Unreachable = (OSError, HTTPException, ValueError, RecursionError, msgspec.DecodeError)

log = logging.getLogger(__name__)


class ListingLoader(Worker):
    """Look up symbols as they are asked for, trying again a few times, and put what is found into the sink."""

    def __init__(
        self, bases: dict[MarketKind, str], usual: str, ca_file: Path | None, sink: Sink, *, everything: bool = False
    ) -> None:
        """Ask the REST service under `bases`; `usual`: the contract of the pairs in `traded`, e.g. perpetual.

        `everything`: load the whole lists from the start.
        """
        super().__init__("feed-listing")
        self.traded: tuple[str, ...] | None = None
        """Pairs with the usual contract that trade on both sides, None until they are known. Any thread may read it."""
        self.known: frozenset[str] | None = None
        """Pairs with any contract likewise, set before `traded`."""
        self.resolved: queue.SimpleQueue[Contract] = queue.SimpleQueue()
        """Delivery contracts of symbols that were asked for. Any thread may take them."""
        self._bases = bases
        self._usual = usual
        self._ca_file = ca_file
        self._sink = sink
        self._lock = threading.Lock()
        self._asked = threading.Event()
        self._todo: set[tuple[MarketKind, str]] = set()
        self._intervals_todo: set[str] = set()
        self._wants_all = everything
        self._rows: dict[MarketKind, catalog.Rows] = {}

    def look_up(self, pairs: Iterable[str]) -> None:
        """Tell of the legs of these pairs, by their keys, soon. Any thread."""
        pairs = list(pairs)
        with self._lock:
            self._todo.update((MarketKind.SPOT, spot_symbol(key)) for key in pairs)
            self._todo.update((market_of(Side.FUTURES, key), key) for key in pairs)
            self._intervals_todo.update(key for key in pairs if of_key(key).contract == PERPETUAL)
        self._asked.set()

    def load_all(self) -> None:
        """Find out what trades on both sides, soon. Any thread."""
        with self._lock:
            if self._wants_all:
                return
            self._wants_all = True
        self._asked.set()

    def stop(self) -> None:
        """Ask the thread to end. Returns at once. Any thread."""
        super().stop()
        self._asked.set()

    def _run(self) -> None:
        while not self._stopping.is_set():
            for retry_s in (0.0, *_RETRY_S):
                if self._stopping.wait(retry_s):
                    return
                self._asked.clear()
                if self._work():
                    break
            self._asked.wait()

    def _work(self) -> bool:
        """Do what can be done; tell whether nothing is left."""
        tls = tls_context(self._ca_file)
        with self._lock:
            todo, wants_all = set(self._todo), self._wants_all
        done = [
            self._load(market, {name for at, name in todo if at is market}, tls, whole=wants_all)
            for market in self._bases
        ]
        if wants_all and self.traded is None and len(self._rows) == len(self._bases):
            futures: catalog.Rows = {}
            for market in self._bases:
                futures |= self._rows[market] if market.side is Side.FUTURES else {}
            found = catalog.traded_on_both(self._rows[MarketKind.SPOT], futures)
            self.known = frozenset(found)
            self.traded = tuple(key for key in found if of_key(key).contract == self._usual)
        return all([*done, self._load_intervals(tls)])

    def _load(self, market: MarketKind, symbols: set[str], tls: ssl.SSLContext, *, whole: bool) -> bool:
        if not symbols and (not whole or market in self._rows):
            return True
        base, side = self._bases[market], market.side
        try:
            rows = self._rows.get(market)
            if rows is None and (whole or not MARKETS[market].lists_one or len(symbols) > _FEW):
                rows = self._rows[market] = catalog.rows(market, base, tls)
            if rows is None:
                wires = [binance.contract(side, symbol).wire for symbol in symbols]
                rows = catalog.rows(market, base, tls, wires)
        except _Unreachable as error:
            log.info("no symbol list from %s: %s", base, error)
            return False
        for symbol in sorted(symbols):
            self._tell(side, symbol, rows)
        with self._lock:
            self._todo -= {(market, symbol) for symbol in symbols}
        return True

    def _tell(self, side: Side, symbol: str, rows: catalog.Rows) -> None:
        """Put what the list says of a leg into the sink, and only then the contract that a quarter is now."""
        name = of_key(symbol)
        if side is Side.SPOT or not name.is_relative:
            self._sink(catalog.listing_of(side, binance.contract(side, symbol), rows))
        elif contract := catalog.quarterly(name, rows):
            self._sink(catalog.listing_of(side, contract, rows))
            self.resolved.put(contract)
        else:
            words = name.contract.replace("_", " ")
            coins = {row.pair for row in rows.values() if catalog.quarterly(PairName(row.pair, name.contract), rows)}
            has = f"; it has {', '.join(sorted(coins))}" if coins else ""
            sentence = f"{name.symbol} has no {words} contract on Binance futures{has}"
            self._sink(Listing(side, symbol, None, f"{sentence}: choose one of those, or the perpetual"))

    def _load_intervals(self, tls: ssl.SSLContext) -> bool:
        with self._lock:
            todo = set(self._intervals_todo)
        done = [self._load_intervals_of(market, todo, tls) for market in self._bases]
        return all(done)

    def _load_intervals_of(self, market: MarketKind, todo: set[str], tls: ssl.SSLContext) -> bool:
        mine = {key for key in todo if market_of(Side.FUTURES, key) is market}
        if not mine:
            return True
        base = self._bases[market]
        try:
            hours = catalog.intervals(market, base, tls)
        except _Unreachable as error:
            log.info("no funding intervals from %s: %s", base, error)
            return False
        for symbol in sorted(mine):
            if found := hours.get(binance.contract(Side.FUTURES, symbol).wire):
                self._sink(Interval(symbol, found))
        with self._lock:
            self._intervals_todo -= mine
        return True
