"""The figures that the text of the package tells: folders, importers, circles, classes, sizes, types."""

import ast
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.house.bars import BRIM_LINES, ENTRIES, FOLDERS, MOST_FILES, ONE_FILE_LINES
from tests.house.source import Import, Module, functions_of, home, imports_in, long_files, long_functions, modules_of

_NOT_COUNTED = {"__init__.py", "py.typed"}


@dataclass(frozen=True, slots=True)
class Figure:
    """One number, and a line for each thing that makes it what it is."""

    value: float
    lines: tuple[str, ...] = ()


def counted(lines: list[str]) -> Figure:
    """Return the figure whose number is how many lines there are."""
    return Figure(len(lines), tuple(lines))


class House:
    """A package as it stands. `tables`: see TABLES."""

    def __init__(self, package: Path, tables: dict[str, str]) -> None:
        self.package = package
        self.modules = modules_of(package)
        self._tables = tables
        self._exported = {module.name: dict(_exported(module)) for module in self.modules.values()}

    # ----- who imports whom

    def target(self, found: Import) -> Module | None:
        """Return the module where an imported name is at home; what an __init__ hands on is looked up behind it."""
        module = home(found.name, self.modules)
        if module is not None and module.is_init:
            behind = self._exported[module.name].get(found.name.removeprefix(f"{module.name}."))
            if behind is not None and home(behind, self.modules) is not module:
                return self.target(Import(found.line, behind))
        return module

    def importers(self) -> dict[str, set[str]]:
        """Return, by module, the modules that import it: at once, inside a function, or for its types only.

        An __init__ is no importer: whoever imports from it is.
        """
        found: dict[str, set[str]] = defaultdict(set)
        for module in self.modules.values():
            for each in () if module.is_init else module.imports:
                target = self.target(each)
                if target is not None and target is not module:
                    found[target.name].add(module.name)
        return found

    def circles(self) -> Figure:
        """Find the modules that need each other to run. Imports for types alone do not count, those in functions do."""
        graph: dict[str, set[str]] = {}
        for module in self.modules.values():
            targets = {home(each.name, self.modules) for each in module.imports if not each.typed}
            graph[module.name] = {one.name for one in targets if one is not None and one is not module}
        return counted([" <-> ".join(sorted(circle)) for circle in _circles(graph)])

    def _counted(self) -> list[Module]:
        return [module for module in self.modules.values() if not module.is_init]

    def named_by_tables(self) -> set[str]:
        """Return the modules that rows of tables name. Raises LookupError for a table that is not there."""
        named: set[str] = set()
        for shown, rows in self._tables.items():
            module = next((one for one in self.modules.values() if one.shown == shown), None)
            if module is None:
                raise LookupError(f"TABLES names {shown}, and there is no such file")
            named |= self._row_targets(module, rows)
        return named

    def _row_targets(self, module: Module, rows: str) -> set[str]:
        """Follow the names in a table's rows, through functions of the same module, to the modules they come from."""
        defined = {name: node for node in module.tree.body for name in _defines(node)}
        if rows not in defined:
            raise LookupError(f"TABLES names {rows} in {module.shown}, which does not define it")
        outside = dict(_bound(module))
        targets, waiting, seen = set[str](), [rows], set[str]()
        while waiting:
            name = waiting.pop()
            if name in seen:
                continue
            seen.add(name)
            if name in defined:
                node = defined[name]
                waiting += _mentioned(node)
                targets |= {one.name for one in map(self.target, imports_in(node, module.inside)) if one}
            elif name in outside and (found := self.target(Import(0, outside[name]))):
                targets.add(found.name)
        return targets

    def single(self) -> Figure:
        """Tell the share of modules with exactly one importer, in percent."""
        importers, named = self.importers(), self.named_by_tables()
        alone = [one for one in self._counted() if len(importers[one.name]) == 1]
        by_table = [one for one in alone if one.name in named]
        lonely = [one for one in alone if one.name not in named]
        share = 100 * len(lonely) / max(len(self._counted()) - len(by_table), 1)
        lines = [f"{one.shown} < {self._shown(next(iter(importers[one.name])))}" for one in lonely]
        return Figure(round(share, 1), tuple(lines))

    def _shown(self, name: str) -> str:
        return self.modules[name].shown

    def halves(self) -> Figure:
        """Find modules whose only importer lives in the same folder and that would fit in one file with it."""
        importers, named = self.importers(), self.named_by_tables()
        lines = []
        for module in self._counted():
            if len(importers[module.name]) != 1 or module.name in named or module.shown in self._tables:
                continue
            other = self.modules[next(iter(importers[module.name]))]
            if other.shown in ENTRIES:
                continue
            together = module.lines + other.lines
            if other.path.parent == module.path.parent and together <= ONE_FILE_LINES:
                lines.append(f"{other.shown} {other.lines} + {module.shown} {module.lines} = {together}")
        return counted(lines)

    # ----- folders and names

    def top(self) -> Figure:
        """Count the files and folders at the top."""
        names = [*_files(self.package), *(f"{folder.name}/" for folder in _folders(self.package))]
        return counted(sorted(names))

    def folders(self) -> Figure:
        """Find folders with too many files; the top is one too."""
        lines, waiting = [], [self.package]
        while waiting:
            folder = waiting.pop()
            waiting += _folders(folder)
            name = folder.relative_to(self.package).as_posix()
            most, files = FOLDERS.get(name, MOST_FILES), len(_files(folder))
            if files > most:
                lines.append(f"{name}: {files} files, at most {most}")
        return counted(sorted(lines))

    def classes(self) -> Figure:
        """Find class names that two rooms define; what a module declares as its own by re-export counts as defined."""
        rooms: dict[str, dict[str, str]] = defaultdict(dict)
        known = {node.name for one in self.modules.values() for node in _classes(one)}
        for module in self.modules.values():
            names = [node.name for node in _classes(module)]
            names += [name for name in self._exported[module.name] if name in known]
            for name in names:
                rooms[name].setdefault(module.room, module.shown)
        return counted(
            [f"{name}: {', '.join(found.values())}" for name, found in sorted(rooms.items()) if len(found) > 1]
        )

    def hidden(self) -> Figure:
        """Find what makes the other figures small without making anything easier to find."""
        lines = []
        for module in self.modules.values():
            if any(each.name.endswith(".*") for each in module.imports):
                lines.append(f"{module.shown}: a * import")
            if module.lines >= BRIM_LINES:
                lines.append(f"{module.shown}: {module.lines} lines, filled to the brim from {BRIM_LINES}")
        return counted(lines)

    # ----- sizes and types

    def typed(self) -> Figure:
        """Find functions with an argument or an answer that has no type."""
        lines = []
        for module in self.modules.values():
            methods = {inner for node in _classes(module) for inner in node.body if _is_bound(inner)}
            for node in functions_of(module):
                given = node.args
                named = [*given.posonlyargs, *given.args][1 if node in methods else 0 :]
                rest = [one for one in (given.vararg, given.kwarg) if one]
                if node.returns is None or any(one.annotation is None for one in (*named, *given.kwonlyargs, *rest)):
                    lines.append(f"{module.shown}:{node.lineno}: {node.name}")
        return counted(lines)

    def figures(self) -> dict[str, Figure]:
        """Return every figure that needs only the text, by the names of BARS."""
        parts: dict[str, Callable[[], Figure]] = {
            "top": self.top,
            "folders": self.folders,
            "circles": self.circles,
            "single": self.single,
            "halves": self.halves,
            "classes": self.classes,
            "files": lambda: counted(long_files(self.modules)),
            "functions": lambda: counted(long_functions(self.modules)),
            "typed": self.typed,
            "lines": lambda: Figure(sum(module.lines for module in self.modules.values())),
            "hidden": self.hidden,
        }
        return {name: part() for name, part in parts.items()}


