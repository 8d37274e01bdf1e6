"""Settings from the command line, the environment, .env and a TOML file, strongest first, checked together.

Pure apart from reading the files: environment and folders come in as arguments. The keys are declared in
`keys`; this module knows none of them by name.
"""

import io
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import platformdirs

from spreadwatch.config.alerts import RefusedRulesError
from spreadwatch.config.keys import (
    ENVIRONMENT_PREFIX,
    KEYS,
    SECTIONS,
    Config,
    Key,
)
from spreadwatch.config.kinds import RefusedError
from spreadwatch.config.wording import closest, printable, show
from spreadwatch.errors import ConfigError

FILE_NAME: Final = "config.toml"
FILE_VARIABLE: Final = ENVIRONMENT_PREFIX + "CONFIG"

_BY_PLACE: Final = {(key.section, key.name): key for key in KEYS if key.kind != "secret"}
_BY_NAME: Final = {key.flat: key for key in KEYS if key.kind != "secret"}
_BY_VARIABLE: Final = {key.variable: key for key in KEYS if key.kind != "tables"}
_ONLY_IN_FILE: Final = {key.variable: key.name for key in KEYS if key.kind == "tables"}
_SECRET: Final = re.compile(r"(api|access|private)_?key|secret|token|passw|passphrase|credential|pwd|dsn(_|$)|webhook")


@dataclass(frozen=True, slots=True)
class _Given:
    """A value as it came. `where` tells the place of a dotted name for a fault; `source` is for `describe`.

    `folder`: where relative paths start.
    """

    key: Key
    value: object
    where: Callable[[str], str]
    source: str
    folder: Path
    is_text: bool


def user_folder() -> Path:
    """Return the folder where this system keeps the user's settings for spreadwatch. It may not exist."""
    return platformdirs.user_config_path("spreadwatch", appauthor=False)


def load(
    command_line: Mapping[str, object],
    environment: Mapping[str, str],
    cwd: Path,
    explicit_file: Path | None = None,
    *,
    user_folder: Path,
) -> Config:
    """Return the settings that are in force.

    `command_line` maps key names without their section to values of the key's own type; None means not given.
    `explicit_file` is what `--config` named. Raises ConfigError with the faults of all sources.
    """
    faults: list[str] = []
    dotenv = _read_dotenv(cwd / ".env", faults)
    file, text = _read_file(explicit_file, {**dotenv, **environment}, cwd, user_folder, faults)
    given = [
        *(_from_toml(text, file, _label(file, cwd), faults) if file and text is not None else ()),
        *_from_variables(dotenv, ".env", cwd, faults),
        *_from_variables(environment, "environment", cwd, faults),
        *_from_command_line(command_line, cwd, faults),
    ]
    values: dict[Key, object] = {}
    sources: dict[str, str] = {}
    for one in given:
        try:
            value = one.key.takes.read(one.value) if one.is_text and isinstance(one.value, str) else one.value
            values[one.key] = one.key.takes.check(value, one.folder)
            sources[one.key.dotted] = one.source
        except RefusedRulesError as error:
            faults += (f"{one.where(place)}: {sentence}" for place, sentence in error.faults)
        except RefusedError as error:
            value = "(not shown)" if one.key.kind == "secret" else show(one.value)
            shown = f"{one.where(one.key.dotted)}: {one.key.dotted} = {value}"
            faults.append(f"{shown}: {error}; allowed: {one.key.takes.allowed}")
    if faults:
        raise ConfigError(faults)
    return _build(values, sources, file)


def _build(values: Mapping[Key, object], sources: Mapping[str, str], file: Path | None) -> Config:
    parts: dict[str, dict[str, Any]] = {section: {} for section in ("", *SECTIONS)}
    for key, value in values.items():
        parts[key.section][key.name] = value
    sections: dict[str, Any] = {name: owner(**parts[name]) for name, owner in SECTIONS.items()}
    return Config(**parts[""], **sections, sources=sources, file=file)


