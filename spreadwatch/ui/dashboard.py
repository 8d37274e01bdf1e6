"""The window as a whole: its parts put together, its actions, its life from first paint to close."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Literal

from spreadwatch.core.quote import Venue
from spreadwatch.core.snapshot import PairSnapshot, Snapshot
from spreadwatch.ui import fonts, stand_in, text, theme
from spreadwatch.ui.cover import Cover
from spreadwatch.ui.display import Display, Part
from spreadwatch.ui.faults import Faults, brief
from spreadwatch.ui.gap_count import GapCount
from spreadwatch.ui.gap_list import GapList
from spreadwatch.ui.header import Header
from spreadwatch.ui.icon import set_icon
from spreadwatch.ui.loop import Loop
from spreadwatch.ui.menu import Menu, MenuState
from spreadwatch.ui.notice import Notice
from spreadwatch.ui.overlay import Overlay
from spreadwatch.ui.painter import Painter
from spreadwatch.ui.quote_card import QuoteCard
from spreadwatch.ui.shortcut_list import ShortcutList
from spreadwatch.ui.shortcuts import Action, bind_all, is_apple
from spreadwatch.ui.spread_card import SpreadCard
from spreadwatch.ui.status_bar import StatusBar
from spreadwatch.ui.title import Title
from spreadwatch.ui.widgets import frame
from spreadwatch.ui.window import Window

logger = logging.getLogger(__name__)

_FEEDBACK_MS = 1_800


@dataclass(frozen=True, slots=True)
class WindowOptions:
    """How the window begins. `badge`: 'DEMO', 'REPLAY 2024-08-08' …; `geometry_file`: None remembers nothing."""

    symbols: tuple[str, ...]
    theme: Literal["dark", "light"]
    compact: bool
    topmost: bool
    utc: bool
    frame_ms: int
    badge: str | None
    geometry_file: Path | None


class Dashboard:
    """The window. Everything here belongs to the thread that made it, which must be the main thread.

    `reset` is called with a symbol to forget its extremes, `diagnostics` for a report to copy. Raises
    `tkinter.TclError` without a display.
    """

    def __init__(self, options: WindowOptions, reset: Callable[[str], None], diagnostics: Callable[[], str]) -> None:
        self.on_close: Callable[[], None] | None = None
        """Called first thing at close, before the window goes."""
        self._options = options
        self._reset_symbol = reset
        self._diagnostics = diagnostics
        self._window = Window(options.geometry_file, compact=options.compact)
        self.root = self._window.root
        self._theme = options.theme
        self._topmost = False
        self._closed = False
        self._interrupted = False
        self._loop: Loop | None = None
        self._feedback_timer: str | None = None
        self._symbol = options.symbols[0]
        self._snapshot: Snapshot | None = None
        self._told_faults: set[str] = set()
        self._gap_count = GapCount()
        self._build()

    # ----- parts

    def _build(self) -> None:
        root, px, options = self.root, self._window.px, self._options
        fonts.create_fonts(root, px)
        palette = theme.PALETTES[self._theme]
        self._painter = painter = Painter(root, palette, px)
        theme.style_ttk(root, palette, px)
        painter.tint(root, background="background")
        self._body = body = frame(root, painter, "background")
        body.pack(fill="both", expand=True, padx=px(14), pady=(px(12), px(8)))
        self._header = Header(body, painter, options.badge, self.reset, self._open_menu)
        self._spread_card = SpreadCard(body, painter, self._copy, utc=options.utc)
        self._quotes = frame(body, painter, "background")
        self._spot_card = QuoteCard(self._quotes, painter, self._copy, Venue.SPOT, utc=options.utc)
        self._futures_card = QuoteCard(self._quotes, painter, self._copy, Venue.FUTURES, utc=options.utc)
        self._notice = Notice(body, painter)
        self._status_bar = StatusBar(body, painter, self._toggle_shortcuts, self._toggle_gaps, utc=options.utc)
        self._shortcut_list = ShortcutList(root, painter)
        self._gap_list = GapList(root, painter, self._gap_count, self._flush, utc=options.utc)
        self._overlay = Overlay(self._window, body, self._spread_card.frame)
        self._faults = Faults(self.note)
        cover, title = Cover(root, painter, body, options.badge), Title(root, painter, options.badge)
        self._display = Display(painter, cover, title, self._parts, self._window.fit, self._faults.take)
        self._make_actions()
        self._menu = Menu(root, painter, self._actions, self._choose)
        self._arrange()
        self._connect()

    def _make_actions(self) -> None:
        self._actions: dict[Action, Callable[[], None]] = {
            "reset": self.reset,
            "copy": self._copy_shown,
            "gaps": self._toggle_gaps,
            "diagnostics": self._copy_diagnostics,
            "compact": self._toggle_compact,
            "topmost": self._toggle_topmost,
            "theme": self._toggle_theme,
            "next": lambda: self._step(1),
            "previous": lambda: self._step(-1),
            "shortcuts": self._toggle_shortcuts,
            "dismiss": self._dismiss,
            "close": self.close,
        }

    def _arrange(self) -> None:
        px = self._window.px
        gap = (px(10), 0)
        self._header.frame.grid(row=0, column=0, sticky="ew")
        self._spread_card.frame.grid(row=1, column=0, sticky="nsew", pady=(px(11), 0))
        self._quotes.grid(row=2, column=0, sticky="nsew", pady=gap)
        self._spot_card.frame.grid(row=0, column=0, sticky="nsew", padx=(0, px(5)))
        self._futures_card.frame.grid(row=0, column=1, sticky="nsew", padx=(px(5), 0))
        self._notice.frame.grid(row=3, column=0, sticky="ew", pady=gap)
        self._notice.frame.grid_remove()
        self._status_bar.frame.grid(row=4, column=0, sticky="ew", pady=gap)
        self._quotes.columnconfigure((0, 1), weight=1, uniform="quotes")
        self._quotes.rowconfigure(0, weight=1)
        self._body.columnconfigure(0, weight=1)
        self._body.rowconfigure(1, weight=1)
        self._show_form()

    def _connect(self) -> None:
        root = self.root
        root.protocol("WM_DELETE_WINDOW", self.close)
        root.report_callback_exception = self._callback_failed
        bind_all(root, self._actions)
        for sequence in ("<Button-2>", "<Control-Button-1>") if is_apple(root) else ("<Button-3>",):
            root.bind(sequence, lambda event: self._menu.open_at(event.x_root, event.y_root, self._menu_state()))
        if is_apple(root):
            root.createcommand("::tk::mac::Quit", self.close)
        set_icon(root)
        if self._options.topmost:
            self._set_topmost(on=True)

    # ----- life

    def show(self) -> None:
        """Map the window and paint it for the first time, before there is any snapshot."""
        self._display.paint(self._pair())
        self._window.place()
        self._window.show()
        if not self._closed:
            self._flush()  # what the first layout asked for, such as where sentences wrap

    def run(self, turn: Callable[[], Snapshot]) -> None:
        """Ask `turn` for a snapshot every frame and paint it, until the window is closed.

        Raises KeyboardInterrupt, after closing, when Ctrl-C was pressed in the terminal.
        """
        if self._closed:
            return
        self._loop = Loop(self.root, self._options.frame_ms, turn, self.render, self._turn_failed)
        self._loop.start()
        try:
            self.root.mainloop()
        finally:
            self.close()
        if self._interrupted:
            raise KeyboardInterrupt

    def close(self) -> None:
        """Take the window away at once. May be called more than once."""
        if self._closed:
            return
        self._closed = True
        try:
            if self.on_close is not None:
                self.on_close()
        except Exception:
            logger.exception("the close hook failed")
        finally:
            if self._loop is not None:
                self._loop.stop()
            self._window.destroy()

    def _callback_failed(self, _kind: type[BaseException], error: BaseException, _trace: TracebackType | None) -> None:
        if isinstance(error, KeyboardInterrupt):
            self._interrupted = True
            self.close()
        else:
            self._faults.take(error)

    # ----- painting

    def render(self, snapshot: Snapshot) -> None:
        """Paint what changed since the last snapshot."""
        if self._closed:  # by the very turn that made this snapshot
            return
        self._snapshot = snapshot
        self._gap_count.take(snapshot)
        if news := [sentence for sentence in snapshot.faults if sentence not in self._told_faults]:
            self._told_faults.update(news)
            self._notice.show(" ".join(news))
        if self._overlay.shown is self._gap_list:
            self._gap_list.render(snapshot)
        self._display.paint(self._pair())

    def _turn_failed(self, error: Exception) -> None:
        if self._closed:
            self._faults.log(error)
        else:
            self._display.fail(self._pair(), error)

    def note(self, sentence: str) -> None:
        """Show a problem in the window until it is clicked away, Escape is pressed, or another comes."""
        if not self._closed:
            self._notice.show(sentence)
            self._flush()

    def _flush(self) -> None:
        self._display.flush()

    def _pair(self) -> PairSnapshot:
        """Return what is known of the symbol shown."""
        for pair in self._snapshot.pairs if self._snapshot else ():
            if pair.symbol == self._symbol:
                return pair
        return stand_in.nothing_yet(self._symbol, self._options.badge)

    def _parts(self) -> tuple[Part, ...]:
        """Return what paints the pair in the present form."""
        always: tuple[Part, ...] = (
            lambda pair: self._header.render(pair, self._position()),
            self._spread_card.render,
        )
        if self._window.compact:
            return always
        return (
            *always,
            self._spot_card.render,
            self._futures_card.render,
            lambda pair: self._status_bar.render(pair, self._gap_count.later),
        )

    def _repaint(self) -> None:
        """Paint the pair again, after something else than the pair changed."""
        self._display.forget()
        if self._display.is_failing:  # the last pair is of the past
            self._display.fail(self._pair())
        else:
            self._display.paint(self._pair())

    def _position(self) -> str:
        symbols = self._options.symbols
        return f"{symbols.index(self._symbol) + 1}/{len(symbols)}" if len(symbols) > 1 else ""

    # ----- actions

    def reset(self) -> None:
        """Forget the extremes of the symbol shown."""
        self._reset_symbol(self._symbol)
        self._say("max and min begin anew")

    def _copy(self, exact: str, words: str) -> None:
        if not exact:
            self._say("nothing to copy yet")
            return
        self.root.clipboard_clear()
        self.root.clipboard_append(exact)
        self._say(f"copied {words}")

    def _copy_shown(self) -> None:
        if self._overlay.shown is self._gap_list:
            words, count = self._gap_list.copy_text()
            self._copy(words, text.counted(count, "gap", "gaps"))
        elif self._display.is_failing:  # a card that could not be painted still holds an old number
            self._copy("", "")
        else:
            self._spread_card.spread.copy()

    def _copy_diagnostics(self) -> None:
        try:
            report = self._diagnostics()
        except Exception as error:  # noqa: BLE001  what tells of faults may meet one
            self._faults.log(error)
            self.note(f"The diagnostics could not be put together ({brief(error)}). The log has the details.")
        else:
            self._copy(report, "diagnostics")

    def _toggle_compact(self) -> None:
        self._overlay.close()
        self._window.switch(self._change_form)
        self._flush()

    def _change_form(self) -> None:
        self._show_form()
        self._repaint()  # before what was hidden, and is of the past, is drawn

    def _show_form(self) -> None:
        compact = self._window.compact
        self._header.set_compact(compact)
        for part in (self._quotes, self._status_bar.frame):
            if compact:
                part.grid_remove()
            else:
                part.grid()

    def _toggle_topmost(self) -> None:
        self._set_topmost(on=not self._topmost)
        self._say("always on top" if self._topmost else "no longer on top")

    def _set_topmost(self, *, on: bool) -> None:
        self._topmost = on
        self.root.attributes("-topmost", on)

    def _toggle_theme(self) -> None:
        self._theme = "light" if self._theme == "dark" else "dark"
        palette = theme.PALETTES[self._theme]
        theme.style_ttk(self.root, palette, self._window.px)
        self._painter.recolour(palette)
        self._flush()

    def _step(self, by: int) -> None:
        symbols = self._options.symbols
        self._choose(symbols[(symbols.index(self._symbol) + by) % len(symbols)])

    def _choose(self, symbol: str) -> None:
        if symbol != self._symbol:
            self._symbol = symbol
            self._repaint()
            self._painter.shrink()
            self._painter.resized = True
            self._flush()

    def _open_menu(self) -> None:
        self._menu.open_below(self._header.menu_button, self._menu_state())

    def _menu_state(self) -> MenuState:
        ticks: dict[Action, bool] = {"compact": self._window.compact, "topmost": self._topmost}
        return MenuState(self._options.symbols, self._symbol, ticks)

    def _toggle_shortcuts(self) -> None:
        self._overlay.toggle(self._shortcut_list)

    def _toggle_gaps(self) -> None:
        self._gap_list.render(self._snapshot, at_once=True)
        self._overlay.toggle(self._gap_list)
        self._flush()

    def _dismiss(self) -> None:
        if self._overlay.shown is not None:
            self._overlay.close()
        elif self._notice.words:
            self._notice.dismiss()
            self._flush()

    def _say(self, words: str) -> None:
        has_bar = not self._window.compact and self._overlay.shown is None
        self._header.say("" if has_bar else words)
        self._status_bar.say(words)
        self._flush()
        if self._feedback_timer is not None:
            self.root.after_cancel(self._feedback_timer)
        self._feedback_timer = self.root.after(_FEEDBACK_MS, self._say_nothing)

    def _say_nothing(self) -> None:
        self._feedback_timer = None
        self._header.say("")
        self._status_bar.say("")
        self._flush()
