"""Pictures of the page: `python -m tests.api.shots FOLDER`. Needs Chromium."""

import sys
import tempfile
import time
from pathlib import Path

from tests.api.browser import browser
from tests.api.moving import Moving, hour
from tests.api.parts import serving

SIZES = {"desktop": (1100, 900, 1.0), "phone": (360, 780, 2.0)}


def main(folder: Path) -> None:
    """Write every state at both sizes in both themes."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile, browser(Path(profile)) as page:
        for theme in ("dark", "light"):
            for name, (width, height, scale) in SIZES.items():
                with Moving(("ETHUSDT", "BTCUSDT")) as live, serving(hour(), live) as client:
                    page.size(width, height, dark=theme == "dark", scale=scale)
                    page.open(client.server.url)
                    page.wait("document.getElementById('state').className === 'pill live'")
                    page.look("for (const form of document.forms) form.requestSubmit()")
                    page.wait("[...document.querySelectorAll('.answer')].every((each) => each.textContent)")
                    time.sleep(4)
                    page.picture(folder / f"{name}-{theme}.png")
                    live.quiet.set()
                    page.wait("document.getElementById('state').className === 'pill stale'")
                    time.sleep(2)
                    page.picture(folder / f"{name}-{theme}-stale.png")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
