"""Store quotes as fast as it goes, with the producer on its own thread beside the recorder's."""

import time

from msgspec import Struct

from spreadwatch.core.quote import Instant, Side
from spreadwatch.storage.recorder import Recorder, RecorderSettings
from spreadwatch.storage.rows import Store
from tests.storage.parts import SILENCE_MS, START_MS, contracts, quote_batch, settle


class Poured(Struct, frozen=True):
    """Quotes stored a second, and the 99th percentile of what a put cost meanwhile."""

    quotes_per_s: float
    put_p99_ms: float


def pour(store: Store, count: int) -> Poured:
    """Store so many quotes, each in a batch of its own: the dearest way. Fails when one is dropped."""
    batches = [
        quote_batch(list(Side)[number % 2], number, START_MS + number // 40, price=f"{100 + number % 977 / 100:.2f}")
        for number in range(1, count + 1)
    ]
    settings = RecorderSettings(rows=50_000)
    recorder = Recorder(store, contracts(), SILENCE_MS, lambda: Instant(START_MS, START_MS), settings)
    recorder.start()
    recorder.ready(10)
    costs: list[float] = []
    began_s = time.perf_counter()
    for batch in batches:
        while recorder.status().waiting > 40_000:
            time.sleep(0.001)
        put_s = time.perf_counter()
        recorder.put(batch)
        costs.append(time.perf_counter() - put_s)
    settle(recorder)
    took_s = time.perf_counter() - began_s
    recorder.stop()
    assert recorder.join(30)
    assert recorder.status().dropped == 0
    return Poured(count / took_s, sorted(costs)[int(count * 0.99)] * 1000)
