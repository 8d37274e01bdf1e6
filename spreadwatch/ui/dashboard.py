"""The window as a whole: its parts wired, its actions, its life from first paint to close."""

import logging
from collections.abc import Callable
from functools import partial
from types import TracebackType

from spreadwatch.core.snapshot import Snapshot
from spreadwatch.core.spread import Extreme
from spreadwatch.ui.frame import placeholders
from spreadwatch.ui.frame.error_screen import ErrorScreen
from spreadwatch.ui.frame.faults import Faults, brief
from spreadwatch.ui.frame.feedback import Feedback
from spreadwatch.ui.frame.guard import DisplayGuard, Render
from spreadwatch.ui.frame.icon import set_icon
from spreadwatch.ui.frame.loop import Loop
from spreadwatch.ui.frame.menu import Menu, MenuState
from spreadwatch.ui.frame.shortcuts import Action, bind_all, is_apple
from spreadwatch.ui.frame.title import Title
from spreadwatch.ui.frame.window import MainWindow
from spreadwatch.ui.kit import fonts, theme
from spreadwatch.ui.kit.painter import Painter
from spreadwatch.ui.layout import Layout
from spreadwatch.ui.panels import PANELS, Panels
from spreadwatch.ui.program import Program
from spreadwatch.ui.selection import Selection

logger = logging.getLogger(__name__)


