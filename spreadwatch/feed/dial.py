"""Open one websocket connection and hand out its raw socket.

TCP is opened here and not by websocket-client, for three reasons: every address of a name gets its turn,
a handshake can be cut from another thread, and a refusal is read here. The upgrade is its part.
"""

import base64
import contextlib
import http.client
import socket
import ssl
import threading
import time
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

import truststore
import websocket

from spreadwatch.errors import ConfigError
from spreadwatch.feed.resolve import Resolver
from spreadwatch.feed.upgrade import UpgradeSocket

READ_BYTES = 65536
_ADDRESS_S = 1.5  # one dead address must leave time for the next within a handshake's limit
_READ_TIMEOUT_S = 0.5
_HURRIED_S = 0.05
_TLS_PORT, _PLAIN_PORT = 443, 80


def tls_context(ca_file: Path | None) -> ssl.SSLContext:
    """Return a context that trusts the system's certificates, and those in a PEM file if one is given.

    Raises ConfigError when that file holds none.
    """
    context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if ca_file is not None:
        try:
            context.load_verify_locations(cafile=ca_file)
        except OSError as error:  # ssl.SSLError is one
            raise ConfigError(
                [f"feed.ca_file = {str(ca_file)!r}: no certificate in it; allowed: a PEM file"]
            ) from error
    return context


class WebSocketConnection:
    """One attempt and, once `open` returned, one open connection.

    `open`, `recv`, `send` and `pong` belong to one thread; `cut` may be called from any.
    """

    def __init__(self, url: str, ca_file: Path | None, resolver: Resolver) -> None:
        """Aim at `url`, ws:// or wss://; for the latter certificates of `ca_file` are trusted too."""
        self.url = urlsplit(url)
        self._ca_file = ca_file
        self._resolver = resolver
        self._socket: socket.socket | None = None
        self._client = websocket.WebSocket(skip_utf8_validation=True)
        self._lock = threading.Lock()
        self._cancelled = threading.Event()

    @property
    def host(self) -> str:
        """The host that is aimed at."""
        return self.url.hostname or ""

    def open(self, limit_s: float) -> None:
        """Connect and upgrade within `limit_s` seconds.

        Raises OSError (ssl.SSLError and socket.gaierror among them) or websocket.WebSocketException.
        """
        deadline = time.monotonic() + limit_s
        secure = self.url.scheme == "wss"
        # A context of its own: it is locked during a handshake, which must not hold up other connections.
        context = tls_context(self._ca_file) if secure else None
        port = self.url.port or (_TLS_PORT if secure else _PLAIN_PORT)
        proxy = proxy_for(self.url)
        sock = self._connect(self.host, port, deadline) if proxy is None else self._tunnel(proxy, port, deadline)
        if context is not None:
            sock = context.wrap_socket(sock, server_hostname=self.host, do_handshake_on_connect=False)
            self._hold(sock)
            sock.do_handshake()
        self._client.connect(  # type: ignore[no-untyped-call]
            self.url.geturl(),
            socket=UpgradeSocket(sock),
            timeout=max(deadline - time.monotonic(), 0.1),
            redirect_limit=0,
            suppress_origin=True,
        )
        sock.settimeout(_READ_TIMEOUT_S)
        self._client.sock = sock

    def _tunnel(self, proxy: SplitResult, port: int, deadline: float) -> socket.socket:
        try:
            sock = self._connect(proxy.hostname or "", proxy.port or _PLAIN_PORT, deadline)
        except OSError as error:
            fault = error.strerror or str(error)
            raise ProxyRefusedError(f"the proxy {proxy.hostname} cannot be reached ({fault})") from error
        ask_proxy(sock, proxy, self.host, port)
        return sock

    def _connect(self, host: str, port: int, deadline: float) -> socket.socket:
        """Try every address of `host` in turn; raise the last failure."""
        failure: OSError = OSError(f"no address for {host}")
        limit_s = max(deadline - time.monotonic(), 0.0)
        for candidate in self._resolver.addresses(host, port, limit_s, self._cancelled):
            family, kind, protocol, address = candidate
            left_s = deadline - time.monotonic()
            if left_s <= 0:
                raise TimeoutError(f"no answer from {host}")
            try:
                sock = socket.socket(family, kind, protocol)
            except OSError as error:  # a family that this machine does not have
                failure = error
                continue
            self._hold(sock)
            sock.settimeout(min(left_s, _ADDRESS_S))
            try:
                sock.connect(address)
            except OSError as error:
                sock.close()
                failure = error
                continue
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.settimeout(max(deadline - time.monotonic(), 0.1))
            self._resolver.worked(candidate)
            return sock
        raise failure

    def _hold(self, sock: socket.socket) -> None:
        with self._lock:
            self._socket = sock
            cancelled = self._cancelled.is_set()
        if cancelled:
            sock.close()
            raise ConnectionAbortedError("told to stop")

    def recv(self) -> bytes:
        """Return the next bytes, empty at the end.

        Raises OSError; TimeoutError after half a second without any.
        """
        assert self._socket is not None  # noqa: S101 - open() came before
        return self._socket.recv(READ_BYTES)

    def hurry(self) -> None:
        """Let `recv` wait 50 ms at most from now on. The reading thread."""
        if self._socket is not None:
            self._socket.settimeout(_HURRIED_S)

    def send(self, text: str) -> None:
        """Send a text message. Raises OSError or websocket.WebSocketException."""
        self._client.send(text)

    def pong(self, payload: bytes) -> None:
        """Answer a ping. Raises OSError or websocket.WebSocketException."""
        self._client.pong(payload)

    def cut(self) -> None:
        """Wake whoever waits in `open` or `recv`, at once and for good. Any thread."""
        with self._lock:
            self._cancelled.set()
            sock = self._socket
        if sock is not None:
            with contextlib.suppress(OSError):
                # Not SSLSocket.shutdown, which takes the TLS layer away under a reading thread.
                socket.socket.shutdown(sock, socket.SHUT_RDWR)

    def close(self) -> None:
        """Free the socket. The reading thread calls this when it is done."""
        with self._lock:
            sock, self._socket = self._socket, None
        if sock is not None:
            sock.close()


