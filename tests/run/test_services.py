"""Alerts leave the program, from a window and without one, and rules come and go while it runs."""

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from spreadwatch import app
from spreadwatch.config import Config, Notify
from spreadwatch.core.alerts import Direction, Number, Rule
from spreadwatch.core.events import Batch, Link, Phase
from spreadwatch.core.quote import Quote, Side
from spreadwatch.feed import clock
from spreadwatch.run.services import Services
from spreadwatch.run.session import Session
from tests.conftest import wait_for

CHEAP = Rule("cheap", "ETHUSDT", Number.SPREAD, Direction.BELOW, Decimal("-1.00"), Decimal("-0.50"))
TEXTS = {"symbol": "ethusdt", "number": "spread", "side": "below", "level": "-2", "rearm": "-1", "name": "cheaper"}


class Run:
    """A session that gets its quotes by hand, and the services of it. `told`: the sentences for a terminal."""

    def __init__(self, notify: Notify, *rules: Rule) -> None:
        settings = replace(Config(), notify=notify, alerts=rules)
        self.session = Session(["ETHUSDT"], settings, clock.now, lambda _session: [])
        self.told: list[str] = []
        self.services = Services(self.session, self.told.append)
        self.services.open()
        self._update_id = 0
        for venue in Side:
            self.session.inbox.put(Link(venue, Phase.OPEN, "", clock.now()))

    def spread(self, spread: str) -> None:
        """Let both legs quote so that the spread is this."""
        self._quote(Side.SPOT, Decimal(100))
        self._quote(Side.FUTURES, Decimal(100) - Decimal(spread))

    def _quote(self, venue: Side, price: Decimal) -> None:
        self._update_id += 1
        at, one = clock.now(), Decimal(1)
        quote = Quote(venue, "ETHUSDT", price, one, price, one, self._update_id, None, at)
        self.session.inbox.put(Batch(venue, at, [quote], heard=True))


@pytest.fixture
def runs() -> Iterator[list[Run]]:
    made: list[Run] = []
    yield made
    for run in made:
        run.services.close()


def saving(path: Path) -> Notify:
    return Notify(command=("/bin/sh", "-c", f"cat >> {path}; echo >> {path}"))


def saved(path: Path) -> list[Any]:
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return [json.loads(line) for line in lines if line]


def test_every_new_alert_is_sent_once_with_its_evidence(runs: list[Run], tmp_path: Path) -> None:
    run = Run(saving(tmp_path / "got"), CHEAP)
    runs.append(run)
    for spread in ("0", "-1.30", "0", "-1.50"):
        run.spread(spread)
        run.session.turn()
    for _ in range(5):
        run.session.turn()
    wait_for(lambda: len(saved(tmp_path / "got")) == 2)
    assert sorted(one["value"] for one in saved(tmp_path / "got")) == ["-1.30", "-1.50"]
    assert run.told == [f"cheap: ETHUSDT spread is {value}, at or below -1.00" for value in ("-1.30", "-1.50")]


def test_alerts_of_one_turn_are_all_sent(runs: list[Run]) -> None:
    run = Run(Notify(), CHEAP)
    runs.append(run)
    for spread in ("0", "-1.30", "0", "-1.50", "0", "-1.10"):
        run.spread(spread)
    run.session.turn()
    assert len(run.told) == 3


def test_a_test_goes_every_way_and_is_no_alert_of_the_run(runs: list[Run], tmp_path: Path) -> None:
    run = Run(saving(tmp_path / "got"))
    runs.append(run)
    made = run.services.test_alert("ETHUSDT")
    wait_for(lambda: saved(tmp_path / "got"))
    assert saved(tmp_path / "got")[0]["text"] == run.told[0]
    assert "TEST" in run.told[0]
    assert made.serial == 0
    assert run.session.turn().alerts == ()


def test_a_way_that_fails_is_said_in_the_snapshot(runs: list[Run]) -> None:
    run = Run(Notify(command=("/no/such/program",)))
    runs.append(run)
    run.services.test_alert("ETHUSDT")
    wait_for(lambda: any("command for alerts cannot be started" in one for one in run.session.turn().faults))


def test_nothing_that_speaks_to_a_network_is_loaded_where_nothing_is_to_be_sent(program: Any) -> None:  # noqa: ANN401
    script = (
        "import sys; from spreadwatch import app; from spreadwatch.run.services import Services; "
        "from spreadwatch.config import Config; services = Services(app.demo(Config(), 1)); services.open(); "
        "print([name for name in ('http.client', 'ssl', 'spreadwatch.notify.notifier') if name in sys.modules])"
    )
    assert program.run(command=("-c", script)).out == "[]\n"


def test_a_rule_is_added_and_removed_while_it_runs(runs: list[Run]) -> None:
    run = Run(Notify(), CHEAP)
    runs.append(run)
    assert run.services.add_rule(TEXTS) is None
    assert [rule.name for rule in run.services.rules()] == ["cheap", "cheaper"]
    for spread in ("0", "-2.50"):
        run.spread(spread)
    run.session.turn()
    assert len(run.told) == 2
    assert run.services.remove_rule(CHEAP) is None
    for spread in ("0", "-1.50"):
        run.spread(spread)
    run.session.turn()
    assert len(run.told) == 2
    assert run.services.remove_rule(CHEAP) == 'There is no rule "cheap" any more.'


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": "cheap"}, 'Another rule has the name "cheap"'),
        ({"symbol": "btcusdt"}, "BTCUSDT is not watched"),
        ({"rearm": "-3"}, "give a re-arm level above -2"),
        ({"level": "x"}, "level"),
        ({"level": "NaN"}, "level"),
        ({"hold_s": "-1"}, "hold_s"),
    ],
)
def test_a_rule_that_cannot_work_is_refused_with_a_sentence(
    runs: list[Run], changes: dict[str, str], words: str
) -> None:
    run = Run(Notify(), CHEAP)
    runs.append(run)
    refused = run.services.add_rule(TEXTS | changes)
    assert refused
    assert words in refused
    assert refused.endswith(".")
    assert run.services.rules() == (CHEAP,)


def test_a_hanging_way_delays_neither_a_turn_nor_the_end(tmp_path: Path) -> None:
    run = Run(Notify(command=("/bin/sh", "-c", f"touch {tmp_path}/began; sleep 60")), CHEAP)
    run.spread("0")
    run.spread("-1.30")
    began = time.monotonic()
    run.session.turn()
    assert time.monotonic() - began < 0.5
    wait_for((tmp_path / "began").exists)
    began = time.monotonic()
    run.services.close()
    assert time.monotonic() - began < 1.5


def test_a_demo_without_rules_has_alarms_too() -> None:
    services = Services(app.demo(Config(), 1))
    services.open()
    assert services.rules() == ()
    services.close()
