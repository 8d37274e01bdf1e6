"""The card with the big number: the spread, its last change, and its extremes with their times."""

import tkinter as tk
from decimal import ROUND_FLOOR, Decimal

from spreadwatch.core.leg import State
from spreadwatch.core.numbers import MINUS, exact, split_symbol
from spreadwatch.core.snapshot import PairSnapshot, WindowExtremes
from spreadwatch.core.spread import Extreme
from spreadwatch.ui.cards.evidence import Prove
from spreadwatch.ui.kit import fonts, text, theme
from spreadwatch.ui.kit.painter import Painter
from spreadwatch.ui.kit.theme import Role
from spreadwatch.ui.kit.widgets import Copy, Value, card, frame, painted, still
from spreadwatch.ui.kit.wrapping import WrappedLine

_GIANT_CHARS = 8
"""A longer number is drawn in the smaller of the two big fonts."""


class SpreadCard:
    """One pair's spread. While the pair is not live the number is a dash, and the reason stands below it.

    The extremes since the reset stand beside it. Where those of windows of time are known, and there is room for
    more than the least, a table of all takes their place. A click on one gives it to `prove`.
    """

    def __init__(self, parent: tk.Misc, painter: Painter, copy: Copy, prove: Prove) -> None:
        px = painter.px
        self._painter = painter
        self._compact = False
        self._has_table = False
        self.frame = card(parent, painter)
        self._place_caption(painter)
        self.spread = Value(self.frame, painter, copy, fonts.GIANT, chars=5, anchor="w")
        self.spread.label.grid(row=1, column=0, sticky="w", padx=(0, px(10)))
        self.side = side = frame(self.frame, painter, "card")
        side.grid(row=1, column=1, sticky="w")
        cells = []
        for chars in (8, 4, 10):
            label, cell = painted(side, painter, fonts.SMALL_FIGURE, "muted", "card", chars=chars)
            label.grid(sticky="w")
            cells.append(cell)
        self._change, self._currency, self._bps = cells
        self._lines = extremes = frame(self.frame, painter, "card")
        extremes.grid(row=1, column=3, sticky="e")
        self.maximum = _ExtremeLine(extremes, 0, painter, copy, prove, "max")
        self.minimum = _ExtremeLine(extremes, 1, painter, copy, prove, "min")
        self.table = WindowTable(self.frame, painter, copy, prove)
        self.table.frame.grid(row=0, column=3, rowspan=3, sticky="e")
        self.table.frame.grid_remove()
        self.reason = WrappedLine(self.frame, painter, fonts.SMALL_WORDS, "card", lines=1)
        self.reason.label.grid(row=2, column=0, columnspan=4, sticky="ew", pady=(px(2), 0))
        self.frame.columnconfigure(2, weight=1, minsize=px(8))
        self.frame.rowconfigure(1, weight=1)
        self._shown: tuple[object, ...] = ()

    def _place_caption(self, painter: Painter) -> None:
        caption = frame(self.frame, painter, "card")
        caption.grid(row=0, column=0, columnspan=3, sticky="w")
        words = f"spot ask {MINUS} futures bid"
        still(caption, painter, "SPREAD", fonts.CAPTION, "muted", "card").grid(row=0, column=0)
        meaning = still(caption, painter, words, fonts.CAPTION, "muted", "card")
        meaning.grid(row=0, column=1, padx=(painter.px(10), 0))

    def render(self, pair: PairSnapshot) -> None:
        """Paint a pair's spread and its extremes; while it is not live, a dash and the reason."""
        if pair.state is State.LIVE:
            self.reason.show("" if self._compact else _standing(pair), "muted")
        else:
            self.reason.show(text.sentence(pair.reason), theme.STATE_ROLES[pair.state])
        spread, places, now_ms = pair.spread, pair.places, pair.at.wall_ms
        self._choose(has_table=bool(pair.windows) and not self._compact)
        if self._has_table:
            self.table.render(pair)
        else:
            self.maximum.render(spread.high, places, now_ms)
            self.minimum.render(spread.low, places, now_ms)
        shown = (pair.symbol, places, spread.current, spread.change, spread.bps)
        if shown != self._shown:
            self._shown = ()  # until all of it is painted
            self._render_numbers(pair)
            self._shown = shown

    def set_compact(self, compact: bool) -> None:
        """Show only what the compact window has room for, from the next paint on."""
        self._compact = compact

    def _choose(self, *, has_table: bool) -> None:
        if has_table != self._has_table:
            self._has_table = has_table
            shown, hidden = (self.table.frame, self._lines) if has_table else (self._lines, self.table.frame)
            hidden.grid_remove()
            shown.grid()
            self.reason.label.grid(columnspan=3 if has_table else 4)
            self._painter.resized = True

    def _render_numbers(self, pair: PairSnapshot) -> None:
        spread, places = pair.spread, pair.places
        current = spread.current
        words = text.NO_VALUE if current is None else text.signed(current, places)
        self.spread.cell.set_font(fonts.GIANT if len(words) <= _GIANT_CHARS else fonts.LARGE)
        self.spread.show(
            words,
            "faint" if current is None else "text",
            "" if current is None else exact(current, places),
        )
        direction: Role = "muted"
        if spread.change:
            direction = "up" if spread.change > 0 else "down"
        self._change.show(text.change(spread.change, places), direction)
        self._currency.show(split_symbol(pair.symbol)[1], "muted")
        self._bps.show("" if spread.bps is None else f"{text.bps(spread.bps)} bps", "muted")


def _standing(pair: PairSnapshot) -> str:
    """Say where the spread stands in its last hour; empty while that is not known."""
    if pair.percentile is None:
        return ""
    return f"Above {pair.percentile.quantize(Decimal(1), ROUND_FLOOR)} % of the last hour."


