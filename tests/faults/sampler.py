"""The independent sampler: looks again and again at what the program calls live, and counts the lies."""

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping

from tests.faults.truth import PairClaim, VenueTruth

_PERIOD_S = 0.005
_KEPT_LIES = 20
_LATE_FOR_S = 0.5


def lies_of(
    claim: PairClaim,
    truths: Mapping[str, VenueTruth],
    silence_s: float,
    grace_s: float,
    *,
    now_s: float | None = None,
    slack_s: float = 0.0,
) -> list[str]:
    """Return a sentence for everything in a claim that is not so."""
    now_s = time.monotonic() if now_s is None else now_s
    judged = ((leg, truths[leg.venue].lie(leg, silence_s, grace_s, now_s, slack_s)) for leg in claim.legs if leg.live)
    lies = [f"{leg.venue}: {lie}" for leg, lie in judged if lie]
    if claim.live != (claim.current is not None):
        lies.append(f"live is {claim.live}, the spread is {claim.current}")
    if claim.live:
        spot, futures = (leg.numbers for leg in claim.legs)
        if not all(leg.live for leg in claim.legs):
            lies.append("a live pair with a leg that is not")
        elif spot is None or futures is None or claim.current != spot[2] - futures[0]:
            lies.append(f"{claim.current} is not the spread of the quotes shown")
    return lies


class Sampler:
    """Thread `sampler`: 200 looks a second at `look()`, which returns None while nothing was shown."""

    def __init__(
        self,
        look: Callable[[], PairClaim | None],
        truths: Mapping[str, VenueTruth],
        silence_s: float,
        grace_s: float,
        alerts: Callable[[], list[tuple[float, PairClaim]]] = list,
    ) -> None:
        """`alerts` gives the alerts since it was last asked: when each fired (monotonic s), and on what."""
        self.alerts = 0
        self.stale_alerts: list[str] = []
        self.samples = 0
        self.live_samples = 0
        self.lie_count = 0
        self.lies: list[str] = []
        self.worst_grey_s = 0.0
        """Longest time that a leg was shown live after the silence limit had passed."""
        self.paused = False
        self._look, self._truths, self._alerts = look, truths, alerts
        self._silence_s, self._grace_s = silence_s, grace_s
        self._late: deque[tuple[float, float]] = deque()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sampler", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join(5)

    def _run(self) -> None:
        due_s = time.monotonic() + _PERIOD_S
        while not self._stopping.wait(max(due_s - time.monotonic(), 0.0)):
            began_s = time.monotonic()
            slack_s = self._lateness(began_s, began_s - due_s)
            claim = self._look()
            if claim is not None and not self.paused:
                self._judge(claim, slack_s)
            for fired_s, alert in self._alerts():
                self._judge_alert(alert, fired_s, slack_s)
            due_s = time.monotonic() + _PERIOD_S

    def _lateness(self, now_s: float, late_s: float) -> float:
        """Return by how much this machine let this thread, and so the program's too, wait of late."""
        while self._late and self._late[0][0] < now_s - _LATE_FOR_S:
            self._late.popleft()
        if late_s > 0.02:
            self._late.append((now_s, late_s))
        return sum(late for _, late in self._late)

    def _judge_alert(self, claim: PairClaim, fired_s: float, slack_s: float) -> None:
        self.alerts += 1
        self.stale_alerts += lies_of(
            claim, self._truths, self._silence_s, self._grace_s, now_s=fired_s, slack_s=slack_s
        )

    def _judge(self, claim: PairClaim, slack_s: float) -> None:
        now_s = time.monotonic()
        self.samples += 1
        self.live_samples += claim.live
        for leg in claim.legs:
            if leg.live:
                over_s = now_s - self._truths[leg.venue].last_valid_s - self._silence_s
                self.worst_grey_s = max(self.worst_grey_s, over_s)
        lies = lies_of(claim, self._truths, self._silence_s, self._grace_s, now_s=now_s, slack_s=slack_s)
        if lies:
            self.lie_count += 1
            if len(self.lies) < _KEPT_LIES:
                self.lies += lies
