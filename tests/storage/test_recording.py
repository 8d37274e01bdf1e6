"""A recording equals the wire, in every store: texts, prices, extremes, its replay (RULES: exact, replay)."""

import itertools
import random
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from spreadwatch.core.events import Event, Trade
from spreadwatch.core.market import Market
from spreadwatch.core.quote import Instant, Side
from spreadwatch.core.snapshot import PairJson, to_json
from spreadwatch.sources.capture import Capture, batches
from spreadwatch.storage.export import Wanted, export
from spreadwatch.storage.history import History
from tests.captures.oracle import lines_of
from tests.storage.conftest import Place
from tests.storage.parts import (
    SILENCE_MS,
    contracts,
    events_of,
    mid_of,
    open_links,
    quote_batch,
    record,
    recording,
    settle,
    wire,
)

MINUTE_MS = 60_000


@pytest.fixture
def lines(recorded: Path) -> list[dict[str, Any]]:
    """Return the capture as plain JSON."""
    return lines_of(recorded)


@pytest.fixture
def history(place: Place, recorded: Path, lines: list[dict[str, Any]]) -> Iterator[History]:
    """Record the capture and open it for questions."""
    record(place.store(), events_of(Capture(recorded).records()), start_ms=lines[0]["recv_ms"])
    with closing(place.history()) as opened:
        yield opened


def model(events: Iterator[Event], at_ms: int) -> PairJson:
    """Return the documented JSON of what the market makes of events."""
    market = Market(["BTCUSDT"], SILENCE_MS)
    for event in events:
        market.apply(event)
    return to_json(market.snapshot(Instant(at_ms, at_ms)).pairs[0])


@pytest.mark.timeout(300)
def test_what_was_recorded_is_what_was_on_the_wire(
    history: History, lines: list[dict[str, Any]], tmp_path: Path, recorded: Path
) -> None:
    stored = [
        (
            one.leg.side,
            one.leg.wire,
            row.received_ms,
            row.update_id,
            row.exchange_ms,
            row.bid,
            row.bid_qty,
            row.ask,
            row.ask_qty,
        )
        for one in history.quotes(["BTCUSDT"])
        for row in [one.row]
    ]
    assert stored == [wire(line) for line in lines]
    check_prices(history, [line for line in lines if line["market"] == "spot"])
    check_replays(history, lines, recorded, tmp_path)
    check_spread(history, recorded)


