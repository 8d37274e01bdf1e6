"""`python -m tests.storage.victim FILE NOTE RATE`: record a quote every 1/RATE s until killed.

The numbers of every series become finer with nearly every commit, so that a kill may come while one is rewritten.

NOTE is a file mapped into memory, which outlives a kill: how many quotes were put, when the last was (Unix ms), and
how many of them were said to be safe.
"""

import mmap
import struct
import sys
import time
from decimal import Decimal
from pathlib import Path

from spreadwatch.core.events import Batch
from spreadwatch.core.quote import Instant, Quote, Side
from spreadwatch.feed import clock
from spreadwatch.storage.recorder import Recorder
from spreadwatch.storage.sqlite.store import SqliteStore
from tests.storage.parts import SILENCE_MS, contracts

NOTE = struct.Struct("<qqq")
SYMBOLS = tuple(f"COIN{number}USDT" for number in range(20))
_PLACES = 8
_PER_STEP = 6


def texts_of(number: int) -> tuple[str, str, str, str]:
    """Return bid, its size, ask and its size of a quote: six quotes of a series are as fine as each other."""
    age = number // len(SYMBOLS)
    price, size = (_decimals((age + late) // _PER_STEP) for late in (0, _PER_STEP // 2))
    return f"{100 + age}.{price}", f"{1 + age}.{size}", f"{101 + age}.{price}", f"2.{size}"


def _decimals(digits: int) -> str:
    return ("1" * digits)[:_PLACES].ljust(_PLACES, "0")


def finer_batch(number: int, at_ms: int) -> Batch:
    """Return a quote of the next symbol as its stream would."""
    texts, at = texts_of(number), Instant(at_ms, at_ms)
    bid, bid_qty, ask, ask_qty = map(Decimal, texts)
    symbol = SYMBOLS[number % len(SYMBOLS)]
    quote = Quote(Side.SPOT, symbol, bid, bid_qty, ask, ask_qty, number, None, at)
    return Batch(Side.SPOT, at, [quote], heard=True, texts=(texts,))


def main(file: str, note: str, rate: str) -> None:
    """Never returns."""
    Path(note).write_bytes(bytes(NOTE.size))
    recorder = Recorder(SqliteStore(Path(file)), contracts(*SYMBOLS), SILENCE_MS, clock.now)
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
                recorder.put(finer_batch(number, at_ms))
                NOTE.pack_into(memory, 0, number, at_ms, recorder.status().stored)
            time.sleep(0.0005)


if __name__ == "__main__":
    main(*sys.argv[1:])
