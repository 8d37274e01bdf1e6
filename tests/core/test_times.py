"""Every way to write a time means the same moment, and what is no time is refused."""

import re
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spreadwatch.core.times import END_MS, PATTERN, NotAMomentError, iso, length, read, utc

NOW_MS = 1_795_246_279_467  # 2026-11-21T07:31:19.467
FIRST_MS = 946_684_800_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

moments = st.integers(FIRST_MS, NOW_MS)
offsets = st.integers(-23 * 60 - 59, 23 * 60 + 59)


@given(moments, offsets)
def test_every_way_to_write_a_moment_means_that_moment(at_ms: int, offset_min: int) -> None:
    moment = EPOCH + timedelta(milliseconds=at_ms)
    text = moment.replace(tzinfo=None).isoformat(timespec="milliseconds")
    elsewhere = moment.astimezone(timezone(timedelta(minutes=offset_min))).isoformat(timespec="milliseconds")
    for written in (
        text,
        f"{text}Z",
        text.replace("T", " "),
        f" {text}999Z ",
        elsewhere,
        elsewhere[:-3] + elsewhere[-2:],
        str(at_ms),
        f"{at_ms // 1000}.{at_ms % 1000:03}",
        iso(at_ms),
        utc(at_ms),
        utc(at_ms, "milliseconds"),
    ):
        assert read("TIME", written, NOW_MS) == at_ms
    assert read("TIME", text[:19], NOW_MS) == read("TIME", str(at_ms // 1000), NOW_MS) == at_ms // 1000 * 1000
    assert read("TIME", text[:16], NOW_MS) == at_ms // 60_000 * 60_000
    assert read("TIME", text[:10], NOW_MS) == at_ms // 86_400_000 * 86_400_000


@given(st.integers(0, 10_000), st.sampled_from([("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)]))
def test_so_long_ago_counts_from_now(count: int, unit: tuple[str, int]) -> None:
    name, unit_ms = unit
    if NOW_MS - count * unit_ms >= FIRST_MS:
        assert read("TIME", f"-{count}{name}", NOW_MS) == NOW_MS - count * unit_ms
    else:
        with pytest.raises(NotAMomentError, match="before the year 2000"):
            read("TIME", f"-{count}{name}", NOW_MS)
    assert read("TIME", "now", NOW_MS) == NOW_MS


@given(st.text(max_size=40) | st.from_regex(re.compile(PATTERN, re.ASCII)))
def test_any_text_is_a_time_in_range_or_refused_in_one_printable_line(text: str) -> None:
    for past, end_ms in ((True, NOW_MS + 1), (False, END_MS)):
        said, found = "", FIRST_MS
        try:
            found = read("TIME", text, NOW_MS, past=past)
        except NotAMomentError as error:
            said = str(error)
        assert said.isprintable()
        assert FIRST_MS <= found < end_ms


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "-",
            "5m",
            "-5",
            "+5m",
            "- 5m",
            "-5w",
            "--5m",
            "-5.5m",
            "-1e3s",
            "today",
            "Now",
            "1e9",
            "0x5f",
            "١٢٣٤٥٦٧٨٩٠",
        ),
        *("2026-13-01", "2026-02-30", "2026-7-3", "03.07.2026", "20260703", "2026-07-03T", "2026-07-03T8:30"),
        *("2026-07-03T25:00", "2026-07-03T08:60", "2026-07-03T08:30:60", "2026-07-03T08:30:36+99:00", "2026-W27-5"),
        *("2026-07-03T08:30:36+2", "2026-07-03T08", "2026-07-03T08:30:36 UTC", "0000-00-00", "2026-07-03Z", "nan"),
    ],
)
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(NotAMomentError, match=r"^FROM "):
        read("FROM", text, NOW_MS)


@pytest.mark.parametrize(
    ("text", "at_ms"),
    [
        ("1700000000", 1_700_000_000_000),
        ("1700000000.5", 1_700_000_000_500),
        ("1700000000000", 1_700_000_000_000),
        ("946684800", FIRST_MS),
        ("4102444799", END_MS - 1000),
    ],
)
def test_bare_digits_are_seconds_up_to_eleven_of_them_then_milliseconds(text: str, at_ms: int) -> None:
    assert read("TIME", text, NOW_MS) == at_ms


@pytest.mark.parametrize("text", ["0", "946684799", "1999-12-31T23:59:59.999", "4102444800", "2100-01-01", "9" * 16])
def test_a_time_when_nothing_can_be_recorded_is_refused(text: str) -> None:
    with pytest.raises(NotAMomentError, match=r"^TO must (lie before the year 2100|not lie before the year 2000)"):
        read("TO", text, NOW_MS)


@given(st.integers(-(2**63), 2**63))
def test_every_number_of_milliseconds_is_written_or_left_out(at_ms: int) -> None:
    text = utc(at_ms, "milliseconds")
    if text:
        at = datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
        assert (at - EPOCH) // timedelta(milliseconds=1) == at_ms
        assert text == iso(at_ms, "milliseconds") + "Z"
    else:
        assert iso(at_ms) == ""
        assert not -62_135_596_800_000 <= at_ms < 253_402_300_800_000


@pytest.mark.parametrize("text", ["2026-11-21T07:31:19.468", "1795246280", "1795246279468", "2026-11-21T08:31+00:59"])
def test_a_time_that_has_not_come_is_refused_with_the_present(text: str) -> None:
    with pytest.raises(NotAMomentError, match=r"is in the future: it is 2026-11-21T07:31:19 UTC now") as told:
        read("TIME", text, NOW_MS, past=True)
    assert read("TIME", text, NOW_MS) > NOW_MS
    assert "+02:00" in str(told.value)


@pytest.mark.parametrize(
    ("span_ms", "text"),
    [
        *((0, "0.000 s"), (59_999, "59.999 s"), (60_000, "1.0 min"), (7_199_999, "120.0 min"), (7_200_000, "2.0 h")),
        *((172_799_999, "48.0 h"), (172_800_000, "2.0 d"), (86_400_000 * 400, "400.0 d")),
    ],
)
def test_a_length_is_told_in_the_unit_that_fits(span_ms: int, text: str) -> None:
    assert length(span_ms) == text
