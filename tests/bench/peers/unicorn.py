"""unicorn-binance-websocket-api: create_stream with a callback and output="dict".

Its default output is the text as received; "dict" is its own fastest parsing (orjson). `option` is the
`websocket_library`: websockets or picows.
"""

import logging
import time
from importlib import import_module
from importlib.metadata import version
from typing import Any

from tests.bench.meter import Meter, arguments


def main() -> None:
    """Read until the meter has enough."""
    told = arguments()
    library = told.option or "websockets"
    logging.disable(logging.INFO)
    ubwa: Any = import_module("unicorn_binance_websocket_api")
    versions = f"{version('unicorn-binance-websocket-api')} on {library} {version(library)}"
    meter = Meter(told.count, told.warm, f"unicorn-binance-websocket-api {versions}")

    def take(message: dict[str, Any]) -> None:
        if "data" in message:
            meter.hit(message["data"]["b"])

    manager = ubwa.BinanceWebSocketApiManager(
        exchange="binance.com-futures",
        websocket_base_uri=f"{told.stream}/",
        output_default="dict",
        warn_on_update=False,
        disable_colorama=True,
        websocket_library=library,
    )
    manager.create_stream("bookTicker", "btcusdt", process_stream_data=take)
    time.sleep(600)


if __name__ == "__main__":
    main()
