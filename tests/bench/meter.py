"""Counts messages and takes the CPU time between two of them. Imports nothing but the standard library."""

import argparse
import json
import os
import time
from typing import NoReturn


class Meter:
    """Begins to measure after `warm` messages and ends the process after `count`, with one JSON line.

    The CPU time is that of the whole process, all its threads: what receiving and parsing cost, wherever
    a library does them.
    """

    def __init__(self, count: int, warm: int, version: str) -> None:
        self._count = count
        self._warm = warm
        self._version = version
        self._seen = 0
        self._cpu_s = 0.0
        self._wall_s = 0.0

    def hit(self, bid: object) -> None:
        """Count one parsed message; its bid is the proof that it was parsed."""
        self._seen += 1
        if self._seen == self._warm:
            self._cpu_s, self._wall_s = time.process_time(), time.perf_counter()
        elif self._seen == self._count:
            self._end(bid)

    def _end(self, bid: object) -> NoReturn:
        cpu_s, wall_s = time.process_time() - self._cpu_s, time.perf_counter() - self._wall_s
        messages = self._count - self._warm
        print(
            json.dumps(
                {
                    "messages": messages,
                    "cpu_s": cpu_s,
                    "wall_s": wall_s,
                    "last_bid": str(bid),
                    "version": self._version,
                }
            ),
            flush=True,
        )
        os._exit(0)  # no library's farewell belongs to the figure


def arguments() -> argparse.Namespace:
    """Parse what every contender is told: `stream`, `rest`, `count`, `warm`, and an optional `option`."""
    parser = argparse.ArgumentParser()
    parser.add_argument("stream", help="base URL of futures streams, ws://127.0.0.1:PORT")
    parser.add_argument("rest", help="base URL of futures REST")
    parser.add_argument("count", type=int)
    parser.add_argument("warm", type=int)
    parser.add_argument("option", nargs="?", default="")
    return parser.parse_args()
