"""Rows under captions, for whatever is listed: what is longer than its column is cut, and none at all is a sentence."""

import tkinter as tk
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from functools import partial

from spreadwatch.ui.kit import fonts, text
from spreadwatch.ui.kit.painter import Cell, Painter
from spreadwatch.ui.kit.theme import Role
from spreadwatch.ui.kit.widgets import frame, painted

_MARK = "\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}"

Texts = Sequence[tuple[str, Role]]
"""A row: the text of each column, and its colour."""


@dataclass(frozen=True, slots=True)
class TableColumn:
    """A caption, a font, and a text whose width the column has; what is longer is cut, or `widens` the column.

    The last column takes what is left. `gap`: the room on its left, in pixels at 96 dpi.
    """

    caption: str
    font: str
    usual: str
    gap: int = 16
    widens: bool = False


class Table:
    """Captions and the texts of rows. While there is no row, a sentence stands in their place.

    It has `count` rows, or, with a `least_last` width of its last column, at least so many and as many as fit.
    """

    def __init__(
        self,
        parent: tk.Misc,
        painter: Painter,
        columns: Sequence[TableColumn],
        count: int,
        changed: Callable[[], object],
        *,
        least_last: int = 0,
    ) -> None:
        """Call `changed` when another room made it paint something else."""
        self.frame = frame(parent, painter, "card")
        self.rows: list[list[tk.Label]] = []
        self.cells: list[list[Cell]] = []
        self._painter, self._columns, self._count, self._changed = painter, columns, count, changed
        self._fills = bool(least_last)
        self._last_width = painter.px(least_last)
        self._texts: Sequence[Texts] = ()
        self._shown = 0
        measured = {one.font for one in columns}
        linespace = max(int(self.frame.tk.call("font", "metrics", font, "-linespace")) for font in measured)
        self._row_height = linespace + painter.px(5 if self._fills else 3)
        self._captions = self._place_captions()
        font, row = (fonts.WORDS, 0) if self._fills else (fonts.SMALL_WORDS, 1)
        words, self._empty = painted(self.frame, painter, font, "muted", "card", chars=None)
        if self._fills:
            self._ask_for_room(least_last)
        else:
            self._add_rows(count)
        words.grid(row=row, column=0, columnspan=len(columns), sticky="w")

    def _place_captions(self) -> list[Cell]:
        painter, captions = self._painter, []
        for number, column in enumerate(self._columns):
            gap = painter.px(column.gap)
            label, cell = painted(self.frame, painter, fonts.CAPTION, "faint", "card", chars=None)
            label.grid(row=0, column=number, sticky="ew", padx=(gap, 0))
            captions.append(cell)
            self.frame.columnconfigure(number, minsize=painter.measure(column.font, column.usual) + gap)
        self.frame.columnconfigure(len(self._columns) - 1, weight=1)
        label.bind("<Configure>", self._last_resized)
        return captions

    def _ask_for_room(self, least_last: int) -> None:
        """Ask for the least it can do with; given more, it shows more rows."""
        painter = self._painter
        width = painter.px(least_last) + sum(
            painter.measure(one.font, one.usual or "0000USDT") + painter.px(one.gap) for one in self._columns[:-1]
        )
        self.frame.rowconfigure(0, minsize=self._row_height)
        self.frame.grid_propagate(False)
        self.frame.configure(width=width + painter.px(self._columns[-1].gap))
        self.frame.configure(height=(1 + self._count) * self._row_height)
        self.frame.bind("<Configure>", lambda _event: self._changed())

    def _add_rows(self, count: int) -> None:
        while len(self.cells) < count:
            number = 1 + len(self.cells)
            row = [painted(self.frame, self._painter, one.font, "muted", "card", chars=None) for one in self._columns]
            for place, (label, _) in enumerate(row):
                gap = self._painter.px(self._columns[place].gap)
                label.grid(row=number, column=place, sticky="ew", padx=(gap, 0))
            row[-1][0].configure(width=1)  # a long text must not push the other columns together
            self.frame.rowconfigure(number, minsize=self._row_height)
            self.rows.append([label for label, _ in row])
            self.cells.append([cell for _, cell in row])
            self._shown = number

    @property
    def room(self) -> int:
        """How many rows can be seen."""
        if not self._fills:
            return self._count
        return max(self.frame.winfo_height() // self._row_height - 1, self._count)

    def show(self, rows: Sequence[Texts], empty: str) -> None:
        """Show the texts of all rows that can be seen; without any, the sentence `empty`."""
        self._texts = rows
        self._empty.show("" if rows else empty, "muted")
        for cell, column in zip(self._captions, self._columns, strict=True):
            cell.show(column.caption if rows else "", "faint")
        if self._fills:
            self._add_rows(len(rows))
            self._show_rows(len(rows))
        self._paint()

    def _show_rows(self, count: int) -> None:
        for number, labels in enumerate(self.rows):
            if (number < count) is not (number < self._shown):
                for label in labels:
                    if number < count:
                        label.grid()
                    else:
                        label.grid_remove()
        self._shown = count

    def _paint(self) -> None:
        nothing: Texts = [("", "muted")] * len(self._columns)
        for number, cells in enumerate(self.cells):
            texts = self._texts[number] if number < len(self._texts) else nothing
            for column, (cell, (words, role)) in enumerate(zip(cells, texts, strict=True)):
                cell.show(self._cut(words, column), role)

    def _cut(self, words: str, number: int) -> str:
        column, measure = self._columns[number], self._painter.measure
        if column.widens:
            return words
        is_last = number == len(self._columns) - 1
        width = self._last_width if is_last else measure(column.font, column.usual)
        return text.shortened(words, width, partial(measure, column.font)) if width > 1 else ""

    def _last_resized(self, event: "tk.Event[tk.Misc]") -> None:
        if event.width != self._last_width:
            self._last_width = event.width
            self._paint()
            self._changed()


class PickTable:
    """A table of `count` rows that shows part of a list, one of it chosen by click or by `move`; the wheel scrolls.

    `chosen` is called when another item was chosen; `empty` is said of an empty list.
    """

    def __init__(
        self,
        parent: tk.Misc,
        painter: Painter,
        columns: Sequence[TableColumn],
        count: int,
        chosen: Callable[[], object],
        empty: str,
    ) -> None:
        px = painter.px
        self._count = count
        self._chosen = chosen
        self._empty = empty
        self._keys: list[Hashable] = []
        self._rows: list[tuple[str, ...]] = []
        self._index = self._offset = 0
        self._is_pinned = False
        self.frame = tk.Frame(parent, borderwidth=0, highlightthickness=px(1), takefocus=1, padx=px(4), pady=px(2))
        painter.tint(self.frame, background="card", highlightbackground="card", highlightcolor="accent")
        mark = TableColumn("", fonts.SMALL_FIGURE, _MARK, gap=0)
        self.table = Table(self.frame, painter, (mark, *columns), count, chosen)
        self.table.frame.pack(fill="both", expand=True)
        for number, labels in enumerate(self.table.rows):
            for label in labels:
                label.bind("<Button-1>", lambda _event, number=number: self._clicked(number))  # type: ignore[misc]
        for one in (self.frame, self.table.frame, *self.table.frame.winfo_children()):
            one.bind("<MouseWheel>", lambda event: self._scroll(-1 if event.delta > 0 else 1))
            one.bind("<Button-4>", lambda _event: self._scroll(-1))
            one.bind("<Button-5>", lambda _event: self._scroll(1))

    @property
    def index(self) -> int | None:
        """The place of the chosen item in the list; None when the list is empty."""
        return self._index if self._keys else None

    def show(self, rows: Sequence[tuple[str, ...]], keys: Sequence[Hashable]) -> None:
        """Show a list. What was chosen stays chosen, by its key; until somebody chooses, it is the first."""
        before = self._keys[self._index] if self._keys and self._is_pinned else None
        self._rows, self._keys = list(rows), list(keys)
        if before is not None and before in self._keys:
            moved = self._keys.index(before) - self._index
            self._index += moved
            self._offset += moved
        else:
            self._is_pinned = self._is_pinned and before is None
            self._index = min(self._index, max(len(self._keys) - 1, 0)) if before is not None else 0
            self._offset = 0 if before is None else self._offset
        self._keep_in_view()
        self._paint()

    def move(self, rows: int, pages: int) -> None:
        """Choose the row so many rows and pages further."""
        self._choose(self._index + rows + pages * (self._count - 1))

    def _clicked(self, number: int) -> None:
        self.frame.focus_set()
        if self._offset + number < len(self._keys):
            self._choose(self._offset + number)

    def _choose(self, index: int) -> None:
        if not self._keys:
            return
        self._index = min(max(index, 0), len(self._keys) - 1)
        self._is_pinned = True
        self._keep_in_view()
        self._paint()
        self._chosen()

    def _scroll(self, by: int) -> str:
        self._offset = min(max(self._offset + by, 0), max(len(self._keys) - self._count, 0))
        self._paint()
        self._chosen()
        return "break"

    def _keep_in_view(self) -> None:
        lowest = max(len(self._keys) - self._count, 0)
        self._offset = min(max(self._offset, self._index - self._count + 1, 0), self._index, lowest)

    def _paint(self) -> None:
        seen = enumerate(self._rows[self._offset : self._offset + self._count], start=self._offset)
        self.table.show([_marked(words, is_chosen=index == self._index) for index, words in seen], self._empty)


def _marked(words: Sequence[str], *, is_chosen: bool) -> Texts:
    role: Role = "text" if is_chosen else "muted"
    return [(_MARK if is_chosen else "", "accent"), *((one, role) for one in words)]
