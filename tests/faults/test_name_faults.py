"""Names, addresses and proxies that fail: every address gets its turn, nothing hangs, nothing piles up."""

import os
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from unittest.mock import patch
from urllib.parse import urlsplit

import pytest

from spreadwatch.core.events import Phase
from spreadwatch.core.quote import Side
from spreadwatch.feed import dial, resolve
from spreadwatch.feed.dial import WebSocketConnection
from spreadwatch.feed.policy import StreamSettings
from spreadwatch.feed.resolve import Resolver
from spreadwatch.feed.stream import Stream
from tests.exchange.server import Exchange
from tests.faults import figures
from tests.faults.proxy import ConnectProxy, DeadAddress
from tests.faults.streams import SCALED, USUAL, Mutants, Publisher, Streams, bases, fails

SPOT = Side.SPOT
_NAME = "exchange.test"
_V4, _V6 = socket.AF_INET, socket.AF_INET6
_Found = tuple[int, tuple[object, ...]]
_getaddrinfo = socket.getaddrinfo


@contextmanager
def names(found: Callable[[], Sequence[_Found]]) -> Iterator[list[float]]:
    """Let `found` say the addresses of the test's name; yields when it was asked."""
    asked: list[float] = []

    def look_up(host: str, *rest: object, **more: object) -> object:
        if host != _NAME:
            return _getaddrinfo(host, *rest, **more)  # type: ignore[arg-type]
        asked.append(time.monotonic())
        return [(family, socket.SOCK_STREAM, 6, "", address) for family, address in found()]

    with patch("socket.getaddrinfo", look_up):
        yield asked


def _port(exchange: Exchange) -> int:
    return urlsplit(exchange.spot_stream).port or 0


def _closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


def _fail() -> Sequence[_Found]:
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


def _odd() -> Sequence[_Found]:
    raise UnicodeError("label empty or too long")


@pytest.mark.parametrize("found", [_fail, _odd], ids=["unknown", "no such name"])
def test_a_name_that_fails_is_explained_and_asked_again(found: Callable[[], Sequence[_Found]]) -> None:
    with names(found) as asked, Streams({SPOT: f"ws://{_NAME}"}) as streams:
        streams.wait(lambda: len(streams.reasons(SPOT)) >= 3)
        assert streams.reasons(SPOT)[0].startswith(f"cannot find the address of {_NAME}: is this machine online?")
        assert len(asked) >= 3


def hangs(settings: StreamSettings) -> None:
    """A look-up that never returns is given up in time, and one only is under way."""
    release = threading.Event()

    def hang() -> Sequence[_Found]:
        release.wait(60)
        return []

    before = threading.active_count()
    attempts = 1 if settings is USUAL else 5
    try:
        with names(hang), Streams({SPOT: f"ws://{_NAME}"}, settings) as streams:
            streams.wait(
                lambda: len(streams.links(SPOT, Phase.LOST)) >= attempts, 1.2 + 1.3 * attempts * settings.handshake_s
            )
            opening, lost = streams.links(SPOT, Phase.OPENING), streams.links(SPOT, Phase.LOST)
            taken_s = max(end_s - begin_s for (begin_s, _), (end_s, _) in zip(opening, lost, strict=False))
            piled = sum(thread.name == "feed-resolve" for thread in threading.enumerate())
            streams.wait(lambda: len(streams.links(SPOT, Phase.OPENING)) > attempts)
            streams.stop()
    finally:
        release.set()
    assert "did not answer within" in streams.reasons(SPOT)[0]
    if settings is USUAL:
        figures.note("hanging name server given up", taken_s, "s", 5.2)
    assert taken_s <= settings.handshake_s + 0.2, f"{taken_s} s"
    figures.note("threads of a hanging name server", piled, "threads", 1)
    assert piled <= 1, f"{piled} threads after {attempts} attempts"
    figures.note("stop while the name server hangs", streams.stopped_s, "s", 0.3)
    assert streams.stopped_s <= 0.3
    deadline_s = time.monotonic() + 2
    while threading.active_count() > before and time.monotonic() < deadline_s:
        time.sleep(0.01)
    assert threading.active_count() <= before


_QUICK = StreamSettings(silence_s=0.5, handshake_s=0.2, backoff_cap_s=0.1)


@pytest.mark.parametrize("settings", [_QUICK, USUAL], ids=["scaled", "real time"])
def test_a_hanging_name_server_is_given_up(settings: StreamSettings) -> None:
    hangs(settings)


def _first_quote_s(streams: Streams) -> float:
    streams.wait(lambda: streams.quotes(SPOT), 3.0, "a quote")
    return streams.quotes(SPOT)[0][0] - streams.links(SPOT, Phase.OPENING)[0][0]


