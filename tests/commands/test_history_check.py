"""`history check` tells which series can be trusted, a line or an object each, and `history export` warns."""

import json
from pathlib import Path

import pytest

from tests.commands.history_recording import Place, ask, file_place, lines, place, server
from tests.conftest import Program
from tests.storage.damaged import put_damaged
from tests.storage.parts import START_MS, recording

__all__ = ["lines", "place", "server"]

Shown = pytest.CaptureFixture[str]

KEYS = ["symbol", "venue", "kind", "rows", "trusted"]
WRONG = ["floats", "impossible", "crossed", "far", "rewritten"]


@pytest.fixture
def damaged(tmp_path: Path) -> Place:
    """Return a recording of which spot quotes and trades are damaged."""
    path = tmp_path / "damaged.sqlite"
    put_damaged(path)
    return file_place(path)


def test_a_recording_without_faults_is_trusted_with_0(place: Place, lines: list[object], capsys: Shown) -> None:
    assert ask(place, "check", "--json") == 0
    out, err = capsys.readouterr()
    told = [json.loads(line) for line in out.splitlines()]
    assert err == ""
    assert [list(one) for one in told] == [[*KEYS, *WRONG, "first_ms", "last_ms"]] * 2
    assert [(one["symbol"], one["venue"], one["kind"], one["trusted"]) for one in told] == [
        ("BTCUSDT", "spot", "quotes", True),
        ("BTCUSDT", "futures", "quotes", True),
    ]
    assert sum(one["rows"] for one in told) == len(lines)
    assert [[one[name] for name in (*WRONG, "first_ms", "last_ms")] for one in told] == [[0] * 5 + [None] * 2] * 2
    assert ask(place, "check") == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert [line.split()[:3] for line in out.splitlines()] == [[one[name] for name in KEYS[:3]] for one in told]
    assert all(line.endswith(" rows  can be trusted") for line in out.splitlines())


def test_what_cannot_be_trusted_is_told_with_1(program: Program, damaged: Place) -> None:
    program.environment |= damaged.environment
    done = program.run("history", "check")
    span = "cannot be trusted from 2023-11-14T22:13:20.700Z to 2023-11-14T22:13:30.500Z"
    wrong = "3 with a price far from both neighbours, 13 left by a version that damaged others"
    assert done.code == 1
    assert done.out.splitlines() == [
        f"BTCUSDT  spot     quotes  16 rows  {span}: {wrong}",
        f"BTCUSDT  spot     trades  16 rows  {span}: {wrong}",
        "BTCUSDT  futures  quotes  16 rows  can be trusted",
    ]
    assert done.err == (
        "2 of 3 series cannot be trusted: take this time from another recording if there is one; "
        "nothing was changed in this one\n"
    )
    done = program.run("history", "check", "--json")
    assert done.code == 1
    told = [json.loads(line) for line in done.out.splitlines()]
    assert [(one["trusted"], one["far"], one["rewritten"]) for one in told] == [
        (False, 3, 13),
        (False, 3, 13),
        (True, 0, 0),
    ]
    assert (told[0]["first_ms"], told[0]["last_ms"]) == (START_MS + 700, START_MS + 10_500)
    named = program.run("history", "check", "--symbol", "btcusdt")
    assert (named.code, len(named.out.splitlines())) == (1, 3)
    other = program.run("history", "check", "--symbol", "ethusdt")
    assert (other.code, other.out) == (2, "")
    assert "nothing of ETHUSDT is in this recording" in other.err


def test_an_empty_recording_is_told_in_words(tmp_path: Path, capsys: Shown) -> None:
    place = file_place(tmp_path / "empty.sqlite")
    with recording(place.store()) as recorder:
        recorder.ready(10)
    assert ask(place, "check") == 0
    assert capsys.readouterr() == ("", "no quotes and no trades are in this recording\n")


@pytest.mark.parametrize("form", ["csv", "jsonl", "capture"])
def test_an_export_warns_of_wrong_numbers_in_one_sentence(
    damaged: Place, tmp_path: Path, capsys: Shown, form: str
) -> None:
    warning = "wrong numbers are among those of spot quotes of BTCUSDT: `spreadwatch history check` tells"
    for target in ("-", tmp_path / "out"):
        assert ask(damaged, "export", target, "--format", form) == 0
        told = [line for line in capsys.readouterr().err.splitlines() if "wrong numbers" in line]
        assert told == [f"{warning} from when to when"]


def test_an_export_of_what_can_be_trusted_does_not_warn(damaged: Place, tmp_path: Path, capsys: Shown) -> None:
    assert ask(damaged, "export", tmp_path / "before.csv", "--to", "2023-11-14T22:13:20.500") == 0
    assert ask(damaged, "export", tmp_path / "bars.csv", "--kind", "spread") == 0
    assert "wrong numbers" not in capsys.readouterr().err
    assert ask(damaged, "export", tmp_path / "trades.csv", "--kind", "trades") == 0
    assert "wrong numbers are among those of spot trades of BTCUSDT:" in capsys.readouterr().err
