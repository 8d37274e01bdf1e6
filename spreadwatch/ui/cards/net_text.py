"""Both directions after fees, the size and its price, in words. Pure."""

from spreadwatch.core.depth import SizeQuote
from spreadwatch.core.net import Net
from spreadwatch.core.net import sentence as core_sentence
from spreadwatch.core.numbers import split_symbol
from spreadwatch.ui.cards import amounts
from spreadwatch.ui.kit import text


def sentence(net: Net, symbol: str, places: int) -> str:
    """Say for a beginner what an entry costs now, and what fees add."""
    coin, currency = split_symbol(symbol)
    return core_sentence(net, coin, currency or "quote units", places, amounts.money)


def size(net: Net, symbol: str) -> str:
    """Say how much there is now, in coins and in quote currency."""
    coin, currency = split_symbol(symbol)
    worth = amounts.money(net.size_quote, 2 if net.size_quote < 1_000 else 0)
    return f"{text.price(net.size, 0)} {coin} = {worth} {currency}".rstrip()


def size_title(depth: SizeQuote, symbol: str) -> str:
    """Say which size the average prices are of."""
    currency = split_symbol(symbol)[1]
    return f"{text.price(depth.size_quote, 0)} {currency} on each leg".replace("  ", " ")


def thin(depth: SizeQuote) -> str:
    """Say why there is no price of that size; empty when there is one."""
    if depth.too_thin:
        return "book too thin on " + " and ".join(depth.too_thin)
    return "" if depth.spread is not None else "no live book"
