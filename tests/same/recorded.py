"""Recordings: made by both, asked by both; that of the old program is read, continued and served by the new one."""

import gzip
import re
import shutil
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from tests.same.commands import Results
from tests.same.market import Market
from tests.same.stage import PATIENCE_S, START_MS, Running, Stage, pause
from tests.storage.server import PostgresServer

SYMBOLS = ("ETHUSDT", "BTCUSDT", "PEPEUSDT")
HOUR_MS = 3_600_000
_INVENTED = 15
"""Rows of a demo that are compared: fewer than come in two seconds."""
ASKED_MS = START_MS + 3 * HOUR_MS
"""When the recordings are asked: after they ended."""

_FILE = "recording.sqlite"
_QUESTIONS = """
latest --symbol ethusdt
latest --symbol ethusdt --symbol btcusdt --json
latest --all
latest --spread --all --json
latest --spread --symbol pepeusdt
latest --symbol solusdt
latest --symbol etusdt
at 2024-08-08T12:00:05 --all
at 2024-08-08T12:00:05.250 --symbol ethusdt --json
at 1723118410 --symbol btcusdt
at 1723118410123 --spread --all
at 2024-08-08T14:00:20+02:00 --symbol ethusdt --spread --json
at 2024-08-08 --all --json
at now --symbol ethusdt
at -170m --symbol ethusdt --json
at -1d --spread --symbol ethusdt
range 2024-08-08T12:00:00 2024-08-08T12:00:09 --symbol ethusdt
range 2024-08-08T12:00:00 2024-08-08T12:00:12 --all --json
range -3h now --spread --all
range -3h now --spread --symbol btcusdt --json
range 2024-08-08T11:00 2024-08-08T11:30 --symbol ethusdt
minmax 2024-08-08T12:00 --all
minmax 2024-08-08T12:00:59 --symbol ethusdt --json
minmax 2024-08-08T12:01 --spread --all --json
minmax 2024-08-08T12:01 --spread --symbol pepeusdt
minmax 2024-08-08T10:00 --all
gaps --all
gaps --all --json
gaps 2024-08-08T12:00 2024-08-08T12:00:30 --symbol ethusdt
gaps -5m --symbol ethusdt --json
export - --all
export - --kind trades --all
export - --kind spread --all
export - --format jsonl --symbol ethusdt
export - --format jsonl --kind trades --all
export - --format jsonl --kind spread --symbol btcusdt --symbol pepeusdt
export - --format capture --all
export - --from 2024-08-08T12:00:05 --to 2024-08-08T12:00:20 --symbol ethusdt
export - --json --kind spread --from -3h --symbol ethusdt
export out.csv --all
export out.csv --all
export out.csv --all --force
export out.jsonl.gz --kind spread --all
export out.capture.jsonl --format capture --all --json
"""

_ALL = """
gaps --all --json
export - --all
export - --kind trades --all
export - --kind spread --all
"""


class Recordings:
    """What the old program recorded, once: a file, and a database of the server's."""

    def __init__(self, folder: Path, server: PostgresServer) -> None:
        self._file = folder / _FILE
        self._server = server

    def made(self) -> bool:
        """Tell whether they are there."""
        return self._file.exists()

    def keep(self, stage: Stage) -> None:
        """Keep what a run recorded into the folder."""
        for path in stage.folder.glob(_FILE + "*"):
            shutil.copy(path, self._file.parent / path.name)

    def give_file(self, stage: Stage) -> None:
        """Let the following runs use a copy of the file."""
        for path in self._file.parent.glob(_FILE + "*"):
            shutil.copy(path, stage.folder / path.name)
        stage.environment["SPREADWATCH_RECORD_PATH"] = _FILE

    def new_database(self, stage: Stage, name: str, *, copied: str = "template0") -> None:
        """Let the following runs use a database of that name, made anew as a copy of another."""
        self._server.sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        self._server.sql(f"CREATE DATABASE {name} TEMPLATE {copied}")
        stage.environment["SPREADWATCH_RECORD_DSN"] = re.sub(r"dbname=\w+", f"dbname={name}", self._server.dsn)


Given = Callable[[Stage], None]


