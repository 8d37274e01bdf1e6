"""Where one checkout runs: an empty folder of the same name for both, nothing but given settings, a set clock.

What is the same for both parties needs no mask: folder, ports, moments, update ids.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.exchange.server import Exchange

LAUNCH = Path(__file__).with_name("launch.py")
START_MS = 1_723_118_400_000
"""2024-08-08T12:00:00 UTC, when every comparison begins."""
PATIENCE_S = 60.0
_STRANGE = ("SPREADWATCH_", "SSL_CERT", "PYTHON", "XDG_", "DISPLAY", "HTTP_", "HTTPS_", "ALL_PROXY", "NO_PROXY")
_ENDPOINTS = ("spot_stream", "futures_stream", "spot_rest", "futures_rest")


class Clock:
    """The moment at which the programs believe to be, in a file that they read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.write_bytes(bytes(8))
        self.set(START_MS)

    def set(self, at_ms: int) -> None:
        """Let it be so late, in Unix ms."""
        self.ms = at_ms
        with self.path.open("r+b", buffering=0) as file:
            file.write((at_ms * 1_000_000).to_bytes(8, "little"))

    def step(self, by_ms: int) -> None:
        """Let so many ms go by."""
        self.set(self.ms + by_ms)


class StagedExchange(Exchange):
    """A local exchange that lives by the set clock, and waits until what it sent was taken."""

    def __init__(self, clock: Clock, **options: Any) -> None:  # noqa: ANN401 - Exchange's
        super().__init__(**options)
        self.clock = clock

    def now_ms(self) -> int:
        """Tell the set clock."""
        return self.clock.ms

    def settle(self) -> None:
        """Wait until all that was sent was read: a client answers a ping after it handed over what came before."""
        for venue in ("spot", "futures", "marks"):
            before = {one: len(one.pongs) for one in self.connections(venue) if one.is_open}
            waiting = {one: pongs for one, pongs in before.items() if one.ping()}
            self.wait_until(_answered(waiting), PATIENCE_S)


def _answered(waiting: dict[Any, int]) -> Callable[[], bool]:
    return lambda: all(len(one.pongs) > before or not one.is_open for one, before in waiting.items())


@dataclass(frozen=True, slots=True)
class Told:
    """How a run ended and what it said."""

    code: int
    out: str
    err: str

    def __str__(self) -> str:
        return f"exit code {self.code}\n--- stdout\n{self.out}\n--- stderr\n{words(self.err)}"


_LOGGED = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} (?P<level>[A-Z]+) \S+ [\w.]+: (?P<message>.*)", re.DOTALL)


def words(err: str) -> str:
    """Return what was said on stderr: the sentences, then each kind of log line once, in the order of the alphabet.

    When a log line is written, by which module and thread, and how often, are no part of the behaviour; nor is how
    long a new attempt waits, which is left to chance.
    """
    err = re.sub(r"trying again(?: in [\d.]+ \w+)?", "trying again", err)
    err = re.sub(
        r"(trying again)( · [^·\n]*trying again)+$", r"\1", err, flags=re.MULTILINE
    )  # each reason is said once
    logged, said = set(), []
    for line in err.splitlines(keepends=True):
        if found := _LOGGED.fullmatch(line):
            logged.add(f"logged {found['level']}: {found['message']}")
        else:
            said.append(line)
    return "".join([*said, *sorted(logged)])


