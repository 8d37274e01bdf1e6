"""What every command answers by itself: help, settings, errors, captures, checks of the machine."""

import re
from collections.abc import Iterator
from pathlib import Path

from tests.captures.files import DATA
from tests.exchange.frames import http_response
from tests.same.captures import write_all
from tests.same.stage import START_MS, Stage

Results = Iterator[tuple[str, str]]
"""Names of results and what came, as text."""

_HELPS = """
--help
--version
watch --help
record --help
serve --help
replay --help
doctor --help
history --help
history latest --help
history at --help
history range --help
history minmax --help
history gaps --help
history export --help
"""
_REFUSED = """
--nonsense
wach
replay
watch --interval 0
watch --interval nan
watch --duration -1
watch --duration soon
replay x.jsonl --speed fast
replay x.jsonl --speed 0
watch --demo --seed x
doctor --json
--config missing.toml
watch --symbol eth/usdt
watch --symbol ethusdt --symbol ETHUSDT
watch --symbol e
watch --contract weekly --duration 1
record --all --duration 1
replay missing.jsonl --json
replay . --json
replay --from 2024-08-08 --to 2024-08-07
replay --from yesterday
replay --from 99999999999999
replay --from 2024-08-08
history
history latest
history at
history at x
history at 1999-01-01
history at 2099-01-01
history range now -5m
history minmax soon
history export x.txt
history export x.csv --format capture --kind trades
history export - --force
--demo
watch --once --duration 0.3
record --contract next_quarter --duration 1
"""
_CONFIGS = {
    "nothing": "",
    "usual": '[window]\ntheme = "light"\nframe_ms = 33\n[fees]\nbnb = true\n[size]\nquote = 2500.5\n',
    "alerts": '[[alerts]]\nname = "entry"\nsymbol = "ETHUSDT"\nnumber = "edge"\nside = "above"\nlevel = 3.5\nrearm = 2',
    "rules": '[[alerts]]\nname = ""\nlevel = "x"\n[[alerts]]\nname = "a"\nnumber = "none"\nside = "left"\nhold_s = -1',
    "misspelt": '[feed]\nsilense_s = 3\n[windw]\ntheme = "dark"\n',
    "wrong": '[window]\ntheme = "pink"\nframe_ms = 4\ncompact = "yes"\n[size]\nquote = -1\n[record]\nkeep_days = 1e9\n',
    "secret": 'webhook_url = "https://x.example/y"\n[record]\ndsn = "postgresql://u:p@h/d"\n[serve]\ntoken = "x"\n',
    "numbers": "[fees]\nspot_taker_bps = 1e400\nfutures_taker_bps = 7.123456789012\n[feed]\nsilence_s = nan\n",
    "places": '[endpoints]\nspot_stream = "ws://example.com"\nspot_rest = "ftp://x"\nfutures_rest = "https://u:p@h/x?y"\n',
    "files": '[notify]\nsound = "missing.wav"\ncommand = [""]\n[feed]\nca_file = "missing.pem"\n',
    "broken": "[window\ntheme = ",
    "symbols": 'symbols = ["ethusdt", "ETHUSDT", "1000pepeusdt", "", 5]\nall = "true"\ncontract = "weekly"\n',
    "section": 'window = "dark"\nfees = 3\n',
}
_ENVIRONMENTS = {
    "usual": {"SPREADWATCH_SILENCE_S": "4.5", "SPREADWATCH_SYMBOLS": "ethusdt, btcusdt", "SPREADWATCH_QUOTE": "off"},
    "secret": {"SPREADWATCH_RECORD_DSN": "postgresql://u:hidden@h/d", "SPREADWATCH_SERVE_TOKEN": "sixteen letters!!"},
    "wrong": {"SPREADWATCH_SILENCE_S": "long", "SPREADWATCH_THEM": "dark", "SPREADWATCH_SERVE_TOKEN": "short"},
    "more": {"SPREADWATCH_ALERTS": "x", "SPREADWATCH_FRAME_MS": "١٦", "SPREADWATCH_COMPACT": "maybe"},
    "exposed": {"SPREADWATCH_SERVE_ADDRESS": "0.0.0.0", "SPREADWATCH_SERVE_PORT": "0"},
}
_FAST = ("--speed", "max")
_DOTENVS = {"usual": "SPREADWATCH_FRAME_MS=33\nOTHER=1\n", "wrong": "SPREADWATCH_FRAME_MS\nSPREADWATCH_X=1\n"}