class Dashboard:
    """The window. Everything here belongs to the thread that made it, which must be the main thread.

    Raises `tkinter.TclError` without a display.
    """

    def __init__(self, program: Program) -> None:
        self.on_close: Callable[[], None] | None = None
        """Called first thing at close, before the window goes."""
        self._program = program
        self._settings = program.settings.window
        self._window = MainWindow(program.geometry_file, compact=self._settings.compact)
        self.root = self._window.root
        self._theme = self._settings.theme
        self._topmost = False
        self._closed = False
        self._interrupted = False
        self._loop: Loop | None = None
        self._selection = Selection(program.symbols, program.badge)
        self._wants_list = True
        self._painted_symbol = self._selection.symbol
        self._told_faults: set[str] = set()
        self._build()

    # ----- parts

    def _build(self) -> None:
        root, px, program = self.root, self._window.px, self._program
        fonts.create_fonts(root, px)
        palette = theme.PALETTES[self._theme]
        self._painter = painter = Painter(root, palette, px, program.settings)
        theme.style_ttk(root, palette, px)
        painter.tint(root, background="background")
        self._feedback = feedback = Feedback(root, self._show_feedback, self.note)
        self._layout = layout = Layout(
            self._window,
            painter,
            program,
            self._selection,
            feedback,
            self._act,
            self.choose,
            self._prove,
        )
        self._panels = Panels(layout, program, self._selection, feedback, self.choose)
        self._faults = Faults(self.note)
        self._title = Title(root, painter, program.badge, layout.alerts.banner.title)
        self._guard = DisplayGuard(
            painter,
            ErrorScreen(root, painter, layout.body, program.badge),
            self._title,
            layout.of_the_pair,
            self._asides,
            self._window.fit,
            self._faults.take,
        )
        painter.flush_now = self._guard.flush
        self._make_actions()
        self._menu = Menu(root, painter, self._actions, self.choose)
        layout.header.menu_button.configure(command=self._open_menu)
        layout.show_form()
        self._show_list()
        self._connect()

    def _make_actions(self) -> None:
        switch = self._program.switch
        self._actions: dict[Action, Callable[[], None]] = {
            **{action: partial(self._panels.press, action) for action in PANELS},
            **self._layout.chart.actions(),
            "reset": self.reset,
            "costs": self._toggle_costs,
            "copy": self._copy_shown,
            "watch_list": self._toggle_list,
            "remove": lambda: self._remove(self._selection.symbol),
            "record": lambda: self._feedback.say(switch("record")),
            "serve": lambda: self._feedback.say(switch("serve")),
            "diagnostics": self._copy_diagnostics,
            "compact": self._toggle_compact,
            "topmost": self._toggle_topmost,
            "theme": self._toggle_theme,
            "next": lambda: self.choose(self._selection.beside(1)),
            "previous": lambda: self.choose(self._selection.beside(-1)),
            "dismiss": self._dismiss,
            "close": self.close,
        }

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
        if self._settings.topmost:
            self._set_topmost(on=True)

    @property
    def notifies_desktop(self) -> bool:
        """Whether the window itself tells alerts to the desktop."""
        return self._layout.alerts.notifies

    # ----- life

    def show(self) -> None:
        """Map the window and paint it for the first time, before there is any snapshot."""
        self._guard.paint(self._selection.pair())
        self._window.place()
        self._window.show()
        if not self._closed:
            self._painter.flush_now()  # what the first layout asked for, such as where sentences wrap

    def run(self, turn: Callable[[], Snapshot]) -> None:
        """Ask `turn` for a snapshot every frame and paint it, until the window is closed.

        Raises KeyboardInterrupt, after closing, when Ctrl-C was pressed in the terminal.
        """
        if self._closed:
            return
        self._loop = Loop(self.root, self._settings.frame_ms, turn, self.render, self._turn_failed)
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
        self._layout.gap_count.take(snapshot)
        if news := [sentence for sentence in snapshot.faults if sentence not in self._told_faults]:
            self._told_faults.update(news)
            self._layout.notice.show(" ".join(news))
        self._layout.alerts.render(snapshot)
        self._panels.render(snapshot)
        if gone := self._selection.take(snapshot):
            self.choose(gone)
        self._show_list()
        if (badge := self._layout.render_playback(self._selection.symbol)) not in (None, self._title.badge):
            self._title.badge = badge
            self._guard.forget()
        self._paint()

    def _paint(self) -> None:
        pair = self._selection.pair()
        self._guard.paint(pair)
        if pair.symbol != self._painted_symbol:  # it has other numbers
            self._painted_symbol = pair.symbol
            self._painter.shrink()
            self._painter.resized = True
            self._painter.flush_now()

    def _turn_failed(self, error: Exception) -> None:
        if self._closed:
            self._faults.log(error)
        else:
            self._guard.fail(self._selection.pair(), error)

    def note(self, sentence: str) -> None:
        """Show a problem in the window until it is clicked away, Escape is pressed, or another comes."""
        if not self._closed:
            self._layout.notice.show(sentence)
            self._painter.flush_now()

    def _asides(self) -> tuple[Render, ...]:
        flashing: tuple[Render, ...] = (self._title.render,) if self._layout.alerts.banner.is_ringing else ()
        return (*flashing, *self._layout.asides())

    def _show_list(self) -> None:
        self._layout.show_list(self._wants_list and len(self._selection.rows()) > 1)

    def _repaint(self) -> None:
        """Paint the pair again, after something else than the pair changed."""
        self._guard.forget()
        if self._guard.is_failing:  # the last pair is of the past
            self._guard.fail(self._selection.pair())
        else:
            self._paint()

    # ----- actions: the symbol shown

    def reset(self) -> None:
        """Forget the extremes of the symbol shown."""
        self._program.reset(self._selection.symbol)
        self._feedback.say("max and min begin anew")

    def choose(self, symbol: str) -> None:
        """Show another symbol."""
        if symbol == self._selection.symbol:
            return
        self._selection.symbol = symbol
        self._program.show(symbol)
        # What is not in the last snapshot but watched will be in the next: no dash flashes up before.
        if not self._selection.comes_next() or self._guard.is_failing:
            self._repaint()

    def _remove(self, symbol: str) -> None:
        """Watch a symbol no longer; the snapshots will be without it."""
        if len(self._selection.symbols) < 2:
            self.note("The last symbol stays: watch another one first.")
        elif symbol in self._selection.symbols:
            refusal = self._program.remove(symbol)
            if refusal:
                self.note(refusal)
            else:
                self._feedback.say(f"{symbol} is no longer watched")

    # ----- actions: copying

    def _copy_shown(self) -> None:
        if self._panels.copy():
            return
        if self._guard.is_failing:  # a card that could not be painted still holds an old number
            self._feedback.copy("", "")
        else:
            self._layout.spread_card.spread.copy()

    def _copy_diagnostics(self) -> None:
        try:
            report = self._program.diagnostics()
        except Exception as error:  # noqa: BLE001  what tells of faults may meet one
            self._faults.log(error)
            self.note(f"The diagnostics could not be put together ({brief(error)}). The log has the details.")
        else:
            self._feedback.copy(report, "diagnostics")

    # ----- actions: the window

    def _toggle_compact(self) -> None:
        self._layout.overlay.close()
        self._window.switch(self._change_form)
        self._painter.flush_now()

    def _change_form(self) -> None:
        self._layout.show_form()
        self._repaint()  # before what was hidden, and is of the past, is drawn

    def _toggle_costs(self) -> None:
        self._layout.overlay.close()
        if self._window.compact:
            self._feedback.say("the full window shows what it costs")
            return
        pair = self._selection.pair()
        self._layout.show_costs(not self._window.costs, placeholders.broken(pair) if self._guard.is_failing else pair)
        self._repaint()

    def _toggle_list(self) -> None:
        self._layout.overlay.close()
        self._wants_list = not self._layout.has_list
        self._show_list()
        self._repaint()
        if self._layout.has_list:
            self._layout.watch_list.canvas.focus_set()
        elif self._wants_list:
            self._feedback.say("the watch list needs more than one symbol")

    def _toggle_topmost(self) -> None:
        self._set_topmost(on=not self._topmost)
        self._feedback.say("always on top" if self._topmost else "no longer on top")

    def _set_topmost(self, *, on: bool) -> None:
        self._topmost = on
        self.root.attributes("-topmost", on)

    def _toggle_theme(self) -> None:
        self._theme = "light" if self._theme == "dark" else "dark"
        palette = theme.PALETTES[self._theme]
        theme.style_ttk(self.root, palette, self._window.px)
        self._painter.recolour(palette)
        self._layout.chart.chart.recolour()
        self._painter.flush_now()

    def _open_menu(self) -> None:
        self._menu.open_below(self._layout.header.menu_button, self._menu_state())

    def _menu_state(self) -> MenuState:
        ticks: dict[Action, bool] = {
            "compact": self._window.compact,
            "topmost": self._topmost,
            "watch_list": self._layout.has_list,
            "costs": self._window.costs,
            "record": self._program.switched("record") is not None,
            "serve": self._program.switched("serve") is not None,
        }
        return MenuState(self._selection.symbols, self._selection.symbol, ticks)

    # ----- actions: the rest

    def _act(self, action: Action) -> None:
        self._actions[action]()

    def _prove(self, kind: str, window: str, extreme: Extreme) -> None:
        self._panels.prove(kind, window, extreme)

    def _dismiss(self) -> None:
        if self._layout.overlay.shown is not None:
            self._layout.overlay.close()
        elif self._layout.alerts.banner.acknowledge():
            self._repaint()  # the title
        elif self._layout.notice.words:
            self._layout.notice.dismiss()
            self._painter.flush_now()

    def _show_feedback(self, words: str) -> None:
        has_bar = not self._window.compact and self._layout.overlay.shown is None
        self._layout.header.say("" if has_bar else words)
        self._layout.status_bar.say(words)
        self._painter.flush_now()
