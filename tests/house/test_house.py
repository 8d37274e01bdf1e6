"""The yardstick of the house catches what it is for, and what holds already goes on to hold."""

import shutil
import tomllib
from pathlib import Path

import pytest

from tests.house.__main__ import holds, measure, page
from tests.house.bars import BARS
from tests.house.handing import Handing
from tests.house.shape import Figure, House
from tests.house.source import PACKAGE

FILLER = "x = 1\n"


def plant(root: Path, files: dict[str, str], tables: dict[str, str] | None = None) -> House:
    """Write a small package and return its house."""
    package = root / "spreadwatch"
    for name, source in files.items():
        path = package / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source, encoding="utf-8")
    return House(package, tables or {})


@pytest.mark.parametrize(
    ("name", "files", "told"),
    [
        ("top", {"a.py": "", "b/c.py": "", "__init__.py": "", "py.typed": ""}, ["a.py", "b/"]),
        ("folders", {f"ui/m{number}.py": "" for number in range(17)}, ["ui: 17 files, at most 16"]),
        ("folders", {f"feed/m{number}.py": "" for number in range(21)}, ["feed: 21 files, at most 20"]),
        ("folders", {f"ui/deep/m{number}.js": "" for number in range(17)}, ["ui/deep: 17 files, at most 16"]),
        ("folders", {f"m{number}.py": "" for number in range(17)}, [".: 17 files, at most 16"]),
        (
            "circles",
            {
                "a.py": "from spreadwatch.b import f",
                "b.py": "def f():\n    import spreadwatch.c",
                "c.py": "from . import a",
            },
            ["spreadwatch.a <-> spreadwatch.b <-> spreadwatch.c"],
        ),
        (
            "single",
            {"a.py": "from spreadwatch import b, c", "b.py": "from spreadwatch.c import x", "c.py": "x = 1"},
            ["b.py < a.py"],
        ),
        (
            "halves",
            {"ui/a.py": "from spreadwatch.ui import b", "ui/b.py": FILLER * 399},
            ["ui/a.py 1 + ui/b.py 399 = 400"],
        ),
        (
            "halves",
            {"ui/__init__.py": "from .b import x", "ui/a.py": "from spreadwatch.ui import x", "ui/b.py": FILLER},
            ["ui/a.py 1 + ui/b.py 1 = 2"],
        ),
        ("classes", {"a.py": "class A: ...", "ui/b.py": "class A: ..."}, ["A: a.py, ui/b.py"]),
        (
            "classes",
            {"ui/b.py": "class A: ...", "a.py": "from spreadwatch.ui.b import A\n__all__ = ['A']"},
            ["A: a.py, ui/b.py"],
        ),
        ("classes", {"ui/b.py": "class A: ...", "a.py": "from spreadwatch.ui.b import A as A"}, ["A: a.py, ui/b.py"]),
        (
            "classes",
            {"ui/b.py": "class A: ...", "run/__init__.py": "from ..ui.b import A"},
            ["A: run/__init__.py, ui/b.py"],
        ),
        ("files", {"a.py": FILLER * 400}, ["a.py: 400 lines, must be under 400"]),
        ("functions", {"a.py": "def f():\n" + "    x = 1\n" * 49}, ["a.py:1: f has 50 lines, must be under 50"]),
        ("typed", {"a.py": "def f(x) -> None: ..."}, ["a.py:1: f"]),
        ("typed", {"a.py": "class A:\n    def f(self, *x: int): ..."}, ["a.py:2: f"]),
        ("typed", {"a.py": "class A:\n    @staticmethod\n    def f(x) -> None: ..."}, ["a.py:3: f"]),
        ("hidden", {"a.py": "from spreadwatch.b import *", "b.py": ""}, ["a.py: a * import"]),
        ("hidden", {"a.py": FILLER * 390}, ["a.py: 390 lines, filled to the brim from 390"]),
    ],
)
def test_a_planted_fault_is_caught(tmp_path: Path, name: str, files: dict[str, str], told: list[str]) -> None:
    assert list(plant(tmp_path, files).figures()[name].lines) == told


@pytest.mark.parametrize(
    ("name", "files"),
    [
        ("folders", {f"core/m{number}.py": "" for number in range(28)}),
        ("folders", {f"ui/m{number}.py": "" for number in range(16)} | {"ui/__init__.py": "", "ui/py.typed": ""}),
        ("circles", {"a.py": "import spreadwatch.b", "b.py": "if TYPE_CHECKING:\n    from spreadwatch import a"}),
        ("halves", {"ui/a.py": "from spreadwatch.ui import b", "ui/b.py": FILLER * 400}),
        ("halves", {"ui/a.py": "from spreadwatch.core import b", "core/b.py": ""}),
        ("halves", {"__main__.py": "from spreadwatch import cli", "cli.py": ""}),
        ("classes", {"ui/a.py": "class A: ...", "ui/b.py": "class A: ..."}),
        ("classes", {"ui/a.py": "class A: ...", "run/b.py": "from spreadwatch.ui.a import A"}),
        ("typed", {"a.py": "class A:\n    def f(self, x: int) -> None: ..."}),
    ],
)
def test_what_is_allowed_is_not_held_against_the_house(tmp_path: Path, name: str, files: dict[str, str]) -> None:
    assert plant(tmp_path, files).figures()[name].lines == ()


