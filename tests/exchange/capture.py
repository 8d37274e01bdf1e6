"""Serve a capture over the local exchange: recorded order, payload text as it stands in the file."""

import gzip
import json
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from tests.exchange.frames import stream_of

if TYPE_CHECKING:
    from tests.exchange.server import Exchange

Source = str | Path | Iterable[str | bytes]
"""A capture: its file, gzip by suffix, or its lines."""

_BATCH = 256
_DECODER = json.JSONDecoder()
_VENUES = {"spot": "spot", "um": "futures"}


@dataclass(frozen=True, slots=True)
class CaptureLine:
    """One line: venue, recorder's clock in Unix ms, stream, and the payload's own bytes."""

    venue: str
    recv_ms: int
    stream: str
    payload: bytes


def parse_line(line: str) -> CaptureLine:
    """Parse a capture line, slicing the payload out of it. Raises ValueError or KeyError."""
    begin = line.index('"raw":') + 6
    while line[begin] == " ":
        begin += 1
    payload, end = _DECODER.raw_decode(line, begin)
    frame = json.loads(line[:begin] + "null" + line[end:])
    stream = frame.get("stream") or stream_of(payload)
    return CaptureLine(_VENUES[frame["market"]], frame["recv_ms"], stream, line[begin:end].encode())


def read_capture(source: Source) -> Iterator[CaptureLine]:
    """Read capture lines from a file, gzip by suffix, or from lines at hand."""
    if isinstance(source, str | Path):
        path = Path(source)
        with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
            yield from read_capture(file)
        return
    for line in source:
        text = line.decode() if isinstance(line, bytes) else line
        if text.strip():
            yield parse_line(text)


class Serving:
    """One serving of a capture.

    `sent`: payloads by venue that at least one connection took whole. `unheard`: payloads that nobody was
    subscribed to. `lost`: payloads that nobody took whole of those subscribed.
    """

    def __init__(self, exchange: "Exchange", source: Source, speed: float | None, *, in_step: bool) -> None:
        self.sent = {"spot": 0, "futures": 0}
        self.unheard = {"spot": 0, "futures": 0}
        self.lost = {"spot": 0, "futures": 0}
        self.thread: threading.Thread | None = None
        self._exchange = exchange
        self._lines = read_capture(source)
        self._speed = speed
        self._in_step = in_step

    def join(self, timeout: float = 60) -> None:
        """Wait for the end (seconds). Raises TimeoutError."""
        if self.thread is not None:
            self.thread.join(timeout)
            if self.thread.is_alive():
                raise TimeoutError(f"the capture was not served within {timeout} s")

    def run(self) -> None:
        """Serve it all, or until the exchange stops."""
        for batch in self._whole() if self._speed is None else self._timed(self._speed):
            if self._exchange.stopping.is_set():
                return
            self._deliver(batch)
            if self._in_step:
                self._wait_for_pong(batch[0].venue)

    def _wait_for_pong(self, venue: str) -> None:
        """Let the client catch up: what it reads on the other socket after its pong comes after this."""
        before = {one: len(one.pongs) for one in self._exchange.connections(venue)}  # counted before it can come
        waiting = {one: pongs for one, pongs in before.items() if one.ping()}
        self._exchange.wait_until(lambda: all(len(one.pongs) > pongs for one, pongs in waiting.items()))

    def _whole(self) -> Iterator[list[CaptureLine]]:
        while lines := list(islice(self._lines, _BATCH)):
            begin = 0
            for at in range(1, len(lines) + 1):
                if at == len(lines) or lines[at].venue != lines[begin].venue:
                    yield lines[begin:at]
                    begin = at

    def _timed(self, speed: float) -> Iterator[list[CaptureLine]]:
        zero: float | None = None
        for line in self._lines:
            at = line.recv_ms / 1000 / speed
            if zero is None:
                zero = time.monotonic() - at
            self._exchange.stopping.wait(max(0.0, zero + at - time.monotonic()))
            yield [line]

    def _deliver(self, batch: list[CaptureLine]) -> None:
        """Send lines of one venue in one write per connection."""
        venue = batch[0].venue
        heard, took = [False] * len(batch), [False] * len(batch)
        for one in self._exchange.connections(venue):
            mine = [at for at, line in enumerate(batch) if one.takes(line.stream)]
            if not mine:
                continue
            whole = one.send_raw(b"".join(one.wrap(batch[at].stream, batch[at].payload) for at in mine))
            for at in mine:
                heard[at] = True
                took[at] |= whole
        self.sent[venue] += sum(took)
        self.unheard[venue] += len(batch) - sum(heard)
        self.lost[venue] += sum(heard) - sum(took)
