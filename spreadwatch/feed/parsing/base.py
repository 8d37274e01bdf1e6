"""What a stream asks of the part that reads its payloads."""

from abc import ABC, abstractmethod
from collections.abc import Iterable

from spreadwatch.core.events import Read
from spreadwatch.core.quote import Instant
from spreadwatch.feed import binance
from spreadwatch.feed.binance import Contract


class Parser(ABC):
    """Turn the payloads of some contracts into values. The reading thread, except `watch` and `forget`: any."""

    kind = ""
    """The exchange's word for its streams."""

    what = "quote"
    """What a silent connection did not send."""

    is_behind = False
    """Whether some symbol sent only update ids below its last since it last sent a new one."""

    def __init__(self, contracts: Iterable[Contract]) -> None:
        """Take what concerns `contracts`."""
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
        return type(self)(list(self._contracts.values()))

    @abstractmethod
    def batch(self, payloads: Iterable[bytes], at: Instant) -> Read:
        """Parse what one read brought, in combined-stream envelopes, received at `at`."""

    def watch(self, contract: Contract) -> None:
        """Take one more contract."""
        self._contracts[self.key_of(contract)] = contract

    def forget(self, contract: Contract) -> None:
        """Take no more of a contract; what is under way is no fault."""
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
