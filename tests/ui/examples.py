"""Snapshots to paint, made by the model itself from a few events."""

from collections.abc import Sequence
from decimal import Decimal
from random import Random

from msgspec.structs import replace

from spreadwatch.core.depth import SizeQuote
from spreadwatch.core.events import Batch, Event, Link, Phase
from spreadwatch.core.funding import Funding
from spreadwatch.core.gaps import Gap
from spreadwatch.core.leg import State
from spreadwatch.core.market import Market
from spreadwatch.core.net import Net
from spreadwatch.core.quote import Instant, Quote, Side
from spreadwatch.core.snapshot import PairSnapshot, Row, Snapshot, WindowExtremes
from spreadwatch.core.spread import bps

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
        for venue in Side:
            self.link(venue, Phase.OPENING, f"connecting to {venue}", -900_000)
            if opened:
                self.link(venue, Phase.OPEN, "", -899_000)

    def apply(self, event: Event) -> None:
        """Give any event to the market."""
        self.market.apply(event)

    def link(self, venue: Side, phase: Phase, reason: str, after_ms: int) -> None:
        """Change the phase of a connection."""
        self.apply(Link(venue, phase, reason, moment(after_ms)))

    def quote(
        self, venue: Side, bid: str, bid_qty: str, ask: str, ask_qty: str, after_ms: int, symbol: str = ""
    ) -> None:
        """Let a venue quote."""
        self._update_id += 1
        at = moment(after_ms)
        numbers = (Decimal(bid), Decimal(bid_qty), Decimal(ask), Decimal(ask_qty))
        exchange_ms = at.wall_ms - 7 if venue is Side.FUTURES else None
        quote = Quote(venue, symbol or self.symbol, *numbers, self._update_id, exchange_ms, at)
        self.apply(Batch(venue, at, [quote], heard=True))

    def hum(self, after_ms: int) -> None:
        """Let both connections show life without a quote of this symbol."""
        for venue in Side:
            self.apply(Batch(venue, moment(after_ms), [], heard=True))

    def at(self, after_ms: int = 0) -> Snapshot:
        """Freeze what is known at a moment."""
        return self.market.snapshot(moment(after_ms))


def ethusdt(scene: Scene | None = None) -> Scene:
    """Bring ETHUSDT to the figures of the mock, at noon."""
    scene = scene or Scene()
    scene.quote(Side.FUTURES, "3413.03", "2.1000", "3413.04", "0.4000", -61_000)
    scene.quote(Side.SPOT, "3412.56", "1.0000", "3412.57", "1.0000", -60_000)  # -0.46, the highest
    scene.quote(Side.FUTURES, "3414.49", "2.1000", "3414.50", "0.4000", -59_000)  # -1.92, the lowest
    scene.hum(-500)
    scene.quote(Side.FUTURES, "3413.85", "5.0000", "3413.86", "5.0000", -400)  # -1.28
    scene.quote(Side.FUTURES, "3413.87", "27.4410", "3413.88", "0.9120", -41)
    scene.quote(Side.SPOT, "3412.56", "11.0264", "3412.57", "4.1830", -38)
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
    venues = (Side.FUTURES, Side.SPOT, Side.SPOT)
    gaps = [Gap("ETHUSDT", venue, moment(-900_000), moment(-899_400), f"connecting to {venue}") for venue in Side]
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
    scene.quote(Side.FUTURES, "3413.87", "27.4410", "3413.88", "0.9120", 13_950)
    return scene.at(14_000)


def connecting() -> Snapshot:
    """Return ETHUSDT with one venue quoting and the other not there yet."""
    scene = Scene(opened=False)
    scene.link(Side.FUTURES, Phase.OPEN, "", -500)
    scene.quote(Side.FUTURES, "3413.87", "27.4410", "3413.88", "0.9120", -41)
    scene.link(Side.SPOT, Phase.LOST, "no route to stream.binance.com, next try in 4 s", -100)
    return scene.at()


