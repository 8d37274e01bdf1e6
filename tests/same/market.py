"""One session of the local exchange, step by step: each step waits until the program has taken it."""

import random
from decimal import Decimal
from typing import Any

from tests.exchange.connection import Connection
from tests.same.stage import StagedExchange

WIRES = {"spot": {"ETHUSDT": "ETHUSDT", "BTCUSDT": "BTCUSDT", "PEPEUSDT": "PEPEUSDT"}}
WIRES["futures"] = WIRES["spot"] | {"PEPEUSDT": "1000PEPEUSDT"}
_PRICES = {"ETHUSDT": ("2672.31", 1), "BTCUSDT": ("61234.50", 1), "PEPEUSDT": ("0.00000823", 1_000)}
_PLACES = {"spot": {"ETHUSDT": 8, "BTCUSDT": 8, "PEPEUSDT": 8}, "futures": {"ETHUSDT": 2, "BTCUSDT": 1, "PEPEUSDT": 7}}
_WAIT_S = 60.0


class Market:
    """Quotes, trades, books and mark prices of a few symbols at the set clock."""

    def __init__(
        self, exchange: StagedExchange, symbols: tuple[str, ...], seed: int = 1, traded: str | None = None
    ) -> None:
        """Begin quiet; `traded` is a symbol with spot trades while prices walk."""
        self._traded = traded
        self._exchange = exchange
        self._symbols = symbols
        self._chance = random.Random(seed)
        self._mid = {symbol: Decimal(price) for symbol, (price, _) in _PRICES.items()}
        self._trade = 0

    def wait(self) -> None:
        """Wait until the program has subscribed to every quote, and to trades where there are some."""
        for venue, wires in WIRES.items():
            for symbol in self._symbols:
                self._exchange.wait_subscribed(venue, f"{wires[symbol].lower()}@bookTicker", _WAIT_S)
        if self._traded:
            self._exchange.wait_subscribed("spot", f"{self._traded.lower()}@trade", _WAIT_S)

    def settle(self, step_ms: int = 0) -> None:
        """Wait until all was taken, then let time go by."""
        self._exchange.settle()
        if step_ms:
            self._exchange.clock.step(step_ms)

    def quote(self, venue: str, symbol: str, **changes: Any) -> None:  # noqa: ANN401 - Exchange.quote's
        """Send a quote near where the price is."""
        places, factor = _PLACES[venue][symbol], _PRICES[symbol][1] if venue == "futures" else 1
        tick = Decimal(1).scaleb(-places)
        bid = (self._mid[symbol] * factor).quantize(tick)
        ask = bid + tick * self._chance.randint(1, 40)
        sizes = [
            f"{self._chance.randint(1, 99_999) / Decimal(1000):.{places if venue == 'spot' else 3}f}" for _ in "ab"
        ]
        told: dict[str, Any] = {"bid": bid, "ask": ask, "bid_qty": sizes[0], "ask_qty": sizes[1]} | changes
        self._exchange.quote(venue, WIRES[venue][symbol], **told)

    def walk(self, steps: int) -> None:
        """Let prices walk: so many quotes, each taken before the next."""
        for step in range(steps):
            if self._traded and step % 10 == 0:
                self.trades(self._traded, 1)
            symbol = self._chance.choice(self._symbols)
            self._mid[symbol] *= 1 + Decimal(self._chance.randint(-30, 30)) / 100_000
            self.quote(self._chance.choice(("spot", "futures")), symbol)
            self.settle(self._chance.choice((1, 7, 40, 130, 450)))

    def oddities(self, symbol: str) -> None:
        """Send what must not become a price."""
        quote, settle = self.quote, self.settle
        for changes in (
            {"bid": "0.00000000"},
            {"ask_qty": "0.00000000"},
            {"bid": "NaN"},
            {"ask": "-1"},
            {"bid": "99999999"},
            {"u": 5},
            {"bid": "1e3"},
            {"bid_qty": ""},
        ):
            for venue in WIRES:
                quote(venue, symbol, **changes)
                settle(3)
        for venue in WIRES:
            self._exchange.send_raw(venue, b"\x81\x02{]")
            self._exchange.send(venue, b'{"u":1}', f"{symbol.lower()}@bookTicker")
            settle(3)

    def trades(self, symbol: str, count: int) -> None:
        """Let spot trades happen."""
        for _ in range(count):
            self._trade += self._chance.choice((0, 1, 1, 1))
            price = self._mid[symbol] * (1 + Decimal(self._chance.randint(-20, 20)) / 100_000)
            trade = {"e": "trade", "s": symbol, "t": self._trade, "p": f"{price:.8f}", "q": "0.50000000"}
            at_ms = self._exchange.now_ms()
            self._exchange.send("spot", trade | {"E": at_ms, "T": at_ms - 4}, f"{symbol.lower()}@trade")
            self.settle(90)

    def marks(self, symbol: str) -> None:
        """Send a mark price with its funding."""
        wire = WIRES["futures"][symbol]
        price = f"{self._mid[symbol] * _PRICES[symbol][1]:.8f}"
        now_ms = self._exchange.now_ms()
        mark = {"e": "markPriceUpdate", "E": now_ms, "s": wire, "p": price, "i": price, "P": price, "r": "0.00012500"}
        stream = f"{wire.lower()}@markPrice@1s"
        self._exchange.wait_subscribed("marks", stream, _WAIT_S)
        self._exchange.send("marks", mark | {"T": now_ms + 7_200_000}, stream)
        self.settle(20)

    def books(self, symbol: str) -> None:
        """Send both order books."""
        mid = self._mid[symbol]
        for venue, names in (("spot", ("bids", "asks")), ("futures", ("b", "a"))):
            wire = WIRES[venue][symbol]
            stream = f"{wire.lower()}@depth20@100ms"
            self._exchange.wait_subscribed(venue, stream, _WAIT_S)
            sides = [
                [[f"{mid + sign * level / Decimal(10):.2f}", f"{level}.250"] for level in range(1, 21)]
                for sign in (-1, 1)
            ]
            book: dict[str, Any] = dict(zip(names, sides, strict=True)) | {"lastUpdateId": 77, "s": wire}
            self._exchange.send(venue, book | {"E": self._exchange.now_ms(), "T": self._exchange.now_ms()}, stream)
            self.settle(20)

    def lose(self, venue: str) -> None:
        """End a venue's connections and wait until the program is back on every one."""
        lost = self._open(venue)
        self._exchange.fin(venue)
        self._wait_back(venue, lost)
        self.settle(5)

    def fall_silent(self, for_ms: int) -> None:
        """Say nothing for longer than is allowed, and wait until the program has connected anew everywhere."""
        lost = {venue: self._open(venue) for venue in ("spot", "futures", "marks")}
        self._exchange.clock.step(for_ms)
        for venue, connections in lost.items():
            self._wait_back(venue, connections)
        self.settle()

    def _open(self, venue: str) -> list[Connection]:
        return [one for one in self._exchange.connections(venue) if one.is_open]

    def _wait_back(self, venue: str, lost: list[Connection]) -> None:
        wanted = {stream for one in lost for stream in one.ever_subscribed}

        def back() -> bool:
            connected = [one for one in self._open(venue) if one not in lost]
            return len(connected) >= len(lost) and wanted <= {
                stream for one in connected for stream in one.subscriptions
            }

        self._exchange.wait_until(back, _WAIT_S)
