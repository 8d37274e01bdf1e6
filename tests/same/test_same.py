"""The comparison sees a planted change, runs each checkout's own code, and lets nothing pass but what is declared."""

import shutil
import struct
import sys
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.same import pictures
from tests.same import wanted as declared
from tests.same.__main__ import Comparison, Findings, changed, main
from tests.same.captures import Generator, write_all
from tests.same.commands import Results
from tests.same.market import Market
from tests.same.stage import START_MS, Clock, Stage, words
from tests.same.wanted import Wanted

HERE = Path(__file__).parents[2]

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the clock of a process is set on Linux")


@pytest.fixture
def altered(tmp_path: Path) -> Path:
    """Return a checkout in which `watch` is explained in other words."""
    copy = tmp_path / "changed"
    shutil.copytree(HERE / "spreadwatch", copy / "spreadwatch", ignore=shutil.ignore_patterns("__pycache__"))
    cli = copy / "spreadwatch" / "cli.py"
    text = cli.read_text(encoding="utf-8")
    assert text.count("print to the terminal") == 1
    cli.write_text(text.replace("print to the terminal", "print in the terminal"), encoding="utf-8")
    return copy


def explained(stage: Stage) -> Results:
    yield "--help", str(stage.run("--help"))
    yield "--version", str(stage.run("--version"))


def test_a_planted_change_is_seen_and_both_texts_are_kept(altered: Path, tmp_path: Path) -> None:
    with ExitStack() as opened:
        comparison = Comparison(altered, tmp_path / "kept", opened)
        comparison.play("help", explained)
    assert comparison.findings.differing == ["help/--help"]
    assert comparison.findings.same == 1
    old, new = (tmp_path / "kept" / f"help_--help-{party}.txt" for party in ("old", "new"))
    assert "print in the terminal" in old.read_text(encoding="utf-8")
    assert "print to the terminal" in new.read_text(encoding="utf-8")


def test_the_same_code_is_the_same(tmp_path: Path) -> None:
    with ExitStack() as opened:
        comparison = Comparison(HERE, tmp_path, opened)
        comparison.play("help", explained)
    assert (comparison.findings.same, comparison.findings.differing) == (2, [])


def test_a_party_that_breaks_off_differs(tmp_path: Path) -> None:
    def broken(stage: Stage) -> Results:
        yield "first", "same"
        if stage.name == "new":
            raise TimeoutError("it stood still")

    with ExitStack() as opened:
        comparison = Comparison(HERE, tmp_path, opened)
        comparison.play("play", broken)
    assert comparison.findings.differing == ["play/did not come to its end"]


def test_code_from_another_place_is_refused(stage: Stage, tmp_path: Path) -> None:
    stranger = Stage("old", tmp_path / "empty", stage.folder, stage.clock)
    stranger.environment = {**stage.environment, "PYTHONPATH": str(HERE)}
    told = stranger.run("--version")
    assert told.code == 99
    assert "not from" in told.err
    with pytest.raises(RuntimeError, match="not from"):
        stranger.origin()


def test_what_is_no_checkout_is_a_usage_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--against", str(tmp_path)])
    assert "is no checkout" in capsys.readouterr().err


# ----- what is declared


def findings(folder: Path, monkeypatch: pytest.MonkeyPatch, *wanted: Wanted) -> Findings:
    monkeypatch.setattr("tests.same.__main__.WANTED", wanted)
    return Findings(folder)


