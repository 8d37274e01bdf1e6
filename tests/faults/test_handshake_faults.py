"""Answers to the upgrade that are no websocket: the leg says why in a sentence, and the pause asked for is kept."""

import re
import resource
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from unittest.mock import patch

import pytest

from spreadwatch.core.events import Phase
from spreadwatch.core.market import Market
from spreadwatch.core.quote import Side
from spreadwatch.feed import reasons, stream, upgrade
from spreadwatch.feed.dial import WebSocketConnection
from spreadwatch.feed.policy import StreamSettings
from spreadwatch.feed.stream import Stream
from tests.exchange.frames import Response, Told
from tests.exchange.server import STALL, Drip, EndlessHeader, Exchange, Request, handshake, http_response
from tests.faults import figures
from tests.faults.streams import SCALED, SYMBOL, USUAL, Mutants, Publisher, SkippedTime, Streams, bases, fails

SPOT = Side.SPOT
_ASKED_S = 400
_BARRED = (403, 451)
# status: words that the leg's reason must have, seconds without a Retry-After
ANSWERS = {
    200: (r"\(200\).*login page", 0.0),
    302: (r"login page", 0.0),
    403: (r"forbids access \(403\).*firewall", 300.0),
    418: (r"banned this address \(418\)", 120.0),
    429: (r"asks to slow down \(429\)", 1.0),
    451: (r"not offered from this location \(451\)", 300.0),
    500: (r"trouble of its own \(500\)", 0.0),
    503: (r"trouble of its own \(503\)", 0.0),
}


def _retry_after(form: str, asked_s: float) -> dict[str, str]:
    if form == "absent":
        return {}
    if form == "seconds":
        return {"Retry-After": f"{asked_s:.0f}"}
    return {"Retry-After": format_datetime(datetime.now(UTC) + timedelta(seconds=asked_s), usegmt=True)}


def _refused_once(
    exchange: Exchange, response: Response, skipped: SkippedTime | None, settings: StreamSettings = SCALED
) -> tuple[str, float]:
    """Answer one upgrade with `response`, then rightly; return the leg's reason and the seconds to the next attempt."""
    exchange.upgrade("spot", response, times=1)
    with Publisher(exchange), Streams(bases(exchange, SPOT), settings, skipped=skipped) as rig:
        rig.wait(lambda: rig.quotes(SPOT), 8.0)
        lost = rig.links(SPOT, Phase.LOST)
        openings = rig.links(SPOT, Phase.OPENING)
        assert len(lost) == 1, rig.story()
        market = Market([SYMBOL], 3000)
        for _, event in rig.seen[: rig.seen.index(lost[0]) + 1]:
            market.apply(event)
        leg = market.snapshot(lost[0][1].at).pairs[0].spot
        assert leg.quote is None
        assert leg.reason == lost[0][1].reason
        return leg.reason, openings[1][0] - lost[0][0]


def _plain(reason: str) -> None:
    """Assert that a reason is one sentence for a person."""
    assert len(reason) <= 240, reason
    assert not re.search(r"[\n{}<>]|-\+-|\bNone\b|Error\b|Traceback|Errno", reason), reason
    assert "; trying again" in reason, reason


def refusal(status: int, form: str) -> None:
    """One refused upgrade: its sentence, and the pause that follows."""
    words, least_s = ANSWERS[status]
    headers = _retry_after(form, _ASKED_S) | ({"Location": "http://127.0.0.1:9/"} if status == 302 else {})
    with Exchange() as exchange:
        answer = http_response(status, headers, b"<html>no</html>")
        reason, paused_s = _refused_once(exchange, answer, SkippedTime())
    _plain(reason)
    assert re.search(words, reason), reason
    wanted_s = least_s if form == "absent" else _ASKED_S if form == "seconds" else _ASKED_S - 2
    if status == 302 and form != "absent":
        wanted_s = 0.0  # a login page has no say in when we ask the exchange
    if status in _BARRED:
        assert figures.note("pause after 403 or 451", paused_s, "s", 300, "higher")
    assert paused_s >= wanted_s, f"{paused_s} s instead of {wanted_s} s: {reason}"
    if wanted_s >= 1:
        assert re.search(rf"trying again in {paused_s:.0f} s", reason), reason


