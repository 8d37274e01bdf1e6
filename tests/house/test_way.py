"""A quote is followed through a small program of the same kind, and not into what is beside its way."""

import importlib.util
import queue
import sys
import threading
from decimal import Decimal
from pathlib import Path
from types import ModuleType

import pytest

from tests.house.test_house import plant
from tests.house.way import ASK, FUTURES_BID, SPREAD, WORDS, Tracer

WAY = {
    "feed/sock.py": "def recv(source):\n    return source.get()",
    "feed/stream.py": "def run(recv, source, parse, put):\n    while (raw := recv(source)):\n        put(parse(raw))",
    "feed/clock.py": "def now():\n    return 0",
    "feed/parse.py": "from decimal import Decimal\n"
    "def parse(raw):\n    return [Decimal(word) for word in raw.decode().split()]",
    "run.py": "def turn(take, update, label, bid, side, frozen):\n    quotes = take()\n    update(quotes, bid, side)\n"
    "    label(frozen(quotes[0] - bid))",
    "core.py": "def update(quotes, bid, side):\n    spread(quotes[0] - bid)\n    side(quotes[0] - bid)\n"
    "def spread(value): ...",
    "side.py": "def take(value): ...",
    "frozen.py": "class Frozen:\n    __dataclass_fields__ = {'current': None}\n"
    "def freeze(spread):\n    made = Frozen()\n    made.current = spread\n    return made",
    "text.py": "def signed(spread):\n    return f'{spread:+f}'.replace('-', '−')",
}


@pytest.fixture
def planted(tmp_path: Path) -> dict[str, ModuleType]:
    """Return the modules of a small program, by their names."""
    plant(tmp_path, WAY)
    made: dict[str, ModuleType] = {}
    for name in WAY:
        path = tmp_path / "spreadwatch" / name
        spec = importlib.util.spec_from_file_location(f"spreadwatch.planted_{path.stem}", path)
        assert spec
        assert spec.loader
        made[path.stem] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(made[path.stem])
    return made


def test_a_quote_is_followed_from_stage_to_stage_and_not_into_what_else_is_made_of_it(
    planted: dict[str, ModuleType], tmp_path: Path
) -> None:
    tracer = Tracer(tmp_path / "spreadwatch")
    wire: queue.Queue[bytes] = queue.Queue()
    inbox: queue.Queue[list[Decimal]] = queue.Queue()
    before = threading.getprofile(), sys.getprofile()
    threading.setprofile(tracer)
    sys.setprofile(tracer)
    try:
        feed = threading.Thread(
            target=planted["stream"].run, args=(planted["sock"].recv, wire, planted["parse"].parse, inbox.put)
        )
        feed.start()
        tracer.armed = True
        wire.put(f"{ASK} 1".encode())
        planted["run"].turn(
            lambda: inbox.get(timeout=5),
            planted["core"].update,
            lambda one: painted(planted["text"].signed(one.current)),
            Decimal(FUTURES_BID),
            planted["side"].take,
            planted["frozen"].freeze,
        )
        wire.put(b"")
        feed.join(5)
    finally:
        threading.setprofile(before[0])
        sys.setprofile(before[1])
    assert set(tracer.modules) == {
        "feed/sock.py",
        "feed/stream.py",
        "feed/parse.py",
        "run.py",
        "core.py",
        "frozen.py",
        "text.py",
    }
    assert tracer.done.is_set()


def painted(words: str) -> None:
    """Stand in for a label."""
    assert words == WORDS == f"{SPREAD:+f}"
