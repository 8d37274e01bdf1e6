"""`history export` writes what was on the wire, in constant memory, and never in the place of something else."""

import csv
import gzip
import itertools
import json
import os
import random
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from spreadwatch.commands.history_export import ProgressBar
from spreadwatch.storage.sqlite.store import SqliteStore
from tests.captures.files import Minutes
from tests.captures.oracle import Rows, by_brute_force, figures, figures_of
from tests.commands.history_recording import Place, Walk, ask, file_place, lines, place, server, walk
from tests.conftest import PATIENCE_S, Program, wait_for
from tests.storage.long import _fill

__all__ = ["lines", "place", "server", "walk"]

posix = pytest.mark.skipif(os.name == "nt", reason="POSIX signals and terminals")
linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc, writes to /dev/full")
on_sqlite = pytest.mark.parametrize("place", ["sqlite"], indirect=True)

Shown = pytest.CaptureFixture[str]

PEAK = """
import sys
from pathlib import Path
from spreadwatch.cli import main
code = main(sys.argv[1:])
status = Path("/proc/self/status").read_text().splitlines()
print(next(line.split()[1] for line in status if line.startswith("VmHWM")))
sys.exit(code)
"""
COLUMNS = (
    *("received_ms", "venue", "symbol", "wire_symbol", "multiplier", "update_id", "exchange_ms"),
    *("bid", "bid_qty", "ask", "ask_qty"),
)


def text_of(path: Path) -> str:
    """Return what a file holds, unzipped by its suffix."""
    content = path.read_bytes()
    return (gzip.decompress(content) if path.suffix == ".gz" else content).decode()


def wire_row(line: dict[str, Any]) -> list[str]:
    """Return the cells that a captured line must become."""
    raw = line["raw"]
    venue = "spot" if line["market"] == "spot" else "futures"
    names = [str(line["recv_ms"]), venue, "BTCUSDT", raw["s"], "1", str(raw["u"]), str(raw.get("T", ""))]
    return [*names, raw["b"], raw["B"], raw["a"], raw["A"]]


# ----- what is in the file


def test_a_capture_that_is_exported_replays_to_the_figures_of_the_original(
    program: Program, place: Place, invented: Minutes, lines: Rows
) -> None:
    program.environment |= place.environment
    done = program.run("history", "export", "copy.jsonl.gz", "--format", "capture", "--symbol", "btcusdt")
    assert (done.code, done.out) == (0, "")
    size = (program.folder / "copy.jsonl.gz").stat().st_size
    assert done.err == f"{len(lines):,} quotes of BTCUSDT are in copy.jsonl.gz ({size:,} bytes)\n"
    files = (invented.bookticker, "copy.jsonl.gz")
    replays = [program.run("replay", file, "--json", "--speed", "max") for file in files]
    assert [(one.code, one.err) for one in replays] == [(0, "")] * 2
    assert replays[0].snapshots == replays[1].snapshots
    [pair] = replays[1].snapshots
    assert figures(pair) == figures_of(by_brute_force(lines))


@pytest.mark.parametrize("name", ["a.csv", "A.CSV.gz", "a.jsonl", "b.ndjson.gz"])
def test_every_row_of_the_file_is_the_text_of_the_wire(program: Program, place: Place, lines: Rows, name: str) -> None:
    program.environment |= place.environment
    done = program.run("history", "export", name, "--symbol", "btcusdt", "--json")
    assert (done.code, done.err) == (0, "")
    [told] = done.snapshots
    size = (program.folder / name).stat().st_size
    form = "csv" if "csv" in name.lower() else "jsonl"
    span = {"from_ms": lines[0]["recv_ms"], "to_ms": lines[-1]["recv_ms"] + 1}
    what = {"file": name, "kind": "quotes", "format": form, "symbols": ["BTCUSDT"]}
    assert told == what | span | {"rows": len(lines), "bytes": size}
    text = text_of(program.folder / name)
    if told["format"] == "csv":
        head, *rows = csv.reader(text.splitlines())
        assert tuple(head) == COLUMNS
    else:
        objects = [json.loads(line) for line in text.splitlines()]
        assert all(tuple(one) == COLUMNS for one in objects)
        rows = [["" if value is None else str(value) for value in one.values()] for one in objects]
    assert rows == [wire_row(line) for line in lines]


@on_sqlite
def test_files_of_times_that_follow_each_other_make_up_the_whole(place: Place, lines: Rows, tmp_path: Path) -> None:
    chance = random.Random(14)
    cuts = sorted(chance.sample(sorted({line["recv_ms"] for line in lines}), 4))
    spans: list[Sequence[object]] = [["--to", cuts[0]]]
    spans += [["--from", start, "--to", end] for start, end in itertools.pairwise(cuts)]
    spans += [["--from", cuts[-1]]]
    parts = []
    for number, span in enumerate(spans):
        path = tmp_path / f"{number}.csv"
        assert ask(place, "export", path, *span) == 0
        parts += text_of(path).splitlines()[1:]
    assert parts == [",".join(wire_row(line)) for line in lines]


