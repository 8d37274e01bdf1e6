"""The alerts with what proves them, the rules that make them, and a form for another, laid over the window."""

import json
import time
import tkinter as tk
from collections.abc import Callable, Mapping
from functools import partial
from tkinter import ttk
from typing import Protocol

from spreadwatch.core.alert_json import alert_to_json
from spreadwatch.core.alerts import Alert, Direction, Number, Rule
from spreadwatch.core.snapshot import Snapshot
from spreadwatch.ui.alerts import words as alert_words
from spreadwatch.ui.frame.shortcuts import RULE_REMOVAL, bind_keys, bind_rows
from spreadwatch.ui.kit import fonts, text, theme
from spreadwatch.ui.kit.fields import TextField, WordChoice
from spreadwatch.ui.kit.overlay import Panel
from spreadwatch.ui.kit.painter import Painter
from spreadwatch.ui.kit.table import PickTable, TableColumn
from spreadwatch.ui.kit.widgets import Copy, frame, painted, still
from spreadwatch.ui.kit.wrapping import WrappedLine

_ALERTS, _RULES = 9, 3
_EVERY_S = 0.25
_INSIDE_TAG = "SpreadwatchInside"
_EVIDENCE = ("futures", "000 ms old", "bid 63 413.87 × 27.4410", "")
"""The widest usual texts, whose room is kept free; the last one takes what is left."""


class RuleBook(Protocol):
    """What the window asks of the program about alerts."""

    def rules(self) -> tuple[Rule, ...]:
        """Return the rules in force."""

    def add_rule(self, texts: Mapping[str, str]) -> str | None:
        """Watch one more rule, given as texts by the names of its fields; a sentence says why not."""

    def remove_rule(self, rule: Rule) -> str | None:
        """Watch a rule no longer; a sentence says why not."""

    def test_alert(self, symbol: str) -> Alert:
        """Send an invented alert on every way that leaves the program, and return it for the window to show."""


