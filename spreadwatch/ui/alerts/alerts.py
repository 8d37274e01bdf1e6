"""Alerts in the window: the banner with its bell and flashing title, the list, and Tk's own notifications."""

import tkinter as tk
from collections.abc import Callable
from functools import cached_property

from spreadwatch.core.alerts import Alert
from spreadwatch.core.snapshot import Snapshot
from spreadwatch.ui.alerts import sysnotify
from spreadwatch.ui.alerts.banner import Banner
from spreadwatch.ui.alerts.list import AlertActions, AlertList
from spreadwatch.ui.kit.painter import Painter
from spreadwatch.ui.kit.widgets import Copy
from spreadwatch.ui.options import Callbacks, WindowOptions


class Alerting:
    """Tells every new alert in the ways of a window. `symbol` gives the one shown, for a test."""

    def __init__(
        self,
        root: tk.Misc,
        body: tk.Misc,
        painter: Painter,
        options: WindowOptions,
        callbacks: Callbacks,
        symbol: Callable[[], str],
        toggle: Callable[[], None],
        copy: Copy,
        changed: Callable[[], object],
        note: Callable[[str], None],
    ) -> None:
        """Grid the banner's frame, then call its `hide`. `toggle` opens and closes the list."""
        self._root, self._callbacks, self._symbol, self._note = root, callbacks, symbol, note
        self.notifies = options.desktop and sysnotify.is_possible(root)
        self._serial = 0
        self.banner = Banner(
            body,
            painter,
            toggle,
            utc=options.utc,
            shows=options.banner,
            rings=options.bell,
            flashes=options.flash,
        )
        actions = AlertActions(
            rules=callbacks.rules,
            add=callbacks.add_rule,
            remove=callbacks.remove_rule,
            test=self._test,
            copy=copy,
            close=toggle,
        )
        self._make_list: Callable[[], AlertList] = lambda: AlertList(root, painter, actions, changed, utc=options.utc)

    @cached_property
    def list(self) -> AlertList:
        """The list, made when it is first asked for."""
        return self._make_list()

    def render(self, snapshot: Snapshot) -> None:
        """Tell what is new."""
        alerts = snapshot.alerts
        if not alerts:
            return
        self.banner.render(alerts, snapshot.at)
        newest = alerts[-1].serial
        if newest != self._serial:
            for alert in alerts:
                if alert.serial > self._serial:
                    self._notify(alert)
            self._serial = newest

    def _notify(self, alert: Alert) -> None:
        if self.notifies and (problem := sysnotify.show(self._root, alert)):
            self._note(f"{problem[0].upper()}{problem[1:]}.")

    def _test(self) -> str | None:
        alert = self._callbacks.test_alert(self._symbol())
        if alert is None:
            return "alerts cannot be tested here"
        self.banner.show(alert, alert.at)
        self._notify(alert)
        return None
