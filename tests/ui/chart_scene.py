"""A chart in a window of its own, and series to show in it. `python -m tests.ui.chart_scene OUTDIR` takes pictures."""

import math
import random
import subprocess
import sys
import tkinter as tk
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Literal

from spreadwatch.core.series import ONE, Keep, Series
from spreadwatch.ui.chart.chart import Chart
from spreadwatch.ui.kit import fonts, scale, theme
from spreadwatch.ui.kit.painter import Painter
from tests.ui.program import settings
from tests.ui.screen import display, xvfb

NOON_MS = 1_775_134_927_000
"""2026-04-02 13:02:07 UTC, at 0 ms of the series."""

_kept: list[object] = []  # interpreters freed by a worker's garbage collector would abort the process


class ChartWindow:
    """A chart alone in a window; `exported` collects what was exported, `faults` what callbacks raised."""

    def __init__(self, theme_name: Literal["dark", "light"] = "dark") -> None:
        self.root = root = tk.Tk()
        _kept.append(root.tk)
        self.exported: list[str] = []
        self.faults: list[BaseException] = []
        root.report_callback_exception = lambda _kind, error, _trace: self.faults.append(error)
        px = scale.px_for(scale.scale_of(root))
        fonts.create_fonts(root, px)
        self.painter = Painter(root, theme.PALETTES[theme_name], px, settings())
        self.painter.tint(root, background="background")
        self.chart = Chart(root, self.painter, self._export)
        self.chart.frame.pack(fill="both", expand=True, padx=px(14), pady=px(12))
        self.resize(761, 300)

    def _export(self, lines: Iterator[str]) -> None:
        self.exported += lines

    def resize(self, width: int, height: int) -> None:
        """Give the window a size in pixels at 96 dpi."""
        px = self.painter.px
        self.root.geometry(f"{px(width)}x{px(height)}")
        self.settle()

    def settle(self) -> None:
        """Let Tk handle all that is pending."""
        for _ in range(3):
            self.root.update()
            self.painter.flush()

    def show(
        self, series: Series | None, now_ms: int | None = None, *, places: int = 2, lost_ms: int | None = None
    ) -> None:
        """Render at once, as if the last paint were long ago."""
        if now_ms is None:
            now_ms = (series.last_ms if series else None) or 0
        self.chart._painted_at_s = -math.inf
        self.chart.render(series, now_ms, NOON_MS, places, lost_ms)
        self.settle()

    def retheme(self, name: Literal["dark", "light"]) -> None:
        """Change the theme as the dashboard does."""
        self.painter.recolour(theme.PALETTES[name])
        self.chart.recolour()
        self.settle()

    def close(self) -> None:
        """Close the window; raise what a callback raised."""
        self.root.destroy()
        if self.faults:
            raise self.faults[0]


def walk(seconds: int, per_s: int, keep: Keep = ONE, start: str = "-1.30", seed: int = 3) -> Series:
    """Return a series of a random walk in cents that is drawn back to its start."""
    chance, series, home = random.Random(seed), Series(keep), round(Decimal(start) * 100)
    cents, step_ms = home, 1_000 // per_s
    for number in range(seconds * per_s):
        if chance.random() < 0.25:
            cents += chance.choice((-1, 1, -1 if cents > home + 60 * math.sin(number * step_ms / 37_000) else 1))
        series.take(number * step_ms, Decimal(cents) / 100, Decimal(cents - 3) / 100)
    return series


def gappy(seconds: int = 400) -> Series:
    """Return a series with a gap of 16 s, one of 2 s, and a spike of one sample."""
    whole, series = walk(seconds, 20), Series()
    bars = list(whole.bars(0, 1 << 40))
    for bar in bars:
        if 250_000 <= bar.open_ms < 266_000 or 150_000 <= bar.open_ms < 152_000:
            series.gap(bar.open_ms)
            continue
        entry = bar.entry.close if bar.open_ms != 330_000 else bar.entry.close + Decimal("0.90")
        series.take(bar.open_ms, entry, bar.reverse.close)
    return series


def held(value: str) -> Series:
    """Return a series that took one sample at 0 ms and has held it since."""
    series = Series()
    series.take(0, Decimal(value), Decimal(value) - 1)
    return series


def _over(window: ChartWindow) -> None:
    window.chart.canvas.event_generate("<Motion>", x=window.painter.px(430), y=window.painter.px(60))


def _panned(window: ChartWindow) -> None:
    window.chart.zoom_in(200)
    window.chart.pan(-0.9)


def _close(window: ChartWindow) -> None:
    window.chart.zoom(0.02)
    window.chart.pan(-9)


def _focused(window: ChartWindow) -> None:
    window.chart.canvas.focus_force()
    window.root.update()


def _lost(window: ChartWindow) -> None:
    series = gappy()
    series.gap(400_500)
    window.show(series, 452_000)


Act = Callable[[ChartWindow], object]
SHOTS: dict[str, tuple[Callable[[], Series | None], Act | None]] = {
    "chart": (gappy, _over),
    "reverse": (gappy, lambda window: window.chart.toggle_reverse()),
    "1m": (gappy, lambda window: window.chart.choose("1m")),
    "all": (lambda: walk(5_000, 20), lambda window: window.chart.choose("all")),
    "1h": (lambda: walk(3_700, 20), lambda window: window.chart.choose("1h")),
    "close": (gappy, _close),
    "panned": (gappy, _panned),
    "lost": (gappy, _lost),
    "held": (Series, lambda window: window.show(held("0.00"), 90_000)),
    "tiny": (Series, lambda window: window.show(walk(300, 20, start="0.00"), places=8)),
    "huge": (lambda: walk(300, 20, start="-1234567.30"), None),
    "empty": (Series, None),
    "focused": (gappy, _focused),
    "wide": (gappy, lambda window: window.resize(1_200, 600)),
    "small": (gappy, lambda window: window.resize(600, 240)),
}


def main(folder: Path, names: list[str]) -> None:
    """Take every picture, or those named, at both densities and in both themes."""
    folder.mkdir(parents=True, exist_ok=True)
    with xvfb(96) as normal, xvfb(192) as dense:
        for server, suffix in ((normal, ""), (dense, "@2x")):
            with display(server):
                for name, (make, act) in SHOTS.items():
                    if names and name not in names:
                        continue
                    for theme_name in theme.PALETTES:
                        window = ChartWindow(theme_name)
                        window.show(make())
                        if act is not None:
                            act(window)
                        window.settle()
                        target = folder / f"{name}-{theme_name}{suffix}.png"
                        number = hex(int(window.root.frame(), 16))
                        subprocess.run(["import", "-window", number, str(target)], check=True, timeout=30)
                        window.close()
                        print(target)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