def test_only_the_lines_that_a_declaration_covers_may_differ(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = Wanted("help/*", "a new command", r"^\+ +check ")
    found = findings(tmp_path, monkeypatch, wanted)
    found.compare("help/--help", "a\nb\n", "a\n  check it\nb\n")
    assert (found.differing, found.wanted) == ([], {wanted})
    found.compare("help/--help", "a\nb\n", "a\n  check it\nc\n")
    found.compare("settings/--help", "a\n", "a\n  check it\n")
    assert found.differing == ["help/--help", "settings/--help"]


def test_what_follows_from_the_old_text_is_rewritten_and_the_rest_of_it_compared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = Wanted("at/*", "ends in Z", old=r'("at":"[^"]*)"', new=r'\1Z"')
    found = findings(tmp_path, monkeypatch, wanted)
    found.compare("at/a", '{"at":"12:00","price":"1"}', '{"at":"12:00Z","price":"1"}')
    assert (found.as_wanted, found.differing, found.wanted) == (1, [], {wanted})
    found.compare("at/b", '{"at":"12:00","price":"1"}', '{"at":"12:00Z","price":"2"}')
    found.compare("at/c", '{"at":"12:00","price":"1"}', '{"at":"12:01Z","price":"1"}')
    found.compare("on/d", '{"at":"12:00","price":"1"}', '{"at":"12:00Z","price":"1"}')
    assert found.differing == ["at/b", "at/c", "on/d"]


def test_of_json_each_value_is_a_line_so_that_a_new_key_hides_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = findings(tmp_path, monkeypatch, Wanted("watch/*", "a contract", r'^\+contract = "perpetual"$'))
    found.compare(
        "watch/a", '{"symbol":"E","spot":{"bid":"1"}}', '{"symbol":"E","contract":"perpetual","spot":{"bid":"1"}}'
    )
    assert found.differing == []
    found.compare(
        "watch/b", '{"symbol":"E","spot":{"bid":"1"}}', '{"symbol":"E","contract":"perpetual","spot":{"bid":"2"}}'
    )
    found.compare("watch/c", '{"a":[1,{}]}', '{"a": [1, {}]}')
    assert found.differing == ["watch/b", "watch/c"]
    assert changed('{"a":[1,{"b":2}]}', '{"a":[1,{"b":3}]}') == ["-a[].b = 2", "+a[].b = 3"]


def test_line_ends_and_missing_results_differ_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = findings(tmp_path, monkeypatch)
    found.compare("a", "x\n", "x\r\n")
    found.compare("b", "x", None)
    found.compare("c", "x", "x")
    assert (found.differing, found.same) == (["a", "b"], 1)


def test_every_declared_difference_says_why() -> None:
    assert all(one.what and one.why for one in declared.WANTED)


def test_of_log_lines_only_level_and_message_count() -> None:
    log = "2026-11-29 18:03:03,706 WARNING feed-spot spreadwatch.feed.stream: spot feed: refused\n"
    other = "2026-11-29 18:03:09,001 WARNING feed-spot spreadwatch.feed.policy: spot feed: refused\n"
    assert words(f"{log}no live spread\n{log}") == words(f"no live spread\n{other}")
    assert words("no quote; trying again in 2 s\n") == words("no quote; trying again\n")
    assert words(log) != words(log.replace("refused", "closed"))
    assert words(log) != words(log.replace("WARNING", "ERROR"))


# ----- the stage


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    made = Stage("new", HERE, tmp_path / "run", Clock(tmp_path / "clock"))
    made.clear()
    yield made
    made.stop()


def test_a_live_program_says_the_same_at_the_same_set_clock(stage: Stage) -> None:
    said = []
    for _ in range(2):
        stage.clear()
        stage.environment["SPREADWATCH_SILENCE_S"] = "60"
        with stage.exchange() as exchange:
            market = Market(exchange, ("ETHUSDT",))
            running = stage.start("watch", "--json", "--interval", "0.05")
            market.wait()
            market.walk(12)
            market.settle(1_000)
            said.append(running.steady(1))
            running.end()
    assert said[0] == said[1]
    assert f'"at_ms":{stage.clock.ms}' in said[0]
    assert stage.clock.ms > START_MS


def test_captures_are_the_same_every_time_and_hold_odd_lines(tmp_path: Path) -> None:
    assert Generator(10).write(200, 0.25) == Generator(10).write(200, 0.25) != Generator(11).write(200, 0.25)
    files = write_all(tmp_path)
    assert len(files) >= 20
    assert files["plain.jsonl"].read_bytes().count(b"\n") == 1_500


# ----- pictures


def picture(path: Path, *pixels: int) -> Path:
    """Write a picture of one row of grey pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", len(pixels), 1, 8, 0, 0, 0, 0)
    data = zlib.compress(bytes([0, *pixels]))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b""))
    return path


@pytest.mark.skipif(shutil.which("compare") is None, reason="needs ImageMagick")
def test_one_pixel_makes_a_difference_that_is_counted_and_pictured(tmp_path: Path) -> None:
    folders = {name: tmp_path / name for name in ("old", "new")}
    for folder, last in zip(folders.values(), (200, 201), strict=True):
        picture(folder / "same.png", 10, 20, 30)
        picture(folder / "dark.png", 10, 20, last)
    old, new = (pictures.states(folder) for folder in folders.values())
    assert old["same"] == new["same"]
    assert old["dark"] != new["dark"]
    assert pictures.keep("dark", folders, tmp_path / "kept") == "1 pixels differ"
    assert {path.name for path in (tmp_path / "kept").iterdir()} == {"dark-old.png", "dark-new.png", "dark-diff.png"}
