"""Mutated bytes: decoder and parser never raise, and never state a quote that an independent oracle does not."""

import multiprocessing
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from contextlib import AbstractContextManager
from decimal import Decimal
from unittest.mock import patch

import msgspec
import pytest

from spreadwatch.core.events import Batch
from spreadwatch.core.quote import Instant, Quote
from spreadwatch.feed import frames
from spreadwatch.feed.frames import FrameDecoder
from spreadwatch.feed.parsing import base, quotes
from spreadwatch.feed.parsing.quotes import QuoteParser
from tests.faults import figures, fuzz
from tests.faults.streams import Mutants, fails

_COUNT, _LONG_COUNT = 200_000, 10_000_000
_CHUNK = 20_000
_PROCESSES = 2


def fuzzed(count: int) -> None:
    """Judge inputs in this process."""
    _, _, found = fuzz.run(figures.seed(), count, most=1)
    assert not found, found[0].words


@pytest.mark.timeout(1500)
def test_no_input_is_misunderstood() -> None:
    count = _LONG_COUNT if figures.is_long() else _COUNT
    seeds = [figures.seed() * 1_000_003 + chunk for chunk in range(count // _CHUNK)]
    print(f"seed {figures.seed()}: {count} inputs")
    with ProcessPoolExecutor(_PROCESSES, multiprocessing.get_context("spawn")) as pool:
        results = list(pool.map(fuzz.run, seeds, [_CHUNK] * len(seeds)))
    found = [one for _, _, disagreements in results for one in disagreements]
    quotes, violations = sum(result[0] for result in results), sum(result[1] for result in results)
    figures.note("mutated inputs judged by an oracle", count, "inputs", count, "total")
    figures.note("exceptions, and quotes that differ from the oracle", len(found), "inputs", 0)
    assert not found, "\n".join(f"{one.words} (seed {one.seed}, number {one.number})" for one in found[:5])
    assert quotes > count / 16 / 20, "hardly any input held a quote: the fuzz is of no use"
    assert violations > count / 16 / 100


def test_unspoilt_quotes_are_understood() -> None:
    data = b"".join(
        frames_of(
            b'{"stream":"ethusdt@bookTicker","data":{"u":%d,"s":"ETHUSDT","b":"1.10","B":"2","a":"1.20","A":"3"}}' % u
        )
        for u in range(1, 4)
    )
    said = fuzz.read_frames(data)
    assert [kind for kind, _ in said] == ["message"] * 3
    assert len(fuzz.read_quotes(payload for _, payload in said if isinstance(payload, bytes))) == 3


def frames_of(payload: bytes) -> bytes:
    """Return a payload as one frame."""
    assert len(payload) < 126
    return bytes((0x81, len(payload))) + payload


_batch = QuoteParser.batch
_feed = FrameDecoder.feed
_refuse = FrameDecoder._refuse


def _decimal_only(text: str) -> Decimal:
    number = Decimal(text) if text else Decimal("NaN")
    if not number > 0:
        raise base.Rejected("zero")
    return number


def _crossed_taken(self: QuoteParser, payloads: Iterable[bytes], at: Instant) -> Batch:
    """Turn a crossed quote round instead of refusing it."""
    payloads = list(payloads)
    batch = _batch(self, payloads, at)
    if "crossed" not in batch.rejects:
        return batch
    self.restart()
    exchanged = [
        payload.replace(b'"a"', b'"?"').replace(b'"b"', b'"a"').replace(b'"?"', b'"b"') for payload in payloads
    ]
    return _batch(self, exchanged, at)


def _any_order(self: QuoteParser, payloads: Iterable[bytes], at: Instant) -> Batch:
    quotes: list[Quote] = []
    for payload in payloads:
        self.restart()
        quotes += _batch(self, [payload], at).quotes
    return Batch(self.side, at, quotes, heard=True)


def _forgetful(self: FrameDecoder, data: bytes) -> list[frames.Message]:
    said = _feed(self, data)
    self._rest = bytearray()
    return said


def _lenient_control(self: FrameDecoder, head: int, length: int, said: list[frames.Message]) -> bool:
    return _refuse(self, head, min(length, 125), said)


def _unreserved(self: FrameDecoder, head: int, payload: bytes, said: list[frames.Message]) -> None:
    _take_rare(self, head & ~0x70, payload, said)


_take_rare = FrameDecoder._take_rare

MUTANTS: Mutants = {
    "Decimal alone decides": lambda: [patch.object(quotes, "positive", _decimal_only)],
    "any length of number": lambda: [patch.object(base, "_MAX_DIGITS", 999)],
    "crossed quotes turned round": lambda: [patch.object(QuoteParser, "batch", _crossed_taken)],
    "any order of update ids": lambda: [patch.object(QuoteParser, "batch", _any_order)],
    "half frames forgotten": lambda: [patch.object(FrameDecoder, "feed", _forgetful)],
    "validation errors raised": lambda: [patch.object(quotes, "NOT_A_VALUE", (UnicodeDecodeError, RecursionError))],
    "undecodable text raised": lambda: [patch.object(quotes, "NOT_A_VALUE", (msgspec.DecodeError,))],
    "lenient control frames": lambda: [patch.object(FrameDecoder, "_refuse", _lenient_control)],
    "reserved bits ignored": lambda: [patch.object(FrameDecoder, "_take_rare", _unreserved)],
    "long frames taken": lambda: [patch.object(FrameDecoder.__init__, "__defaults__", (1 << 40,)), *_deaf_to_limits()],
    "binary as nothing": lambda: [patch.object(frames, "_BINARY", 99)],
}


def _deaf_to_limits() -> list[AbstractContextManager[object]]:
    init = FrameDecoder.__init__
    return [patch.object(FrameDecoder, "__init__", lambda self, _=0: init(self, 1 << 40))]


@pytest.mark.parametrize("mutant", MUTANTS)
def test_mutants_are_noticed(mutant: str) -> None:
    scenario: Callable[[], None] = lambda: fuzzed(20_000)  # noqa: E731
    fails(MUTANTS[mutant](), scenario)