def dead_first(dead: _Found, limit_s: float) -> None:
    """The first address is dead: the second one serves, and comes first the next time."""
    with Exchange() as exchange, Publisher(exchange), names(lambda: [dead, (_V4, ("127.0.0.1", _port(exchange)))]):  # noqa: SIM117
        with Streams({SPOT: f"ws://{_NAME}"}, USUAL) as streams:
            taken_s = _first_quote_s(streams)
            assert not streams.reasons(SPOT), streams.story()
            seen, lost_s = len(streams.quotes(SPOT)), time.monotonic()
            exchange.rst("spot")
            exchange.wait_until(lambda: len(exchange.attempts("spot")) == 2, 3.0)
            streams.wait(lambda: len(streams.quotes(SPOT)) > seen + 1)
            opened_s = streams.links(SPOT, Phase.OPEN)[1][0] - streams.links(SPOT, Phase.OPENING)[1][0]
            assert lost_s < streams.links(SPOT, Phase.OPENING)[1][0]
            streams.stop()
    figures.note("first quote behind a dead first address", taken_s, "s", 2.0)
    assert taken_s <= limit_s, f"{taken_s} s"
    figures.note("dead address tried again after a loss", opened_s, "s", 0.5)
    assert opened_s <= 0.5, f"the address that worked did not come first: {opened_s} s"


def _has_v6() -> bool:
    try:
        socket.create_server(("::1", 0), family=_V6).close()
    except OSError:
        return False
    return True


_v6 = pytest.mark.skipif(not _has_v6(), reason="this machine has no IPv6 loopback")


def test_a_closed_first_address_costs_nothing() -> None:
    dead_first((_V4, ("127.0.0.1", _closed_port())), 0.5)


def test_a_dead_first_address_is_passed_by() -> None:
    with DeadAddress() as dead:
        dead_first((_V4, (dead.host, dead.port)), 2.0)


@_v6
def test_ipv6_first_and_dead_is_passed_by() -> None:
    with DeadAddress("::1") as dead:
        dead_first((_V6, (dead.host, dead.port, 0, 0)), 2.0)


@_v6
def test_ipv6_first_and_closed_is_passed_by() -> None:
    dead_first((_V6, ("::1", _closed_port(), 0, 0)), 0.5)


def test_an_address_of_a_family_that_this_machine_lacks_is_passed_by() -> None:
    dead_first((socket.AF_DECnet if hasattr(socket, "AF_DECnet") else 12, ("::1", 1, 0, 0)), 0.5)


def test_an_unreachable_first_address_is_passed_by() -> None:
    dead_first((_V6, ("2001:db8::1", 9, 0, 0)), 2.0)


def all_dead() -> None:
    """Every address is dead: given up within the limit of the handshake."""
    with DeadAddress() as dead, names(lambda: [(_V4, (dead.host, dead.port))] * 6):  # noqa: SIM117
        with Streams({SPOT: f"ws://{_NAME}"}, USUAL) as streams:
            streams.wait(lambda: streams.reasons(SPOT), 6.0)
            taken_s = streams.links(SPOT, Phase.LOST)[0][0] - streams.links(SPOT, Phase.OPENING)[0][0]
            streams.wait(lambda: len(streams.links(SPOT, Phase.OPENING)) == 2)
            streams.stop()
    figures.note("dead handshake given up", taken_s, "s", 5.2)
    assert taken_s <= 5.2, f"{taken_s} s"
    assert streams.stopped_s <= 0.3, f"stop took {streams.stopped_s} s"


def test_six_dead_addresses_are_given_up_in_time() -> None:
    all_dead()


# ----- proxies


@contextmanager
def environment(**variables: str) -> Iterator[None]:
    """Set proxies in the environment, and none else."""
    kept = {key: value for key, value in os.environ.items() if not key.lower().endswith("_proxy")}
    with patch.dict(os.environ, {**kept, **variables}, clear=True):
        yield


def _through(answer: bytes | None, *, hang_up: bool = True, settings: StreamSettings = SCALED) -> tuple[str, list[str]]:
    """Connect through a proxy; return the first reason, empty once a quote came, and what the proxy was asked."""
    with Exchange() as exchange, Publisher(exchange), ConnectProxy(_port(exchange), answer, hang_up=hang_up) as proxy:  # noqa: SIM117
        with environment(http_proxy=f"http://someone:s%65cret@127.0.0.1:{proxy.port}"):
            with Streams({SPOT: f"ws://{_NAME}:9443"}, settings) as streams:
                streams.wait(lambda: streams.quotes(SPOT) or streams.reasons(SPOT))
                streams.stop()
    return "".join(streams.reasons(SPOT)[:1]), proxy.asked


def tunnel() -> None:
    """Quotes come through the proxy that the environment names, which looks the name up."""
    with names(_fail) as asked_names:
        reason, asked = _through(None)
    assert not reason, reason
    assert asked[0].startswith(f"CONNECT {_NAME}:9443 HTTP/1."), asked
    assert "Proxy-Authorization: Basic c29tZW9uZTpzZWNyZXQ=" in asked[0]
    assert not asked_names


def test_a_proxy_of_the_environment_is_used() -> None:
    tunnel()


