"""Desktop notifications by Tk itself, which it has from version 9 on."""

import logging
import tkinter as tk

from spreadwatch.core.alert_json import sentence
from spreadwatch.core.alerts import Alert

logger = logging.getLogger(__name__)


def is_possible(root: tk.Misc) -> bool:
    """Tell whether this Tk has `tk sysnotify`."""
    return tk.TkVersion >= 9 and bool(root.tk.call("info", "commands", "::tk::sysnotify::sysnotify"))


def show(root: tk.Misc, alert: Alert) -> str | None:
    """Show an alert; return a sentence when the desktop does not take it."""
    try:
        root.tk.call("tk", "sysnotify", f"{alert.symbol} · spreadwatch", sentence(alert))
    except tk.TclError as error:
        logger.warning("tk sysnotify: %s", error)
        return "no desktop notification was shown: this desktop takes none from Tk"
    return None