def record(stage: Stage) -> Results:
    """Record a session with trades, a loss of a connection, a silence, and a second run into the same place."""
    stage.environment.setdefault("SPREADWATCH_RECORD_PATH", _FILE)
    for number in (1, 2):
        with stage.exchange() as exchange:
            market = Market(exchange, SYMBOLS, seed=number, traded="ETHUSDT")
            running = _recorder(stage, market)
            market.walk(150)
            market.oddities("ETHUSDT")
            market.trades("PEPEUSDT", 5)
            market.lose("spot")
            market.walk(60)
            if number == 2:
                market.fall_silent(65_000)
            yield f"run {number}", str(running.end())
        stage.clock.set(START_MS + HOUR_MS)


def _recorder(stage: Stage, market: Market) -> Running:
    """Start recording, and wait until it does."""
    stage.environment |= {"SPREADWATCH_RECORD_TRADES": "1", "SPREADWATCH_SILENCE_S": "60"}
    running = stage.start("record", *(word for symbol in SYMBOLS for word in ("--symbol", symbol)))
    running.wait_err("Ctrl-C ends it")
    market.wait()
    return running


def questions(stage: Stage, asked: str = _QUESTIONS) -> Results:
    """Ask all that can be asked of a recording, as text and JSON, and export it in every form."""
    stage.clock.set(ASKED_MS)
    for words in asked.split("\n")[1:-1]:
        told = stage.run("history", *words.split())
        written = sorted(stage.folder.glob("out.*"))
        yield words, "\n".join([str(told), *(f"--- {path.name}\n{_read(path)}" for path in written)])


def made(stage: Stage) -> Results:
    """Record, and export all of it."""
    yield from record(stage)
    yield from questions(stage, _ALL)


def _read(path: Path) -> str:
    content = path.read_bytes()
    return (gzip.decompress(content) if path.suffix == ".gz" else content).decode()


def continued(stage: Stage) -> Results:
    """Record more into what is there already, and ask it all."""
    stage.clock.set(START_MS + 2 * HOUR_MS)
    with stage.exchange() as exchange:
        market = Market(exchange, SYMBOLS, seed=3, traded="ETHUSDT")
        running = _recorder(stage, market)
        market.walk(80)
        yield "more", str(running.end())
    yield from questions(stage)


def replayed(stage: Stage) -> Results:
    """Play what was recorded."""
    stage.clock.set(ASKED_MS)
    for words in (
        "--from 2024-08-08",
        "--from -1d --symbol ethusdt",
        "--from 2024-08-08T12:00:10 --to 2024-08-08T13:00",
    ):
        yield words, str(stage.run("replay", "--json", "--speed", "max", *words.split()))


def invented(stage: Stage) -> Results:
    """Record a demo: the same seed invents the same quotes, however many there is time for."""
    for seed in (1, 7):
        stage.clear()
        told = stage.run("record", "--demo", "--seed", seed, "--duration", "2", "--symbol", "ethusdt")
        [path] = stage.folder.rglob("demo.sqlite")
        stage.environment["SPREADWATCH_RECORD_PATH"] = str(path)
        stage.clock.set(ASKED_MS)
        rows = stage.run("history", "export", "-", "--symbol", "ethusdt").out.splitlines()
        yield f"seed {seed}", "\n".join([str(told.code), *rows[: 1 + _INVENTED]])


# ----- HTTP

