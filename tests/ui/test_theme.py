import re
from pathlib import Path

import pytest

from spreadwatch import api
from spreadwatch.core.leg import State
from spreadwatch.ui.kit import theme
from spreadwatch.ui.kit.fonts import first_installed
from spreadwatch.ui.kit.scale import px_for
from spreadwatch.ui.kit.theme import Role, ThemeName


def _luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = [one / 12.92 if one <= 0.03928 else ((one + 0.055) / 1.055) ** 2.4 for one in channels]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("name", ["dark", "light"])
def test_every_word_can_be_read(name: ThemeName) -> None:
    palette = theme.PALETTES[name]
    roles: tuple[Role, ...] = ("text", "muted", "up", "down", *theme.STATE_ROLES.values())
    for role in roles:
        for ground in ("card", "background"):
            assert _contrast(palette[role], palette[ground]) >= 4.5, (role, ground)
    assert _contrast(palette["badge_text"], palette["badge"]) >= 4.5
    assert _contrast(palette["faint"], palette["card"]) >= 3


@pytest.mark.parametrize("name", ["dark", "light"])
def test_a_greyed_number_looks_unlike_a_live_one(name: ThemeName) -> None:
    palette = theme.PALETTES[name]
    assert _contrast(palette["muted"], palette["faint"]) >= 1.3
    assert _contrast(palette["text"], palette["faint"]) >= 3


def test_both_themes_know_every_role_and_every_state_has_one() -> None:
    assert theme.PALETTES["dark"].keys() == theme.PALETTES["light"].keys()
    assert theme.STATE_ROLES.keys() == set(State)


def test_lengths_follow_the_scale_and_do_not_vanish() -> None:
    assert [px_for(2.0)(length) for length in (0, 0.2, 1, 14)] == [0, 1, 2, 28]
    assert px_for(0.75)(1) == 1


def test_the_first_installed_face_is_taken() -> None:
    assert first_installed(("JetBrains Mono", "Menlo"), ["menlo", "Times"]) == "menlo"
    assert first_installed(("JetBrains Mono",), ["Times"]) is None


def test_the_page_s_icon_has_the_colours_of_the_dark_theme() -> None:
    icon = (Path(api.__file__).parent / "web" / "icon.svg").read_text(encoding="utf-8")
    colours = set(re.findall("#[0-9A-F]{6}", icon))
    assert colours == {theme.PALETTES["dark"][role] for role in ("card", "up", "down")}
