"""Every route answers what a walk through the same rows gives, and every fault in a sentence."""

import http.client
import json
import random
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from spreadwatch.api.operations import OPERATIONS, Operation
from spreadwatch.api.settings import ServeSettings
from spreadwatch.core.answers import RecordedGap
from spreadwatch.core.questions import MOST_GAPS
from spreadwatch.core.snapshot import to_json
from spreadwatch.core.times import utc
from spreadwatch.errors import UnreachableError
from tests.api.parts import MINUTE_MS, NOON_MS, Client, ListArchive, SceneLive, serving
from tests.core.builders import FUTURES, SPOT

SYMBOLS = ("BTCUSDT", "ETHUSDT", "1INCHUSDT")


def random_archive(seed: int) -> ListArchive:
    chance = random.Random(seed)
    archive = ListArchive()
    for rows in (archive.prices, archive.spreads):
        moments = sorted(chance.sample(range(NOON_MS - 600_000, NOON_MS), 400))
        rows += [
            (chance.choice(SYMBOLS[:2]), at, Decimal(chance.randint(-(10**12), 10**12)).scaleb(-8)) for at in moments
        ]
    return archive


@pytest.fixture(scope="module")
def archive() -> ListArchive:
    return random_archive(5)


@pytest.fixture(scope="module")
def client(archive: ListArchive) -> Iterator[Client]:
    with serving(archive) as made:
        yield made


def moments() -> list[int]:
    chance = random.Random(11)
    return [chance.randrange(NOON_MS - 660_000, NOON_MS + 60_000) for _ in range(40)]


def plain(number: Decimal) -> str:
    return f"{number:f}"


def test_the_price_at_a_second_is_the_last_one_at_or_before_it(client: Client, archive: ListArchive) -> None:
    for at_ms in moments():
        for symbol in SYMBOLS:
            rows = [row for row in archive.prices if row[0] == symbol and row[1] <= at_ms]
            expected: dict[str, Any] = {"symbol": symbol, "timestamp": utc(at_ms)}
            if rows:
                expected |= {"price": plain(rows[-1][2]), "actual_timestamp": utc(rows[-1][1]), "source": "mid"}
            else:
                expected |= {"price": "N/A", "actual_timestamp": None, "source": None}
            query = urlencode({"symbol": symbol.lower(), "timestamp": utc(at_ms)})
            assert client.ask(f"/price-at-second?{query}").json == expected


