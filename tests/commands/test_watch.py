"""`watch` as a process of its own against the local exchange: figures, states, outputs, exit codes."""

import json
import os
import sys
import threading
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from subprocess import Popen
from typing import Any

import pytest

from tests.captures.oracle import by_brute_force, counts_of, figures, figures_of, lines_of, sent
from tests.conftest import PATIENCE_S, Program, wait_for
from tests.exchange.server import STALL, Exchange, http_response

ETH = "ethusdt@bookTicker"
posix = pytest.mark.skipif(os.name == "nt", reason="POSIX signals and terminals")


class Watching:
    """Reads the JSON lines of a running `watch`."""

    def __init__(self, process: Popen[str]) -> None:
        self.process = process
        self.latest: dict[str, Any] = {}
        self._changed = threading.Condition()
        self._reader = threading.Thread(target=self._read, name="watch-reader", daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            snapshot = json.loads(line)
            with self._changed:
                self.latest[snapshot["symbol"]] = snapshot
                self._changed.notify_all()

    def wait(self, condition: Callable[[Any], bool], symbol: str = "ETHUSDT") -> Any:  # noqa: ANN401 - JSON
        """Wait for a snapshot of `symbol` that fits and return it."""

        def fits() -> bool:
            return symbol in self.latest and condition(self.latest[symbol])

        with self._changed:
            assert self._changed.wait_for(fits, PATIENCE_S), self.latest
            return self.latest[symbol]

    def close(self) -> None:
        """End the process and the reader."""
        self.process.kill()
        self._reader.join(PATIENCE_S)


Watch = Callable[..., Watching]


@pytest.fixture
def watch(program: Program) -> Iterator[Watch]:
    """Start `watch --json` of an exchange and both legs' subscriptions."""
    started: list[Watching] = []

    def start(exchange: Exchange, *arguments: object) -> Watching:
        process = program.connect(exchange).start("watch", "--json", "--interval", "0.05", *arguments)
        started.append(Watching(process))
        return started[-1]

    yield start
    for one in started:
        one.close()


def both_subscribed(exchange: Exchange, stream: str = ETH) -> None:
    for venue in ("spot", "futures"):
        exchange.wait_subscribed(venue, stream, PATIENCE_S)


# ----- figures


def test_a_capture_over_two_sockets_gives_the_figures_of_its_frames(
    recorded: Path, exchange: Exchange, program: Program, watch: Watch
) -> None:
    rows = lines_of(recorded)
    program.environment["SPREADWATCH_SILENCE_S"] = "30"
    watching = watch(exchange, "--symbol", "btcusdt")
    both_subscribed(exchange, "btcusdt@bookTicker")
    assert exchange.serve_capture(recorded, in_step=True).sent == sent(rows)
    snapshot = watching.wait(lambda one: one["counts"]["spot"] + one["counts"]["futures"] >= len(rows), "BTCUSDT")
    assert snapshot["counts"].items() >= counts_of(rows).items()
    told, truth = figures(snapshot), figures_of(by_brute_force(rows))
    same = ("current", "high", "low", "samples")
    assert [getattr(told, name) for name in same] == [getattr(truth, name) for name in same]
    spread = snapshot["spread"]
    at_ms = {"max": spread["max_at_ms"], "min": spread["min_at_ms"]}
    assert all(spread["since_ms"] < moment_ms <= snapshot["at_ms"] for moment_ms in at_ms.values())
    assert (at_ms["max"] < at_ms["min"]) == (truth.high_at_ms < truth.low_at_ms)


def test_a_contract_of_a_thousand_coins_is_shown_per_coin(exchange: Exchange, watch: Watch) -> None:
    watching = watch(exchange, "--symbol", "1000pepeusdt")
    exchange.wait_subscribed("spot", "pepeusdt@bookTicker", PATIENCE_S)
    exchange.wait_subscribed("futures", "1000pepeusdt@bookTicker", PATIENCE_S)
    exchange.quote("spot", "PEPEUSDT", "0.00001233", "0.00001234")
    exchange.quote("futures", "1000PEPEUSDT", "0.0124055", "0.0124067", bid_qty="7")
    snapshot = watching.wait(lambda one: one["state"] == "live", "PEPEUSDT")
    assert Decimal(snapshot["spread"]["current"]) == Decimal("0.00001234") - Decimal("0.0000124055")
    assert Decimal(snapshot["futures"]["bid_qty"]) == 7000


# ----- states


def test_a_pair_that_cannot_be_one_coin_is_refused_with_a_sentence(exchange: Exchange, watch: Watch) -> None:
    watching = watch(exchange)
    both_subscribed(exchange)
    exchange.quote("spot", "ETHUSDT", "3412.56", "3412.57")
    exchange.quote("futures", "ETHUSDT", "3.41", "3.42")
    snapshot = watching.wait(lambda one: one["state"] == "refused")
    assert "more than 20 % apart" in snapshot["reason"]
    assert (snapshot["spread"]["current"], snapshot["spread"]["max"]) == (None, None)


def test_a_silent_leg_takes_the_number_away_and_leaves_its_extremes(
    exchange: Exchange, program: Program, watch: Watch
) -> None:
    program.environment["SPREADWATCH_SILENCE_S"] = "0.5"
    watching = watch(exchange)
    both_subscribed(exchange)
    exchange.quote("spot", "ETHUSDT", "100.0", "100.1")
    exchange.quote("futures", "ETHUSDT", "100.2", "100.3")
    watching.wait(lambda one: one["state"] == "live")
    exchange.refuse("spot")
    exchange.mute("spot")
    snapshot = watching.wait(lambda one: one["spot"]["state"] == "stale")
    assert (snapshot["state"], snapshot["spread"]["current"], snapshot["spread"]["max"]) == ("stale", None, "-0.1")
    assert snapshot["spot"]["ask"] == "100.1"
    snapshot = watching.wait(lambda one: "refused the connection" in str(one["reason"]))
    assert "trying again" in snapshot["spot"]["reason"]


def test_an_unknown_symbol_is_named_at_once_and_the_other_goes_on(busy_exchange: Exchange, watch: Watch) -> None:
    watching = watch(busy_exchange, "--symbol", "nosuchusdt", "--symbol", "btcusdt")
    snapshot = watching.wait(lambda one: "not traded" in str(one["reason"]), "NOSUCHUSDT")
    assert snapshot["state"] == "connecting"
    assert "NOSUCHUSDT is not traded on Binance spot: check the name" in snapshot["reason"]
    assert watching.wait(lambda one: one["state"] == "live", "BTCUSDT")["spread"]["current"] == "0.10"


def test_quotes_flow_although_rest_is_unreachable(busy_exchange: Exchange, program: Program, watch: Watch) -> None:
    program.connect(busy_exchange)
    rest = {f"SPREADWATCH_{venue}_REST": "http://127.0.0.1:1" for venue in ("SPOT", "FUTURES")}
    watching = None
    for venue in ("spot", "futures"):
        busy_exchange.rest(venue, STALL)
    watching = watch(busy_exchange, "--symbol", "btcusdt")
    assert watching.wait(lambda one: one["state"] == "live", "BTCUSDT")
    program.environment.update(rest)
    assert program.run("watch", "--once", "--symbol", "btcusdt").code == 0


def test_reconnects_are_counted(exchange: Exchange, watch: Watch) -> None:
    watching = watch(exchange)
    both_subscribed(exchange)
    exchange.fin("spot")
    exchange.wait_subscribed("spot", ETH, PATIENCE_S, count=2)
    assert watching.wait(lambda one: one["counts"]["reconnects"] == 1)


# ----- --once


def test_once_prints_the_first_live_spread_and_ends_with_0(busy_exchange: Exchange, program: Program) -> None:
    done = program.connect(busy_exchange).run("watch", "--once", "--json", "--symbol", "btcusdt")
    assert (done.code, done.err) == (0, "")
    [snapshot] = done.snapshots
    assert (snapshot["state"], snapshot["spread"]["current"]) == ("live", "0.10")


def test_once_ends_with_4_and_the_reasons_when_nobody_answers(exchange: Exchange, program: Program) -> None:
    for venue in ("spot", "futures"):
        exchange.refuse(venue)
    done = program.connect(exchange).run("watch", "--once", "--duration", "0.5")
    assert (done.code, done.out) == (4, "")
    assert done.err.splitlines()[-1].startswith("no live spread within 0.5 s: 127.0.0.1 refused the connection")


def test_once_ends_with_4_when_one_venue_stays_silent(exchange: Exchange, program: Program) -> None:
    done = program.connect(exchange).run("watch", "--once", "--duration", "0.5", "--json")
    assert (done.code, done.out) == (4, "")
    assert "waiting for the first quote of ETHUSDT" in done.err


@pytest.mark.parametrize("venue", ["spot", "futures"])
def test_once_ends_with_5_at_once_where_the_exchange_refuses_the_region(
    exchange: Exchange, program: Program, venue: str
) -> None:
    exchange.upgrade(venue, http_response(451))
    done = program.connect(exchange).run("watch", "--once")
    assert (done.code, done.out) == (5, "")
    assert "is not offered from this location (451)" in done.err.splitlines()[-1]


# ----- output


def test_a_snapshot_has_the_documented_shape(busy_exchange: Exchange, program: Program) -> None:
    [snapshot] = program.connect(busy_exchange).run("watch", "--once", "--json", "--symbol", "btcusdt").snapshots
    leg = ["state", "reason", "bid", "bid_qty", "ask", "ask_qty", "update_id", "exchange_ms", "received_ms", "age_ms"]
    spread = ["current", "reverse", "bps", "max", "max_at_ms", "min", "min_at_ms", "since_ms", "samples"]
    assert list(snapshot)[:6] == ["symbol", "contract", "source", "at_ms", "state", "reason"]
    assert list(snapshot)[6:10] == ["spot", "futures", "spread", "counts"]
    assert list(snapshot)[10:] == ["windows", "percentile", "net", "funding", "depth"]
    assert list(snapshot["spot"]) == list(snapshot["futures"]) == leg
    assert list(snapshot["spread"]) == spread
    assert list(snapshot["counts"])[:6] == ["spot", "futures", "rejected", "repeated", "reconnects", "dropped"]
    assert snapshot["spot"]["exchange_ms"] is None
    assert isinstance(snapshot["futures"]["exchange_ms"], int)


def test_there_is_one_object_per_symbol_and_interval_until_the_duration_is_over(program: Program) -> None:
    arguments = ("--demo", "--json", "--interval", "0.1", "--duration", "0.55", "--symbol", "ethusdt")
    done = program.run("watch", *arguments, "--symbol", "btcusdt")
    assert (done.code, done.err) == (0, "demo: these quotes are invented\n")
    symbols = [snapshot["symbol"] for snapshot in done.snapshots]
    assert 2 <= len(symbols) // 2 <= 5
    assert symbols == ["ETHUSDT", "BTCUSDT"] * (len(symbols) // 2)


def test_without_json_each_output_is_one_readable_line(program: Program) -> None:
    done = program.run("watch", "--demo", "--interval", "0.1", "--duration", "0.35")
    lines = done.out.splitlines()
    assert 1 <= len(lines) <= 3
    for line in lines:
        assert line.startswith("ETHUSDT  -")
        assert " bps  max " in line
        assert "\x1b" not in line


def test_without_a_connection_the_line_says_why(exchange: Exchange, program: Program) -> None:
    for venue in ("spot", "futures"):
        exchange.refuse(venue)
    done = program.connect(exchange).run("watch", "--interval", "0.2", "--duration", "0.5")
    assert done.code == 0
    assert done.out.startswith("ETHUSDT  —  stale: 127.0.0.1 refused the connection") or done.out.startswith(
        "ETHUSDT  —  connecting: 127.0.0.1 refused the connection"
    )


@pytest.mark.parametrize("arguments", [("watch", "--demo", "--once"), ("--help",), ("watch", "--help")])
def test_output_into_a_pipe_of_another_encoding_works(program: Program, arguments: tuple[str, ...]) -> None:
    program.environment |= {"PYTHONIOENCODING": "cp1252", "PYTHONUTF8": "0"}
    done = program.run(*arguments, encoding="cp1252", errors="replace")
    assert "Traceback" not in done.err
    assert done.code == 0
    assert done.out


# ----- endings


@pytest.mark.parametrize("arguments", [("--json",), ()], ids=["json", "lines"])
def test_a_reader_that_leaves_ends_it_silently_with_0(program: Program, arguments: tuple[str, ...]) -> None:
    process = program.start("watch", "--demo", "--interval", "0.02", *arguments)
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.close()
    process.stdout = None
    assert program.finish(process).err == "demo: these quotes are invented\n"
    assert process.returncode == 0


@posix
@pytest.mark.parametrize("state", ["live", "stalled", "refused"])
def test_ctrl_c_ends_it_with_130_within_2_s(busy_exchange: Exchange, program: Program, state: str) -> None:
    if state != "live":
        for venue in ("spot", "futures"):
            busy_exchange.upgrade(venue, STALL if state == "stalled" else http_response(403))
    process = program.connect(busy_exchange).start("watch", "--json", "--interval", "0.05")
    wait_for(lambda: all(busy_exchange.requests(venue) for venue in ("spot", "futures")))
    assert process.stdout is not None
    process.stdout.readline()
    done, took_s = program.interrupt(process)
    assert done.code == 130
    assert took_s < 2
    assert "Traceback" not in done.err


@posix
@pytest.mark.skipif(sys.platform == "darwin", reason="reads a Linux terminal")
def test_on_a_terminal_each_symbol_keeps_its_place_even_when_its_line_is_long(
    exchange: Exchange, program: Program
) -> None:
    for venue in ("spot", "futures"):
        exchange.upgrade(venue, http_response(403))
    shown = on_terminal(program.connect(exchange), columns=60)
    rows, lowest, tops = 0, 0, set[int]()
    for part in shown.replace("\r\n", "\n").split("\x1b["):
        code, _, text = part.partition("J") if part.startswith("J") else part.partition("A")
        if part and part[0].isdigit():
            rows -= int(code)
        else:
            text = text or part
        for line in text.split("\n")[:-1]:
            if line.startswith("ETHUSDT"):
                tops.add(rows)
            rows += max(1, -(-len(line) // 60))
            lowest = max(lowest, rows)
    assert tops == {0}


def on_terminal(program: Program, columns: int) -> str:
    """Run `watch` for a second on a terminal of so many columns and return what it wrote there."""
    import fcntl
    import pty
    import struct
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    process = program.start("watch", "--interval", "0.2", "--duration", "1", stdout=theirs)
    os.close(theirs)
    written = b""
    try:
        while data := os.read(ours, 65536):
            written += data
    except OSError:  # the other end is closed
        pass
    finally:
        os.close(ours)
    assert program.finish(process).code == 0
    return written.decode()
