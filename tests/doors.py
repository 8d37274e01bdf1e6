"""The rooms of the package: what is in each and which others it may import. `python -m tests.doors` prints them."""

from typing import NamedTuple

SETTINGS = {"config", "errors"}


class Room(NamedTuple):
    """What a folder or a file of the package is for, and the other rooms it may import; None: all of them."""

    holds: str
    doors: set[str] | None


ROOMS: dict[str, Room] = {
    "core": Room(
        "the model: quotes, legs, spread, extremes, series, alerts, market, snapshot, and how times are written. Pure: "
        "no I/O, threads, clocks, chance",
        set(),
    ),
    "feed": Room(
        "the exchange: its names and URLs, what its lists say, its connections and when to try again, a parser for "
        "each kind of stream. The only place with websockets",
        {"core", *SETTINGS, "worker"},
    ),
    "sources": Room(
        "what plays without the exchange: captures, recordings, the playhead, the demo",
        {"core", *SETTINGS, "worker", "feed", "storage"},
    ),
    "run": Room(
        "one run: inbox and pump, session, live, playback, and what goes on beside it: alerts out, recording, web",
        {"core", *SETTINGS, "worker", "feed", "sources", "storage", "api", "notify"},
    ),
    "storage": Room(
        "the recorder, a folder per database, questions to a recording, its export",
        {"core", *SETTINGS, "worker"},
    ),
    "api": Room("HTTP: questions, live events, metrics, the web page", {"core", *SETTINGS, "worker"}),
    "notify": Room("the ways in which an alert leaves the program, a file each", {"core", *SETTINGS, "worker"}),
    "commands": Room(
        "the commands without a window: what they ask and print",
        {"core", *SETTINGS, "run", "feed", "sources", "storage"},
    ),
    "ui": Room(
        "the window, a folder for each thing that a person sees: `frame/` the window itself, its title, keys and bars, "
        "`cards/` the numbers, `chart/`, `watch/` the list of coins, `alerts/`, `gaps/`, and `kit/`, what all are made "
        "of: colours, fonts, painter, tables. The only place with tkinter",
        {"core", "config"},
    ),
    "config": Room(
        "the settings: keys with their defaults, kinds of value, where values come from, how they are printed",
        {"core", "errors"},
    ),
    "app": Room("builds the parts, wires them, starts and stops them", None),
    "cli": Room("arguments, one-line errors", {"core", *SETTINGS, "logs", "commands", "app"}),
    "errors": Room("every failure that a person is told in a sentence, with its exit code", set()),
    "worker": Room("a named thread: its start, its stop, its end", {"core"}),
    "logs": Room("the log file", SETTINGS),
    "__main__": Room("`python -m spreadwatch`", {"cli"}),
    "__init__": Room("the version", set()),
}
"""Folders first. A room without a row is a fault."""

KEYS = "frame.shortcuts"
UI_ROOMS: dict[str, set[str]] = {
    "kit": set(),
    "frame": {"kit"},
    "cards": {"kit", KEYS},
    "chart": {"kit", KEYS},
    "alerts": {"kit", KEYS},
    "watch": {"kit", KEYS},
    "gaps": {"kit", KEYS},
}
"""Folder of the window -> what else of the window it may import. The files beside them put the folders together."""

FOLDERS = ("core", "feed", "sources", "run", "storage", "api", "notify", "commands", "ui", "config")


def table() -> str:
    """Return the rooms as CONTRIBUTING shows them."""
    lines = ["| room | what | may import |", "|---|---|---|"]
    for name, room in ROOMS.items():
        shown = name + ("/" if name in FOLDERS else ".py")
        doors = "everything" if room.doors is None else ", ".join(sorted(room.doors)) or "nothing else"
        lines.append(f"| `{shown}` | {room.holds} | {doors} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(table(), end="")
