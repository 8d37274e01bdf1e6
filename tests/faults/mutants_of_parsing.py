"""Mutants of the decoder and the parser. See mutants.py."""

import contextlib
import inspect
import re
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal, DecimalException
from unittest import mock

import msgspec

from spreadwatch.core.events import Batch
from spreadwatch.core.quote import Instant, Quote
from spreadwatch.feed.frames import FrameDecoder, Message
from spreadwatch.feed.parsing import base, quotes
from spreadwatch.feed.parsing.quotes import QuoteParser

Mutant = Callable[[], contextlib.AbstractContextManager[object]]


def named(members: dict[str, object], module: str) -> dict[str, Mutant]:
    """Return the mutants among the members of a module, by their names."""
    return {
        name.removeprefix("_"): member
        for name, member in members.items()
        if name.startswith("_") and inspect.isfunction(member) and member.__module__ == module
    }


def _close_is_nothing() -> contextlib.AbstractContextManager[object]:
    """A close frame is read over."""
    take = FrameDecoder._take_control

    def deaf(self: FrameDecoder, opcode: int, payload: bytes, messages: list[Message]) -> None:
        if opcode != 8:
            take(self, opcode, payload, messages)

    return mock.patch.object(FrameDecoder, "_take_control", deaf)


def _never_stuck() -> contextlib.AbstractContextManager[object]:
    """Nobody minds when a symbol sends nothing but old update ids."""
    return mock.patch.object(QuoteParser, "stuck", return_value=None)


def _no_order() -> contextlib.AbstractContextManager[object]:
    """Any update id is as good as the last."""
    batch = QuoteParser.batch

    def unordered(self: QuoteParser, payloads: Iterable[bytes], at: Instant) -> Batch:
        batches = []
        for payload in payloads:
            self.restart()
            batches.append(batch(self, [payload], at))
        quotes = [quote for one in batches for quote in one.quotes]
        rejects = tuple(reason for one in batches for reason in one.rejects)
        return Batch(self.side, at, quotes, any(one.heard for one in batches), rejects)

    return mock.patch.object(QuoteParser, "batch", unordered)


class _LaxTicker(msgspec.Struct):
    """Wire form without a limit to any number."""

    u: int = 0
    s: str = ""
    b: str = ""
    B: str = ""
    a: str = ""
    A: str = ""
    T: int | None = None


class _LaxEnvelope(msgspec.Struct):
    data: _LaxTicker | None = None


def _no_end_of_ids() -> contextlib.AbstractContextManager[object]:
    """An update id may be as high as it likes."""
    return mock.patch.object(quotes, "_Envelope", _LaxEnvelope)


@contextlib.contextmanager
def _trusts_prices() -> Iterator[None]:
    """Any text is a price, any pair of prices is a quote, of any symbol."""
    batch = QuoteParser.batch

    def lenient(text: str) -> Decimal:
        try:
            return Decimal(text)
        except DecimalException:
            return Decimal(1)

    def trusting(self: QuoteParser, payloads: Iterable[bytes], at: Instant) -> Batch:
        payloads = list(payloads)
        contract = next(iter(self._contracts.values()))
        quotes = []
        for payload in payloads:
            with contextlib.suppress(msgspec.DecodeError, RecursionError):
                if ticker := self._decode(payload).data:
                    bid, bid_qty, ask, ask_qty = map(lenient, (ticker.b, ticker.B, ticker.a, ticker.A))
                    number, at_ms = ticker.u, ticker.T
                    quotes.append(Quote(self.side, contract.symbol, bid, bid_qty, ask, ask_qty, number, at_ms, at))
        honest = batch(self, [], at)
        return msgspec.structs.replace(honest, quotes=quotes, heard=bool(quotes))

    with mock.patch.object(QuoteParser, "batch", trusting):
        yield


def _crashes_on_garbage() -> contextlib.AbstractContextManager[object]:
    """What is no JSON raises in the reading thread."""
    return mock.patch.object(quotes, "NOT_A_VALUE", ())