class Running:
    """A program that runs; what it says is read as it comes."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        self.lines: list[str] = []
        self._err: list[str] = []
        self._changed = threading.Condition()
        self._readers = [
            threading.Thread(target=self._read, args=(pipe, lines), name="same-reader", daemon=True)
            for pipe, lines in ((process.stdout, self.lines), (process.stderr, self._err))
        ]
        for reader in self._readers:
            reader.start()

    def _read(self, pipe: Any, lines: list[str]) -> None:  # noqa: ANN401 - a text stream
        for line in pipe:
            with self._changed:
                lines.append(line)
                self._changed.notify_all()

    def wait(self, condition: Callable[[list[str]], bool]) -> None:
        """Wait until the lines on stdout fulfil a condition. Raises TimeoutError."""
        with self._changed:
            if not self._changed.wait_for(lambda: condition(self.lines), PATIENCE_S):
                raise TimeoutError(f"not within {PATIENCE_S:g} s; it said {self.lines[-3:]} and {self._err[-3:]}")

    def wait_err(self, word: str) -> None:
        """Wait until a word is on stderr. Raises TimeoutError."""
        with self._changed:
            if not self._changed.wait_for(lambda: any(word in line for line in self._err), PATIENCE_S):
                raise TimeoutError(f"no {word!r} within {PATIENCE_S:g} s; it said {self._err[-3:]}")

    def steady(self, rows: int, times: int = 4) -> str:
        """Return the last `rows` lines once they have come again and again, after now."""
        begin = len(self.lines)

        def same(lines: list[str]) -> bool:
            whole = (len(lines) - begin) // rows * rows
            last = [lines[begin + at : begin + at + rows] for at in range(0, whole, rows)][-times:]
            return len(last) == times and all(one == last[0] for one in last)

        self.wait(same)
        whole = (len(self.lines) - begin) // rows * rows
        return "".join(self.lines[begin + whole - rows : begin + whole])

    def end(self, how: signal.Signals | None = signal.SIGINT) -> Told:
        """Press Ctrl-C, or with None wait for its own end; return how it ended."""
        if how is not None:
            self.process.send_signal(how)
        try:
            self.process.wait(PATIENCE_S)
        finally:
            self.close()
        return Told(self.process.returncode, "".join(self.lines), "".join(self._err))

    def close(self) -> None:
        """End it whatever it does."""
        self.process.kill()
        self.process.wait()
        for reader in self._readers:
            reader.join(PATIENCE_S)
        for pipe in (self.process.stdout, self.process.stderr):
            if pipe is not None:
                pipe.close()


class Stage:
    """Runs one checkout. `name`: "old" or "new"; `folder`: where it runs, the same for both, emptied by `clear`."""

    def __init__(self, name: str, root: Path, folder: Path, clock: Clock) -> None:
        self.name, self.root, self.folder, self.clock = name, root, folder, clock
        self.environment: dict[str, str] = {}
        self.masks: dict[str, str] = {}
        """What of the last exchange is not the same for both, by what is said in its place: its addresses."""
        self._running: list[Running] = []

    def clear(self) -> None:
        """Begin anew: an empty folder, no settings, the first moment."""
        shutil.rmtree(self.folder, ignore_errors=True)
        home = self.folder / "home"
        home.mkdir(parents=True)
        kept = {name: value for name, value in os.environ.items() if not name.upper().startswith(_STRANGE)}
        homes = {f"XDG_{kind}_HOME": str(home / kind.lower()) for kind in ("CONFIG", "STATE", "DATA", "CACHE")}
        self.environment = {**kept, **homes, "HOME": str(home), "TZ": "UTC", "LC_ALL": "C.UTF-8", "COLUMNS": "100"}
        self.environment |= {"PYTHONWARNINGS": "error", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0"}
        self.clock.set(START_MS)

    def command(self, *arguments: object, module: str = "spreadwatch") -> list[str]:
        """Return the command line that runs a module of this checkout."""
        return [sys.executable, str(LAUNCH), str(self.root), str(self.clock.path), module, *map(str, arguments)]

    def start(self, *arguments: object, **options: Any) -> Running:  # noqa: ANN401 - Popen's
        """Start the program."""
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL, **options}
        process: subprocess.Popen[str] = subprocess.Popen(
            self.command(*arguments), cwd=self.folder, env=self.environment, text=True, encoding="utf-8", **pipes
        )
        self._running.append(Running(process))
        return self._running[-1]

    def run(self, *arguments: object) -> Told:
        """Run the program to its end."""
        return self.start(*arguments).end(None)

    def origin(self) -> str:
        """Return where its package is from, as the program itself sees it. Raises RuntimeError for a wrong place."""
        words = "import sys; sys.path[0] = sys.argv[1]; import spreadwatch; print(spreadwatch.__file__)"
        command = [sys.executable, "-c", words, str(self.root)]
        found = subprocess.run(command, capture_output=True, text=True, check=True, cwd=self.folder).stdout.strip()
        if not Path(found).is_relative_to(self.root):
            raise RuntimeError(f"the {self.name} program is from {found}, not from {self.root}")
        return found

    @contextmanager
    def exchange(self, **options: Any) -> Iterator[StagedExchange]:  # noqa: ANN401 - Exchange's
        """Run an exchange that the following runs use."""
        with StagedExchange(self.clock, **options) as exchange:
            self.masks = {getattr(exchange, name).partition("//")[2]: f"<{name[:-7]}>" for name in _ENDPOINTS[:2]}
            self.environment |= {f"SPREADWATCH_{name.upper()}": getattr(exchange, name) for name in _ENDPOINTS}
            yield exchange

    def write(self, name: str, text: str) -> Path:
        """Write a file into the folder."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def masked(self, text: str) -> str:
        """Say addresses of the exchange by their names."""
        for address, name in self.masks.items():
            text = text.replace(address, name)
        return text

    def stop(self) -> None:
        """End what still runs."""
        for one in self._running:
            one.close()
        self._running.clear()


def pause(seconds: float) -> None:
    """Let real time go by, where a program does something of its own accord."""
    time.sleep(seconds)
