"""Many clients at once: `python -m tests.api.load` prints the figures of the README."""

import asyncio
import statistics
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.api.moving import Moving, hour
from tests.api.parts import serving


@dataclass(frozen=True)
class Load:
    """What so many requests came to. Times are ms from the first byte sent to the last one received."""

    statuses: Counter[int]
    seconds: float
    times_ms: list[float]
    most_threads: int

    @property
    def p99_ms(self) -> float:
        """The time that 99 of 100 stay under."""
        return statistics.quantiles(self.times_ms, n=100)[98]


@contextmanager
def open_files(count: int) -> Iterator[None]:
    """Allow this process so many open files, where the system has a limit that may be raised."""
    try:
        import resource
    except ImportError:
        yield
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = count if hard == resource.RLIM_INFINITY else min(count, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def load(address: tuple[str, int], targets: list[str], *, each: int = 1) -> Load:
    """Open a connection per target, all at once, and ask `each` times on it."""
    return asyncio.run(_load(address, targets, each))


async def _load(address: tuple[str, int], targets: list[str], each: int) -> Load:
    statuses: Counter[int] = Counter()
    times_ms: list[float] = []
    ready = asyncio.Barrier(len(targets) + 1)
    most_threads = 0

    async def ask(target: str) -> None:
        reader, writer = await asyncio.open_connection(*address)
        await ready.wait()
        for _ in range(each):
            began = time.perf_counter()
            writer.write(f"GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            length = int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0])
            await reader.readexactly(length)
            times_ms.append((time.perf_counter() - began) * 1000)
            statuses[int(head.split(b" ", 2)[1])] += 1
        writer.close()

    asked = [asyncio.ensure_future(ask(target)) for target in targets]
    await ready.wait()
    began = time.perf_counter()
    while not all(one.done() for one in asked):
        most_threads = max(most_threads, threading.active_count())
        await asyncio.sleep(0.005)
    seconds = time.perf_counter() - began
    await asyncio.gather(*asked)
    return Load(statuses, seconds, times_ms, most_threads)


TARGETS = (
    "/latest?symbol=ETHUSDT",
    "/api/v1/snapshot",
    "/healthz",
    "/api/v1/symbols",
    "/",
    "/metrics",
)


def main() -> None:
    """Measure 1,000 requests at once, and a lasting flow on 20 connections."""
    with open_files(8192), Moving() as live, serving(hour(), live) as client:
        time.sleep(0.5)
        for name, targets, each in (
            ("1,000 at once, snapshot", ["/api/v1/snapshot"] * 1000, 1),
            ("20 connections, snapshot", ["/api/v1/snapshot"] * 20, 250),
            ("20 connections, page", ["/"] * 20, 250),
        ):
            found = load((client.host, client.port), targets, each=each)
            rate = len(found.times_ms) / found.seconds
            print(
                f"{name}: {rate:.0f}/s, median {statistics.median(found.times_ms):.1f} ms, p99 {found.p99_ms:.1f} ms, "
                f"{dict(found.statuses)}, at most {found.most_threads} threads"
            )


if __name__ == "__main__":
    main()
