"""The box to type a symbol into: offers those that trade on both sides, and watches or shows the chosen one."""

import re
import tkinter as tk
from collections.abc import Callable, Collection, Sequence

from spreadwatch.core.numbers import split_symbol
from spreadwatch.core.pair_name import spot_symbol
from spreadwatch.core.snapshot import Snapshot
from spreadwatch.ui.frame.shortcuts import is_apple
from spreadwatch.ui.kit import fonts, text
from spreadwatch.ui.kit.fields import leave_typing_alone
from spreadwatch.ui.kit.overlay import Panel
from spreadwatch.ui.kit.painter import Painter
from spreadwatch.ui.kit.widgets import frame, painted, still
from spreadwatch.ui.kit.wrapping import WrappedLine

_SHOWN = 8
_UNKNOWN = "The exchange's list is out of reach: any name that looks like a symbol is taken."


class SymbolBox(Panel):
    """An entry and what it may mean. `take` gets the chosen symbol and returns a sentence when it is refused."""

    closes_on_click = False
    fills = False

    def __init__(
        self,
        parent: tk.Tk,
        painter: Painter,
        candidates: Callable[[], Sequence[str] | None],
        watched: Callable[[], Sequence[str]],
        take: Callable[[str], str | None],
    ) -> None:
        super().__init__(parent, painter)
        self._painter, self._take = painter, take
        self._candidates, self._ask_watched = candidates, watched
        self._root = parent
        self._known: Sequence[str] | None = None
        self._watched: frozenset[str] = frozenset()
        self._found: list[str] = []
        self._chosen = 0
        px = painter.px
        line = frame(self.card, painter, "card")
        line.pack(fill="x", pady=(0, px(8)))
        still(line, painter, "WATCH A SYMBOL", fonts.CAPTION, "text", "card").pack(side="left")
        hint = still(line, painter, "Return takes it   Esc closes", fonts.SMALL_WORDS, "muted", "card")
        hint.pack(side="right", padx=(px(20), 0))
        self._place_entry()
        self._remark = WrappedLine(self.card, painter, fonts.SMALL_WORDS, "card", lines=2)
        self._remark.label.pack(fill="x", pady=(px(7), px(3)))
        self._place_rows()

    def _place_entry(self) -> None:
        painter, px = self._painter, self._painter.px
        self.entry = entry = tk.Entry(
            self.card, font=fonts.FIGURE, relief="flat", borderwidth=px(4), highlightthickness=px(1), insertwidth=px(2)
        )
        entry.pack(fill="x")
        painter.tint(
            entry,
            background="background",
            foreground="text",
            insertbackground="text",
            selectbackground="accent",
            selectforeground="card",
            highlightbackground="border",
            highlightcolor="accent",
        )
        leave_typing_alone(entry, apple=is_apple(entry))
        for sequence in ("<KeyRelease>", "<ButtonRelease>"):  # the mouse can paste
            entry.bind(sequence, lambda _event: self._typed())
        entry.bind("<Return>", lambda _event: self._accept())
        entry.bind("<KP_Enter>", lambda _event: self._accept())
        entry.bind("<Up>", lambda _event: self._move(-1))
        entry.bind("<Down>", lambda _event: self._move(1))

    def _place_rows(self) -> None:
        painter, px = self._painter, self._painter.px
        table = frame(self.card, painter, "card")
        table.pack(fill="x")
        table.columnconfigure(1, weight=1)
        height = int(table.tk.call("font", "metrics", fonts.WORDS, "-linespace")) + px(5)
        self._rows = []
        for number in range(_SHOWN):
            symbol, symbol_cell = painted(table, painter, fonts.WORDS, "text", "card", chars=None)
            symbol.grid(row=number, column=0, sticky="w")
            mark, mark_cell = painted(table, painter, fonts.SMALL_WORDS, "muted", "card", chars=None)
            mark.grid(row=number, column=1, sticky="w", padx=(px(14), 0))
            for widget in (symbol, mark):
                widget.configure(cursor="hand2")
                widget.bind("<Button-1>", lambda _event, number=number: self._pick(number))  # type: ignore[misc]
            table.rowconfigure(number, minsize=height)
            self._rows.append((symbol_cell, mark_cell))

    def asked(self, snapshot: Snapshot | None, *, is_open: bool) -> bool:
        """Begin anew where it opens: nothing typed, what is watched marked."""
        if is_open:
            return False
        self._known, self._watched = self._candidates(), frozenset(self._ask_watched())
        self.entry.delete(0, "end")
        self._chosen = 0
        self._say("")
        self._look_up()
        return True

    def focus(self) -> None:
        """Let the keys go to the entry."""
        self.entry.focus_set()

    def closed(self) -> None:
        """Give the keys back to the window."""
        self._root.focus_set()

    # ----- painting

    def _say(self, problem: str) -> None:
        if problem:
            self._remark.show(problem, "down")
        elif self._known is None:
            self._remark.show(_UNKNOWN, "stale")
        else:
            count = text.counted(len(self._known), "symbol trades", "symbols trade")
            self._remark.show(f"{count} on both venues.", "muted")

    def _look_up(self) -> None:
        typed = self.entry.get()
        if self._known is None:
            self._found = guesses(typed)
        else:
            self._found = matches(typed, self._known, self._watched, _SHOWN)
        self._chosen = min(self._chosen, max(len(self._found) - 1, 0))
        for number, (symbol, mark) in enumerate(self._rows):
            name = self._found[number] if number < len(self._found) else ""
            chosen = bool(name) and number == self._chosen
            symbol.show(f"{'›' if chosen else ' '} {name}" if name else "", "accent" if chosen else "text")
            mark.show("watched already" if name in self._watched else "", "muted")

    # ----- what a person does

    def _typed(self) -> None:
        before = self._found
        self._look_up()
        if self._found != before:
            self._chosen = 0
            self._look_up()
            self._say("")
        self._painter.flush_now()

    def _move(self, by: int) -> str:
        self._chosen = max(min(self._chosen + by, len(self._found) - 1), 0)
        self._look_up()
        self._painter.flush_now()
        return "break"

    def _pick(self, number: int) -> str:
        if number < len(self._found):
            self._chosen = number
            self._accept()
        return "break"

    def _accept(self) -> str:
        self._look_up()
        if self._found:
            self._say(self._take(self._found[self._chosen]) or "")
        elif typed := spelled(self.entry.get()):
            where = "No symbol like it trades on both venues." if self._known else "It does not look like a symbol."
            self._say(f"{text.shortened(typed, 20, len)}: {where}")
        self._painter.flush_now()
        return "break"


