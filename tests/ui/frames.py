"""How long a frame takes with many symbols: `python -m tests.ui.frames [SYMBOLS] [QUOTES/S] [SECONDS]`. Needs Xvfb.

A thread hands over quotes of all symbols; the window shows the watch list, the chart and all that costs.
"""

import random
import sys
import time
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise

from spreadwatch import app
from spreadwatch.config import Config
from spreadwatch.core.events import Batch, Link, Phase
from spreadwatch.core.quote import Quote, Side
from spreadwatch.core.snapshot import Snapshot
from spreadwatch.feed import clock
from spreadwatch.run.services import Services
from spreadwatch.run.session import Session
from spreadwatch.worker import Worker
from tests.ui.screen import display, put_pointer_away, xvfb

_BATCH = 20
_SETTLED_S = 3.0


class Source(Worker):
    """Quotes of all symbols in turn at a steady rate, prices that change each time."""

    def __init__(self, session: Session, per_s: int) -> None:
        super().__init__("demo")
        self._session, self._per_s = session, per_s
        self.sent = 0

    def _run(self) -> None:
        put, symbols, chance = self._session.inbox.put, self._session.symbols, random.Random(1)
        for venue in Side:
            put(Link(venue, Phase.OPEN, "", clock.now()))
        prices = [Decimal(number).scaleb(-2) for number in range(10_000, 10_200)]
        one, began_s, places = Decimal(1), time.monotonic(), list(range(len(symbols)))
        while not self._stopping.wait(max(began_s + self.sent / self._per_s - time.monotonic(), 0)):
            venue = (Side.SPOT, Side.FUTURES)[self.sent // _BATCH % 2]
            at = clock.now()
            quotes = []
            for place in chance.sample(places, min(_BATCH, len(places))):
                price = prices[chance.randrange(200)]
                self.sent += 1
                quotes.append(Quote(venue, symbols[place], price, one, price + one, one, self.sent, None, at))
            put(Batch(venue, at, quotes, heard=True))


def main(count: int, per_s: int, seconds: float) -> None:
    """Print the figures."""
    default = Config()
    symbols = tuple(f"COIN{number}USDT" for number in range(count))
    settings = replace(default, symbols=symbols, window=replace(default.window, remember_geometry=False))
    sources: list[Source] = []

    def recruit(session: Session) -> list[Worker]:
        sources.append(Source(session, per_s))
        return [*sources]

    session = Session(symbols, settings, clock.now, recruit)
    turns_ms: list[float] = []
    frames_ms: list[float] = []
    starts_s: list[float] = []
    works_ms: list[float] = []
    cpu_s, began_s = [0.0], [0.0]
    dashboard = app._open_dashboard(session, settings, Services(session))
    render = dashboard.render

    def turn() -> Snapshot:
        starts_s.append(time.perf_counter())
        began_s[0] = time.thread_time()
        snapshot = session.turn()
        turns_ms.append((time.perf_counter() - starts_s[-1]) * 1_000)
        return snapshot

    def rendering(snapshot: Snapshot) -> None:
        render(snapshot)
        frames_ms.append((time.perf_counter() - starts_s[-1]) * 1_000)
        works_ms.append((time.thread_time() - began_s[0]) * 1_000)

    dashboard.render = rendering  # type: ignore[method-assign]
    session.show(session.symbols[:1])
    dashboard.show()
    session.start()

    def begin() -> None:
        for figures in (turns_ms, frames_ms, works_ms, starts_s):
            figures.clear()
        starts_s.append(time.perf_counter())
        cpu_s[0] = time.process_time()

    dashboard.root.after(round(_SETTLED_S * 1_000), begin)
    dashboard.root.after(round((_SETTLED_S + seconds) * 1_000), dashboard.close)
    dashboard.run(turn)
    used = (time.process_time() - cpu_s[0]) / seconds * 100
    session.stop()
    gaps_ms = [(later - first) * 1_000 for first, later in pairwise(starts_s)]
    counts = session.turn().pairs[0].counts
    print(f"{count} symbols, {sources[0].sent / (seconds + _SETTLED_S):.0f} quotes/s, dropped {counts.dropped}")
    print(f"frames {len(frames_ms) / seconds:.1f}/s, CPU of the process with the source {used:.0f} %")
    named = {"turn": turns_ms, "turn + render": frames_ms, "· CPU of that": works_ms, "start to start": gaps_ms}
    for name, figures in named.items():
        ordered = sorted(figures)
        told = ", ".join(f"p{share * 100:g} {ordered[int(len(ordered) * share)]:.1f}" for share in (0.5, 0.99, 0.999))
        print(f"{name}: {told}, worst {ordered[-1]:.1f} ms")


if __name__ == "__main__":
    given = [*sys.argv[1:], *("400", "10000", "20")[len(sys.argv) - 1 :]]
    with xvfb(96) as server, display(server):
        put_pointer_away(server)
        main(int(given[0]), int(given[1]), float(given[2]))