def test_the_bars_of_the_spread_add_up_to_its_samples(place: Place, walk: Walk, tmp_path: Path, capsys: Shown) -> None:
    assert ask(place, "export", tmp_path / "bars.csv", "--kind", "spread") == 0
    rows = list(csv.DictReader(text_of(tmp_path / "bars.csv").splitlines()))
    assert sum(int(row["samples"]) for row in rows) == len(walk.spreads)
    assert {int(row["second"]) for row in rows} == {at_ms // 1000 for at_ms, _ in walk.spreads}
    assert f"{len(rows):,} one-second bars of the spread of BTCUSDT are in" in capsys.readouterr().err


def test_a_dash_is_stdout_in_utf_8_whatever_the_terminal_speaks(program: Program, place: Place, walk: Walk) -> None:
    program.environment |= {**place.environment, "PYTHONIOENCODING": "utf-16-le", "PYTHONUTF8": "0"}
    span = ("--from", "1723161260", "--to", "1723161262", "--symbol", "btcusdt")
    done = program.run("history", "export", "-", *span)
    assert (done.code, done.err) == (0, "")
    inside = [line for line in walk.lines if 1_723_161_260_000 <= line["recv_ms"] < 1_723_161_262_000]
    assert done.out.splitlines() == [",".join(COLUMNS), *(",".join(wire_row(line)) for line in inside)]
    program.environment["PYTHONIOENCODING"] = "ascii"
    done = program.run("history", "export", "-", *span, "--kind", "trades", "--format", "jsonl")
    assert (done.code, done.out, done.err) == (0, "", "nothing of this kind is recorded in this time\n")


# ----- what is already there


@on_sqlite
def test_a_file_that_exists_is_never_replaced_unasked(program: Program, place: Place) -> None:
    program.environment |= place.environment
    file = program.folder / "mine.csv"
    file.write_text("mine")
    done = program.run("history", "export", "mine.csv", "--symbol", "btcusdt")
    assert (done.code, done.out) == (2, "")
    assert done.err == "mine.csv exists: name another file, or replace it with --force\n"
    assert file.read_text() == "mine"


@posix
@on_sqlite
def test_force_replaces_a_file_at_once_through_a_link_and_with_its_mode(place: Place, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    file, link = tmp_path / "real" / "mine.csv", tmp_path / "link.csv"
    file.write_text("mine")
    file.chmod(0o640)
    link.symlink_to(file)
    assert ask(place, "export", link, "--force", "--to", "1723161260") == 0
    assert link.is_symlink()
    assert file.read_text().startswith("received_ms,venue")
    assert file.stat().st_mode & 0o777 == 0o640
    assert [path.name for path in file.parent.iterdir()] == ["mine.csv"]


@on_sqlite
def test_a_file_that_appears_meanwhile_is_not_replaced_either(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "late.csv"
    sees = Path.exists
    monkeypatch.setattr(Path, "exists", lambda path: False if path.name == file.name else sees(path))
    monkeypatch.setattr(Path, "is_file", lambda path: path.name != file.name)
    file.write_text("somebody else's")
    with pytest.raises(Exception, match="exists: name another file"):
        ask(place, "export", file)
    assert file.read_text() == "somebody else's"


@linux
@on_sqlite
def test_a_full_disk_is_told_with_what_was_written(program: Program, place: Place) -> None:
    program.environment |= place.environment
    done = program.run("history", "export", "/dev/full", "--format", "csv", "--symbol", "btcusdt")
    assert (done.code, done.out) == (2, "")
    assert done.err.splitlines()[-1] == "cannot write /dev/full: No space left on device"
    assert Path("/dev/full").is_char_device()


# ----- Ctrl-C


def interrupt_at(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    """Press Ctrl-C when a progress bar is shown for the `count`-th time."""
    calls: list[int] = []

    def show(_self: ProgressBar, rows: int, _share: float) -> None:
        calls.append(rows)
        if len(calls) == count:
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(ProgressBar, "show", show)


@on_sqlite
def test_ctrl_c_leaves_whole_rows_and_says_how_many_and_until_when(
    place: Place, lines: Rows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Shown
) -> None:
    interrupt_at(monkeypatch, 3)
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        ask(place, "export", tmp_path / "half.csv.gz")
    assert signal.getsignal(signal.SIGINT) is before
    rows = text_of(tmp_path / "half.csv.gz").splitlines()[1:]
    assert rows == [",".join(wire_row(line)) for line in lines[: 3 * 4096]]
    until_ms = lines[3 * 4096 - 1]["recv_ms"]
    told = capsys.readouterr().err
    assert told.startswith("interrupted: 12,288 rows, up to 2024-08-08T23:5")
    assert f".{until_ms % 1000:03}Z, are in {tmp_path / 'half.csv.gz'}\n" in told


@on_sqlite
def test_ctrl_c_leaves_the_file_that_was_to_be_replaced(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Shown
) -> None:
    file = tmp_path / "mine.jsonl"
    file.write_text("mine")
    interrupt_at(monkeypatch, 1)
    with pytest.raises(KeyboardInterrupt):
        ask(place, "export", file, "--force")
    assert file.read_text() == "mine"
    assert len((tmp_path / "mine.jsonl.part").read_text().splitlines()) == 4096
    assert capsys.readouterr().err.endswith(f"are in {file}.part; {file} is as it was\n")


@posix
def test_ctrl_c_in_a_terminal_ends_with_130_and_a_file_that_can_be_read(program: Program, place: Place) -> None:
    program.environment |= place.environment
    process = program.start("history", "export", "half.jsonl.gz", "--symbol", "btcusdt")
    wait_for((program.folder / "half.jsonl.gz").exists)
    done, took_s = program.interrupt(process)
    assert (done.code, done.out) == (130, "")
    assert took_s < 5
    [line] = done.err.splitlines()
    rows = text_of(program.folder / "half.jsonl.gz").splitlines()
    assert line.startswith(f"interrupted: {len(rows):,} rows, up to ")
    assert all(json.loads(row)["symbol"] == "BTCUSDT" for row in rows)


# ----- progress and memory


class Terminal:
    """Keeps what a bar paints; says that it is a terminal, or not."""

    def __init__(self, *, is_one: bool = True) -> None:
        self.painted: list[str] = []
        self._is_one = is_one

    def isatty(self) -> bool:
        return self._is_one

    def write(self, text: str) -> None:
        self.painted.append(text)

    def flush(self) -> None:
        """Nothing is held back."""


def test_a_bar_is_painted_over_itself_at_most_ten_times_a_second_and_goes_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    out, clock = Terminal(), (tick / 64 for tick in itertools.count())  # 0.1 s is seven ticks
    bar = ProgressBar(out, lambda: next(clock))  # type: ignore[arg-type]  # all that it needs of a stream
    for number in range(1, 640):
        bar.show(number * 4096, number / 640)
    assert len(out.painted) == 639 // 7
    assert out.painted[:2] == [
        "\r[------------------------------]   1 %  28,672 rows  0:10 left",
        "\r[#-----------------------------]   2 %  57,344 rows  0:10 left",
    ]
    assert all(text.startswith("\r[") and "\n" not in text for text in out.painted)
    bar.clear()
    assert out.painted[-1].strip() == ""
    assert len(out.painted[-1]) == len(out.painted[-2]) + 1
    bar.clear()
    assert len(out.painted) == 639 // 7 + 1


def test_a_bar_is_cut_to_the_terminals_width(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    out, clock = Terminal(), iter([0.0, 1.0])
    ProgressBar(out, lambda: next(clock)).show(4096, 0.1)  # type: ignore[arg-type]
    assert out.painted == ["\r[###---------------"]


def test_nothing_is_painted_where_there_is_no_terminal() -> None:
    out = Terminal(is_one=False)
    clock = iter(range(100))
    bar = ProgressBar(out, lambda: float(next(clock)))  # type: ignore[arg-type]
    bar.show(4096, 0.5)
    bar.clear()
    ProgressBar(None).show(1, 1.0)
    assert out.painted == []


@posix
@on_sqlite
def test_a_terminal_sees_a_bar_and_then_the_sentence_alone(program: Program, place: Place, lines: Rows) -> None:
    import pty

    program.environment |= {**place.environment, "COLUMNS": "100"}
    ours, theirs = pty.openpty()
    process = program.start("history", "export", "a.csv.gz", "--symbol", "btcusdt", stderr=theirs)
    os.close(theirs)
    shown = b""
    deadline = time.monotonic() + PATIENCE_S
    try:
        while time.monotonic() < deadline and (data := os.read(ours, 65536)):
            shown += data
    except OSError:  # the other end is closed
        pass
    finally:
        os.close(ours)
    assert program.finish(process).code == 0
    painted = shown.decode().split("\r")
    assert any(text.startswith("[#") and " rows  " in text and " left" in text for text in painted)
    blank, sentence = painted[-3], painted[-2]
    assert blank.strip() == ""
    assert sentence.startswith(f"{len(lines):,} quotes of BTCUSDT are in a.csv.gz (")


@linux
def test_an_export_of_many_rows_takes_no_more_memory_than_one_of_few(program: Program, tmp_path: Path) -> None:
    peaks_mib = []
    for count in (5_000, 150_000):
        path = tmp_path / f"{count}.sqlite"
        _fill(SqliteStore(path), count)
        program.environment |= file_place(path).environment
        arguments = ("history", "export", f"{count}.jsonl.gz", "--symbol", "btcusdt")
        done = program.run(*arguments, command=("-c", PEAK))
        assert done.code == 0
        assert len(text_of(program.folder / f"{count}.jsonl.gz").splitlines()) == count
        peaks_mib.append(int(done.out) / 1024)
    few, many = peaks_mib
    assert many - few < 8
