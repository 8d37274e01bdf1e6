"""Invented frames as lines of a capture, to the letter as the exchange spells them."""

import random
from collections.abc import Iterable, Iterator, Sequence

from tests.captures.market import FIRST_MS, LENGTH_MS, TICKS, Frame

START_MS = 1_723_161_254_000
"""When the invented minutes begin: 2024-08-08T23:54:14Z, as the recorded ones."""
BEHIND_MS = 1_270
"""How far the recorder's clock is behind the exchange's."""
DEPTH_STREAMS = {"spot": "btcusdt@depth@100ms", "um": "btcusdt@depth@0ms"}

_DEPTH_EVERY_MS = {"spot": 100, "um": 52}
_TRADES = 0.33  # share of the quotes that a trade comes with
_LEVELS = {"spot": 16, "um": 34}

Line = tuple[int, str]
"""When it came, in ms since the start, and the line."""


def price(market: str, cents: int) -> str:
    """Write a price: 8 decimals on spot, 2 on futures."""
    return f"{cents // 100}.{cents % 100:02}{'000000' if market == 'spot' else ''}"


def size(market: str, lots: int) -> str:
    """Write a quantity: spot counts in 0.00001 and writes 8 decimals, futures count in 0.001."""
    return f"{lots // 100_000}.{lots % 100_000:05}000" if market == "spot" else f"{lots // 1_000}.{lots % 1_000:03}"


def book_of(frame: Frame) -> str:
    """Write the best bid and ask with their quantities."""
    market = frame.market
    bid, ask = price(market, frame.bid), price(market, frame.ask)
    return f'"b":"{bid}","B":"{size(market, frame.bid_lots)}","a":"{ask}","A":"{size(market, frame.ask_lots)}"'


def _line(market: str, at_ms: int, raw: str, stream: str | None) -> Line:
    named = f'"stream":"{stream}",' if stream else ""
    return at_ms, f'{{"market":"{market}","recv_ms":{START_MS + at_ms},{named}"raw":{{{raw}}}}}\n'


def quote_lines(frames: Iterable[Frame], seed: int, *, stream: str | None = None) -> Iterator[Line]:
    """Yield each frame as a `bookTicker`; those of futures say when the exchange made and sent them."""
    chance = random.Random(seed)
    made_ms = 0
    for frame in frames:
        raw = f'"u":{frame.update_id},"s":"BTCUSDT",{book_of(frame)}'
        if frame.market == "um":
            made_ms = max(made_ms, START_MS + frame.at_ms + BEHIND_MS - chance.randrange(3))
            raw = f'"e":"bookTicker",{raw},"T":{made_ms},"E":{made_ms + chance.choice((0, 0, 0, 1, 1, 2))}'
        yield _line(frame.market, frame.at_ms, raw, stream)


def trade_lines(frames: Iterable[Frame], seed: int) -> Iterator[Line]:
    """Yield a trade at the bid or the ask after one frame in three."""
    chance = random.Random(seed)
    for number, frame in enumerate(frames):
        if chance.random() >= _TRADES:
            continue
        market, is_sale = frame.market, chance.random() < 0.5
        sent_ms = START_MS + frame.at_ms + BEHIND_MS
        cents = frame.bid if is_sale else frame.ask
        lots = size(market, chance.randint(1, frame.bid_lots))
        deal = f'"t":{number},"p":"{price(market, cents)}","q":"{lots}"'
        maker = f'"m":{str(is_sale).lower()}'
        if market == "spot":
            raw = f'"e":"trade","E":{sent_ms + 1},"s":"BTCUSDT",{deal},"T":{sent_ms},{maker},"M":true'
        else:
            raw = f'"e":"trade","E":{sent_ms},"T":{sent_ms},"s":"BTCUSDT",{deal},"X":"MARKET",{maker}'
        yield _line(market, frame.at_ms, raw, "btcusdt@trade")


def depth_lines(frames: Sequence[Frame], seed: int, market: str) -> Iterator[Line]:
    """Yield a market's changes of its book, some levels a side, from its first frame on."""
    chance = random.Random(seed)
    own = iter([frame for frame in frames if frame.market == market])
    best, following = next(own), next(own, None)
    previous_id = 0
    for at_ms in range(FIRST_MS[market], LENGTH_MS, _DEPTH_EVERY_MS[market]):
        while following is not None and following.at_ms <= at_ms:
            best, following = following, next(own, None)
        first_id, last_id = previous_id + 1, max(previous_id + 1, best.update_id)
        sides = [
            _levels(chance, market, *end) for end in ((best.bid, -TICKS[market].cents), (best.ask, TICKS[market].cents))
        ]
        sent_ms = START_MS + at_ms + BEHIND_MS
        ids = f'"U":{first_id},"u":{last_id}'
        if market == "spot":
            head = f'"E":{sent_ms},"s":"BTCUSDT",{ids}'
        else:
            head = f'"E":{sent_ms},"T":{sent_ms - 1},"s":"BTCUSDT",{ids},"pu":{previous_id}'
        previous_id = last_id
        raw = f'"e":"depthUpdate",{head},"b":[{sides[0]}],"a":[{sides[1]}]'
        yield _line(market, at_ms, raw, DEPTH_STREAMS[market])


def _levels(chance: random.Random, market: str, cents: int, step: int) -> str:
    """Write some levels from the best one outwards; a quantity of zero takes a level away."""
    levels = []
    for _ in range(chance.randint(0, _LEVELS[market])):
        lots = 0 if chance.random() < 0.4 else chance.randint(1, 200_000)
        levels.append(f'["{price(market, cents)}","{size(market, lots)}"]')
        cents += step * chance.randint(1, 40)
    return ",".join(levels)


def today_lines(frames: Iterable[Frame], start_ms: int) -> Iterator[str]:
    """Yield futures frames of two coins in turns, in the shape of 2026, with the keys `ps` and `st`."""
    for number, frame in enumerate(frames):
        symbol = "ETHUSDT" if number % 3 == 2 else "BTCUSDT"
        at_ms = start_ms + frame.at_ms
        times = f'"T":{at_ms - 25},"E":{at_ms - 24}'
        raw = f'"e":"bookTicker","u":{frame.update_id},"s":"{symbol}","ps":"{symbol}",{book_of(frame)},{times},"st":1'
        yield f'{{"market":"um","recv_ms":{at_ms},"raw":{{{raw}}}}}\n'
