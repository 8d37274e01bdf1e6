"""The feeder: sends valid quotes to the newest connection of each venue, or whatever a fault wants there."""

import contextlib
import itertools
import threading
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from tests.exchange.frames import futures_quote, spot_quote
from tests.exchange.server import Connection, Exchange, encode
from tests.faults.truth import BrokenPromiseError, VenueTruth

VENUES = ("spot", "futures")
SYMBOL, WIRE = "ETHUSDT", "ethusdt@bookTicker"
HEARTBEAT, HEARTBEAT_WIRE = "BTCUSDT", "btcusdt@bookTicker"

_FIRST_ID, _EPOCH = 10**12, 10**7

Manner = Callable[[Connection], object]
"""What the feeder does to a connection at each beat."""


def be_silent(_: Connection) -> None:
    """Send nothing."""


class Feeder:
    """Thread `feeder`: at each beat treats the newest connection of each venue in its manner, usually a quote."""

    def __init__(self, exchange: Exchange, pace_s: float) -> None:
        self.truths = {venue: VenueTruth() for venue in VENUES}
        self.pace_s = pace_s
        self.default: dict[str, Manner] = dict.fromkeys(VENUES, self.quote)
        self.held: set[str] = set()
        """Venues that stay silent."""
        self._exchange = exchange
        self._manners: dict[Connection, Manner] = {}
        self._base = _FIRST_ID
        self._ids = itertools.count(self._base)
        self.between_beats = {venue: threading.RLock() for venue in VENUES}
        """Who holds one keeps the feeder from that venue."""
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, args=(venue,), name=f"feeder-{venue}", daemon=True) for venue in VENUES
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join(5)

    def _run(self, venue: str) -> None:
        while not self._stopping.wait(self.pace_s):
            with self.between_beats[venue]:
                connection = self.current(venue)
                if connection is not None and venue not in self.held:
                    self._manners.get(connection, self.default[venue])(connection)

    def current(self, venue: str) -> Connection | None:
        """Return the newest open connection with a subscription."""
        newest = self._exchange.connections(venue)[-1:]
        return newest[0] if newest and newest[0].takes(WIRE) else None

    def treat(self, connection: Connection, manner: Manner) -> None:
        """Treat one connection in a manner of its own from now on."""
        self._manners[connection] = manner

    def next_id(self) -> int:
        """Return an update id that was never used."""
        return next(self._ids)

    def count_anew(self) -> None:
        """Go on with update ids far below all that were used."""
        self._base -= _EPOCH
        self._ids = itertools.count(self._base)

    def payload(self, venue: str, update_id: int, symbol: str = SYMBOL) -> dict[str, Any]:
        """Return a valid quote; its numbers follow from its update id."""
        bid = 3000 + update_id % 997 * Decimal("0.01") + (Decimal("1.30") if venue == "futures" else 0)
        size = update_id % 499 + 1  # numbers repeat, as they do in life
        numbers = f"{bid:.2f}", f"{size}.5", f"{bid + Decimal('0.01'):.2f}", f"{size}.25"
        if venue == "spot":
            return spot_quote(symbol, update_id, *numbers)
        return futures_quote(symbol, update_id, *numbers, self._exchange.now_ms())

    def announce(self, connection: Connection, update_id: int) -> tuple[int, bytes]:
        """Note a valid quote that will leave on `connection`; return its order and its bytes."""
        payload = self.payload(connection.venue, update_id)
        bid, bid_qty, ask, ask_qty = (Decimal(str(payload[name])) for name in "bBaA")
        order = self.truths[connection.venue].will_send(update_id, (bid, bid_qty, ask, ask_qty), connection)
        return order, encode(payload)

    def quote(self, connection: Connection) -> int:
        """Send a valid quote of the watched symbol; return its update id."""
        with self.between_beats[connection.venue]:
            update_id = self.next_id()
            order, payload = self.announce(connection, update_id)
            if connection.send_raw(connection.wrap(WIRE, payload)):
                self.truths[connection.venue].has_sent(order)
        return update_id

    def beat(self, connection: Connection) -> None:
        """Send a valid quote of the heartbeat symbol."""
        payload = encode(self.payload(connection.venue, self.next_id(), HEARTBEAT))
        if connection.send_raw(connection.wrap(HEARTBEAT_WIRE, payload)):
            self.truths[connection.venue].has_sent(None)

    # Faults

    def line(self, venue: str) -> Connection:
        """Return the connection in use."""
        connection = self.current(venue)
        if connection is None:
            raise BrokenPromiseError(f"{venue} has no connection")
        return connection

    @contextlib.contextmanager
    def hold(self, venue: str) -> Iterator[None]:
        """Let a venue be silent, on every connection."""
        self.held.add(venue)
        with self.between_beats[venue]:
            pass  # a beat that had begun is over
        try:
            yield
        finally:
            self.held.discard(venue)

    def end(self, venue: str, how: Callable[[Connection], object]) -> Connection:
        """End the connection in use; nothing more is sent on it."""
        with self.between_beats[venue]:
            connection = self.line(venue)
            self.treat(connection, be_silent)
            how(connection)
            self.truths[venue].ended(connection)
        return connection

    def spoil(self, venue: str, manner: Manner = be_silent, first: Callable[[Connection], object] = be_silent) -> None:
        """Do something to the connection in use, then treat it in `manner` until the program leaves it."""
        with self.between_beats[venue]:
            connection = self.line(venue)
            self.treat(connection, manner)
            first(connection)

    def send(self, venue: str, raw: bytes) -> None:
        """Put bytes on the connection in use, between two quotes."""
        with self.between_beats[venue]:
            self.line(venue).send_raw(raw)