class AlertList(Panel):
    """The alerts, newest first, the evidence of the chosen one, the rules, and a form for another.

    While it is open it is painted four times a second at most. A click inside does not close it.
    """

    def __init__(
        self,
        parent: tk.Misc,
        painter: Painter,
        book: RuleBook,
        test: Callable[[], object],
        copy: Copy,
        close: Callable[[], object],
    ) -> None:
        """`test` tells an invented alert every way."""
        super().__init__(parent, painter)
        self._painter = painter
        self._book, self._tell_test, self._copy, self._close = book, test, copy, close
        self._utc = painter.utc
        self._alerts: list[Alert] = []
        self._shown_rules: tuple[Rule, ...] = ()
        self._painted_at = 0.0
        self._evidence_width = 0
        self._place_head()
        figure, words = fonts.SMALL_FIGURE, fonts.SMALL_WORDS
        clock = TableColumn("UTC" if self._utc else "LOCAL TIME", figure, "00:00:00", gap=5)
        symbol, value = TableColumn("SYMBOL", words, "1000SATSUSDT"), TableColumn("VALUE", figure, "−1 234.56 bps")
        columns = (clock, symbol, value, TableColumn("RULE", words, "a rule of usual length"))
        self.rows = PickTable(self.card, painter, columns, _ALERTS, self._chose, "No alert yet.")
        self.rows.frame.pack(fill="both", expand=True)
        bind_rows(self.rows.frame, self.rows.move)
        self._place_evidence()
        self._place_rules()
        self.form = Form(self.card, painter, self._add)
        self.form.frame.pack(fill="x", pady=(painter.px(8), 0))
        _keep_clicks(self.frame)

    def _place_head(self) -> None:
        painter, px = self._painter, self._painter.px
        line = frame(self.card, painter, "card")
        line.pack(fill="x", pady=(0, px(4)))
        title, self._title = painted(line, painter, fonts.CAPTION, "text", "card", chars=None)
        title.pack(side="left")
        self._said_label, self._said = painted(line, painter, fonts.SMALL_WORDS, "muted", "card", chars=None)
        self._said_label.configure(width=1)
        close = ttk.Button(line, text="\N{MULTIPLICATION SIGN}", style=theme.BUTTON, command=self._close)
        self.test_button = ttk.Button(line, text="Test", style=theme.BUTTON, command=self._test)
        self.copy_button = ttk.Button(line, text="Copy as JSON", style=theme.BUTTON, command=self.copy)
        for button in (close, self.test_button, self.copy_button):
            button.pack(side="right", padx=(px(6), 0))
        self._said_label.pack(side="left", fill="x", expand=True, padx=(px(12), 0))

    def _place_evidence(self) -> None:
        painter, px = self._painter, self._painter.px
        box = frame(self.card, painter, "card")
        box.pack(fill="x", padx=(px(5), 0), pady=(px(6), 0))
        self._evidence = []
        for row in range(2):
            cells = []
            for column, usual in enumerate(_EVIDENCE):
                label, cell = painted(box, painter, fonts.SMALL_FIGURE, "text", "card", chars=None)
                label.grid(row=row, column=column, sticky="w", padx=(px(14) if column else 0, 0))
                width = painter.measure(fonts.SMALL_FIGURE, usual) + (px(14) if column else 0)
                box.columnconfigure(column, minsize=width)
                cells.append(cell)
            label.grid(sticky="ew")
            label.configure(width=1)
            self._evidence.append(cells)
        box.columnconfigure(len(_EVIDENCE) - 1, weight=1)
        label.bind("<Configure>", self._evidence_resized)

    def _place_rules(self) -> None:
        painter, px = self._painter, self._painter.px
        line = frame(self.card, painter, "card")
        line.pack(fill="x", pady=(px(10), 0))
        still(line, painter, "RULES", fonts.CAPTION, "text", "card").pack(side="left")
        self.remove_button = ttk.Button(line, text="Remove rule", style=theme.BUTTON, command=self._remove)
        self.remove_button.pack(side="right")
        words = fonts.SMALL_WORDS
        columns = (
            TableColumn("SYMBOL", words, "1000SATSUSDT", gap=5),
            TableColumn("FIRES", words, "spread below −1234.56 bps"),
            TableColumn("AGAIN", words, "re-arms at −1234.56, hold 12 s, wait 60 s"),
            TableColumn("NAME", words, "a name"),
        )
        self.rules = PickTable(self.card, painter, columns, _RULES, painter.flush_now, "No rule yet. Add one below.")
        self.rules.frame.pack(fill="x")
        bind_rows(self.rules.frame, self.rules.move)
        bind_keys(self.rules.frame, RULE_REMOVAL, {"row_remove": self._remove})

    def focus(self) -> None:
        """Give the list of alerts the keyboard: for right after it was opened."""
        self.rows.frame.focus_set()

    # ----- painting

    def render(self, snapshot: Snapshot | None, *, at_once: bool = False) -> None:
        """Paint alerts and rules, throttled to four times a second unless `at_once`; None: there is no snapshot yet."""
        now_s = time.monotonic()
        if not at_once and now_s - self._painted_at < _EVERY_S:
            return
        self._painted_at = now_s
        self._alerts = alert_words.newest_first(snapshot.alerts) if snapshot else []
        rows = [alert_words.row(one, snapshot.at, utc=self._utc) for one in self._alerts] if snapshot else []
        self._title.show(f"ALERTS {text.count(self._alerts[0].serial) if self._alerts else 0}", "text")
        self.rows.show(rows, [one.serial for one in self._alerts])
        self._render_evidence()
        self._render_rules()

    def _render_evidence(self) -> None:
        chosen = self.chosen
        lines = alert_words.evidence(chosen) if chosen else (("",) * len(_EVIDENCE),) * 2
        measure = partial(self._painter.measure, fonts.SMALL_FIGURE)
        for cells, (*words, last) in zip(self._evidence, lines, strict=True):
            fitting = text.shortened(last, self._evidence_width, measure) if self._evidence_width > 1 else ""
            for column, (cell, one) in enumerate(zip(cells, (*words, fitting), strict=True)):
                cell.show(one, "text" if column >= 2 else "muted")

    def _evidence_resized(self, event: "tk.Event[tk.Misc]") -> None:
        if event.width != self._evidence_width:
            self._evidence_width = event.width
            self._chose()

    def _render_rules(self) -> None:
        self._shown_rules = self._book.rules()
        rows = [alert_words.rule_row(rule) for rule in self._shown_rules]
        self.rules.show(rows, [rule.name for rule in self._shown_rules])

    # ----- actions

    @property
    def chosen(self) -> Alert | None:
        """The alert whose evidence is shown."""
        return None if self.rows.index is None else self._alerts[self.rows.index]

    def copy_text(self) -> tuple[str, str]:
        """Return the evidence of the chosen alert as JSON, and a word for what that is; empty without one."""
        chosen = self.chosen
        return (json.dumps(alert_to_json(chosen), indent=1, ensure_ascii=False), "the alert") if chosen else ("", "")

    def copy(self) -> None:
        """Copy the chosen alert's evidence as JSON."""
        self._copy(*self.copy_text())
        self._say("copied as JSON" if self.chosen else "nothing to copy yet")

    def _chose(self) -> None:
        self._render_evidence()
        self._painter.flush_now()

    def _test(self) -> None:
        self._tell_test()
        self._say("a test alert was sent")

    def _add(self, texts: Mapping[str, str]) -> str | None:
        refused = self._book.add_rule(texts)
        if refused is None:
            self._render_rules()
            self._say("rule added")
        return refused

    def _remove(self) -> None:
        if self.rules.index is not None:
            rule = self._shown_rules[self.rules.index]
            refused = self._book.remove_rule(rule)
            self._render_rules()
            self._say(refused or f"rule removed: {rule.name}")

    def _say(self, words: str) -> None:
        self._said.show(words, "muted")
        self._painter.flush_now()


