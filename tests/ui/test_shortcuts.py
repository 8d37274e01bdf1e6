from collections import Counter

from spreadwatch.ui.frame.shortcuts import SHORTCUTS, label, sequences


def test_no_key_does_two_things() -> None:
    for apple in (False, True):
        events = [event for one in SHORTCUTS for key in one.keys for event in sequences(key, apple=apple)]
        assert [event for event, times in Counter(events).items() if times > 1] == []


def test_a_letter_works_with_caps_lock() -> None:
    assert sequences("Mod+R", apple=False) == ["<Control-Key-r>", "<Control-Key-R>"]
    assert sequences("Mod+R", apple=True) == ["<Command-Key-r>", "<Command-Key-R>"]
    assert sequences("Mod+PgDn", apple=False) == ["<Control-Key-Next>"]


def test_keys_are_written_as_people_read_them() -> None:
    assert label("Mod+R", apple=False) == "Ctrl+R"
    assert label("Mod+R", apple=True) == "⌘R"
    assert label("Alt+Left", apple=False) == "Alt+←"
    assert label("F1", apple=True) == "F1"
