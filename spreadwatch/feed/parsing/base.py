"""What a stream asks of the part that reads its payloads, and what all those parts have in common.

Foreign text becomes a valid value or a counted reject, never anything between.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from decimal import Decimal, InvalidOperation
from typing import ClassVar, Generic, TypeVar

import msgspec

from spreadwatch.core.events import Read
from spreadwatch.core.quote import Instant, Side
from spreadwatch.feed import binance
from spreadwatch.feed.binance import Contract

_MAX_DIGITS = 24  # what Decimal adds and scales exactly, with room to spare
_LEAVING = "serverShutdown"

Wire = TypeVar("Wire")
Value = TypeVar("Value")
Brought = TypeVar("Brought", bound=Read)


class Rejected(Exception):  # noqa: N818 - an outcome, not an error
    """A payload that is not a valid value; the message is the reason it is counted under."""


NOT_A_VALUE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What decoding raises for a payload that is none of ours."""


class Parser(ABC):
    """Turn the payloads of some contracts of a side into values. The reading thread, except `watch` and `forget`."""

    kind = ""
    """The exchange's word for its streams."""

    what = "quote"
    """What a silent connection did not send."""

    is_behind = False
    """Whether some symbol sent only update ids below its last since it last sent a new one."""

    def __init__(self, side: Side, contracts: Iterable[Contract]) -> None:
        """Take what concerns `contracts`."""
        self.side = side
        self.leaving = False
        """Whether the exchange gave notice that it will close the connection."""
        self.keeps_texts = False
        """Whether batches carry the wire's texts, for a recorder. Any thread may set it."""
        self._contracts = {self.key_of(contract): contract for contract in contracts}

    def stream_of(self, contract: Contract) -> str:
        """Return the name of a contract's stream."""
        return binance.stream(contract.wire, self.kind)

    def key_of(self, contract: Contract) -> str:
        """Return what a payload calls a contract."""
        return contract.wire

    def again(self) -> "Parser":
        """Return a parser of the same contracts for another connection."""
        return type(self)(self.side, list(self._contracts.values()))

    @abstractmethod
    def batch(self, payloads: Iterable[bytes], at: Instant) -> Read:
        """Parse what one read brought, in combined-stream envelopes, received at `at`."""

    def watch(self, contract: Contract) -> None:
        """Take one more contract. Any thread."""
        self._contracts[self.key_of(contract)] = contract

    def forget(self, contract: Contract) -> None:
        """Take no more of a contract; what is under way is no fault. Any thread."""
        self._contracts.pop(self.key_of(contract), None)

    def needs(self, contract: Contract) -> bool:
        """Tell whether a contract's stream is wanted even when nobody watches it."""
        return False

    def streams(self) -> list[str]:
        """Return the streams of all contracts."""
        return [self.stream_of(contract) for contract in list(self._contracts.values())]

    def connect(self) -> None:
        """Begin with a new connection."""
        self.leaving = False

    def restart(self) -> None:  # noqa: B027 - not every payload carries ids
        """Forget the update ids, because the exchange has begun to count anew."""

    def stuck(self, at: Instant, limit_ms: int) -> str | None:
        """Name a symbol that for over `limit_ms` sent nothing but update ids below its last; None if none did."""
        return None


class Envelope(msgspec.Struct, Generic[Wire]):
    """Wire form of a combined stream's message."""

    stream: str = ""
    data: Wire | None = None


class EnvelopeParser(Parser, Generic[Wire, Value, Brought]):
    """Read envelopes of a combined stream one by one, which is fast enough for all but quotes.

    A subclass says what an envelope holds, whose it is, what value it makes, and what carries the values of a read.
    """

    envelope: ClassVar[type]
    """Wire form, an `Envelope` of `Wire`."""

    def __init__(self, side: Side, contracts: Iterable[Contract]) -> None:
        """Take values of `contracts`."""
        super().__init__(side, contracts)
        self._decode: Callable[[bytes], Envelope[Wire]] = msgspec.json.Decoder(self.envelope).decode

    def batch(self, payloads: Iterable[bytes], at: Instant) -> Brought:
        """Parse what one read brought, in combined-stream envelopes, received at `at`."""
        values: list[Value] = []
        rejects: list[str] = []
        repeated: list[str] = []
        for payload in payloads:
            try:
                envelope = self._decode(payload)
                data = envelope.data
                if data is None or not (key := self.key_in(envelope.stream, data)):
                    self.leaving |= take_reply(payload)
                elif contract := self._contracts.get(key):
                    value = self.value(data, contract, at)
                    if value is None:
                        repeated.append(contract.symbol)
                    else:
                        values.append(value)
            except (Rejected, *NOT_A_VALUE) as fault:
                rejects.append(reason_of(fault))
        return self.read(values, tuple(rejects), tuple(repeated))

    @abstractmethod
    def key_in(self, stream: str, data: Wire) -> str:
        """Return what a payload of `stream` calls its contract, empty when it is none of these values."""

    @abstractmethod
    def value(self, data: Wire, contract: Contract, at: Instant) -> Value | None:
        """Return the value that a payload holds, None for one that came before. Raises Rejected."""

    @abstractmethod
    def read(self, values: list[Value], rejects: tuple[str, ...], repeated: tuple[str, ...]) -> Brought:
        """Return the event that carries what one read brought."""


class _Reply(msgspec.Struct):
    """Wire form of what is no value: the reply to a request, or a notice."""

    stream: str = ""
    e: str = ""
    result: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    error: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    code: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


_decode_reply = msgspec.json.Decoder(_Reply).decode


def take_reply(payload: bytes) -> bool:
    """Tell whether a payload that is no value is the notice of a connection's end, and no acknowledgement.

    Raises Rejected for anything else, msgspec.DecodeError and RecursionError for what is no JSON.
    """
    reply = _decode_reply(payload)
    if _LEAVING in (reply.e, reply.stream.removeprefix("!")):
        return True
    if reply.error is not msgspec.UNSET or reply.code is not msgspec.UNSET:
        raise Rejected("error reply")
    if reply.result is msgspec.UNSET:
        raise Rejected("missing field")
    return False


def positive(text: str) -> Decimal:
    """Return the exact value of a plain decimal text above zero. Raises Rejected with the reason."""
    # Decimal alone would take 1e5, 1_0, NaN, blanks and the digits of every script.
    if text.strip("0123456789."):
        raise Rejected("negative" if text.startswith("-") else "not a number")
    if len(text) > _MAX_DIGITS:
        raise Rejected("too many digits")
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise Rejected("not a number" if text else "missing field") from None
    if not number:
        raise Rejected("zero")
    return number


def reason_of(fault: Exception) -> str:
    """Return the reason that a payload is counted under."""
    if isinstance(fault, Rejected):
        return str(fault)
    return "wrong type" if isinstance(fault, msgspec.ValidationError) else "not JSON"