@pytest.mark.parametrize("form", ["absent", "seconds", "date"])
@pytest.mark.parametrize("status", ANSWERS)
def test_a_refused_upgrade_is_explained_and_its_pause_kept(status: int, form: str) -> None:
    refusal(status, form)


def short_pause(form: str) -> None:
    """A Retry-After in real time."""
    asked_s = 3.0
    with Exchange() as exchange:
        early = [0.0]

        def answer(_: Request) -> bytes:
            early[0] = time.time()
            return http_response(503, _retry_after(form, asked_s))

        _, paused_s = _refused_once(exchange, answer, None)
    least_s = asked_s if form == "seconds" else asked_s - 1  # a date has no fractions
    over_s = paused_s - least_s
    figures.note("earliest attempt against Retry-After", over_s, "s late", 0.0, "higher")
    assert 0 <= over_s <= 1.2


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_a_retry_after_is_kept_in_real_time(form: str) -> None:
    short_pause(form)


DATES = {
    "usual": "%a, %d %b %Y %H:%M:%S GMT",
    "RFC 850": "%A, %d-%b-%y %H:%M:%S GMT",
    "asctime": "%a %b %d %H:%M:%S %Y",
}


@pytest.mark.parametrize("case", DATES)
def test_a_date_is_read_in_each_form_that_http_has(case: str) -> None:
    """Source: RFC 9110 section 5.6.7: a recipient must take all three."""
    until = (datetime.now(UTC) + timedelta(seconds=_ASKED_S)).strftime(DATES[case])
    with Exchange() as exchange:
        _, paused_s = _refused_once(exchange, http_response(503, {"Retry-After": until}), SkippedTime())
    assert paused_s >= _ASKED_S - 2, f"{paused_s} s"


@pytest.mark.parametrize("ahead_h", [1, -1])
def test_a_date_is_read_by_the_exchanges_clock(ahead_h: int) -> None:
    """This machine's clock is an hour off: what counts is the time between Date and Retry-After."""
    theirs = datetime.now(UTC) - timedelta(hours=ahead_h)
    headers = {"Date": theirs, "Retry-After": theirs + timedelta(seconds=_ASKED_S)}
    texts = {name: format_datetime(moment, usegmt=True) for name, moment in headers.items()}
    with Exchange() as exchange:
        _, paused_s = _refused_once(exchange, http_response(503, texts), SkippedTime())
    assert _ASKED_S - 2 <= paused_s <= _ASKED_S + 10, f"{paused_s} s"


def unhelpful(status: int, answer: Callable[[], Response]) -> None:
    """A refusal whose body is large, late or announced wrongly is the same refusal."""
    with Exchange() as exchange:
        reason, paused_s = _refused_once(exchange, answer(), SkippedTime())
    _plain(reason)
    assert f"({status})" in reason, reason
    assert paused_s >= 300, f"{paused_s} s: {reason}"


_ASK = {"Retry-After": "400"}
UNHELPFUL: dict[str, Callable[[int], Response]] = {
    "body that never comes": lambda status: Drip(0, http_response(status, _ASK, b"<html>", length=100)),
    "body cut short": lambda status: http_response(status, _ASK, b"<html>", length=100),
    "body of 200 KB": lambda status: http_response(status, _ASK, b"<p>" * 70_000),
    "length that is no number": lambda status: http_response(status, _ASK | {"Content-Length": "1e3"}, b"<html>"),
    "negative length": lambda status: http_response(status, _ASK | {"Content-Length": "-5"}, b"<html>"),
    "length of 2^70": lambda status: http_response(status, _ASK, b"<html>", length=1 << 70),
    "chunked body": lambda status: http_response(status, _ASK | {"Transfer-Encoding": "chunked"}, b"5\r\nhello"),
}


@pytest.mark.parametrize("status", [429, 451])
@pytest.mark.parametrize("case", UNHELPFUL)
def test_a_refusal_counts_whatever_its_body_is(case: str, status: int) -> None:
    unhelpful(status, lambda: UNHELPFUL[case](status))


