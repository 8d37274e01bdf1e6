import contextlib
import itertools
import json
import random
import re
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from tests.bench import __main__ as bench
from tests.bench import against
from tests.bench.figures import Figure, table
from tests.bench.pairs import Comparison, Verdict, band
from tests.bench.probe import quantile
from tests.bench.processes import ROOT, ContenderError, children
from tests.bench.rows import ROWS, Run, Stage
from tests.bench.sender import Sender
from tests.bench.tape import Tape
from tests.conftest import Tape as Capture
from tests.exchange.server import Exchange


def test_a_tiny_run_gives_every_figure_of_its_row(capfd: pytest.CaptureFixture[str]) -> None:
    bench.main(["--json", "--only", "receive", "--seconds", "0.2", "--runs", "1"])
    report = json.loads(capfd.readouterr().out)
    medians = {one["figure"]: one["median"] for one in report["figures"]}
    assert medians.pop("· ours ÷ best other library") is None
    assert len(medians) == 3
    assert all(median > 0 for median in medians.values())


def test_a_peer_that_is_absent_is_left_out_with_a_sentence(capfd: pytest.CaptureFixture[str]) -> None:
    bench.main(["--only", "receive", "--seconds", "0.2", "--runs", "1", "--peers", "/nowhere/python"])
    page = capfd.readouterr().out
    assert "/nowhere/python cannot be run" in page
    assert "no peer could be measured" in page


def test_the_median_decides_whether_a_bar_is_reached() -> None:
    page = table(
        [
            Figure("good", " ms", 5, [1, 4, 9]),
            Figure("bad", " ms", 5, [1, 6, 9]),
            Figure("for information", "", None, [1]),
        ]
    )
    lines = page.splitlines()
    assert "pass" in lines[1]
    assert "MISS" in lines[2]
    assert "pass" not in lines[3]


@pytest.mark.parametrize(("share", "expected"), [(0.5, 1.0), (0.9, 1.0), (0.91, 2.0), (1.0, 2.0)])
def test_a_quantile_counts_every_quote_of_a_read(share: float, expected: float) -> None:
    assert quantile([(2.0, 10), (1.0, 90)], share) == expected


# ----- against another checkout


def compared(factor: float, *, bar: float = 1.02, noise: float = 0.04, pairs: int = 15, seed: int = 1) -> Comparison:
    """Compare a build with one that takes `factor` times as long, on a machine that is noisy by the round and run."""
    chance = random.Random(seed)

    def run(factor: float, load: float) -> float:
        hiccup = 1.5 if chance.random() < 0.1 else 1.0
        return factor * load * hiccup * chance.lognormvariate(0, noise)

    loads = [chance.uniform(1, 2) for _ in range(pairs)]
    new, old, again = ([run(one, load) for load in loads] for one in (factor, 1.0, 1.0))
    return Comparison("row", "ms", bar, new, old, again)


def share_missed(factor: float, bar: float) -> float:
    return sum(compared(factor, bar=bar, seed=seed).verdict is Verdict.MISSED for seed in range(200)) / 200


def test_a_planted_slowdown_of_ten_percent_is_seen() -> None:
    assert share_missed(1.1, bar=1.02) > 0.9


def test_the_old_build_against_itself_is_not_called_slower() -> None:
    assert share_missed(1.0, bar=1.02) < 0.06
    assert share_missed(1.0, bar=1.0) < 0.06  # the band alone: that half of its 5 % that lies above it, and few pairs


def test_a_gain_that_is_asked_for_is_not_excused_by_noise() -> None:
    assert compared(0.5, bar=0.78).verdict is Verdict.REACHED
    assert compared(0.8, bar=0.78).verdict is Verdict.MISSED
    assert compared(0.95, bar=0.78, noise=0.5).verdict is Verdict.MISSED


def test_a_ratio_is_taken_within_a_round_and_its_median_counts() -> None:
    one = Comparison("row", "ms", 1.02, [2.0, 30.0, 400.0], [1.0, 20.0, 100.0], [1.1, 20.0, 90.0])
    assert one.ratios == [2.0, 1.5, 4.0]
    assert one.ratio == 2.0
    assert one.alike == [1.1, 1.0, 0.9]


@settings(max_examples=20, deadline=None)
@given(st.lists(st.floats(0.2, 5.0), min_size=2, max_size=40))
def test_a_band_is_the_same_both_ways_and_reaches_no_further_than_its_pairs(alike: list[float]) -> None:
    low, high = band(alike)
    assert low == 1 / high <= 1
    assert high <= max(*alike, 1 / min(alike)) * 1.000001
    assert band(alike) == (low, high)


def test_a_band_of_equal_runs_has_no_width() -> None:
    assert band([1.0] * 15) == (1.0, 1.0)


def test_more_pairs_make_a_narrower_band() -> None:
    few, many = compared(1.0, pairs=15).band, compared(1.0, pairs=240).band
    assert many[1] - many[0] < (few[1] - few[0]) / 2


def counting(runs: list[str], values: Iterator[float | None]) -> Callable[[str], Run]:
    """Begin builds whose laps give what comes next of `values`, and fail where that is None."""

    def begin(build: str) -> Run:
        yield {}
        while True:
            value = next(values)
            if value is None:
                raise ContenderError(f"{build} lost quotes")
            runs.append(build)
            yield {"cpu": value}

    return begin


