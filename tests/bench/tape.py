"""Frames of a busy pair in today's shape: prices walk within ±600.00, no two quantities of a second alike."""

import random
import time
from collections.abc import Sequence
from functools import cache

from tests.exchange.frames import envelope, frame

SYMBOL = "BTCUSDT"
STREAM = "btcusdt@bookTicker"
LONGEST = 20_000
"""Frames of the longest chunk."""

_MIDDLE = 830_916  # tenths: 83091.60
_REACH = 6_000
_TABLE = 1 << 16
_QUANTITIES = 9_000
_STEPS = (-9, -2, -1, 0, 0, 0, 0, 1, 2, 9)
_MOVES = (-9, -2, -1, 1, 2, 9)
_FIRST_U = {"spot": 78_304_416_507, "futures": 11_757_092_630_476}
_SHAPES = {
    "spot": b'{"u":%%d,"s":"%s","b":"%%s000000","B":"%%s00000","a":"%%s000000","A":"%%s00000"}',
    "futures": b'{"e":"bookTicker","u":%%d,"s":"%s","ps":"%s","b":"%%s","B":"%%s","a":"%%s","A":"%%s",'
    b'"T":%d,"E":%d,"st":1}',
}


class Tape:
    """All quotes of one venue, in order. Every frame of it has the same length."""

    def __init__(self, venue: str, symbol: str = SYMBOL, *, combined: bool = True, moving: bool = False) -> None:
        """Begin a tape. Without `combined` its payloads have no envelope; if `moving`, each moves its prices."""
        self._bids, self._asks = _prices(13 if venue == "futures" else 0, _MOVES if moving else _STEPS)
        self._bid_quantities, self._ask_quantities = _quantities()
        self._venue, self._symbol, self._combined = venue, symbol, combined
        self._u, self._sent = _FIRST_U[venue], 0
        self._template, self._template_ms = b"", -1
        self.last_bid = ""
        """Bid of the last frame encoded."""

    def chunk(self, count: int) -> bytes:
        """Encode the next frames, at most 20,000; the futures' times are of now."""
        at, first, second = self._sent % _TABLE, self._sent % _QUANTITIES, self._sent % (_QUANTITIES - 1)
        rows = zip(
            range(self._u, self._u + count),
            self._bids[at : at + count],
            self._bid_quantities[first : first + count],
            self._asks[at : at + count],
            self._ask_quantities[second : second + count],
            strict=True,
        )
        self._u += count
        self._sent += count
        self.last_bid = self._bids[at + count - 1].decode()
        template = self._template_of(time.time_ns() // 1_000_000)
        return b"".join([template % row for row in rows])

    def chunks(self, count: int) -> list[bytes]:
        """Encode the next `count` frames in parts of a size that a socket likes."""
        sizes = [5_000] * (count // 5_000) + [count % 5_000]
        return [self.chunk(size) for size in sizes if size]

    def _template_of(self, now_ms: int) -> bytes:
        if now_ms == self._template_ms:
            return self._template
        symbol = self._symbol.encode()
        words = symbol if self._venue == "spot" else (symbol, symbol, now_ms, now_ms + 1)
        payload = _SHAPES[self._venue] % words
        whole = envelope(f"{self._symbol.lower()}@bookTicker", payload) if self._combined else payload
        size = len(whole % (_FIRST_U[self._venue], b"83091.60", b"1.000", b"83091.70", b"1.000"))
        self._template, self._template_ms = frame(b"", length=size) + whole, now_ms
        return self._template


@cache
def _prices(above: int, steps: Sequence[int]) -> tuple[list[bytes], list[bytes]]:
    """Return bids and asks of a walk, so many tenths above the middle."""
    chance = random.Random(7)
    walk, at = [], 0
    for _ in range(_TABLE):
        step = chance.choice(steps)
        at += step if abs(at + step) <= _REACH else -step
        walk.append(_MIDDLE + at + above)
    walk += walk[:LONGEST]
    return [b"%d.%d0" % divmod(price, 10) for price in walk], [b"%d.%d0" % divmod(price + 1, 10) for price in walk]


@cache
def _quantities() -> tuple[list[bytes], list[bytes]]:
    """Return quantities of bids and asks."""
    thousandths = list(range(1000, 1000 + _QUANTITIES))
    random.Random(8).shuffle(thousandths)
    quantities = [b"%d.%03d" % divmod(thousandth, 1000) for thousandth in thousandths]
    return quantities * 4, quantities[:-1] * 4  # one shorter: no pair comes back for 81 million frames