def test_a_large_login_page_is_called_one() -> None:
    with Exchange() as exchange:
        reason, _ = _refused_once(exchange, http_response(200, {}, b"<p>welcome" * 20_000), SkippedTime())
    _plain(reason)
    assert "login page" in reason


def redirect() -> None:
    """A redirect to another host is not followed."""
    with Exchange() as exchange:
        target = exchange.futures_stream + "/login"
        _refused_once(exchange, http_response(302, {"Location": target}), SkippedTime())
        assert not exchange.attempts("futures")


def test_a_redirect_is_not_followed() -> None:
    redirect()


ODD: dict[str, Response] = {
    "empty first line": b"\r\n\r\n",
    "no HTTP": b"220 smtp.example.com ESMTP\r\n\r\n",
    "status without number": b"HTTP/1.1 OK\r\n\r\n",
    "binary": bytes(range(256)) * 2,
    "wrong accept": http_response(101, {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Accept": "x"}),
    "101 without headers": http_response(101),
    "header without colon": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade\r\n\r\n",
    "huge status": b"HTTP/1.1 " + b"9" * 5000 + b" OK\r\n\r\n",
    "nothing": b"",
    "bad cookie": b"HTTP/1.1 302 Found\r\nSet-Cookie: a@b,c=d; Path=/\r\n\r\n",
}


@pytest.mark.parametrize("case", ODD)
def test_an_odd_answer_is_explained(case: str) -> None:
    with Exchange() as exchange:
        reason, _ = _refused_once(exchange, ODD[case], SkippedTime())
    _plain(reason)


def test_a_right_answer_with_an_odd_cookie_is_taken() -> None:
    def answer(request: Request) -> bytes:
        return handshake(request).replace(b"\r\n\r\n", b"\r\nSet-Cookie: a@b,c=d; Path=/\r\n\r\n")

    with Exchange() as exchange:
        exchange.upgrade("spot", answer)
        with Publisher(exchange), Streams(bases(exchange, SPOT)) as rig:
            rig.wait(lambda: rig.quotes(SPOT))
            assert not rig.reasons(SPOT)


DEAD: dict[str, tuple[Told, bool]] = {  # the answer, and whether it comes before the request is read
    "accept, then nothing": (STALL, True),
    "no answer": (STALL, False),
    "drip": (Drip(0.02, b"HTTP/1.1 101 Switching Protocols\r\nX-Slow: " + b"a" * 9000), False),
    "half an answer": (Drip(0, b"HTTP/1.1 101 Switching Protocols\r\nUpgr"), False),
}


def given_up(case: str, settings: StreamSettings) -> None:
    """A dead handshake ends in time."""
    response, at_accept = DEAD[case]
    with Exchange() as exchange:
        (exchange.accept if at_accept else exchange.upgrade)("spot", response)
        with Streams(bases(exchange, SPOT), settings) as rig:
            rig.wait(lambda: rig.links(SPOT, Phase.LOST), settings.handshake_s + 1.0)
            taken_s = rig.links(SPOT, Phase.LOST)[0][0] - rig.links(SPOT, Phase.OPENING)[0][0]
            reason = rig.reasons(SPOT)[0]
            rig.stop()
    assert "did not answer within" in reason
    if settings is USUAL:
        assert figures.note("dead handshake given up", taken_s, "s", 5.2)
    assert taken_s <= settings.handshake_s + 0.2
    assert rig.stopped_s <= 0.3


@pytest.mark.parametrize("case", DEAD)
def test_a_dead_handshake_is_given_up(case: str) -> None:
    given_up(case, SCALED)


def test_dead_handshakes_are_given_up_in_real_time() -> None:
    failures: list[BaseException] = []

    def run(case: str) -> None:
        try:
            given_up(case, USUAL)
        except BaseException as error:  # noqa: BLE001 - told to the test's own thread
            failures.append(error)

    threads = [threading.Thread(target=run, args=(case,), name=f"dead-{case}") for case in DEAD]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert not failures


def endless() -> None:
    """An endless header is cut off, in little memory."""
    with Exchange() as exchange:
        exchange.upgrade("spot", EndlessHeader(), times=5)
        before_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        with Publisher(exchange), Streams(bases(exchange, SPOT)) as rig:
            rig.wait(lambda: rig.quotes(SPOT), 10)
            texts = rig.reasons(SPOT)
        grown_mib = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kib) / 1024
    assert len(texts) == 5
    assert all("more than 16384 bytes" in reason for reason in texts), texts
    assert figures.note("endless header, memory", grown_mib, "MiB", 5)


def test_an_endless_header_is_cut_off() -> None:
    endless()


def test_stop_wakes_a_handshake_at_once() -> None:
    for case, (response, at_accept) in DEAD.items():
        with Exchange() as exchange:
            (exchange.accept if at_accept else exchange.upgrade)("spot", response)
            with Streams(bases(exchange, SPOT), USUAL) as rig:
                exchange.wait_until(lambda: bool(exchange.attempts("spot")))
                rig.stop()
            assert rig.stopped_s <= 0.3, case
            figures.note("stop in a handshake", rig.stopped_s, "s", 0.3)


_open = WebSocketConnection.open


def _patient(self: WebSocketConnection, limit_s: float) -> None:
    _open(self, limit_s * 6)


def _unpaused(error: Exception, host: str, limit_s: float) -> reasons.Failure:
    return reasons.Failure(reasons.explain(error, host, limit_s).reason)


def _mute(error: Exception, _host: str, _limit_s: float) -> reasons.Failure:
    return reasons.Failure(str(error), 500.0)


MUTANTS: Mutants = {
    "no pause": lambda: [patch.object(stream, "explain", _unpaused)],
    "the library's own words": lambda: [patch.object(stream, "explain", _mute)],
    "handshake without an end": lambda: [
        patch.object(WebSocketConnection, "open", _patient),
        patch.object(Stream, "check"),
    ],
    "header without an end": lambda: [patch.object(upgrade, "_LIMIT", 1 << 40)],
    "Retry-After unread": lambda: [patch.object(reasons, "retry_after_s", lambda *_: None)],
    "redirects followed": lambda: [
        patch.object(upgrade, "check_head", lambda _: None),
        patch.object(WebSocketConnection, "open", _following),
    ],
}


def _following(self: WebSocketConnection, limit_s: float) -> None:
    connect: Callable[..., None] = self._client.connect

    def with_redirects(*arguments: object, **options: object) -> None:
        connect(*arguments, **{**options, "redirect_limit": 3})
        self._client.shutdown()  # type: ignore[no-untyped-call] # that of the other host

    with patch.object(self._client, "connect", with_redirects):
        _open(self, limit_s)


@pytest.mark.parametrize("status", [403, 418, 429, 451])
def test_a_pause_that_is_not_made_is_noticed(status: int) -> None:
    fails(MUTANTS["no pause"](), lambda: refusal(status, "absent"))


@pytest.mark.parametrize("status", ANSWERS)
def test_a_reason_for_programmers_is_noticed(status: int) -> None:
    fails(MUTANTS["the library's own words"](), lambda: refusal(status, "absent"))


@pytest.mark.parametrize("form", ["seconds", "date"])
@pytest.mark.parametrize("scenario", [lambda form: refusal(503, form), short_pause], ids=["long", "short"])
def test_an_unread_retry_after_is_noticed(scenario: Callable[[str], None], form: str) -> None:
    fails(MUTANTS["Retry-After unread"](), lambda: scenario(form))


@pytest.mark.parametrize("case", DEAD)
def test_a_handshake_without_an_end_is_noticed(case: str) -> None:
    fails(MUTANTS["handshake without an end"](), lambda: given_up(case, SCALED))


@pytest.mark.parametrize(("mutant", "scenario"), [("header without an end", endless), ("redirects followed", redirect)])
def test_a_gullible_client_is_noticed(mutant: str, scenario: Callable[[], None]) -> None:
    fails(MUTANTS[mutant](), scenario)
