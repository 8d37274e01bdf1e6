"""Reading captures: what is whole is taken, what is broken is skipped, counted and told, nothing is fatal."""

import contextlib
import gzip
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spreadwatch.core.events import Batch
from spreadwatch.core.quote import Side
from spreadwatch.errors import CaptureError
from spreadwatch.feed.binance import contract
from spreadwatch.sources.capture import Capture, batches
from tests.conftest import Finished, Program, Tape

TOLERANT = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)


def read(path: Path, *symbols: str) -> tuple[list[Batch], dict[str, int]]:
    """Return the batches of a capture and what was skipped."""
    capture = Capture(path)
    watched = symbols or ("BTCUSDT",)
    found = list(batches(capture, {venue: [contract(venue, symbol) for symbol in watched] for venue in Side}))
    return found, dict(capture.faults)


def quotes_of(found: list[Batch]) -> list[tuple[str, str, str]]:
    return [(quote.side.value, str(quote.bid), str(quote.ask)) for batch in found for quote in batch.quotes]


def whole(tape: Tape) -> Tape:
    """Write two quotes before and two after whatever comes between."""
    return tape.spot("100.0", "100.2").um("100.1", "100.3")


# ----- lines


BROKEN = {
    "not JSON": (b"{hello", "broken line"),
    "half a line": (b'{"market":"spot","recv_ms":17231612', "broken line"),
    "not UTF-8": (b'{"market":"sp\xff","recv_ms":1,"raw":{}}', "broken line"),
    "binary": (bytes(range(1, 10)) + b"\x00\xfe", "broken line"),
    "bottomless": (b"[" * 100_000, "missing or wrong field"),
    "a list": (b"[]", "missing or wrong field"),
    "no market": (b'{"recv_ms":1723161254010,"raw":{}}', "missing or wrong field"),
    "no time": (b'{"market":"spot","raw":{}}', "missing or wrong field"),
    "no payload": (b'{"market":"spot","recv_ms":1723161254010}', "missing or wrong field"),
    "time as text": (b'{"market":"spot","recv_ms":"1723161254010","raw":{}}', "missing or wrong field"),
    "payload as text": (b'{"market":"spot","recv_ms":1723161254010,"raw":"{}"}', "missing or wrong field"),
    "foreign market": (b'{"market":"cm","recv_ms":1723161254010,"raw":{"s":"BTCUSD_PERP"}}', "unknown market"),
    "2 MiB": (b'{"market":"spot","recv_ms":1,"raw":{"s":"' + b"x" * (2 << 20) + b'"}}', "line over 1 MiB"),
}


@pytest.mark.parametrize("name", BROKEN)
@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_a_broken_line_is_skipped_and_counted_and_its_neighbours_are_not(tape: Tape, name: str, suffix: str) -> None:
    line, fault = BROKEN[name]
    content = whole(whole(tape).line(line)).content
    path = tape.save("capture.jsonl" + suffix, gzip.compress(content, 1) if suffix else content)
    found, faults = read(path)
    assert len(quotes_of(found)) == 4
    assert sum(faults.values()) == 1
    assert name == "bottomless" or fault in faults


def test_a_byte_order_mark_costs_at_most_its_own_line(tape: Tape) -> None:
    path = tape.save(content=b"\xef\xbb\xbf" + whole(whole(tape)).content)
    found, faults = read(path)
    assert len(quotes_of(found)) + faults.get("broken line", 0) == 4
    assert len(quotes_of(found)) >= 3


@pytest.mark.parametrize("ending", [b"\r\n", b"\n\n", b"\n  \n"])
def test_line_ends_and_empty_lines_do_not_matter(tape: Tape, ending: bytes) -> None:
    found, faults = read(tape.save(content=whole(tape).content.replace(b"\n", ending)))
    assert (len(quotes_of(found)), faults) == (2, {})


def test_a_line_from_the_past_is_skipped_and_counted(tape: Tape) -> None:
    whole(tape)
    tape.at_ms -= 1_000
    tape.spot("1.0", "2.0")
    tape.at_ms += 1_000
    found, faults = read(whole(tape).save())
    assert (len(quotes_of(found)), faults) == (4, {"out of order": 1})


