"""The evidence of one extreme, laid over the window: when, out of which two quotes, how old they were."""

import tkinter as tk

from spreadwatch.core.quote import Side
from spreadwatch.ui.cards import evidence_text
from spreadwatch.ui.cards.evidence_text import Claim
from spreadwatch.ui.frame.shortcuts import BY_ACTION, is_apple, label
from spreadwatch.ui.kit import fonts, text
from spreadwatch.ui.kit.overlay import Panel
from spreadwatch.ui.kit.painter import Painter
from spreadwatch.ui.kit.widgets import frame, painted, still

_BRIGHT = {Side.SPOT: "Ask", Side.FUTURES: "Bid"}


class Evidence(Panel):
    """What was true when the extreme was found; it stays as it is while the market goes on."""

    fills = False

    def __init__(self, parent: tk.Misc, painter: Painter, *, utc: bool) -> None:
        super().__init__(parent, painter)
        self._painter = painter
        self._utc = utc
        self.claim: Claim | None = None
        self._place_head()
        self._place_table()
        px = painter.px
        made, self._skew = painted(self.card, painter, fonts.SMALL_WORDS, "muted", "card", chars=None)
        made.pack(anchor="w", pady=(px(8), 0))

    def _place_head(self) -> None:
        painter, px = self._painter, self._painter.px
        line = frame(self.card, painter, "card")
        line.pack(fill="x")
        title, self._title = painted(line, painter, fonts.CAPTION, "text", "card", chars=None)
        title.pack(side="left")
        keys = [label(BY_ACTION[action].keys[0], apple=is_apple(line)) for action in ("copy", "dismiss")]
        hint = still(line, painter, f"{keys[0]} copies JSON   {keys[1]} closes", fonts.SMALL_WORDS, "muted", "card")
        hint.pack(side="right", padx=(px(20), 0))
        line = frame(self.card, painter, "card")
        line.pack(fill="x", pady=(px(4), px(8)))
        value, self._value = painted(line, painter, fonts.FIGURE, "text", "card", chars=None)
        value.pack(side="left")
        time, self._time = painted(line, painter, fonts.SMALL_FIGURE, "muted", "card", chars=None)
        time.pack(side="left", padx=(px(14), 0))
        made, self._sum = painted(self.card, painter, fonts.SMALL_WORDS, "muted", "card", chars=None)
        made.pack(anchor="w", pady=(0, px(8)))

    def _place_table(self) -> None:
        painter, px = self._painter, self._painter.px
        table = frame(self.card, painter, "card")
        table.pack(fill="x")
        self._cells = {}
        for column, side in enumerate(Side, 1):
            caption = still(table, painter, side.upper(), fonts.CAPTION, "muted", "card")
            caption.grid(row=0, column=column, sticky="e", padx=(px(24), 0))
            for row, name in enumerate(evidence_text.LINES, 1):
                made, cell = painted(table, painter, fonts.SMALL_FIGURE, "muted", "card", chars=23, anchor="e")
                made.grid(row=row, column=column, sticky="e", padx=(px(24), 0), pady=px(1))
                self._cells[side, name] = cell
        for row, name in enumerate(evidence_text.LINES, 1):
            still(table, painter, name, fonts.SMALL_WORDS, "muted", "card").grid(row=row, column=0, sticky="w")
        table.columnconfigure(3, weight=1)

    def show(self, claim: Claim) -> None:
        """Paint the evidence of a claim."""
        self.claim = claim
        extreme, places = claim.extreme, claim.places
        name = {"max": "HIGHEST", "min": "LOWEST"}[claim.kind]
        self._title.show(f"{name} SPREAD OF {claim.symbol} {evidence_text.window_words(claim.window).upper()}", "text")
        currency = text.split_symbol(claim.symbol)[1]
        value = f"{text.signed(extreme.spread, places)} {currency}".rstrip()
        self._value.show(value, "up" if claim.kind == "max" else "down")
        zone = "UTC" if self._utc else "local time"
        self._time.show(f"{text.moment(extreme.at.wall_ms, utc=self._utc)} {zone}", "text")
        self._sum.show(evidence_text.sum_words(claim), "muted")
        self._skew.show(evidence_text.skew_words(extreme), "muted")
        for side, quote, age_ms in (
            (Side.SPOT, extreme.spot, extreme.spot_age_ms),
            (Side.FUTURES, extreme.futures, extreme.futures_age_ms),
        ):
            lines = evidence_text.quote_lines(quote, age_ms, places, utc=self._utc)
            for line, words in zip(evidence_text.LINES, lines, strict=True):
                self._cells[side, line].show(words, "text" if line == _BRIGHT[side] else "muted")

    def copy_text(self) -> tuple[str, str]:
        """Return the evidence shown as JSON, and a word for that; empty for none."""
        return evidence_text.to_json(self.claim) if self.claim else "", "evidence"