def _read_file(
    explicit: Path | None, variables: Mapping[str, str], cwd: Path, user_folder: Path, faults: list[str]
) -> tuple[Path | None, str | None]:
    """Return the first file that is named or exists, and its text; a file that was named must exist."""
    named = explicit if explicit is not None else variables.get(FILE_VARIABLE)
    if named is not None:
        option = "--config" if explicit is not None else FILE_VARIABLE
        if not str(named):
            faults.append(f"{option} is empty: give the path of a TOML file, or leave it out")
            return None, None
        path = cwd / named
        return path, _read_text(path, f"{option} {printable(str(named))}", faults)
    for path in (cwd / FILE_NAME, user_folder / FILE_NAME):
        if _is_there(path):
            return path, _read_text(path, _label(path, cwd), faults)
    return None, None


def _read_dotenv(path: Path, faults: list[str]) -> dict[str, str]:
    """Return the variables of .env; a line that makes no sense counts only when it is about this program."""
    text = _read_text(path, ".env", faults) if _is_there(path) else None
    if text is None:
        return {}
    from dotenv import dotenv_values  # most start without such a file, and the window waits for each import
    from dotenv.parser import parse_stream

    for binding in parse_stream(io.StringIO(text)):
        is_setting_or_comment = binding.value is not None or (binding.key is None and not binding.error)
        if ENVIRONMENT_PREFIX in binding.original.string and not is_setting_or_comment:
            written = binding.original.string
            line = binding.original.line + written[: len(written) - len(written.lstrip())].count("\n")
            faults.append(f'.env:{line}: not a setting; write NAME=value or NAME="value" on a line of its own')
    found = dotenv_values(stream=io.StringIO(text), interpolate=False)
    return {name: value for name, value in found.items() if value is not None}


def _read_text(path: Path, label: str, faults: list[str]) -> str | None:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        faults.append(f"{label}: not UTF-8 (byte {error.start + 1}); save the file as UTF-8")
    except FileNotFoundError:
        faults.append(f"{label}: no such file; give the path of an existing TOML file")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a valid path"
        faults.append(f"{label}: cannot be read ({reason}); it must be a readable file")
    return None


def _is_there(path: Path) -> bool:
    """Tell whether an implicit file exists. A folder does not count: .env may be a virtual environment."""
    try:
        return path.exists() and not path.is_dir()
    except OSError:
        return False


def _label(path: Path, cwd: Path) -> str:
    return printable(str(path.relative_to(cwd) if path.is_relative_to(cwd) else path))


def _from_toml(text: str, file: Path, label: str, faults: list[str]) -> Iterator[_Given]:
    try:
        document = tomllib.loads(text, parse_float=_exact)
    except RecursionError:
        faults.append(f"{label}: nested too deeply to be settings")
        return
    except ValueError as error:
        found = re.search(r" \(at line (\d+), column \d+\)| \(at end of document\)", str(error))
        line = (found and found[1]) or text.count("\n") + 1
        reason = str(error).replace(found[0], "") if found else "a number with too many digits"
        faults.append(f"{label}:{line}: not valid TOML: {printable(reason)}")
        return
    lines = _line_numbers(text)

    def where(dotted: str) -> str:
        line = lines.get(dotted) or lines.get(dotted.rpartition(".")[0] if "[" in dotted else dotted)
        return f"{label}:{line}" if line else label

    faults += (
        f"{where(dotted)}: {printable(dotted)} looks like a secret; "
        "secrets belong in the environment or .env, never in this file"
        for dotted in _secrets(document)
    )
    for section, name, value in _entries(document, faults, where):
        dotted = f"{section}.{name}" if section else name
        if key := _BY_PLACE.get((section, name)):
            yield _Given(key, value, where, label, file.parent, is_text=False)
        elif not _is_secret(name):
            faults.append(f"{where(dotted)}: unknown key {printable(dotted)}{_hint(name, section)}")


def _exact(text: str) -> Decimal:
    """Read a TOML float to its last digit; one with an absurd exponent is not a number."""
    try:
        return Decimal(text)
    except ArithmeticError:
        return Decimal("nan")