_NAME = re.compile(r"[^\W_]{2,30}(_\d{6}|@[a-z_]+|@\d{6})?")
_USUAL = "USDT"


def spelled(typed: str) -> str:
    """Write a name as its key is: without blanks, ASCII letters of the symbol large, those of the contract small."""
    symbol, at, contract = "".join(typed.split()).partition("@")
    return "".join(letter.upper() if letter.isascii() else letter for letter in symbol) + at + contract.lower()


def looks_like_symbol(name: str) -> bool:
    """Tell whether a spelled name could be one of a pair: letters and digits that end in a known currency."""
    return _NAME.fullmatch(name) is not None and bool(split_symbol(name)[1])


def guesses(typed: str) -> list[str]:
    """Return what a typed name may mean where no list of symbols is at hand; empty for what cannot be one."""
    name = spelled(typed)
    return [one for one in (name, name + _USUAL) if looks_like_symbol(one)][:1]


def matches(typed: str, candidates: Sequence[str], watched: Collection[str], limit: int) -> list[str]:
    """Return the symbols that begin with what was typed, then those that hold it, shorter ones first.

    Nothing typed: those not watched yet, as they come. A contract typed to a symbol that is there: that pair.
    """
    name = spelled(typed)
    if not name:
        return [one for one in candidates if one not in watched][:limit]
    found = [one for one in candidates if name in one]
    if not found and looks_like_symbol(name) and spot_symbol(name) in map(spot_symbol, candidates):
        return [name]
    found.sort(key=lambda one: (one != name, not one.startswith(name), one != name + _USUAL, len(one)))
    return found[:limit]
