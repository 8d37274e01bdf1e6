"""A thousand at once are all answered, on few threads, and what feeds the program hardly notices."""

import json
import statistics
import subprocess
import sys
import time
from collections import Counter
from decimal import Decimal
from pathlib import Path

from tests.api.load import TARGETS, load, open_files
from tests.api.moving import Moving
from tests.api.parts import NOON_MS, ListArchive, serving
from tests.commands.test_serve import answers, ask, free_port
from tests.conftest import ROOT, Program, wait_for

_RATE, _SECONDS = 2_000, 7
_DELAY_MS = 250  # more than a shared machine adds by itself


def test_a_thousand_requests_at_once_are_all_answered_on_at_most_16_threads() -> None:
    archive = ListArchive([("ETHUSDT", NOON_MS, Decimal("5.10"))])
    wrong = ["/nothing", "/latest", "/minmax?symbol=ETHUSDT&timestamp=never", "/price-at-second?symbol=%00&timestamp=1"]
    targets = [(*TARGETS, *wrong)[number % 10] for number in range(1000)]
    with open_files(8192), Moving() as live, serving(archive, live) as client:
        wait_for(live.latest)
        found = load((client.host, client.port), targets)
        assert found.statuses == Counter({200: 600, 404: 100, 400: 300})
        assert found.most_threads <= 16
        assert client.ask("/healthz").status == 200


def test_a_thousand_requests_lose_nothing_of_the_feeds_and_hardly_delay_them(program: Program, tmp_path: Path) -> None:
    """Under a flood whose update ids are the µs at which they were sent, and which the service records."""
    command = [sys.executable, "-m", "tests.exchange.flood", "--json", "--symbol=ETHUSDT", f"--rate={_RATE}"]
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    program.environment |= {
        "SPREADWATCH_SERVE_PORT": str(port),
        "SPREADWATCH_RECORD_ENABLED": "1",
        "SPREADWATCH_RECORD_PATH": str(tmp_path / "recording.sqlite"),
    }
    flood = subprocess.Popen([*command, f"--seconds={_SECONDS}"], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    with open_files(8192), flood:
        assert flood.stdout is not None
        urls = json.loads(flood.stdout.readline())
        for name in ("spot_stream", "futures_stream", "spot_rest", "futures_rest"):
            program.environment["SPREADWATCH_" + name.upper()] = urls[name]
        service = program.start("serve", "--symbol", "ethusdt")
        wait_for(lambda: answers(f"{base}/healthz"))
        time.sleep(_SECONDS / 3)
        began_ms = time.time_ns() // 1_000_000
        found = load(("127.0.0.1", port), ["/api/v1/snapshot"] * 1000, each=2)
        ended_ms = time.time_ns() // 1_000_000
        sent = json.loads(flood.stdout.readline())["sent"]
        snapshot = ask(f"{base}/api/v1/snapshot")
    assert program.interrupt(service)[0].code == 130
    assert found.statuses == Counter({200: 2000})
    counts = snapshot["pairs"][0]["counts"]
    assert (counts["spot"], counts["futures"], counts["dropped"]) == (sent["spot"], sent["futures"], 0)
    quiet_ms, busy_ms = delays(program, began_ms, ended_ms)
    print(f"p99 from sent to read: {quiet_ms:.1f} ms alone, {busy_ms:.1f} ms during the requests")
    assert busy_ms - quiet_ms < _DELAY_MS


def delays(program: Program, began_ms: int, ended_ms: int) -> tuple[float, float]:
    """Return the p99 in ms from sent to received of the quotes recorded before that time, and in it."""
    assert program.run("history", "export", "all.jsonl", "--format", "capture").code == 0
    before, during = list[float](), list[float]()
    for line in (program.folder / "all.jsonl").read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        received_ms, delay_ms = record["recv_ms"], record["recv_ms"] - record["raw"]["u"] / 1000
        if received_ms < began_ms:
            before.append(delay_ms)
        elif received_ms <= ended_ms:
            during.append(delay_ms)
    return statistics.quantiles(before, n=100)[98], statistics.quantiles(during, n=100)[98]
