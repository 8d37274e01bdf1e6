from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from spreadwatch.core.events import Phase
from spreadwatch.core.gaps import Gap
from spreadwatch.core.quote import Side
from spreadwatch.ui.gaps import words as gap_words
from spreadwatch.ui.gaps.words import GapCount
from spreadwatch.ui.kit import text
from tests.ui.examples import NOON_MS, Scene, ethusdt, gappy, moment, stale


def gap(start_ms: int, end_ms: int | None, reason: str = "spot was silent", venue: Side = Side.SPOT) -> Gap:
    end = None if end_ms is None else moment(end_ms)
    return Gap("ETHUSDT", venue, moment(start_ms), end, reason)


# ----- rows


def test_a_gap_that_ended_tells_its_length() -> None:
    row = gap_words.row(gap(-20_000, -13_800), moment(), utc=True)
    assert (row.start, row.symbol, row.leg, row.length, row.reason, row.lasts) == (
        "13:01:47", "ETHUSDT", "spot", "6.2 s", "spot was silent", False,
    )  # fmt: skip


def test_a_gap_that_lasts_tells_how_long_so_far() -> None:
    row = gap_words.row(gap(-12_000, None), moment(), utc=True)
    assert row.length == "still open 12 s"
    assert row.lasts


def test_a_gap_of_another_day_tells_the_day() -> None:
    assert gap_words.row(gap(-86_400_000, None), moment(), utc=True).start == "04-01 13:02:07"


def test_a_reason_of_many_lines_is_one_line() -> None:
    assert gap_words.row(gap(0, 1, "one\n  two\tthree"), moment(), utc=True).reason == "one two three"


def test_the_list_begins_with_what_lasts_then_the_latest_start() -> None:
    gaps = [gap(-9_000, -100), gap(-5_000, -4_000), gap(-50_000, None), gap(-7_000, None)]
    assert [one.start.wall_ms - NOON_MS for one in gap_words.newest(gaps, 3)] == [-7_000, -50_000, -5_000]


def test_the_copied_table_is_exact_and_has_one_line_per_gap() -> None:
    lines = gap_words.table([gap(-20_000, -13_791, "a\nb\tc"), gap(-12_000, None)], moment()).splitlines()
    assert lines == [
        "start_utc\tsymbol\tleg\tseconds\tstate\treason",
        "2026-04-02T13:01:47.000\tETHUSDT\tspot\t6.209\tended\ta b c",
        "2026-04-02T13:01:55.000\tETHUSDT\tspot\t12.000\topen\tspot was silent",
    ]


def test_a_moment_beyond_the_calendar_is_a_dash() -> None:
    far = Gap("ETHUSDT", Side.SPOT, replace(moment(), wall_ms=10**18), None, "")
    assert "\n—\tETHUSDT" in gap_words.table([far], moment())


def test_the_wait_for_the_first_quotes_is_told_apart() -> None:
    assert gap_words.remark(14, 2) == "2 of them while starting"
    assert gap_words.remark(2, 2) == "while starting, none since"
    assert gap_words.remark(3, 0) == ""


def test_an_empty_list_claims_live_sides_only_when_both_have_quoted() -> None:
    live = ethusdt().at()
    assert gap_words.without_gaps(live) == "None: both sides have been live since the start."
    for unknown in (None, Scene().at()):
        assert gap_words.without_gaps(unknown) == "None yet: the first quotes are still to come."


# ----- counting


def test_the_gaps_of_the_start_are_no_news() -> None:
    scene, count = Scene(opened=False), GapCount()
    count.take(scene.at())
    assert (count.total, count.starting, count.later) == (2, 2, 0)
    scene = ethusdt()
    count.take(scene.at())
    later = count.later
    scene.link(Side.SPOT, Phase.LOST, "reset", 10)
    count.take(scene.at(20))
    assert (count.starting, count.later) == (2, later + 1)


def test_a_start_that_was_over_before_the_first_snapshot_is_the_start_too() -> None:
    count = GapCount()
    count.take(gappy(14))
    assert (count.total, count.starting, count.later) == (14, 2, 12)


def test_a_symbol_that_never_quotes_hides_no_gap_of_another() -> None:
    scene, count = Scene(("ETHUSDT", "NOSUCHUSDT")), GapCount()
    ethusdt(scene)
    count.take(scene.at())
    before = count.later
    scene.link(Side.SPOT, Phase.LOST, "reset", 10)
    count.take(scene.at(20))
    assert (count.starting, count.later) == (4, before + 1)


def test_the_count_goes_on_when_another_symbol_is_shown() -> None:
    count = GapCount()
    gaps = tuple(
        Gap(symbol, venue, moment(-900_000), moment(-890_000), "connecting")
        for symbol in ("ETHUSDT", "BTCUSDT")
        for venue in Side
    )
    snapshot = gappy(0)

    def shown(symbol: str, total: int, extra: tuple[Gap, ...] = ()) -> None:
        [pair] = snapshot.pairs
        pair = replace(pair, symbol=symbol, counts=replace(pair.counts, gaps=total))
        count.take(replace(snapshot, pairs=(pair,), gaps=(*gaps, *extra)))

    shown("ETHUSDT", 4)
    assert (count.starting, count.later) == (4, 0)
    shown("BTCUSDT", 5, (gap(-5_000, -4_000),))
    assert (count.starting, count.later) == (4, 1)
    added = Gap("NEWUSDT", Side.SPOT, moment(-3_000), None, "just added")
    shown("NEWUSDT", 6, (gap(-5_000, -4_000), added))
    assert (count.starting, count.later) == (5, 1)


def test_a_silent_leg_counts_once_it_speaks_again() -> None:
    count = GapCount()
    count.take(stale())
    assert count.later == count.total - count.starting


# ----- cutting


@given(st.text(max_size=60), st.integers(0, 80))
def test_a_shortened_text_fits_and_says_that_it_is_short(words: str, width: int) -> None:
    short = text.shortened(words, width, len)
    assert short == words if len(words) <= width else short.endswith("…")
    assert len(short) <= max(width, 1)
    assert words.startswith(short.removesuffix("…")) or short == words


def test_no_space_or_comma_stands_before_the_ellipsis() -> None:
    assert text.shortened("no route, try later", 10, len) == "no route…"
