"""Parts that the tests of the storage share: a capture as events, a recorder that has heard it, slow oracles."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from spreadwatch.core.events import Batch, Event, Link, Phase
from spreadwatch.core.quote import Instant, Quote, Side
from spreadwatch.feed.binance import Contract, contract
from spreadwatch.feed.parsing.quotes import QuoteParser
from spreadwatch.sources.capture import CapturedFrame
from spreadwatch.storage.recorder import Recorder, RecorderSettings
from spreadwatch.storage.rows import Store, StoredLeg
from tests.conftest import wait_for

SILENCE_MS = 3000
MARKETS = {"spot": Side.SPOT, "um": Side.FUTURES}
START_MS = 1_700_000_000_000


def contracts(*symbols: str) -> dict[Side, list[Contract]]:
    """Return what each venue calls symbols."""
    return {venue: [contract(venue, symbol) for symbol in symbols or ("BTCUSDT",)] for venue in Side}


def open_links(at_ms: int) -> list[Link]:
    """Return the news that both connections are open."""
    return [Link(venue, Phase.OPEN, "replaying", Instant(at_ms, at_ms)) for venue in Side]


def events_of(records: Iterable[CapturedFrame], symbols: tuple[str, ...] = ("BTCUSDT",)) -> Iterator[Event]:
    """Parse captured payloads as a stream would, texts kept, one batch per payload."""
    parsers = {venue: QuoteParser(venue, contracts(*symbols)[venue]) for venue in Side}
    for parser in parsers.values():
        parser.keeps_texts = True
    opened = False
    for record in records:
        if not opened:
            yield from open_links(record.recv_ms)
            opened = True
        yield parsers[record.side].raw_batch([bytes(record.raw)], Instant(record.recv_ms, record.recv_ms))


def quote_batch(venue: Side, number: int, at_ms: int, *, symbol: str = "BTCUSDT", price: str = "100.00") -> Batch:
    """Return a batch of one invented quote."""
    at, bid = Instant(at_ms, at_ms), Decimal(price)
    exchange_ms = at_ms - 7 if venue is Side.FUTURES else None
    quote = Quote(
        venue, symbol, bid, Decimal("1.500"), bid + Decimal("0.01"), Decimal("2.500"), number, exchange_ms, at
    )
    return Batch(venue, at, [quote], heard=True)


@contextmanager
def recording(
    store: Store,
    settings: RecorderSettings | None = None,
    *,
    symbols: tuple[str, ...] = ("BTCUSDT",),
    start_ms: int = START_MS,
) -> Iterator[Recorder]:
    """Run a recorder whose clock stands at the start; on leaving, everything is stored and it has ended."""
    recorder = Recorder(store, contracts(*symbols), SILENCE_MS, lambda: Instant(start_ms, start_ms), settings)
    recorder.start()
    try:
        yield recorder
    finally:
        recorder.stop()
        assert recorder.join(20)


def settle(recorder: Recorder) -> None:
    """Wait until nothing waits to be stored."""
    wait_for(lambda: recorder.status().waiting == 0)


def record(
    store: Store, events: Iterable[Event], settings: RecorderSettings | None = None, *, start_ms: int = START_MS
) -> Recorder:
    """CapturedFrame events from the first to the last; a full queue is waited for."""
    with recording(store, settings, start_ms=start_ms) as recorder:
        recorder.ready(20)
        for count, event in enumerate(events):
            recorder.put(event)
            if count % 20_000 == 19_999:
                settle(recorder)
        settle(recorder)
    assert recorder.status().dropped == 0
    return recorder


def wire(line: dict[str, Any]) -> tuple[Any, ...]:
    """Return what must come back of a captured line."""
    raw = line["raw"]
    texts = (raw["b"], raw["B"], raw["a"], raw["A"])
    return (MARKETS[line["market"]], raw["s"], line["recv_ms"], raw["u"], raw.get("T"), *texts)


def mid_of(line: dict[str, Any]) -> Decimal:
    """Return the mid of a captured line."""
    return (Decimal(line["raw"]["b"]) + Decimal(line["raw"]["a"])) / 2


SPOT_BTC = StoredLeg(Side.SPOT, "BTCUSDT", "BTCUSDT")
