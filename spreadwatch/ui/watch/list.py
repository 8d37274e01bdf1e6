"""The watch list: a row per symbol, of which only those that can be seen are drawn."""

import time
import tkinter as tk
from collections.abc import Callable, Iterator
from functools import partial

from spreadwatch.core.leg import State
from spreadwatch.core.snapshot import Row
from spreadwatch.ui.frame.shortcuts import COIN_REMOVAL, SORTING, Action, bind_keys, bind_rows
from spreadwatch.ui.kit import fonts, text, theme
from spreadwatch.ui.kit.painter import Painter
from spreadwatch.ui.kit.text import DOWN, UP
from spreadwatch.ui.kit.theme import Role
from spreadwatch.ui.kit.widgets import card
from spreadwatch.ui.watch import columns as list_columns
from spreadwatch.ui.watch.columns import COLUMNS, RowOrder

_LEAST_ROWS = 8
_SYMBOL_WIDTH = 92
_WHEEL_ROWS = 3
Handler = Callable[["tk.Event[tk.Misc]"], object]


class WatchList:
    """All symbols on one canvas. Everything of a frame goes through the painter, so it costs one Tcl call at most.

    A click or the arrow keys give a symbol to `choose`, Delete asks to `remove` the one shown. Nothing else moves the
    focus.
    """

    def __init__(
        self,
        parent: tk.Misc,
        painter: Painter,
        choose: Callable[[str], None],
        remove: Callable[[], None],
    ) -> None:
        self._painter, self._choose, self._remove = painter, choose, remove
        px = painter.px
        self.frame = card(parent, painter)
        self.frame.configure(padx=px(4), pady=px(6))
        self.order = RowOrder(time.monotonic)
        self._symbol = ""
        self._first = 0
        self._slots: list[Slot] = []
        linespace = max(int(parent.tk.call("font", "metrics", font, "-linespace")) for font in _FONTS)
        self.row_height = linespace + px(4)
        self._edges = _edges(painter)
        self._places = [_place(self._edges, number, px) for number in range(len(COLUMNS))]
        self.canvas = canvas = tk.Canvas(
            self.frame,
            borderwidth=0,
            highlightthickness=px(1),
            takefocus=1,
            width=self._edges[-1] + px(14),
            height=(_LEAST_ROWS + 1) * self.row_height,
        )
        canvas.pack(fill="both", expand=True)
        painter.tint(canvas, background="card", highlightbackground="card", highlightcolor="accent")
        painter.add_drawing(self._everything)
        self._draw()
        self._bind()

    def _draw(self) -> None:
        canvas = self.canvas
        self._mark = canvas.create_rectangle(0, 0, 0, 0, width=0, state="hidden")
        self._bar = canvas.create_rectangle(0, 0, 0, 0, width=0, state="hidden")
        self._thumb = canvas.create_rectangle(0, 0, 0, 0, width=0, state="hidden")
        self._captions = []
        path, y = str(canvas), self.row_height // 2
        for x, anchor in self._places:
            item = canvas.tk.call(path, "create", "text", x, y, "-anchor", anchor, "-font", fonts.CAPTION)
            self._captions.append(int(item))
        self._marked: tuple[int, int, int, int] | None = None
        self._sorted: tuple[int, bool] | None = None

    def _bind(self) -> None:
        canvas = self.canvas
        handlers: dict[str, Handler] = {
            "<MouseWheel>": lambda event: self._scroll(-_WHEEL_ROWS if event.delta > 0 else _WHEEL_ROWS),
            "<Button-4>": lambda _event: self._scroll(-_WHEEL_ROWS),
            "<Button-5>": lambda _event: self._scroll(_WHEEL_ROWS),
            "<Configure>": self._resized,
            "<Enter>": lambda _event: self._hold(held=True),
            "<Leave>": lambda _event: self._hold(held=False),
            "<Button-1>": self._clicked,
        }
        for sequence, handle in handlers.items():
            canvas.bind(sequence, _ended(handle))
        bind_rows(canvas, self._step)
        bind_keys(canvas, COIN_REMOVAL, {"row_remove": self._remove})
        sorting: dict[Action, Callable[[], None]] = {
            "sort_left": partial(self._sort_beside, -1),
            "sort_right": partial(self._sort_beside, 1),
            "sort_turn": lambda: self._sort_by(self.order.column),
        }
        bind_keys(canvas, SORTING, sorting)

    # ----- painting

    def render(self, rows: tuple[Row, ...], symbol: str) -> None:
        """Paint what changed; `symbol` is the one shown."""
        self._symbol = symbol
        self.order.take(rows)
        self._paint()

    def _paint(self) -> None:
        symbols, by_symbol, slots = self.order.symbols, self.order.by_symbol, self._slots
        self._first = first = max(min(self._first, len(symbols) - len(slots)), 0)
        for slot, symbol in zip(slots, symbols[first : first + len(slots)], strict=False):
            row = by_symbol[symbol]
            if slot.row is not row:
                slot.show(row)
        for slot in slots[max(len(symbols) - first, 0) :]:
            slot.clear()
        self._paint_marks()
        self._paint_captions()

    def _paint_marks(self) -> None:
        symbols, count = self.order.symbols, len(self._slots)
        marked = symbols.index(self._symbol) - self._first if self._symbol in self.order.by_symbol else -1
        if not 0 <= marked < count:
            marked = -1
        shown = (marked, self._first, len(symbols), count)
        if shown == self._marked:
            return
        self._marked = shown
        for command in self._mark_commands():
            self._painter.change(*command)

    def _mark_commands(self) -> Iterator[tuple[str | int, ...]]:
        if self._marked is None:
            return
        px, path, palette = self._painter.px, str(self.canvas), self._painter.palette
        marked, first, total, count = self._marked
        top, right = (1 + marked) * self.row_height, self._edges[-1] + px(8)
        state = "normal" if marked >= 0 else "hidden"
        for item, end, role in ((self._mark, right, "hover"), (self._bar, px(3), "accent")):
            yield path, "coords", item, 0, top, end, top + self.row_height
            yield path, "itemconfigure", item, "-fill", palette[role], "-state", state  # type: ignore[index]
        room = count * self.row_height
        length = max(room * count // max(total, 1), px(18))
        start = self.row_height + (room - length) * first // max(total - count, 1)
        yield path, "coords", self._thumb, right + px(2), start, right + px(5), start + length
        state = "normal" if total > count > 0 else "hidden"
        yield path, "itemconfigure", self._thumb, "-fill", palette["border"], "-state", state

    def _paint_captions(self) -> None:
        shown = (self.order.column, self.order.reverse)
        if shown != self._sorted:
            self._sorted = shown
            for command in self._caption_commands():
                self._painter.change(*command)

    def _caption_commands(self) -> Iterator[tuple[str | int, ...]]:
        path, palette = str(self.canvas), self._painter.palette
        for number, (item, column) in enumerate(zip(self._captions, COLUMNS, strict=True)):
            chosen = number == self.order.column
            arrow = DOWN if column.falls != self.order.reverse else UP
            words = f"{column.caption} {arrow}" if chosen else column.caption
            role: Role = "text" if chosen else "faint"
            yield path, "itemconfigure", item, "-text", words, "-fill", palette[role]

    def _everything(self) -> Iterator[tuple[str | int, ...]]:
        yield from self._caption_commands()
        yield from self._mark_commands()
        for slot in self._slots:
            yield from slot.all()

    # ----- what a person does

    def _resized(self, event: "tk.Event[tk.Misc]") -> None:
        count = max(event.height // self.row_height - 1, 0)
        while len(self._slots) < count:
            y = (1 + len(self._slots)) * self.row_height + self.row_height // 2
            self._slots.append(Slot(self.canvas, self._painter, self._places, self._edges[0] - self._places[0][0], y))
        while len(self._slots) > count:
            self._slots.pop().remove()
        self._marked = None
        self._paint()
        self._painter.flush_now()

    def _hold(self, *, held: bool) -> None:
        self.order.is_held = held

    def _clicked(self, event: "tk.Event[tk.Misc]") -> None:
        self.canvas.focus_set()
        row = event.y // self.row_height - 1
        if row < 0:
            self._sort_by(
                next((number for number, edge in enumerate(self._edges) if event.x < edge), list_columns.STATE)
            )
            return
        place = self._first + row
        if row < len(self._slots) and place < len(self.order.symbols):
            self._go_to(self.order.symbols[place])

    def _sort_by(self, column: int) -> None:
        self.order.sort_by(column)
        self._first = 0
        self._paint()
        self._painter.flush_now()

    def _scroll(self, by: int) -> None:
        self._first = max(self._first + by, 0)
        self._paint()
        self._painter.flush_now()

    def _sort_beside(self, by: int) -> None:
        self._sort_by((self.order.column + by) % len(COLUMNS))

    def _step(self, rows: int, pages: int) -> None:
        symbol = self.order.beside(self._symbol, rows + pages * max(len(self._slots) - 1, 1))
        if symbol is not None:
            self._go_to(symbol)

    def _go_to(self, symbol: str) -> None:
        self._symbol = symbol  # at once: another key may come before the next frame
        self.reveal(symbol)
        self._choose(symbol)

    def reveal(self, symbol: str) -> None:
        """Scroll as little as needed to see a symbol."""
        if symbol not in self.order.by_symbol:
            return
        place = self.order.symbols.index(symbol)
        self._first = max(min(self._first, place), place - len(self._slots) + 1)
        self._paint()
        self._painter.flush_now()


_FONTS = (fonts.SMALL_FIGURE, fonts.SMALL_WORDS, fonts.CAPTION)


def _edges(painter: Painter) -> list[int]:
    """Return the x at which each column ends."""
    px, edges, x = painter.px, [], painter.px(10)
    for number, column in enumerate(COLUMNS):
        caption = painter.measure(fonts.CAPTION, f"{column.caption} {DOWN}")
        font = fonts.SMALL_FIGURE if column.is_number else fonts.SMALL_WORDS
        usual = px(_SYMBOL_WIDTH) if number == list_columns.SYMBOL else painter.measure(font, column.usual)
        x += max(caption, usual) + (px(12) if number else 0)
        edges.append(x)
    return edges


def _place(edges: list[int], column: int, px: Callable[[float], int]) -> tuple[int, str]:
    """Return where a text of a column stands, and by which of its ends."""
    if column == list_columns.SYMBOL:
        return px(10), "w"
    if column == list_columns.STATE:
        return edges[column - 1] + px(12), "w"
    return edges[column], "e"


def _ended(handle: Handler) -> "Callable[[tk.Event[tk.Misc]], str]":
    def run(event: "tk.Event[tk.Misc]") -> str:
        handle(event)
        return "break"

    return run


class Slot:
    """A place in the list that can be seen. `row`: what it shows, None for nothing."""

    __slots__ = ("_canvas", "_items", "_painter", "_path", "_room", "_shown", "row")

    def __init__(self, canvas: tk.Canvas, painter: Painter, places: list[tuple[int, str]], room: int, y: int) -> None:
        """Draw at the height `y`, the columns at `places`; a symbol has `room` pixels."""
        self.row: Row | None = None
        self._painter = painter
        self._canvas = canvas
        self._path = str(canvas)
        self._room = room
        self._items = [
            int(canvas.tk.call(self._path, "create", "text", x, y, "-anchor", anchor, "-font", _font(number)))
            for number, (x, anchor) in enumerate(places)
        ]
        self._shown: list[tuple[str, Role]] = [("", "text")] * len(COLUMNS)

    def show(self, row: Row) -> None:
        """Paint what changed of a row."""
        painter, shown = self._painter, self._shown
        palette = painter.palette
        for number, (column, item) in enumerate(zip(COLUMNS, self._items, strict=True)):
            words = column.words(row)
            if number == list_columns.SYMBOL:
                words = text.shortened(words, self._room, partial(painter.measure, fonts.SMALL_WORDS))
            now = words, _role(row, number, words)
            if now != shown[number]:
                shown[number] = now
                painter.change(self._path, "itemconfigure", item, "-text", words, "-fill", palette[now[1]])
        self.row = row

    def clear(self) -> None:
        """Show an empty line."""
        if self.row is not None:
            self.row = None
            self._shown = [("", "text")] * len(COLUMNS)
            for command in self.all():
                self._painter.change(*command)

    def all(self) -> Iterator[tuple[str | int, ...]]:
        """Yield the commands that paint it whatever was painted before."""
        for item, (words, role) in zip(self._items, self._shown, strict=True):
            yield self._path, "itemconfigure", item, "-text", words, "-fill", self._painter.palette[role]

    def remove(self) -> None:
        """Take it off the canvas."""
        self._canvas.delete(*self._items)


def _font(column: int) -> str:
    return fonts.SMALL_FIGURE if COLUMNS[column].is_number else fonts.SMALL_WORDS


def _role(row: Row, column: int, words: str) -> Role:
    if column == list_columns.STATE:
        return theme.STATE_ROLES[row.state]
    if words == text.NO_VALUE:
        return "faint"
    if column == list_columns.EDGE and row.edge_bps:
        return "up" if row.edge_bps > 0 else "down"
    if column in (list_columns.SYMBOL, list_columns.SPREAD):
        return "text" if row.state is State.LIVE else "muted"
    return "muted"
