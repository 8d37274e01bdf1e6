"""A real headless Chromium, driven over its DevTools protocol."""

import base64
import http.client
import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import websocket

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
    "C:/Program Files (x86)/Microsoft/Edge/Application/msedge.exe",
)
INSTALL = "needs Chromium: apt-get install chromium (Debian), or install Google Chrome"
_START_S = 40.0


def chromium() -> str | None:
    """Return the program, None when there is none."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    return found or next((place for place in PLACES if Path(place).exists()), None)


class Page:
    """One tab. Remembers what it asked of whom, and all that it complained of."""

    def __init__(self, address: str) -> None:
        self._socket = websocket.create_connection(address, timeout=30, suppress_origin=True, http_no_proxy=["*"])
        self._number = 0
        self.requests: list[str] = []
        self.complaints: list[str] = []
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: object) -> Any:  # noqa: ANN401 - JSON
        """Send a command and return its result."""
        self._number += 1
        self._socket.send(json.dumps({"id": self._number, "method": method, "params": parameters}))
        while True:
            message = json.loads(self._socket.recv())
            if message.get("id") == self._number:
                assert "error" not in message, message
                return message["result"]
            self._note(message.get("method"), message.get("params", {}))

    def _note(self, method: str | None, parameters: dict[str, Any]) -> None:
        if method == "Network.requestWillBeSent":
            self.requests.append(parameters["request"]["url"])
        elif method == "Runtime.exceptionThrown":
            self.complaints.append(str(parameters["exceptionDetails"]))
        elif method == "Log.entryAdded" and parameters["entry"]["level"] in ("error", "warning"):
            self.complaints.append(str(parameters["entry"]))
        elif method == "Runtime.consoleAPICalled" and parameters["type"] in ("error", "warning", "assert"):
            self.complaints.append(str(parameters["args"]))

    def look(self, script: str) -> Any:  # noqa: ANN401 - JSON
        """Run a script in the page and return its value."""
        got = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in got, got
        return got["result"].get("value")

    def wait(self, script: str, limit_s: float = 20) -> Any:  # noqa: ANN401 - JSON
        """Wait until a script gives something true, and return it."""
        deadline = time.monotonic() + limit_s
        while not (found := self.look(script)):
            assert time.monotonic() < deadline, f"never: {script}; {self.complaints}"
            time.sleep(0.02)
        return found

    def size(self, width: int, height: int, *, dark: bool = True, scale: float = 1) -> None:
        """Make the tab so large, in CSS pixels, and prefer a theme."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=scale,
            mobile=width < 600,
        )
        scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        self.call("Emulation.setEmulatedMedia", features=scheme)

    def open(self, url: str) -> None:
        """Load an address."""
        self.call("Page.navigate", url=url)
        self.wait("document.readyState === 'complete'")

    def picture(self, path: Path) -> None:
        """Write a picture of the whole page."""
        got = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(got["data"]))

    def close(self) -> None:
        """Let go of it."""
        self._socket.close()


@contextmanager
def browser(folder: Path) -> Iterator[Page]:
    """Run Chromium with an empty profile in `folder` and yield its tab."""
    program = chromium()
    assert program is not None, INSTALL
    arguments = [
        *("--headless=new", "--remote-debugging-port=0", f"--user-data-dir={folder}", "--no-first-run"),
        *("--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking", "--disable-sync"),
        *("--disable-component-update", "--no-default-browser-check", "--hide-scrollbars", "--no-proxy-server"),
        *(["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []),
        "about:blank",
    ]
    process = subprocess.Popen([program, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        page = Page(_tab(folder))
        try:
            yield page
        finally:
            page.close()
    finally:
        process.terminate()
        process.wait(20)


def _tab(folder: Path) -> str:
    """Return the address of the first tab, once the browser has told its port."""
    told, deadline = folder / "DevToolsActivePort", time.monotonic() + _START_S
    while time.monotonic() < deadline:
        lines = told.read_text().splitlines() if told.exists() else []
        if len(lines) >= 2:
            connection = http.client.HTTPConnection("127.0.0.1", int(lines[0]), timeout=10)
            connection.request("GET", "/json/list")
            tabs = json.loads(connection.getresponse().read())
            connection.close()
            if pages := [tab for tab in tabs if tab["type"] == "page"]:
                return str(pages[0]["webSocketDebuggerUrl"])
        time.sleep(0.05)
    raise AssertionError(f"Chromium did not start within {_START_S:g} s")