def test_one_wild_time_does_not_cost_the_rest_of_the_capture(tape: Tape) -> None:
    whole(tape)
    now_ms, tape.at_ms = tape.at_ms, 9_999_999_999_999
    tape.spot("1.0", "2.0")
    tape.at_ms = now_ms
    found, _ = read(whole(tape).save())
    assert len(quotes_of(found)) >= 4
    assert quotes_of(found)[-2:] == quotes_of(found)[:2]


def test_other_streams_are_passed_over_without_a_word(tape: Tape) -> None:
    whole(tape)
    depth = {"e": "depthUpdate", "s": "BTCUSDT", "b": [["1.0", "2"]], "a": []}
    trade = {"e": "trade", "s": "BTCUSDT", "p": "1.0", "q": "1"}
    partial = {"lastUpdateId": 160, "bids": [["0.0024", "10"]], "asks": []}
    for raw, stream in ((depth, None), (trade, None), (partial, "btcusdt@depth20@100ms")):
        named = {} if stream is None else {"stream": stream}
        tape.line(json.dumps({"market": "spot", "recv_ms": tape.at_ms, "raw": raw, **named}))
    found, faults = read(tape.save())
    assert (len(quotes_of(found)), faults) == (2, {})
    assert all(batch.rejects == () for batch in found)


def test_frames_of_the_same_moment_and_venue_are_one_batch_in_recorded_order(tape: Tape) -> None:
    for market in ("spot", "spot", "um", "spot"):
        add = tape.spot if market == "spot" else tape.um
        add("1.0", "2.0")
        tape.at_ms -= 10
    found, _ = read(tape.save())
    assert [(batch.side, len(batch.quotes)) for batch in found] == [
        (Side.SPOT, 2),
        (Side.FUTURES, 1),
        (Side.SPOT, 1),
    ]


def test_only_the_symbols_asked_for_are_handed_over(tape: Tape) -> None:
    tape.spot("1.0", "2.0").spot("1.0", "2.0", s="ETHUSDT").um("1.0", "2.0", s="1000PEPEUSDT")
    path = tape.save()
    assert Capture(path).symbols() == ["BTCUSDT", "ETHUSDT", "PEPEUSDT"]
    assert [quote.symbol for batch in read(path, "PEPEUSDT")[0] for quote in batch.quotes] == ["PEPEUSDT"]


def test_a_frame_without_a_symbol_is_no_quote_of_a_nameless_coin(tape: Tape) -> None:
    path = whole(tape).spot("1.0", "2.0", s=None).save()
    capture = Capture(path)
    assert capture.symbols() == ["BTCUSDT"]


def test_counts_are_those_of_the_last_pass(tape: Tape) -> None:
    capture = Capture(tape.line("{").save())
    for _ in range(2):
        assert list(capture.records()) == []
        assert capture.faults == {"broken line": 1}


@TOLERANT
@given(
    content=st.binary(max_size=400)
    | st.lists(st.sampled_from(sorted(line for line, _ in BROKEN.values() if len(line) < 1000))).map(b"\n".join)
)
def test_no_content_is_fatal(tape: Tape, content: bytes) -> None:
    for name in ("plain.jsonl", "zipped.jsonl.gz"):
        path = tape.save(name, gzip.compress(content, 0) if name.endswith("gz") else content)
        read(path)


# ----- files


@TOLERANT
@given(cut=st.integers(0, 10_000), flip=st.integers(0, 10_000))
def test_a_damaged_gzip_gives_what_came_before_the_damage_or_a_sentence(tape: Tape, cut: int, flip: int) -> None:
    tape.lines.clear()
    for _ in range(20):
        whole(tape)
    members = gzip.compress(tape.content, 0) + gzip.compress(tape.content, 9)
    damaged = bytearray(members[: cut % (len(members) + 1)])
    if damaged:
        damaged[flip % len(damaged)] ^= 0xFF
    path = tape.save("damaged.jsonl.gz", bytes(damaged))
    with contextlib.suppress(CaptureError):
        assert len(quotes_of(read(path)[0])) <= 80


