"""The package as text: its modules, what each imports, how long its files and functions are."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "spreadwatch"

FILE_LINES, FUNCTION_LINES = 400, 50
"""A file and a function stay under so many lines."""


@dataclass(frozen=True)
class Import:
    """One imported name: `lazy` inside a function, `typed` for type checkers only."""

    line: int
    name: str
    lazy: bool = False
    typed: bool = False

    def of(self, modules: set[str]) -> bool:
        """Tell whether this imports one of `modules` or something inside them."""
        return any(self.name == module or self.name.startswith(f"{module}.") for module in modules)


def imports_of(source: str, package: str) -> list[Import]:
    """Return every import in `source`, a module of `package`, those through importlib with a literal name too."""
    return list(imports_in(ast.parse(source), package))


def imports_in(node: ast.AST, package: str, *, lazy: bool = False, typed: bool = False) -> Iterator[Import]:
    """Yield the imports inside `node`, a part of a module of `package`."""
    for child in ast.iter_child_nodes(node):
        for name in _names(child, package):
            yield Import(getattr(child, "lineno", 0), name, lazy, typed)
        inside = lazy or isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        guarded = typed or (isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test))
        yield from imports_in(child, package, lazy=inside, typed=guarded)


def _names(node: ast.AST, package: str) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        base = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
        module = ".".join([*base, *([node.module] if node.module else [])])
        return [f"{module}.{alias.name}" for alias in node.names]
    if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in ("import_module", "__import__"):
        return [ast.literal_eval(first) for first in node.args[:1] if isinstance(first, ast.Constant)]
    return []


@dataclass(frozen=True)
class Module:
    """One file of the package. `name` is dotted; an __init__ goes by the name of its folder."""

    name: str
    path: Path
    package: Path

    @property
    def is_init(self) -> bool:
        """Whether this is a folder's __init__."""
        return self.path.name == "__init__.py"

    @property
    def shown(self) -> str:
        """The path inside the package."""
        return self.path.relative_to(self.package).as_posix()

    @property
    def room(self) -> str:
        """The first folder below the package, for a file at the top its name."""
        parts = self.path.relative_to(self.package).parts
        return parts[0] if len(parts) > 1 else self.path.stem

    @property
    def inside(self) -> str:
        """The dotted name of the folder, against which relative imports count."""
        return ".".join(self.path.relative_to(self.package.parent).parent.parts)

    @cached_property
    def text(self) -> str:
        """The source."""
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def tree(self) -> ast.Module:
        """The source, parsed."""
        return ast.parse(self.text)

    @cached_property
    def lines(self) -> int:
        """How many lines it has."""
        return len(self.text.splitlines())

    @cached_property
    def imports(self) -> list[Import]:
        """Every import in it."""
        return list(imports_in(self.tree, self.inside))


def modules_of(package: Path) -> dict[str, Module]:
    """Return every module of `package` by its dotted name."""
    found = {}
    for path in sorted(package.rglob("*.py")):
        parts = path.relative_to(package.parent).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found[name] = Module(name, path, package)
    return found


def home(name: str, modules: dict[str, Module]) -> Module | None:
    """Return the module that an imported dotted name is in, None for one of another package."""
    while name and name not in modules:
        name = name.rpartition(".")[0]
    return modules.get(name)


def functions_of(module: Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield every function of a module, methods and inner ones too."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def long_files(modules: dict[str, Module]) -> list[str]:
    """Return a line for every file that is too long."""
    found = [one for one in modules.values() if one.lines >= FILE_LINES]
    return [f"{one.shown}: {one.lines} lines, must be under {FILE_LINES}" for one in found]


def long_functions(modules: dict[str, Module]) -> list[str]:
    """Return a line for every function that is too long."""
    faults = []
    for module in modules.values():
        for node in functions_of(module):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines >= FUNCTION_LINES:
                place = f"{module.shown}:{node.lineno}"
                faults.append(f"{place}: {node.name} has {lines} lines, must be under {FUNCTION_LINES}")
    return faults


def outsized(package: Path) -> list[str]:
    """Return a line for every file, function or missing docstring that breaks the rules of style."""
    modules = modules_of(package)
    mute = [one for one in modules.values() if not ast.get_docstring(one.tree)]
    faults = [*long_files(modules), *long_functions(modules), *(f"{one.shown}: no module docstring" for one in mute)]
    return sorted(faults)
