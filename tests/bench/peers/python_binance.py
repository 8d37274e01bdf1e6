"""python-binance: BinanceSocketManager.futures_multiplex_socket, awaited message by message.

Its queue limit of 100 messages is lifted: a flood overruns it at once.
"""

import asyncio
from importlib import import_module
from importlib.metadata import version
from typing import Any

from tests.bench.meter import Meter, arguments


async def _read() -> None:
    told = arguments()
    meter = Meter(told.count, told.warm, f"python-binance {version('python-binance')}")
    binance: Any = import_module("binance")
    manager = binance.BinanceSocketManager(binance.AsyncClient(), max_queue_size=told.count * 2)
    manager.FSTREAM_URL = f"{told.stream}/"
    socket = manager.futures_multiplex_socket(["btcusdt@bookTicker"], category="public")
    async with socket as stream:
        while True:
            message = await stream.recv()
            meter.hit(message["data"]["b"])


if __name__ == "__main__":
    asyncio.run(_read())