class Form:
    """The form for a new rule: texts and choices under the names of its fields, reached by Tab, sent by Return.

    `add` gets them and returns the sentence that refuses them, or None when there is a new rule.
    """

    def __init__(
        self,
        parent: tk.Misc,
        painter: Painter,
        add: Callable[[Mapping[str, str]], str | None],
    ) -> None:
        px = painter.px
        self._painter = painter
        self._add = add
        self.frame = frame(parent, painter, "card")
        first, second = frame(self.frame, painter, "card"), frame(self.frame, painter, "card")
        first.grid(row=0, column=0, sticky="ew")
        second.grid(row=1, column=0, sticky="ew", pady=(px(6), 0))
        self.frame.columnconfigure(0, weight=1)
        self.fields: dict[str, TextField | WordChoice] = {
            "symbol": TextField(first, painter, "SYMBOL", 12, alert_words.EVERY),
            "number": WordChoice(first, painter, "NUMBER", tuple(Number)),
            "side": WordChoice(first, painter, "FIRES", tuple(Direction)),
            "level": TextField(first, painter, "LEVEL", 9),
            "rearm": TextField(first, painter, "RE-ARM", 9),
            "hold_s": TextField(second, painter, "HOLD, S", 6),
            "cooldown_s": TextField(second, painter, "COOL-DOWN, S", 6),
            "once": WordChoice(second, painter, "ONCE", ("no", "yes")),
            "name": TextField(second, painter, "NAME, IF YOU LIKE", 18),
        }
        for line, count in ((first, 5), (second, 4)):
            for column, field in enumerate([one for one in self.fields.values() if one.frame.master is line]):
                is_last = line is second and column == count - 1
                field.frame.grid(
                    row=0, column=column, sticky="new" if is_last else "nw", padx=(px(14) if column else 0, 0)
                )
        second.columnconfigure(3, weight=1)
        self.button = ttk.Button(second, text="Add rule", style=theme.BUTTON, command=self.send)
        self.button.grid(row=0, column=4, sticky="se", padx=(px(14), 0))
        self._refusal = WrappedLine(self.frame, painter, fonts.SMALL_WORDS, "card", lines=2)
        self._refusal.label.grid(row=2, column=0, sticky="ew", pady=(px(6), 0))
        for field in self.fields.values():
            field.frame.bind("<Return>", self._returned)
            if isinstance(field, TextField):
                for key in ("<Return>", "<KP_Enter>"):
                    field.entry.bind(key, self._returned)

    @property
    def refusal(self) -> str:
        """The sentence shown; empty when the last rule was taken."""
        return self._refusal.words

    def texts(self) -> dict[str, str]:
        """Return what is typed and chosen."""
        return {name: field.text for name, field in self.fields.items()}

    def send(self) -> None:
        """Offer the rule; clear the numbers when it was taken, else say why not."""
        refused = self._add(self.texts())
        self._refusal.show(refused or "", "stale")
        if refused is None:
            for name in ("level", "rearm", "name"):
                field = self.fields[name]
                if isinstance(field, TextField):
                    field.entry.delete(0, "end")
        self._painter.flush_now()

    def _returned(self, _event: "tk.Event[tk.Misc]") -> str:
        self.send()
        return "break"


def _keep_clicks(widget: tk.Misc) -> None:
    """Keep clicks on a widget and all inside it from the window, where they would close the list."""
    path, kind, *outer = widget.bindtags()
    widget.bindtags((path, kind, _INSIDE_TAG, *outer))
    widget.bind_class(_INSIDE_TAG, "<Button-1>", lambda _event: "break")
    for child in widget.winfo_children():
        _keep_clicks(child)
