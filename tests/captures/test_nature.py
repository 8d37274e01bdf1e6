"""Invented minutes are as demanding as recorded ones, and the same in every run."""

from pathlib import Path

from tests.captures.files import Invented, Minutes
from tests.captures.nature import nature
from tests.captures.oracle import Rows, lines_of


def test_minutes_of_a_market_are_hard_in_every_way_in_which_recorded_ones_are(recorded: Path) -> None:
    found = nature(lines_of(recorded))
    assert found.frames > 90_000
    assert 0.94 < found.repeating < 0.98
    assert found.most_in_a_ms >= 60
    assert found.most_in_a_second > 1_000
    assert found.longest_pause_ms < 1_000
    assert found.spread_values > 1_200
    assert found.sign_changes >= 4
    assert found.widest_of_median > 3
    assert found.half_seconds
    assert found.paints >= found.minutes * 2 / 3


def test_time_never_goes_back_and_the_ids_of_a_market_rise(minutes: Minutes) -> None:
    for capture in (minutes.bookticker, minutes.allstreams, minutes.today):
        rows = lines_of(capture)
        assert [row["recv_ms"] for row in rows] == sorted(row["recv_ms"] for row in rows)
        for market in ("spot", "um"):
            ids = [row["raw"]["u"] for row in quotes_of(rows) if row["market"] == market]
            assert ids == sorted(set(ids))


def test_every_stream_holds_the_same_quotes_and_trades_and_depth_besides(minutes: Minutes) -> None:
    rows = lines_of(minutes.allstreams)
    assert [{**row, "stream": None} for row in quotes_of(rows)] == [
        {**row, "stream": None} for row in lines_of(minutes.bookticker)
    ]
    for market in ("spot", "um"):
        for kind, least in (("@trade", 9_000), ("@depth", 3_000)):
            assert sum(row["market"] == market and kind in row["stream"] for row in rows) > least


def test_the_keys_of_today_are_in_todays_frames(minutes: Minutes) -> None:
    rows = lines_of(minutes.today)
    assert {tuple(row["raw"]) for row in rows} == {("e", "u", "s", "ps", "b", "B", "a", "A", "T", "E", "st")}
    assert {row["raw"]["s"] for row in rows} == {"BTCUSDT", "ETHUSDT"}


def test_a_seed_gives_the_same_files_each_time_and_another_gives_others(tmp_path: Path) -> None:
    made = []
    for number, seed in enumerate((1, 1, 2)):
        (folder := tmp_path / str(number)).mkdir()
        made.append(Invented(folder, seed))
    first, again, other = made
    for name in ("bookticker", "allstreams", "today"):
        assert getattr(first, name).read_bytes() == getattr(again, name).read_bytes()
    assert first.bookticker.read_bytes() != other.bookticker.read_bytes()


def quotes_of(rows: Rows) -> Rows:
    """Return the quotes among the lines of a capture."""
    return [row for row in rows if row.get("stream", "btcusdt@bookTicker") == "btcusdt@bookTicker"]
