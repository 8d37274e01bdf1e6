"""Minutes of two markets as files: invented anew for each run, and recorded ones, which a clone does not have."""

import gzip
from collections.abc import Iterable
from functools import cached_property
from heapq import merge
from pathlib import Path
from typing import Protocol

from msgspec import Struct

from tests.captures.lines import depth_lines, quote_lines, today_lines, trade_lines
from tests.captures.market import FIRST_MS, frames

DATA = Path(__file__).parents[3] / "shared" / "data"
"""Where recorded captures may be, beside the project."""
SEED = 2024
TODAY_MS = 1_790_526_538_000
TODAY_FRAMES = 400


class Minutes(Protocol):
    """The same minutes in three files."""

    @property
    def bookticker(self) -> Path:
        """The quotes of both markets."""

    @property
    def allstreams(self) -> Path:
        """The same quotes with trades and depth updates between them, each line with its stream."""

    @property
    def today(self) -> Path:
        """Quotes of two coins on futures, as they are sent since 2026."""


class Recorded(Struct, frozen=True):
    """Captures of real minutes."""

    bookticker: Path
    allstreams: Path
    today: Path


RECORDED = Recorded(
    DATA / "btcusdt-20240808-bookticker.jsonl.gz",
    DATA / "btcusdt-20240808-allstreams.jsonl.gz",
    DATA / "usdm-20260927-bookticker.jsonl",
)


class Invented:
    """Captures that a folder gets when they are first asked for."""

    def __init__(self, folder: Path, seed: int = SEED) -> None:
        self._folder = folder
        self._seed = seed

    @cached_property
    def bookticker(self) -> Path:
        """Write the quotes of both markets."""
        lines = quote_lines(frames(self._seed), self._seed)
        return self._save("bookticker.jsonl.gz", (line for _, line in lines))

    @cached_property
    def allstreams(self) -> Path:
        """Write the same quotes with trades and depth updates between them."""
        seed, quotes = self._seed, list(frames(self._seed))
        books = [depth_lines(quotes, seed, market) for market in FIRST_MS]
        streams = [quote_lines(quotes, seed, stream="btcusdt@bookTicker"), trade_lines(quotes, seed), *books]
        lines = merge(*streams, key=lambda line: line[0])
        return self._save("allstreams.jsonl.gz", (line for _, line in lines))

    @cached_property
    def today(self) -> Path:
        """Write futures quotes of two coins in today's shape."""
        quotes = [frame for frame in frames(self._seed) if frame.market == "um"][:TODAY_FRAMES]
        return self._save("today.jsonl", today_lines(quotes, TODAY_MS))

    def _save(self, name: str, lines: Iterable[str]) -> Path:
        path = self._folder / name
        content = "".join(lines).encode()
        path.write_bytes(gzip.compress(content, 6, mtime=0) if path.suffix == ".gz" else content)
        return path
