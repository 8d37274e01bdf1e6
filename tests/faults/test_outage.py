"""The server or the network goes away and comes back: the first quote is there within six seconds."""

import random
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from unittest.mock import patch
from urllib.parse import urlsplit

import pytest

from spreadwatch.core.quote import Instant, Side
from spreadwatch.feed import dial, policy, stream
from spreadwatch.feed.frames import FrameDecoder
from spreadwatch.feed.policy import Attempts, StreamSettings
from spreadwatch.feed.reader import Reader
from spreadwatch.feed.stream import Stream
from tests.exchange.server import Exchange
from tests.faults import figures
from tests.faults.proxy import Proxy
from tests.faults.streams import USUAL, Mutants, Publisher, SkippedTime, Streams, bases, fails, lone, quantile

SPOT = Side.SPOT
_BACK_S = 6.0
_PROMISE = "network back to first quote, p99"
Away = Callable[[Exchange, Proxy], tuple[Callable[[], None], Callable[[], None]]]

AWAY: dict[str, Away] = {
    "refuses": lambda exchange, _: (lambda: exchange.stop("spot"), lambda: exchange.start("spot")),
    "answers nothing": lambda _, proxy: (proxy.freeze, proxy.thaw),
    "proxy gone": lambda _, proxy: (proxy.go_away, proxy.come_back),
}


def one_outage(manner: str, away_s: float, settings: StreamSettings) -> float:
    """Return the seconds from the server's return to the first quote."""
    with Exchange() as exchange, Proxy(urlsplit(exchange.spot_stream).port or 0) as proxy, Publisher(exchange, 0.02):
        go, come_back = AWAY[manner](exchange, proxy)
        urls = bases(exchange, SPOT) if manner == "refuses" else {SPOT: proxy.url}
        with Streams(urls, settings) as streams:
            streams.wait(lambda: streams.quotes(SPOT))
            go()
            time.sleep(away_s)
            begun = len(streams.quotes(SPOT))
            assert streams.reasons(SPOT) or away_s < settings.silence_s, "the loss was not seen"
            back_s = time.monotonic()
            come_back()
            streams.wait(lambda: len(streams.quotes(SPOT)) > begun, 30.0, "a quote")
            taken_s = streams.quotes(SPOT)[begun][0] - back_s
            streams.stop()
    return taken_s


def outages(cases: list[tuple[str, float]], settings: StreamSettings, limit_s: float, unit: str = "s") -> None:
    """Outages side by side; the slowest return decides, because there are fewer than a hundred."""
    with ThreadPoolExecutor(len(cases)) as pool:
        runs = [pool.submit(one_outage, manner, away_s, settings) for manner, away_s in cases]
        taken = [run.result() for run in runs]
    for seconds in taken:
        if settings is USUAL:
            figures.note(_PROMISE, seconds, unit, limit_s)
    worst = quantile(taken, 0.99)
    assert worst <= limit_s, f"{worst:.2f} s: {dict(zip(cases, taken, strict=True))}"


def test_back_after_1_s_and_10_s_in_real_time() -> None:
    outages([(manner, away_s) for manner in AWAY for away_s in (1.0, 1.0, 10.0, 10.0)], USUAL, _BACK_S)


@pytest.mark.skipif(not figures.is_long(), reason="a minute long: only with --long")
def test_back_after_60_s_in_real_time() -> None:
    outages([(manner, 60.0) for manner in AWAY for _ in range(4)], USUAL, _BACK_S)


_SCALE = 10.0
_TENTH = StreamSettings(silence_s=0.3, handshake_s=0.5, backoff_cap_s=0.5)


def scaled_outages() -> None:
    """Many outages at a tenth of the time."""
    chance = random.Random(figures.seed())
    cases = [("refuses", chance.uniform(0.1, 2.0)) for _ in range(24)]
    with ExitStack() as stack:
        stack.enter_context(patch.object(policy, "_FIRST_DELAY_S", 0.05))
        stack.enter_context(patch.object(dial, "_ADDRESS_S", 0.15))
        stack.enter_context(patch.object(Attempts.__init__, "__defaults__", (10, 0.5)))
        outages(cases, _TENTH, _BACK_S / _SCALE + 0.15)  # what threads and sockets take is not scaled


