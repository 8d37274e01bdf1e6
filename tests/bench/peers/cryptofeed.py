"""cryptofeed: FeedHandler with BinanceFutures and a TICKER callback.

Its addresses are replaced, and its connect is told ws:// where it insists on wss://.
"""

from importlib import import_module
from importlib.metadata import version
from typing import Any

from tests.bench.meter import Meter, arguments


def main() -> None:
    """Read until the meter has enough."""
    told = arguments()
    meter = Meter(told.count, told.warm, f"cryptofeed {version('cryptofeed')}")
    connection: Any = import_module("cryptofeed.connection")
    futures: Any = import_module("cryptofeed.exchanges.binance_futures")
    defines: Any = import_module("cryptofeed.defines")
    handler: Any = import_module("cryptofeed").FeedHandler(
        config={"log": {"filename": "", "disabled": True, "level": "WARNING"}}
    )
    connect = connection.connect
    connection.connect = lambda address, **options: connect(address.replace("wss://", "ws://"), **options)
    feed: Any = futures.BinanceFutures
    feed.websocket_endpoints[0].address = told.stream.replace("ws://", "wss://")
    feed.rest_endpoints[0].address = told.rest

    async def take(ticker: Any, _: float) -> None:  # noqa: ANN401 - its own type
        meter.hit(ticker.bid)

    handler.add_feed(feed(symbols=["BTC-USDT-PERP"], channels=[defines.TICKER], callbacks={defines.TICKER: take}))
    handler.run(install_signal_handlers=False)


if __name__ == "__main__":
    main()
