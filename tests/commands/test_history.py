"""`history` answers what a walk through the recorded file answers, from both kinds of store."""

import json
import os
import random
import time
from collections import defaultdict
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from spreadwatch.core.events import Trade
from spreadwatch.core.quote import Instant, Side
from tests.commands.history_recording import (
    MINUTE_MS,
    Place,
    Walk,
    ask,
    file_place,
    lines,
    place,
    server,
    walk,
)
from tests.conftest import Program
from tests.storage.parts import mid_of, open_links, quote_batch, recording, settle

__all__ = ["lines", "place", "server", "walk"]

posix = pytest.mark.skipif(os.name == "nt", reason="POSIX signals")

Shown = pytest.CaptureFixture[str]


def iso(at_ms: int) -> str:
    """Write a moment in UTC with all its milliseconds."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at_ms % 1000:03}"


def read_back(text: str) -> int:
    """Return the Unix ms of a moment in an answer."""
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def objects(shown: Shown) -> list[dict[str, Any]]:
    """Return the JSON objects printed since the last call; nothing else was."""
    out, err = shown.readouterr()
    assert err == ""
    return [json.loads(line) for line in out.splitlines()]


# ----- the three questions of a price tracker


def test_high_and_low_of_every_minute_equal_a_walk_through_the_file(place: Place, walk: Walk, capsys: Shown) -> None:
    assert len(walk.mids) >= 6
    for minute_ms, mids in walk.mids.items():
        assert ask(place, "minmax", iso(minute_ms + 34_567), "--json") == 0
        [told] = objects(capsys)
        assert list(told) == ["symbol", "minute", "high", "low", "source"]
        assert (told["symbol"], told["minute"], told["source"]) == ("BTCUSDT", f"{iso(minute_ms)[:16]}Z", "mid")
        assert (Decimal(told["high"]), Decimal(told["low"])) == (max(mids), min(mids))
        assert ask(place, "minmax", minute_ms // 1000) == 0
        shown = capsys.readouterr().out.split()
        assert shown[:3] == ["BTCUSDT", iso(minute_ms)[:16] + "Z", "high"]
        assert (shown[3:5], shown[5:8]) == ([told["high"], "USDT"], ["low", told["low"], "USDT"])


def test_the_price_at_200_random_seconds_is_the_last_one_at_or_before(place: Place, walk: Walk, capsys: Shown) -> None:
    chance = random.Random(11)
    first_s, last_s = walk.spot[0]["recv_ms"] // 1000, walk.spot[-1]["recv_ms"] // 1000
    for second in (chance.randrange(first_s - 2, last_s + 5) for _ in range(200)):
        assert ask(place, "at", iso(second * 1000)[:19], "--json") == 0
        [told] = objects(capsys)
        assert list(told) == ["symbol", "timestamp", "price", "actual_timestamp", "source"]
        assert read_back(told["timestamp"]) == second * 1000
        expected = walk.mid_at(second * 1000)
        if expected is None:
            assert (told["price"], told["actual_timestamp"], told["source"]) == ("N/A", None, None)
        else:
            at_ms, mid = expected
            assert (Decimal(told["price"]), read_back(told["actual_timestamp"])) == (mid, at_ms)
            assert told["source"] == "mid"


def test_the_last_price_is_that_of_the_last_line(place: Place, walk: Walk, capsys: Shown) -> None:
    before_ms = time.time_ns() // 1_000_000
    assert ask(place, "latest", "--json") == 0
    [told] = objects(capsys)
    last = walk.spot[-1]
    assert list(told) == ["symbol", "timestamp", "price", "actual_timestamp", "source"]
    assert (Decimal(told["price"]), read_back(told["actual_timestamp"])) == (mid_of(last), last["recv_ms"])
    assert before_ms <= read_back(told["timestamp"]) <= time.time_ns() // 1_000_000


def test_the_three_questions_as_a_person_asks_them(program: Program, place: Place, walk: Walk) -> None:
    program.environment |= place.environment
    last = walk.spot[-1]
    done = program.run("history", "latest", "--symbol", "btcusdt")
    assert (done.code, done.err) == (0, "")
    words = done.out.split()
    assert (words[0], Decimal(words[1]), words[2:5]) == ("BTCUSDT", mid_of(last), ["USDT", "spot", "mid"])
    assert (words[5], words[6:]) == (iso(last["recv_ms"]) + "Z", [words[6], "d", "ago"])
    assert done.out.count("\n") == 1
    at_ms, mid = walk.mid_at(1_723_161_360_000) or (0, Decimal(0))
    done = program.run("history", "at", "2024-08-08T23:56:00", "--symbol", "btcusdt")
    assert (done.code, done.err) == (0, "")
    gone = f"{(1_723_161_360_000 - at_ms) / 1000:.3f} s before"
    assert done.out == f"BTCUSDT  {mid:.8f} USDT  spot mid  {iso(at_ms)}Z  {gone}\n"
    mids = walk.mids[1_723_161_360_000]
    done = program.run("history", "minmax", "2024-08-08T23:56", "--symbol", "btcusdt")
    assert (done.code, done.err) == (0, "")
    high, low = f"high  {max(mids):.8f} USDT", f"low  {min(mids):.8f} USDT"
    assert done.out == f"BTCUSDT  2024-08-08T23:56Z  {high}  {low}  spot mid\n"


def test_a_time_without_prices_is_answered_in_words_with_0(program: Program, place: Place) -> None:
    program.environment |= place.environment
    early, late = ("2024-08-08T12:00", "2024-08-09T12:00")
    told = [
        program.run("history", *arguments, "--symbol", "btcusdt")
        for arguments in (["at", early], ["at", early, "--spread"], ["minmax", early], ["minmax", late, "--spread"])
    ]
    assert [(one.code, one.err) for one in told] == [(0, "")] * 4
    assert told[0].out == "BTCUSDT  N/A  no price is recorded at or before 2024-08-08T12:00:00Z\n"
    assert told[1].out == "BTCUSDT  N/A  no spread is recorded at or before 2024-08-08T12:00:00Z\n"
    assert told[2].out == "BTCUSDT  2024-08-08T12:00Z  N/A  no price was recorded in this minute\n"
    assert told[3].out == "BTCUSDT  2024-08-09T12:00Z  N/A  no spread was recorded in this minute\n"
    done = program.run("history", "range", early, "2024-08-08T12:01", "--symbol", "btcusdt")
    assert (done.code, done.out) == (0, "")
    assert done.err == "no price of BTCUSDT is recorded from 2024-08-08T12:00:00 to 2024-08-08T12:01:00 UTC\n"


def test_nothing_known_is_null_in_json(place: Place, capsys: Shown) -> None:
    assert ask(place, "minmax", "2024-08-08T12:00:59", "--json") == 0
    assert objects(capsys) == [
        {"symbol": "BTCUSDT", "minute": "2024-08-08T12:00Z", "high": None, "low": None, "source": None}
    ]
    assert ask(place, "at", "1723118400", "--spread", "--json") == 0
    at_ms = 1_723_118_400_000
    name = {"symbol": "BTCUSDT", "contract": "perpetual"}
    assert objects(capsys) == [{**name, "asked_ms": at_ms, "spread": None, "at_ms": None, "source": None}]


# ----- all prices between, gaps, the spread


def test_a_range_is_every_price_from_its_beginning_up_to_its_end(place: Place, walk: Walk, capsys: Shown) -> None:
    chance = random.Random(12)
    times = [line["recv_ms"] for line in walk.spot]
    for _ in range(5):
        from_ms, to_ms = sorted(chance.sample(sorted(set(times[:20_000:7])), 2))
        assert ask(place, "range", from_ms, to_ms, "--json") == 0
        told = [(read_back(one["timestamp"]), Decimal(one["price"]), one["source"]) for one in objects(capsys)]
        inside = [line for line in walk.spot if from_ms <= line["recv_ms"] < to_ms]
        assert told == [(line["recv_ms"], mid_of(line), "mid") for line in inside]


def test_a_range_for_a_person_is_a_line_per_price_in_columns(program: Program, place: Place, walk: Walk) -> None:
    program.environment |= place.environment
    done = program.run("history", "range", "1723161260", "1723161262", "--symbol", "btcusdt")
    assert (done.code, done.err) == (0, "")
    inside = [line for line in walk.spot if 1_723_161_260_000 <= line["recv_ms"] < 1_723_161_262_000]
    assert len(inside) > 10
    assert done.out.splitlines() == [
        f"{iso(line['recv_ms'])}Z  BTCUSDT  {mid_of(line):.8f} USDT  spot mid" for line in inside
    ]


def test_the_spread_of_random_moments_minutes_and_seconds_equals_a_walk(
    place: Place, walk: Walk, capsys: Shown
) -> None:
    chance = random.Random(13)
    first_ms, last_ms = walk.spreads[0][0], walk.spreads[-1][0]
    for at_ms in (chance.randrange(first_ms - 3, last_ms + 3000) for _ in range(40)):
        assert ask(place, "at", f"{at_ms / 1000:.3f}", "--spread", "--json") == 0
        [told] = objects(capsys)
        assert list(told) == ["symbol", "contract", "asked_ms", "spread", "at_ms", "source"]
        expected = walk.spread_at(at_ms)
        assert told["asked_ms"] == at_ms
        assert (told["at_ms"], told["spread"] and Decimal(told["spread"])) == (expected or (None, None))
    minutes, seconds = defaultdict(list), defaultdict(list)
    for at_ms, spread in walk.spreads:
        minutes[at_ms // MINUTE_MS * MINUTE_MS].append(spread)
        seconds[at_ms // 1000].append(spread)
    for minute_ms, seen in minutes.items():
        assert ask(place, "minmax", iso(minute_ms)[:16], "--spread", "--json") == 0
        [told] = objects(capsys)
        assert (told["minute"], told["minute_ms"]) == (f"{iso(minute_ms)[:16]}Z", minute_ms)
        assert (Decimal(told["high"]), Decimal(told["low"]), told["samples"]) == (max(seen), min(seen), len(seen))
    assert ask(place, "range", "2024-08-08", "2024-08-09", "--spread", "--json") == 0
    told_seconds = {
        one["second"]: (*(Decimal(one[name]) for name in ("open", "high", "low", "close")), one["samples"])
        for one in objects(capsys)
    }
    assert told_seconds == {
        second: (seen[0], max(seen), min(seen), seen[-1], len(seen)) for second, seen in seconds.items()
    }


def test_the_minus_of_a_spread_is_ascii_in_a_pipe_of_any_encoding(program: Program, place: Place, walk: Walk) -> None:
    program.environment |= place.environment
    at_ms, lowest = min(walk.spreads, key=lambda one: one[1])
    assert lowest < 0
    arguments = ("history", "minmax", at_ms, "--spread", "--symbol", "btcusdt")
    assert f"low  {lowest:.8f} USDT" in program.run(*arguments).out
    program.environment |= {"PYTHONIOENCODING": "cp1252", "PYTHONUTF8": "0"}
    done = program.run(*arguments, encoding="cp1252")
    assert (done.code, done.err) == (0, "")
    assert f"low  {lowest:.8f} USDT" in done.out


def test_gaps_are_told_with_their_lengths_and_reasons(tmp_path: Path, capsys: Shown) -> None:
    at = file_place(tmp_path / "gaps.sqlite")
    start_ms = 1_723_161_254_000
    with recording(at.store(), start_ms=start_ms) as recorder:
        for link in open_links(start_ms):
            recorder.put(link)
        recorder.put(quote_batch(Side.SPOT, 1, start_ms + 250))
        recorder.put(quote_batch(Side.FUTURES, 2, start_ms + 90_000))
        settle(recorder)
    assert ask(at, "gaps", "--json") == 0
    [told] = objects(capsys)
    assert list(told) == ["symbol", "contract", "from_ms", "to_ms", "gaps", "more"]
    assert sorted((gap["venue"], gap["start_ms"], gap["end_ms"]) for gap in told["gaps"]) == [
        ("futures", start_ms, start_ms + 90_000),
        ("spot", start_ms, start_ms + 250),
    ]
    assert ask(at, "gaps", iso(start_ms + 60_000), iso(start_ms + 61_000)) == 0
    assert capsys.readouterr() == ("BTCUSDT  futures  2024-08-08T23:54:14.000Z  1.5 min  starting\n", "")
    assert ask(at, "gaps", iso(start_ms + 100_000), "now") == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("no gap of BTCUSDT is recorded from 2024-08-08T23:55:54 to 20")


# ----- several symbols, trades, words for times


@pytest.fixture
def fresh(tmp_path: Path) -> tuple[Place, int]:
    """Return a recording that ended a moment ago: of two symbols, one of them with trades; and its beginning."""
    at = file_place(tmp_path / "fresh.sqlite")
    start_ms = time.time_ns() // 1_000_000 - 600_000
    with recording(at.store(), symbols=("BTCUSDT", "PEPEUSDT"), start_ms=start_ms) as recorder:
        for link in open_links(start_ms):
            recorder.put(link)
        for number in range(1, 601):
            recorder.put(quote_batch(Side.SPOT, number, start_ms + number * 1000 - 500, price=f"{number}.00"))
        recorder.put(quote_batch(Side.SPOT, 601, start_ms + 599_600, symbol="PEPEUSDT", price="0.5"))
        recorder.put_trade(Trade("PEPEUSDT", 7, "0.00001230", "5", start_ms, Instant(start_ms + 599_700, 0)))
        settle(recorder)
    return at, start_ms


def test_words_for_times_mean_what_they_say(fresh: tuple[Place, int], capsys: Shown) -> None:
    at, start_ms = fresh
    assert ask(at, "at", "-5m", "--json") == 0
    [told] = objects(capsys)
    asked_ms = read_back(told["timestamp"])
    assert abs(asked_ms + 300_000 - time.time_ns() // 1_000_000) < 20_000
    number = (asked_ms - start_ms + 500) // 1000
    assert Decimal(told["price"]) == number + Decimal("0.005")
    assert ask(at, "range", "-2m", "now", "--json") == 0
    assert 90 < len(objects(capsys)) <= 120
    for question in (["minmax", "-90s"], ["gaps", "-1h"], ["gaps", "-1h", "-10s"], ["at", "now"]):
        assert ask(at, *question) == 0
    assert capsys.readouterr().out


def test_several_symbols_stand_below_each_other(fresh: tuple[Place, int], program: Program, capsys: Shown) -> None:
    at, _ = fresh
    assert ask(at, "latest", "--symbol", "btcusdt", "--symbol", "pepeusdt") == 0
    first, second = capsys.readouterr().out.splitlines()
    assert (first.index("USDT", 8), first.index("spot mid")) == (second.index("USDT", 8), second.index("spot trade"))
    assert "600.005 USDT" in first
    assert "0.00001230 USDT" in second
    assert ask(at, "range", "-1d", "now", "--symbol", "pepeusdt", "--symbol", "btcusdt", "--json") == 0
    told = [one["timestamp"] for one in objects(capsys)]
    assert len(told) == 601
    assert [read_back(text) for text in told] == sorted(read_back(text) for text in told)
    program.environment |= at.environment
    done = program.run("history", "latest", "--all", "--json")
    assert (done.code, done.err) == (0, "")
    assert [(one["symbol"], one["source"]) for one in done.snapshots] == [("BTCUSDT", "mid"), ("PEPEUSDT", "trade")]
    done = program.run("history", "latest", "--symbol", "1000pepeusdt", "--json")
    assert [one["price"] for one in done.snapshots] == ["0.00001230"]