def test_back_after_scaled_outages() -> None:
    scaled_outages()


def arithmetic(runs: int = 1500) -> None:
    """Outages of half a second to five minutes on a skipped clock: only the pacing decides."""
    chance = random.Random(figures.seed())
    taken: list[float] = []
    for _ in range(runs):
        skipped = SkippedTime()
        back_s = skipped.monotonic() + chance.choice((1.0, 10.0, 60.0, chance.uniform(0.5, 300)))
        one = lone("ws://127.0.0.1:1", skipped, chance.random)

        def refuse(self: Reader, *_: object, skipped: SkippedTime = skipped, back_s: float = back_s) -> None:
            if skipped.monotonic() >= back_s:
                taken.append(skipped.monotonic() - back_s)
                one._stopping.set()  # noqa: B023 - it runs within this turn
            else:
                skipped.skip(chance.choice((0.0, 0.0, 1.5)))  # refused at once, or not answered
            raise ConnectionRefusedError

        with patch.object(Reader, "open", refuse), patch.object(stream, "time", skipped):
            one._run()
    worst = quantile(taken, 0.99)
    figures.note(f"{_PROMISE}, {runs} outages on a skipped clock", worst, "s", _BACK_S)
    assert worst <= _BACK_S, f"{worst:.2f} s"
    assert max(taken) <= _BACK_S + 1.5


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_the_pacing_brings_it_back_in_time() -> None:
    arithmetic()


class SlowNames:
    """A name server that is away, as a system's resolver shows it.

    A look-up asks at once and again after `again_s`, and fails after twice that time. A question is answered
    if the network is there at that moment. `ports` and `away`: of each host.
    """

    def __init__(self, again_s: float) -> None:
        self.ports: dict[str, int] = {}
        self.away: set[str] = set()
        self._again_s = again_s

    def __call__(self, host: str) -> list[tuple[object, ...]]:
        for _ in range(2):
            if host not in self.away:
                return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", self.ports[host]))]
            time.sleep(self._again_s)
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")


def names_come_back(names: SlowNames, away_s: float) -> float:
    """Return the seconds from the return of network and name server to the first quote, in tenths of the time."""
    with Exchange() as exchange, Publisher(exchange, 0.02):
        host = f"exchange-{away_s}.test"
        names.ports[host] = urlsplit(exchange.spot_stream).port or 0
        with Streams({SPOT: f"ws://{host}"}, _TENTH) as streams:
            streams.wait(lambda: streams.quotes(SPOT))
            names.away.add(host)
            exchange.stop("spot")
            time.sleep(away_s)
            exchange.start("spot")
            begun, back_s = len(streams.quotes(SPOT)), time.monotonic()
            names.away.discard(host)
            streams.wait(lambda: len(streams.quotes(SPOT)) > begun, 10.0, "a quote")
            taken_s = streams.quotes(SPOT)[begun][0] - back_s
            streams.stop()
            return taken_s


def names_come_back_often() -> None:
    """Outages of the name server, side by side."""
    names = SlowNames(5.0 / _SCALE)
    with (
        patch.object(policy, "_FIRST_DELAY_S", 0.05),
        patch.object(Attempts.__init__, "__defaults__", (10, 0.5)),
        patch("socket.getaddrinfo", lambda host, *rest, **more: _lookup(names, host, *rest, **more)),
        ThreadPoolExecutor(16) as pool,
    ):
        runs = [pool.submit(names_come_back, names, 1.0 + 0.07 * number) for number in range(32)]
        taken = sorted(run.result() for run in runs)
    # The system asks again after 5 s; that leaves one wait between two attempts, and the attempt itself.
    limit_s = _BACK_S / _SCALE + 0.15
    figures.note("name server back to first quote, in tenths of the time", taken[-1], "s", limit_s)
    assert taken[-1] <= limit_s, taken


