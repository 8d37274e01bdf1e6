"""A webhook that misbehaves in every way costs its own alert, and no sentence or log line holds its secret."""

import http.client
import logging
import socket
import ssl
import threading
from pathlib import Path

import pytest

from spreadwatch.notify.command import Command
from spreadwatch.notify.way import NotToldError, StoppedError, Way
from spreadwatch.notify.webhook import Webhook
from tests.conftest import PATIENCE_S, wait_for
from tests.exchange.tls import self_signed
from tests.notify.conftest import Start, Told, seconds_of
from tests.notify.examples import alert
from tests.notify.server import Answer, Server, drip, never, raw, serving, status

NEVER = threading.Event()
SECRET = "/hunter2?token=hunter2"
OK = b"HTTP/1.1 200 OK\r\n"
NO_WHOLE_ANSWER = "the webhook gave no whole answer within 0.5 s"


@pytest.fixture(autouse=True)
def no_secret_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)


def hook(server: Server, limit_s: float = 20) -> Webhook:
    return Webhook(f"http://127.0.0.1:{server.port}{SECRET}", limit_s)


def sent(webhook: Way) -> str | None:
    """Send an alert; return the sentence if that failed."""
    said: str | None
    try:
        webhook.send(alert(), NEVER)
    except NotToldError as error:
        said = str(error)
    else:
        said = None
    assert "hunter2" not in str(said)
    return said


def test_the_evidence_is_posted_as_json_to_the_whole_address() -> None:
    with serving(status(204)) as server:
        assert sent(hook(server)) is None
    [body], [head] = server.bodies, server.heads
    assert head.startswith(f"POST {SECRET} HTTP/1.1\n")
    assert "Content-Type: application/json\n" in head
    assert body["value"] == "3.5123456"
    assert body["text"] == body["content"] == "entry is cheap: ETHUSDT edge is +3.51 bps, at or above +3.50"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (status(200), None),
        (status(500), "the webhook answered 500"),
        (status(404), "the webhook answered 404: its address is wrong or no longer valid; set a new one"),
        (status(429), "the webhook answered 429: too many alerts; set a longer cool-down"),
        (raw(b""), "the webhook cannot be reached (RemoteDisconnected)"),
        (raw(b"SSH-2.0-hunter2\r\n\r\n"), "the webhook's answer makes no sense (BadStatusLine)"),
        (raw(OK + b"X: hunter2\r\n" * 200 + b"\r\n"), "the webhook's answer makes no sense (HTTPException)"),
        (raw(OK + b"X: " + b"x" * 100_000), "the webhook's answer makes no sense (LineTooLong)"),
    ],
)
def test_an_answer_is_taken_or_told(answer: Answer, said: str | None) -> None:
    with serving(answer) as server:
        assert sent(hook(server)) == said


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_a_redirect_is_never_followed(code: int) -> None:
    with serving(status(200)) as other, serving(status(code, f"Location: http://127.0.0.1:{other.port}/")) as server:
        said = sent(hook(server))
        assert other.bodies == []
    assert said == (f"the webhook answered {code}: it moved, and redirects are not followed; set its new address")


@pytest.mark.parametrize("answer", [never, drip], ids=["never answers", "drips"])
def test_a_hanging_webhook_is_given_up_in_time_and_hung_up_on(answer: Answer) -> None:
    with serving(answer) as server:
        said: list[str | None] = []
        assert 0.4 < seconds_of(lambda: said.append(sent(hook(server, 0.5)))) < 2
        assert said == [NO_WHOLE_ANSWER]
        if answer is never:
            assert server.closed.wait(PATIENCE_S)
        wait_for(lambda: not [one for one in threading.enumerate() if one.name == "notify-webhook-post"])


def test_a_closed_port_and_an_unknown_host_are_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    assert sent(Webhook(f"http://127.0.0.1:{port}{SECRET}", 20)) == (
        "the webhook cannot be reached (Connection refused)"
    )
    said = sent(Webhook(f"https://no-such-host.invalid{SECRET}", 20))
    assert said is not None
    assert said.startswith("the webhook cannot be reached (")


@pytest.fixture
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")


