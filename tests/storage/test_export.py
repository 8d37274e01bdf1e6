"""What is exported is what is recorded, in each form, in constant memory."""

import csv
import gzip
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import get_args

import pytest

from spreadwatch.core.events import Trade
from spreadwatch.core.quote import Instant, Side
from spreadwatch.storage.export import Form, Kind, Wanted, export
from spreadwatch.storage.history import END_MS, History
from spreadwatch.storage.rows import StorageError
from spreadwatch.storage.sqlite.history import SqliteHistory
from spreadwatch.storage.sqlite.store import SqliteStore
from tests.conftest import ROOT
from tests.storage.long import _fill
from tests.storage.parts import START_MS, open_links, quote_batch, recording, settle

PEPE = "PEPEUSDT"


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    """Return a recording of two quotes with a contract of 1000 coins, a trade and a bar."""
    path = tmp_path / "a.db"
    with recording(SqliteStore(path), symbols=(PEPE,)) as recorder:
        for event in open_links(START_MS):
            recorder.put(event)
        recorder.put(quote_batch(Side.SPOT, 1, START_MS + 1, symbol=PEPE, price="0.50000"))
        futures = quote_batch(Side.FUTURES, 2, START_MS + 2, symbol=PEPE, price="0.49")
        texts = (("490.000", "7", "500.000", "8"),)
        recorder.put(type(futures)(futures.side, futures.at, futures.quotes, True, texts=texts))
        recorder.put_trade(Trade(PEPE, 5, "0.50100", "30", START_MS, Instant(START_MS + 3, 0)))
        settle(recorder)
    with closing(SqliteHistory(path)) as opened:
        yield opened


def text(path: Path) -> str:
    return gzip.decompress(path.read_bytes()).decode() if path.suffix == ".gz" else path.read_text(encoding="utf-8")


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_each_kind_in_each_form_holds_the_same(history: History, tmp_path: Path, suffix: str) -> None:
    expected = {
        "quotes": [
            f"{START_MS + 1},spot,{PEPE},{PEPE},1,1,,0.50000,1.500,0.51000,2.500",
            f"{START_MS + 2},futures,{PEPE},1000PEPEUSDT,1000,2,{START_MS - 5},490.000,7,500.000,8",
        ],
        "trades": [f"{START_MS + 3},{PEPE},5,{START_MS},0.50100,30"],
        "spread": [f"{START_MS // 1000},{PEPE},0.02000,0.02000,0.02000,0.02000,{START_MS + 2},1"],
    }
    for kind in get_args(Kind):
        wanted = Wanted(kind, "csv", (PEPE,), 0, END_MS)
        assert export(history, wanted, tmp_path / f"a.csv{suffix}") == len(expected[kind])
        head, *rows = text(tmp_path / f"a.csv{suffix}").splitlines()
        assert rows == expected[kind]
        export(history, Wanted(kind, "jsonl", (PEPE,), 0, END_MS), tmp_path / f"a.jsonl{suffix}")
        objects = [json.loads(line) for line in text(tmp_path / f"a.jsonl{suffix}").splitlines()]
        cells = [
            {name: cell or None for name, cell in zip(head.split(","), row, strict=True)} for row in csv.reader(rows)
        ]
        assert [
            {name: value if value is None else str(value) for name, value in one.items()} for one in objects
        ] == cells


def test_a_capture_holds_quotes_by_the_names_of_the_wire(history: History, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    assert export(history, Wanted("quotes", "capture", (PEPE,), 0, END_MS), path) == 2
    assert path.read_text().splitlines()[1] == (
        f'{{"market":"um","recv_ms":{START_MS + 2},"raw":{{"e":"bookTicker","u":2,"s":"1000PEPEUSDT","b":"490.000",'
        f'"B":"7","a":"500.000","A":"8","T":{START_MS - 5}}}}}'
    )
    with pytest.raises(StorageError, match="a capture holds quotes"):
        export(history, Wanted("trades", "capture", (PEPE,), 0, END_MS), path)


def test_a_time_without_rows_gives_a_head_or_nothing(history: History, tmp_path: Path) -> None:
    for form, content in zip(
        get_args(Form), ("second,symbol,open,high,low,close,close_ms,samples\n", ""), strict=False
    ):
        assert export(history, Wanted("spread", form, (PEPE,), 0, 1), tmp_path / "a") == 0
        assert text(tmp_path / "a") == content


def test_a_place_that_cannot_be_written_is_told(history: History, tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="cannot write"):
        export(history, Wanted("quotes", "csv", (PEPE,), 0, END_MS), tmp_path / "missing" / "a.csv")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows tells no peak memory here")
def test_an_export_of_many_rows_takes_no_more_memory_than_one_of_few(tmp_path: Path) -> None:
    """The bar of 50 MiB for 3.6 million rows is held by `python -m tests.storage.long export`."""
    path = tmp_path / "many.db"
    _fill(SqliteStore(path), 100_000)
    command = [sys.executable, "-m", "tests.storage.long", "--child", "csv", str(path)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    assert 0 < float(done.stdout) < 25
    assert len((tmp_path / "many.csv").read_text().splitlines()) == 100_001
