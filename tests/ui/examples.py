"""Snapshots to paint, made by the model itself from a few events."""

from collections.abc import Sequence
from decimal import Decimal

from msgspec.structs import replace

from spreadwatch.core.events import Batch, Event, Link, Phase
from spreadwatch.core.gaps import Gap
from spreadwatch.core.market import Market
from spreadwatch.core.quote import Instant, Quote, Venue
from spreadwatch.core.snapshot import Snapshot

NOON_MS = 1_775_134_927_000
"""2026-04-02 13:02:07 UTC."""
SILENCE_MS = 3_000


def moment(after_ms: int = 0) -> Instant:
    """Return a moment so many ms after the noon of these examples."""
    return Instant(NOON_MS + after_ms, 1_000_000 + after_ms)


class Scene:
    """A market to put into any state by hand. Prices are texts as on the wire."""

    def __init__(self, symbols: Sequence[str] = ("ETHUSDT",), *, opened: bool = True) -> None:
        self.market = Market(symbols, SILENCE_MS)
        self.symbol = symbols[0]
        self._update_id = 0
        for venue in Venue:
            self.link(venue, Phase.OPENING, f"connecting to {venue}", -900_000)
            if opened:
                self.link(venue, Phase.OPEN, "", -899_000)

    def apply(self, event: Event) -> None:
        """Give any event to the market."""
        self.market.apply(event)

    def link(self, venue: Venue, phase: Phase, reason: str, after_ms: int) -> None:
        """Change the phase of a connection."""
        self.apply(Link(venue, phase, reason, moment(after_ms)))

    def quote(
        self, venue: Venue, bid: str, bid_qty: str, ask: str, ask_qty: str, after_ms: int, symbol: str = ""
    ) -> None:
        """Let a venue quote."""
        self._update_id += 1
        at = moment(after_ms)
        numbers = (Decimal(bid), Decimal(bid_qty), Decimal(ask), Decimal(ask_qty))
        exchange_ms = at.wall_ms - 7 if venue is Venue.FUTURES else None
        quote = Quote(venue, symbol or self.symbol, *numbers, self._update_id, exchange_ms, at)
        self.apply(Batch(venue, at, [quote], heard=True))

    def hum(self, after_ms: int) -> None:
        """Let both connections show life without a quote of this symbol."""
        for venue in Venue:
            self.apply(Batch(venue, moment(after_ms), [], heard=True))

    def at(self, after_ms: int = 0) -> Snapshot:
        """Freeze what is known at a moment."""
        return self.market.snapshot(moment(after_ms))


def ethusdt(scene: Scene | None = None) -> Scene:
    """Bring ETHUSDT to the figures of the mock, at noon."""
    scene = scene or Scene()
    scene.quote(Venue.FUTURES, "3413.03", "2.1000", "3413.04", "0.4000", -61_000)
    scene.quote(Venue.SPOT, "3412.56", "1.0000", "3412.57", "1.0000", -60_000)  # -0.46, the highest
    scene.quote(Venue.FUTURES, "3414.49", "2.1000", "3414.50", "0.4000", -59_000)  # -1.92, the lowest
    scene.hum(-500)
    scene.quote(Venue.FUTURES, "3413.85", "5.0000", "3413.86", "5.0000", -400)  # -1.28
    scene.quote(Venue.FUTURES, "3413.87", "27.4410", "3413.88", "0.9120", -41)
    scene.quote(Venue.SPOT, "3412.56", "11.0264", "3412.57", "4.1830", -38)
    return scene


REASONS = (
    "no route to stream.binance.com, next try in 4 s",
    "spot was silent",
    "closed by the exchange with code 1008: too many requests from this address; it is blocked until 13:05, see manual",
    "connection reset by peer, next try in 0.8 s",
)
"""Why connections break; the third is longer than any list is wide."""


def gappy(count: int, scene: Scene | None = None, *, open_: bool = True) -> Snapshot:
    """Return ETHUSDT at the figures of the mock after so many gaps, two of them while starting.

    The newest one is of futures; it lasts since 12 s if `open_`.
    """
    snapshot = (scene or ethusdt()).at()
    venues = (Venue.FUTURES, Venue.SPOT, Venue.SPOT)
    gaps = [Gap("ETHUSDT", venue, moment(-900_000), moment(-899_400), f"connecting to {venue}") for venue in Venue]
    for number in range(count - 2, 0, -1):
        start_ms = -12_000 - (number - 1) * 47_000
        end = None if open_ and number == 1 else moment(start_ms + 140 * number**2)
        reason = REASONS[(number + 1) % len(REASONS)]
        gaps.append(Gap("ETHUSDT", venues[(number - 1) % 3], moment(start_ms), end, reason))
    pairs = tuple(replace(pair, counts=replace(pair.counts, gaps=count)) for pair in snapshot.pairs)
    return replace(snapshot, pairs=pairs, gaps=tuple(gaps))


def stale() -> Snapshot:
    """Return ETHUSDT 14 s after its spot connection fell silent."""
    scene = ethusdt()
    scene.quote(Venue.FUTURES, "3413.87", "27.4410", "3413.88", "0.9120", 13_950)
    return scene.at(14_000)


def connecting() -> Snapshot:
    """Return ETHUSDT with one venue quoting and the other not there yet."""
    scene = Scene(opened=False)
    scene.link(Venue.FUTURES, Phase.OPEN, "", -500)
    scene.quote(Venue.FUTURES, "3413.87", "27.4410", "3413.88", "0.9120", -41)
    scene.link(Venue.SPOT, Phase.LOST, "no route to stream.binance.com, next try in 4 s", -100)
    return scene.at()


def refused() -> Snapshot:
    """Return a symbol whose two prices cannot be of one coin."""
    scene = Scene()
    scene.quote(Venue.SPOT, "3412.56", "11.0264", "3412.57", "4.1830", -38)
    scene.quote(Venue.FUTURES, "1413.87", "27.4410", "1413.88", "0.9120", -20)
    return scene.at()


def tiny() -> Snapshot:
    """Return PEPE: eight decimals and enormous quantities."""
    scene = Scene(("PEPEUSDT",))
    scene.quote(Venue.SPOT, "0.00001233", "123456789.9", "0.00001234", "12345678.9", -90)
    scene.quote(Venue.FUTURES, "0.0000124055", "998877665.5", "0.0000124067", "12345678.9", -20)
    return scene.at()


def huge() -> Snapshot:
    """Return BTC in a currency of small coins, with a spread of many digits, after much trouble."""
    scene = Scene(("BTCTRY",))
    scene.quote(Venue.SPOT, "5123455.78", "12345678.9", "5123456.78", "0.00001", -90)
    scene.quote(Venue.FUTURES, "4623456.70", "12345678.91234567", "4623456.78", "1", -20)
    scene.link(Venue.SPOT, Phase.OPEN, "", -15)
    scene.quote(Venue.SPOT, "5123455.78", "12345678.9", "5123456.78", "0.00001", -10)
    scene.apply(Batch(Venue.SPOT, moment(-5), [], heard=False, rejects=("crossed",) * 1234))
    return scene.at()


def doubtful_name() -> Snapshot:
    """Return a symbol that the exchange acknowledged and never quotes: the longest of all reasons."""
    scene = Scene(("NOSUCHUSDT",))
    for venue in Venue:
        scene.quote(venue, "1", "1", "2", "1", -10, symbol="BTCUSDT")
    return scene.at()
