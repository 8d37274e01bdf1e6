import re
from collections import Counter
from pathlib import Path
from typing import get_args

import pytest

from spreadwatch.ui.frame import shortcuts
from spreadwatch.ui.frame.shortcuts import SHORTCUTS, label, sequences

PLACES = {
    "window": (*shortcuts.SHORTCUTS, *shortcuts.REPLAY),
    "slider": shortcuts.SLIDER,
    "watch list": (*shortcuts.ROWS, *shortcuts.COIN_REMOVAL, *shortcuts.SORTING),
    "rules": (*shortcuts.ROWS, *shortcuts.RULE_REMOVAL),
    "chart": shortcuts.CHART,
}


@pytest.mark.parametrize("apple", [False, True])
@pytest.mark.parametrize("place", PLACES)
def test_no_key_does_two_things_in_one_place(place: str, apple: bool) -> None:
    events = [event for one in PLACES[place] for key in one.keys for event in sequences(key, apple=apple)]
    assert [event for event, times in Counter(events).items() if times > 1] == []


def test_every_action_is_in_a_table() -> None:
    assert {one.action for place in PLACES.values() for one in place} == set(get_args(shortcuts.Action))
    assert [action for group in shortcuts.MENU for action in group if action not in shortcuts.BY_ACTION] == []


def test_the_readme_has_every_key_of_the_window_and_none_that_does_nothing() -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    section = readme.partition("## Keys\n")[2].partition("\n## ")[0]
    first_column = [row.split("|")[1] for row in section.splitlines() if row.startswith("| ")][1:]
    named = {*re.findall(r"[^\s,]+", " ".join(first_column)), "F1"}
    labels = [[label(key, apple=False).replace("-", "\N{MINUS SIGN}") for key in one.keys] for one in SHORTCUTS]
    assert [keys for keys in labels if not named & set(keys)] == []
    assert named <= {key for keys in labels for key in keys}


def test_a_letter_works_with_caps_lock() -> None:
    assert sequences("Mod+R", apple=False) == ["<Control-Key-r>", "<Control-Key-R>"]
    assert sequences("Mod+R", apple=True) == ["<Command-Key-r>", "<Command-Key-R>"]
    assert sequences("Mod+PgDn", apple=False) == ["<Control-Key-Next>"]


def test_keys_are_written_as_people_read_them() -> None:
    assert label("Mod+R", apple=False) == "Ctrl+R"
    assert label("Mod+R", apple=True) == "⌘R"
    assert label("Alt+Left", apple=False) == "Alt+←"
    assert label("F1", apple=True) == "F1"
