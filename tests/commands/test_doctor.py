"""`doctor`: a line for each thing it checks, and the exit code of the gravest."""

import http.client

import pytest

from spreadwatch.config import Config, Endpoints
from spreadwatch.feed import probe
from tests.conftest import Finished, Program
from tests.exchange.frames import Response
from tests.exchange.server import STALL, Drip, Exchange, http_response

NO_TKINTER = """
import sys
class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("tkinter", "_tkinter"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Blocker())
from spreadwatch.cli import main
sys.exit(main(sys.argv[1:]))
"""


def marks(done: Finished, what: str) -> list[str]:
    """Return the marks of the lines that begin with `what`."""
    return [line[:5].strip() for line in done.out.splitlines() if line[6:].startswith(what)]


@pytest.mark.usefixtures("screen")
def test_all_is_well(busy_exchange: Exchange, program: Program) -> None:
    done = program.connect(busy_exchange).run("doctor", "--symbol", "btcusdt")
    assert (done.code, done.err) == (0, "")
    for what in ("config", "tkinter", "display", "DNS 127.0.0.1", "spot stream", "futures stream", "spot REST"):
        assert marks(done, what) == ["ok"], done.out
    assert marks(done, "futures REST") == ["ok"]
    assert done.out.count("first quote of BTCUSDT after") == 2
    assert "symbols BTCUSDT" in done.out


def test_a_machine_without_display_is_told_so(busy_exchange: Exchange, program: Program) -> None:
    done = program.connect(busy_exchange).run("doctor")
    assert done.code == 3
    assert marks(done, "display") == ["FAIL"]
    assert "DISPLAY is not set" in done.out
    assert marks(done, "spot stream") == ["ok"]


def test_a_python_without_tkinter_is_told_what_to_install(busy_exchange: Exchange, program: Program) -> None:
    done = program.connect(busy_exchange).run("doctor", command=("-c", NO_TKINTER))
    assert done.code == 3
    assert marks(done, "tkinter") == ["FAIL"]
    assert "python3-tk" in done.out or "python-tk" in done.out or "tcl/tk" in done.out


def test_an_exchange_that_is_away_is_4(exchange: Exchange, program: Program) -> None:
    for venue in ("spot", "futures"):
        exchange.refuse(venue)
    done = program.connect(exchange).run("doctor")
    assert (done.code, done.err) == (4, "")
    for what in ("spot stream", "futures stream", "spot REST", "futures REST"):
        assert marks(done, what) == ["FAIL"]
    assert done.out.count("127.0.0.1 refused the connection") == 4
    assert marks(done, "DNS 127.0.0.1") == ["ok"]


@pytest.mark.parametrize("kind", ["stream", "REST"])
def test_a_refused_region_is_5_whatever_else_fails(busy_exchange: Exchange, program: Program, kind: str) -> None:
    tell = busy_exchange.upgrade if kind == "stream" else busy_exchange.rest
    tell("futures", http_response(451))
    busy_exchange.upgrade("spot", http_response(500))
    done = program.connect(busy_exchange).run("doctor")
    assert (done.code, done.err) == (5, "")
    assert marks(done, f"futures {kind}") == marks(done, "spot stream") == ["FAIL"]


@pytest.mark.parametrize(
    "answer",
    [
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"",
        http_response(200, body=b"<html>Please log in</html>"),
        http_response(200, body=b'{"serverTime":"now"}'),
        http_response(200, body=b'{"serverTime":', length=99),
        http_response(200, body=b'{"serverTime":1e99}'),
        http_response(302, {"Location": "http://[portal/"}),
    ],
    ids=["not HTTP", "nothing", "web page", "wrong type", "cut short", "huge", "odd redirect"],
)
def test_a_rest_answer_without_sense_is_a_finding_not_a_crash(
    busy_exchange: Exchange, program: Program, answer: bytes
) -> None:
    busy_exchange.rest("spot", answer)
    done = program.connect(busy_exchange).run("doctor")
    assert done.code == 4
    assert "Traceback" not in done.err
    assert marks(done, "spot REST") == ["FAIL"]
    assert marks(done, "futures REST") == ["ok"]


@pytest.mark.parametrize(("offset_ms", "advice"), [(0, False), (-5_000, True), (86_400_000, True)])
def test_a_clock_that_is_wrong_is_told_with_its_sign(program: Program, offset_ms: int, advice: bool) -> None:
    with Exchange(heartbeat=0.05, clock_offset_ms=offset_ms) as exchange:
        done = program.connect(exchange).run("doctor")
    [told] = [line for line in done.out.splitlines() if "spot REST" in line]
    assert told.startswith("ok")
    shown_ms = int(told.partition("this clock is ")[2].partition(" ms")[0])
    assert abs(shown_ms + offset_ms) < 1_000
    assert ("set this machine's clock" in told) is advice


def settings_of(exchange: Exchange) -> Config:
    return Config(
        endpoints=Endpoints(exchange.spot_stream, exchange.futures_stream, exchange.spot_rest, exchange.futures_rest)
    )


def test_a_stream_that_only_acks_is_a_failure(exchange: Exchange, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "_LIMIT_S", 0.2)
    findings = {finding.what: finding for finding in probe.probe(settings_of(exchange))}
    for venue in ("spot", "futures"):
        assert findings[f"{venue} stream"].code == 4
        assert "did not answer within 0.2 s" in findings[f"{venue} stream"].text
        assert findings[f"{venue} REST"].code == 0


@pytest.mark.parametrize("answer", [STALL, Drip(0.3)], ids=["stall", "drip"])
def test_a_handshake_without_an_end_is_given_up(busy_exchange: Exchange, program: Program, answer: Response) -> None:
    busy_exchange.upgrade("spot", answer)
    program.environment["SPREADWATCH_HANDSHAKE_S"] = "1"
    process = program.connect(busy_exchange).start("doctor")
    done = program.finish(process, 8)
    assert done.code == 4
    assert marks(done, "spot stream") == ["FAIL"]


def test_every_http_failure_is_a_finding(busy_exchange: Exchange, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_arguments: object) -> bytes:
        raise http.client.BadStatusLine("x" * 5_000 + "\r\n")

    monkeypatch.setattr(probe, "read", fails)
    findings = [finding for finding in probe.probe(settings_of(busy_exchange)) if "REST" in finding.what]
    assert [finding.code for finding in findings] == [4, 4]
    assert all(finding.text.isprintable() and len(finding.text) < 300 for finding in findings)
