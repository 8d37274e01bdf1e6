"""Colours of both themes, and the ttk style made of them."""

import tkinter as tk
from tkinter import ttk
from typing import Any, Literal

from spreadwatch.core.leg import State
from spreadwatch.ui.kit import fonts
from spreadwatch.ui.kit.scale import Px

Role = Literal[
    "background", "card", "border", "hover", "text", "muted", "faint", "accent",
    "up", "down", "live", "waiting", "stale", "refused", "badge", "badge_text", "reverse", "shade",
]  # fmt: skip
Palette = dict[Role, str]
ThemeName = Literal["dark", "light"]

BUTTON = "Spreadwatch.TButton"

PALETTES: dict[ThemeName, Palette] = {
    "dark": {
        "background": "#0E131A",
        "card": "#161D27",
        "border": "#283443",
        "hover": "#1C2531",
        "text": "#E6EDF3",
        "muted": "#8B98A9",
        "faint": "#677487",
        "accent": "#58A6FF",
        "up": "#58A6FF",
        "down": "#F0883E",
        "live": "#3FB68B",
        "waiting": "#9FB4CC",
        "stale": "#E3B341",
        "refused": "#FF7B72",
        "badge": "#3B2D63",
        "badge_text": "#D9C8FF",
        "reverse": "#C0A3FF",
        "shade": "#202A3A",
    },
    "light": {
        "background": "#F4F6F8",
        "card": "#FFFFFF",
        "border": "#D5DBE3",
        "hover": "#E9EDF2",
        "text": "#17202B",
        "muted": "#5B6775",
        "faint": "#7C8692",
        "accent": "#0B66C3",
        "up": "#0B66C3",
        "down": "#B4480A",
        "live": "#1A7F55",
        "waiting": "#4A6078",
        "stale": "#8A5A00",
        "refused": "#B3261E",
        "badge": "#E6DCFA",
        "badge_text": "#54279B",
        "reverse": "#6F3CC4",
        "shade": "#E8EDF4",
    },
}

STATE_ROLES: dict[State, Role] = {
    State.LIVE: "live",
    State.CONNECTING: "waiting",
    State.STALE: "stale",
    State.REFUSED: "refused",
}


def style_ttk(root: tk.Misc, palette: Palette, px: Px) -> None:
    """Set up, or set anew after a change of theme, the ttk style of buttons."""
    style = ttk.Style(root)
    if style.theme_use() != "clam":
        style.theme_use("clam")
    # As clam's own, less its dotted focus ring: here the border takes the accent colour instead.
    label = ("Button.label", {"sticky": "nswe"})
    padding = ("Button.padding", {"sticky": "nswe", "children": [label]})
    layout: Any = [("Button.border", {"sticky": "nswe", "border": "1", "children": [padding]})]
    style.layout(BUTTON, layout)
    ground = palette["background"]
    style.configure(
        BUTTON,
        font=fonts.WORDS,
        padding=(px(10), px(5)),
        relief="raised",  # clam draws no border on a flat one; both its shades are the ground's
        anchor="center",
        background=ground,
        foreground=palette["muted"],
        bordercolor=palette["border"],
        lightcolor=ground,
        darkcolor=ground,
        width=0,
        shiftrelief=0,
    )
    hot = [("pressed", palette["border"]), ("active", palette["hover"])]
    style.map(
        BUTTON,
        background=hot,
        lightcolor=[("focus", palette["accent"]), *hot],
        darkcolor=[("focus", palette["accent"]), *hot],
        bordercolor=[("focus", palette["accent"])],
        foreground=[("active", palette["text"]), ("focus", palette["text"])],
    )