def helps(stage: Stage) -> Results:
    """Ask for every help."""
    for words in _HELPS.split("\n")[1:-1]:
        yield words, str(stage.run(*words.split()))


def settings(stage: Stage) -> Results:
    """Print settings from each source, read what one version printed, and be refused what makes no sense."""
    yield "example", (stage.root / "config.example.toml").read_text(encoding="utf-8")
    for name, text in _CONFIGS.items():
        stage.clear()
        stage.write("config.toml", text)
        yield f"file {name}", str(stage.run("--print-config"))
    for name, variables in _ENVIRONMENTS.items():
        stage.clear()
        stage.environment |= variables
        yield f"environment {name}", str(stage.run("--print-config", "--symbol", "solusdt"))
    for name, text in _DOTENVS.items():
        stage.clear()
        stage.write(".env", text)
        yield f"dotenv {name}", str(stage.run("--print-config", "--compact"))
    stage.clear()
    stage.write("home/config/spreadwatch/config.toml", '[window]\ntheme = "light"\n')
    yield "user's folder", str(stage.run("--print-config"))


def refusals(stage: Stage) -> Results:
    """Be refused, in a sentence and with an exit code."""
    stage.environment |= dict.fromkeys(("SPREADWATCH_SPOT_STREAM", "SPREADWATCH_FUTURES_STREAM"), "ws://127.0.0.1:1")
    stage.environment |= dict.fromkeys(("SPREADWATCH_SPOT_REST", "SPREADWATCH_FUTURES_REST"), "http://127.0.0.1:1")
    stage.write("x.jsonl", "")
    for words in _REFUSED.split("\n")[1:-1]:
        yield words, str(stage.run(*words.split()))
    stage.environment["SPREADWATCH_SERVE_ADDRESS"] = "0.0.0.0"
    yield "serve", str(stage.run("serve"))
    stage.write("ca.pem", "no certificate")
    stage.environment["SPREADWATCH_CA_FILE"] = "ca.pem"
    yield "ca_file", str(stage.run("watch", "--once"))


def replays(stage: Stage) -> Results:
    """Play captures to their end: plain ones, odd ones, parts of them, and those that were really recorded."""
    files = write_all(stage.folder)
    for name in files:
        yield name, str(stage.run("replay", name, "--json", *_FAST))
    for symbols in (["btcusdt"], ["ethusdt", "pepeusdt"], ["1000pepeusdt"], ["xrpusdt"]):
        chosen = [word for symbol in symbols for word in ("--symbol", symbol)]
        yield f"plain.jsonl {' '.join(symbols)}", str(stage.run("replay", "plain.jsonl", "--json", *_FAST, *chosen))
    span = ("--from", "2024-08-08T12:00:10", "--to", str(START_MS + 25_000))
    yield "plain.jsonl from to", str(stage.run("replay", "plain.jsonl", "--json", *_FAST, *span))

    stage.environment |= {"SPREADWATCH_QUOTE": "1000", "SPREADWATCH_BNB": "true", "SPREADWATCH_SILENCE_S": "0.5"}
    for name in ("plain.jsonl", "silent.jsonl"):
        yield f"{name} other settings", str(stage.run("replay", name, "--json", *_FAST))
    for path in sorted(DATA.glob("*.jsonl*")):
        yield f"recorded {path.name}", str(stage.run("replay", _near(path, stage), "--json", *_FAST))


def _near(path: Path, stage: Stage) -> str:
    """Put a file into the folder, so that both parties name it alike."""
    near = stage.folder / path.name
    near.symlink_to(path)
    return near.name


def checks(stage: Stage) -> Results:
    """Check the machine and the exchange, well and otherwise."""
    with stage.exchange(heartbeat=0.05) as exchange:
        yield "well", _rounded(str(stage.run("doctor", "--symbol", "btcusdt")))
        exchange.clock_offset_ms = 0
        exchange.rest("spot", http_response(200, body=b'{"serverTime":1723118405123}'))
        exchange.rest("futures", http_response(418, body=b"{}"))
        exchange.upgrade("futures", http_response(451))
        yield "refused", _rounded(str(stage.run("doctor")))
        exchange.rest("spot", http_response(200, body=b"<html>"))
        exchange.upgrade("spot", http_response(403))
        yield "odd", _rounded(str(stage.run("doctor")))
    yield "away", _rounded(str(stage.run("doctor")))


def _rounded(text: str) -> str:
    """Mask how long a first quote took."""
    return re.sub(r"after \d+\.\d\d s", "after <some> s", text)
