"""Contender: the chart alone in a window, fed by a generator faster than real time.

    python -m tests.bench.chart MINUTES

It takes so many minutes of 1,000 samples a second, paints every window of the chart again and again while more
samples come, looks for every extreme, and prints one JSON line.
"""

import json
import random
import sys
import time
import tkinter as tk
from collections.abc import Iterator
from decimal import Decimal
from itertools import islice
from pathlib import Path

from spreadwatch.config import Config
from spreadwatch.core.series import Series
from spreadwatch.ui.chart.chart import Chart
from spreadwatch.ui.chart.view import WINDOWS
from spreadwatch.ui.kit import fonts, scale, theme
from spreadwatch.ui.kit.painter import Painter

_WIDTH = 700
_PAINTS = 40
_SLICE = 2_000
_Sample = tuple[int, Decimal, Decimal]


def samples() -> Iterator[_Sample]:
    """Yield a sample for each ms: a random walk in cents that is drawn back to where it began."""
    chance, cents, t_ms = random.Random(4), 0, 0
    while True:
        if chance.random() < 0.3:
            cents += 1 if chance.random() * 160 < 80 - cents else -1
        yield t_ms, Decimal(cents - 130) / 100, Decimal(cents - 133) / 100
        t_ms += 1


def resident() -> int:
    """Return the memory of this process in bytes."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * 4_096


class Studio:
    """A window with only the chart."""

    def __init__(self) -> None:
        self.root = root = tk.Tk()
        px = scale.px_for(scale.scale_of(root))
        fonts.create_fonts(root, px)
        self.painter = Painter(root, theme.PALETTES["dark"], px, Config())
        self.chart = Chart(root, self.painter, lambda _lines: None)
        self.chart.frame.pack(fill="both", expand=True)
        self.painter.flush()
        root.update()
        around = self.chart.frame.winfo_reqwidth() - self.chart.canvas.winfo_reqwidth()
        root.geometry(f"{px(_WIDTH) + around}x{px(260)}")
        root.update()

    def paint_ms(self, series: Series) -> float:
        """Paint in full and return how long that took until X had all of it."""
        self.root.update()
        self.chart._painted_at_s, self.chart._shape = 0.0, ()
        began_s = time.perf_counter()
        self.chart.render(series, series.last_ms or 0, 1_790_000_000_000, 2)
        self.painter.flush()
        self.root.update_idletasks()
        return (time.perf_counter() - began_s) * 1_000


def missed(studio: Studio, expected: dict[int, tuple[Decimal, Decimal]]) -> int:
    """Return how many extremes of a second are not in the picture of the last hour."""
    studio.chart.choose("1h")
    scene, plot = studio.chart._scene, studio.chart._plot
    assert scene is not None
    frame, canvas = scene.frame, studio.chart.canvas
    highest: dict[float, float] = {}
    lowest: dict[float, float] = {}
    for item in (plot._tail, *plot._runs):
        coords = canvas.coords(item._number)
        for x, y in zip(coords[::2], coords[1::2], strict=True):
            highest[x] = min(highest.get(x, y), y)
            lowest[x] = max(lowest.get(x, y), y)
    lost = 0
    for second, (low, high) in expected.items():
        x = frame.x(second * 1_000 // frame.width_ms * frame.width_ms)
        if x >= 0:
            lost += highest[x] > plot.y(float(high))
            lost += lowest[x] < plot.y(float(low))
    return lost


def main() -> None:
    """Measure, and print one JSON line."""
    stream, count = samples(), int(float(sys.argv[1]) * 60_000)
    studio, series = Studio(), Series()
    before, take_s, taken = resident(), 0.0, 0
    expected: dict[int, tuple[Decimal, Decimal]] = {}
    while taken < count:
        some = list(islice(stream, min(_SLICE, count - taken)))
        taken += len(some)
        began_s = time.process_time()
        for t_ms, entry, reverse in some:
            series.take(t_ms, entry, reverse)
        take_s += time.process_time() - began_s
        for t_ms, entry, _ in some:
            low, high = expected.get(t_ms // 1_000, (entry, entry))
            expected[t_ms // 1_000] = min(low, entry), max(high, entry)
    some.clear()
    memory = resident() - before
    studio.paint_ms(series)
    lost = missed(studio, expected)
    paints: list[float] = []
    for name in WINDOWS:
        studio.chart.choose(name)
        for _ in range(_PAINTS):
            for t_ms, entry, reverse in islice(stream, 500):
                series.take(t_ms, entry, reverse)
            paints.append(studio.paint_ms(series))
    print(
        json.dumps(
            {"take_us": take_s / taken * 1e6, "mib": memory / (1 << 20), "missed": lost, "paint_ms": paints},
        )
    )


if __name__ == "__main__":
    main()
