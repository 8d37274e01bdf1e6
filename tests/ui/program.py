"""A program that a window can ask, without any feed behind it."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from spreadwatch.config import Config, Notify, Window
from spreadwatch.core.alerts import Alert, Rule
from spreadwatch.core.quote import Instant
from spreadwatch.core.series import Series
from spreadwatch.core.source import Source
from spreadwatch.notify.notifier import sample
from spreadwatch.ui.frame.playback_bar import Player
from tests.ui import examples

_WINDOW, _NOTIFY = ({one.name for one in fields(section)} for section in (Window, Notify))

_NOT_A_FOLDER = Path(os.devnull) / "charts"


def settings(**chosen: Any) -> Config:  # noqa: ANN401
    """Return settings for a window whose pictures are the same everywhere; those of its two sections as keywords."""
    window = {"time_zone": "utc", **{name: value for name, value in chosen.items() if name in _WINDOW}}
    notify = {name: value for name, value in chosen.items() if name in _NOTIFY}
    default = Config()
    return replace(default, window=replace(default.window, **window), notify=replace(default.notify, **notify))


class Program:
    """Watches one symbol of which nothing is known. Its settings and any other answer are given as keywords."""

    def __init__(
        self,
        *,
        symbols: tuple[str, ...] = ("ETHUSDT",),
        badge: str | None = None,
        geometry_file: Path | None = None,
        export_folder: Path = _NOT_A_FOLDER,
        player: Player | None = None,
        **others: Any,  # noqa: ANN401
    ) -> None:
        self.settings = settings(**{name: others.pop(name) for name in (_WINDOW | _NOTIFY) & others.keys()})
        self.symbols, self.badge, self.player = symbols, badge, player
        self.geometry_file, self.export_folder = geometry_file, export_folder
        for name, answer in others.items():
            assert callable(getattr(self, name)), f"no window asks for {name}"
            setattr(self, name, answer)

    def show(self, symbol: str) -> None:
        pass

    def reset(self, symbol: str) -> None:
        pass

    def add(self, symbol: str) -> str | None:
        return f"{symbol} cannot be added."

    def remove(self, symbol: str) -> str | None:
        return f"{symbol} cannot be removed."

    def candidates(self) -> Sequence[str] | None:
        return None

    def series(self, symbol: str) -> Series | None:
        return None

    def axis_ms(self, at: Instant) -> int:
        return at.mono_ms

    def rules(self) -> tuple[Rule, ...]:
        return ()

    def add_rule(self, texts: Mapping[str, str]) -> str | None:
        return "Rules cannot be changed here."

    def remove_rule(self, rule: Rule) -> str | None:
        return "Rules cannot be changed here."

    def test_alert(self, symbol: str) -> Alert:
        return sample(symbol, examples.moment(), Source.LIVE)

    def switch(self, name: str) -> str:
        return "This cannot be switched here."

    def switched(self, name: str) -> str | None:
        return None

    def diagnostics(self) -> str:
        return ""
