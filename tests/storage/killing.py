"""Kill a recording process at a random moment and look at what it left."""

import os
import random
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

from msgspec import Struct

from spreadwatch.storage.sqlite.history import SqliteHistory
from tests.conftest import ROOT
from tests.storage.victim import NOTE, SYMBOLS, texts_of


class Left(Struct, frozen=True):
    """What a killed process left: what it put, what of that is stored, and how many ms of it are lost."""

    put: int
    acknowledged: int
    stored: int
    lost_ms: int


def kill_once(folder: Path, chance: random.Random, rate: int = 1000) -> Left:
    """Record, kill -9 after 0.2 to 1.2 s, and check that what is left is whole and exact. Fails when it is not."""
    path, note = folder / "killed.db", folder / "note"
    for old in folder.glob("killed.db*"):
        old.unlink()
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "tests.storage.victim", str(path), str(note), str(rate)]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as victim:
        assert victim.stdout is not None
        assert victim.stdout.readline() == "records\n"
        time.sleep(0.2 + chance.random())
        victim.kill()
    put, last_ms, acknowledged = NOTE.unpack(note.read_bytes())
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    with closing(SqliteHistory(path)) as history:
        rows = [one.row for one in history.quotes(SYMBOLS)]
    assert [row.update_id for row in rows] == list(range(1, len(rows) + 1))
    assert [(row.bid, row.bid_qty, row.ask, row.ask_qty) for row in rows] == [texts_of(row.update_id) for row in rows]
    assert len(rows) >= acknowledged
    stored_ms = rows[-1].received_ms if rows else last_ms
    return Left(put, acknowledged, len(rows), max(last_ms - stored_ms, 0))
