"""Who may ask at all: everything that is refused before any route sees a request, and the headers of every answer."""

import hashlib
import hmac
import logging
import secrets
from collections import Counter
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qsl

import msgspec
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from spreadwatch.api.settings import LOCAL_HOSTS, ServeSettings, as_address

LARGEST_TARGET = 4096
LARGEST_HEAD = 8192
COOKIE = "spreadwatch_key"

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = [
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
]

Refusal = tuple[int, str, list[tuple[bytes, bytes]]]

log = logging.getLogger(__name__)


class Guard:
    """Wraps the routes. `statuses` counts the answers given."""

    def __init__(self, inside: ASGIApp, settings: ServeSettings) -> None:
        self._inside = inside
        self._token = settings.token
        self._key = hmac.new(secrets.token_bytes(32), (settings.token or "").encode(), hashlib.sha256).hexdigest()
        self._hosts = {host.lower() for host in (*LOCAL_HOSTS, *settings.hosts, _bracketed(settings.host))}
        bound = as_address(settings.host)
        self._any_address = bool(bound and bound.is_unspecified)
        self.statuses: Counter[int] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse or pass on. A failure inside is logged and answered with 500."""
        if scope["type"] != "http":
            return
        started = False

        async def finish(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                self.statuses[message["status"]] += 1
                given = {name for name, _ in message["headers"]}
                more = [] if b"cache-control" in given else [(b"cache-control", b"no-store")]
                message = {**message, "headers": [*message["headers"], *_HEADERS, *more]}
            await send(message)

        try:
            if refusal := self._refusal(scope):
                await refuse(finish, *refusal)
                return
            await self._inside(scope, receive, finish)
        except Exception:
            log.exception("a request to %s failed", scope["path"])
            if started:
                raise
            await refuse(finish, 500, "an error in this program: its log says more", [])

    def _refusal(self, scope: Scope) -> Refusal | None:
        headers: list[tuple[bytes, bytes]] = scope["headers"]
        closing = [(b"connection", b"close")]
        if len(scope["raw_path"]) + len(scope["query_string"]) > LARGEST_TARGET:
            return 414, f"the address is longer than {LARGEST_TARGET} bytes", closing
        if sum(len(name) + len(value) + 4 for name, value in headers) > LARGEST_HEAD:
            return 431, f"the headers are longer than {LARGEST_HEAD} bytes", closing
        found = dict(headers)
        if not self._may_call_us(found.get(b"host", b"").decode("latin-1")):
            return 421, "this service does not go by the name in the Host header", closing
        if scope["method"] not in ("GET", "HEAD"):
            return (
                405,
                f"{scope['method'][:20]} is not possible here: only GET and HEAD",
                [(b"allow", b"GET, HEAD"), *closing],
            )
        if found.get(b"content-length", b"0") != b"0" or b"transfer-encoding" in found:
            return 413, "a question has no body", closing
        if found.get(b"sec-fetch-site") == b"cross-site" and found.get(b"sec-fetch-mode") != b"navigate":
            return 403, "pages of other sites may not ask here", closing
        return self._unknown(scope, found)

    def _may_call_us(self, host: str) -> bool:
        name, _, port = host.rpartition(":") if not host.endswith("]") else (host, "", "")
        name, port = (name, port) if name else (host, "")
        if port and not (port.isascii() and port.isdigit()):
            return False
        if name.lower() in self._hosts:
            return True
        # A name can be made to point here by others, an address cannot.
        return self._any_address and as_address(name) is not None

    def _unknown(self, scope: Scope, found: dict[bytes, bytes]) -> Refusal | None:
        """Ask for the token where there is one. The page's first load may bring it in its address."""
        if self._token is None:
            return None
        kind, _, shown = found.get(b"authorization", b"").partition(b" ")
        if kind.lower() == b"bearer" and _same(shown.strip(), self._token):
            return None
        if _same(_cookie(found.get(b"cookie", b"")), self._key):
            return None
        if scope["path"] == "/":
            given = dict(parse_qsl(scope["query_string"].decode("latin-1"))).get("token", "")
            if _same(given.encode("utf-8", "replace"), self._token):
                cookie = f"{COOKIE}={self._key}; Path=/; HttpOnly; SameSite=Strict"
                return 303, "go on to the page", [(b"location", b"/"), (b"set-cookie", cookie.encode())]
        asked = [(b"www-authenticate", b"Bearer")]
        return 401, "a token is needed: send it as Authorization: Bearer, or open /?token=… once", asked


async def refuse(send: Send, status: int, sentence: str, headers: list[tuple[bytes, bytes]]) -> None:
    """Answer with a sentence."""
    body = msgspec.json.encode({"error": sentence})
    fixed = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": [*fixed, *headers]})
    await send({"type": "http.response.body", "body": body})


def _bracketed(host: str) -> str:
    address = as_address(host)
    return f"[{address}]" if address is not None and address.version == 6 else host


def _same(given: bytes, wanted: str) -> bool:
    return hmac.compare_digest(given, wanted.encode())


def _cookie(header: bytes) -> bytes:
    try:
        found = SimpleCookie(header.decode("latin-1")).get(COOKIE)
    except CookieError:
        return b""
    return found.value.encode("utf-8", "replace") if found else b""
