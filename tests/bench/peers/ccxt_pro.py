"""ccxt.pro: binanceusdm.watch_bids_asks.

Its awaited result is only the newest of what has come, so messages are counted where each has been parsed,
at the end of its own handle_bids_asks.
"""

import asyncio
from importlib import import_module
from importlib.metadata import version
from typing import Any

from tests.bench.meter import Meter, arguments

_PAIR = "BTC/USDT:USDT"


async def _read() -> None:
    told = arguments()
    meter = Meter(told.count, told.warm, f"ccxt.pro {version('ccxt')}")
    ccxt: Any = import_module("ccxt.pro")
    exchange = ccxt.binanceusdm({"enableRateLimit": False, "options": {"fetchCurrencies": False}})
    exchange.urls["api"]["fapiPublic"] = f"{told.rest}/fapi/v1"
    exchange.urls["api"]["ws"]["linear"] = f"{told.stream}/ws"
    parse = exchange.handle_bids_asks

    def count(client: object, message: object) -> None:
        parse(client, message)
        meter.hit(exchange.bidsasks[_PAIR]["bid"])

    exchange.handle_bids_asks = count
    while True:
        await exchange.watch_bids_asks([_PAIR])


if __name__ == "__main__":
    asyncio.run(_read())
