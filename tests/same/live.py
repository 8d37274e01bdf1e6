"""What `watch` prints of a live exchange that does this and that."""

import json
import os
import subprocess
from collections.abc import Iterator

from tests.exchange.frames import http_response
from tests.same.commands import Results
from tests.same.market import Market
from tests.same.stage import Running, Stage, StagedExchange, words

_RULES = """
[[alerts]]
name = "entry is cheap"
symbol = "ETHUSDT"
number = "spread"
side = "below"
level = -0.5
rearm = 0

[[alerts]]
name = "any coin"
symbol = "all"
number = "bps"
side = "above"
level = 3.5
rearm = 2
cooldown_s = 2
"""
_BOTH = ("ETHUSDT", "PEPEUSDT")


def _watch(stage: Stage, *arguments: object) -> Running:
    return stage.start("watch", "--interval", "0.1", *arguments)


def _shown(running: Running, exchange: StagedExchange, rows: int) -> str:
    """Return the rows shown a second after all that was sent; within 50 ms a snapshot may be an older one."""
    exchange.settle()
    exchange.clock.step(1_000)
    return running.steady(rows)


def _named(symbols: tuple[str, ...]) -> Iterator[str]:
    for symbol in symbols:
        yield from ("--symbol", symbol.lower())


def watches(stage: Stage) -> Results:
    """Watch two symbols through a session with everything in it, as JSON and as lines."""
    for form in ("--json", ""):
        stage.clear()
        stage.write("config.toml", _RULES)
        stage.environment |= {"SPREADWATCH_QUOTE": "5000", "SPREADWATCH_BNB": "1", "SPREADWATCH_SILENCE_S": "60"}
        with stage.exchange(intervals={"ETHUSDT": 4}) as exchange:
            market = Market(exchange, _BOTH)
            running = _watch(stage, *_named(_BOTH), *([form] if form else []))
            market.wait()
            yield f"waiting {form}", _shown(running, exchange, 2)
            market.walk(60)
            yield f"live {form}", _shown(running, exchange, 2)
            market.oddities("ETHUSDT")
            yield f"odd {form}", _shown(running, exchange, 2)
            market.marks("ETHUSDT")
            market.books("ETHUSDT")
            yield f"books {form}", _shown(running, exchange, 2)
            market.walk(60)
            yield f"all {form}", _shown(running, exchange, 2)
            market.lose("spot")
            yield f"lost {form}", _shown(running, exchange, 2)
            market.walk(30)
            yield f"back {form}", _shown(running, exchange, 2)
            told = running.end()
            yield f"end {form}", f"{told.code}\n{words(told.err)}"


def silences(stage: Stage) -> Results:
    """Watch what falls silent, what cannot be one coin, and what is refused."""
    stage.environment["SPREADWATCH_SILENCE_S"] = "60"
    with stage.exchange() as exchange:
        market = Market(exchange, ("ETHUSDT",))
        running = _watch(stage, "--json")
        market.wait()
        market.walk(10)
        exchange.refuse("futures")
        exchange.clock.step(61_000)
        market.quote("spot", "ETHUSDT")
        running.wait(lambda lines: "refused the connection" in "".join(lines[-1:]))
        exchange.settle()
        yield "silent", _without_reasons(_shown(running, exchange, 1))
        running.end()
    stage.clear()
    with stage.exchange() as exchange:
        running = _watch(stage, "--json")
        Market(exchange, ("ETHUSDT",)).wait()
        exchange.quote("spot", "ETHUSDT", "2672.31", "2672.32")
        exchange.quote("futures", "ETHUSDT", "26.72", "26.73")
        exchange.settle()
        yield "apart", _shown(running, exchange, 1)
        running.end()


def _without_reasons(line: str) -> str:
    """Leave out the sentences that count down real seconds until the next attempt."""
    found = json.loads(line)
    for part in (found, found["spot"], found["futures"]):
        part["reason"] = part["reason"] and part["reason"].partition(" (")[0].partition(";")[0]
    return json.dumps(found)


def names(stage: Stage) -> Results:
    """Watch a name that nobody knows, and be refused for the region."""
    with stage.exchange() as exchange:
        running = _watch(stage, "--json", "--symbol", "nosuchusdt", "--symbol", "btcusdt")
        exchange.wait_subscribed("spot", "btcusdt@bookTicker", 60)
        running.wait(lambda lines: any("not traded" in line for line in lines[-2:]))
        yield "unknown", _shown(running, exchange, 2)
        running.end()
        for code in (403, 451, 418, 503):
            exchange.upgrade("spot", http_response(code))
            exchange.upgrade("futures", http_response(code))
            told = stage.run("watch", "--once", "--duration", "1")
            yield f"status {code}", f"{told.code}\n{told.out}\n{words(told.err.splitlines()[-1])}"


def onces(stage: Stage) -> Results:
    """Print the first live spread and end."""
    for form in ("--json", ""):
        with stage.exchange() as exchange:
            running = stage.start("watch", "--once", *([form] if form else []))
            _first(exchange)
            yield f"once {form}", str(running.end(None))


def _first(exchange: StagedExchange) -> None:
    Market(exchange, ("ETHUSDT",)).wait()
    exchange.quote("spot", "ETHUSDT", "2672.31", "2672.32", "3", "4")
    exchange.quote("futures", "ETHUSDT", "2673.10", "2673.11", "5", "6")


def terminal(stage: Stage) -> Results:
    """Watch on a terminal: a table that is written over."""
    import pty

    stage.environment |= {"SPREADWATCH_SILENCE_S": "60", "COLUMNS": "90", "LINES": "12"}
    with stage.exchange() as exchange:
        ours, theirs = pty.openpty()
        process = subprocess.Popen(
            stage.command("watch", "--interval", "0.1", *_named(_BOTH)),
            cwd=stage.folder,
            env=stage.environment,
            stdout=theirs,
            stdin=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(theirs)
        try:
            market = Market(exchange, _BOTH)
            market.wait()
            market.walk(40)
            market.settle(1_000)
            written, frames = b"", [""]
            while len(frames) < 9 or len(set(frames[-5:-1])) > 1:
                written += os.read(ours, 65_536)
                frames = written.decode(errors="replace").split("\x1b[J")
            yield "table", frames[-2]
        finally:
            process.kill()
            process.wait()
            os.close(ours)
