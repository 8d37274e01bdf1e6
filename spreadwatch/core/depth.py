"""The price of a size: walk a book until the size is filled. Pure."""

from collections.abc import Sequence
from decimal import Decimal, localcontext

from msgspec import Struct

from spreadwatch.core.quote import Side

Level = tuple[Decimal, Decimal]
"""Price in quote currency per coin, quantity in coins."""

_EXACT_DIGITS = 100  # more than twenty sums of products of the longest numbers on the wire have


class SizeQuote(Struct, frozen=True):
    """What `size_quote` (quote currency, on each leg) trades at now, on average per coin.

    `spot_ask`, `futures_bid`: None when there is no live book, or it is too thin. `spread`: their difference,
    None unless both are there. `too_thin` names the legs whose twenty levels do not hold the size.
    """

    size_quote: Decimal
    spot_ask: Decimal | None
    futures_bid: Decimal | None
    spread: Decimal | None
    too_thin: tuple[Side, ...]
    age_ms: int | None


def fill_price(levels: Sequence[Level], size_quote: Decimal) -> Decimal | None:
    """Return the average price per coin of trading `size_quote` of quote currency down the levels, best first.

    Rounded once, at the end, to the digits of the present context. None when the levels do not hold the size.
    Raises ValueError when it is not above zero.
    """
    if size_quote <= 0:
        raise ValueError(f"a size of {size_quote} cannot be traded: give one above 0")
    with localcontext(prec=_EXACT_DIGITS):
        left, coins = size_quote, Decimal(0)
        for price, quantity in levels:
            worth = price * quantity
            if worth >= left:
                dividend, divisor = size_quote * price, coins * price + left
                break
            left -= worth
            coins += quantity
        else:
            return None
    return dividend / divisor


def size_quote(
    size: Decimal, asks: Sequence[Level] | None, bids: Sequence[Level] | None, age_ms: int | None
) -> SizeQuote:
    """Return what an entry of `size` quote currency trades at: spot `asks`, futures `bids`, best first.

    A book is None while there is no live one. `age_ms` is the older book's age.
    """
    spot_ask = None if asks is None else fill_price(asks, size)
    futures_bid = None if bids is None else fill_price(bids, size)
    too_thin = []
    if asks is not None and spot_ask is None:
        too_thin.append(Side.SPOT)
    if bids is not None and futures_bid is None:
        too_thin.append(Side.FUTURES)
    spread = None if spot_ask is None or futures_bid is None else spot_ask - futures_bid
    return SizeQuote(size, spot_ask, futures_bid, spread, tuple(too_thin), age_ms)
