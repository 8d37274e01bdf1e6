"""What `history` cannot do is told in one sentence with 2; whoever leaves or presses Ctrl-C is obeyed."""

import os
import signal
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from spreadwatch.storage.rows import Run
from spreadwatch.storage.sqlite.store import SqliteStore
from tests.commands.history_recording import Place, file_place, lines, place, server
from tests.conftest import Finished, Program
from tests.storage.parts import START_MS
from tests.storage.server import PostgresServer

__all__ = ["lines", "place", "server"]

posix = pytest.mark.skipif(os.name == "nt", reason="POSIX signals")

ALL_DAY = ("range", "2024-08-08", "2024-08-09", "--symbol", "btcusdt")


def refused(done: Finished) -> str:
    """Check that a question was refused and return the only line that says why."""
    assert (done.code, done.out) == (2, ""), done
    [line] = done.err.splitlines()
    return line


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "the following arguments are required: QUESTION"),
        (["lates"], "invalid choice: 'lates'"),
        (["at"], "the following arguments are required: TIME"),
        (
            ["at", "yesterday"],
            "TIME must be a time such as 2026-07-03T08:30:36 (UTC), Unix seconds or milliseconds, now or -5m",
        ),
        (["at", "2024-02-30"], "TIME must be a time such as"),
        (["at", "-5x"], "TIME must be a time such as"),
        (["minmax", "2999-01-01"], "MINUTE 2999-01-01 is in the future: it is 20"),
        (["at", "99999999999999"], "TIME 99999999999999 is in the future"),
        (["at", "12345"], "TIME must not lie before the year 2000, when nothing was recorded, as '12345' does"),
        (["at", "-99999d"], "TIME must not lie before the year 2000"),
        (["range", "2024-08-08"], "the following arguments are required: TO"),
        (["range", "now", "-5m"], "the time must begin before it ends"),
        (["range", "2024-08-08", "2024-08-08"], "2024-08-08T00:00:00 is not before 2024-08-08T00:00:00 (both UTC)"),
        (["gaps", "2024-08-09", "2024-08-08"], "the time must begin before it ends"),
        (["latest", "--symbol", "btcustd"], "nothing of BTCUSTD is in this recording; did you mean BTCUSDT?"),
        (["latest", "--symbol", "btc"], "nothing of BTC is in this recording; did you mean BTCUSDT?"),
        (["latest"], "nothing of ETHUSDT is in this recording; it holds BTCUSDT: name one with --symbol"),
        (["latest", "--symbol", "btc/usdt"], "a character that no symbol has"),
        (["export", "quotes"], "the name quotes tells no format: end it in .csv or .jsonl"),
        (["export", "a.txt.gz"], "the name a.txt.gz tells no format"),
        (["export", "a.csv", "--format", "xml"], "invalid choice: 'xml'"),
        (["export", "a.jsonl", "--kind", "trades", "--format", "capture"], "a capture holds quotes: export trades as"),
        (["export", "home", "--format", "csv"], "home is a folder: name a file in it"),
        (["export", "-", "--json"], "--json tells about the file that was written"),
        (["export", "a.csv", "--from", "now", "--to", "-1h"], "the time must begin before it ends"),
        (["export", "a.csv", "--to", "2999-01-01"], "--to 2999-01-01 is in the future"),
        (["export", "missing/a.csv", "--symbol", "btcusdt"], "missing/a.csv: No such file or directory"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
def test_what_cannot_be_asked_is_refused_in_one_line_with_2(
    program: Program, place: Place, arguments: Sequence[str], words: str
) -> None:
    program.environment |= place.environment
    assert words in refused(program.run("history", *arguments))
    assert not list(program.folder.glob("a.*"))


@pytest.mark.parametrize("question", ["latest", "at", "range", "minmax", "gaps", "export"])
def test_help_says_how_to_write_a_time_and_that_it_is_utc(program: Program, question: str) -> None:
    done = program.run("history", question, "--help")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(f"usage: spreadwatch history {question} [-h] [--json] [--symbol S]")
    words = " ".join(done.out.split())
    assert "A time is 2026-07-03T08:30:36, which is UTC unless an offset such as +02:00 follows" in words


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
def test_a_named_symbol_is_stronger_than_all_in_the_settings(program: Program, place: Place) -> None:
    program.environment |= {**place.environment, "SPREADWATCH_ALL": "true"}
    assert program.run("history", "latest").out.startswith("BTCUSDT ")
    assert "nothing of XRPUSDT" in refused(program.run("history", "latest", "--symbol", "xrpusdt"))


# ----- recordings that cannot be asked


def test_no_recording_yet_is_told_with_the_command_that_makes_one(program: Program) -> None:
    program.environment["SPREADWATCH_RECORD_PATH"] = "missing.sqlite"
    line = refused(program.run("history", "latest"))
    assert line.startswith("there is no recording at ")
    assert line.endswith("missing.sqlite: make one with `spreadwatch record`")
    assert not (program.folder / "missing.sqlite").exists()


def test_the_recording_of_a_newer_version_is_refused(program: Program, tmp_path: Path) -> None:
    at = file_place(tmp_path / "newer.sqlite")
    store = SqliteStore(tmp_path / "newer.sqlite")
    store.open(Run("run", START_MS))
    store.close()
    with closing(sqlite3.connect(tmp_path / "newer.sqlite")) as database:
        database.execute("PRAGMA user_version = 99")
    program.environment |= at.environment
    assert "newer.sqlite was written by a newer spreadwatch (schema 99" in refused(program.run("history", "latest"))


@pytest.mark.parametrize("content", [b"received_ms,price\n" * 100, b"\x00" * 4096], ids=["text", "zeros"])
def test_a_file_that_is_no_recording_is_refused_and_left_alone(
    program: Program, tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "other.sqlite"
    path.write_bytes(content)
    program.environment |= file_place(path).environment
    assert str(path) in refused(program.run("history", "latest"))
    assert path.read_bytes() == content


def test_an_empty_recording_has_no_answer_and_no_fault(program: Program, tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "empty.sqlite")
    store.open(Run("run", START_MS))
    store.close()
    program.environment |= file_place(tmp_path / "empty.sqlite").environment
    done = program.run("history", "latest")
    assert (done.code, done.out, done.err) == (0, "ETHUSDT  N/A  no price is recorded\n", "")
    done = program.run("history", "export", "a.csv", "--kind", "spread")
    assert (done.code, done.out) == (0, "")
    assert done.err == "nothing of this kind is recorded in this time: a.csv holds no rows\n"
    assert (program.folder / "a.csv").read_text() == "second,symbol,open,high,low,close,close_ms,samples\n"


def test_a_database_without_a_recording_or_without_a_server_is_told_without_its_password(
    program: Program, server: PostgresServer
) -> None:
    program.environment["SPREADWATCH_RECORD_DSN"] = server.dsn.replace("dbname=postgres", "dbname=template1")
    assert refused(program.run("history", "latest")) == "there is no recording in this database yet"
    program.environment["SPREADWATCH_RECORD_DSN"] = server.dsn.replace(str(server.port), "1")
    line = refused(program.run("history", "latest"))
    assert "nothing listens at the database's address" in line
    assert "s3cret" not in line


# ----- whoever reads


@posix
def test_a_reader_that_leaves_ends_it_silently_with_0(program: Program, place: Place) -> None:
    program.environment |= place.environment
    for arguments in (ALL_DAY, (*ALL_DAY, "--json"), ("export", "-", "--symbol", "btcusdt")):
        process = program.start("history", *arguments)
        assert process.stdout is not None
        assert process.stdout.readline()
        process.stdout.close()
        process.stdout = None
        assert program.finish(process).err == ""
        assert process.returncode == 0


@posix
def test_ctrl_c_in_the_middle_of_a_range_says_that_the_output_ends_early(program: Program, place: Place) -> None:
    program.environment |= place.environment
    whole = program.run("history", *ALL_DAY).out.encode()
    ours, theirs = os.pipe()
    process = program.start("history", *ALL_DAY, stdout=theirs)  # the pipe is full long before the end
    os.close(theirs)
    with os.fdopen(ours, "rb", buffering=0) as pipe:
        written = pipe.read(100)
        process.send_signal(signal.SIGINT)
        written += pipe.readall()
    done = program.finish(process)
    assert done.code == 130
    assert whole.startswith(written)
    assert len(written) < len(whole)
    [line] = done.err.splitlines()
    assert line.startswith("interrupted: the output ends early, after about ")
    said = int(line.removesuffix(" lines").split()[-1].replace(",", ""))
    assert abs(said - written.count(b"\n")) < 500
