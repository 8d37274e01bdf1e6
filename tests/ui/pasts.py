"""What the program would tell a window beside its snapshots: a past for the chart, rules, alerts."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cache
from typing import Any

from msgspec.structs import replace

from spreadwatch.config import rule_from_texts
from spreadwatch.core.alerts import Alert, Rule
from spreadwatch.core.quote import Instant
from spreadwatch.core.series import Series
from spreadwatch.core.snapshot import Snapshot
from tests.ui import examples
from tests.ui.alert_window import RULES, alerts
from tests.ui.chart_scene import gappy
from tests.ui.program import Program

_LENGTH_MS = 400_000
"""The past ends at the noon of the examples."""


@cache
def series() -> Series:
    """Return 400 s with two gaps and a spike, up to the figures of the mock at noon."""
    made = gappy(_LENGTH_MS // 1_000)
    made.take(_LENGTH_MS, Decimal("-1.30"), Decimal("-1.32"))
    return made


class WithPast(Program):
    """Knows a past for the chart, and some rules."""

    def __init__(self, past: Callable[[], Series | None] = series, **others: Any) -> None:  # noqa: ANN401
        super().__init__(**others)
        self.kept: list[Rule] = list(RULES)
        self.tested: list[Alert] = []
        self._past = past

    def series(self, symbol: str) -> Series | None:
        return self._past()

    def axis_ms(self, at: Instant) -> int:
        return at.mono_ms - examples.moment().mono_ms + _LENGTH_MS

    def rules(self) -> tuple[Rule, ...]:
        return tuple(self.kept)

    def add_rule(self, texts: Mapping[str, str]) -> str | None:
        made = rule_from_texts(texts)
        if isinstance(made, str):
            return made
        self.kept.append(made)
        return None

    def remove_rule(self, rule: Rule) -> str | None:
        self.kept.remove(rule)
        return None

    def test_alert(self, symbol: str) -> Alert:
        self.tested.append(super().test_alert(symbol))
        return self.tested[-1]


def alerted(count: int, snapshot: Snapshot | None = None) -> Snapshot:
    """Return a snapshot with so many alerts."""
    return replace(snapshot or examples.with_all(), alerts=alerts(count))
