"""`spreadwatch serve` as a person runs it: the three questions of a price tracker, over a real socket."""

import json
import signal
import socket
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import PATIENCE_S, Program, wait_for
from tests.exchange.server import Exchange


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def ask(url: str) -> Any:  # noqa: ANN401 - JSON
    """Return what a service answers. Raises OSError, for one when it is no success."""
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=5) as answer:
        return json.load(answer)


def answers(url: str) -> bool:
    """Tell whether a service answers with success."""
    try:
        ask(url)
    except OSError:
        return False
    return True


class Service:
    """A running `serve`."""

    def __init__(self, program: Program, exchange: Exchange, port: int) -> None:
        self.base = f"http://127.0.0.1:{port}"
        self.program = program
        self.process: subprocess.Popen[str] = program.connect(exchange).start("serve", "--symbol", "ethusdt")

    def ask(self, path: str) -> Any:  # noqa: ANN401 - JSON
        return ask(self.base + path)

    def answers(self, path: str) -> bool:
        return answers(self.base + path)


@pytest.fixture
def service(program: Program, exchange: Exchange, tmp_path: Path) -> Iterator[Service]:
    port = free_port()
    program.environment |= {
        "SPREADWATCH_SERVE_PORT": str(port),
        "SPREADWATCH_RECORD_ENABLED": "1",
        "SPREADWATCH_RECORD_PATH": str(tmp_path / "recording.sqlite"),
    }
    made = Service(program, exchange, port)
    for venue in ("spot", "futures"):
        exchange.wait_subscribed(venue, "ethusdt@bookTicker", PATIENCE_S)
    yield made
    made.process.send_signal(signal.SIGINT)
    finished = program.finish(made.process)
    assert finished.code == 130
    assert finished.err.startswith(f"serving {made.base}/; Ctrl-C ends it\n")


def test_the_three_questions_are_answered_live_and_from_the_recording(service: Service, exchange: Exchange) -> None:
    exchange.quote("spot", "ETHUSDT", "3412.56", "3412.58")
    exchange.quote("futures", "ETHUSDT", "3413.87", "3413.88")
    wait_for(lambda: service.answers("/latest?symbol=ETHUSDT"))
    wait_for(lambda: service.ask("/latest?symbol=ETHUSDT")["price"] == "3412.57")
    assert service.ask("/api/v1/spread/latest?symbol=ETHUSDT")["spread"] == "-1.29"
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.999")

    def stored() -> Any:  # noqa: ANN401 - JSON
        return service.ask(f"/price-at-second?symbol=ETHUSDT&timestamp={now}")

    wait_for(lambda: stored()["price"] == "3412.57")
    assert stored()["source"] == "mid"
    assert service.ask("/price-at-second?symbol=ETHUSDT&timestamp=2020-01-01T00:00:00")["price"] == "N/A"
    minute = stored()["actual_timestamp"][:16]
    found = service.ask(f"/minmax?symbol=ETHUSDT&timestamp={minute}")
    assert (found["high"], found["low"]) == ("3412.57", "3412.57")
    nothing = service.ask("/minmax?symbol=ETHUSDT&timestamp=2020-01-01T00:00")
    assert (nothing["high"], nothing["low"]) == (None, None)


def test_the_service_says_when_the_spread_is_not_live(service: Service) -> None:
    wait_for(lambda: service.answers("/api/v1/openapi.json"))
    with pytest.raises(urllib.error.HTTPError, match="503"):
        service.ask("/healthz")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"SPREADWATCH_SERVE_ADDRESS": "0.0.0.0"}, "token"),
        ({"SPREADWATCH_SERVE_PORT": "0"}, "out of range"),
        ({"SPREADWATCH_SERVE_ADDRESS": "everywhere"}, "not an IP address"),
    ],
)
def test_a_service_that_may_not_be_is_refused_in_a_sentence(
    program: Program, exchange: Exchange, settings: dict[str, str], words: str
) -> None:
    program.environment |= settings
    finished = program.connect(exchange).run("serve")
    assert (finished.code, finished.out) == (2, "")
    assert words in finished.err


def test_a_port_that_is_taken_is_named(program: Program, exchange: Exchange) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        program.environment["SPREADWATCH_SERVE_PORT"] = str(taken.getsockname()[1])
        finished = program.connect(exchange).run("serve")
    assert finished.code == 2
    assert "port" in finished.err
