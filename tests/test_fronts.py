"""Every front sends the same alerts for the same quotes: the window, and what runs unattended."""

import json
import signal
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.commands.test_serve import free_port
from tests.conftest import PATIENCE_S, Program, wait_for
from tests.exchange.server import Exchange

RULE = """
[[alerts]]
name = "cheap"
symbol = "ethusdt"
number = "spread"
side = "below"
level = -1.00
rearm = -0.50
"""
FALL = ("100.00", "101.30")
GO_ON = ("99.00", "101.50", "101.20", "100.20", "101.10", "101.40")
"""Bids for the future, while spot asks 100.00: the spread falls to the level, comes back, or does not come back."""

FRONTS = {
    "window": ["--symbol", "ethusdt"],
    "watch": ["watch", "--symbol", "ethusdt"],
    "record": ["record", "--symbol", "ethusdt"],
    "serve": ["serve", "--symbol", "ethusdt"],
}


def saved(path: Path) -> list[Any]:
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return [json.loads(line) for line in lines if line]


def settings(folder: Path, got: Path) -> Path:
    file = folder / "alerts.toml"
    script = f"import sys; open({str(got)!r}, 'a').write(sys.stdin.read())"
    command = json.dumps([sys.executable, "-c", script])
    record = json.dumps(str(folder / "recording.sqlite"))
    file.write_text(f"{RULE}\n[notify]\ncommand = {command}\n[record]\npath = {record}\n", encoding="utf-8")
    return file


@pytest.mark.usefixtures("screen")
@pytest.mark.parametrize("front", FRONTS)
def test_each_front_sends_the_same_alerts_for_the_same_quotes(
    front: str, program: Program, busy_exchange: Exchange, tmp_path: Path
) -> None:
    got = tmp_path / "got"
    program.environment["SPREADWATCH_SERVE_PORT"] = str(free_port())
    process = program.connect(busy_exchange).start(*FRONTS[front], "--config", settings(tmp_path, got))
    for venue in ("spot", "futures"):
        busy_exchange.wait_subscribed(venue, "ethusdt@bookTicker", PATIENCE_S)
    busy_exchange.quote("spot", "ETHUSDT", "99.90", "100.00")

    def fires() -> bool:
        """Fall to the level, again until it is heard: nobody says which of two sockets is read first."""
        for bid in FALL:
            busy_exchange.quote("futures", "ETHUSDT", bid, "102.00")
        return bool(saved(got))

    wait_for(fires)
    for bid in GO_ON:
        busy_exchange.quote("futures", "ETHUSDT", bid, "102.00")
    wait_for(lambda: {alert["value"] for alert in saved(got)} == {"-1.30", "-1.50", "-1.10"})
    assert {alert["rule"]["name"] for alert in saved(got)} == {"cheap"}
    process.send_signal(signal.SIGINT)
    finished = program.finish(process)
    assert finished.code == 130
    if front != "window":  # which shows them
        for value in ("-1.30", "-1.50", "-1.10"):
            assert f"cheap: ETHUSDT spread is {value}, at or below -1.00" in finished.err


@pytest.mark.usefixtures("screen")
@pytest.mark.parametrize("front", [["--demo"], ["watch", "--demo"], ["record", "--demo"], ["serve", "--demo"]])
def test_alerts_of_invented_quotes_leave_no_front(front: list[str], program: Program, tmp_path: Path) -> None:
    got = tmp_path / "got"
    file = settings(tmp_path, got)
    text = ""
    for level, rearm, side in (("0.00", "0.01", "below"), ("0.00", "-0.01", "above")):
        rule = RULE.replace("cheap", side).replace("ethusdt", "all").replace("below", side)
        text += rule.replace("-1.00", level).replace("-0.50", rearm)
    file.write_text(text + file.read_text(encoding="utf-8"), encoding="utf-8")
    program.environment["SPREADWATCH_SERVE_PORT"] = str(free_port())
    process = program.start(*front, "--config", file, "--symbol", "ethusdt")
    log = program.folder / "home"
    wait_for(lambda: any("alert " in one.read_text(encoding="utf-8") for one in log.rglob("spreadwatch.log")))
    time.sleep(0.5)  # as long as a way takes to begin, and more
    process.send_signal(signal.SIGINT)
    program.finish(process)
    assert saved(got) == []
