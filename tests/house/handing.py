"""The points at which the program hands something to its window, or the window asks the program.

Counted are the members of each protocol and the fields of each class of the window's own room that the
constructor of the window takes; a value of another room, such as the settings, is one point. So is each field
of a bundle of callables that one part of the window hands on to another: it is the same points declared again.
"""

import ast
from collections.abc import Iterator

from tests.house.bars import ONE_POINT, WINDOW
from tests.house.shape import Figure, House
from tests.house.source import Import, Module


class _Class:
    """A class and the module that defines it."""

    def __init__(self, module: Module, node: ast.ClassDef) -> None:
        self.module, self.node = module, node
        self.name = node.name

    @property
    def is_protocol(self) -> bool:
        return any(_said(base).split("[")[0].split(".")[-1] == "Protocol" for base in self.node.bases)

    @property
    def fields(self) -> list[ast.AnnAssign]:
        return [one for one in self.node.body if isinstance(one, ast.AnnAssign)]

    @property
    def methods(self) -> list[ast.FunctionDef]:
        return [one for one in self.node.body if isinstance(one, ast.FunctionDef) and not one.name.startswith("_")]

    @property
    def takes(self) -> list[ast.arg]:
        """What the constructor takes."""
        for one in self.node.body:
            if isinstance(one, ast.FunctionDef) and one.name == "__init__":
                return [*one.args.posonlyargs, *one.args.args, *one.args.kwonlyargs][1:]
        return []


class Handing:
    """Counts the points of one house."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._classes: dict[tuple[str, str], _Class] = {}
        for module in house.modules.values():
            for node in module.tree.body:
                if isinstance(node, ast.ClassDef):
                    self._classes[module.name, node.name] = _Class(module, node)
        self._lines: list[str] = []
        self._seen: set[_Class] = set()

    def figure(self) -> Figure:
        """Return the number of points. Raises LookupError where there is no window, or more than one."""
        windows = [one for one in self._classes.values() if one.name == WINDOW]
        if len(windows) != 1:
            raise LookupError(f"there are {len(windows)} classes {WINDOW}: bars.py names the one that is the window")
        [window] = windows
        for taken in window.takes:
            found = self._declared(window.module, taken.annotation)
            own = [one for one in found if one.is_protocol or one.module.room == window.module.room]
            for one in own:
                self._count(one)
            if not own:
                self._lines.append(f"{WINDOW}.{taken.arg}: {_said(taken.annotation)}")
        for bundle in self._bundles(window.module.room):
            self._count(bundle)
        return Figure(len(self._lines), tuple(self._lines))

    def _count(self, found: _Class) -> None:
        """Count the members of a class, of the protocols it extends, and of those that its members hand over."""
        if found in self._seen:
            return
        self._seen.add(found)
        for base in found.node.bases:
            for one in self._declared(found.module, base):
                self._count(one)
        for field in found.fields:
            self._lines.append(f"{found.name}.{_said(field.target)}")
            self._follow(found, field.annotation)
        for method in found.methods:
            self._lines.append(f"{found.name}.{method.name}")
            self._follow(found, method.returns)

    def _follow(self, found: _Class, annotation: ast.expr | None) -> None:
        for one in self._declared(found.module, annotation):
            if one.is_protocol and one.name not in ONE_POINT:
                self._count(one)

    def _bundles(self, room: str) -> Iterator[_Class]:
        """Yield the classes, callables for the most part, that constructors of a room take."""
        for maker in self._classes.values():
            if maker.module.room != room:
                continue
            for taken in maker.takes:
                for one in self._declared(maker.module, taken.annotation):
                    callables = [field for field in one.fields if _said(field.annotation).startswith("Callable[")]
                    if one.module.room == room and len(callables) * 2 > len(one.fields):
                        yield one

    def _declared(self, module: Module, annotation: ast.expr | None) -> list[_Class]:
        """Return the classes of the package that a type mentions."""
        found = []
        for name in _names(annotation):
            own = self._classes.get((module.name, name))
            imported = [each.name for each in module.imports if each.name.endswith(f".{name}")]
            homes = [self._house.target(Import(0, origin)) for origin in imported]
            others = [self._classes.get((home.name, name)) for home in homes if home]
            found += [one for one in (own, *others) if one is not None]
        return list(dict.fromkeys(found))


def _said(node: ast.expr | None) -> str:
    return "" if node is None else ast.unparse(node)


def _names(annotation: ast.expr | None) -> Iterator[str]:
    for node in ast.walk(annotation) if annotation is not None else ():
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from _names(ast.parse(node.value, mode="eval").body)