def check_prices(history: History, spot: list[dict[str, Any]]) -> None:
    minutes: dict[int, list[Decimal]] = defaultdict(list)
    for line in spot:
        minutes[line["recv_ms"] // MINUTE_MS * MINUTE_MS].append(mid_of(line))
    for minute_ms, mids in minutes.items():
        found = history.minmax("BTCUSDT", minute_ms + 12_345)
        assert found is not None
        assert (found.high, found.low, found.source, found.minute_ms) == (max(mids), min(mids), "mid", minute_ms)
    assert history.minmax("BTCUSDT", min(minutes) - 1) is None
    chance = random.Random(5)
    for _ in range(200):
        at_ms = chance.randrange(spot[0]["recv_ms"] // 1000 + 1, spot[-1]["recv_ms"] // 1000 + 2) * 1000
        last = [line for line in spot if line["recv_ms"] <= at_ms][-1]
        price = history.at("BTCUSDT", at_ms)
        assert price is not None
        assert (price.price, price.at_ms, price.source) == (mid_of(last), last["recv_ms"], "mid")
    newest = history.latest("BTCUSDT")
    assert newest is not None
    assert newest.price == mid_of(spot[-1])
    assert history.at("BTCUSDT", spot[0]["recv_ms"] - 1) is None
    assert history.latest("NOSUCH") is None
    between = history.between("BTCUSDT", spot[10]["recv_ms"], spot[90]["recv_ms"])
    assert [price.price for price in between] == [
        mid_of(line) for line in spot if spot[10]["recv_ms"] <= line["recv_ms"] < spot[90]["recv_ms"]
    ]


def check_replays(history: History, lines: list[dict[str, Any]], recorded: Path, folder: Path) -> None:
    last_ms = lines[-1]["recv_ms"]
    original = model(itertools.chain(open_links(lines[0]["recv_ms"]), batches(Capture(recorded), contracts())), last_ms)
    assert model(history.events(["BTCUSDT"]), last_ms) == original
    copy = folder / "copy.jsonl.gz"
    told: list[tuple[int, float]] = []
    wanted = Wanted("quotes", "capture", ("BTCUSDT",), lines[0]["recv_ms"], last_ms + 1)
    assert export(history, wanted, copy, lambda *progress: told.append(progress)) == len(lines)
    assert told == sorted(told)
    assert told[-1] == (len(lines), 1.0)
    again = model(itertools.chain(open_links(lines[0]["recv_ms"]), batches(Capture(copy), contracts())), last_ms)
    assert again == original


def check_spread(history: History, recorded: Path) -> None:
    """Hold bars and moments of the spread against a model that is asked after every event."""
    seconds: dict[int, list[Decimal]] = defaultdict(list)
    samples: list[tuple[int, Decimal]] = []
    last: dict[Side, Any] = {}
    for event in events_of(Capture(recorded).records()):
        for quote in getattr(event, "quotes", []):
            last[quote.side] = quote
            if len(last) == 2:
                spread = last[Side.SPOT].ask - last[Side.FUTURES].bid
                samples.append((quote.received.wall_ms, spread))
                seconds[quote.received.wall_ms // 1000].append(spread)
    bars = {bar.second: bar for bar in history.bars("BTCUSDT")}
    assert {second: (bar.open, bar.high, bar.low, bar.close, bar.samples) for second, bar in bars.items()} == {
        second: (seen[0], max(seen), min(seen), seen[-1], len(seen)) for second, seen in seconds.items()
    }
    minute_ms = samples[len(samples) // 2][0] // MINUTE_MS * MINUTE_MS
    inside = [spread for at_ms, spread in samples if minute_ms <= at_ms < minute_ms + MINUTE_MS]
    found = history.spread_minmax("BTCUSDT", minute_ms)
    assert found is not None
    assert (found.high, found.low, found.samples) == (max(inside), min(inside), len(inside))
    chance = random.Random(6)
    for _ in range(50):
        at_ms = chance.randrange(samples[0][0], samples[-1][0] + 5)
        value = history.spread_at("BTCUSDT", at_ms)
        assert value is not None
        assert (value.at_ms, value.spread, value.source) == (
            *[sample for sample in samples if sample[0] <= at_ms][-1],
            "quotes",
        )
    newest = history.spread_latest("BTCUSDT")
    assert newest is not None
    assert newest.spread == samples[-1][1]


def test_trades_are_the_price_where_the_run_has_them(place: Place) -> None:
    with recording(place.store()) as recorder:
        for event in open_links(1_700_000_000_000):
            recorder.put(event)
        recorder.put(quote_batch(Side.SPOT, 1, 1_700_000_000_100))
        recorder.put_trade(Trade("BTCUSDT", 7, "100.00700000", "0.01000000", 1, Instant(1_700_000_000_200, 0)))
        recorder.put_trade(Trade("BTCUSDT", 8, "100.00100000", "0.01000000", 1, Instant(1_700_000_000_300, 0)))
        recorder.put(quote_batch(Side.SPOT, 2, 1_700_000_000_400))
        settle(recorder)
    with closing(place.history()) as history:
        early, late = history.at("BTCUSDT", 1_700_000_000_150), history.latest("BTCUSDT")
        assert early is not None
        assert late is not None
        assert (str(early.price), early.source) == ("100.005", "mid")
        assert (str(late.price), late.source, late.at_ms) == ("100.00100000", "trade", 1_700_000_000_300)
        found = history.minmax("BTCUSDT", 1_700_000_000_000)
        assert found is not None
        assert (str(found.high), str(found.low), found.source) == ("100.00700000", "100.00100000", "trade")
        prices = [str(price.price) for price in history.between("BTCUSDT", 0, 1 << 43)]
        assert prices == ["100.00700000", "100.00100000"]
        [first, _] = history.trades(["BTCUSDT"])
        assert (first.row.trade_id, first.row.price, first.row.qty) == (7, "100.00700000", "0.01000000")
