"""`history export`: a recording into a file that never takes another's place unasked.

A file that exists is replaced only when the new one is whole; until then the rows are in a file beside it.
"""

import argparse
import gzip
import io
import json
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import IO, TextIO, cast, get_args

from msgspec import Struct

from spreadwatch.commands.output import say
from spreadwatch.config.wording import printable
from spreadwatch.core.times import utc
from spreadwatch.errors import SpreadwatchError, UsageError
from spreadwatch.storage.export import Form, Kind, Wanted, write
from spreadwatch.storage.history import History
from spreadwatch.storage.rows import StorageError
from spreadwatch.storage.trust import Inspection

_REPAINT_S = 0.1
_CELLS = 30


class ProgressBar:
    """Paint over one line, at most ten times a second. The main thread."""

    def __init__(self, out: TextIO | None, clock_s: Callable[[], float] = time.monotonic) -> None:
        """Paint to `out` if it is a terminal."""
        self._out = out if out is not None and out.isatty() else None
        self._clock_s = clock_s
        self._began_s = clock_s()
        self._painted_s = self._began_s
        self._width = 0

    def show(self, rows: int, share: float) -> None:
        """Tell that so many rows are done, which are such a share of all (0 to 1)."""
        now_s = self._clock_s()
        if self._out is None or now_s - self._painted_s < _REPAINT_S:
            return
        self._painted_s = now_s
        full = round(share * _CELLS)
        text = f"[{'#' * full}{'-' * (_CELLS - full)}] {share * 100:3.0f} %  {rows:,} rows"
        if share > 0:
            left_s = round((now_s - self._began_s) * (1 - share) / share)
            text += f"  {left_s // 60}:{left_s % 60:02} left"
        text = text[: shutil.get_terminal_size().columns - 1]  # it may not wrap
        self._out.write("\r" + text.ljust(self._width))
        self._out.flush()
        self._width = len(text)

    def clear(self) -> None:
        """Leave the line empty for what comes next."""
        if self._out is not None and self._width:
            self._out.write("\r" + " " * self._width + "\r")
            self._out.flush()
            self._width = 0


# ----- the file


