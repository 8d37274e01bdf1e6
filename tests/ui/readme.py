"""The README's pictures, from the demo: `python -m tests.ui.readme`. Needs Xvfb and ImageMagick."""

import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Literal

from spreadwatch import app
from spreadwatch.config import Config
from tests.ui.screen import display, xvfb

FOLDER = Path(__file__).parents[2] / ".github"
_SEED = 3
_RUN_MS = 9_000  # long enough for a high, a low and a rate to show


def shoot(theme: Literal["dark", "light"], *, compact: bool) -> Path:
    """Run the demo for a while and picture its window."""
    name = f"dashboard-{'compact' if compact else theme}.png"
    default = Config()
    window = replace(default.window, theme=theme, compact=compact, time_zone="utc", remember_geometry=False)
    settings = replace(default, window=window)
    session = app.demo(settings, _SEED)
    dashboard = app._open_dashboard(session, settings)

    def shutter() -> None:
        subprocess.run(["import", "-window", hex(dashboard.root.winfo_id()), FOLDER / name], check=True)
        dashboard.close()

    dashboard.show()
    session.start()
    dashboard.root.after(_RUN_MS, shutter)
    dashboard.run(session.pump.turn)
    session.stop()
    return FOLDER / name


def main() -> None:
    """Take all three."""
    with xvfb(96) as server, display(server):
        for theme, compact in (("dark", False), ("light", False), ("dark", True)):
            print(shoot(theme, compact=compact))  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