def test_a_gzip_cut_inside_a_member_loses_its_torn_end_only(tape: Tape) -> None:
    for _ in range(4_000):
        whole(tape)
    lines = tape.content.splitlines(keepends=True)
    first, second = gzip.compress(b"".join(lines[:4_000])), gzip.compress(b"".join(lines[4_000:]))
    found, faults = read(tape.save("cut.jsonl.gz", first + second[: len(second) // 2]))
    assert faults == {"file cut short": 1}
    assert 4_500 < len(quotes_of(found)) < 8_000


@pytest.mark.parametrize(
    ("name", "content"),
    [("missing.jsonl", None), ("folder", b"folder"), ("text.jsonl.gz", b"this is no gzip"), ("folder.gz", b"folder")],
)
def test_a_file_that_cannot_be_read_is_told_in_one_sentence(tmp_path: Path, name: str, content: bytes | None) -> None:
    path = tmp_path / name
    if content == b"folder":
        path.mkdir()
    elif content is not None:
        path.write_bytes(content)
    with pytest.raises(CaptureError, match=r"^cannot read the capture .*: ") as caught:
        Capture(path)
    assert "\n" not in str(caught.value)


# ----- the command


def replay(program: Program, path: Path) -> Finished:
    return program.run("replay", path, "--speed", "max", "--json")


def test_what_was_skipped_is_told_on_stderr_and_the_exit_code_is_0(tape: Tape, program: Program) -> None:
    for line, _ in BROKEN.values():
        whole(tape).line(line)
    done = replay(program, tape.save())
    assert done.code == 0
    [snapshot] = done.snapshots
    assert snapshot["counts"]["spot"] == snapshot["counts"]["futures"] == len(BROKEN)
    [warning] = done.err.splitlines()
    assert warning.startswith(f"{tape.save()}: skipped ")
    for fault in ("broken line", "missing or wrong field", "unknown market", "1 × line over 1 MiB"):
        assert fault in warning


@pytest.mark.parametrize(
    "changes", [{"a": None}, {"b": "abc"}, {"u": None}, {"B": "NaN"}, {"b": "999"}, {"s": 5}], ids=str
)
def test_a_frame_that_is_no_quote_is_counted_and_told(tape: Tape, program: Program, changes: dict[str, object]) -> None:
    done = replay(program, whole(whole(tape).spot("1.0", "2.0", **changes)).save())
    assert done.code == 0
    [snapshot] = done.snapshots
    assert (snapshot["counts"]["spot"], snapshot["counts"]["futures"]) == (2, 2)
    assert len(done.err.splitlines()) == 1
    assert "skipped" in done.err or "rejected" in done.err


def test_a_cut_gzip_is_replayed_as_far_as_it_goes_with_a_warning(recorded: Path, tape: Tape, program: Program) -> None:
    content = recorded.read_bytes()
    done = replay(program, tape.save("cut.jsonl.gz", content[: len(content) // 2]))
    assert done.code == 0
    assert done.snapshots[0]["counts"]["spot"] > 10_000
    assert done.err.endswith(": skipped 1 × file cut short\n")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("empty.jsonl", b"", "holds no bookTicker frame: expected lines such as"),
        ("empty.jsonl.gz", gzip.compress(b""), "holds no bookTicker frame"),
        ("noise.jsonl", b"x\ny\n", "holds no bookTicker frame (2 unusable lines)"),
        ("text.jsonl.gz", b"this is no gzip", "cannot read the capture"),
        ("header.jsonl.gz", gzip.compress(b"")[:5], "holds no bookTicker frame"),
        (".", b"", "cannot read the capture"),
        ("missing.jsonl", None, "No such file"),
    ],
)
def test_a_useless_capture_ends_with_2_and_one_sentence(
    tape: Tape, tmp_path: Path, program: Program, name: str, content: bytes | None, words: str
) -> None:
    path = tape.save(name, content) if content is not None and name != "." else tmp_path / name
    done = replay(program, path)
    assert (done.code, done.out) == (2, "")
    [sentence] = done.err.splitlines()
    assert words in sentence