_getaddrinfo = socket.getaddrinfo


def _lookup(names: SlowNames, host: str, *rest: object, **more: object) -> object:
    return names(host) if host.endswith(".test") else _getaddrinfo(host, *rest, **more)  # type: ignore[arg-type]


def test_back_after_an_outage_of_the_name_server() -> None:
    names_come_back_often()


WAYS: dict[str, tuple[float, float, float, float]] = {  # latency, jitter, wait per byte, interval of quotes; in seconds
    "latency": (0.8, 0.0, 0.0, 0.01),
    "jitter": (0.05, 0.6, 0.0, 0.01),
    "trickle": (0.0, 0.0, 0.0005, 0.4),
    "all": (0.2, 0.3, 0.0005, 0.4),
}


def carried(way: str, limit_s: float = 7.0) -> None:
    """A slow way changes no quote, loses none, and is not taken for silence."""
    with Exchange() as exchange, Proxy(urlsplit(exchange.spot_stream).port or 0) as proxy:
        proxy.latency_s, proxy.jitter_s, proxy.trickle_s, interval_s = WAYS[way]
        wanted = 8 if proxy.trickle_s else 150
        with Publisher(exchange, interval_s), Streams({SPOT: proxy.url}, USUAL) as streams:
            streams.wait(lambda: len(streams.quotes(SPOT)) >= wanted, limit_s, f"{wanted} quotes")
            streams.stop()
    quotes = [quote for _, quote in streams.quotes(SPOT)]
    ids = [quote.update_id for quote in quotes]
    assert ids == list(range(ids[0], ids[0] + len(ids))), ids
    assert all(f"{quote.bid}" == f"{1000 + quote.update_id % 97}.10" for quote in quotes)
    assert all(f"{quote.ask}" == f"{1000 + quote.update_id % 97}.20" for quote in quotes)
    assert not [batch.rejects for _, batch in streams.batches(SPOT) if batch.rejects]
    figures.note("false silence on slow ways", len(streams.reasons(SPOT)), "losses", 0)
    assert not streams.reasons(SPOT), streams.story()


@pytest.mark.parametrize("way", WAYS)
def test_a_slow_way_changes_nothing(way: str) -> None:
    carried(way)


MUTANTS: Mutants = {
    "uncapped backoff": lambda: [patch.object(policy, "delays", _uncapped)],
    "a fixed wait": lambda: [patch.object(policy, "delays", lambda *_: iter(lambda: 12.0, None))],
    "half frames forgotten": lambda: [patch.object(FrameDecoder, "feed", _forgetful)],
    "hasty watchdog": lambda: [patch.object(Stream, "check", _hasty)],
    "a fixed wait, scaled": lambda: [patch.object(policy, "delays", lambda *_: iter(lambda: 1.2, None))],
}

_delays = policy.delays
_feed = FrameDecoder.feed
_check = Stream.check


def _forgetful(self: FrameDecoder, data: bytes) -> object:
    said = _feed(self, data)
    self._rest = bytearray()
    return said


def _hasty(self: Stream, now: Instant) -> None:
    _check(self, Instant(now.wall_ms + 2900, now.mono_ms + 2900))


def _uncapped(first_s: float, _: float, chance: Callable[[], float]) -> object:
    return _delays(first_s, 1e9, chance)


@pytest.mark.parametrize("mutant", ["uncapped backoff", "a fixed wait"])
def test_a_pacing_that_waits_too_long_is_noticed(mutant: str) -> None:
    fails(MUTANTS[mutant](), lambda: arithmetic(200))


def test_a_long_wait_on_real_sockets_is_noticed() -> None:
    fails(MUTANTS["a fixed wait, scaled"](), scaled_outages)


@pytest.mark.parametrize(("mutant", "way"), [("half frames forgotten", "trickle"), ("hasty watchdog", "jitter")])
def test_impatience_with_slow_ways_is_noticed(mutant: str, way: str) -> None:
    fails(MUTANTS[mutant](), lambda: carried(way, 5.0))
