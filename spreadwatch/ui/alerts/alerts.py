"""Alerts as the window tells them: a banner over the cards, the bell, the flashing title, Tk's own notifications."""

import logging
import time
import tkinter as tk
from collections.abc import Callable, Sequence
from functools import partial

from spreadwatch.core.alert_json import sentence
from spreadwatch.core.alerts import Alert
from spreadwatch.core.quote import Instant
from spreadwatch.core.snapshot import Snapshot
from spreadwatch.ui.alerts import words as alert_words
from spreadwatch.ui.kit import fonts, text
from spreadwatch.ui.kit.painter import Painter
from spreadwatch.ui.kit.widgets import painted, still

logger = logging.getLogger(__name__)

_FLASH_S = 0.5
_ROOMY = 560
_BELL_S = 1.0
"""The bell is throttled: many rules may fire in one frame."""


class WindowAlerts:
    """Tells every new alert in the ways of a window that the settings switch on."""

    def __init__(
        self,
        root: tk.Misc,
        body: tk.Misc,
        painter: Painter,
        open_list: Callable[[], object],
        note: Callable[[str], None],
        *,
        is_live: bool = True,
    ) -> None:
        """Grid the banner's frame, then call its `hide`. `open_list` is called by a click, `note` with a problem.

        Of quotes that are not live nothing leaves the window.
        """
        self._root, self._note, self._is_live = root, note, is_live
        self.notifies = painter.settings.notify.desktop and has_notifications(root)
        self._serial = 0
        self.banner = Banner(body, painter, open_list)

    def render(self, snapshot: Snapshot) -> None:
        """Tell the alerts that no snapshot before this one held."""
        alerts = snapshot.alerts
        if not alerts:
            return
        self.banner.render(alerts, snapshot.at)
        newest = alerts[-1].serial
        if newest != self._serial:
            for alert in alerts:
                if alert.serial > self._serial and self._is_live:
                    self._notify(alert)
            self._serial = newest

    def tell(self, alert: Alert) -> None:
        """Tell an alert that no snapshot holds: one that was made up to test the ways."""
        self.banner.show(alert, alert.at)
        self._notify(alert)

    def _notify(self, alert: Alert) -> None:
        if self.notifies and (problem := notify(self._root, alert)):
            self._note(text.sentence(problem))


def has_notifications(root: tk.Misc) -> bool:
    """Tell whether this Tk has `tk sysnotify`, as it does from version 9 on."""
    return tk.TkVersion >= 9 and bool(root.tk.call("info", "commands", "::tk::sysnotify::sysnotify"))


def notify(root: tk.Misc, alert: Alert) -> str | None:
    """Show an alert by the desktop's own means; return a sentence when it does not take it."""
    try:
        root.tk.call("tk", "sysnotify", f"{alert.symbol} · spreadwatch", sentence(alert))
    except tk.TclError as error:
        logger.warning("tk sysnotify: %s", error)
        return "no desktop notification was shown: this desktop takes none from Tk"
    return None


