"""Settings from the command line, the environment, .env and a TOML file, strongest first, checked together.

Pure apart from reading the files: environment and folders come in as arguments. The keys are declared in
config_keys; this module knows none of them by name.
"""

import difflib
import io
import json
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import platformdirs
from dotenv import dotenv_values
from dotenv.parser import parse_stream

from spreadwatch.config_keys import (
    ENVIRONMENT_PREFIX,
    KEYS,
    SECTIONS,
    Config,
    Endpoints,
    Feed,
    Key,
    RefusedError,
    Window,
)
from spreadwatch.errors import ConfigError

__all__ = [
    "KEYS",
    "Config",
    "Endpoints",
    "Feed",
    "Key",
    "Window",
    "describe",
    "example",
    "load",
    "user_folder",
]

FILE_NAME: Final = "config.toml"
FILE_VARIABLE: Final = ENVIRONMENT_PREFIX + "CONFIG"

_BY_PLACE: Final = {(key.section, key.name): key for key in KEYS}
_BY_NAME: Final = {key.name: key for key in KEYS}
_BY_VARIABLE: Final = {key.variable: key for key in KEYS}
_SECRET: Final = re.compile(r"(api|access|private)_?key|secret|token|passw|passphrase|credential|pwd|dsn(_|$)")
_MAY_HOLD_PASSWORD: Final = re.compile(r":.*[@?]", re.DOTALL)
_SHOWN_CHARS: Final = 60
_SHOWN_ITEMS: Final = 4


@dataclass(frozen=True, slots=True)
class _Given:
    """A value as it came. `where` is for a fault, `source` for `describe`, `folder` for relative paths."""

    key: Key
    value: object
    where: str
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
            value = one.key.rule.read(one.value) if one.is_text and isinstance(one.value, str) else one.value
            values[one.key] = one.key.rule.check(value, one.folder)
            sources[one.key.dotted] = one.source
        except RefusedError as error:
            shown = f"{one.where}: {one.key.dotted} = {_show(one.value)}"
            faults.append(f"{shown}: {error}; allowed: {one.key.rule.allowed}")
    if faults:
        raise ConfigError(faults)
    return _build(values, sources, file)


def describe(config: Config) -> str:
    """Return every key with its value and where that came from; the text is itself a valid config file."""
    lines = ["# The settings in force. This text is a valid config.toml."]
    section = ""
    for key in KEYS:
        if key.section != section:
            section = key.section
            lines += ["", f"[{section}]"]
        owner = getattr(config, section) if section else config
        source = config.sources.get(key.dotted, "default")
        lines.append(f"{key.name} = {_toml(getattr(owner, key.name))}  # from: {source}")
    return "\n".join(lines) + "\n"


def example() -> str:
    """Return the text of config.example.toml: what a user edits is set, the rest is shown commented out."""
    lines = [
        "# spreadwatch: settings and their defaults. Copy it to ./config.toml or to your config folder",
        "# (Linux ~/.config/spreadwatch, macOS ~/Library/Application Support/spreadwatch, Windows",
        "# %LOCALAPPDATA%\\spreadwatch), or name it with --config or SPREADWATCH_CONFIG.",
        "# Stronger than this file, strongest first: command line, environment variable, .env.",
        "# `spreadwatch --print-config` shows what is in force and where it came from.",
        "# Secrets do not belong here: they come from the environment or .env only.",
    ]
    section = ""
    for key in KEYS:
        if key.section != section:
            section = key.section
            lines += ["", "", f"# {SECTIONS[section].__doc__}"]
            if section != "window":
                lines.append("# Unset on purpose: a later version may know better defaults.")
            lines.append(f"[{section}]")
        lines += ["", f"# {key.meaning}", f"# Allowed: {key.rule.allowed}", f"# Environment: {key.variable}"]
        lines.append(f"{'' if section in ('', 'window') else '#'}{key.name} = {_toml(key.default)}")
    return "\n".join(lines) + "\n"


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
        return path, _read_text(path, f"{option} {_printable(str(named))}", faults)
    for path in (cwd / FILE_NAME, user_folder / FILE_NAME):
        if _is_there(path):
            return path, _read_text(path, _label(path, cwd), faults)
    return None, None


def _read_dotenv(path: Path, faults: list[str]) -> dict[str, str]:
    """Return the variables of .env; a line that makes no sense counts only when it is about this program."""
    text = _read_text(path, ".env", faults) if _is_there(path) else None
    if text is None:
        return {}
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
    return _printable(str(path.relative_to(cwd) if path.is_relative_to(cwd) else path))


