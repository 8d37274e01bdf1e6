"""Contender: what everyone writes first, websocket-client's WebSocketApp with json.loads in on_message."""

import json

import websocket

from tests.bench.meter import Meter, arguments


def main() -> None:
    """Read until the meter has enough."""
    told = arguments()
    meter = Meter(told.count, told.warm, f"websocket-client {websocket.__version__}")

    def on_message(_: websocket.WebSocketApp, message: str) -> None:
        meter.hit(json.loads(message)["data"]["b"])

    url = f"{told.stream}/public/stream?streams=btcusdt@bookTicker"
    app = websocket.WebSocketApp(url, on_message=on_message)
    app.run_forever(http_no_proxy=["*"])


if __name__ == "__main__":
    main()
