"""The service over a real recording: what was captured comes back over HTTP, minute by minute."""

import json
import random
from contextlib import closing
from pathlib import Path

import pytest

from spreadwatch.core.times import utc
from spreadwatch.sources.capture import Capture
from spreadwatch.storage.sqlite.history import SqliteHistory
from spreadwatch.storage.sqlite.store import SqliteStore
from tests.api.load import load, open_files
from tests.api.parts import MINUTE_MS, serving
from tests.captures.oracle import lines_of
from tests.storage.parts import events_of, mid_of, record


@pytest.mark.timeout(240)
def test_minmax_and_200_seconds_of_the_capture_equal_a_walk_through_the_file(recorded: Path, tmp_path: Path) -> None:
    lines = lines_of(recorded)
    record(SqliteStore(tmp_path / "r.db"), events_of(Capture(recorded).records()), start_ms=lines[0]["recv_ms"])
    mids = [(line["recv_ms"], mid_of(line)) for line in lines if line["market"] == "spot"]
    first, last = mids[0][0], mids[-1][0]
    with closing(SqliteHistory(tmp_path / "r.db")) as history, serving(history) as client:
        for minute_ms in range(first // MINUTE_MS * MINUTE_MS - MINUTE_MS, last + 2 * MINUTE_MS, MINUTE_MS):
            inside = [mid for at_ms, mid in mids if minute_ms <= at_ms < minute_ms + MINUTE_MS]
            got = client.ask(f"/minmax?symbol=BTCUSDT&timestamp={utc(minute_ms, 'minutes')}").json
            assert got["minute"] == utc(minute_ms, "minutes")
            assert [got["high"], got["low"]] == ([f"{max(inside):f}", f"{min(inside):f}"] if inside else [None, None])
        chance = random.Random(17)
        for _ in range(200):
            second_ms = chance.randrange(first // 1000 - 2, last // 1000 + 3) * 1000
            before = [(at_ms, mid) for at_ms, mid in mids if at_ms <= second_ms]
            got = client.ask(f"/price-at-second?symbol=BTCUSDT&timestamp={utc(second_ms)}").json
            assert got == {
                "symbol": "BTCUSDT",
                "timestamp": utc(second_ms),
                "price": f"{before[-1][1]:f}" if before else "N/A",
                "actual_timestamp": utc(before[-1][0]) if before else None,
                "source": "mid" if before else None,
            }
        assert client.ask("/latest?symbol=BTCUSDT").json["price"] == f"{mids[-1][1]:f}"
        span = f"from={first}&to={min(last, first + 9_000_000)}"
        got = client.ask(f"/api/v1/spread/bars?symbol=BTCUSDT&{span}").json
        assert [bar["second"] for bar in got["bars"]] == sorted({bar["second"] for bar in got["bars"]})
        assert sum(bar["samples"] for bar in got["bars"]) == sum(
            bar.samples for bar in history.bars("BTCUSDT", got["from_ms"], got["to_ms"])
        )
        assert client.ask("/api/v1/symbols").json["recorded"] == ["BTCUSDT"]
        assert json.loads(client.ask(f"/api/v1/spread/gaps?symbol=BTCUSDT&{span}").body)["more"] is False
        with open_files(8192):
            found = load((client.host, client.port), [f"/price-at-second?symbol=BTCUSDT&timestamp={last}"] * 1000)
        print(f"1,000 at once over SQLite: {len(found.times_ms) / found.seconds:.0f}/s, p99 {found.p99_ms:.0f} ms")
        assert dict(found.statuses) == {200: 1000}
        assert found.most_threads <= 16
