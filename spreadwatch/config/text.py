"""The configuration as text: the settings in force, and the example file."""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from spreadwatch.config.alerts import rule_to_table
from spreadwatch.config.keys import KEYS, SECTIONS, Config, Key
from spreadwatch.config.kinds import OFF

_EDITED: Final = ("", "window", "size", "notify")
"""Sections that people edit: the example sets their keys, and comments out all others."""
_RULE: Final = """
# [[alerts]]
# name = "entry is cheap"
# symbol = "ETHUSDT"    # or "all"
# number = "edge"       # "spread" in quote currency, "bps", or "edge" in bps after fees
# side = "above"        # or "below"
# level = 3.5           # fires at this
# rearm = 2             # fires again only after it came back to this
# hold_s = 2            # only when it stays there for so long
# cooldown_s = 60       # and not sooner than this after the last time
# once = false          # true: never again
"""


def describe(config: Config) -> str:
    """Return every key with its value and where that came from; the text is itself a valid config file.

    A secret is only said to be set.
    """
    lines = ["# The settings in force. This text is a valid config.toml."]
    section = ""
    for key in KEYS:
        if key.kind == "tables":
            continue
        if key.section != section:
            section = key.section
            lines += ["", f"[{section}]"]
        value = getattr(getattr(config, section) if section else config, key.name)
        source = config.sources.get(key.dotted, "default")
        if key.kind == "secret":
            lines.append(f"# {key.name}: {'set, never shown' if value else 'not set'}  # from: {source}")
        else:
            lines.append(f"{key.name} = {_toml(value)}  # from: {source}")
    return "\n".join([*lines, *_alerts(config)]) + "\n"


def _alerts(config: Config) -> Iterator[str]:
    for rule in config.alerts:
        yield from ("", f"[[alerts]]  # from: {config.sources.get('alerts', 'default')}")
        yield from (f"{name} = {_toml(value)}" for name, value in rule_to_table(rule).items())


def example() -> str:
    """Return the text of config.example.toml: what a user edits is set, the rest is shown commented out."""
    lines = [
        "# spreadwatch: settings and their defaults. Copy it to ./config.toml or to your config folder",
        "# (Linux ~/.config/spreadwatch, macOS ~/Library/Application Support/spreadwatch, Windows",
        "# %LOCALAPPDATA%\\spreadwatch), or name it with --config or SPREADWATCH_CONFIG.",
        "# Stronger than this file, strongest first: command line, environment variable, .env.",
        "# `spreadwatch --print-config` shows what is in force and where it came from.",
        "# Secrets do not belong here: they come from the environment or .env only.",
    ]
    section = ""
    for key in KEYS:
        if key.kind == "tables":
            continue
        if key.section != section:
            section = key.section
            lines += ["", "", f"# {SECTIONS[section].__doc__}"]
            if section not in _EDITED:
                lines.append("# Unset on purpose: a later version may know better defaults.")
            lines.append(f"[{section}]")
        lines += ["", *_entry(key)]
    for key in KEYS:
        if key.kind == "tables":
            lines += ["", "", f"# {key.meaning}", f"# Allowed: {key.takes.allowed}.", "# Only in this file."]
            lines += _RULE.rstrip().split("\n")
    return "\n".join(lines) + "\n"


def _entry(key: Key) -> Iterator[str]:
    yield from (f"# {key.meaning}", f"# Allowed: {key.takes.allowed}")
    if key.kind == "secret":
        yield f"# Never in this file: only by the environment or .env as {key.variable}"
    else:
        yield f"# Environment: {key.variable}"
        yield f"{'' if key.section in _EDITED else '#'}{key.name} = {_toml(key.default)}"


def _toml(value: object) -> str:
    if value is None:
        return json.dumps(OFF)
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, tuple):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    if isinstance(value, bool | str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return repr(value)
