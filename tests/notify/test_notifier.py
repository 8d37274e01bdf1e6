"""The settings choose the ways."""

import json
from pathlib import Path

from spreadwatch.config import Notify
from spreadwatch.core.alert_json import sentence
from spreadwatch.core.alerts import check
from spreadwatch.core.quote import Instant
from spreadwatch.core.source import Source
from spreadwatch.notify.notifier import sample, ways
from tests.conftest import wait_for
from tests.notify.conftest import Start, Told
from tests.notify.examples import alert
from tests.notify.server import serving, status


def names(settings: Notify, *, with_desktop: bool = True) -> list[str]:
    return [way.name for way in ways(settings, with_desktop=with_desktop)]


def test_nothing_leaves_the_program_by_default() -> None:
    assert names(Notify()) == []


def test_each_setting_switches_its_way_on() -> None:
    everything = Notify(sound="a.wav", desktop=True, command=("a",), webhook_url="https://a/b")
    assert names(everything) == ["sound", "desktop notification", "command", "webhook"]
    assert names(everything, with_desktop=False) == ["sound", "command", "webhook"]
    assert names(Notify(command=("a",))) == ["command"]


def test_an_alert_arrives_by_every_way_that_works_although_one_fails(notify: Start, told: Told, tmp_path: Path) -> None:
    with serving(status(200)) as server:
        script = f"cat > {tmp_path}/got.new; mv {tmp_path}/got.new {tmp_path}/got"
        settings = Notify(command=("/bin/sh", "-c", script), webhook_url=f"http://127.0.0.1:{server.port}/x")
        broken = Notify(command=("/no/such/program",))
        notifier = notify(*ways(broken), *ways(settings))
        notifier.put(alert(5))
        wait_for(lambda: (tmp_path / "got").exists() and server.bodies)
        assert json.loads((tmp_path / "got").read_text())["serial"] == server.bodies[0]["serial"] == 5
    assert told.wait() == ["the command for alerts cannot be started (No such file or directory)"]


def test_a_test_alert_says_that_it_is_one_and_adds_up() -> None:
    made = sample("BTCUSDT", Instant(1, 2), Source.LIVE)
    assert sentence(made) == "TEST, not the market: BTCUSDT spread is -1.30, at or below -1.00"
    assert check(made.rule) is None
    assert made.value == made.spot.ask - made.futures.bid
