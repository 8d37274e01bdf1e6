"""Child processes of the benchmark: started with one environment, bounded in time, ended whatever happens."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).resolve().parents[2]
GUEST = str(Path(__file__).with_name("guest.py"))
Answer = dict[str, Any]


class ContenderError(Exception):
    """A child gave no figure; the message says why in one line."""


class Children:
    """Starts children. Compiled modules go to a folder of their own, so that every start finds them."""

    def __init__(self, folder: Path) -> None:
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("SPREADWATCH_")},
            "PYTHONPYCACHEPREFIX": str(folder / "cache"),
            "PYTHONPATH": str(ROOT),
            "NO_PROXY": "127.0.0.1,localhost",
            "no_proxy": "127.0.0.1,localhost",
            "XDG_STATE_HOME": str(folder / "state"),
            "XDG_CONFIG_HOME": str(folder / "config"),
        }
        self._environment.pop("PYTHONDONTWRITEBYTECODE", None)
        self.folder = folder
        self._places = 0

    def place(self, name: str) -> Path:
        """Return where a file of that name may be written, by no other run."""
        self._places += 1
        return self.folder / f"{self._places}-{name}"

    def run(self, *command: str, python: str = sys.executable, limit_s: float = 120, display: str | None = None) -> str:
        """Return what a module's run printed. Raises ContenderError."""
        environment = self._environment if display is None else {**self._environment, "DISPLAY": display}
        try:
            done = subprocess.run(
                [python, *command],
                env=environment,
                cwd=self.folder,
                capture_output=True,
                text=True,
                timeout=limit_s,
                check=False,
            )
        except OSError as error:
            raise ContenderError(f"{python} cannot be run ({error.strerror})") from error
        except subprocess.TimeoutExpired as error:
            words = error.stderr.decode(errors="replace") if error.stderr else ""
            raise ContenderError(f"no figure within {limit_s:g} s{_last_words(words)}") from error
        if done.returncode:
            raise ContenderError(f"exit code {done.returncode}{_last_words(done.stdout + done.stderr)}")
        return done.stdout

    def figures(self, *command: str, **options: Any) -> Answer:  # noqa: ANN401 - those of run
        """Return the JSON object in the last line of a module's run. Raises ContenderError."""
        printed = self.run("-m", *command, **options).strip()
        try:
            answer = json.loads(printed.rpartition("\n")[2])
        except ValueError:
            raise ContenderError(f"printed no figure{_last_words(printed)}") from None
        if not isinstance(answer, dict):
            raise ContenderError(f"printed no figure: {answer!r}")
        return answer

    @contextlib.contextmanager
    def server(self, *command: str) -> Iterator["Conversation"]:
        """Run a module that answers each line with a line of JSON, and end it afterwards."""
        with self.child("-m", *command) as conversation:
            yield conversation

    @contextlib.contextmanager
    def child(self, *command: str, **settings: str) -> Iterator["Conversation"]:
        """Run the interpreter with a command, and with more in its environment; end it afterwards."""
        with tempfile.TemporaryFile("w+", dir=self.folder, encoding="utf-8") as said:
            process = subprocess.Popen(
                [sys.executable, *command],
                env={**self._environment, **settings},
                cwd=self.folder,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=said,
                text=True,
            )
            try:
                yield Conversation(process, said)
            finally:
                end(process)


class Conversation:
    """A child that answers lines. What it says on standard error is kept for the sentence about its failure."""

    def __init__(self, process: subprocess.Popen[str], said: IO[str]) -> None:
        self.process = process
        self._said = said

    def words(self) -> str:
        """Wait for its next line. Raises ContenderError when it has ended."""
        assert self.process.stdout
        line = self.process.stdout.readline()
        if not line:
            raise ContenderError(f"the process ended without an answer{_last_words(self.said())}")
        return line.strip()

    def line(self) -> Answer:
        """Wait for its next line of JSON. Raises ContenderError when it has ended."""
        answer = json.loads(self.words())
        assert isinstance(answer, dict)
        return answer

    def ask(self, words: str) -> Answer:
        """Send a line and wait for the answer."""
        assert self.process.stdin
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.write(words + "\n")
            self.process.stdin.flush()
        return self.line()

    def said(self) -> str:
        """Return all that it has said on standard error."""
        self._said.seek(0)
        return self._said.read()


def end(process: subprocess.Popen[str], limit_s: float = 10) -> None:
    """Close a child's input, wait for its end, and see to it."""
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            with contextlib.suppress(OSError):
                stream.close()
    try:
        process.wait(limit_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextlib.contextmanager
def display() -> Iterator[str]:
    """Open a virtual screen of our own at 96 dpi; where there is no Xvfb, use the present one."""
    xvfb = shutil.which("Xvfb")
    if xvfb is None:
        if sys.platform.startswith("linux") and not os.environ.get("DISPLAY"):
            raise ContenderError("there is neither Xvfb nor a display: install xvfb")
        yield os.environ.get("DISPLAY", "")
        return
    read, write = os.pipe()
    with os.fdopen(read) as announced:
        command = [xvfb, "-displayfd", str(write), "-screen", "0", "1280x1024x24", "-dpi", "96", "-nolisten", "tcp"]
        process = subprocess.Popen(command, pass_fds=[write], stderr=subprocess.DEVNULL, text=True)
        os.close(write)
        try:
            number = announced.readline().strip()
            if not number:
                raise ContenderError("Xvfb did not start")
            yield f":{number}"
        finally:
            process.terminate()
            process.wait(10)


@contextlib.contextmanager
def children() -> Iterator[Children]:
    """Provide a place for children to run in, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="spreadwatch-bench-") as folder:
        yield Children(Path(folder))


def per_message_ns(answer: Mapping[str, Any]) -> float:
    """Return a contender's CPU time per message."""
    return float(answer["cpu_s"]) / int(answer["messages"]) * 1e9


def _last_words(printed: str) -> str:
    lines = [line.strip() for line in printed.splitlines() if line.strip()]
    return f": {lines[-1][:200]}" if lines else ""