def _entries(
    document: Mapping[str, object], faults: list[str], where: Callable[[str], str]
) -> Iterator[tuple[str, str, object]]:
    for name, value in document.items():
        if name in SECTIONS:
            if isinstance(value, dict):
                yield from ((name, inner, inner_value) for inner, inner_value in value.items())
            else:
                faults.append(f"{where(name)}: {name} is a section; write [{name}] and its keys below")
        elif isinstance(value, dict) and ("", name) not in _BY_PLACE:
            if not _is_secret(name):
                guess = closest(name, SECTIONS)
                hint = f"; did you mean [{guess}]?" if guess else f"; sections: {', '.join(SECTIONS)}"
                faults.append(f"{where(name)}: unknown section [{printable(name)}]{hint}")
        else:
            yield "", name, value


def _from_variables(variables: Mapping[str, str], source: str, cwd: Path, faults: list[str]) -> Iterator[_Given]:
    for variable, value in variables.items():
        if variable in _BY_VARIABLE:
            place = f"{source} {variable}"
            label = place if source == "environment" else source
            yield _Given(_BY_VARIABLE[variable], value, _always(place), label, cwd, is_text=True)
        elif variable in _ONLY_IN_FILE:
            faults.append(f"{source}: {variable} cannot be set here; write [[{_ONLY_IN_FILE[variable]}]] in the file")
        elif variable.upper().startswith(ENVIRONMENT_PREFIX) and variable != FILE_VARIABLE:
            names = [name.removeprefix(ENVIRONMENT_PREFIX).lower() for name in (*_BY_VARIABLE, FILE_VARIABLE)]
            guess = closest(variable[len(ENVIRONMENT_PREFIX) :].lower(), names)
            hint = f"did you mean {ENVIRONMENT_PREFIX}{guess.upper()}?" if guess else "there is no such key"
            faults.append(f"{source}: unknown variable {printable(variable)}; {hint}")


def _always(place: str) -> Callable[[str], str]:
    return lambda _dotted: place


def _from_command_line(command_line: Mapping[str, object], cwd: Path, faults: list[str]) -> Iterator[_Given]:
    for name, value in command_line.items():
        if name not in _BY_NAME or _BY_NAME[name].kind == "tables":
            faults.append(f"command line: unknown key {printable(name)}{_hint(name, '')}")
        elif value is not None:
            yield _Given(_BY_NAME[name], value, _always("command line"), "command line", cwd, is_text=False)


def _hint(name: str, section: str) -> str:
    if name in _BY_NAME:
        owner = _BY_NAME[name].section
        return f"; it belongs {f'in [{owner}]' if owner else 'at the top, above the first section'}"
    near = [name for place, name in _BY_PLACE if place == section]
    guess = closest(name, near) or closest(name, _BY_NAME)
    if guess:
        return f"; did you mean {_BY_NAME[guess].dotted}?"
    return f"; keys here: {', '.join(near)}"


def _secrets(document: Mapping[str, object]) -> Iterator[str]:
    """Yield the dotted name of each entry, however deep, that looks like a secret."""
    waiting: list[tuple[str, object]] = [("", document)]
    while waiting:
        dotted, value = waiting.pop()
        if isinstance(value, list):
            waiting += [(dotted, item) for item in value]
        elif isinstance(value, dict):
            for name, inner in value.items():
                full = f"{dotted}.{name}" if dotted else name
                if _is_secret(name):
                    yield full
                else:
                    waiting.append((full, inner))


def _is_secret(name: str) -> bool:
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).replace("-", "_").lower()
    return _SECRET.search(words) is not None


def _line_numbers(text: str) -> dict[str, int]:
    """Map dotted names to the line where each seems to be set; good enough for a fault's place."""
    found: dict[str, int] = {}
    tables: dict[str, int] = {}
    prefix = ""
    for number, line in enumerate(text.split("\n"), start=1):
        if line.lstrip().startswith("["):
            name = _bare(line.lstrip().lstrip("[").partition("]")[0])
            found.setdefault(name, number)
            if line.lstrip().startswith("[["):
                tables[name] = tables.get(name, 0) + 1
                name = f"{name}[{tables[name]}]"
                found[name] = number
            prefix = name + "."
        elif "=" in line:
            found.setdefault(prefix + _bare(line.partition("=")[0]), number)
    return found


def _bare(name: str) -> str:
    return re.sub(r"[\s\"']", "", name)