REFUSING: dict[str, tuple[bytes, str]] = {
    "403": (b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno", "answered 403"),
    "407": (b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "answered 407"),
    "502": (b"HTTP/1.1 502 Bad Gateway\r\n\r\n", "answered 502"),
    "nonsense": (b"\x05\x00 what?\r\n\r\n", "did not answer in HTTP"),
    "nothing": (b"", "proxy"),
    "endless header": (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n", "did not answer in HTTP"),
    "long line": (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000, "did not answer in HTTP"),
}


@pytest.mark.parametrize("case", REFUSING)
def test_a_proxy_that_declines_is_named(case: str) -> None:
    answer, words = REFUSING[case]
    reason, _ = _through(answer)
    assert words in reason, reason
    assert "127.0.0.1" in reason
    assert "secret" not in reason
    assert len(reason) < 200
    assert not re.search(r"[\n\r]|Errno|\\x", reason), reason


def test_a_proxy_that_stalls_is_given_up() -> None:
    began_s = time.monotonic()
    reason, _ = _through(b"HTTP/1.1 200 Conn", hang_up=False)
    assert "did not answer within" in reason or "proxy" in reason
    assert time.monotonic() - began_s <= 1.2


@pytest.mark.parametrize(
    "proxy", ["http://127.0.0.1:no", "http://[::1", "socks5://127.0.0.1:1", "http://", "http://\udc80:80"]
)
def test_a_proxy_that_is_none_is_explained(proxy: str) -> None:
    with patch.object(dial, "getproxies", lambda: {"http": proxy}), names(_fail):  # noqa: SIM117
        with Streams({SPOT: f"ws://{_NAME}"}) as streams:
            streams.wait(lambda: streams.reasons(SPOT))
            assert "an error in this program" not in streams.reasons(SPOT)[0]


def never_for_loopback() -> None:
    """Loopback is never asked for through a proxy."""
    with Exchange() as exchange, Publisher(exchange), ConnectProxy(_port(exchange), b"") as proxy:
        address = f"http://127.0.0.1:{proxy.port}"
        with (
            environment(http_proxy=address, https_proxy=address, all_proxy=address),
            Streams(bases(exchange, SPOT)) as streams,
        ):
            streams.wait(lambda: streams.quotes(SPOT), 2.0)
    assert not proxy.asked


def test_loopback_needs_no_proxy() -> None:
    never_for_loopback()


def _resolve_by_hand(self: Resolver, host: str, port: int, limit_s: float, cancelled: threading.Event) -> object:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [(family, kind, protocol, address) for family, kind, protocol, _, address in found]


_addresses = Resolver.addresses


def _piling(self: Resolver, host: str, port: int, limit_s: float, cancelled: threading.Event) -> object:
    self._asked.clear()
    return _addresses(self, host, port, limit_s, cancelled)


def _first_only(self: Resolver, *arguments: object) -> object:
    return _addresses(self, *arguments)[:1]  # type: ignore[arg-type]


_connect = WebSocketConnection._connect


def _slow(self: WebSocketConnection, host: str, port: int, deadline: float) -> socket.socket:
    return _connect(self, host, port, deadline + 10)


MUTANTS: Mutants = {
    "look-up on the feed's thread": lambda: [patch.object(Resolver, "addresses", _resolve_by_hand)],
    "look-ups pile up": lambda: [patch.object(Resolver, "addresses", _piling)],
    "first address only": lambda: [patch.object(Resolver, "addresses", _first_only)],
    "good address forgotten": lambda: [patch.object(Resolver, "worked", lambda *_: None)],
    "no limit per address": lambda: [patch.object(dial, "_ADDRESS_S", 60.0)],
    "no limit for all addresses": lambda: [
        patch.object(WebSocketConnection, "_connect", _slow),
        patch.object(Stream, "check"),
    ],
    "proxy ignored": lambda: [patch.object(dial, "proxy_for", lambda _: None)],
    "proxy for loopback": lambda: [patch.object(dial, "is_loopback", lambda _: False)],
    "patience without end": lambda: [patch.object(resolve, "_PATIENCE_S", 9.0)],
}


def _blackhole() -> None:
    with DeadAddress() as dead:
        dead_first((_V4, (dead.host, dead.port)), 2.0)


@pytest.mark.parametrize(
    ("mutant", "scenario"),
    [
        ("look-up on the feed's thread", lambda: hangs(_QUICK)),
        ("look-ups pile up", lambda: hangs(_QUICK)),
        ("patience without end", lambda: hangs(_QUICK)),
        ("first address only", _blackhole),
        ("good address forgotten", _blackhole),
        ("no limit per address", _blackhole),
        ("no limit for all addresses", all_dead),
        ("proxy ignored", tunnel),
        ("proxy for loopback", never_for_loopback),
    ],
)
def test_mutants_are_noticed(mutant: str, scenario: Callable[[], None]) -> None:
    patches: list[AbstractContextManager[object]] = list(MUTANTS[mutant]())
    fails(patches, scenario)
