"""What a round trip costs: both directions after taker fees, and the size that is there now.

Pure. Source of the fees: binance.com/en/fee, recorded 2026-10-12.
"""

from collections.abc import Callable
from decimal import Decimal

from msgspec import Struct

from spreadwatch.core.numbers import exact
from spreadwatch.core.quote import Quote, Side
from spreadwatch.core.spread import BPS, bps, entry, reverse

_BNB_SPOT = Decimal("0.75")  # source: 25 % off spot fees that are paid in BNB
_BNB_FUTURES = Decimal("0.90")  # source: 10 % off USD-M fees that are paid in BNB
_FEE_DIGITS = 3


class Fees(Struct, frozen=True):
    """Taker fee of each side as a fraction of the amount, discounts applied: 0.001 is 0.1 %."""

    spot: Decimal
    futures: Decimal


class Net(Struct, frozen=True):
    """Both directions of a pair, prices in quote currency per coin, `_bps` of the spot ask.

    `entry_edge_bps`: what is left of buying spot and selling the future, `reverse_edge_bps` of selling spot
    and buying the future back, each after both taker fees. `round_trip`: what entering and leaving at once
    costs, all four fees included. `size`: coins that both top quotes offer to an entry, worth `size_quote` at
    the spot ask; `limiting` names the leg that offers no more than that.
    """

    entry: Decimal
    entry_bps: Decimal
    entry_edge_bps: Decimal
    reverse: Decimal
    reverse_bps: Decimal
    reverse_edge_bps: Decimal
    entry_fees: Decimal
    round_trip: Decimal
    round_trip_bps: Decimal
    size: Decimal
    size_quote: Decimal
    limiting: Side


def fees(spot_bps: Decimal, futures_bps: Decimal, *, bnb: bool) -> Fees:
    """Return the fees from a price list in bps of the amount; `bnb`: they are paid in BNB, at a discount."""
    spot, futures = spot_bps / BPS, futures_bps / BPS
    return Fees(spot * _BNB_SPOT, futures * _BNB_FUTURES) if bnb else Fees(spot, futures)


def edge_bps(spot: Quote, futures: Quote, fees: Fees) -> Decimal:
    """Return what is left of an entry after both taker fees, in bps of the spot ask."""
    ask = spot.ask
    return bps(futures.bid * (1 - fees.futures) - ask * (1 + fees.spot), ask)


def net(spot: Quote, futures: Quote, fees: Fees) -> Net:
    """Return what both directions come to between two live quotes of the same coin."""
    ask = spot.ask
    gross_in, gross_out = entry(spot, futures), reverse(spot, futures)
    entry_fees = ask * fees.spot + futures.bid * fees.futures
    reverse_fees = spot.bid * fees.spot + futures.ask * fees.futures
    round_trip = gross_in - gross_out + entry_fees + reverse_fees
    size = min(spot.ask_qty, futures.bid_qty)
    return Net(
        entry=gross_in,
        entry_bps=bps(gross_in, ask),
        entry_edge_bps=edge_bps(spot, futures, fees),
        reverse=gross_out,
        reverse_bps=bps(gross_out, ask),
        reverse_edge_bps=bps(gross_out - reverse_fees, ask),
        entry_fees=entry_fees,
        round_trip=round_trip,
        round_trip_bps=bps(round_trip, ask),
        size=size,
        size_quote=size * ask,
        limiting=Side.SPOT if spot.ask_qty <= futures.bid_qty else Side.FUTURES,
    )


def sentence(
    net: Net, coin: str, currency: str, places: int, write: Callable[[Decimal, int], str] | None = None
) -> str:
    """Say for a beginner what an entry of one coin costs or brings now, and what the fees add.

    `coin` and `currency` are names such as BTC and USDT. `write` turns an amount of at least 0 into text with at
    least so many decimals; None for plain digits. The fees are rounded to `places`, or to three digits if that is
    finer; the sum is that of the numbers said.
    """
    gross, fees = net.entry, _rounded_fees(net.entry_fees, places)
    total = gross + fees

    def money(amount: Decimal) -> str:
        return f"{(write or exact)(abs(amount), places)} {currency}"

    now = f"{'costs' if gross > 0 else 'brings'} {money(gross)} now" if gross else "costs nothing now"
    start = f"Buying one {coin} spot and selling it as a future {now}"
    if not fees:
        return f"{start}, and there are no fees on it."
    if not gross:
        return f"{start}; the taker fees add {money(fees)}."
    if gross > 0:
        return f"{start}; the taker fees add {money(fees)}, so it costs {money(total)} in all."
    if total > 0:
        return f"{start}; the taker fees take {money(fees)}, so it costs {money(total)} in all."
    return f"{start}; the taker fees take {money(fees)} and leave {money(total) if total else 'nothing'}."


def _rounded_fees(fees: Decimal, places: int) -> Decimal:
    return round(fees, max(places, _FEE_DIGITS - 1 - fees.adjusted())) if fees else fees
