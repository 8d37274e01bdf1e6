"""A thousand at once are all answered, on few threads, and what feeds the program does not notice."""

import threading
import time
from collections import Counter
from decimal import Decimal

from tests.api.load import TARGETS, load, open_files
from tests.api.moving import Moving
from tests.api.parts import NOON_MS, ListArchive, serving
from tests.conftest import wait_for


def test_a_thousand_requests_at_once_are_all_answered_on_at_most_16_threads() -> None:
    archive = ListArchive([("ETHUSDT", NOON_MS, Decimal("5.10"))])
    wrong = ["/nothing", "/latest", "/minmax?symbol=ETHUSDT&timestamp=never", "/price-at-second?symbol=%00&timestamp=1"]
    targets = [(*TARGETS, *wrong)[number % 10] for number in range(1000)]
    with open_files(8192), Moving() as live, serving(archive, live) as client:
        wait_for(live.latest)
        found = load(client, targets)
        assert found.statuses == Counter({200: 600, 404: 100, 400: 300})
        assert found.most_threads <= 16
        assert client.ask("/healthz").status == 200


def test_a_thousand_requests_do_not_slow_down_what_feeds_the_program() -> None:
    late_ms: list[float] = []
    stopping = threading.Event()

    def feed() -> None:
        while True:
            began = time.perf_counter()
            if stopping.wait(0.005):
                return
            late_ms.append((time.perf_counter() - began) * 1000 - 5)

    with open_files(8192), Moving() as live, serving(None, live) as client:
        wait_for(live.latest)
        feeding = threading.Thread(target=feed)
        feeding.start()
        found = load(client, ["/api/v1/snapshot"] * 1000, each=2)
        stopping.set()
        feeding.join()
        assert found.statuses == Counter({200: 2000})
    # The client of this test takes most of the time itself; without a turn for seconds a feed would fall silent.
    assert max(late_ms) < 1_000
