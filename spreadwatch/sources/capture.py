"""Read a capture: JSON Lines of raw frames, gzip by suffix, with every fault counted and none fatal."""

import gzip
import itertools
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, BinaryIO, cast

import msgspec

from spreadwatch.core.events import Batch
from spreadwatch.core.quote import Instant, Side
from spreadwatch.errors import CaptureError
from spreadwatch.feed.binance import Contract, contract, pair_of
from spreadwatch.feed.markets import OFFERED
from spreadwatch.feed.parsing.quotes import QuoteParser

_MARKETS = {market.value: market.side for market in OFFERED}
_MAX_LINE = 1 << 20
_GZIP_MAGIC = b"\x1f\x8b"


class _CaptureLine(msgspec.Struct):
    market: str
    recv_ms: Annotated[int, msgspec.Meta(ge=0, lt=1 << 43)]
    raw: msgspec.Raw
    stream: str | None = None


class _Payload(msgspec.Struct):
    """As much of a payload as tells whose quote it is. Depth frames carry lists where bookTicker has text."""

    s: str = ""
    e: str = "bookTicker"


class CapturedFrame(msgspec.Struct, frozen=True):
    """One payload as recorded: who sent it, when it came (Unix ms), and its text."""

    side: Side
    recv_ms: int
    raw: msgspec.Raw
    symbol: str


class Capture:
    """A capture file of `bookTicker` frames; frames of other streams are passed over.

    `faults` counts by reason what was skipped during the last pass, a file cut short included.
    """

    def __init__(self, path: Path) -> None:
        """Open `path` for a look. Raises CaptureError when it cannot be read at all."""
        self.path = path
        self.faults: Counter[str] = Counter()
        try:
            with self._open() as file:
                file.read(1)
        except (EOFError, zlib.error):
            pass  # a cut file is read as far as it goes
        except OSError as error:
            fault = error.strerror or str(error)
            raise CaptureError(f"cannot read the capture {path}: {fault}") from error

    def _open(self) -> BinaryIO:
        zipped = self.path.suffix == ".gz"
        return cast(BinaryIO, gzip.open(self.path, "rb") if zipped else self.path.open("rb"))

    def symbols(self) -> list[str]:
        """Read the whole file once and return the symbols in it, by the program's names, sorted."""
        return sorted({pair_of(record.symbol) for record in self.records() if record.symbol})

    def records(self) -> Iterator[CapturedFrame]:
        """Yield every usable line in order, counting what is skipped."""
        self.faults.clear()
        decode, name = msgspec.json.Decoder(_CaptureLine).decode, msgspec.json.Decoder(_Payload).decode
        last_ms = 0
        for text in self._lines():
            try:
                line = decode(text)
                side = _MARKETS[line.market]
                if line.stream is not None and not line.stream.endswith("@bookTicker"):
                    continue
                named = name(line.raw)
            except msgspec.ValidationError:
                self.faults["missing or wrong field"] += 1
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                self.faults["broken line"] += 1
            except KeyError:
                self.faults["unknown market"] += 1
            else:
                if named.e != "bookTicker":
                    continue
                if line.recv_ms < last_ms:
                    self.faults["out of order"] += 1
                    continue
                last_ms = line.recv_ms
                yield CapturedFrame(side, line.recv_ms, line.raw, named.s)

    def _lines(self) -> Iterator[bytes]:
        try:
            with self._open() as file:
                while text := file.readline(_MAX_LINE):
                    if len(text) == _MAX_LINE and not text.endswith(b"\n"):
                        self.faults["line over 1 MiB"] += 1
                        while (text := file.readline(_MAX_LINE)) and not text.endswith(b"\n"):
                            pass
                    elif text.strip():
                        yield text
        except (EOFError, zlib.error, gzip.BadGzipFile):
            self.faults["file cut short"] += 1
        except OSError as error:
            self.faults[f"unreadable from here on ({error.strerror})"] += 1


def batches(capture: Capture, contracts: dict[Side, list[Contract]], heartbeat: str | None = None) -> Iterator[Batch]:
    """Yield the quotes of `contracts` as batches: one per run of lines of a side received in the same ms.

    Those of the symbol `heartbeat` prove a connection alive, as they did when they were recorded.
    """
    beats = {side: [contract(side, heartbeat)] if heartbeat else [] for side in Side}
    parsers = {side: QuoteParser(side, contracts[side], beats[side]) for side in Side}
    wanted = {side: {one.wire for one in (*contracts[side], *beats[side])} for side in Side}
    records = (record for record in capture.records() if not record.symbol or record.symbol in wanted[record.side])
    for (side, recv_ms), run in itertools.groupby(records, key=lambda record: (record.side, record.recv_ms)):
        yield parsers[side].raw_batch((record.raw for record in run), Instant(recv_ms, recv_ms))