def refused() -> Snapshot:
    """Return a symbol whose two prices cannot be of one coin."""
    scene = Scene()
    scene.quote(Side.SPOT, "3412.56", "11.0264", "3412.57", "4.1830", -38)
    scene.quote(Side.FUTURES, "1413.87", "27.4410", "1413.88", "0.9120", -20)
    return scene.at()


def tiny() -> Snapshot:
    """Return PEPE: eight decimals and enormous quantities."""
    scene = Scene(("PEPEUSDT",))
    scene.quote(Side.SPOT, "0.00001233", "123456789.9", "0.00001234", "12345678.9", -90)
    scene.quote(Side.FUTURES, "0.0000124055", "998877665.5", "0.0000124067", "12345678.9", -20)
    return scene.at()


def huge() -> Snapshot:
    """Return BTC in a currency of small coins, with a spread of many digits, after much trouble."""
    scene = Scene(("BTCTRY",))
    scene.quote(Side.SPOT, "5123455.78", "12345678.9", "5123456.78", "0.00001", -90)
    scene.quote(Side.FUTURES, "4623456.70", "12345678.91234567", "4623456.78", "1", -20)
    scene.link(Side.SPOT, Phase.OPEN, "", -15)
    scene.quote(Side.SPOT, "5123455.78", "12345678.9", "5123456.78", "0.00001", -10)
    scene.apply(Batch(Side.SPOT, moment(-5), [], heard=False, rejects=("crossed",) * 1234))
    return scene.at()


def doubtful_name() -> Snapshot:
    """Return a symbol that the exchange acknowledged and never quotes: the longest of all reasons."""
    scene = Scene(("NOSUCHUSDT",))
    for venue in Side:
        scene.quote(venue, "1", "1", "2", "1", -10, symbol="BTCUSDT")
    return scene.at()


# ----- what a trader needs at a glance


def full(pair: PairSnapshot | None = None) -> PairSnapshot:
    """Return a live pair, ETHUSDT of the mock unless another is given, with all that can be known of it."""
    pair = pair or ethusdt().at().pairs[0]
    spot, futures, spread = pair.spot.quote, pair.futures.quote, pair.spread
    assert spot
    assert futures
    assert spread.current is not None
    assert spread.reverse is not None
    assert spread.high
    assert spread.low
    fees = Decimal("0.0010") * spot.ask + Decimal("0.0005") * futures.bid
    entry_bps, reverse_bps = bps(spread.current, spot.ask), bps(spread.reverse, spot.ask)
    fees_bps = bps(fees, spot.ask)
    round_trip = spread.current - spread.reverse + 2 * fees
    size = min(spot.ask_qty, futures.bid_qty)
    recent = replace(spread.high, spread=spread.current)
    return replace(
        pair,
        windows=(
            WindowExtremes("1m", recent, recent),
            WindowExtremes("15m", recent, spread.low),
            WindowExtremes("1h", spread.high, spread.low),
            WindowExtremes("session", spread.high, spread.low),
        ),
        percentile=Decimal("34.41"),
        net=Net(
            entry=spread.current,
            entry_bps=entry_bps,
            entry_edge_bps=-entry_bps - fees_bps,
            reverse=spread.reverse,
            reverse_bps=reverse_bps,
            reverse_edge_bps=reverse_bps - fees_bps,
            entry_fees=fees,
            round_trip=round_trip,
            round_trip_bps=bps(round_trip, spot.ask),
            size=size,
            size_quote=size * spot.ask,
            limiting=Side.SPOT if size == spot.ask_qty else Side.FUTURES,
        ),
        funding=FUNDING,
        depth=SizeQuote(
            size_quote=Decimal(10_000),
            spot_ask=spot.ask + spot.ask * Decimal("0.0000712345"),
            futures_bid=futures.bid - futures.bid * Decimal("0.00003"),
            spread=spread.current + spot.ask * Decimal("0.0001012"),
            too_thin=(),
            age_ms=80,
        ),
    )