ROWS = {
    "feed/kinds.py": "from spreadwatch.feed import marks\n"
    "def _books():\n    from spreadwatch.feed import books\n"
    "KINDS = {'marks': marks.parse, 'books': _books}\nOTHER = trades\nfrom spreadwatch.feed import trades",
    "feed/marks.py": "",
    "feed/books.py": "",
    "feed/trades.py": "",
    "feed/fleet.py": "import spreadwatch.feed.kinds",
}


def test_what_a_row_of_a_table_names_is_neither_single_nor_half(tmp_path: Path) -> None:
    house = plant(tmp_path, ROWS, {"feed/kinds.py": "KINDS"})
    assert set(house.single().lines) == {"feed/kinds.py < feed/fleet.py", "feed/trades.py < feed/kinds.py"}
    assert house.single().value == round(100 * 2 / 3, 1)
    assert len(house.halves().lines) == 1
    assert len(plant(tmp_path, ROWS).halves().lines) == 4


@pytest.mark.parametrize("tables", [{"feed/gone.py": "KINDS"}, {"feed/kinds.py": "GONE"}])
def test_a_table_that_is_not_there_is_told(tmp_path: Path, tables: dict[str, str]) -> None:
    with pytest.raises(LookupError, match=r"TABLES names .*"):
        plant(tmp_path, ROWS, tables).single()


WINDOWED = {
    "config.py": "class Config: ...",
    "ui/program.py": "class Player(Protocol):\n    def seek(self) -> None: ...\n"
    "class Alerts(Protocol):\n    def rules(self) -> int: ...\n    def add(self) -> int: ...\n"
    "class Program(Protocol):\n    badge: str\n    playback: Player | None\n"
    "    @property\n    def alerts(self) -> Alerts: ...",
    "ui/dashboard.py": "from spreadwatch.config import Config\nfrom spreadwatch.ui.program import Program\n"
    "class Dashboard:\n    def __init__(self, program: Program, settings: 'Config') -> None: ...",
}


def test_members_of_the_programs_protocols_and_bundles_of_the_window_are_points(tmp_path: Path) -> None:
    one = [
        "Program.badge",
        "Program.playback",
        "Program.alerts",
        "Alerts.rules",
        "Alerts.add",
        "Dashboard.settings: 'Config'",
    ]
    assert sorted(Handing(plant(tmp_path, WINDOWED)).figure().lines) == sorted(one)
    bundle = {
        "ui/parts.py": "class Hooks:\n    copy: Callable[[], None]\n    flush: Callable[[], None]\n    name: str\n"
        "class Row:\n    open: Callable[[], None]\n"
        "class Parts:\n    def __init__(self, hooks: Hooks) -> None: ..."
    }
    more = Handing(plant(tmp_path, WINDOWED | bundle)).figure()
    assert set(more.lines) - set(one) == {"Hooks.copy", "Hooks.flush", "Hooks.name"}


def test_a_house_without_its_window_is_told(tmp_path: Path) -> None:
    with pytest.raises(LookupError, match="0 classes Dashboard"):
        Handing(plant(tmp_path, {"a.py": ""})).figure()


# ----- the real house


def test_the_table_says_what_holds_and_lists_what_does_not() -> None:
    told = page({"top": Figure(18, ("a.py",)), "halves": Figure(1, ("a.py 1 + b.py 1 = 2",))})
    assert [line.split()[-1] for line in told.splitlines()[1:3]] == ["holds", "FAILS"]
    assert "a.py 1 + b.py 1 = 2" in told
    assert "\n  a.py\n" not in told


def test_what_the_house_holds_already_it_goes_on_to_hold() -> None:
    held = [name for name, bar in BARS.items() if bar.held]
    if {"rooms", "way"} & set(held) and shutil.which("Xvfb") is None:
        pytest.skip("needs Xvfb")
    figures = measure(held)
    assert [name for name in held if not holds(figures[name], BARS[name])] == [], page(figures)


def test_the_key_for_newcomers_names_files_that_there_are() -> None:
    key = tomllib.loads((Path(__file__).with_name("key.toml")).read_text(encoding="utf-8"))
    assert len(key) == 20
    for task, files in key.items():
        assert any((PACKAGE / file).is_file() for file in files), task
