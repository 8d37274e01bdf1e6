"""Figures: receive and parse against other libraries, and socket to updated snapshot."""

import json
import statistics
from collections.abc import Callable
from decimal import Decimal

from msgspec import Struct

from tests.bench.figures import Figure
from tests.bench.processes import Answer, Children, ContenderError, per_message_ns

BASELINE_BAR = 1 / 15
PEER_BAR = 1 / 3
SNAPSHOT_BAR = 3.0
_PER_SECOND = 10_000  # frames a connection brings, per second asked for
_LAPS = 4
_PEERS = {
    "unicorn-binance-websocket-api": ("unicorn", "websockets"),
    "unicorn-binance-websocket-api, picows": ("unicorn", "picows"),
    "cryptofeed": ("cryptofeed", ""),
    "python-binance": ("python_binance", ""),
    "ccxt.pro": ("ccxt_pro", ""),
}
OURS, SPOT, BASELINE, SNAPSHOT = "ours", "ours on spot", "websocket-client", "snapshot"


class Told(Struct, frozen=True):
    """What the command line asked for."""

    seconds: float
    runs: int
    peers: str | None


class Race:
    """Lets every contender run once per round, all against one server."""

    def __init__(self, children: Children, told: Told, urls: Answer) -> None:
        self.values: dict[str, list[float]] = {}
        self.notes: dict[str, str] = {}
        self._children = children
        self._urls = urls
        self._count = int(urls["count"])
        self._warm = self._count // 20
        self._contenders: dict[str, Callable[[], float]] = {OURS: lambda: self._run("tests.bench.ours", str(_LAPS))}
        if told.peers:
            for name, (module, option) in _PEERS.items():
                self._contenders[name] = lambda module=module, option=option: self._run(  # type: ignore[misc]
                    f"tests.bench.peers.{module}", option, python=told.peers
                )

    def add_baseline(self) -> None:
        """Let websocket-client's usual path take part."""
        self._contenders[BASELINE] = lambda: self._run("tests.bench.baseline", "")

    def add_snapshot(self) -> None:
        """Let the whole session take part, and our feed on spot, whose frames are shorter."""
        self._contenders[SPOT] = lambda: self._run("tests.bench.ours", f"spot{_LAPS}", stream="spot_stream")
        self._contenders[SNAPSHOT] = self._snapshot

    def round(self) -> None:
        """Run each once. One that fails is left out from then on, with a note."""
        for name, run in list(self._contenders.items()):
            try:
                value = run()
            except ContenderError as error:
                if name == OURS:
                    raise
                self.notes[name] = str(error)
                del self._contenders[name]
                self.values.pop(name, None)
            else:
                self.values.setdefault(name, []).append(value)

    def _run(self, module: str, option: str, *, python: str | None = None, stream: str = "futures_stream") -> float:
        urls, numbers = (self._urls[stream], self._urls["futures_rest"]), (str(self._count), str(self._warm))
        options = {"python": python} if python else {}
        answer = self._children.figures(module, *urls, *numbers, option, **options)
        expected = Decimal(self._urls["last_bid"][stream.partition("_")[0]])
        if Decimal(answer["last_bid"]) != expected:
            raise ContenderError(f"its last bid was {answer['last_bid']}, not {expected}")
        self.notes[module + option] = answer["version"]
        return per_message_ns(answer)

    def _snapshot(self) -> float:
        arguments = (json.dumps(self._urls), str(self._count), str(self._warm), str(_LAPS))
        return per_message_ns(self._children.figures("tests.bench.snapshot", *arguments))


def measure(children: Children, told: Told, wanted: set[str]) -> list[Figure]:
    """Return the figures of `receive` and `snapshot`, whichever is wanted."""
    count = max(int(_PER_SECOND * told.seconds), 2_000)
    with children.server("tests.bench.source", "--count", str(count)) as source:
        race = Race(children, told if "receive" in wanted else Told(told.seconds, told.runs, None), source.line())
        if "receive" in wanted:
            race.add_baseline()
        if "snapshot" in wanted:
            race.add_snapshot()
        for _ in range(told.runs):
            race.round()
    figures = [Figure("receive + parse, per message: ours", " ns", None, race.values[OURS])]
    if "receive" in wanted:
        figures += _against_others(race, told)
    if "snapshot" in wanted:
        figures += _snapshot(race)
    return figures


def _against_others(race: Race, told: Told) -> list[Figure]:
    ours, baseline = race.values[OURS], race.values.get(BASELINE, [])
    figures = [
        Figure("· websocket-client on_message + json", " ns", None, baseline, race.notes.get(BASELINE, "")),
        Figure("· ours ÷ websocket-client", " ×", BASELINE_BAR, _ratios(ours, baseline)),
    ]
    for name, (module, option) in _PEERS.items():
        if told.peers:
            version = race.notes.get(name) or race.notes.get(f"tests.bench.peers.{module}{option}", "")
            figures.append(Figure(f"· {name}", " ns", None, race.values.get(name, []), version))
    peers = {name: race.values[name] for name in _PEERS if name in race.values}
    why = "no --peers given" if not told.peers else "no peer could be measured"
    best = min(peers, key=lambda name: statistics.median(peers[name]), default=None)
    if best is None:
        return [*figures, Figure("· ours ÷ best other library", " ×", PEER_BAR, [], why)]
    return [*figures, Figure("· ours ÷ best other library", " ×", PEER_BAR, _ratios(ours, peers[best]), best)]


def _snapshot(race: Race) -> list[Figure]:
    snapshot, spot = race.values.get(SNAPSHOT, []), race.values.get(SPOT, [])
    feeds = [(one + other) / 2 for one, other in zip(race.values[OURS], spot, strict=False)]
    note = "÷ mean of both venues' receive + parse"
    return [
        Figure("socket to updated snapshot, per quote", " ns", None, snapshot, race.notes.get(SNAPSHOT, "")),
        Figure("· ÷ receive + parse", " ×", SNAPSHOT_BAR, _ratios(snapshot, feeds), note),
    ]


def _ratios(ours: list[float], theirs: list[float]) -> list[float]:
    """Return the ratio of each round; both ran within it, one after the other."""
    return [one / other for one, other in zip(ours, theirs, strict=False)]