def test_every_build_runs_at_every_place_of_a_round_and_of_its_turns() -> None:
    runs: list[str] = []
    assert len(list(against.complete_rounds(counting(runs, itertools.repeat(1.0)), 6, 3))) == 6
    assert len(runs) == 6 * 3 * 3
    for place in range(3):
        assert Counter(runs[place::3]) == {"new": 6, "old": 6, "again": 6}


def test_the_median_of_its_laps_counts() -> None:
    laps = iter([1.0, 10.0, 100.0, 2.0, 20.0, 200.0, 9.0, 90.0, 900.0])
    values = against.one_round(counting([], laps), ("new", "old", "again"), 3)
    # The second turn is led by the second build, the third by the third.
    assert values == {"new": {"cpu": 90.0}, "old": {"cpu": 10.0}, "again": {"cpu": 20.0}}


def test_a_round_in_which_a_run_failed_counts_not_at_all() -> None:
    left = iter([1.0, None, *map(float, range(2, 20))])
    rounds = list(against.complete_rounds(counting([], left), 2, 1))
    assert [sorted(one[name]["cpu"] for name in ("new", "old", "again")) for one in rounds] == [[2, 3, 4], [5, 6, 7]]


def test_a_build_that_fails_again_and_again_ends_its_row() -> None:
    with pytest.raises(ContenderError, match="lost quotes"):
        list(against.complete_rounds(counting([], itertools.repeat(None)), 15, 1))


@pytest.fixture(scope="module")
def stage(display: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Return a place for runs as short as they can be, with a capture of a few quotes."""
    tape = Capture(tmp_path_factory.mktemp("capture"))
    for at in range(40):
        tape.spot(f"{60000 + at}.00", f"{60000 + at}.01").um(f"{60010 + at}.00", f"{60010 + at}.10")
    with children() as family:
        yield Stage(family, display, 0.3, tape.save(), late_s=60)  # the tests' machine may be busy


@pytest.mark.parametrize("row", [row for row in ROWS if row not in ("20k", "60k")])
def test_every_row_can_be_taken_from_this_checkout(row: str, stage: Stage) -> None:
    with contextlib.closing(ROWS[row].run(stage, ROOT)) as run:
        assert next(run) == {}
        values = next(run)
    assert list(values) == list(ROWS[row].figures)
    assert min(values.values()) > 0


def test_what_is_measured_comes_from_the_checkout_that_was_named(stage: Stage, tmp_path: Path) -> None:
    with pytest.raises(ContenderError, match=f"was to come from {tmp_path}"):
        list(ROWS["start"].run(stage, tmp_path))


def test_a_slower_checkout_is_found(stage: Stage, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "spreadwatch", tmp_path / "spreadwatch", ignore=shutil.ignore_patterns("__pycache__"))
    with (tmp_path / "spreadwatch" / "core" / "market.py").open("a", encoding="utf-8") as file:
        file.write("_fast = Market.apply\nMarket.apply = lambda *given: (sum(range(2_000)), _fast(*given))[1]\n")
    plan = against.Plan(ROOT, tmp_path, ["apply"], 1, {"": 1.02})
    assert against.measure(stage, plan).found[0].ratio < 0.7


def test_a_comparison_is_told_as_data(capfd: pytest.CaptureFixture[str]) -> None:
    arguments = ["--against", str(ROOT), "--only", "start", "--pairs", "1", "--bar", "9", "--bar", "start=8"]
    assert bench.main([*arguments, "--json"]) == 0
    report = json.loads(capfd.readouterr().out)
    (row,) = report["rows"]
    assert (row["bar"], row["verdict"], report["pairs"]) == (8, "reached", 1)
    assert report["old"]["from"] == str(ROOT / "spreadwatch")


def test_a_comparison_is_told_as_a_table() -> None:
    plan = against.Plan(ROOT, ROOT, ["start", "idle"], 15, {"": 1.02})
    outcome = against.Outcome([compared(1.2, noise=0.01)], {"idle": "a quote was lost"})
    assert not outcome.holds
    page = against.page(outcome, plan)
    assert f"old: {ROOT / 'spreadwatch'} at" in page
    assert "MISSED" in page
    assert "prove nothing" not in page
    assert "fewer than 15 prove nothing" in against.page(outcome, structs.replace(plan, pairs=14))
    assert "idle: not measured: a quote was lost" in page


@pytest.mark.parametrize(
    "arguments", [["--against", "/nowhere"], ["--only", "tea"], ["--against", ".", "--bar", "x=1"]]
)
def test_what_cannot_be_measured_is_refused(arguments: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        bench.main(arguments)
    assert "error:" in capfd.readouterr().err


# ----- the sender


def test_frames_that_nobody_hears_are_counted() -> None:
    with Exchange() as exchange:
        told = Sender(exchange, ["ETHUSDT"], moving=True).rate(2_000, 0.1)
    assert (told["sent"], told["unheard"]) == ({}, 200)


def test_sixty_thousand_quotes_of_four_hundred_symbols_take_a_part_of_a_second() -> None:
    symbols = [f"COIN{number}USDT" for number in range(400)]
    with Exchange() as exchange:
        sender = Sender(exchange, symbols, moving=True)
        began_s = time.process_time()
        sender.rate(600_000, 0.1)
        assert time.process_time() - began_s < 0.75


def test_every_quote_of_a_moving_tape_moves_its_prices() -> None:
    quotes = re.findall(rb'"b":"([0-9.]+)"', Tape("spot", "ETHUSDT", moving=True).chunk(20_000))
    assert all(one != other for one, other in itertools.pairwise(quotes))
    assert len(quotes) == 20_000
