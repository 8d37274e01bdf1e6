"""Numbers as text, one way for each kind, and the names of a symbol. Pure.

Written here in ASCII, as files, pipes and JSON hold them. `on_screen` is the one translation of it for the eye.
"""

from decimal import ROUND_HALF_EVEN, Decimal

from spreadwatch.core.pair_name import spot_symbol

MINUS = "\N{MINUS SIGN}"
GROUP = "\N{NO-BREAK SPACE}"

BPS_PLACES = 2
"""Decimals of basis points for the eye."""
BPS_KEPT_PLACES = 4
"""Decimals of basis points for other programs."""
_NO_BPS = tuple(f"{sign}{0:.{places}f}" for sign in "+-" for places in (BPS_PLACES, BPS_KEPT_PLACES))

_QUOTE_ASSETS = (
    "FDUSD", "USDT", "USDC", "TUSD", "BUSD", "BIDR", "IDRT", "USD1", "USDE", "BTC", "ETH", "BNB", "EUR", "TRY", "BRL",
    "GBP", "AUD", "JPY", "PLN", "ARS", "MXN", "ZAR", "UAH", "RON", "CZK", "COP", "DAI", "USD",
)  # fmt: skip


def significant_places(number: Decimal) -> int:
    """Return the decimals of a finite number without its trailing zeros: 2 for 25.3500."""
    return len(f"{number:f}".partition(".")[2].rstrip("0"))


def plain(number: Decimal) -> str:
    """Write a number with the decimals that it has, without an exponent; zero has no sign."""
    return f"{number if number else number.copy_abs():f}"


def exact(number: Decimal, places: int = 0) -> str:
    """Write a price or an amount with at least `places` decimals, never rounded; zero has no sign."""
    decimals = max(places, significant_places(number))
    return f"{number if number else number.copy_abs():.{decimals}f}"


def signed(number: Decimal, places: int = 0) -> str:
    """Write a number like `exact`, with its sign always shown; zero has none."""
    return "+" + exact(number, places) if number > 0 else exact(number, places)


def bps(number: Decimal) -> str:
    """Write basis points for the eye, with their sign, without their unit; rounded here and nowhere before."""
    text = f"{number:+.{BPS_PLACES}f}"
    return text[1:] if text in _NO_BPS else text


def bps_kept(number: Decimal) -> str:
    """Write basis points for another program; rounded here and nowhere before."""
    text = f"{number:.{BPS_KEPT_PLACES}f}"
    return text[1:] if text in _NO_BPS else text


def percent(fraction: Decimal, places: int) -> str:
    """Write a fraction in percent with its sign: +0.0100%. Rounded as `rounded` does."""
    return signed(rounded(fraction * 100, places), places) + "%"


def rounded(number: Decimal, places: int) -> Decimal:
    """Round to `places` decimals, or to two digits where that would leave nothing of it."""
    near = number.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_EVEN)
    if near or not number:
        return near
    return number.quantize(Decimal(1).scaleb(number.adjusted() - 1), rounding=ROUND_HALF_EVEN)


def on_screen(number: str) -> str:
    """Translate what this module wrote, with or without a unit after it, for the eye.

    It gets a real minus sign, and no-break spaces between groups of three digits.
    """
    digits, blank, unit = number.partition(" ")
    whole, point, decimals = digits.partition(".")
    sign = whole[:1] if whole[:1] in "+-" else ""
    whole = whole[len(sign) :]
    if len(whole) > 3:
        whole = f"{int(whole):,}".replace(",", GROUP)
    return (MINUS if sign == "-" else sign) + whole + point + decimals + blank + unit


def split_symbol(symbol: str) -> tuple[str, str]:
    """Split a symbol, or the key of a pair, into base and quote asset; the quote is empty when none is known.

    Source: the quote assets of Binance's spot and USD-M symbol lists.
    """
    name = spot_symbol(symbol).partition("_")[0]
    for asset in _QUOTE_ASSETS:
        if name.endswith(asset) and len(name) > len(asset):
            return name.removesuffix(asset), asset
    return name, ""
