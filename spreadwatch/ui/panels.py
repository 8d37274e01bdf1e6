"""What is laid over the window, one at a time, and how it opens, goes on, closes and is copied."""

from collections.abc import Callable, Mapping
from functools import cached_property

from spreadwatch.core.snapshot import Snapshot
from spreadwatch.core.spread import Extreme
from spreadwatch.ui.alerts.list import AlertList
from spreadwatch.ui.cards.evidence import Claim, Evidence
from spreadwatch.ui.frame.feedback import Feedback
from spreadwatch.ui.frame.shortcuts import Action, ShortcutList
from spreadwatch.ui.gaps.list import GapList
from spreadwatch.ui.kit.overlay import Panel
from spreadwatch.ui.layout import Layout
from spreadwatch.ui.program import Program
from spreadwatch.ui.selection import Selection
from spreadwatch.ui.watch.symbol_box import SymbolBox


class Panels:
    """Makes each panel when it is first asked for. `choose` shows a symbol."""

    def __init__(
        self,
        layout: Layout,
        program: Program,
        selection: Selection,
        feedback: Feedback,
        choose: Callable[[str], None],
    ) -> None:
        self.layout, self.program, self.selection, self.feedback = layout, program, selection, feedback
        self.root, self.painter = layout.window.root, layout.painter
        self._overlay = layout.overlay
        self._choose = choose
        self._made: dict[Action, Panel] = {}

    def find(self, action: Action) -> Panel:
        """Return the panel of an action."""
        if action not in self._made:
            self._made[action] = PANELS[action](self)
        return self._made[action]

    @cached_property
    def evidence(self) -> Evidence:
        """What proves an extreme."""
        return Evidence(self.root, self.painter, self.selection.pair)

    def render(self, snapshot: Snapshot) -> None:
        """Paint what is open and changes with time."""
        if self._overlay.shown is not None:
            self._overlay.shown.render(snapshot)

    def press(self, action: Action) -> None:
        """Open a panel, or do what another press of its key does: close it, for most of them."""
        panel = self.find(action)
        is_open = self._overlay.shown is panel
        wanted = panel.asked(self.selection.snapshot, is_open=is_open)
        if isinstance(wanted, str):
            self.feedback.say(wanted)
            return
        self.painter.flush_now()
        if wanted is not is_open:
            self._overlay.toggle(panel)
            self.painter.flush_now()
        if wanted:
            panel.focus()

    def prove(self, kind: str, window: str, extreme: Extreme) -> None:
        """Open the evidence of an extreme of the symbol shown."""
        pair = self.selection.pair()
        self.evidence.show(Claim(pair.symbol, kind, window, extreme, pair.places))
        self.painter.flush_now()
        if self._overlay.shown is not self.evidence:
            self._overlay.toggle(self.evidence)

    def copy(self) -> bool:
        """Copy what is open; False when nothing open can be copied."""
        copied = self._overlay.shown.copy_text() if self._overlay.shown else None
        if copied is None:
            return False
        self.feedback.copy(*copied)
        return True

    def test_alert(self) -> None:
        """Tell an invented alert of the symbol shown in every way."""
        self.layout.alerts.tell(self.program.test_alert(self.selection.symbol))

    def add(self, symbol: str) -> str | None:
        """Watch a symbol and show it; return why not."""
        if symbol not in self.selection.symbols:
            refusal = self.program.add(symbol)
            if refusal:
                return refusal
            self.feedback.say(f"{symbol} is watched")
        self._overlay.close()
        self._choose(symbol)
        self.layout.watch_list.reveal(symbol)
        return None


def _alerts(panels: Panels) -> Panel:
    return AlertList(
        panels.root,
        panels.painter,
        panels.program,
        panels.test_alert,
        panels.feedback.copy,
        lambda: panels.press("alerts"),
    )


def _gaps(panels: Panels) -> Panel:
    return GapList(panels.root, panels.painter, panels.layout.gap_count)


def _shortcuts(panels: Panels) -> Panel:
    return ShortcutList(panels.root, panels.painter, is_replay=panels.program.player is not None)


def _symbols(panels: Panels) -> Panel:
    selection = panels.selection
    return SymbolBox(panels.root, panels.painter, panels.program.candidates, lambda: selection.symbols, panels.add)


PANELS: Mapping[Action, Callable[[Panels], Panel]] = {
    "alerts": _alerts,
    "evidence": lambda panels: panels.evidence,
    "gaps": _gaps,
    "shortcuts": _shortcuts,
    "symbols": _symbols,
}
"""Which panel an action opens: a new one is a file, a row here, and a row in the table of keys."""