def _files(folder: Path) -> list[str]:
    return [one.name for one in folder.iterdir() if one.is_file() and one.name not in _NOT_COUNTED]


def _folders(folder: Path) -> list[Path]:
    return [one for one in folder.iterdir() if one.is_dir() and one.name != "__pycache__"]


def _classes(module: Module) -> Iterator[ast.ClassDef]:
    return (node for node in ast.walk(module.tree) if isinstance(node, ast.ClassDef))


def _is_bound(node: ast.stmt) -> bool:
    """Tell whether the first argument of what stands in a class body is the object or the class."""
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return False
    return "staticmethod" not in {ast.unparse(one) for one in node.decorator_list}


def _bound(module: Module) -> Iterator[tuple[str, str]]:
    """Yield the names that a module's own imports bind, with where each comes from."""
    for node in module.tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [each.name for each in imports_in(ast.Module([node], []), module.inside)]
            yield from ((alias.asname or alias.name, name) for alias, name in zip(node.names, names, strict=True))


def _exported(module: Module) -> Iterator[tuple[str, str]]:
    """Yield what a module hands on as its own: names in __all__ or bound `as` themselves, in an __init__ all."""
    listed = {
        name
        for node in module.tree.body
        if "__all__" in _defines(node)
        for one in ast.walk(node)
        if isinstance(one, ast.Constant) and isinstance(name := one.value, str)
    }
    for node in module.tree.body:
        if isinstance(node, ast.ImportFrom):
            listed |= {alias.name for alias in node.names if alias.asname == alias.name}
    for name, origin in _bound(module):
        if name in listed or module.is_init:
            yield name, origin


def _defines(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return [one.id for one in targets if isinstance(one, ast.Name)]


def _mentioned(node: ast.AST) -> list[str]:
    return [one.id for one in ast.walk(node) if isinstance(one, ast.Name)]


def _circles(graph: dict[str, set[str]]) -> list[set[str]]:
    """Return the groups of names that reach each other."""
    reach = {name: _reached(graph, name) for name in graph}
    circles: list[set[str]] = []
    for name in graph:
        if name in reach[name] and not any(name in circle for circle in circles):
            circles.append({other for other in reach[name] if name in reach[other]})
    return circles


def _reached(graph: dict[str, set[str]], start: str) -> set[str]:
    seen, waiting = set[str](), [*graph[start]]
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting += graph[name]
    return seen
