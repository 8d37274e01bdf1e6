"""`python -m tests.storage.victim FILE NOTE RATE`: record a quote every 1/RATE s until killed.

NOTE is a file mapped into memory, which outlives a kill: how many quotes were put, when the last was (Unix ms), and
how many of them were said to be safe.
"""

import mmap
import struct
import sys
import time
from pathlib import Path

from spreadwatch.core.quote import Side
from spreadwatch.feed import clock
from spreadwatch.storage.recorder import Recorder
from spreadwatch.storage.sqlite.store import SqliteStore
from tests.storage.parts import SILENCE_MS, contracts, quote_batch

NOTE = struct.Struct("<qqq")


def main(file: str, note: str, rate: str) -> None:
    """Never returns."""
    Path(note).write_bytes(bytes(NOTE.size))
    recorder = Recorder(SqliteStore(Path(file)), contracts(), SILENCE_MS, clock.now)
    recorder.start()
    recorder.ready(10)
    with Path(note).open("r+b") as opened, mmap.mmap(opened.fileno(), NOTE.size) as memory:
        number, began_s = 0, time.monotonic()
        print("records", flush=True)
        while True:
            due = int((time.monotonic() - began_s) * int(rate))
            while number < due:
                number += 1
                at_ms = time.time_ns() // 1_000_000
                recorder.put(quote_batch(Side.SPOT, number, at_ms))
                NOTE.pack_into(memory, 0, number, at_ms, recorder.status().stored)
            time.sleep(0.0005)


if __name__ == "__main__":
    main(*sys.argv[1:])
