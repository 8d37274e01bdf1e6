"""A web address that gets the evidence as JSON by POST. The address is a secret: no sentence holds any of it."""

import contextlib
import http.client
import threading
import time
from collections.abc import Callable
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import msgspec

from spreadwatch import __version__
from spreadwatch.core.alert_json import alert_to_json
from spreadwatch.core.alerts import Alert
from spreadwatch.notify.way import NotToldError, StoppedError
from spreadwatch.worker import Worker

Connect = Callable[[str, int, float], http.client.HTTPConnection]
"""Makes an encrypted connection that checks certificates: host, port, seconds that one step may take."""

_LOOK_S = 0.05
_BOTH_WAYS = 2  # socket.SHUT_RDWR
_MOST_LEFT_BEHIND = 16


def connect_checked(host: str, port: int, timeout_s: float) -> http.client.HTTPConnection:
    """Trust the certificates that Python trusts by itself."""
    return http.client.HTTPSConnection(host, port, timeout=timeout_s)


class Webhook:
    """Post every alert, and follow no redirect: a secret must not travel to another host."""

    name = "webhook"
    at_once = 4
    waiting = 100
    skips = False

    def __init__(self, url: str, limit_s: float, connect: Connect = connect_checked) -> None:
        """Give up after `limit_s` seconds in all, however slowly the answer drips."""
        self._url = url
        self._limit_s = limit_s
        self._connect = connect
        self._posts: list[_Post] = []
        self._lock = threading.Lock()

    def body(self, alert: Alert) -> bytes:
        """Return what is posted: a way to a service of its own says it in the form of that service."""
        evidence = alert_to_json(alert)
        # Discord looks for "content" where others look for "text".
        return msgspec.json.encode(evidence | {"content": evidence["text"]})

    def send(self, alert: Alert, stopping: threading.Event) -> None:
        """Post it. Any answer of 200 to 299 will do."""
        body = self.body(alert)
        with self._lock:
            self._posts = [post for post in self._posts if post.thread.is_alive()]
            if len(self._posts) >= _MOST_LEFT_BEHIND:
                raise NotToldError("the webhook was left out: too many earlier posts are still stuck")
            post = _Post(self._url, body, self._limit_s, self._connect)
            self._posts.append(post)
        deadline = time.monotonic() + self._limit_s
        while not (post.done.wait(_LOOK_S) or stopping.is_set() or time.monotonic() > deadline):
            pass
        if not post.done.is_set():
            post.cut()
            if stopping.is_set():
                raise StoppedError
            raise NotToldError(f"the webhook gave no whole answer within {self._limit_s:g} s")
        if post.fault is not None:
            raise NotToldError(post.fault)


class _Post:
    """One request on a thread of its own: name lookup and handshake know no limit that can be trusted."""

    def __init__(self, url: str, body: bytes, limit_s: float, connect: Connect) -> None:
        self.done = threading.Event()
        self.fault: str | None = "the webhook was not reached"
        self._url = url
        self._body = body
        self._limit_s = limit_s
        self._connect = connect
        self._connection: http.client.HTTPConnection | None = None
        self.thread = Worker("notify-webhook-post", self._top)
        self.thread.start()

    def cut(self) -> None:
        """Wake the thread from whatever it reads. Any thread."""
        connection = self._connection
        sock = connection.sock if connection is not None else None
        if sock is not None:
            with contextlib.suppress(OSError):
                sock.shutdown(_BOTH_WAYS)

    def _top(self) -> None:
        try:
            self.fault = _fault_of(self._status())
        except TimeoutError:
            self.fault = f"the webhook gave no whole answer within {self._limit_s:g} s"
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.fault = _reason(error)
        except Exception as error:  # noqa: BLE001  its text might hold the address, so it is not logged
            self.fault = f"an error in this program kept an alert from the webhook ({type(error).__name__})"
        finally:
            self.done.set()

    def _status(self) -> int:
        parts = urlsplit(self._url)
        port = parts.port or (80 if parts.scheme == "http" else 443)
        connection = self._open(parts.scheme, parts.hostname or "", port)
        self._connection = connection
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        headers = {"Content-Type": "application/json", "User-Agent": f"spreadwatch/{__version__}"}
        with contextlib.closing(connection):
            connection.request("POST", target, self._body, headers)
            return connection.getresponse().status

    def _open(self, scheme: str, host: str, port: int) -> http.client.HTTPConnection:
        if scheme == "http":  # only ever to this machine itself
            return http.client.HTTPConnection(host, port, timeout=self._limit_s)
        proxy = None if proxy_bypass(host) else getproxies().get("https")
        if not proxy:
            return self._connect(host, port, self._limit_s)
        through = urlsplit(proxy if "//" in proxy else f"//{proxy}")
        connection = self._connect(through.hostname or "", through.port or 80, self._limit_s)
        connection.set_tunnel(host, port)
        return connection


def _fault_of(status: int) -> str | None:
    if 200 <= status < 300:
        return None
    if 300 <= status < 400:
        return f"the webhook answered {status}: it moved, and redirects are not followed; set its new address"
    if status in (401, 403, 404, 410):
        return f"the webhook answered {status}: its address is wrong or no longer valid; set a new one"
    if status == 429:
        return "the webhook answered 429: too many alerts; set a longer cool-down"
    return f"the webhook answered {status}"


def _reason(error: Exception) -> str:
    if type(error).__name__ == "SSLCertVerificationError":
        return "the webhook's certificate is not to be trusted, so nothing was sent"
    if isinstance(error, OSError):
        return f"the webhook cannot be reached ({error.strerror or type(error).__name__})"
    return f"the webhook's answer makes no sense ({type(error).__name__})"
