"""Binance's names: which contract is which coin, streams, URLs (RULES: units)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spreadwatch.core.pair_name import spot_symbol
from spreadwatch.core.quote import MarketKind, Side
from spreadwatch.feed.binance import Contract, canonical, contract, pair_of, stream
from spreadwatch.feed.markets import stream_url

THOUSANDFOLD = ["PEPE", "SHIB", "BONK", "FLOKI", "LUNC", "XEC"]
fast = settings(deadline=None, database=None)


@pytest.mark.parametrize("coin", THOUSANDFOLD)
def test_a_thousandfold_contract_is_known_by_both_of_its_names(coin: str) -> None:
    spot, futures = f"{coin}USDT", f"1000{coin}USDT"
    assert canonical(futures) == canonical(spot) == spot
    assert contract(Side.FUTURES, spot) == Contract(spot, futures, 1000)
    assert contract(Side.SPOT, spot) == Contract(spot, spot, 1)


@pytest.mark.parametrize(
    ("spot", "futures"), [("DODOUSDT", "DODOXUSDT"), ("LUNAUSDT", "LUNA2USDT"), ("RAYUSDT", "RAYSOLUSDT")]
)
def test_a_renamed_contract_is_the_same_coin_in_the_same_unit(spot: str, futures: str) -> None:
    assert canonical(futures) == spot
    assert contract(Side.FUTURES, spot) == Contract(spot, futures, 1)
    assert contract(Side.SPOT, spot) == Contract(spot, spot, 1)


@pytest.mark.parametrize(
    "symbol",
    [
        *("1000SATSUSDT", "1000CATUSDT", "1000CHEEMSUSDT", "1MBABYDOGEUSDT", "1000RATSUSDT", "1000000MOGUSDT"),
        *("1INCHUSDT", "0GUSDT", "2ZUSDT", "4USDT", "BTCUSDT", "ETHUSDC", "币安人生USDT"),
    ],
)
def test_a_leading_number_is_never_stripped_blindly(symbol: str) -> None:
    assert canonical(symbol) == symbol
    for venue in Side:
        assert contract(venue, symbol) == Contract(symbol, symbol, 1)


def test_a_quarter_has_the_spot_leg_of_its_coin_and_keeps_its_name_on_futures() -> None:
    assert canonical("btcusdt_261225") == pair_of("BTCUSDT_261225") == "BTCUSDT_261225"
    assert contract(Side.SPOT, "BTCUSDT_261225") == Contract("BTCUSDT", "BTCUSDT")
    assert contract(Side.FUTURES, "BTCUSDT_261225") == Contract("BTCUSDT_261225", "BTCUSDT_261225")


def test_a_relative_quarter_has_no_name_that_is_known_beforehand() -> None:
    assert contract(Side.SPOT, "BTCUSDT@current_quarter") == Contract("BTCUSDT", "BTCUSDT")
    with pytest.raises(LookupError, match="another contract every quarter"):
        contract(Side.FUTURES, "BTCUSDT@current_quarter")


@fast
@given(
    st.one_of(
        st.text(st.characters(exclude_characters="@")),
        st.sampled_from([f"1000{coin}USDC" for coin in THOUSANDFOLD]),
        st.from_regex(r"[A-Z]{3,8}_26(03|06|09|12)2[0-9]", fullmatch=True),
    )
)
def test_the_name_of_a_pair_is_stable_and_its_contract_leads_back(wire: str) -> None:
    name = pair_of(wire)
    assert pair_of(name) == name
    assert pair_of(contract(Side.FUTURES, name).wire) == name
    assert contract(Side.SPOT, name).wire == contract(Side.SPOT, name).symbol == spot_symbol(name)


@pytest.mark.parametrize(
    ("wire", "name"),
    [
        ("ETHUSDT", "ethusdt@bookTicker"),
        ("1000PEPEUSDT", "1000pepeusdt@bookTicker"),
        ("币安人生USDT", "币安人生usdt@bookTicker"),
        ("ÄİΣUSDT", "ÄİΣusdt@bookTicker"),
    ],
)
def test_only_ascii_letters_are_lowered_in_a_stream(wire: str, name: str) -> None:
    assert stream(wire, "bookTicker") == name


@pytest.mark.parametrize("base", ["wss://fstream.binance.com", "wss://fstream.binance.com/"])
def test_futures_quotes_live_under_public_since_the_split(base: str) -> None:
    assert stream_url(MarketKind.USD_M, base) == "wss://fstream.binance.com/public/stream"


def test_spot_is_not_split() -> None:
    assert stream_url(MarketKind.SPOT, "wss://stream.binance.com:9443") == "wss://stream.binance.com:9443/stream"
    assert stream_url(MarketKind.SPOT, "ws://127.0.0.1:8000/base") == "ws://127.0.0.1:8000/base/stream"
