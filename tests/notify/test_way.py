"""A lane: nothing that one way does holds up anything else."""

import threading

import pytest

from spreadwatch.core.alerts import Alert
from spreadwatch.notify.way import NotToldError, StoppedError
from tests.conftest import wait_for
from tests.notify.conftest import Start, Told, seconds_of
from tests.notify.examples import alert


class Scripted:
    """A way that records, and hangs until it is told to go on or to stop."""

    skips = False

    def __init__(self, name: str = "pigeon", *, at_once: int = 1, waiting: int = 3, hangs: bool = False) -> None:
        self.name = name
        self.at_once = at_once
        self.waiting = waiting
        self.fault: Exception | None = None
        self.serials: list[int] = []
        self.begun: list[int] = []
        self.go_on = threading.Event()
        if not hangs:
            self.go_on.set()

    def send(self, alert: Alert, stopping: threading.Event) -> None:
        self.begun.append(alert.serial)
        while not self.go_on.wait(0.005):
            if stopping.is_set():
                raise StoppedError
        if self.fault is not None:
            raise self.fault
        self.serials.append(alert.serial)


def test_every_alert_goes_every_way_in_order(notify: Start, told: Told) -> None:
    ways = Scripted("a", waiting=100), Scripted("b", waiting=100)
    notifier = notify(*ways)
    for serial in range(50):
        notifier.put(alert(serial))
    wait_for(lambda: all(len(way.serials) == 50 for way in ways))
    assert [way.serials for way in ways] == [list(range(50))] * 2
    assert told.sentences == []


def test_a_way_that_hangs_delays_neither_the_others_nor_the_caller(notify: Start) -> None:
    stuck, free = Scripted("stuck", hangs=True), Scripted("free", waiting=100)
    notifier = notify(stuck, free)
    assert max(seconds_of(lambda n=n: notifier.put(alert(n))) for n in range(100)) < 0.25  # type: ignore[misc]
    wait_for(lambda: len(free.serials) == 100)
    assert stuck.serials == []


def test_more_alerts_than_fit_are_dropped_and_told_once(notify: Start, told: Told) -> None:
    stuck = Scripted(hangs=True, waiting=3)
    notifier = notify(stuck)
    notifier.put(alert(0))
    wait_for(lambda: stuck.begun == [0])
    for serial in range(1, 20):
        notifier.put(alert(serial))
    assert told.sentences == ["more alerts came than the pigeon can take; some were not told that way"]
    stuck.go_on.set()
    wait_for(lambda: len(stuck.serials) == 4)
    assert stuck.serials == [0, 1, 2, 3]


def test_a_way_that_skips_says_nothing_of_what_it_left_out(notify: Start, told: Told) -> None:
    stuck = Scripted(hangs=True, waiting=1)
    stuck.skips = True
    notifier = notify(stuck)
    for serial in range(9):
        notifier.put(alert(serial))
    assert told.sentences == []


def test_several_go_out_at_once_but_no_more_than_allowed(notify: Start) -> None:
    stuck = Scripted(at_once=3, waiting=100, hangs=True)
    notifier = notify(stuck)
    for serial in range(9):
        notifier.put(alert(serial))
    wait_for(lambda: len(stuck.begun) == 3)
    assert sum(thread.name == "notify-pigeon" for thread in threading.enumerate()) == 3
    stuck.go_on.set()
    wait_for(lambda: sorted(stuck.serials) == list(range(9)))


def test_a_failure_is_told_once_until_it_works_again(notify: Start, told: Told) -> None:
    way = Scripted(waiting=100)
    notifier = notify(way)
    for serial, fault in enumerate(["lost", "lost", None, "lost", "eaten"]):
        way.fault = NotToldError(f"the pigeon was {fault}") if fault else None
        notifier.put(alert(serial))
        wait_for(lambda: len(way.begun) == serial + 1)  # noqa: B023
        wait_for(lambda: notifier._lanes[0]._idle == 1)
    assert told.sentences == ["the pigeon was lost", "the pigeon was lost", "the pigeon was eaten"]


def test_a_bug_in_a_way_is_logged_and_told_and_the_next_alert_is_sent(
    notify: Start, told: Told, caplog: pytest.LogCaptureFixture
) -> None:
    way = Scripted(waiting=100)
    way.fault = ZeroDivisionError("secret")
    notifier = notify(way)
    notifier.put(alert(0))
    assert told.wait() == ["an error in this program kept an alert from the pigeon (ZeroDivisionError)"]
    way.fault = None
    notifier.put(alert(1))
    wait_for(lambda: way.serials == [1])
    assert "the pigeon failed" in caplog.text


def test_stopping_gives_up_what_hangs_and_what_waits(notify: Start, told: Told) -> None:
    stuck = Scripted(hangs=True, waiting=100)
    notifier = notify(stuck)
    for serial in range(9):
        notifier.put(alert(serial))
    wait_for(lambda: stuck.begun == [0])
    assert seconds_of(notifier.stop) < 0.25
    assert notifier.join(5)
    notifier.put(alert(10))
    assert (stuck.begun, stuck.serials, told.sentences) == ([0], [], [])


def test_without_alerts_there_is_no_thread(notify: Start) -> None:
    notifier = notify(Scripted(), Scripted())
    assert not [one for one in threading.enumerate() if one.name.startswith("notify")]
    notifier.stop()
    assert notifier.join(0)
