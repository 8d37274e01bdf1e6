"""The README's pictures, from the demo: `python -m tests.ui.readme`. Needs Xvfb and ImageMagick.

With a folder as its argument it takes them all, in both themes and densities, into that folder, to be looked at.
"""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Literal

from spreadwatch import app
from spreadwatch.config import Config
from spreadwatch.core.alerts import Direction, Number, Rule
from spreadwatch.run.services import Services
from spreadwatch.ui.dashboard import Dashboard
from tests.ui.screen import display, put_pointer_away, xvfb

FOLDER = Path(__file__).parents[2] / ".github"
_SEED = 3
_RUN_MS = 75_000  # long enough for a chart of a minute
_SETTLED_MS = 600
_COINS = ("ETHUSDT", "BTCUSDT", "SOLUSDT", "XRPUSDT", "DOGEUSDT", "LINKUSDT", "AVAXUSDT", "ADAUSDT", "SUIUSDT")
_RULES = (
    Rule("entry is cheap", "ETHUSDT", Number.SPREAD, Direction.BELOW, Decimal("-1.70"), Decimal("-1.50"), 0.0, 20.0),
    Rule("any coin at −6 bps", None, Number.BPS, Direction.BELOW, Decimal(-6), Decimal(-5), 0.0, 60.0),
)


@dataclass(frozen=True, slots=True)
class Picture:
    """What to picture. `act` is done before the shutter."""

    name: str
    act: Callable[[Dashboard], object]
    symbols: tuple[str, ...] = _COINS
    compact: bool = False
    rules: tuple[Rule, ...] = ()


def _nothing(_dashboard: Dashboard) -> None:
    return


def _evidence(dashboard: Dashboard) -> None:
    dashboard._act("evidence")


def _alerts(dashboard: Dashboard) -> None:
    dashboard._act("alerts")


PICTURES = (
    Picture("dashboard", _nothing),
    Picture("one", _nothing, symbols=("ETHUSDT",)),
    Picture("evidence", _evidence),
    Picture("alerts", _alerts, symbols=("ETHUSDT",), rules=_RULES),
    Picture("compact", _nothing, symbols=("ETHUSDT",), compact=True),
)
SHOWN = {("dashboard", "dark"), ("one", "light"), ("evidence", "dark"), ("alerts", "light"), ("compact", "dark")}
"""The pictures of the README, at 96 dpi, with their themes."""


def shoot(picture: Picture, theme: Literal["dark", "light"], target: Path) -> None:
    """Run the demo for a while and picture its window."""
    default = Config()
    window = replace(default.window, theme=theme, compact=picture.compact, time_zone="utc", remember_geometry=False)
    settings = replace(default, symbols=picture.symbols, window=window, alerts=picture.rules)
    session = app.demo(settings, _SEED)
    services = Services(session)
    dashboard = app._open_dashboard(session, settings, services)

    def pose() -> None:
        picture.act(dashboard)
        dashboard.root.after(_SETTLED_MS, shutter)

    def shutter() -> None:
        dashboard._layout.chart.chart._painted_at_s = 0.0  # else it may show a moment before
        dashboard.render(session.turn())
        dashboard.root.update_idletasks()
        subprocess.run(["import", "-window", hex(dashboard.root.winfo_id()), target], check=True)
        dashboard.close()

    session.show(session.symbols[:1])
    dashboard.show()
    dashboard._act("chart_1m")
    session.start()
    dashboard.root.after(_RUN_MS, pose)
    dashboard.run(session.turn)
    session.stop()


def main(folder: Path | None) -> None:
    """Take the pictures of the README, or all of them into a folder."""
    with xvfb(96) as normal, xvfb(192) as dense:
        for server, suffix in ((normal, ""), (dense, "@2x")):
            put_pointer_away(server)
            with display(server):
                for picture in PICTURES:
                    for theme in ("dark", "light"):
                        if folder is not None:
                            target = folder / f"{picture.name}-{theme}{suffix}.png"
                        elif suffix or (picture.name, theme) not in SHOWN:
                            continue
                        else:
                            target = FOLDER / f"{picture.name}.png"
                        shoot(picture, theme, target)
                        print(target)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
