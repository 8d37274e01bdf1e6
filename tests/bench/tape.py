"""Frames of a busy pair in today's shape: prices walk within ±600.00, no two quantities of a second alike."""

import random
import time

from tests.exchange_frames import envelope, frame

SYMBOL = "BTCUSDT"
STREAM = "btcusdt@bookTicker"
_MIDDLE = 830_916  # tenths: 83091.60
_REACH = 6_000
_TABLE = 1 << 16
_LONGEST = 20_000
_QUANTITIES = 9_000
_FIRST_U = {"spot": 78_304_416_507, "futures": 11_757_092_630_476}
_SHAPES = {
    "spot": b'{"u":%%d,"s":"%s","b":"%%s000000","B":"%%s00000","a":"%%s000000","A":"%%s00000"}',
    "futures": b'{"e":"bookTicker","u":%%d,"s":"%s","ps":"%s","b":"%%s","B":"%%s","a":"%%s","A":"%%s",'
    b'"T":%d,"E":%d,"st":1}',
}


class Tape:
    """All quotes of one venue, in order. Every frame of it has the same length."""

    def __init__(self, venue: str, *, combined: bool = True, seed: int = 7) -> None:
        """Begin a tape; without `combined` its payloads have no envelope."""
        random_ = random.Random(seed)
        walk, at = [], 0
        for _ in range(_TABLE):
            at = max(-_REACH, min(_REACH, at + random_.choice((-9, -2, -1, 0, 0, 0, 0, 1, 2, 9))))
            walk.append(_MIDDLE + at + (13 if venue == "futures" else 0))
        walk += walk[:_LONGEST]
        self._bids = [b"%d.%d0" % divmod(price, 10) for price in walk]
        self._asks = [b"%d.%d0" % divmod(price + 1, 10) for price in walk]
        thousandths = list(range(1000, 1000 + _QUANTITIES))
        random_.shuffle(thousandths)
        quantities = [b"%d.%03d" % divmod(thousandth, 1000) for thousandth in thousandths]
        self._bid_quantities = quantities * 4
        self._ask_quantities = quantities[:-1] * 4  # one shorter: no pair comes back for 81 million frames
        self._u, self._sent = _FIRST_U[venue], 0
        self._template = _template(venue, combined=combined)
        self.last_bid = ""
        """Bid of the last frame encoded."""

    def chunk(self, count: int) -> bytes:
        """Encode the next frames, at most 20,000."""
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
        template = self._template
        return b"".join([template % row for row in rows])

    def chunks(self, count: int) -> list[bytes]:
        """Encode the next `count` frames in parts of a size that a socket likes."""
        sizes = [5_000] * (count // 5_000) + [count % 5_000]
        return [self.chunk(size) for size in sizes if size]


def _template(venue: str, *, combined: bool) -> bytes:
    symbol = SYMBOL.encode()
    now_ms = time.time_ns() // 1_000_000
    payload = _SHAPES[venue] % (symbol if venue == "spot" else (symbol, symbol, now_ms, now_ms + 1))
    whole = envelope(STREAM, payload) if combined else payload
    size = len(whole % (_FIRST_U[venue], b"83091.60", b"1.000", b"83091.70", b"1.000"))
    return frame(b"", length=size) + whole
