"""The tree of errors is the one that its module draws: none is missing, none is elsewhere, each code is its own."""

import importlib
import pkgutil
import re
from collections.abc import Iterator

import spreadwatch
from spreadwatch import errors
from spreadwatch.errors import SpreadwatchError

SCRIPTS = {"spreadwatch.__main__"}
"""What does its work when it is imported."""
_LINE = re.compile(r"^    ((?:│   |    )*)(?:[├└]── )(\w+) +(\d)  \w", re.MULTILINE)

Drawn = tuple[str, str, int]


def drawn() -> list[Drawn]:
    """Return name, parent and exit code of every line of the tree."""
    above = ["SpreadwatchError"]
    found = []
    for indent, name, code in _LINE.findall(errors.__doc__ or ""):
        depth = len(indent) // 4 + 1
        found.append((name, above[depth - 1], int(code)))
        above[depth:] = [name]
    return found


def declared(parent: type[SpreadwatchError]) -> Iterator[Drawn]:
    for child in parent.__subclasses__():
        if child.__module__.startswith(f"{spreadwatch.__name__}."):
            yield child.__name__, parent.__name__, child.exit_code
            yield from declared(child)


def test_every_error_of_the_package_is_in_the_tree_with_its_parent_and_its_code() -> None:
    for module in pkgutil.walk_packages(spreadwatch.__path__, f"{spreadwatch.__name__}."):
        if module.name not in SCRIPTS:
            importlib.import_module(module.name)
    assert sorted(drawn()) == sorted(declared(SpreadwatchError))
    assert len(drawn()) == len(set(drawn()))
    assert f"    SpreadwatchError {SpreadwatchError.exit_code:11}\n" in (errors.__doc__ or "")
