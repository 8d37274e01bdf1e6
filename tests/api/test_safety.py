"""What must not get in, and what must not hold the service up: real sockets that misbehave."""

import http.client
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from decimal import Decimal

import pytest

from spreadwatch.api.server import Server
from spreadwatch.api.settings import ServeError, ServeSettings
from tests.api.parts import NOON_MS, Client, ListArchive, SceneLive, read_all, serving
from tests.conftest import wait_for

TOKEN = "correct-horse-battery"
QUICK = ServeSettings(port=0, head_s=1.0, idle_s=1)


@pytest.fixture
def client() -> Iterator[Client]:
    with ExitStack() as stack:
        yield stack.enter_context(serving(live=SceneLive(), settings=QUICK))


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


# ----- names


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:1", "127.0.0.1", "127.0.0.1:8765", "[::1]", "[::1]:80", "localhost:99999"]
)
def test_this_machine_may_be_called_by_its_own_names(client: Client, host: str) -> None:
    assert client.ask("/healthz", Host=host).status == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:8765", "localhost.evil.example", "127.0.0.1.evil.example", "localhost:80@evil", "",
     "127.0.0.2", "0.0.0.0", "2130706433", "localhost:x", "[::1", "::1", "localhost, evil"],
)  # fmt: skip
def test_a_foreign_host_is_refused_before_any_route(client: Client, host: str) -> None:
    for target in ("/", "/api/v1/snapshot", "/nothing", "/api/v1/events"):
        got = client.ask(target, Host=host)
        assert got.status == 421, target
        assert list(got.json) == ["error"]


