"""Short ways to say events: moments, quotes, batches, links."""

from decimal import Decimal

from spreadwatch.core.events import Batch, Link, Phase
from spreadwatch.core.market import Market
from spreadwatch.core.quote import Instant, Quote, Side
from spreadwatch.core.snapshot import PairJson, PairSnapshot, to_json

SPOT, FUTURES = Side.SPOT, Side.FUTURES
SYMBOL = "ETHUSDT"
SILENCE_MS = 3000
HOUR_MS = 3_600_000


def moment(ms: int, wall_ahead_ms: int = 0) -> Instant:
    """Return a moment `ms` after the start; the wall clock may be ahead of the monotonic one."""
    return Instant(ms + wall_ahead_ms, ms)


def quote(
    venue: Side, update_id: int, bid: str, ask: str, at: Instant, *, symbol: str = SYMBOL, qty: str = "1.5"
) -> Quote:
    """Return a quote with the same quantity on both sides."""
    exchange_ms = at.wall_ms - 5 if venue is FUTURES else None
    return Quote(venue, symbol, Decimal(bid), Decimal(qty), Decimal(ask), Decimal(qty), update_id, exchange_ms, at)


def batch(*quotes: Quote) -> Batch:
    """Return the batch that one read of these quotes gives."""
    return Batch(quotes[0].side, quotes[0].received, list(quotes), heard=True)


def heartbeat(venue: Side, at: Instant) -> Batch:
    """Return the batch of a read that brought only the heartbeat symbol."""
    return Batch(venue, at, [], heard=True)


def link(venue: Side, phase: Phase, at: Instant, reason: str = "a reason") -> Link:
    """Return the news that a connection entered a phase."""
    return Link(venue, phase, reason, at)


class Scene:
    """A market with one symbol, both connections open since 0 ms, told in short words."""

    def __init__(self) -> None:
        self.market = Market([SYMBOL], SILENCE_MS)
        self.ids = {SPOT: 0, FUTURES: 0}
        self.wall_ahead_ms = 0
        for venue in Side:
            self.link(venue, Phase.OPEN, 0)

    def at(self, ms: int) -> Instant:
        """Return a moment on the scene's clocks."""
        return moment(ms, self.wall_ahead_ms)

    def link(self, venue: Side, phase: Phase, ms: int, reason: str = "a reason") -> None:
        """Let a connection enter a phase."""
        self.market.apply(link(venue, phase, self.at(ms), reason))

    def beat(self, venue: Side, ms: int) -> None:
        """Let only the heartbeat symbol be heard."""
        self.market.apply(heartbeat(venue, self.at(ms)))

    def say(self, venue: Side, ms: int, bid: str, ask: str, update_id: int | None = None) -> None:
        """Let a quote come; its update id is the next one unless given."""
        self.ids[venue] = self.ids[venue] + 1 if update_id is None else update_id
        self.market.apply(batch(quote(venue, self.ids[venue], bid, ask, self.at(ms))))

    def look(self, ms: int) -> PairSnapshot:
        """Return the snapshot of the symbol."""
        return self.market.snapshot(self.at(ms)).pairs[0]

    def json(self, ms: int) -> PairJson:
        """Return the documented JSON object of the symbol."""
        return to_json(self.look(ms))


def live_scene() -> Scene:
    """Return a scene with a live spread of 1.00 since 20 ms: spot 99/100, futures 99/101."""
    scene = Scene()
    scene.say(SPOT, 10, "99.00", "100.00")
    scene.say(FUTURES, 20, "99.00", "101.00")
    return scene
