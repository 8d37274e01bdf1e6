"""The web page's files, read once: nothing of a request ever becomes a file name."""

from importlib import resources

from msgspec import Struct

_TYPES = {
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "svg": "image/svg+xml",
    "LICENSE": "text/plain; charset=utf-8",
}


class PageFile(Struct, frozen=True):
    """One file as it is sent."""

    content: bytes
    media: str


def files() -> dict[str, PageFile]:
    """Return every file of the page by its path; the page itself is at /."""
    found = {}
    for entry in resources.files("spreadwatch.api").joinpath("web").iterdir():
        kind = entry.name.rpartition(".")[2]
        if kind in _TYPES:
            path = "/" if entry.name == "index.html" else f"/{entry.name}"
            found[path] = PageFile(entry.read_bytes(), _TYPES[kind])
    return found