@pytest.mark.usefixtures("no_proxy")
def test_a_certificate_nobody_vouches_for_gets_nothing(tmp_path: Path) -> None:
    context, _ = self_signed(tmp_path)
    with serving(status(200), context) as server:
        said = sent(Webhook(f"https://localhost:{server.port}{SECRET}", 20))
    assert said == "the webhook's certificate is not to be trusted, so nothing was sent"
    assert server.bodies == []


@pytest.mark.usefixtures("no_proxy")
def test_an_encrypted_post_goes_by_the_connection_it_is_given(tmp_path: Path) -> None:
    context, certificate = self_signed(tmp_path)
    trust = ssl.create_default_context(cafile=str(certificate))

    def connect(host: str, port: int, timeout_s: float) -> http.client.HTTPConnection:
        return http.client.HTTPSConnection(host, port, timeout=timeout_s, context=trust)

    with serving(status(200), context) as server:
        assert sent(Webhook(f"https://localhost:{server.port}{SECRET}", 20, connect)) is None
        assert len(server.bodies) == 1
        wrong_name = sent(Webhook(f"https://127.0.0.1:{server.port}{SECRET}", 20, connect))
    assert wrong_name == "the webhook's certificate is not to be trusted, so nothing was sent"


def test_the_end_of_the_program_waits_for_no_webhook(notify: Start, told: Told) -> None:
    with serving(never) as server:
        notifier = notify(hook(server, 120))
        for serial in range(10):
            notifier.put(alert(serial))
        wait_for(lambda: len(server.bodies) == 4)

        def end() -> None:
            notifier.stop()
            assert notifier.join(5)

        assert seconds_of(end) < 1
    assert told.sentences == []


def test_stopping_is_not_told_as_a_fault() -> None:
    stopping = threading.Event()
    stopping.set()
    with serving(never) as server:
        webhook = hook(server)
        with pytest.raises(StoppedError):
            webhook.send(alert(), stopping)


def test_a_hanging_webhook_delays_neither_commands_nor_later_posts(notify: Start, told: Told, tmp_path: Path) -> None:
    first_only = threading.Semaphore(3)

    def answer(sock: socket.socket, over: threading.Event) -> None:
        if not first_only.acquire(blocking=False):
            status(200)(sock, over)

    with serving(answer) as server:
        touch = ["/bin/sh", "-c", f"cat > {tmp_path}/$$"]
        notifier = notify(hook(server, 120), Command(touch, 20))
        for serial in range(8):
            assert seconds_of(lambda serial=serial: notifier.put(alert(serial))) < 0.25  # type: ignore[misc]
        wait_for(lambda: len(list(tmp_path.iterdir())) == 8 and len(server.bodies) == 8)
    assert {body["serial"] for body in server.bodies} == set(range(8))


def test_posts_that_stay_stuck_are_bounded_and_told() -> None:
    held = threading.Event()

    class Stuck(http.client.HTTPConnection):
        def request(self, *_: object, **__: object) -> None:
            held.wait(PATIENCE_S)

        def getresponse(self) -> http.client.HTTPResponse:
            raise http.client.BadStatusLine("")

    webhook = Webhook("https://127.0.0.1/hunter2", 0.01, lambda host, port, _: Stuck(host, port))
    try:
        said = [sent(webhook) for _ in range(20)]
    finally:
        held.set()
    assert said[:16] == ["the webhook gave no whole answer within 0.01 s"] * 16
    assert said[16:] == ["the webhook was left out: too many earlier posts are still stuck"] * 4
    wait_for(lambda: not [one for one in threading.enumerate() if one.name == "notify-webhook-post"])


def test_what_fails_is_told_once_and_neither_it_nor_the_log_shows_the_secret(
    notify: Start, told: Told, caplog: pytest.LogCaptureFixture
) -> None:
    with serving(status(500)) as server:
        notifier = notify(hook(server))
        for serial in range(5):
            notifier.put(alert(serial))
        wait_for(lambda: len(server.bodies) == 5)
        wait_for(lambda: notifier._lanes[0]._idle == len(notifier._lanes[0]._threads))
    assert told.sentences == ["the webhook answered 500"]
    assert "hunter2" not in caplog.text