def test_the_high_and_low_of_a_minute_are_those_of_its_rows(client: Client, archive: ListArchive) -> None:
    for at_ms in moments():
        for symbol in SYMBOLS:
            found = [r[2] for r in archive.prices if r[0] == symbol and r[1] // MINUTE_MS == at_ms // MINUTE_MS]
            got = client.ask(f"/minmax?symbol={symbol}&timestamp={utc(at_ms, 'minutes')}").json
            assert got == {
                "symbol": symbol,
                "minute": utc(at_ms, "minutes"),
                "high": plain(max(found)) if found else None,
                "low": plain(min(found)) if found else None,
                "source": "mid" if found else None,
            }


def test_the_latest_price_is_the_last_row(client: Client, archive: ListArchive) -> None:
    for symbol in SYMBOLS[:2]:
        last = [row for row in archive.prices if row[0] == symbol][-1]
        got = client.ask(f"/latest?symbol={symbol}").json
        assert (got["symbol"], got["price"], got["actual_timestamp"]) == (symbol, plain(last[2]), utc(last[1]))
    assert client.ask("/latest?symbol=1INCHUSDT").json["price"] == "N/A"


def test_the_spread_is_asked_like_the_price(client: Client, archive: ListArchive) -> None:
    for at_ms in moments():
        rows = [row for row in archive.spreads if row[0] == "ETHUSDT" and row[1] <= at_ms]
        got = client.ask(f"/api/v1/spread/at?symbol=ETHUSDT&timestamp={at_ms}").json
        assert (got["asked_ms"], got["spread"], got["at_ms"]) == (
            (at_ms, plain(rows[-1][2]), rows[-1][1]) if rows else (at_ms, None, None)
        )
        inside = [
            row[2] for row in archive.spreads if row[0] == "ETHUSDT" and row[1] // MINUTE_MS == at_ms // MINUTE_MS
        ]
        got = client.ask(f"/api/v1/spread/minmax?symbol=ETHUSDT&timestamp={at_ms}").json
        assert (got["high"], got["low"], got["samples"], got["minute"]) == (
            plain(max(inside)) if inside else None,
            plain(min(inside)) if inside else None,
            len(inside),
            utc(at_ms, "minutes"),
        )
    last = [row for row in archive.spreads if row[0] == "ETHUSDT"][-1]
    assert client.ask("/api/v1/spread/latest?symbol=ETHUSDT").json["spread"] == plain(last[2])


def test_bars_are_all_of_the_time_asked_for(client: Client, archive: ListArchive) -> None:
    from_ms, to_ms = NOON_MS - 500_000, NOON_MS - 100_000
    query = urlencode({"symbol": "BTCUSDT", "from": utc(from_ms), "to": to_ms})
    got = client.ask(f"/api/v1/spread/bars?{query}").json
    rows = [row for row in archive.spreads if row[0] == "BTCUSDT" and from_ms <= row[1] < to_ms]
    assert sum(bar["samples"] for bar in got["bars"]) == len(rows)
    assert [bar["second"] for bar in got["bars"]] == sorted({row[1] // 1000 for row in rows})
    assert max(Decimal(bar["high"]) for bar in got["bars"]) == max(row[2] for row in rows)
    assert got["bars"][-1]["close"] == plain(rows[-1][2])


def test_more_bars_than_the_limit_are_refused(client: Client) -> None:
    span = f"/api/v1/spread/bars?symbol=BTCUSDT&to={NOON_MS}&from="
    assert client.ask(span + str(NOON_MS - 10_000_000)).status == 200
    refused = client.ask(span + str(NOON_MS - 10_001_000))
    assert (refused.status, refused.json["parameter"]) == (400, "from")
    assert "at most 10000 s" in refused.json["error"]
    assert client.ask(span + str(NOON_MS + 1)).json == {"error": "from lies after to", "parameter": "from"}


def test_gaps_come_with_their_reasons_and_the_oldest_are_left_out_first() -> None:
    many = [RecordedGap(FUTURES, "ETHUSDT", NOON_MS + n, NOON_MS + n + 1, f"no {n}") for n in range(MOST_GAPS + 5)]
    many.append(RecordedGap(SPOT, "ETHUSDT", NOON_MS + 99_000, None, "lost <b>"))
    with serving(ListArchive(known_gaps=many)) as client:
        got = client.ask(f"/api/v1/spread/gaps?symbol=ETHUSDT&from={NOON_MS}&to={NOON_MS + 100_000}").json
        assert got["more"] is True
        assert len(got["gaps"]) == MOST_GAPS
        assert got["gaps"][-1] == {"venue": "spot", "start_ms": NOON_MS + 99_000, "end_ms": None, "reason": "lost <b>"}
        assert client.ask("/api/v1/spread/gaps?symbol=BTCUSDT").json["gaps"] == []


def test_the_snapshot_is_the_documented_object() -> None:
    live = SceneLive()
    with serving(live=live) as client:
        assert live.current is not None
        [pair] = live.current.pairs
        for target in ("/api/v1/snapshot", "/api/v1/snapshot?symbol=ethusdt"):
            got = client.ask(target).json
            assert got["pairs"] == [json.loads(json.dumps(to_json(pair)))]
            assert got["at_ms"] == live.current.at.wall_ms
        missing = client.ask("/api/v1/snapshot?symbol=BTCUSDT")
        assert missing.status == 404
        assert "ETHUSDT" in missing.json["error"]


def test_a_live_spread_stands_before_a_recorded_one_only_while_it_is_live() -> None:
    live = SceneLive()
    archive = ListArchive(spreads=[("ETHUSDT", NOON_MS - 1, Decimal("7.70"))])
    with serving(archive, live) as client:
        got = client.ask("/api/v1/spread/latest?symbol=ETHUSDT").json
        assert (got["spread"], got["source"], got["at_ms"]) == ("1.00", "live", NOON_MS + 20)
        live.look(after_ms=10_000)
        got = client.ask("/api/v1/spread/latest?symbol=ETHUSDT").json
        assert (got["spread"], got["source"], got["at_ms"]) == ("7.70", "quotes", NOON_MS - 1)


@pytest.mark.parametrize(
    ("recorded_ms", "source", "expected"),
    [
        (NOON_MS + 9, "mid", "99.500"),
        (NOON_MS + 11, "mid", "5"),
        (NOON_MS - 59_000, "trade", "5"),
        (NOON_MS - 61_000, "trade", "99.500"),
    ],
)
def test_the_latest_price_is_the_newer_one_but_a_recent_trade_stands(
    recorded_ms: int, source: str, expected: str
) -> None:
    class OneArchive(ListArchive):
        def latest(self, symbol: str) -> Any:  # noqa: ANN401 - a fake
            found = super().latest(symbol)
            return found and replace(found, source=source)

    with serving(OneArchive([("ETHUSDT", recorded_ms, Decimal(5))]), SceneLive()) as client:
        assert Decimal(client.ask("/latest?symbol=ETHUSDT").json["price"]) == Decimal(expected)


def test_without_a_recording_the_latest_price_is_live_and_the_past_is_unavailable() -> None:
    live = SceneLive()
    with serving(live=live) as client:
        assert client.ask("/latest?symbol=ETHUSDT").json["price"] == "99.50"
        for target in (
            "/price-at-second?symbol=ETHUSDT&timestamp=2026-07-03T08:30",
            "/api/v1/spread/bars?symbol=ETHUSDT",
        ):
            got = client.ask(target)
            assert got.status == 503
            assert "no recording" in got.json["error"]
        live.look(after_ms=10_000)
        assert client.ask("/latest?symbol=ETHUSDT").json["price"] == "N/A"
        assert client.ask("/api/v1/spread/latest?symbol=ETHUSDT").json["spread"] is None


def test_with_only_a_recording_the_present_is_unavailable_and_that_is_healthy(client: Client) -> None:
    assert client.ask("/api/v1/snapshot").status == 503
    assert client.ask("/api/v1/events").status == 503
    assert client.ask("/healthz").json == {"source": None, "state": "recording", "reason": None}
    got = client.ask("/api/v1/symbols").json
    assert got == {"source": None, "live": [], "recorded": ["BTCUSDT", "ETHUSDT"], "watching": False, "recording": True}


def test_health_turns_with_the_state_of_the_pair_and_the_program() -> None:
    live = SceneLive()
    with serving(live=live, settings=ServeSettings(port=0, still_s=0.3)) as client:
        keep = threading.Event()

        def renew() -> None:
            while not keep.wait(0.02):
                live.look()

        renewing = threading.Thread(target=renew)
        renewing.start()
        assert (client.ask("/healthz").status, client.ask("/healthz").json["state"]) == (200, "live")
        live.sentence = "the inbox overflows"
        assert client.ask("/healthz").json == {"source": "live", "state": "stale", "reason": "the inbox overflows"}
        live.sentence = None
        live.now_ms += 10_000
        live.look()
        got = client.ask("/healthz")
        assert got.status == 503
        assert "ETHUSDT stale: spot has been silent" in got.json["reason"]
        live.say(SPOT, "98.00", "99.00")
        live.say(FUTURES, "98.00", "99.00")
        assert client.ask("/healthz").status == 200
        keep.set()
        renewing.join()
        deadline = time.monotonic() + 20
        while client.ask("/healthz").status == 200:
            assert time.monotonic() < deadline
        assert "not renewed its figures" in client.ask("/healthz").json["reason"]


def test_metrics_are_prometheus_text_and_leave_out_what_does_not_exist() -> None:
    live = SceneLive()
    with serving(live=live) as client:
        client.ask("/nothing")
        got = client.ask("/metrics")
        assert got.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
        text = got.body.decode()
        assert 'spreadwatch_source_info{source="live"} 1\n' in text
        assert 'spreadwatch_spread{symbol="ETHUSDT",contract="perpetual"} 1.00\n' in text
        assert 'spreadwatch_leg_live{symbol="ETHUSDT",contract="perpetual",venue="spot"} 1\n' in text
        assert 'spreadwatch_http_responses_total{status="404"} 1\n' in text
        for line in text.splitlines():
            name, _, value = line.rpartition(" ")
            assert line.startswith("# ") or (name.startswith("spreadwatch_") and Decimal(value).is_finite())
        live.look(after_ms=10_000)
        text = client.ask("/metrics").body.decode()
        assert "spreadwatch_up 0\n" in text
        assert "spreadwatch_spread{" not in text


def test_a_recording_that_cannot_be_read_is_a_sentence_and_others_go_on() -> None:
    archive = ListArchive([("ETHUSDT", NOON_MS, Decimal(5))], failure=UnreachableError("the database went away"))
    with serving(archive, SceneLive()) as client:
        got = client.ask("/price-at-second?symbol=ETHUSDT&timestamp=2026-07-03T12:00:00")
        assert (got.status, got.json) == (503, {"error": "the database went away"})
        assert client.ask("/api/v1/snapshot").status == 200


def test_a_bug_behind_a_route_is_logged_and_answered(caplog: pytest.LogCaptureFixture) -> None:
    with serving(ListArchive(failure=ZeroDivisionError("oops"))) as client:
        got = client.ask("/price-at-second?symbol=ETHUSDT&timestamp=2026-07-03T12:00:00")
        assert (got.status, got.json) == (500, {"error": "an error in this program: its log says more"})
    assert "oops" in caplog.text


def test_a_recording_that_does_not_answer_holds_up_only_those_who_ask_it() -> None:
    archive = ListArchive(hold=threading.Event())
    assert archive.hold is not None
    with serving(archive, SceneLive(), ServeSettings(port=0, query_s=0.5)) as client:
        asked = [
            threading.Thread(target=lambda: answers.append(client.ask("/latest?symbol=ETHUSDT"))) for _ in range(9)
        ]
        answers: list[Any] = []
        for thread in asked:
            thread.start()
        began = time.monotonic()
        for _ in range(10):
            assert client.ask("/api/v1/snapshot").status == 200
        assert time.monotonic() - began < 5
        for thread in asked:
            thread.join()
        assert {answer.status for answer in answers} == {503}
        assert "did not answer within 0.5 s" in answers[0].json["error"]
        archive.hold.set()
        assert client.ask("/latest?symbol=ETHUSDT").status == 200


QUESTIONS = [one for one in OPERATIONS if one.parameters and one.name != "events"]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    operation=st.sampled_from(QUESTIONS),
    pairs=st.lists(
        st.tuples(st.sampled_from(["symbol", "timestamp", "from", "to"]) | st.text(max_size=20), st.text(max_size=80)),
        max_size=5,
    ),
)
def test_hostile_parameters_get_400_and_the_name_of_the_fault(
    client: Client,
    operation: Operation,
    pairs: list[tuple[str, str]],
) -> None:
    query = "&".join(f"{quote(name, safe='')}={quote(text, safe='')}" for name, text in pairs)
    got = client.ask(f"{operation.path}?{query}")
    assert got.status in (200, 400, 404, 503)
    if got.status == 400:
        assert set(got.json) == {"error", "parameter"}
        assert len(got.body) < 1500


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(target=st.binary(max_size=120))
def test_no_bytes_in_an_address_get_more_than_an_answer(client: Client, target: bytes) -> None:
    clean = bytes(byte for byte in target if byte > 32 and byte != 127)
    got = client.raw(b"GET /" + clean + b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    assert got.startswith((b"HTTP/1.1 200", b"HTTP/1.1 400", b"HTTP/1.1 404")), got


@pytest.mark.parametrize(
    "target",
    [
        *("/nothing", "/api", "/api/v2/snapshot", "/latest/", "//", "/%00", "/page.py"),
        *("/..%2f..%2fetc/passwd", "/../server.py", "/%2e%2e/server.py"),
    ],
)
def test_an_address_without_anything_is_404_in_json(client: Client, target: str) -> None:
    got = client.ask(target)
    assert (got.status, list(got.json)) == (404, ["error"])


def test_a_head_request_gets_the_headers_of_every_route() -> None:
    with (
        serving(random_archive(1), SceneLive()) as client,
        closing(http.client.HTTPConnection(client.host, client.port, timeout=20)) as connection,
    ):
        for operation in OPERATIONS:
            query = "?symbol=ETHUSDT&timestamp=2026-07-03T08:30" if "timestamp" in str(operation.parameters) else ""
            query = query or ("?symbol=ETHUSDT" if operation.parameters else "")
            connection.request("HEAD", operation.path + query)
            answer = connection.getresponse()
            assert (answer.status, answer.read()) == (200, b""), operation.path
