"""What the program would tell a window beside its snapshots: a past for the chart, rules, alerts."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cache

from msgspec.structs import replace

from spreadwatch.config import rule_from_texts
from spreadwatch.core.alerts import Alert, Rule
from spreadwatch.core.series import Series
from spreadwatch.core.snapshot import Snapshot
from spreadwatch.notify.notifier import sample
from spreadwatch.ui.options import Callbacks
from tests.ui import examples
from tests.ui.alert_window import RULES, alerts
from tests.ui.chart_scene import gappy

_LENGTH_MS = 400_000
"""The past ends at the noon of the examples."""


@cache
def series() -> Series:
    """Return 400 s with two gaps and a spike, up to the figures of the mock at noon."""
    made = gappy(_LENGTH_MS // 1_000)
    made.take(_LENGTH_MS, Decimal("-1.30"), Decimal("-1.32"))
    return made


class Program:
    """Stands in for the program: `callbacks` are what a window asks of it."""

    def __init__(self, past: Callable[[], Series | None] = series) -> None:
        self.rules: list[Rule] = list(RULES)
        self.tested: list[Alert] = []
        self.callbacks = Callbacks(
            reset=lambda _symbol: None,
            diagnostics=lambda: "",
            series=lambda _symbol: past(),
            axis_ms=lambda at: at.mono_ms - examples.moment().mono_ms + _LENGTH_MS,
            rules=lambda: tuple(self.rules),
            add_rule=self._add,
            remove_rule=self._remove,
            test_alert=self._test,
        )

    def _add(self, texts: Mapping[str, str]) -> str | None:
        made = rule_from_texts(texts)
        if isinstance(made, str):
            return made
        self.rules.append(made)
        return None

    def _remove(self, rule: Rule) -> str | None:
        self.rules.remove(rule)
        return None

    def _test(self, symbol: str) -> Alert:
        self.tested.append(sample(symbol, examples.moment()))
        return self.tested[-1]


def alerted(count: int, snapshot: Snapshot | None = None) -> Snapshot:
    """Return a snapshot with so many alerts."""
    return replace(snapshot or examples.with_all(), alerts=alerts(count))
