"""Settings: what can be set, what a value may be, and where each one came from."""

from spreadwatch.config.alerts import rule_from_texts
from spreadwatch.config.keys import KEYS, Config, Endpoints, Feed, Key, Notify, Size, TakerFees, Window
from spreadwatch.config.load import load, user_folder
from spreadwatch.config.text import describe, example

__all__ = [
    "KEYS",
    "Config",
    "Endpoints",
    "Feed",
    "Key",
    "Notify",
    "Size",
    "TakerFees",
    "Window",
    "describe",
    "example",
    "load",
    "rule_from_texts",
    "user_folder",
]
