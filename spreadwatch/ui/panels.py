"""What is laid over the window, gaps, shortcuts, evidence, the symbol box, and what is copied from there."""

from collections.abc import Callable

from spreadwatch.core.snapshot import Snapshot
from spreadwatch.core.spread import Extreme
from spreadwatch.ui.cards.evidence_text import Claim
from spreadwatch.ui.frame.feedback import Feedback
from spreadwatch.ui.layout import Parts
from spreadwatch.ui.selection import Focus


class Panels:
    """Opens and closes the panels of a window, one at a time."""

    def __init__(
        self,
        parts: Parts,
        feedback: Feedback,
        focus: Focus,
        flush: Callable[[], None],
    ) -> None:
        self._parts = parts
        self._overlay = parts.overlay
        self._feedback = feedback
        self._focus = focus
        self._flush = flush

    def render(self, snapshot: Snapshot) -> None:
        """Paint what is open and changes with time."""
        if self._overlay.shown is not None:
            self._overlay.shown.render(snapshot)

    def toggle_shortcuts(self) -> None:
        """Open or close the list of shortcuts."""
        shortcuts = self._parts.shortcut_list
        self._flush()
        self._overlay.toggle(shortcuts)

    def toggle_gaps(self) -> None:
        """Open or close the list of gaps."""
        self._parts.gap_list.render(self._focus.snapshot, at_once=True)
        self._overlay.toggle(self._parts.gap_list)
        self._flush()

    def toggle_alerts(self) -> None:
        """Open or close the list of alerts."""
        alerts = self._parts.alerting.list
        alerts.render(self._focus.snapshot, at_once=True)
        self._flush()
        self._overlay.toggle(alerts)
        self._flush()
        if self._overlay.shown is alerts:
            alerts.focus()

    def toggle_symbols(self) -> None:
        """Open or close the symbol box."""
        box = self._parts.symbol_box
        box.open_with(self._focus.symbols)
        self._flush()
        self._overlay.toggle(box)
        if self._overlay.shown is box:
            box.focus()

    def prove(self, kind: str, window: str, extreme: Extreme) -> None:
        """Open the evidence of an extreme of the symbol shown."""
        evidence, pair = self._parts.evidence, self._focus.pair()
        evidence.show(Claim(pair.symbol, kind, window, extreme, pair.places))
        self._flush()
        if self._overlay.shown is not evidence:
            self._overlay.toggle(evidence)

    def step_evidence(self) -> None:
        """Show the evidence of the maximum since the reset, then of the minimum, then none."""
        evidence, spread = self._parts.evidence, self._focus.pair().spread
        shown = evidence.claim.kind if self._overlay.shown is evidence and evidence.claim else ""
        if shown == "min":
            self._overlay.close()
        elif spread.high is None or spread.low is None:
            self._feedback.say("no extremes yet")
        elif shown:
            self.prove("min", "reset", spread.low)
        else:
            self.prove("max", "reset", spread.high)

    def copy(self) -> bool:
        """Copy what is open; False when nothing open can be copied."""
        copied = self._overlay.shown.copy_text() if self._overlay.shown else None
        if copied is None:
            return False
        self._feedback.copy(*copied)
        return True
