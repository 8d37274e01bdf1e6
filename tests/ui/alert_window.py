"""A bare window with the banner and the list of alerts: `python -m tests.ui.alert_window OUTDIR` takes pictures."""

import subprocess
import sys
import tkinter as tk
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Literal

from msgspec.structs import replace

from spreadwatch.config import rule_from_texts
from spreadwatch.core.alerts import Alert, Direction, Number, Rule
from spreadwatch.core.snapshot import Snapshot
from spreadwatch.ui.alerts.alerts import Banner
from spreadwatch.ui.alerts.list import AlertList
from spreadwatch.ui.frame.shortcuts import SHORTCUTS, Action, bind_all
from spreadwatch.ui.frame.window import MainWindow
from spreadwatch.ui.kit import fonts, theme
from spreadwatch.ui.kit.overlay import Overlay
from spreadwatch.ui.kit.painter import Painter
from spreadwatch.ui.kit.widgets import frame, still
from tests.notify.examples import RULE, alert
from tests.ui import examples
from tests.ui.program import settings
from tests.ui.screen import display, xvfb
from tests.ui.sight import labels

CHEAP = Rule("spread below one dollar", None, Number.SPREAD, Direction.BELOW, Decimal("-1.00"), Decimal("-0.50"))
LONG = Rule(
    "a name that is as long as names may be, sixty characters!!",
    *("1000SATSUSDT", Number.BPS, Direction.BELOW, Decimal("-123.456789"), Decimal("-100.000001")),
    *(12.5, 3600.0, True),
)
RULES = (RULE, CHEAP, LONG)


def alerts(count: int) -> tuple[Alert, ...]:
    """Return so many alerts, oldest first, the newest 3 s before the noon of the examples."""
    made = []
    for serial in range(1, count + 1):
        rule = RULES[serial % 3]
        symbol = rule.symbol or ("BTCUSDT", "ETHUSDT")[serial % 2]
        value = {Number.SPREAD: "-1.30", Number.EDGE: "3.5123456", Number.BPS: "-123.46"}[rule.number]
        made.append(alert(serial, rule, symbol=symbol, value=value, after_ms=-3_000 - (count - serial) * 47_000))
    return tuple(made)


class AlertWindow:
    """What the dashboard does for the banner and the list, and nothing else. `pressed`: shortcuts that were run."""

    def __init__(self, *, style: Literal["dark", "light"] = "dark", compact: bool = False) -> None:
        self.window = MainWindow(None, compact=compact)
        root, px = self.window.root, self.window.px
        self.root = root
        fonts.create_fonts(root, px)
        self.painter = painter = Painter(root, theme.PALETTES[style], px, settings())
        painter.flush_now = self.flush
        theme.style_ttk(root, painter.palette, px)
        painter.tint(root, background="background")
        self.kept: list[Rule] = list(RULES)
        self.pressed: list[str] = []
        self.copied: list[tuple[str, str]] = []
        self.tests = 0
        self.faults: list[BaseException] = []
        root.report_callback_exception = lambda _kind, error, _trace: self.faults.append(error)
        self.body = frame(root, painter, "background")
        self.body.pack(fill="both", expand=True, padx=px(14), pady=px(12))
        header = still(self.body, painter, "ETHUSDT", fonts.SYMBOL, "text", "background")
        header.grid(row=0, column=0, sticky="w")
        self.banner = Banner(self.body, painter, lambda: self.pressed.append("list"))
        self.banner.frame.grid(row=1, column=0, sticky="ew", pady=(px(10), 0))
        self.banner.hide()
        self.card = frame(self.body, painter, "card")
        self.card.configure(height=px(200))
        self.card.grid(row=2, column=0, sticky="nsew", pady=(px(10), 0))
        self.body.columnconfigure(0, weight=1)
        self.body.rowconfigure(2, weight=1)
        self.list = AlertList(root, painter, self, self.test, self.copy, self.close_list)
        self.overlay = Overlay(self.window, self.body, self.card, header, header)
        bind_all(root, {one.action: self._press(one.action) for one in SHORTCUTS})
        self.flush()
        self.window.place()
        self.window.show()
        self.settle()

    def _press(self, action: Action) -> Callable[[], None]:
        return lambda: self.pressed.append(action)

    def rules(self) -> tuple[Rule, ...]:
        """Return the rules in force."""
        return tuple(self.kept)

    def add_rule(self, texts: Mapping[str, str]) -> str | None:
        """Take a rule as the program does."""
        made = rule_from_texts(texts)
        if isinstance(made, str):
            return made
        self.kept.append(made)
        return None

    def remove_rule(self, rule: Rule) -> str | None:
        """Forget a rule."""
        self.kept.remove(rule)
        return None

    def test_alert(self, symbol: str) -> Alert:
        """Return an alert."""
        return alert(symbol=symbol)

    def test(self) -> None:
        """Count."""
        self.tests += 1

    def copy(self, words: str, shown: str) -> None:
        """Keep what was copied."""
        self.copied.append((words, shown))

    def close_list(self) -> None:
        """Close the list."""
        self.overlay.close()

    def open_list(self, snapshot: Snapshot | None) -> None:
        """Open the list over the window, as Ctrl+L does."""
        self.list.render(snapshot, at_once=True)
        self.overlay.toggle(self.list)
        self.list.focus()
        self.settle()

    def flush(self) -> None:
        """Paint."""
        self.painter.flush()
        if self.painter.resized:
            self.painter.resized = False
            self.window.fit()

    def settle(self) -> None:
        """Let Tk handle all that is pending, and paint what its layout asked for."""
        for _ in range(4):
            self.root.update()
            self.flush()
        assert self.faults == []

    def words(self) -> list[str]:
        """Return the texts of all labels."""
        return [str(one.cget("text")) for one in labels(self.root)]

    def close(self) -> None:
        """Take the window away."""
        self.window.destroy()


OpenWindow = Callable[..., AlertWindow]


def snapshot(count: int) -> Snapshot:
    """Return a snapshot with so many alerts."""
    return replace(examples.ethusdt().at(), alerts=alerts(count))


def _type(window: AlertWindow, name: str, words: str) -> None:
    field = window.list.form.fields[name]
    entry = field.frame.winfo_children()[-1]
    assert isinstance(entry, tk.Entry)
    entry.insert("end", words)


def main(folder: Path) -> None:
    """Take the pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    with xvfb(96) as normal, xvfb(192) as dense:
        for server, suffix in ((normal, ""), (dense, "@2x")):
            for style in ("dark", "light"):
                for name, count in (("banner", 1), ("banner-many", 9), ("list", 14), ("list-none", 0), ("list-bad", 3)):
                    for compact in (False, True):
                        with display(server):
                            window = AlertWindow(style=style, compact=compact)
                            made = snapshot(count)
                            window.banner.render(made.alerts, made.at)
                            window.settle()
                            if name.startswith("list"):
                                if not count:
                                    window.kept.clear()
                                window.open_list(made)
                            if name == "list-bad":
                                _type(window, "level", "3.5")
                                _type(window, "rearm", "4")
                                window.list.form.send()
                                window.settle()
                            form = "-compact" if compact else ""
                            target = folder / f"{name}{form}-{style}{suffix}.png"
                            subprocess.run(
                                ["import", "-window", hex(int(window.root.frame(), 16)), str(target)], check=True
                            )
                            window.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