class _ExtremeLine:
    """MAX or MIN since the reset, with its time. `kind`: 'max' or 'min'."""

    def __init__(self, parent: tk.Misc, row: int, painter: Painter, copy: Copy, prove: Prove, kind: str) -> None:
        px = painter.px
        self._role: Role = "up" if kind == "max" else "down"
        self._kind = kind
        self._prove = prove
        self._utc = painter.utc
        self._extreme: Extreme | None = None
        still(parent, painter, kind.upper(), fonts.CAPTION, "muted", "card").grid(row=row, column=0, sticky="e")
        self.value = Value(parent, painter, copy, fonts.FIGURE, chars=5, press=self.press)
        self.value.label.grid(row=row, column=1, sticky="e", padx=(px(12), px(11)))
        label, self._time = painted(parent, painter, fonts.SMALL_FIGURE, "muted", "card", chars=8, anchor="e")
        label.grid(row=row, column=2, sticky="e")
        self._shown: tuple[object, ...] = ()

    def press(self) -> None:
        """Show the evidence of this extreme, if there is one."""
        if self._extreme is not None:
            self._prove(self._kind, "reset", self._extreme)

    def render(self, extreme: Extreme | None, places: int, now_ms: int) -> None:
        """Paint the extreme; a dash for None."""
        self._extreme = extreme
        if extreme is None:
            self._shown = ()
            self.value.show(text.NO_VALUE, "faint", "")
            self._time.show("", "muted")
            return
        shown = (extreme.spread, extreme.at.wall_ms, places, now_ms // 60_000)
        if shown != self._shown:
            self._shown = ()
            self.value.show(text.signed(extreme.spread, places), self._role, exact(extreme.spread, places))
            self._time.show(text.clock(extreme.at.wall_ms, now_ms, utc=self._utc), "muted")
            self._shown = shown


class WindowTable:
    """A row per window. A click on a number opens its evidence."""

    def __init__(self, parent: tk.Misc, painter: Painter, copy: Copy, prove: Prove) -> None:
        px = painter.px
        self.frame = frame(parent, painter, "card")
        self._painter = painter
        self._copy = copy
        self._prove = prove
        self._utc = painter.utc
        for column, words in ((1, "MAX"), (3, "MIN")):
            caption = still(self.frame, painter, words, fonts.CAPTION, "muted", "card")
            caption.grid(row=0, column=column, sticky="e", padx=(px(14), px(1)))
        self.rows: list[_TableRow] = []

    def render(self, pair: PairSnapshot) -> None:
        """Paint the windows of a pair and its extremes since the reset."""
        spread, places, now_ms = pair.spread, pair.places, pair.at.wall_ms
        windows = (*pair.windows, WindowExtremes("reset", spread.high, spread.low))
        while len(self.rows) < len(windows):
            row = _TableRow(self.frame, 1 + len(self.rows), self._painter, self._copy, self._prove)
            self.rows.append(row)
            self._painter.resized = True
        for row, window in zip(self.rows, windows, strict=False):
            row.render(window, places, now_ms)


class _TableRow:
    """One window's name, and its two extremes with their times."""

    def __init__(self, parent: tk.Misc, row: int, painter: Painter, copy: Copy, prove: Prove) -> None:
        px = painter.px
        self._utc = painter.utc
        self._prove = prove
        self._window = ""
        self._extremes: dict[str, Extreme | None] = {}
        label, self._name = painted(parent, painter, fonts.SMALL_WORDS, "muted", "card")
        label.grid(row=row, column=0, sticky="w")
        self.values: dict[str, Value] = {}
        self._times = {}
        for column, kind in ((1, "max"), (3, "min")):
            value = Value(
                parent,
                painter,
                copy,
                fonts.SMALL_FIGURE,
                chars=5,
                press=lambda kind=kind: self.press(kind),  # type: ignore[misc]
            )
            value.label.grid(row=row, column=column, sticky="e", padx=(px(14), 0))
            label, self._times[kind] = painted(
                parent, painter, fonts.SMALL_FIGURE, "faint", "card", chars=8, anchor="e"
            )
            label.grid(row=row, column=column + 1, sticky="e", padx=(px(7), 0))
            self.values[kind] = value
        self._shown: dict[str, tuple[object, ...]] = {}

    def press(self, kind: str) -> None:
        """Show the evidence of 'max' or 'min'."""
        if (extreme := self._extremes.get(kind)) is not None:
            self._prove(kind, self._window, extreme)

    def render(self, window: WindowExtremes, places: int, now_ms: int) -> None:
        """Paint one window; a dash where it holds no sample."""
        self._window = window.name
        self._name.show(window.name, "muted")
        self._render_one("max", window.high, "up", places, now_ms)
        self._render_one("min", window.low, "down", places, now_ms)

    def _render_one(self, kind: str, extreme: Extreme | None, role: Role, places: int, now_ms: int) -> None:
        self._extremes[kind] = extreme
        shown = (extreme, places, now_ms // 60_000)
        before = self._shown.get(kind)
        if before and before[0] is extreme and before[1:] == shown[1:]:
            return
        self._shown.pop(kind, None)  # until all of it is painted
        if extreme is None:
            self.values[kind].show(text.NO_VALUE, "faint", "")
            self._times[kind].show("", "faint")
        else:
            words, copied = text.signed(extreme.spread, places), exact(extreme.spread, places)
            self.values[kind].show(words, role, copied)
            self._times[kind].show(text.clock(extreme.at.wall_ms, now_ms, utc=self._utc), "muted")
        self._shown[kind] = shown
