"""The program as a process that prints JSON lines; each line is judged against the truth as it arrives."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from msgspec import Struct

from tests.exchange.server import Exchange
from tests.faults.sampler import lies_of
from tests.faults.truth import BrokenPromiseError, VenueTruth, claim_of_json
from tests.faults.victim import STALL

ROOT = Path(__file__).resolve().parents[2]
_KEPT_LIES = 20


class Urls(Struct, frozen=True):
    """Where the exchange is."""

    spot_stream: str
    futures_stream: str
    spot_rest: str
    futures_rest: str


def urls_of(exchange: Exchange) -> Urls:
    """Return the URLs of a local exchange."""
    return Urls(exchange.spot_stream, exchange.futures_stream, exchange.spot_rest, exchange.futures_rest)


class Resources(Struct, frozen=True):
    """What the process holds now. Linux only."""

    rss_mib: float
    threads: int
    files: int


class Program:
    """`watch --json` as a process, a context manager. `settings` are environment variables without prefix."""

    def __init__(
        self,
        urls: Urls,
        *,
        symbol: str = "ETHUSDT",
        interval_s: float = 0.001,
        mutant: str | None = None,
        truths: Mapping[str, VenueTruth] | None = None,
        settings: Mapping[str, object] | None = None,
    ) -> None:
        self.lie_count = 0
        self.lies: list[str] = []
        self.lines = 0
        self.live_lines = 0
        self.last: dict[str, Any] | None = None
        self.on_line: Callable[[dict[str, Any]], object] = lambda _line: None
        self.errors = ""
        self._settings = dict(settings or {})
        self.silence_s = float(str(self._settings.get("SILENCE_S", 3.0)))
        self._urls, self._mutant, self._truths = urls, mutant, truths
        self._arguments = ["watch", "--json", "--interval", str(interval_s), "--symbol", symbol.lower()]

    def __enter__(self) -> Self:
        self._folder = tempfile.TemporaryDirectory()
        given = {
            "SPOT_STREAM": self._urls.spot_stream,
            "FUTURES_STREAM": self._urls.futures_stream,
            "SPOT_REST": self._urls.spot_rest,
            "FUTURES_REST": self._urls.futures_rest,
            **self._settings,
        }
        environment = {name: value for name, value in os.environ.items() if not name.startswith("SPREADWATCH_")}
        environment |= {f"SPREADWATCH_{name}": str(value) for name, value in given.items()}
        folders = dict.fromkeys(("HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME"), self._folder.name)
        environment |= folders | {"PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-m", "tests.faults.victim", "--eager"]
        if self._mutant:
            command += ["--mutant", self._mutant]
        self._errors = (Path(self._folder.name) / "stderr").open("w+", encoding="utf-8")
        self.process = subprocess.Popen(
            [*command, *self._arguments],
            cwd=self._folder.name,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=self._errors,
        )
        self._thread = threading.Thread(target=self._read, name="program-output", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.send_signal(signal.SIGCONT)
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(10)
        finally:
            self.process.kill()
            self.process.wait()
            self._thread.join(5)
            if self.process.stdout is not None:
                self.process.stdout.close()
            self._errors.seek(0)
            self.errors = self._errors.read()
            self._errors.close()
            self._folder.cleanup()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for text in self.process.stdout:
            line = json.loads(text)
            self._judge(line)
            self.on_line(line)
            self.last = line
            self.lines += 1

    def _judge(self, line: dict[str, Any]) -> None:
        claim = claim_of_json(line)
        self.live_lines += claim.live
        if self._truths is None:
            return
        lies = lies_of(claim, self._truths, self.silence_s, 1.0)
        if lies:
            self.lie_count += 1
            if len(self.lies) < _KEPT_LIES:
                self.lies += lies

    def is_live(self) -> bool:
        """Tell whether the last line is live."""
        return self.last is not None and self.last["state"] == "live"

    def until(self, predicate: Callable[[], bool], limit_s: float, what: str) -> float:
        """Wait; raise BrokenPromiseError after `limit_s` seconds."""
        began_s = time.monotonic()
        while not predicate():
            if time.monotonic() - began_s > limit_s or self.process.poll() is not None:
                raise BrokenPromiseError(f"not within {limit_s:g} s: {what}; last line: {self.last}")
            time.sleep(0.005)
        return time.monotonic() - began_s

    def longest_stall_ms(self, since_s: float) -> int:
        """Return the longest time between two turns of the main loop since a monotonic second."""
        lines = Path(self._errors.name).read_text(encoding="utf-8").splitlines()
        stalls = [line.removeprefix(STALL).split() for line in lines if line.startswith(STALL)]
        return max((int(stall_ms) for at_s, stall_ms in stalls if float(at_s) >= since_s), default=0)

    def resources(self) -> Resources:
        """Look at what the process holds."""
        folder = Path(f"/proc/{self.process.pid}")
        pages = int((folder / "statm").read_text().split()[1])
        rss_mib = pages * os.sysconf("SC_PAGE_SIZE") / (1 << 20)
        return Resources(rss_mib, len(list((folder / "task").iterdir())), len(list((folder / "fd").iterdir())))
