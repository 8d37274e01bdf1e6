"""Rows of a list, one of them chosen by click or arrow keys; more than fit are scrolled."""

import tkinter as tk
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from functools import partial

from spreadwatch.ui.kit import fonts, text
from spreadwatch.ui.kit.painter import Cell, Painter
from spreadwatch.ui.kit.widgets import frame, painted

_MARK = "\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}"
_GAP = 16


@dataclass(frozen=True, slots=True)
class TableColumn:
    """A caption, a font, and a text whose width the column has; the last column takes what is left.

    What is longer is cut.
    """

    caption: str
    font: str
    usual: str


class Rows:
    """A table of `count` rows that shows part of a list; `chosen` is called when another item was chosen."""

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
        self._painter = painter
        self._columns = columns
        self._count = count
        self._chosen = chosen
        self._keys: list[Hashable] = []
        self._rows: list[tuple[str, ...]] = []
        self._index = self._offset = 0
        self._is_pinned = False
        self._last_width = 0
        self.frame = tk.Frame(parent, borderwidth=0, highlightthickness=px(1), takefocus=1, padx=px(4), pady=px(2))
        painter.tint(self.frame, background="card", highlightbackground="card", highlightcolor="accent")
        self.inner = frame(self.frame, painter, "card")
        self.inner.pack(fill="both", expand=True)
        self._captions = self._place_captions()
        self._cells = [self._place_row(number) for number in range(count)]
        words, self._empty = painted(self.inner, painter, fonts.SMALL_WORDS, "muted", "card", chars=None)
        words.grid(row=1, column=0, columnspan=len(columns) + 1, sticky="w")
        self._empty_words = empty
        self._bind()

    def _place_captions(self) -> list[tuple[Cell, str]]:
        captions = []
        for number, column in enumerate(self._columns, start=1):
            label, cell = painted(self.inner, self._painter, fonts.CAPTION, "faint", "card", chars=None)
            label.grid(row=0, column=number, sticky="ew", padx=(0 if number == 1 else self._painter.px(_GAP), 0))
            captions.append((cell, column.caption))
            least = self._painter.measure(column.font, column.usual)
            self.inner.columnconfigure(number, minsize=least + (0 if number == 1 else self._painter.px(_GAP)))
        self.inner.columnconfigure(0, minsize=self._painter.measure(fonts.SMALL_FIGURE, _MARK) + self._painter.px(5))
        self.inner.columnconfigure(len(self._columns), weight=1)
        label.bind("<Configure>", self._last_resized)
        return captions

    def _place_row(self, number: int) -> list[Cell]:
        cells = []
        fonts_used = (fonts.SMALL_FIGURE, *(column.font for column in self._columns))
        for place, font in enumerate(fonts_used):
            label, cell = painted(self.inner, self._painter, font, "muted", "card", chars=None)
            if place == len(fonts_used) - 1:
                label.configure(width=1)  # a long text must not push the other columns together
            label.grid(row=1 + number, column=place, sticky="ew", padx=(self._painter.px(_GAP) if place > 1 else 0, 0))
            label.bind("<Button-1>", lambda _event: self._clicked(number))
            cells.append(cell)
        height = max(int(self.inner.tk.call("font", "metrics", font, "-linespace")) for font in set(fonts_used))
        self.inner.rowconfigure(1 + number, minsize=height + self._painter.px(3))
        return cells

    def _bind(self) -> None:
        for one in (self.frame, self.inner, *self.inner.winfo_children()):
            one.bind("<MouseWheel>", lambda event: self._scroll(-1 if event.delta > 0 else 1))
            one.bind("<Button-4>", lambda _event: self._scroll(-1))
            one.bind("<Button-5>", lambda _event: self._scroll(1))

    # ----- what is chosen

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

    # ----- painting

    def _paint(self) -> None:
        for cell, caption in self._captions:
            cell.show(caption if self._keys else "", "faint")
        self._empty.show("" if self._keys else self._empty_words, "muted")
        for number, cells in enumerate(self._cells):
            index = self._offset + number
            words = self._rows[index] if index < len(self._rows) else ("",) * len(self._columns)
            is_chosen = index == self._index and bool(self._keys)
            cells[0].show(_MARK if is_chosen else "", "accent")
            for column, (cell, one) in enumerate(zip(cells[1:], words, strict=True)):
                cell.show(self._cut(one, column), "text" if is_chosen else "muted")

    def _cut(self, words: str, column: int) -> str:
        font = self._columns[column].font
        is_last = column == len(self._columns) - 1
        width = self._last_width if is_last else self._painter.measure(font, self._columns[column].usual)
        return text.shortened(words, width, partial(self._painter.measure, font)) if width > 1 else ""

    def _last_resized(self, event: "tk.Event[tk.Misc]") -> None:
        if event.width != self._last_width:
            self._last_width = event.width
            self._paint()
            self._chosen()