_FORMS: dict[str, Form] = {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl"}
_ROWS: dict[Kind, str] = {"quotes": "quotes", "trades": "trades", "spread": "one-second bars of the spread"}
_LEVEL = 6
_NAMED = 3
_NOTHING = "nothing of this kind is recorded in this time"

_Span = tuple[int | None, int | None]


class Target(Struct, frozen=True):
    """Where to and how. `path` is None for stdout."""

    path: Path | None
    kind: Kind
    form: Form
    force: bool


def target(arguments: argparse.Namespace) -> Target:
    """Return what the command line says. Raises UsageError."""
    kind, form = cast(Kind, arguments.kind), cast(Form | None, arguments.format)
    name = arguments.file
    if name == "-" and arguments.json:
        raise UsageError("--json tells about the file that was written: leave it out with -, or use --format jsonl")
    path = None if name == "-" else Path(name)
    if form is None:
        form = "csv" if path is None else _form_of(path)
    if form == "capture" and kind != "quotes":
        raise UsageError(f"a capture holds quotes: export {kind} as csv or jsonl")
    if path is not None and path.is_dir():
        raise UsageError(f"{path} is a folder: name a file in it")
    if path is not None and path.is_file() and not arguments.force:
        raise UsageError(f"{path} exists: name another file, or replace it with --force")
    return Target(path, kind, form, arguments.force)


def _form_of(path: Path) -> Form:
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes and suffixes[-1] == ".gz":
        suffixes.pop()
    if not suffixes or suffixes[-1] not in _FORMS:
        raise UsageError(
            f"the name {printable(str(path), 80)} tells no format: end it in .csv or .jsonl (then .gz to zip it), "
            f"or say --format {', '.join(get_args(Form))}"
        )
    return _FORMS[suffixes[-1]]


def export(history: History, symbols: Sequence[str], span: _Span, to: Target, *, as_json: bool) -> None:
    """Write the file, then tell what is in it. Raises StorageError and UsageError."""
    start_ms, end_ms = span
    if start_ms is None or end_ms is None:
        first_ms, last_ms = history.span() or (0, 0)
        start_ms = first_ms if start_ms is None else start_ms
        end_ms = last_ms + 1 if end_ms is None else end_ms
    keys = dict.fromkeys(history.named(key, end_ms) for key in symbols)
    wanted = Wanted(to.kind, to.form, tuple(keys), start_ms, max(start_ms, end_ms))
    inspection = Inspection()
    if to.path is None:
        _to_stdout(history, wanted, inspection)
        _warn(inspection)
        return
    rows = _Export(history, wanted, to.path, inspection).run(force=to.force)
    size = to.path.stat().st_size
    if as_json:
        told: dict[str, object] = {"file": str(to.path), "kind": to.kind, "format": to.form, "symbols": symbols}
        told |= {"from_ms": wanted.from_ms, "to_ms": wanted.to_ms, "rows": rows, "bytes": size}
        sys.stdout.write(json.dumps(told, separators=(",", ":")) + "\n")
    elif rows:
        say(f"{rows:,} {_ROWS[to.kind]} of {', '.join(symbols)} are in {to.path} ({size:,} bytes)")
    if not rows:
        say(f"{_NOTHING}: {to.path} holds no rows")
    _warn(inspection)


def _warn(inspection: Inspection) -> None:
    """Say which of the series that were written are known to hold wrong numbers."""
    doubted = [f"{one.side.value} {one.kind} of {one.symbol}" for one in inspection.found() if not one.trusted]
    if doubted:
        names = ", ".join(doubted[:_NAMED]) + (f" and {len(doubted) - _NAMED} more" if len(doubted) > _NAMED else "")
        say(f"wrong numbers are among those of {names}: `spreadwatch history check` tells from when to when")


def _to_stdout(history: History, wanted: Wanted, inspection: Inspection) -> None:
    """Write to stdout as to a file: UTF-8, whatever the terminal's encoding is."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", newline="")
    bar, written = ProgressBar(None if sys.stdout.isatty() else sys.stderr), 0

    def note(rows: int, share: float) -> None:
        nonlocal written
        written = rows
        bar.show(rows, share)

    try:
        rows = write(history, wanted, sys.stdout, note, inspection)
    except KeyboardInterrupt:
        bar.clear()
        say(f"interrupted: the output ends early, after about {written:,} rows")
        raise
    bar.clear()
    if not rows:
        say(_NOTHING)


class _Export:
    """One file in the making."""

    def __init__(self, history: History, wanted: Wanted, path: Path, inspection: Inspection) -> None:
        self._history = history
        self._wanted = wanted
        self._path = path
        self._inspection = inspection
        self._rows = 0
        self._until_ms = wanted.from_ms
        self._interrupted = False
        self._bar = ProgressBar(sys.stderr)

    def run(self, *, force: bool) -> int:
        """Write it all and return how many rows that were."""
        path = self._path.resolve()
        replaces = force and path.is_file()
        written = path.with_name(path.name + ".part") if replaces else path
        fresh = not replaces and not path.exists()  # a device or a pipe exists and is nobody's data
        opened = False
        try:
            with self._calmly(), _opened(written, "xb" if fresh else "wb") as file:
                opened = True
                rows = write(self._history, self._wanted, file, self._note, self._inspection)
            if replaces:
                shutil.copymode(path, written)
                written.replace(path)
        except FileExistsError as error:
            raise UsageError(f"{path} exists: name another file, or replace it with --force") from error
        except (OSError, SpreadwatchError, KeyboardInterrupt) as error:
            self._bar.clear()
            if opened:
                self._tell_rest(written, by_hand=isinstance(error, KeyboardInterrupt))
            if isinstance(error, OSError):
                raise StorageError(f"cannot write {written}: {error.strerror or error}") from error
            raise
        self._bar.clear()
        return rows

    def _note(self, rows: int, share: float) -> None:
        """Keep what is written, tell it, and stop here, between two rows, if Ctrl-C was pressed."""
        self._rows = rows
        self._until_ms = self._wanted.from_ms + round(share * (self._wanted.to_ms - self._wanted.from_ms))
        self._bar.show(rows, share)
        if self._interrupted:
            raise KeyboardInterrupt

    def _tell_rest(self, written: Path, *, by_hand: bool) -> None:
        """Say what is in a file that is not whole. After Ctrl-C that is known exactly."""
        rows = f"{self._rows:,} rows" if by_hand else f"at least {self._rows:,} rows"
        until = f", up to {utc(self._until_ms, 'milliseconds')}," if self._rows else ""
        kept = f"; {self._path} is as it was" if written.name != self._path.resolve().name else ""
        say(f"{'interrupted' if by_hand else 'not complete'}: {rows}{until} are in {written}{kept}")

    @contextmanager
    def _calmly(self) -> Iterator[None]:
        """Let a first Ctrl-C wait for the end of a row: in the middle of one a zipped file would be damaged."""

        def note(_number: int, _frame: FrameType | None) -> None:
            if self._interrupted:
                raise KeyboardInterrupt
            self._interrupted = True

        before = signal.signal(signal.SIGINT, note)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)


@contextmanager
def _opened(path: Path, mode: str) -> Iterator[IO[str]]:
    """Open for text in UTF-8, zipped if the name says so."""
    with cast(IO[bytes], path.open(mode)) as file:
        if path.name.removesuffix(".part").lower().endswith(".gz"):
            with (
                gzip.GzipFile(filename="", mode="wb", compresslevel=_LEVEL, fileobj=file) as zipped,
                io.TextIOWrapper(cast(IO[bytes], zipped), encoding="utf-8", newline="") as text,
            ):
                yield text
        else:
            with io.TextIOWrapper(file, encoding="utf-8", newline="") as text:
                yield text
