"""A run on the exchange's streams, whose symbols may change while it runs."""

import contextlib
import queue
import random
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from spreadwatch.config import Config
from spreadwatch.core.events import Listing, Naming
from spreadwatch.core.quote import Side
from spreadwatch.feed import binance, clock, markets
from spreadwatch.run.session import Session, named
from spreadwatch.worker import Worker

if TYPE_CHECKING:
    from spreadwatch.feed.fleet import Fleet
    from spreadwatch.feed.listing import ListingLoader

_BOOKS = 20  # symbols whose books are kept without a window
_MOST = 1000
"""Symbols at once: more than trade on both sides."""


class LiveSession(Session):
    """The symbols of the settings at first; `add`, `remove` and the exchange's list change them."""

    def __init__(self, settings: Config, *, charted: bool = True) -> None:
        """Read all from `settings`, checked before."""
        super().__init__(named(settings), settings, clock.now, lambda _: [], charted=charted)
        self._fleet: Fleet | None = None
        self._loader: ListingLoader | None = None
        self._wants_all = settings.all
        self._shown: Sequence[str] | None = None
        self._keeps_texts = False

    def keep_texts(self) -> None:
        """Let quotes carry the wire's texts from now on, for a recorder."""
        self._keeps_texts = True
        if self._fleet is not None:
            self._fleet.keep_texts()

    def _recruit_all(self) -> list[Worker]:
        # Imported here because all of this speaks to the network, and the window is on the screen before.
        from spreadwatch.feed.fleet import Fleet, FleetSettings
        from spreadwatch.feed.listing import ListingLoader
        from spreadwatch.feed.policy import StreamSettings
        from spreadwatch.feed.watchdog import Watchdog

        settings, feed, ends = self.settings, self.settings.feed, self.settings.endpoints
        ca_file = Path(feed.ca_file) if feed.ca_file else None
        wishes = {"books": settings.size.quote is not None, "trades": settings.record.trades}
        options = FleetSettings(
            bases=markets.stream_bases(ends),
            heartbeat=binance.canonical(feed.heartbeat_symbol),
            stream=StreamSettings(feed.silence_s, feed.handshake_s, feed.backoff_cap_s),
            ca_file=ca_file,
            chance=random.random,
            wishes=frozenset(word for word, wanted in wishes.items() if wanted),
        )
        fleet = self._fleet = Fleet(options, self.sink, clock.now, self.launch)
        self._loader = ListingLoader(
            markets.rest_bases(ends), settings.contract, ca_file, self.sink, everything=settings.all
        )
        self._fleet.add(self.symbols)
        if self._keeps_texts:
            self._fleet.keep_texts()
        self._show_books()
        self._loader.look_up(self.symbols)
        return [Watchdog(lambda: fleet.streams, clock.now), self._loader]

    def _refresh(self) -> None:
        """Take the news of the exchange's lists."""
        if self._loader is not None and self._fleet is not None:
            with contextlib.suppress(queue.Empty):
                while True:
                    self._resolve(self._fleet, self._loader.resolved.get_nowait())
            if self._wants_all and self._loader.traded is not None:
                self._wants_all = False
                self._add([symbol for symbol in self._loader.traded if symbol not in self.symbols])

    def _resolve(self, fleet: "Fleet", contract: binance.Contract) -> None:
        """Let a quarter's futures leg begin, unless another pair has the same one."""
        if (carrier := fleet.carrier(contract.wire)) in (None, contract.symbol):
            self.sink(Naming(contract.symbol, contract.wire))  # before any quote of it
            fleet.resolve(contract)
        else:
            problem = f"{contract.symbol} is {contract.wire} now, which is watched as {carrier}"
            self.sink(Listing(Side.FUTURES, contract.symbol, None, problem))

    def contracts(self) -> dict[Side, list[binance.Contract]]:
        """Return what each side calls the legs of the watched pairs, as far as that is known."""
        return self._fleet.contracts() if self._fleet is not None else super().contracts()

    def show(self, symbols: Sequence[str]) -> None:
        """Give these symbols in full, with their books, and of the others a row."""
        super().show(symbols)
        self._shown = symbols
        self._show_books()

    def add(self, symbol: str) -> str | None:
        """Watch one more pair; a sentence says why not."""
        try:
            symbol = self.key_of(symbol)
        except ValueError as error:
            return f"{symbol} names {error}."
        known = self._loader.known if self._loader else None
        carrier = self._fleet.carrier(symbol) if self._fleet else None
        if symbol in self.symbols:
            return f"{symbol} is watched already."
        if carrier is not None:
            return f"{symbol} is watched already, as {carrier}."
        if known is not None and symbol not in known:
            return f"{symbol} does not trade on both Binance spot and futures: choose a coin that does."
        if len(self.symbols) >= _MOST:
            return f"{_MOST} symbols are the most: remove one first."
        self._add([symbol])
        return None

    def remove(self, symbol: str) -> str | None:
        """Watch a symbol no longer; a sentence says why not."""
        if symbol not in self.symbols:
            return f"{symbol} is not watched."
        if len(self.symbols) == 1:
            return f"{symbol} is the only symbol left: add another one first."
        self.symbols = tuple(one for one in self.symbols if one != symbol)
        if self._fleet is not None:
            self._fleet.remove(symbol)
        self.pump.remove(symbol)
        return None

    def candidates(self) -> Sequence[str] | None:
        """Return the symbols that trade on both sides; None until the exchange's lists are there."""
        if self._loader is None:
            return None
        self._loader.load_all()
        return self._loader.traded

    def _add(self, symbols: Iterable[str]) -> None:
        if self._fleet is None or self._loader is None:
            return
        placed = self._fleet.add(symbols)
        self.symbols = (*self.symbols, *placed)
        for symbol, shard in placed.items():
            self.pump.add(symbol, shard, clock.now())
        self._loader.look_up(placed)

    def _show_books(self) -> None:
        if self._fleet is not None:
            self._fleet.show(self.symbols[:_BOOKS] if self._shown is None else self._shown)