def test_without_a_host_there_is_no_answer_either(client: Client) -> None:
    assert status_of(client.raw(b"GET / HTTP/1.0\r\n\r\n")) == 421
    assert status_of(client.raw(b"GET / HTTP/1.1\r\n\r\n")) == 400
    assert status_of(client.raw(b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n")) == 400
    assert status_of(client.raw(b"GET http://localhost/ HTTP/1.1\r\nHost: evil.example\r\n\r\n")) == 421


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"])
def test_only_get_and_head_are_possible(client: Client, method: str) -> None:
    for target in ("/", "/api/v1/snapshot", "/nothing"):
        got = client.ask(target, method=method)
        assert (got.status, got.headers["allow"], list(got.json)) == (405, "GET, HEAD", ["error"])


def test_every_answer_forbids_what_browsers_would_allow(client: Client) -> None:
    for target in ("/", "/page.js", "/api/v1/snapshot", "/nothing", "/latest", "/metrics"):
        got = client.ask(target, Origin="https://evil.example")
        assert not [name for name in got.headers if name.startswith("access-control")]
        assert "script-src 'self'" in got.headers["content-security-policy"]
        assert "unsafe" not in got.headers["content-security-policy"]
        assert got.headers["x-content-type-options"] == "nosniff"
        assert "server" not in got.headers


def test_pages_of_other_sites_get_nothing_but_a_link_to_us_works(client: Client) -> None:
    cross = {"Sec_Fetch_Site": "cross-site"}
    assert client.ask("/api/v1/snapshot", **cross, Sec_Fetch_Mode="no-cors").status == 403
    assert client.ask("/", **cross, Sec_Fetch_Mode="navigate").status == 200


# ----- sizes


def test_what_is_too_long_is_refused(client: Client) -> None:
    assert client.ask("/latest?symbol=" + "x" * 5_000).status == 414
    assert client.ask("/healthz", X_Long="x" * 8_192).status == 431
    many = b"".join(b"X-%d: y\r\n" % number for number in range(900))
    assert status_of(client.raw(b"GET / HTTP/1.1\r\nHost: localhost\r\n" + many + b"\r\n")) == 431
    assert client.ask("/healthz").status == 200


def test_an_endless_head_is_cut_off_early(client: Client) -> None:
    with client.dial() as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nX: ")
        sent = 0
        try:
            while sent < 50_000_000:
                sent += connection.send(b"x" * 65_536)
        except OSError:
            pass
        assert sent < 20_000_000


@pytest.mark.parametrize(
    "head", [b"Content-Length: 5", b"Transfer-Encoding: chunked", b"Content-Length: 99999999999999999999"]
)
def test_a_question_with_a_body_is_refused_without_reading_it(client: Client, head: bytes) -> None:
    got = client.raw(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n" + head + b"\r\n\r\n")
    assert status_of(got) in (400, 413)


@pytest.mark.parametrize(
    "noise", [b"\x00" * 100, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"HELLO\r\n\r\n", b"GET\r\n\r\n"]
)
def test_what_is_no_http_is_told_so(client: Client, noise: bytes) -> None:
    got = client.raw(noise)
    assert status_of(got) in (400, 408)
    assert got.endswith(b'"}')


def test_an_upgrade_is_not_taken(client: Client) -> None:
    got = client.ask("/api/v1/snapshot", Connection="Upgrade", Upgrade="websocket", Sec_WebSocket_Version="13")
    assert got.status == 200


# ----- slowness


def test_a_head_that_drips_is_ended_in_time(client: Client) -> None:
    with client.dial() as connection:
        began = time.monotonic()
        found = b""
        connection.settimeout(0.1)
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n")
        while not found and time.monotonic() - began < 10:
            try:
                found = connection.recv(1000)
            except TimeoutError:
                connection.sendall(b"X: y\r\n")
        assert status_of(found) == 408
        assert 0.9 < time.monotonic() - began < 4


def test_a_second_request_that_drips_is_ended_too(client: Client) -> None:
    with client.dial() as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert status_of(connection.recv(65536)) == 200
        connection.sendall(b"GET /hea")
        assert status_of(read_all(connection)) == 408


def test_a_silent_connection_is_closed(client: Client) -> None:
    with client.dial() as connection:
        began = time.monotonic()
        assert status_of(read_all(connection)) == 408
        assert time.monotonic() - began < 5


def test_300_half_sent_requests_neither_hang_nor_cost_threads() -> None:
    before = threading.active_count()
    archive = ListArchive([("ETHUSDT", NOON_MS, Decimal("5.10"))])
    with serving(archive, SceneLive(), ServeSettings(port=0, head_s=2.0)) as client, ExitStack() as stack:
        half = [stack.enter_context(client.dial()) for _ in range(300)]
        for number, connection in enumerate(half):
            connection.sendall(b"GET /latest?symbol=ETHUSDT HTTP/1.1\r\nHost: localhost\r\n"[: 1 + number % 60])
        began = time.monotonic()
        for _ in range(20):
            assert client.ask("/price-at-second?symbol=ETHUSDT&timestamp=2026-07-03T12:00:00").json["price"] == "5.10"
        assert time.monotonic() - began < 2
        assert threading.active_count() - before <= 5
        assert {status_of(read_all(connection)) for connection in half} == {408}
        assert time.monotonic() - began < 12
        wait_for(lambda: "spreadwatch_http_connections 1\n" in client.ask("/metrics").body.decode())


def test_too_many_connections_are_turned_away_and_the_others_go_on() -> None:
    with serving(live=SceneLive(), settings=ServeSettings(port=0, connections=20, head_s=2.0)) as client:
        with ExitStack() as stack:
            kept = http.client.HTTPConnection(client.host, client.port, timeout=20)
            stack.enter_context(closing(kept))
            kept.request("GET", "/healthz")
            assert kept.getresponse().read()
            for _ in range(20):
                stack.enter_context(client.dial())
            wait_for(lambda: client.ask("/healthz").status == 503)
            kept.request("GET", "/metrics")
            answer = kept.getresponse()
            assert answer.status == 200
            assert b"spreadwatch_http_connections" in answer.read()
        wait_for(lambda: client.ask("/healthz").status == 200)


def test_a_client_that_never_reads_does_not_hold_up_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spreadwatch.api.server._STUCK_S", 1.0)
    rows = [("ETHUSDT", NOON_MS + second * 1000, Decimal(second)) for second in range(9_000)]
    with serving(ListArchive(spreads=rows)) as client, closing(socket.socket()) as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.connect((client.host, client.port))
        target = f"/api/v1/spread/bars?symbol=ETHUSDT&from={NOON_MS}&to={NOON_MS + 9_000_000}"
        request = f"GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
        deaf.sendall(request * 8)
        assert len(client.ask(target).json["bars"]) == 9_000
        wait_for(lambda: "spreadwatch_http_connections 1\n" in client.ask("/metrics").body.decode())


# ----- other machines


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (ServeSettings(host="0.0.0.0", port=0), "allow that explicitly"),
        (ServeSettings(host="0.0.0.0", port=0, token=TOKEN), "allow that explicitly"),
        (ServeSettings(host="0.0.0.0", port=0, exposed=True), "set a token"),
        (ServeSettings(host="192.168.1.2", port=0, exposed=True, token="short"), "at least 16"),
        (ServeSettings(host="::", port=0, exposed=True), "set a token"),
        (ServeSettings(host="box.lan", port=0), "allow that explicitly"),
        (ServeSettings(port=70_000), "does not exist"),
        (ServeSettings(port=0, token="a token with\nlines in it"), "printable"),
    ],
)
def test_other_machines_need_a_flag_and_a_token(settings: ServeSettings, words: str) -> None:
    with pytest.raises(ServeError, match=words):
        Server(settings, None, SceneLive())


def test_a_token_is_asked_for_everywhere() -> None:
    settings = ServeSettings(host="0.0.0.0", port=0, exposed=True, token=TOKEN)
    with serving(live=SceneLive(), settings=settings) as client:
        for target in ("/", "/page.js", "/healthz", "/nothing", "/api/v1/events", f"/healthz?token={TOKEN}"):
            got = client.ask(target)
            assert (got.status, got.headers["www-authenticate"]) == (401, "Bearer"), target
        for wrong in (
            "Bearer",
            "Bearer ",
            f"Bearer {TOKEN}x",
            f"Basic {TOKEN}",
            TOKEN,
            "Bearer \xff\xfe",
            "Bearer " + "x" * 4000,
        ):
            assert client.ask("/healthz", Authorization=wrong).status == 401
        assert client.ask("/healthz", Authorization=f"bearer {TOKEN}").status == 200
        assert client.ask("/healthz", Authorization=f"Bearer {TOKEN}", Host="evil.example").status == 421
        assert client.ask("/healthz", Authorization=f"Bearer {TOKEN}", Host="192.168.7.7:8765").status == 200


def test_the_cookie_of_the_page_is_not_the_token_and_nobody_can_guess_it() -> None:
    with serving(live=SceneLive(), settings=ServeSettings(port=0, token=TOKEN)) as client:
        got = client.ask(f"/?token={TOKEN}")
        assert (got.status, got.headers["location"]) == (303, "/")
        cookie = got.headers["set-cookie"]
        assert TOKEN not in cookie
        assert "HttpOnly" in cookie
        assert "SameSite=Strict" in cookie
        assert client.ask("/", Cookie=cookie.partition(";")[0]).status == 200
        name = cookie.partition("=")[0]
        for wrong in (f"{name}={TOKEN}", f"{name}=", f"{name}=\xff", "\x01=;;=", f"{name}={'0' * 64}"):
            assert client.ask("/", Cookie=wrong).status == 401
        for target in ("/?token=", "/?token=wrong", "/?token=%ff%00", "/?" + "&".join(["token=x"] * 50)):
            assert client.ask(target).status in (400, 401), target


def test_more_names_can_be_allowed() -> None:
    with serving(live=SceneLive(), settings=ServeSettings(port=0, hosts=("Box.lan",))) as client:
        assert client.ask("/healthz", Host="box.LAN:8765").status == 200
        assert client.ask("/healthz", Host="other.lan").status == 421


# ----- beginning and end


def test_a_taken_port_is_a_sentence() -> None:
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        server = Server(ServeSettings(port=port), None, SceneLive())
        with pytest.raises(ServeError, match=rf"cannot serve on 127.0.0.1:{port} .*choose another port"):
            server.start()
        assert server.join(5)


def test_the_address_is_told_and_free_again_at_the_end() -> None:
    with serving(live=SceneLive()) as client:
        assert client.server.url == f"http://127.0.0.1:{client.port}/"
        assert client.ask("/").body.startswith(b"<!doctype html>")
    again = Server(ServeSettings(port=client.port), None, SceneLive())
    again.start()
    again.stop()
    assert again.join(5)


def test_it_ends_in_time_with_clients_that_stay() -> None:
    with serving(live=SceneLive()) as client, ExitStack() as stack:
        idle = stack.enter_context(closing(http.client.HTTPConnection(client.host, client.port, timeout=20)))
        idle.request("GET", "/healthz")
        idle.getresponse().read()
        stack.enter_context(client.dial()).sendall(b"GET / HT")
        stack.enter_context(client.dial()).sendall(b"GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        wait_for(lambda: "spreadwatch_event_streams 1\n" in client.ask("/metrics").body.decode())
        began = time.monotonic()
        client.server.stop()
        assert client.server.join(5)
        assert time.monotonic() - began < 2


def test_it_ends_in_time_while_the_recording_does_not_answer() -> None:
    archive = ListArchive(hold=threading.Event())
    assert archive.hold is not None
    server = Server(ServeSettings(port=0), lambda: archive, None)
    server.start()
    client = Client(server)
    with client.dial() as connection:
        connection.sendall(b"GET /latest?symbol=ETHUSDT HTTP/1.1\r\nHost: localhost\r\n\r\n")
        wait_for(lambda: "spreadwatch_http_connections 2\n" in client.ask("/metrics").body.decode())
        began = time.monotonic()
        server.stop()
        server.join(4)
        assert time.monotonic() - began < 5
        assert not server._thread.is_alive()
    archive.hold.set()
    assert server.join(5)


def test_stopped_before_it_began_it_does_not_stay() -> None:
    server = Server(ServeSettings(port=0), None, None)
    server.stop()
    assert server.join(1)
