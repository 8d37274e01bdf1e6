"""Each way a connection can fail: its sentence, and how long it forbids another attempt."""

import email.utils
import socket
import ssl
from datetime import UTC, datetime, timedelta

import pytest
import websocket
from hypothesis import example, given
from hypothesis import strategies as st

from spreadwatch.feed.dial import ProxyRefusedError
from spreadwatch.feed.reasons import explain, retry_after_s
from spreadwatch.feed.upgrade import RefusedUpgradeError, TooMuchAnswerError

HOST = "fstream.binance.com"
NOW = datetime(2026, 11, 5, 12, 0, 0, tzinfo=UTC)


def refusal(status: int, retry_after: str | None = None) -> RefusedUpgradeError:
    """Return what an upgrade raises for an HTTP status."""
    return RefusedUpgradeError(status, {} if retry_after is None else {"retry-after": retry_after})


def untrusted(code: int, message: str = "") -> ssl.SSLCertVerificationError:
    """Return what ssl raises for a certificate."""
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_code, error.verify_message = code, message
    return error


def insecure(reason: str) -> ssl.SSLError:
    """Return what ssl raises for a failed handshake."""
    error = ssl.SSLError(1, f"[SSL: {reason}]")
    error.reason = reason
    return error


@pytest.mark.parametrize(
    ("status", "words", "pause_s"),
    [
        (451, "fstream.binance.com is not offered from this location (451)", 300),
        (403, "fstream.binance.com forbids access (403): a firewall rule, or too many requests", 300),
        (418, "fstream.binance.com has banned this address (418) after too many requests", 120),
        (429, "fstream.binance.com asks to slow down (429)", 10),
        (500, "fstream.binance.com has trouble of its own (500)", 0),
        (503, "fstream.binance.com has trouble of its own (503)", 0),
        (404, "fstream.binance.com refused the request (404)", 0),
        (302, "a login page of this network may be in the way", 0),
        (200, "answered with a web page (200)", 0),
    ],
)
def test_a_status_has_its_sentence_and_pause(status: int, words: str, pause_s: float) -> None:
    failure = explain(refusal(status), HOST, 5)
    assert words in failure.reason
    assert HOST in failure.reason
    assert (failure.pause_s, failure.status) == (pause_s, status)


@pytest.mark.parametrize(
    ("status", "retry_after", "pause_s"),
    [
        (429, "7", 7),
        (418, "900", 900),
        (503, "30", 30),
        (451, "1", 300),
        (403, "1", 300),
        (403, "3600", 3600),
        (429, "soon", 10),
        (429, "", 10),
        (429, "99999999999", 3 * 86400),
    ],
)
def test_retry_after_is_honoured_but_never_shortens_a_bar(status: int, retry_after: str, pause_s: float) -> None:
    assert explain(refusal(status, retry_after), HOST, 5).pause_s == pause_s


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), "cannot find the address of"),
        (ConnectionRefusedError(111, "Connection refused"), "refused the connection"),
        (ConnectionResetError(104, "Connection reset by peer"), "Connection reset by peer"),
        (OSError(101, "Network is unreachable"), "Network is unreachable"),
        (OSError("no address for fstream.binance.com"), "no address for"),
        (TimeoutError(), "did not answer within 5 s"),
        (websocket.WebSocketTimeoutException("timed out"), "did not answer within 5 s"),
        (websocket.WebSocketConnectionClosedException("lost"), "hung up before the connection was made"),
        (websocket.WebSocketProtocolException("?"), "did not answer as an exchange does"),
        (insecure("WRONG_VERSION_NUMBER"), "no secure connection to fstream.binance.com: WRONG_VERSION_NUMBER"),
        (untrusted(10), "has expired: is this machine's clock right?"),
        (untrusted(9), "is not valid yet: is this machine's clock right?"),
        (untrusted(18), "is self-signed"),
        (untrusted(19), "comes from an unknown authority"),
        (untrusted(20), "comes from an unknown authority"),
        (untrusted(62), "is for another host"),
        (untrusted(77, "odd purpose"), "odd purpose"),
        (ProxyRefusedError("the proxy p answered 407 Proxy Authentication Required"), "the proxy p answered 407"),
        (TooMuchAnswerError("more than 65536 bytes"), "more than 65536 bytes"),
        (websocket.WebSocketException(f"Invalid status line: {'x' * 60_000}\r\n"), "as an exchange does"),
        (ProxyRefusedError(f"did not answer in HTTP ({'x' * 60_000}\n)"), "did not answer in HTTP"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_a_failure_is_one_plain_sentence_with_the_host(error: Exception, words: str) -> None:
    failure = explain(error, HOST, 5)
    assert words in failure.reason
    assert HOST in failure.reason
    assert failure.reason.isprintable()
    assert len(failure.reason) < 300
    assert (failure.pause_s, failure.status) == (0, None)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, None),
        ("", None),
        ("0", 0),
        ("120", 120),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("١٢", None),
        ("9" * 5000, 3 * 86400),
        (email.utils.format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90),
        (email.utils.format_datetime(NOW - timedelta(days=400), usegmt=True), 0),
        (email.utils.format_datetime(NOW + timedelta(days=400), usegmt=True), 3 * 86400),
        ("Thu, 05 Nov 2026 12:00:30 -0000", 30),
        ("Thu Nov  5 12:00:30 2026", 30),
        ("Thursday, 05-Nov-26 12:00:30 GMT", 30),
        ("Thu, 99 Nov 2026 12:00:30 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date_or_nothing(header: str | None, expected: float | None) -> None:
    assert retry_after_s(header, NOW) == expected


@given(
    st.text(max_size=60) | st.from_regex(r"[A-Z][a-z]{2}, \d{1,25} [A-Z][a-z]{2} \d{1,25} \d\d:\d\d:\d\d [+-]\d{1,20}")
)
@example("Thu, 01 Jan 99999999999999999999 00:00:00 GMT")
@example("Thu, 01 Jan 2026 00:00:00 +99999999999999999999")
def test_no_retry_after_header_is_a_fault_of_ours(header: str) -> None:
    asked_s = retry_after_s(header, NOW)
    assert asked_s is None or 0 <= asked_s <= 3 * 86400