def _garbage_uncounted() -> contextlib.AbstractContextManager[object]:
    """What is refused is not counted."""
    batch = QuoteParser.batch

    def quiet(self: QuoteParser, payloads: Iterable[bytes], at: Instant) -> Batch:
        return msgspec.structs.replace(batch(self, payloads, at), rejects=())

    return mock.patch.object(QuoteParser, "batch", quiet)


def _no_cap() -> contextlib.AbstractContextManager[object]:
    """A frame may be of any size."""
    return mock.patch.object(FrameDecoder.__init__, "__defaults__", (1 << 63,))


def _lax_frames() -> contextlib.AbstractContextManager[object]:
    """A broken protocol is nobody's business."""
    return mock.patch.object(FrameDecoder, "_fail", return_value=None)


def _no_fragments() -> contextlib.AbstractContextManager[object]:
    """A frame that is not a whole message is refused."""
    take = FrameDecoder._take_rare

    def whole_only(self: FrameDecoder, head: int, payload: bytes, messages: list[Message]) -> None:
        if head & 0x80 and head & 0xF:
            take(self, head, payload, messages)
        else:
            self._fail(messages, "a fragment")

    return mock.patch.object(FrameDecoder, "_take_rare", whole_only)


def _no_fragments_nor_binary() -> contextlib.AbstractContextManager[object]:
    """Only whole text messages are taken."""
    return mock.patch.object(FrameDecoder, "_take_rare", return_value=None)


def _shortest_lengths_only() -> contextlib.AbstractContextManager[object]:
    """A length is refused when a shorter form of it exists."""
    feed = FrameDecoder.feed

    def strict(self: FrameDecoder, data: bytes) -> list[Message]:
        if data[1:2] == b"\x7f" and int.from_bytes(data[2:10], "big") < 1 << 16:
            self._ended = True
        return feed(self, data)

    return mock.patch.object(FrameDecoder, "feed", strict)


def _tiny_cap() -> contextlib.AbstractContextManager[object]:
    """A message may have 1,000 bytes."""
    return mock.patch.object(FrameDecoder.__init__, "__defaults__", (1000,))


def _pings_end_a_read() -> contextlib.AbstractContextManager[object]:
    """What comes after a control frame in one read is lost."""
    take = FrameDecoder._take_control

    def greedy(self: FrameDecoder, opcode: int, payload: bytes, messages: list[Message]) -> None:
        take(self, opcode, payload, messages)
        self._ended = True

    return mock.patch.object(FrameDecoder, "_take_control", greedy)


def _compact_json_only() -> contextlib.AbstractContextManager[object]:
    """A quote is read by its place in the text."""
    batch = QuoteParser.batch
    usual = re.compile(rb'{"stream":"[a-z@A-Z]+","data":{("e":"bookTicker",)?"u":\d+,"s":"[A-Z]+","(b|ps)"|{"result')

    def rigid(self: QuoteParser, payloads: Iterable[bytes], at: Instant) -> Batch:
        return batch(self, [payload for payload in payloads if usual.match(payload)], at)

    return mock.patch.object(QuoteParser, "batch", rigid)


def _crashes_on_acks() -> contextlib.AbstractContextManager[object]:
    """An acknowledgement is taken for a quote."""

    def refuse(_self: QuoteParser, _payload: bytes, _ticker: object) -> None:
        raise base.Rejected("missing field")

    return mock.patch.object(QuoteParser, "_take_other", refuse)


def _forgets_partial_frames() -> contextlib.AbstractContextManager[object]:
    """What a read leaves over is thrown away."""
    feed = FrameDecoder.feed

    def forgetful(self: FrameDecoder, data: bytes) -> list[Message]:
        self._rest = bytearray()
        return feed(self, data)

    return mock.patch.object(FrameDecoder, "feed", forgetful)


def _quiet_coin_is_dead() -> contextlib.AbstractContextManager[object]:
    """The heartbeat symbol is no sign of life."""
    batch = QuoteParser.batch

    def watched_only(self: QuoteParser, payloads: Iterable[bytes], at: Instant) -> Batch:
        taken = batch(self, payloads, at)
        return msgspec.structs.replace(taken, heard=bool(taken.quotes))

    return mock.patch.object(QuoteParser, "batch", watched_only)


MUTANTS = named(dict(globals()), __name__)
"""Every mutant of this module by its name."""