_PATHS = """
/
/healthz
/metrics
/latest
/latest?symbol=ethusdt
/latest?symbol=BTCUSDT
/latest?symbol=SOLUSDT
/latest?symbol=x
/latest?symbol=ETHUSDT&symbol=ETHUSDT
/latest?simbol=ETHUSDT
/price-at-second?symbol=ETHUSDT&timestamp=2024-08-08T12:00:05
/price-at-second?symbol=ETHUSDT&timestamp=1723118405250
/price-at-second?symbol=ETHUSDT&timestamp=2024-08-08T14:00:05%2B02:00
/price-at-second?symbol=ETHUSDT&timestamp=2020-01-01
/price-at-second?symbol=ETHUSDT&timestamp=soon
/price-at-second?symbol=ETHUSDT&timestamp=1723118405
/price-at-second?symbol=ETHUSDT
/minmax?symbol=PEPEUSDT&timestamp=2024-08-08T12:00
/minmax?symbol=ETHUSDT&timestamp=2024-08-08T10:00
/api/v1/spread/latest?symbol=ETHUSDT
/api/v1/spread/latest?symbol=PEPEUSDT
/api/v1/spread/at?symbol=BTCUSDT&timestamp=2024-08-08T12:00:08.5
/api/v1/spread/minmax?symbol=ETHUSDT&timestamp=2024-08-08T12:00
/api/v1/spread/bars?symbol=ETHUSDT&from=2024-08-08T12:00:00&to=2024-08-08T12:01:00
/api/v1/spread/bars?symbol=ETHUSDT
/api/v1/spread/bars?symbol=ETHUSDT&from=2024-08-01&to=2024-08-08
/api/v1/spread/bars?symbol=ETHUSDT&from=2024-08-08T12:00&to=2024-08-08T11:00
/api/v1/spread/gaps?symbol=ETHUSDT
/api/v1/spread/gaps?symbol=BTCUSDT&from=2024-08-08T12:00&to=2024-08-08T13:30
/api/v1/snapshot
/api/v1/snapshot?symbol=ETHUSDT
/api/v1/snapshot?symbol=BTCUSDT
/api/v1/symbols
/api/v1/symbols?x=1
/api/v1/openapi.json
/nothing
/../config.toml
"""
_UNLIKE = {"date", "server"}
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def served(stage: Stage, port: int) -> Results:
    """Ask every address of `serve`: what is live, what is recorded, the document, the page's files."""
    stage.environment |= {"SPREADWATCH_SERVE_PORT": str(port), "SPREADWATCH_SILENCE_S": "60"}
    stage.clock.set(ASKED_MS)
    base = f"http://127.0.0.1:{port}"
    with stage.exchange() as exchange:
        market = Market(exchange, ("ETHUSDT", "PEPEUSDT"), seed=4)
        running = stage.start("serve", "--symbol", "ethusdt", "--symbol", "pepeusdt")
        market.wait()
        running.wait_err("serving")
        market.walk(40)
        market.settle(1_000)
        _wait_for(lambda: f'{{"at_ms":{stage.clock.ms},' in _get(f"{base}/api/v1/snapshot"))
        for path in _PATHS.split("\n")[1:-1]:
            yield path, _measured(_get(base + path)) if path == "/metrics" else _get(base + path)
        yield "events", _events(f"{base}/api/v1/events?symbol=ETHUSDT")
        page = _get(f"{base}/")
        for name in sorted({*re.findall(r'(?:src|href)="(/?\w+\.[\w.]+)"', page), "uPlot.LICENSE"}):
            yield f"file {name}", _get(f"{base}/{name.lstrip('/')}")
        told = running.end()
        yield "end", str(told)


def _wait_for(condition: Callable[[], bool]) -> None:
    """Look again and again until a condition holds. Raises TimeoutError."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {PATIENCE_S:g} s")
        pause(0.05)


def _get(url: str) -> str:
    """Return status, headers and body of an answer; what a server says of the time of day is left out."""
    try:
        with _OPENER.open(url, timeout=30) as answer:
            return _answer(answer.status, answer.headers, answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return _answer(error.code, error.headers, error.read())


def _events(url: str) -> str:
    """Return an event stream up to its first heartbeat."""
    told: list[str] = []
    with _OPENER.open(url, timeout=30) as answer:
        while not (told and told[-1].startswith("data:") and told[-2] == "event: heartbeat"):
            told.append(answer.readline().decode().rstrip("\n"))
    return "\n".join(told)


def _answer(status: int, headers: object, body: bytes) -> str:
    told = {name.lower(): value for name, value in headers.items()}  # type: ignore[attr-defined]
    if told.get("content-length") == str(len(body)):  # or else it is told as it is
        told["content-length"] = "right"
    lines = [f"{name}: {value}" for name, value in told.items() if name not in _UNLIKE]
    return "\n".join([str(status), *lines, "", body.decode(errors="backslashreplace")])


def _measured(text: str) -> str:
    """Mask the counts of what the comparison itself asked, which depend on how often it had to look."""
    return re.sub(r"(?m)^(spreadwatch_http\S*) \d+$", r"\1 <some>", text)
