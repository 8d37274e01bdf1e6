"""What a pair is called: a symbol and a contract, written in one way, its key. Pure.

`ETHUSDT` is the perpetual, `BTCUSDT@current_quarter` whichever quarter is the current one, `BTCUSDT_261225` the
quarter that is delivered that day, which is how the exchange itself writes it.
"""

import re
from datetime import UTC, datetime, timedelta

from msgspec import Struct

from spreadwatch.core.quote import MarketKind, Side

PERPETUAL = "perpetual"

_QUARTERS = ("current_quarter", "next_quarter")

OFFERED = (PERPETUAL, *_QUARTERS)
"""Contracts that can be chosen by a word."""

_COIN_MARGINED = tuple(f"coinm_{contract}" for contract in OFFERED)
_DAY = re.compile(r"[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])")


class PairName(Struct, frozen=True, order=True):
    """One pair. `symbol` is its spot symbol, `contract` one of OFFERED or a quarter's day of delivery as YYMMDD."""

    symbol: str
    contract: str = PERPETUAL

    def __str__(self) -> str:
        """Return the key."""
        if self.contract == PERPETUAL:
            return self.symbol
        return f"{self.symbol}{'_' if self.is_dated else '@'}{self.contract}"

    @property
    def is_dated(self) -> bool:
        """Whether the contract is a quarter by its day, the same one for ever."""
        return _DAY.fullmatch(self.contract) is not None

    @property
    def is_relative(self) -> bool:
        """Whether only the exchange's list tells which contract that is at a moment."""
        return self.contract != PERPETUAL and not self.is_dated

    def dated(self, at_ms: int) -> "PairName":
        """Return which quarter a relative contract was at a Unix ms, by the exchange's calendar; others as they are.

        A quarter ends at 08:00 UTC of the last Friday of March, June, September and December.
        """
        if not self.is_relative:
            return self
        year = datetime.fromtimestamp(at_ms / 1000, UTC).year
        ends = (_last_friday(each, month) for each in (year, year + 1) for month in (3, 6, 9, 12))
        left = [end for end in ends if end.timestamp() * 1000 > at_ms]
        return PairName(self.symbol, left[_QUARTERS.index(self.contract)].strftime("%y%m%d"))


def _last_friday(year: int, month: int) -> datetime:
    last = datetime(year, month, 31 if month in (3, 12) else 30, 8, tzinfo=UTC)
    return last - timedelta(days=(last.weekday() - 4) % 7)


def parse(text: str, contract: str = PERPETUAL) -> PairName:
    """Read what a person wrote; without a contract of its own it has `contract`. Only ASCII letters change their case.

    Raises ValueError with a sentence for a contract that there is not. The symbol is not judged.
    """
    symbol, has_word, word = text.partition("@")
    name = of_wire("".join(letter.upper() if letter.isascii() else letter for letter in symbol))
    if not has_word:
        return name if name.is_dated else PairName(name.symbol, contract)
    word = word.lower()
    if name.is_dated:
        raise ValueError(f'a second contract, after that of a quarter: write "{name}" alone')
    if word in _COIN_MARGINED:
        raise ValueError(f"a COIN-M contract, which this version does not offer: choose {_choices()}")
    if word not in OFFERED and not _DAY.fullmatch(word):
        raise ValueError(f"no such contract: choose {_choices()}")
    return PairName(name.symbol, word)


def of_wire(wire: str) -> PairName:
    """Return the pair of a futures contract's name: one that ends in a day is that quarter, any other a perpetual."""
    symbol, _, day = wire.rpartition("_")
    return PairName(symbol, day) if symbol and _DAY.fullmatch(day) else PairName(wire)


def of_key(key: str) -> PairName:
    """Return the pair of a key."""
    symbol, has_word, contract = key.partition("@")
    return PairName(symbol, contract) if has_word else of_wire(key)


def market_of(side: Side, key: str) -> MarketKind:
    """Return where a leg of a pair trades. Every futures leg that can be chosen today is on USD-M."""
    return MarketKind.SPOT if side is Side.SPOT else MarketKind.USD_M


def spot_symbol(key: str) -> str:
    """Return the spot symbol of a key."""
    return of_key(key).symbol


def _choices() -> str:
    return f"{', '.join(OFFERED)}, or a quarter's day of delivery such as 261225"