def proxy_for(url: SplitResult) -> SplitResult | None:
    """Return the HTTP proxy that the environment or the system names for `url`; None for loopback.

    Raises ProxyRefusedError when what they name is no address.
    """
    host = url.hostname or ""
    if is_loopback(host) or proxy_bypass(host):
        return None
    proxy = getproxies().get("https" if url.scheme in ("wss", "https") else "http")
    if not proxy:
        return None
    try:
        found = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
        _ = found.port  # raises ValueError where it is none
    except ValueError as error:
        raise ProxyRefusedError(
            "the proxy in the settings of this system is not of the form http://host:port"
        ) from error
    return found


def is_loopback(host: str) -> bool:
    """Tell whether `host` names this machine: localhost, 127.0.0.0/8 or ::1."""
    if host == "localhost":
        return True
    with contextlib.suppress(ValueError):
        return ip_address(host).is_loopback
    return False


def ask_proxy(sock: socket.socket, proxy: SplitResult, host: str, port: int) -> None:
    """Ask an HTTP proxy on `sock` for a tunnel. Raises ConnectionRefusedError when it declines."""
    headers = {}
    if proxy.username:
        login = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
        headers["Proxy-Authorization"] = "Basic " + base64.b64encode(login.encode()).decode()
    client = http.client.HTTPConnection(proxy.hostname or "", proxy.port)
    client.sock = sock
    client.request("CONNECT", f"{host}:{port}", headers=headers)
    response = http.client.HTTPResponse(sock, method="CONNECT")
    try:
        response.begin()
        if response.status != http.client.OK:
            raise ProxyRefusedError(f"the proxy {proxy.hostname} answered {response.status} {response.reason}")
    except http.client.HTTPException as error:
        raise ProxyRefusedError(f"the proxy {proxy.hostname} did not answer in HTTP ({str(error).strip()})") from error
    finally:
        response.close()


class ProxyRefusedError(ConnectionRefusedError):
    """The proxy declined to open a tunnel; the message names it."""