def _from_toml(text: str, file: Path, label: str, faults: list[str]) -> Iterator[_Given]:
    try:
        document = tomllib.loads(text)
    except RecursionError:
        faults.append(f"{label}: nested too deeply to be settings")
        return
    except ValueError as error:
        found = re.search(r" \(at line (\d+), column \d+\)| \(at end of document\)", str(error))
        line = (found and found[1]) or text.count("\n") + 1
        reason = str(error).replace(found[0], "") if found else "a number with too many digits"
        faults.append(f"{label}:{line}: not valid TOML: {_printable(reason)}")
        return
    lines = _line_numbers(text)

    def where(dotted: str) -> str:
        return f"{label}:{lines[dotted]}" if dotted in lines else label

    faults += (
        f"{where(dotted)}: {_printable(dotted)} looks like a secret; "
        "secrets belong in the environment or .env, never in this file"
        for dotted in _secrets(document)
    )
    for section, name, value in _entries(document, faults, where):
        dotted = f"{section}.{name}" if section else name
        if key := _BY_PLACE.get((section, name)):
            yield _Given(key, value, where(dotted), label, file.parent, is_text=False)
        elif not _is_secret(name):
            faults.append(f"{where(dotted)}: unknown key {_printable(dotted)}{_hint(name, section)}")


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
                guess = _closest(name, SECTIONS)
                hint = f"; did you mean [{guess}]?" if guess else f"; sections: {', '.join(SECTIONS)}"
                faults.append(f"{where(name)}: unknown section [{_printable(name)}]{hint}")
        else:
            yield "", name, value


def _from_variables(variables: Mapping[str, str], source: str, cwd: Path, faults: list[str]) -> Iterator[_Given]:
    for variable, value in variables.items():
        if variable in _BY_VARIABLE:
            where = f"{source} {variable}"
            label = where if source == "environment" else source
            yield _Given(_BY_VARIABLE[variable], value, where, label, cwd, is_text=True)
        elif variable.upper().startswith(ENVIRONMENT_PREFIX) and variable != FILE_VARIABLE:
            guess = _closest(variable[len(ENVIRONMENT_PREFIX) :].lower(), [*_BY_NAME, "config"])
            hint = f"did you mean {ENVIRONMENT_PREFIX}{guess.upper()}?" if guess else "there is no such key"
            faults.append(f"{source}: unknown variable {_printable(variable)}; {hint}")


def _from_command_line(command_line: Mapping[str, object], cwd: Path, faults: list[str]) -> Iterator[_Given]:
    for name, value in command_line.items():
        if name not in _BY_NAME:
            faults.append(f"command line: unknown key {_printable(name)}{_hint(name, '')}")
        elif value is not None:
            yield _Given(_BY_NAME[name], value, "command line", "command line", cwd, is_text=False)


def _hint(name: str, section: str) -> str:
    if name in _BY_NAME:
        owner = _BY_NAME[name].section
        return f"; it belongs {f'in [{owner}]' if owner else 'at the top, above the first section'}"
    near = [key.name for key in KEYS if key.section == section]
    guess = _closest(name, near) or _closest(name, _BY_NAME)
    if guess:
        return f"; did you mean {_BY_NAME[guess].dotted}?"
    return f"; keys here: {', '.join(near)}"


def _closest(word: str, choices: Iterable[str]) -> str | None:
    return next(iter(difflib.get_close_matches(word[:_SHOWN_CHARS].replace("-", "_"), choices, 1)), None)


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
    prefix = ""
    for number, line in enumerate(text.split("\n"), start=1):
        if line.lstrip().startswith("["):
            name = _bare(line.lstrip().lstrip("[").partition("]")[0])
            found.setdefault(name, number)
            prefix = name + "."
        elif "=" in line:
            found.setdefault(prefix + _bare(line.partition("=")[0]), number)
    return found


def _bare(name: str) -> str:
    return re.sub(r"[\s\"']", "", name)


def _show(value: object) -> str:
    """Return a refused value in one short line of visible characters, unless it may hold a password."""
    if isinstance(value, list | tuple):
        items = [_show_one(item) for item in value[:_SHOWN_ITEMS]]
        text = f"[{', '.join(items)}{', …' if len(value) > _SHOWN_ITEMS else ''}]"
    else:
        text = _show_one(value)
    return _printable(text, _SHOWN_CHARS)


def _show_one(value: object) -> str:
    match value:
        case dict():
            return "{…}"
        case list() | tuple():
            return "[…]"
        case str() if _MAY_HOLD_PASSWORD.search(value):
            return "(not shown: it may hold a password)"
        case bool() | str():
            return json.dumps(value, ensure_ascii=False)
    try:
        return str(value)
    except ValueError:
        return "(too long to show)"


def _printable(text: str, most: int = 200) -> str:
    shown = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text[:most])
    return shown[: most - 1] + "…" if len(text) > most else shown


def _toml(value: object) -> str:
    if isinstance(value, tuple):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    if isinstance(value, bool | str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return repr(value)