FUNDING = Funding(
    mark=Decimal("3413.90471123"),
    index=Decimal("3413.55018203"),
    rate=Decimal("0.0001"),
    next_in_ms=8_047_000,
    interval_h=8,
    interval_assumed=False,
    annualised=Decimal("0.1095"),
    payback=30,
    is_live=True,
    age_ms=400,
)


def with_all(snapshot: Snapshot | None = None, **changes: object) -> Snapshot:
    """Return a snapshot whose first pair is full; `changes` replace fields of that pair."""
    snapshot = snapshot or ethusdt().at()
    return replace(snapshot, pairs=(replace(full(snapshot.pairs[0]), **changes),))


def thin() -> Snapshot:
    """Return ETHUSDT with a size that spot does not hold, an assumed interval, and an old funding."""
    funding = replace(
        FUNDING, is_live=False, age_ms=14_200, interval_assumed=True, rate=Decimal("-0.00000078"), payback=None
    )
    depth = SizeQuote(Decimal(250_000), None, Decimal("3412.01"), None, (Side.SPOT,), 90)
    return with_all(funding=funding, depth=depth)


def no_longer_live() -> Snapshot:
    """Return ETHUSDT as it is when spot fell silent, after all had been known."""
    snapshot = stale()
    whole, [pair] = full(), snapshot.pairs
    depth = SizeQuote(Decimal(10_000), None, Decimal("3413.66"), None, (), None)
    pair = replace(pair, windows=whole.windows, funding=whole.funding, depth=depth)
    return replace(snapshot, pairs=(pair,))


def delivery() -> Snapshot:
    """Return ETHUSDT against a delivery contract."""
    funding = replace(
        FUNDING, rate=None, next_in_ms=34 * 86_400_000 + 7_200_000, annualised=Decimal("0.0412"), payback=None
    )
    return with_all(funding=funding)


COINS = (
    "BTC", "ETH", "SOL", "XRP", "DOGE", "ADA", "AVAX", "LINK", "PEPE", "SHIB", "TRX", "TON", "DOT", "NEAR", "LTC",
    "BCH", "UNI", "APT", "ICP", "ETC", "FIL", "ARB", "OP", "INJ", "SUI", "SEI", "TIA", "WLD", "JUP", "1000SATS",
    "1MBABYDOGE",
)  # fmt: skip


def row(number: int, tick: int = 0) -> Row:
    """Return the invented row of a symbol by its number; `tick` changes its figures."""
    coin = COINS[number] if number < len(COINS) else f"COIN{number}"
    random = Random(f"{number} {tick}")
    if number % 17 == 9:
        state = (State.CONNECTING, State.STALE, State.REFUSED)[number // 17 % 3]
        return Row(f"{coin}USDT", state, None, None, None, None, FUNDING.rate, 2)
    places = 8 if coin in ("PEPE", "SHIB") else random.choice((2, 3, 4))
    in_bps = Decimal(random.randint(-300_000, 200_000)).scaleb(-4)
    spread = Decimal(random.randint(-99_999, 99_999)).scaleb(-places)
    size = Decimal(random.randint(1_000, 10**9)).scaleb(-3)
    rate = Decimal(random.randint(-3_000, 3_000)).scaleb(-7)
    return Row(f"{coin}USDT", State.LIVE, spread, in_bps, -in_bps - 15, size, rate, places)


def listed(count: int, snapshot: Snapshot | None = None) -> Snapshot:
    """Return a snapshot with a watch list; its second row is ETHUSDT, by its own figures."""
    snapshot = snapshot or with_all()
    rows = [row(number) for number in range(count)]
    pair = snapshot.pairs[0]
    net = pair.net
    rows[1] = Row(
        symbol=pair.symbol,
        state=pair.state,
        spread=pair.spread.current,
        bps=pair.spread.bps,
        edge_bps=net.entry_edge_bps if net else None,
        size_quote=net.size_quote if net else None,
        funding_rate=pair.funding.rate if pair.funding else None,
        places=pair.places,
    )
    return replace(snapshot, rows=tuple(rows))
