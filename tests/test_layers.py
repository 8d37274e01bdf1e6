"""The rooms keep their doors: who may import whom, and how long a file or a function may be."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.doors import FOLDERS, ROOMS, UI_ROOMS, table
from tests.house.source import PACKAGE, Import, modules_of, outsized

ROOT = PACKAGE.name

PURE = {
    *("__future__", "abc", "array", "bisect", "collections", "dataclasses", "decimal", "enum", "fractions"),
    *("functools", "heapq", "itertools", "math", "operator", "re", "statistics", "string", "types", "typing"),
    "msgspec",
}
"""All that core may use from outside: nothing that knows the time, the machine, another thread or chance."""

CALENDAR = {"datetime.UTC", "datetime.datetime", "datetime.timedelta"}
CLOCKS = {"datetime.now", "datetime.today", "datetime.utcnow"}
"""The arithmetic of the calendar is pure, what asks a clock is not."""

NETWORK = {"websocket", "socket", "ssl"}
DIALS = NETWORK | {"asyncio", "http", "select", "selectors", "socketserver", "urllib.request"}


def _room(name: str) -> str:
    """Return the room of a dotted name in the package: 'feed' for spreadwatch.feed.frames."""
    rest = name.split(".")[1:]
    return "__init__" if not rest or (rest[0].startswith("__") and rest[0] != "__main__") else rest[0]


def _wrong(room: str, found: Import) -> str | None:
    """Say what is wrong with an import found in `room`, None if nothing is."""
    if found.name.split(".")[0] == ROOT:
        target = _room(found.name)
        if target not in {room, "__init__"} and target not in (ROOMS[room].doors or ()):
            return f"{room} must not import {target}"
    elif room == "core" and not found.of(PURE | CALENDAR):
        return f"core is pure and must not import {found.name}"
    elif found.of({"tkinter", "_tkinter"}) and room != "ui":
        return "only ui imports tkinter"
    elif found.of(NETWORK) and room != "feed":
        return f"only feed imports {found.name}"
    return None


def wrong_doors(package: Path) -> list[str]:
    """Return a line for every import of `package` that goes through a wrong door."""
    faults = []
    for name, module in modules_of(package).items():
        room = _room(name)
        if room not in ROOMS:
            faults.append(f"{module.shown}: a room without a row in ROOMS")
            continue
        if ROOMS[room].doors is None:
            continue
        found = [(each.line, _wrong(room, each)) for each in module.imports]
        if room == "core":
            found += [(line, f"core is pure and must not ask {clock}") for line, clock in _clocks(module.tree)]
        faults += [f"{module.shown}:{line}: {fault}" for line, fault in found if fault]
    return faults


def _clocks(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and ast.unparse(node) in CLOCKS:
            yield node.lineno, ast.unparse(node)


def wrong_ui_doors(package: Path) -> list[str]:
    """Return a line for every import inside the window that goes from one of its folders through a wrong door."""
    faults = []
    inside = f"{package.name}.ui."
    for name, module in modules_of(package).items():
        folder = name.removeprefix(inside).partition(".")[0]
        if not name.startswith(inside) or (package / "ui" / f"{folder}.py").exists():
            continue
        if folder not in UI_ROOMS:
            faults.append(f"{module.shown}: a folder without a row in UI_ROOMS")
            continue
        for each in module.imports:
            target = each.name.removeprefix(inside)
            if each.name.startswith(inside) and not any(
                f"{target}.".startswith(f"{door}.") for door in {folder, *UI_ROOMS[folder]}
            ):
                faults.append(f"{module.shown}:{each.line}: {folder} must not import {target}")
    return faults


def loaded_at_import(package: Path, start: str, forbidden: set[str]) -> list[str]:
    """Return how importing `start` alone leads to a forbidden module: one line per chain."""
    modules, seen, chains = modules_of(package), set[str](), []
    todo = [(start, start)]
    while todo:
        name, chain = todo.pop()
        if name not in modules or name in seen:
            continue
        seen.add(name)
        todo += [(parent, chain) for parent in _parents(name)]
        for found in modules[name].imports:
            if found.lazy or found.typed:
                continue
            if found.of(forbidden):
                chains.append(f"{chain} > {found.name}")
            todo += [(target, f"{chain} > {target}") for target in (found.name, found.name.rpartition(".")[0])]
    return chains


def _parents(name: str) -> list[str]:
    parts = name.split(".")
    return [".".join(parts[:count]) for count in range(1, len(parts))]


def test_no_room_imports_through_a_wrong_door() -> None:
    assert wrong_doors(PACKAGE) == []


def test_no_folder_of_the_window_imports_through_a_wrong_door() -> None:
    assert wrong_ui_doors(PACKAGE) == []


@pytest.mark.parametrize("start", [f"{ROOT}.cli", f"{ROOT}.__main__"])
def test_importing_the_command_line_loads_neither_tkinter_nor_sockets(start: str) -> None:
    assert loaded_at_import(PACKAGE, start, DIALS | {"tkinter"}) == []


def test_files_and_functions_are_short_and_modules_have_a_docstring() -> None:
    assert outsized(PACKAGE) == []


def test_every_room_has_a_row_and_every_row_is_a_room() -> None:
    assert {_room(name) for name in modules_of(PACKAGE)} == set(ROOMS)
    assert {name for name in ROOMS if (PACKAGE / name).is_dir()} == set(FOLDERS)


def test_the_table_for_contributors_is_made_of_the_doors() -> None:
    text = (PACKAGE.parent / ".github" / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert table() in text, "put what `python -m tests.doors` prints into CONTRIBUTING"


def _plant(root: Path, files: dict[str, str]) -> Path:
    """Write a small package with the given files and return its folder."""
    package = root / ROOT
    for name, source in files.items():
        path = package / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source, encoding="utf-8")
    return package


@pytest.mark.parametrize(
    ("name", "source", "word"),
    [
        ("ui/kit/a.py", "from spreadwatch.ui.frame import shortcuts", "kit must not import frame.shortcuts"),
        ("ui/watch/a.py", "from spreadwatch.ui.cards.words import entry", "watch must not import cards.words"),
        ("ui/cards/a.py", "from spreadwatch.ui.frame.window import Window", "cards must not import frame.window"),
        ("ui/chart/a.py", "from spreadwatch.ui.program import Program", "chart must not import program"),
        ("ui/tape/a.py", "", "without a row"),
    ],
)
def test_a_wrong_door_inside_the_window_is_found(tmp_path: Path, name: str, source: str, word: str) -> None:
    [fault] = wrong_ui_doors(_plant(tmp_path, {name: f'"""A."""\n{source}\n'}))
    assert word in fault


def test_the_folders_of_the_window_may_use_the_kit_and_the_keys(tmp_path: Path) -> None:
    source = '"""A."""\nfrom spreadwatch.ui.kit import text\nfrom spreadwatch.ui.frame.shortcuts import label\n'
    assert wrong_ui_doors(_plant(tmp_path, {"ui/cards/a.py": source, "ui/panels.py": source})) == []


@pytest.mark.parametrize(
    ("name", "source", "word"),
    [
        ("core/a.py", "import time", "pure"),
        ("core/a.py", "from threading import Lock", "pure"),
        ("core/a.py", "def f():\n    import random", "pure"),
        ("core/a.py", "from collections import abc\nimport logging.handlers", "pure"),
        ("core/a.py", "import datetime", "pure"),
        ("core/a.py", "from datetime import UTC, datetime\ndatetime.now(UTC)", "must not ask datetime.now"),
        ("core/a.py", "from spreadwatch.feed import frames", "must not import feed"),
        ("core/a.py", "from ..feed import frames", "must not import feed"),
        ("core/deep/a.py", "from ...feed.frames import Ping", "must not import feed"),
        ("core/a.py", "from spreadwatch import feed", "must not import feed"),
        ("feed/a.py", "import spreadwatch.ui.kit.text", "must not import ui"),
        ("feed/a.py", "from spreadwatch.run.inbox import Inbox", "must not import run"),
        ("storage/a.py", "from spreadwatch.feed import capture", "must not import feed"),
        ("api/a.py", "import ssl", "only feed imports ssl"),
        ("ui/a.py", "from spreadwatch.errors import UsageError", "must not import errors"),
        ("ui/a.py", "import socket", "only feed imports socket"),
        ("cli.py", "def f():\n    import tkinter.ttk", "only ui imports tkinter"),
        ("commands/a.py", "import importlib\nimportlib.import_module('tkinter')", "only ui imports tkinter"),
        ("commands/a.py", "if TYPE_CHECKING:\n    from spreadwatch.ui import text", "must not import ui"),
        ("run/inbox.py", "from websocket import WebSocket", "only feed imports websocket"),
        ("newroom/a.py", "import math", "without a row"),
    ],
)
def test_a_planted_wrong_import_is_caught(tmp_path: Path, name: str, source: str, word: str) -> None:
    [fault] = wrong_doors(_plant(tmp_path, {"__init__.py": "", name: source}))
    assert word in fault
    assert Path(name).name in fault


def test_the_right_doors_are_open(tmp_path: Path) -> None:
    files = {
        "core/a.py": "from datetime import datetime\nimport re, decimal, msgspec\nfrom spreadwatch.core.b import C",
        "feed/a.py": "import websocket, socket, ssl, time\nfrom ..core import b\nfrom spreadwatch import __version__",
        "ui/a.py": "from tkinter import ttk\nfrom spreadwatch.config import Config",
        "app.py": "import tkinter, socket\nfrom spreadwatch.ui import a\nfrom spreadwatch.storage import b",
        "commands/a.py": "from spreadwatch.feed import binance\nfrom spreadwatch.run.inbox import Pump",
    }
    assert wrong_doors(_plant(tmp_path, files)) == []


def test_a_planted_chain_from_the_command_line_to_a_socket_is_caught(tmp_path: Path) -> None:
    files = {
        "__init__.py": "",
        "cli.py": "from spreadwatch.commands import watch\ndef main():\n    import tkinter",
        "commands/__init__.py": "",
        "commands/watch.py": "from spreadwatch.feed.stream import Stream",
        "feed/__init__.py": "",
        "feed/stream.py": "import websocket",
    }
    [chain] = loaded_at_import(_plant(tmp_path, files), f"{ROOT}.cli", DIALS | {"tkinter"})
    assert chain.endswith("> websocket")
    assert "commands.watch" in chain


def test_planted_long_and_undocumented_code_is_caught(tmp_path: Path) -> None:
    long = '"""Doc."""\n' + "x = 1\n" * 399
    body = '"""Doc."""\ndef f():\n' + "    x = 1\n" * 49
    faults = outsized(_plant(tmp_path, {"long.py": long, "body.py": body, "mute.py": "x = 1\n"}))
    assert [fault.split(":")[0] for fault in faults] == ["body.py", "long.py", "mute.py"]


def test_the_pure_list_names_real_modules() -> None:
    assert PURE - {"msgspec"} <= sys.stdlib_module_names