class Banner:
    """A line that takes room only while an alert waits to be acknowledged. Grid `frame`, then call `hide` once.

    The settings say which of banner, bell and title are switched on. `open_list` is called by a click.
    """

    def __init__(self, parent: tk.Misc, painter: Painter, open_list: Callable[[], object]) -> None:
        px, ways = painter.px, painter.settings.notify
        self._painter, self._utc = painter, painter.utc
        self._shows, self._rings, self._flashes = ways.banner, ways.bell, ways.title
        self._alert: Alert | None = None
        self._acknowledged = self._seen = 0
        self._rung_at = 0.0
        self._name = ""
        self._width = 0
        self.frame = tk.Frame(parent, borderwidth=0, highlightthickness=px(1), padx=px(9), pady=px(6))
        painter.tint(self.frame, background="hover", highlightbackground="stale", highlightcolor="stale")
        mark = still(self.frame, painter, "ALERT", fonts.CAPTION, "background", "stale")
        mark.configure(padx=px(6), pady=px(1))
        name, self._name_cell = painted(self.frame, painter, fonts.WORDS, "text", "hover", chars=None)
        name.configure(width=1)  # a long name must not make the window wider
        value, self._value_cell = painted(self.frame, painter, fonts.SMALL_FIGURE, "text", "hover")
        clock, self._clock_cell = painted(self.frame, painter, fonts.SMALL_FIGURE, "muted", "hover")
        more, self._more_cell = painted(self.frame, painter, fonts.SMALL_WORDS, "muted", "hover")
        close = still(self.frame, painter, "Esc \N{MULTIPLICATION SIGN}", fonts.SMALL_WORDS, "muted", "hover")
        for column, one in enumerate((mark, name, value, clock, more, close)):
            one.grid(row=0, column=column, sticky="ew" if one is name else "", padx=(px(10) if column else 0, 0))
            one.configure(cursor="hand2")
            one.bind("<Button-1>", lambda _event: open_list())
        self._clock = clock
        self.frame.columnconfigure(1, weight=1)
        self.frame.bind("<Configure>", self._frame_resized)
        name.bind("<Configure>", self._resized)
        close.bind("<Button-1>", lambda _event: self.acknowledge())

    @property
    def is_ringing(self) -> bool:
        """Whether an alert waits to be acknowledged."""
        return self._alert is not None

    def hide(self) -> None:
        """Take the line away; the next alert brings it back."""
        self.frame.grid_remove()

    def render(self, alerts: Sequence[Alert], now: Instant) -> None:
        """Show the newest of `alerts`, which come oldest first, unless it was acknowledged."""
        if not alerts:
            return
        newest = alerts[-1]
        if newest.serial < self._seen:  # another run: a replay that began anew
            self._acknowledged = self._seen = 0
        if newest.serial > self._seen:
            self._seen = newest.serial
            self.show(newest, now, newest.serial - self._acknowledged - 1)

    def show(self, alert: Alert, now: Instant, more: int = 0) -> None:
        """Ring for an alert, whatever came before; `more` others wait with it."""
        self._alert = alert
        self._ring()
        if not self._shows:
            return
        self._name = alert.rule.name
        self._paint_name()
        self._value_cell.show(alert_words.banner(alert), "text")
        self._clock_cell.show(text.clock(alert.at.wall_ms, now.wall_ms, utc=self._utc), "muted")
        self._more_cell.show(f"+{text.count(more)}" if more else "", "muted")
        self.frame.grid()
        self._painter.resized = True

    def acknowledge(self) -> bool:
        """Take the alert away, and with it all that wait; tell whether there was one."""
        if self._alert is None:
            return False
        self._alert = None
        self._acknowledged = self._seen
        self.hide()
        return True

    def title(self) -> str | None:
        """Return what the window's title shows at this moment in place of the spread; None for nothing else.

        Ask every frame: it comes and goes every half second, and its text stays the same while it is there.
        """
        if self._alert is None or not self._flashes or int(time.monotonic() / _FLASH_S) % 2:
            return None
        return alert_words.flashing_title(self._alert)

    def _ring(self) -> None:
        now_s = time.monotonic()
        if self._rings and now_s - self._rung_at >= _BELL_S:
            self._rung_at = now_s
            self._painter.change("bell")

    def _resized(self, event: "tk.Event[tk.Misc]") -> None:
        if event.width != self._width:
            self._width = event.width
            self._paint_name()
            self._painter.flush_now()

    def _frame_resized(self, event: "tk.Event[tk.Misc]") -> None:
        """Do without the time where there is little room: the list has it."""
        if event.width < self._painter.px(_ROOMY):
            self._clock.grid_remove()
        else:
            self._clock.grid()

    def _paint_name(self) -> None:
        measure = partial(self._painter.measure, fonts.WORDS)
        self._name_cell.show(text.shortened(self._name, self._width, measure) if self._width > 1 else "", "text")
