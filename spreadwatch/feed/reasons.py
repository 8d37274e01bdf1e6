"""Why a connection failed, as one plain sentence, and how long that forbids another attempt."""

import email.utils
import socket
import ssl
from datetime import UTC, datetime

import websocket
from msgspec import Struct

from spreadwatch.feed.dial import ProxyRefusedError
from spreadwatch.feed.policy import REGION, pause_s
from spreadwatch.feed.upgrade import RefusedUpgradeError, TooMuchAnswerError

_MAX_WORDS = 100
_MAX_RETRY_AFTER_S = 3 * 86400.0  # the longest ban the exchange documents
_CERTIFICATE = {  # OpenSSL's X509_V_ERR numbers
    9: "is not valid yet: is this machine's clock right?",
    10: "has expired: is this machine's clock right?",
    18: "is self-signed",
    19: "comes from an unknown authority",
    20: "comes from an unknown authority",
    62: "is for another host",
}


class Failure(Struct, frozen=True):
    """A sentence, the least seconds before the next attempt, and the HTTP status if there was one."""

    reason: str
    pause_s: float = 0.0
    status: int | None = None


def one_line(words: str) -> str:
    """Return foreign words as part of a sentence: printable, on one line, at most 100 characters."""
    clean = " ".join("".join(letter if letter.isprintable() else " " for letter in words).split())
    return clean if len(clean) <= _MAX_WORDS else clean[: _MAX_WORDS - 1] + "…"


def explain(error: Exception, host: str, limit_s: float) -> Failure:
    """Turn what `WebSocketConnection.open` raised for `host` within `limit_s` seconds into a Failure."""
    if isinstance(error, RefusedUpgradeError):
        return _status(error, host)
    if isinstance(error, (ProxyRefusedError, TooMuchAnswerError)):
        return Failure(f"{host}: {one_line(str(error))}")
    if isinstance(error, socket.gaierror):
        return Failure(f"cannot find the address of {host}: is this machine online?")
    if isinstance(error, ssl.SSLCertVerificationError):
        fault = _CERTIFICATE.get(error.verify_code, error.verify_message or "is not trusted")
        return Failure(f"the certificate of {host} {fault} (a company's own authority is added with ca_file)")
    if isinstance(error, ssl.SSLError):
        return Failure(f"no secure connection to {host}: {error.reason or error}")
    if isinstance(error, (TimeoutError, websocket.WebSocketTimeoutException)):
        return Failure(f"{host} did not answer within {limit_s:g} s")
    if isinstance(error, ConnectionRefusedError):
        return Failure(f"{host} refused the connection")
    if isinstance(error, websocket.WebSocketConnectionClosedException):
        return Failure(f"{host} hung up before the connection was made")
    if isinstance(error, websocket.WebSocketException):
        return Failure(
            f"{host} did not answer as an exchange does ({one_line(str(error))}): "
            f"a login page or a proxy may be in the way"
        )
    fault = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return Failure(f"no connection to {host}: {one_line(fault)}")


def _status(error: RefusedUpgradeError, host: str) -> Failure:
    status = error.status
    asked_s = retry_after_s(error.headers.get("retry-after"), _date(error.headers.get("date")) or datetime.now(UTC))
    sentence = {
        403: f"{host} forbids access (403): a firewall rule, or too many requests",
        418: f"{host} has banned this address (418) after too many requests",
        429: f"{host} asks to slow down (429)",
        REGION: f"{host} is not offered from this location (451)",
    }.get(status) or _other_status(status, host)
    return Failure(sentence, pause_s(status, asked_s), status)


def _other_status(status: int, host: str) -> str:
    if status >= 500:
        return f"{host} has trouble of its own ({status})"
    if status < 400:
        return f"{host} answered with a web page ({status}): a login page of this network may be in the way"
    return f"{host} refused the request ({status})"


def retry_after_s(header: str | None, now: datetime) -> float | None:
    """Return the seconds that a Retry-After header asks for, as a number or a date; None without one.

    `now` is the exchange's own time where it tells it: clocks differ.
    """
    if not header:
        return None
    if header.isascii() and header.isdigit():
        asked_s = float(header[:9])
    elif until := _date(header):
        asked_s = (until - now).total_seconds()
    else:
        return None
    return min(max(asked_s, 0.0), _MAX_RETRY_AFTER_S)


def _date(header: str | None) -> datetime | None:
    """Return the moment of an HTTP date in any of its three forms (RFC 9110 §5.6.7), None where there is none."""
    try:
        found = email.utils.parsedate_to_datetime(header or "")
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (TypeError, ValueError, OverflowError, IndexError):  # what email.utils makes of nonsense
        return None
